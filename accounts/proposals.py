"""The one mechanism of four eyes: a person proposes, another takes or declines. Callers pass the policy."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.audit import PRODUCT
from accounts.models import Organisation, Proposal, User
from accounts.permissions import NotPermitted, Permission, require
from accounts.refused import ReasonMissing as ReasonMissing
from accounts.refused import Refused


@dataclass(frozen=True)
class Policy:
    """Which permission it takes to propose, which to take, and which reasons go with which choice."""

    kind: str
    propose: Permission
    take: Permission
    reasons: dict[str, tuple[str, ...]]


class SamePerson(NotPermitted):
    """The proposer may not take the own proposal."""


class AlreadyEnded(Refused):
    """Somebody else was quicker."""


def propose(
    *, policy: Policy, organisation: Organisation | None = None, choice: str, reason: str, note: str, by: User
) -> Proposal:
    """About the `organisation` whose matter it is."""
    require(by, policy.propose)
    if reason not in policy.reasons.get(choice, ()):
        raise ReasonMissing(_("Choose a reason from the list for this proposal."))
    return Proposal.objects.create(
        organisation=organisation, kind=policy.kind, choice=choice, reason=reason, note=note, proposed_by=by
    )


def end(proposal: Proposal, *, policy: Policy, outcome: Proposal.Outcome, by: User, note: str = "") -> Proposal:
    """Takes, declines or withdraws. Only the proposer withdraws; only another person does the rest."""
    with transaction.atomic():
        locked = Proposal.objects.select_for_update().get(pk=proposal.pk)
        if locked.outcome:
            raise AlreadyEnded(
                _("This proposal has already been decided. %(who)s: %(outcome)s.")
                % {"who": locked.outcome_by or PRODUCT, "outcome": locked.get_outcome_display()}
            )
        if outcome == Proposal.Outcome.WITHDRAWN:
            if locked.proposed_by_id != by.pk:
                raise NotPermitted(_("Only the person who proposed can withdraw."))
        else:
            require(by, policy.take)
            if locked.proposed_by_id == by.pk:
                raise SamePerson(_("You proposed this; another person decides it."))
        locked.outcome, locked.outcome_by, locked.outcome_note = outcome, by, note
        locked.outcome_at = timezone.now()
        locked.save(update_fields=["outcome", "outcome_by", "outcome_note", "outcome_at"])
        return locked


def lapse(proposal: Proposal) -> bool:
    """What it is about has ended without anybody's word on it, and so does the proposal. False where it had ended before."""
    if proposal.outcome:
        return False
    ended = {"outcome": Proposal.Outcome.LAPSED, "outcome_at": timezone.now()}
    done = Proposal.objects.open().filter(pk=proposal.pk).update(**ended)
    proposal.refresh_from_db()
    return bool(done)
