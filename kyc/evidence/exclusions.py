"""An officer's word on what a company claims to be left out of, and what of it may be relied on (FIN-04, FIN-05)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Organisation, User
from accounts.permissions import Permission, require
from accounts.refused import Refused, is_said
from kyc.evidence.models import Document, ExclusionRuling
from kyc.evidence.proofs import NotAProof, current, may_prove
from kyc.ownership.exclusions import Claim
from kyc.parties import exclusions
from kyc.parties.actions import customer
from kyc.parties.models import Exclusion
from kyc.parties.wording import checked
from kyc.rules import packs

R = ExclusionRuling.Ruling


class BadRuling(Refused):
    """It is neither of the two."""

    field = "ruling"


class Unexplained(Refused):
    """Either word is given with a reason."""

    field = "reason"


class BadDay(Refused):
    """Until when it may be relied on is neither past nor farther off than the rules let a verification reach."""

    field = "valid_until"


@transaction.atomic
def rule(
    exclusion: Exclusion,
    *,
    ruling: str,
    reason: str,
    document: Document | None = None,
    valid_until: date | None = None,
    by: User,
) -> ExclusionRuling:
    """Verifies a claim by a document, by default for as long as the rule pack lets it, or does not accept it. A later word takes
    the place of an earlier one, which stays to be read. The organisation's row is held, as in `proofs.verify`. Raises BadRuling,
    Unexplained, NotAProof, BadDay, BadText."""
    require(by, Permission.EVIDENCE_JUDGE)
    organisation = Organisation.objects.select_for_update().get(pk=exclusion.organisation_id)
    row = Exclusion.objects.select_related("party").get(pk=exclusion.pk)
    if row.valid_to or row.party.removed_on:
        raise NotAProof(_("The claim has been taken back meanwhile; look again."))
    if ruling not in R.values:
        raise BadRuling(_("Say whether it is verified."))
    if not is_said(reason):
        raise Unexplained(_("Write what you found, for whoever reads it later."))
    reason = checked("reason", reason, limit=2000, lines=True)
    shown = shown_by(row, organisation, document, valid_until) if ruling == R.VERIFIED else {}
    values: dict[str, Any] = {"ruling": ruling, "reason": reason, "document": None, "valid_until": None} | shown
    if before := ExclusionRuling.objects.live().filter(exclusion=row).first():
        if {name: getattr(before, name) for name in values} == values:
            return before
        before.superseded_at = timezone.now()
        before.save(update_fields=["superseded_at"])
    made = ExclusionRuling.objects.create(organisation=organisation, exclusion=row, ruled_by=by, **values)
    told = {"target": made, "by": by, "reason": made.reason, "name": row.party.name, "ground": exclusions.titled(row)}
    if ruling == R.VERIFIED:
        audit.record("exclusion.verified", **told)
    else:
        audit.record("exclusion.rejected", **told)
    return made


def shown_by(
    row: Exclusion, organisation: Organisation, document: Document | None, valid_until: date | None
) -> dict[str, Document | date]:
    """By what, and until when. Raises NotAProof, BadDay."""
    if document is None:
        raise NotAProof(_("Choose the document that shows it."))
    document, today = current(document, organisation), timezone.localdate()
    if not may_prove(document, row.party, customer(organisation)):
        raise NotAProof(_("This document is not about %(name)s.") % {"name": row.party.name})
    last = today + timedelta(days=packs.current().exclusion_days)
    until = valid_until or last
    if not today <= until <= last:
        days = {"first": date_format(today, "j F Y"), "last": date_format(last, "j F Y")}
        raise BadDay(_("Choose a day from %(first)s to %(last)s.") % days)
    return {"document": document, "valid_until": until}


def relied_on() -> QuerySet[ExclusionRuling]:
    """Those verified whose claim and document stand, whether their day has come or not."""
    return ExclusionRuling.objects.live().filter(
        ruling=R.VERIFIED,
        document__removed_at__isnull=True,
        exclusion__valid_to__isnull=True,
        exclusion__party__removed_on__isnull=True,
    )


def expiring(organisation: Organisation, *, by: date) -> list[ExclusionRuling]:
    """Those whose last day is over by then; the soonest first."""
    rows = relied_on().filter(organisation=organisation, valid_until__lte=by)
    return list(rows.select_related("exclusion__party").order_by("valid_until", "pk"))


def claims(organisation: Organisation, *, on: date) -> Mapping[str, list[Claim]]:
    """By the number of the party, as the regimes read them on that day: whatever is claimed now, and what of it is shown."""
    live = list(Exclusion.objects.live().filter(organisation=organisation, party__removed_on__isnull=True).order_by("pk"))
    rulings = ExclusionRuling.objects.live().filter(exclusion__in=live).select_related("document")
    found: dict[str, list[Claim]] = defaultdict(list)
    for row, ruling in paired(live, rulings):
        lacking = lacks(ruling, ruling.document if ruling else None, on)
        found[str(row.party_id)].append(Claim(row.ground, "" if lacking else evidence(ruling), lacking))
    return dict(found)


def paired(rows: Iterable[Exclusion], rulings: Iterable[ExclusionRuling]) -> list[tuple[Exclusion, ExclusionRuling | None]]:
    of = {ruling.exclusion_id: ruling for ruling in rulings}
    return [(row, of.get(row.pk)) for row in rows]


def lacks(ruling: Any | None, document: Any | None, on: date) -> str:
    """Why nothing rests on a claim with that ruling by that document, rows or those of their history; empty where it may be
    relied on that day."""
    if ruling is None:
        return "no officer has verified it"
    if ruling.ruling == R.REJECTED:
        return "an officer has not accepted it"
    if document is None or document.removed_at is not None:
        return "the document that showed it has been taken back"
    return "" if ruling.valid_until >= on else f"it was verified until {ruling.valid_until} only"


def evidence(ruling: Any) -> str:
    """What shows a claim that is verified."""
    return f"“{ruling.document.name}”, verified by an officer until {ruling.valid_until},"
