"""An officer's word on the agencies that customers declare, and which accounts are run by one that holds."""

from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.models import Organisation, User
from accounts.permissions import Permission, require
from accounts.refused import Refused, is_said
from kyc.evidence.agency_models import AgencyRuling
from kyc.evidence.models import Document
from kyc.evidence.proofs import current
from kyc.parties.agency_models import Agency, AgencyAccount
from kyc.parties.wording import checked

R = AgencyRuling.Ruling
# So long it holds at most before an officer looks again.
LONGEST = timedelta(days=366)


class Unruled(Refused):
    """It can't be ruled so; `field` is what is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def rule(
    agency: Agency,
    *,
    ruling: str,
    reason: str,
    document: Document | None = None,
    valid_until: date | None = None,
    by: User,
) -> AgencyRuling:
    """Confirms it by a document and until a day, or does not accept it, whatever was said before. The same said again is silence.
    Raises Unruled, BadText, NotAProof."""
    require(by, Permission.EVIDENCE_JUDGE)
    organisation = Organisation.objects.select_for_update().get(pk=agency.organisation_id)
    row = Agency.objects.get(pk=agency.pk)
    if ruling not in R.values:
        raise Unruled("ruling", _("Say whether it is so."))
    if not is_said(reason):
        raise Unruled("reason", _("Write what you found, for whoever reads it later."))
    values: dict[str, Any] = {"ruling": ruling, "document": None, "valid_until": None}
    values["reason"] = checked("reason", reason, limit=2000, lines=True)
    if ruling == R.CONFIRMED:
        values |= shown_by(row, organisation, document, valid_until)
    before = AgencyRuling.objects.live().filter(agency=row).first()
    if before and {name: getattr(before, name) for name in values} == values:
        return before
    if before:
        before.superseded_at = timezone.now()
        before.save(update_fields=["superseded_at"])
    made = AgencyRuling.objects.create(organisation=organisation, agency=row, ruled_by=by, **values)
    told = {"target": made, "by": by, "reason": made.reason, "agency": row.number, "name": row.name}
    if ruling == R.CONFIRMED:
        audit.record("agency.confirmed", **told)
    else:
        audit.record("agency.refused", **told)
    return made


def shown_by(
    agency: Agency, organisation: Organisation, document: Document | None, valid_until: date | None
) -> dict[str, Document | date]:
    """By what, and until when."""
    if agency.ended_at or organisation.is_closed:
        raise Unruled("ruling", _("The customer has ended it meanwhile, so there is nothing to confirm."))
    if document is None:
        raise Unruled("document", _("Choose the document that shows it."))
    today = timezone.localdate()
    last = today + LONGEST
    if valid_until is None or not today <= valid_until <= last:
        days = {"first": date_format(today, "j F Y"), "last": date_format(last, "j F Y")}
        raise Unruled("valid_until", _("Choose a day from %(first)s to %(last)s.") % days)
    return {"document": current(document, organisation), "valid_until": valid_until}


class Standing(NamedTuple):
    """How a declaration stands today: a code of WORDS, and the word that makes it so."""

    code: str
    ruling: AgencyRuling | None

    @property
    def words(self) -> str:
        until = self.ruling.valid_until if self.ruling else None
        return str(WORDS[self.code][0]) % {"day": date_format(until, "j F Y") if until else ""}

    @property
    def tone(self) -> str:
        return WORDS[self.code][1]


WORDS: dict[str, tuple[Promise, str]] = {
    "ended": (gettext_lazy("ended"), ""),
    "waiting": (gettext_lazy("not looked at yet"), "warn"),
    "refused": (gettext_lazy("not accepted"), "bad"),
    "unproved": (gettext_lazy("was confirmed; the document has been taken back or rejected"), "warn"),
    "over": (gettext_lazy("was confirmed until %(day)s"), "warn"),
    "confirmed": (gettext_lazy("confirmed until %(day)s"), "good"),
}


class Told(NamedTuple):
    """A declaration with how it stands, how many accounts it names, and how many of these have confirmed it."""

    agency: Agency
    standing: Standing
    named: int
    confirmed: int


def told(rows: QuerySet[Agency]) -> list[Told]:
    """In two queries, however many they are."""
    live = Q(accounts__ended_at__isnull=True)
    counted = rows.select_related("organisation", "declared_by").annotate(
        named=Count("accounts", filter=live), confirmed=Count("accounts", filter=live & Q(accounts__confirmed_at__isnull=False))
    )
    said = ruled()
    return [
        Told(row, standing_of(row, next(iter(row.said), None)), row.named, row.confirmed)
        for row in counted.prefetch_related(Prefetch("rulings", said, to_attr="said"))
    ]


def standing(agency: Agency) -> Standing:
    """Of one whose organisation has been read with it."""
    return standing_of(agency, ruled().filter(agency=agency).first())


def ruled() -> QuerySet[Any]:
    """Each with whether the document that showed it `is_rejected`."""
    rejected = Document.objects.rejected().filter(pk=OuterRef("document"))
    return AgencyRuling.objects.live().select_related("document", "ruled_by").annotate(is_rejected=Exists(rejected))


def standing_of(agency: Agency, ruling: Any) -> Standing:
    return Standing(code_of(agency, ruling), ruling)


def code_of(agency: Agency, ruling: Any) -> str:
    """Of a ruling as `ruled` has it."""
    if agency.ended_at or agency.organisation.is_closed:
        return "ended"
    if ruling is None:
        return "waiting"
    if ruling.ruling == R.REFUSED or ruling.valid_until is None or ruling.document is None:
        return "refused"
    if ruling.document.removed_at or ruling.is_rejected:
        return "unproved"
    return "over" if ruling.valid_until < timezone.localdate() else "confirmed"


def held() -> QuerySet[Agency]:
    """Those that hold today: confirmed, and neither over nor taken back, nor the document they rest on."""
    good = (
        AgencyRuling.objects.live()
        .filter(
            agency=OuterRef("pk"),
            ruling=R.CONFIRMED,
            valid_until__gte=timezone.localdate(),
            document__removed_at__isnull=True,
        )
        .exclude(document__in=Document.objects.rejected())
    )
    return Agency.objects.live().filter(Exists(good))


def groups() -> dict[int, str]:
    """Of each account that an agency runs which holds, by which: the account has confirmed it, or is the agency's own. One of
    several goes by the oldest. To whose business everything is."""
    agencies = {row.pk: row for row in held()}
    found: dict[int, str] = {}
    members = AgencyAccount.objects.confirmed().filter(agency__in=agencies).order_by("agency", "account")
    for agency, account in members.values_list("agency", "account"):
        found.setdefault(account, agencies[agency].number)
    for agency in sorted({row.agency_id for row in members}):
        found.setdefault(agencies[agency].organisation_id, agencies[agency].number)
    return found


def fellows(account: int) -> frozenset[int]:
    """The accounts that are run with it by an agency which holds. To whose business everything is."""
    own = AgencyAccount.objects.confirmed().filter(account=account).values("agency")
    which = held().filter(Q(organisation=account) | Q(pk__in=own))
    rows = AgencyAccount.objects.confirmed().filter(agency__in=which).values_list("account", "organisation")
    return frozenset({one for pair in rows for one in pair} - {account})
