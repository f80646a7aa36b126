"""Lifts what measures have placed: where one was undone, of one account or of all, and what is left of it where an appeal or an
officer has ended its part. An appeal is then counted against the rule that fired. Each account in one transaction, its row the
job (config/jobs.py)."""

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, scope
from accounts.models import User
from config import jobs
from kyc.cases import demanding
from kyc.keys import appeals, sharing
from kyc.keys.appeal_models import Appeal, Restriction
from kyc.networks.measure_models import MeasureMember, RuleMiss

M = MeasureMember.State


class Lifting(jobs.Queue):
    def is_waiting(self) -> bool:
        with scope.whole():
            return self.eligible().exists() or ended().exists()


QUEUE = Lifting(
    name="networks.lifting",
    model=MeasureMember,
    field="state",
    ready=M.UNDOING,
    failed=M.STUCK,
    lease=timedelta(seconds=20),
    since="planned_at",
    first="claimed_until",
    max_errors=10,
    sight=scope.whole,
)


def ended() -> QuerySet[MeasureMember]:
    """Those of which an appeal, or an officer on the customer's case, has ended what they were told of."""
    over = Q(restriction__ended_at__isnull=False) | Q(restriction__hold__lifted_at__isnull=False)
    return MeasureMember.objects.filter(over, state=M.PLACED)


def run() -> None:
    with scope.whole():
        MeasureMember.objects.filter(pk__in=ended().values("pk"), state=M.PLACED).update(state=M.UNDOING)
    for claim in QUEUE.claims():
        with claim:
            lift(claim)


def lifted_by(restriction: Restriction | None) -> User | None:
    """Who has ended it already, on the case or by its hold alone."""
    if restriction is None:
        return None
    return restriction.ended_by or (restriction.hold.lifted_by if restriction.hold else None)


def lift(claim: jobs.Claim) -> None:
    """What stands of it, and nothing else."""
    row: MeasureMember = claim.row
    with scope.whole():
        appeal = Appeal.objects.filter(restriction=row.restriction_id, outcome=Appeal.Outcome.OVERTURNED).first()
        lifter = lifted_by(row.restriction)
    state = M.OVERTURNED if appeal else M.LIFTED if lifter else M.UNDONE
    with claim.finish(state=state, ended_at=timezone.now()):
        undoer = row.spared_by or row.measure.undone_by or row.measure.proposal.outcome_by
        by = appeal.decided_by if appeal else lifter or undoer
        # Read by officers who are shown no measure, so it says nothing of one.
        why = _("Ended by an appeal") if appeal else _("It was undone")
        with audit.unnamed():
            if row.restriction is not None:
                appeals.end(row.restriction, reason=why, is_taken=True, by=by)
            if row.pool_member is not None:
                sharing.leave(row.pool_member, reason=why, is_taken=True, by=by)
            if row.case is not None:
                demanding.withdraw(row.case, is_taken=True, by=by)
        if appeal:
            miss = RuleMiss.objects.create(appeal=appeal, member=row, families=row.families, types=row.types)
            audit.record("rule.missed", target=miss, by=by, appeal=appeal.number, families=row.families, types=row.types)
        audit.record("measure.lifted", target=row, by=by, reason=row.spare_reason, measure=row.measure.number)
