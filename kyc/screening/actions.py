"""An officer's word on a possible match."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.models import User
from accounts.permissions import Permission, require
from accounts.refused import ReasonMissing, Refused
from config import jobs
from kyc.screening.models import Hit

REASONS = {
    "false": {
        "different_name": gettext_lazy("Only part of the name agrees"),
        "different_birth_date": gettext_lazy("Born on another day"),
        "different_country": gettext_lazy("From another country"),
        "different_identifier": gettext_lazy("Another number"),
        "different_kind": gettext_lazy("A person and a company"),
    },
    "true": {
        "same_identifier": gettext_lazy("Same number"),
        "same_name_and_birth_date": gettext_lazy("Same name and date of birth"),
        "confirmed_by_customer": gettext_lazy("Confirmed by the customer"),
        "other_evidence": gettext_lazy("Other evidence, named in the note"),
    },
}
NAMED_IN_NOTE = {"other_evidence"}


class RulingReversed(Refused):
    """A ruling stands; it is not turned round by a second click."""


class NoteMissing(ReasonMissing):
    """Evidence that the list of reasons doesn't know is named in the note."""

    field = "note"


@transaction.atomic
def rule(hit: Hit, *, ruling: str, reason: str, note: str = "", by: User) -> Hit:
    """`ruling` is true (the same) or false (another). Repeated it is silence, reversed it is refused."""
    require(by, Permission.HIT_RULE)
    if reason not in REASONS.get(ruling, {}):
        raise ReasonMissing(_("Choose a reason from the list for this ruling."))
    if reason in NAMED_IN_NOTE and not note.strip():
        raise NoteMissing(_("Name the other evidence in the note."))
    hit = Hit.objects.select_for_update().get(pk=hit.pk)
    if hit.ruling == ruling:
        return hit
    if hit.ruling:
        raise RulingReversed(_("%(name)s has already ruled on this match.") % {"name": hit.ruled_by})
    hit.ruling, hit.ruling_reason, hit.ruling_note, hit.ruled_by, hit.ruled_at = ruling, reason, note, by, timezone.now()
    hit.save(update_fields=["ruling", "ruling_reason", "ruling_note", "ruled_by", "ruled_at"])
    audit.record("hit.ruled", target=hit, by=by, reason=note or reason, ruling=ruling, code=reason, entry=hit.entry_id)
    jobs.woke("hit.ruled")
    return hit
