"""A ruling that stands is overturned once it is known to be wrong: by a row of its own, which says otherwise of the same
comparing, with who, why, and what was wrong. The old one stays as it was, and counts no more."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, organisations, proposals
from accounts.models import Proposal, User
from accounts.permissions import Permission, require
from accounts.refused import NoteMissing, Refused
from config import jobs
from kyc.screening.actions import POLICY, checked, locked, proposed, refuse_listed, waiting
from kyc.screening.models import Hit

# What was compared, which is the same in both rows.
COMPARED = (
    *("organisation_id", "party_id", "source", "list_version_id", "entry_id", "entry_name", "entry_content", "party_name"),
    *("party_digest", "compared", "score", "reasons", "topics", "engine", "configuration", "is_match", "is_strong", "is_gone"),
)


class NotRuled(Refused):
    """Nobody has ruled, so there is nothing to overturn."""


class Stands(Refused):
    """It is what was ruled already."""

    field = "ruling"


@transaction.atomic
def overturn(hit: Hit, *, ruling: str, reason: str, note: str, by: User) -> Hit:
    """`ruling` is another than stands: true, false or undecided, by which the match is open again. Where the new one or the old
    one takes two people it is proposed, and the old one stands until a second person confirms it; else the row that says so now
    is returned. Repeated it is silence. Raises ReasonMissing, NoteMissing, NotRuled, Stands, Waits, StillListed, ComparedAgain,
    Overturned."""
    require(by, Permission.HIT_RULE)
    checked(ruling, reason, note)
    if not note.strip():
        raise NoteMissing(_("Say what was wrong with the ruling."))
    organisations.held(hit.organisation_id)
    done = Hit.objects.filter(before=hit, overturns__isnull=False, ruling=ruling).first()
    if done is not None:
        return done
    hit = locked(hit)
    if not hit.is_ruled:
        raise NotRuled(_("Nobody has ruled on this match yet."))
    if hit.ruling == ruling:
        raise Stands(_("That is the ruling that stands."))
    if hit.is_doubted:
        said = _("%(name)s wants to overturn this ruling already, and it waits for a second person.")
        return waiting(hit, hit.overturning, ruling, reason, note, by=by, told=said)
    refuse_listed(hit, reason)
    if hit.is_by_two or hit.needs_two(ruling):
        return propose(hit, ruling, reason, note, by=by)
    row = made(hit, ruling, reason, note, by=by)
    audit.record("hit.overturned", target=row, by=by, reason=note, **told(hit, ruling, reason))
    return row


def told(hit: Hit, ruling: str, reason: str) -> dict[str, str]:
    return {"ruling": ruling, "code": reason, "entry": hit.entry_id, "was": hit.ruling}


def propose(hit: Hit, ruling: str, reason: str, note: str, *, by: User) -> Hit:
    hit.overturning = proposed(hit, ruling, reason, note, by=by)
    hit.save(update_fields=["overturning"])
    audit.record("hit.overturning_proposed", target=hit, by=by, reason=note, **told(hit, ruling, reason))
    return hit


def made(hit: Hit, ruling: str, reason: str, note: str, *, by: User, proposal: Proposal | None = None) -> Hit:
    """The row that counts from now on."""
    same = {name: getattr(hit, name) for name in COMPARED}
    ruled = {"ruling": ruling, "ruling_reason": reason, "ruling_note": note, "ruled_by": by, "ruled_at": timezone.now()}
    row = Hit.objects.create(**same, **ruled, before=hit, overturns_id=hit.overturns_id or hit.pk, proposal=proposal)
    jobs.woke("hit.overturned")
    return row


@transaction.atomic
def confirm(proposal: Proposal, *, note: str = "", by: User) -> Hit:
    """A second person makes it so. Raises AlreadyEnded, SamePerson, ComparedAgain."""
    hit = ended(proposal, Proposal.Outcome.TAKEN, note=note, by=by)
    taken = hit.overturning
    row = made(hit, taken.choice, taken.reason, taken.note, by=taken.proposed_by, proposal=taken)
    said = told(hit, taken.choice, taken.reason) | {"ruled_by": str(taken.proposed_by)}
    audit.record("hit.overturning_confirmed", target=row, by=by, reason=note or taken.note, **said)
    return row


@transaction.atomic
def send_back(proposal: Proposal, *, note: str, by: User) -> Hit:
    """The ruling stands, and it is said by whom and why it was not overturned."""
    if not note.strip():
        raise NoteMissing(_("Say why the ruling stands."))
    hit = ended(proposal, Proposal.Outcome.DECLINED, note=note, by=by)
    audit.record("hit.overturning_sent_back", target=hit, by=by, reason=note, **told(hit, proposal.choice, proposal.reason))
    return hit


@transaction.atomic
def withdraw(proposal: Proposal, *, by: User) -> Hit:
    hit = ended(proposal, Proposal.Outcome.WITHDRAWN, note="", by=by)
    audit.record("hit.overturning_withdrawn", target=hit, by=by, **told(hit, proposal.choice, proposal.reason))
    return hit


def ended(proposal: Proposal, outcome: Proposal.Outcome, *, note: str, by: User) -> Hit:
    """The match whose ruling still stands, with the proposal as it has ended."""
    hit = locked(Hit.objects.get(overturning=proposal))
    hit.overturning = proposals.end(proposal, policy=POLICY, outcome=outcome, by=by, note=note)
    return hit
