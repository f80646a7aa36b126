"""An officer's word on a possible match; a second one's where it is strong, or where it is the same."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, organisations, proposals
from accounts.models import Proposal, User
from accounts.permissions import Permission, require
from accounts.proposals import Policy
from accounts.refused import NoteMissing, ReasonMissing, Refused, is_said
from config import jobs
from kyc.screening import lists
from kyc.screening.models import Hit

REASONS = {
    "false": {
        "different_name": gettext_lazy("Only part of the name agrees"),
        "different_birth_date": gettext_lazy("Born on another day"),
        "different_country": gettext_lazy("From another country"),
        "different_identifier": gettext_lazy("Another number"),
        "different_kind": gettext_lazy("A person and a company"),
        "delisted": gettext_lazy("Gone from the list"),
    },
    "true": {
        "same_identifier": gettext_lazy("Same number"),
        "same_name_and_birth_date": gettext_lazy("Same name and date of birth"),
        "confirmed_by_customer": gettext_lazy("Confirmed by the customer"),
        "other_evidence": gettext_lazy("Other evidence, named in the note"),
    },
    "undecided": {
        "too_little": gettext_lazy("Too little is known to tell"),
        "contradictory": gettext_lazy("What is known contradicts itself"),
        "asked": gettext_lazy("Asked, and not answered yet"),
    },
}
NAMED_IN_NOTE = {"other_evidence"}
POLICY = Policy(
    kind="hit.ruling",
    propose=Permission.HIT_RULE,
    take=Permission.HIT_RULE,
    reasons={ruling: tuple(those) for ruling, those in REASONS.items()},
)


class RulingReversed(Refused):
    """A ruling stands; it is not turned round by a second click (kyc.screening.overturning)."""


class ComparedAgain(Refused):
    """The pair was compared again since, because something has changed."""


class Overturned(Refused):
    """Another row says now what this match is."""


class Waits(Refused):
    """Another ruling waits for a second person."""


class StillListed(Refused):
    """The list in use has the entry."""

    field = "reason"


def checked(ruling: str, reason: str, note: str) -> None:
    if reason not in REASONS.get(ruling, {}):
        raise ReasonMissing(_("Choose a reason from the list for this ruling."))
    if reason in NAMED_IN_NOTE and not is_said(note):
        raise NoteMissing(_("Name the other evidence in the note."))
    if ruling == Hit.Ruling.UNDECIDED and not is_said(note):
        raise NoteMissing(_("Say what it would take to decide."))


def refuse_listed(hit: Hit, reason: str) -> None:
    if reason == "delisted" and hit.pk not in lists.gone([hit]):
        raise StillListed(_("The list in use still has this entry. Choose another reason."))


def locked(hit: Hit) -> Hit:
    """The row and its organisation's, held, so that nothing is approved past it."""
    organisations.held(hit.organisation_id)
    related = ("proposal__proposed_by", "overturning__proposed_by", "ruled_by", "before__proposal")
    row = Hit.objects.select_for_update(of=("self",)).select_related(*related).get(pk=hit.pk)
    later = Hit.objects.filter(before=row).first()
    if later is not None and later.overturns_id:
        raise Overturned(_("%(name)s has overturned this ruling meanwhile.") % {"name": later.ruled_by})
    if later is not None:
        raise ComparedAgain(_("This was compared again meanwhile, since something has changed. Rule on what stands there now."))
    return row


@transaction.atomic
def rule(hit: Hit, *, ruling: str, reason: str, note: str = "", by: User) -> Hit:
    """`ruling` is true (the same), false (another), or undecided, with which it stays open. What nobody may rule alone is
    proposed, and open until a second person confirms it. Repeated it is silence, reversed it is refused."""
    require(by, Permission.HIT_RULE)
    checked(ruling, reason, note)
    hit = locked(hit)
    if hit.ruling not in Hit.OPEN:
        if hit.ruling == ruling:
            return hit
        raise RulingReversed(_("%(name)s has already ruled on this match.") % {"name": hit.ruled_by})
    if hit.waits:
        told = _("%(name)s has ruled on this match already, and it waits for a second person.")
        return waiting(hit, hit.proposal, ruling, reason, note, by=by, told=told)
    if (hit.ruling, hit.ruling_reason, hit.ruling_note, hit.ruled_by) == (ruling, reason, note, by):
        return hit
    refuse_listed(hit, reason)
    return propose(hit, ruling, reason, note, by=by) if hit.needs_two(ruling) else put(hit, ruling, reason, note, by=by)


def waiting(hit: Hit, found: Proposal, ruling: str, reason: str, note: str, *, by: User, told: str) -> Hit:
    """The same by the same person is silence; `told` is said of another, to whom `name` is who was first."""
    if (found.choice, found.reason, found.note, found.proposed_by) == (ruling, reason, note, by):
        return hit
    raise Waits(told % {"name": found.proposed_by})


def proposed(hit: Hit, ruling: str, reason: str, note: str, *, by: User) -> Proposal:
    """For a second person, who makes it so."""
    return proposals.propose(policy=POLICY, organisation=hit.organisation, choice=ruling, reason=reason, note=note, by=by)


def propose(hit: Hit, ruling: str, reason: str, note: str, *, by: User) -> Hit:
    hit.proposal = proposed(hit, ruling, reason, note, by=by)
    hit.save(update_fields=["proposal"])
    audit.record("hit.ruling_proposed", target=hit, by=by, reason=note or reason, ruling=ruling, code=reason, entry=hit.entry_id)
    return hit


def put(hit: Hit, ruling: str, reason: str, note: str, *, by: User) -> Hit:
    written(hit, ruling, reason, note, by=by)
    audit.record("hit.ruled", target=hit, by=by, reason=note or reason, ruling=ruling, code=reason, entry=hit.entry_id)
    return hit


def written(hit: Hit, ruling: str, reason: str, note: str, *, by: User) -> None:
    hit.ruling, hit.ruling_reason, hit.ruling_note, hit.ruled_by, hit.ruled_at = ruling, reason, note, by, timezone.now()
    hit.save(update_fields=["ruling", "ruling_reason", "ruling_note", "ruled_by", "ruled_at"])
    jobs.woke("hit.ruled")


@transaction.atomic
def confirm(proposal: Proposal, *, note: str = "", by: User) -> Hit:
    """A second person makes it so. Raises AlreadyEnded, SamePerson, ComparedAgain."""
    hit = ended(proposal, Proposal.Outcome.TAKEN, note=note, by=by)
    written(hit, proposal.choice, proposal.reason, proposal.note, by=proposal.proposed_by)
    told = {"ruling": proposal.choice, "code": proposal.reason, "entry": hit.entry_id, "ruled_by": str(proposal.proposed_by)}
    audit.record("hit.ruling_confirmed", target=hit, by=by, reason=note or proposal.note or proposal.reason, **told)
    return hit


@transaction.atomic
def send_back(proposal: Proposal, *, note: str, by: User) -> Hit:
    """The match is open again, and says by whom and why."""
    if not is_said(note):
        raise NoteMissing(_("Say why, so that whoever ruled can go on."))
    hit = ended(proposal, Proposal.Outcome.DECLINED, note=note, by=by)
    audit.record("hit.ruling_sent_back", target=hit, by=by, reason=note, ruling=proposal.choice, entry=hit.entry_id)
    return hit


@transaction.atomic
def withdraw(proposal: Proposal, *, by: User) -> Hit:
    hit = ended(proposal, Proposal.Outcome.WITHDRAWN, note="", by=by)
    audit.record("hit.ruling_withdrawn", target=hit, by=by, ruling=proposal.choice, entry=hit.entry_id)
    return hit


def ended(proposal: Proposal, outcome: Proposal.Outcome, *, note: str, by: User) -> Hit:
    hit = locked(Hit.objects.get(proposal=proposal))
    proposals.end(proposal, policy=POLICY, outcome=outcome, by=by, note=note)
    return hit
