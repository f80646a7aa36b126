"""Where evidence says otherwise than was declared, and how that was resolved (FIN-12): compared once, as it is recorded, and kept
as both were then."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Organisation, User
from accounts.permissions import Permission, require
from accounts.refused import Refused, is_said
from accounts.vault import Unreadable
from kyc.evidence.item_models import EvidenceItem, Mismatch
from kyc.parties import comparing
from kyc.parties.models import Party
from kyc.parties.wording import checked

W = Mismatch.What


class BadResolution(Refused):
    """It is none of the ways in which a mismatch is resolved."""

    field = "resolution"


class Unexplained(Refused):
    """Each is resolved with a reason."""

    field = "reason"


class Settled(Refused):
    """Somebody was quicker."""


def declared(party: Party, what: str) -> str:
    """Empty where nothing was, or it can't be read any more."""
    value = {
        W.NAME: party.name,
        W.BIRTH_DATE: party.birth_date,
        W.COUNTRY: party.country,
        W.ADDRESS: party.address,
        W.NUMBER: party.registration_number,
    }[W(what)]
    return "" if isinstance(value, Unreadable) else value


def is_same(party: Party, what: str, shown: str) -> bool:
    told = declared(party, what)
    if what == W.NAME:
        return comparing.is_same_name(shown, *filter(None, (party.name, party.native_name)))
    if what == W.ADDRESS:
        return comparing.is_same_address(told, shown)
    if what == W.NUMBER:
        return comparing.is_same_number(told, shown)
    return told == shown


def compare(item: EvidenceItem, shown: Mapping[str, str], *, by: User) -> list[Mismatch]:
    """Opens one for each point in which the two differ; what was not declared is no difference. In the caller's transaction."""
    opened = []
    for what, text in shown.items():
        text = checked(f"shown_{W(what)}", text, limit=500)
        told = declared(item.party, what)
        if text and told and not is_same(item.party, what, text):
            made = Mismatch.objects.create(
                organisation_id=item.organisation_id, item=item, what=what, declared=told, shown=text, opened_by=by
            )
            audit.record("evidence.mismatch_found", target=made, by=by, name=item.party.name, what=what, kind=item.kind)
            opened.append(made)
    return opened


@transaction.atomic
def resolve(mismatch: Mismatch, *, resolution: str, reason: str, by: User) -> Mismatch:
    """Says how, and why, once and for all. The same said again is silence. Raises BadResolution, Unexplained, Settled."""
    require(by, Permission.EVIDENCE_JUDGE)
    Organisation.objects.select_for_update().get(pk=mismatch.organisation_id)
    row = Mismatch.objects.select_related("item__party").get(pk=mismatch.pk)
    if resolution not in Mismatch.Resolution.values:
        raise BadResolution(_("Say how it was resolved."))
    if not is_said(reason):
        raise Unexplained(_("Write why, for whoever reads it later."))
    reason = checked("reason", reason, limit=2000, lines=True)
    if row.resolved_at:
        if (row.resolution, row.reason) == (resolution, reason):
            return row
        raise Settled(_("It has been resolved meanwhile; look again."))
    row.resolution, row.reason, row.resolved_at, row.resolved_by = resolution, reason, timezone.now(), by
    row.save(update_fields=["resolution", "reason", "resolved_at", "resolved_by"])
    audit.record(
        "evidence.mismatch_resolved", target=row, by=by, reason=reason, name=row.item.party.name, what=row.what, how=resolution
    )
    return row
