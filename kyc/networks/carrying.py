"""Carries measures out, account by account: each in one transaction, its row the job (config/jobs.py). A worker that is killed
loses nothing, a second one does nothing twice, and one account of which it fails stops no other.

Nothing begins here by itself: only what a second officer has taken, from the time on that he took it for, over the accounts that
he was shown. What is undone or was overturned, kyc.networks.lifting lifts."""

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from accounts import audit, scope
from accounts.models import User
from config import jobs
from kyc.cases import demanding
from kyc.keys import appeals, sharing
from kyc.keys.appeal_models import Restriction
from kyc.networks.controller_models import ControllerMember
from kyc.networks.measure_models import Measure, MeasureMember

M, K = MeasureMember.State, Restriction.Kind


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
    max_errors=10,
    sight=scope.whole,
)


def due() -> QuerySet[MeasureMember]:
    """Those whose time has come."""
    begun = Q(stage=1) | Q(stage=2) & (Q(measure__rest_at__lte=Now()) | Q(measure__released_at__isnull=False))
    return MeasureMember.objects.filter(begun, state=M.PLANNED, measure__state=Measure.State.TAKEN, measure__starts_at__lte=Now())


def run() -> None:
    with scope.whole():
        MeasureMember.objects.filter(pk__in=due().values("pk"), state=M.PLANNED).update(state=M.WAITING)
    for claim in QUEUE.claims():
        with claim:
            place(claim)


def place(claim: jobs.Claim) -> None:
    row: MeasureMember = claim.row
    with scope.whole():
        is_of_it = is_still_of_it(row)
    if not is_of_it:
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
