"""Carries measures out, account by account: each in one transaction, its row the job (config/jobs.py). A worker that is killed
loses nothing, a second one does nothing twice, and one account of which it fails stops no other.

Nothing begins here by itself: only what a second officer has taken, from the time on that he took it for, over the accounts that
he was shown. What is undone or was overturned, kyc.networks.lifting lifts."""

from datetime import timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, scope
from accounts.models import User
from config import jobs
from kyc.cases import demanding, telling
from kyc.keys import appeals, sharing
from kyc.keys.appeal_models import Restriction
from kyc.networks import spreading
from kyc.networks.controller_models import Controller, ControllerMember
from kyc.networks.measure_models import Measure, MeasureMember

M, K = MeasureMember.State, Restriction.Kind
# After so long it is looked again whether an account can be asked.
PATIENCE = timedelta(minutes=10)


class Placing(jobs.Queue):
    def is_waiting(self) -> bool:
        with scope.whole():
            return self.eligible().exists() or due().exists()


QUEUE = Placing(
    name="networks.placing",
    model=MeasureMember,
    field="state",
    ready=M.WAITING,
    failed=M.FAILED,
    lease=timedelta(seconds=20),
    since="planned_at",
    first="claimed_until",
    max_errors=10,
    sight=scope.whole,
)


def due() -> QuerySet[MeasureMember]:
    """Those whose time has come."""
    begun = Q(stage=1) | Q(stage=2) & (Q(measure__rest_at__lte=Now()) | Q(measure__released_at__isnull=False))
    return MeasureMember.objects.filter(begun, state=M.PLANNED, measure__state=Measure.State.TAKEN, measure__starts_at__lte=Now())


def run(spread: timedelta | None = None) -> None:
    """`spread` is over which time the accounts have their turns, where it is another than that of kyc.networks.spreading."""
    with scope.whole():
        for measure, accounts in due().order_by().values_list("measure").annotate(Count("pk")):
            begun = MeasureMember.objects.filter(pk__in=due().filter(measure=measure).values("pk"), state=M.PLANNED)
            begun.update(state=M.WAITING, claimed_until=spreading.drawn(spreading.over(accounts) if spread is None else spread))
    for claim in QUEUE.claims():
        with claim:
            place(claim)


def place(claim: jobs.Claim) -> None:
    row: MeasureMember = claim.row
    with scope.whole():
        is_of_it = is_still_of_it(row)
    if not is_of_it:
        spare(claim, _("It is of the controller no more, or was closed."))
        return
    try:
        with claim.finish(state=M.PLACED):
            taker = row.measure.proposal.outcome_by
            with audit.unnamed():
                done = placed(row, by=taker)
            MeasureMember.objects.filter(pk=row.pk).update(**done)
            audit.record("measure.placed", target=row, by=taker, measure=row.measure.number)
    except telling.NotVerified as error:
        spare(claim, str(error))
    except demanding.BeingExamined as error:
        # No error of the row, however often it is so.
        with claim.finish(state=M.WAITING, job_token=None, claimed_until=timezone.now() + PATIENCE, failure=str(error)):
            pass


def spare(claim: jobs.Claim, reason: str) -> None:
    with claim.finish(state=M.SPARED, ended_at=timezone.now(), spare_reason=reason):
        audit.record("measure.passed_over", target=claim.row, by=None, reason=reason, measure=claim.row.measure.number)


def is_still_of_it(row: MeasureMember) -> bool:
    ruled = Controller.objects.filter(pk=row.measure.controller_id, state=Controller.State.RULED)
    of_it = ControllerMember.objects.live().filter(controller__in=ruled, organisation=row.organisation_id)
    return of_it.exists() and not row.organisation.is_closed


def placed(row: MeasureMember, *, by: User) -> dict[str, Any]:
    """Does it, and gives what the row says of it: as it was taken, whatever the officer who took it may do by now."""
    measure, found = row.measure, {}
    if measure.pool is not None:
        found["pool_member"] = sharing.join(measure.pool, row.organisation, is_taken=True, by=by)
    if measure.kind == K.VERIFICATION:
        found["case"] = demanding.demand(row.organisation, what=measure.items, is_taken=True, by=by)
    own = {"unit": measure.unit, "period": measure.period, "limit": measure.share, "currency": measure.currency}
    limit = own if measure.kind == K.LIMIT else None
    restriction = appeals.restrict(row.organisation, kind=measure.kind, told=measure.told, limit=limit, is_taken=True, by=by)
    return found | {"restriction": restriction, "placed_at": timezone.now()}
