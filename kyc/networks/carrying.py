"""Carries measures out, account by account: each in one transaction, its row the job (config/jobs.py). A worker that is killed
loses nothing, a second one does nothing twice, and one account of which it fails stops no other.

Nothing begins here by itself: only what a second officer has taken, from the time on that he took it for, over the accounts that
he was shown. What an appeal has ended is ended here in full, and counted against the rule that fired."""

from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from config import jobs
from kyc.cases import demanding
from kyc.keys import appeals, sharing
from kyc.keys.appeal_models import Appeal, Restriction
from kyc.networks.controller_models import ControllerMember
from kyc.networks.measure_models import Measure, MeasureMember, RuleMiss

M, K = MeasureMember.State, Restriction.Kind
OF_IT = {
    "name": "networks.measures",
    "model": MeasureMember,
    "field": "state",
    "lease": timedelta(seconds=20),
    "since": "planned_at",
}


class Placing(jobs.Queue):
    def is_waiting(self) -> bool:
        return super().is_waiting() or due().exists()


class Lifting(jobs.Queue):
    def is_waiting(self) -> bool:
        return super().is_waiting() or overturned().exists()


PLACING = Placing(**OF_IT, ready=M.WAITING, failed=M.FAILED, max_errors=10)
LIFTING = Lifting(**{**OF_IT, "name": "networks.lifting"}, ready=M.UNDOING, failed=M.STUCK, max_errors=10)


def due() -> QuerySet[MeasureMember]:
    """Those whose time has come."""
    begun = Q(stage=1) | Q(stage=2) & (Q(measure__rest_at__lte=Now()) | Q(measure__released_at__isnull=False))
    return MeasureMember.objects.filter(begun, state=M.PLANNED, measure__state=Measure.State.TAKEN, measure__starts_at__lte=Now())


def overturned() -> QuerySet[MeasureMember]:
    """Those that an appeal has ended."""
    won = Appeal.objects.filter(restriction=OuterRef("restriction"), outcome=Appeal.Outcome.OVERTURNED)
    return MeasureMember.objects.filter(Exists(won), state=M.PLACED)


def run() -> None:
    MeasureMember.objects.filter(pk__in=due().values("pk"), state=M.PLANNED).update(state=M.WAITING)
    MeasureMember.objects.filter(pk__in=overturned().values("pk"), state=M.PLACED).update(state=M.UNDOING)
    for claim in LIFTING.claims():
        with claim:
            lift(claim)
    for claim in PLACING.claims():
        with claim:
            place(claim)


def place(claim: jobs.Claim) -> None:
    row: MeasureMember = claim.row
    if not is_still_of_it(row):
        with claim.finish(state=M.SPARED, ended_at=timezone.now()):
            return
    with claim.finish(state=M.PLACED):
        taker = row.measure.proposal.outcome_by
        done = placed(row, by=taker)
        MeasureMember.objects.filter(pk=row.pk).update(**done)
        audit.record("measure.placed", target=row, by=taker, measure=row.measure.number)


def is_still_of_it(row: MeasureMember) -> bool:
    of_it = ControllerMember.objects.live().filter(controller=row.measure.controller_id, organisation=row.organisation_id)
    return of_it.exists() and not row.organisation.is_closed


def placed(row: MeasureMember, *, by: User) -> dict[str, Any]:
    """Does it, and gives what the row says of it."""
    measure, found = row.measure, {}
    if measure.pool is not None:
        found["pool_member"] = sharing.join(measure.pool, row.organisation, by=by)
    if measure.kind == K.VERIFICATION:
        found["case"] = demanding.demand(row.organisation, what=measure.items, by=by)
    restriction = appeals.restrict(row.organisation, kind=measure.kind, told=measure.told, by=by)
    return found | {"restriction": restriction, "placed_at": timezone.now()}


def lift(claim: jobs.Claim) -> None:
    """What stands of it, and nothing else."""
    row: MeasureMember = claim.row
    appeal = Appeal.objects.filter(restriction=row.restriction_id, outcome=Appeal.Outcome.OVERTURNED).first()
    state = M.OVERTURNED if appeal else M.UNDONE
    with claim.finish(state=state, ended_at=timezone.now()):
        by = appeal.decided_by if appeal else row.measure.undone_by or row.measure.proposal.outcome_by
        why = _("Ended by an appeal") if appeal else _("It was undone")
        if row.restriction is not None:
            appeals.end(row.restriction, reason=why, by=by)
        if row.pool_member is not None:
            sharing.leave(row.pool_member, reason=why, by=by)
        if row.case is not None:
            demanding.withdraw(row.case, by=by)
        if appeal:
            miss = RuleMiss.objects.create(appeal=appeal, member=row, families=row.families, types=row.types)
            audit.record("rule.missed", target=miss, by=by, appeal=appeal.number, families=row.families, types=row.types)
        audit.record("measure.lifted", target=row, by=by, measure=row.measure.number)
