"""An officer's word on the agencies that customers declare, and which accounts are run by one that holds."""

from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import BigIntegerField, Count, Exists, F, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
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
from kyc.parties import agencies
from kyc.parties.agency_models import Agency, AgencyAccount
from kyc.parties.wording import checked
from kyc.rules import packs

R = AgencyRuling.Ruling
# So long it holds at most before an officer looks again.
LONGEST = timedelta(days=366)


class Unruled(Refused):
    """It can't be ruled so; `field` is what is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class Overtaken(Refused):
    """The customer has corrected what he says since the page was opened from which an officer speaks."""


@transaction.atomic
def rule(
    agency: Agency,
    *,
    ruling: str,
    reason: str,
    document: Document | None = None,
    valid_until: date | None = None,
    shown: str | None = None,
    by: User,
) -> AgencyRuling:
    """Confirms it by a document and until a day, or does not accept it, whatever was said before. The same said again is silence,
    unless there is more to look at than when it was said, or a second person says it. `shown` is since when it says what is on
    the page that `by` speaks from (ISO 8601); None of who speaks from no page. Raises Unruled, BadText, NotAProof, Overtaken."""
    require(by, Permission.EVIDENCE_JUDGE)
    organisation = Organisation.objects.select_for_update().get(pk=agency.organisation_id)
    row = Agency.objects.get(pk=agency.pk)
    if shown is not None and shown != row.said_at.isoformat():
        raise Overtaken(_("The customer has corrected it since you opened this page. Read what it says, and then rule."))
    if ruling not in R.values:
        raise Unruled("ruling", _("Say whether it is so."))
    if not is_said(reason):
        raise Unruled("reason", _("Write what you found, for whoever reads it later."))
    values: dict[str, Any] = {"ruling": ruling, "document": None, "valid_until": None}
    values["reason"] = checked("reason", reason, limit=2000, lines=True)
    if ruling == R.CONFIRMED:
        values |= shown_by(row, organisation, document, valid_until)
    before = AgencyRuling.objects.live().filter(agency=row).first()
    is_same = before is not None and {name: getattr(before, name) for name in values} == values
    if before and is_same and before.ruled_at >= row.asked_at and not is_asked(row, by=by):
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


@transaction.atomic
def renew(agency: Agency, *, by: User) -> Agency:
    """By a member of whoever declared it: it is still so, so an officer looks again. What was confirmed goes on until its day,
    or until the first word of two. Nothing happens while one has yet to look. Raises Over."""
    row = agencies.locked(agency, by=by)
    if is_waiting(row):
        return row
    row.renewed_at = timezone.now()
    row.save(update_fields=["renewed_at"])
    audit.record("agency.renewed", target=row, by=by, agency=row.number)
    return row


def is_waiting(agency: Agency) -> bool:
    """Whether officers have to look at it."""
    return to_look_at().filter(pk=agency.pk).exists()


def to_look_at() -> QuerySet[Agency]:
    """Those on which nobody has said a word since they were declared, corrected or renewed, and what is confirmed but has
    accounts since, or takes a second officer."""
    said = AgencyRuling.objects.live().filter(agency=OuterRef("pk"), ruled_at__gte=OuterRef("waits"))
    return Agency.objects.asked().filter(
        Q(ended_at__isnull=True, organisation__closed_at__isnull=True) & ~Exists(said) | Q(pk__in=waiting().values("pk"))
    )


def is_asked(agency: Agency, *, by: User) -> bool:
    """Whether a word of that person would tell anything that the last one does not."""
    asked = waiting().filter(pk=agency.pk)
    is_own = AgencyRuling.objects.live().filter(agency=agency, ruled_by=by).exists()
    return asked.filter(has_new=True).exists() or (not is_own and asked.exists())


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
    "corrected": (gettext_lazy("corrected; not looked at yet"), "warn"),
    "renewed": (gettext_lazy("renewed; not looked at yet"), "warn"),
    "refused": (gettext_lazy("not accepted"), "bad"),
    "unproved": (gettext_lazy("was confirmed; the document has been taken back or rejected"), "warn"),
    "over": (gettext_lazy("was confirmed until %(day)s"), "warn"),
    "alone": (gettext_lazy("confirmed by one officer; a second one looks at it too"), "warn"),
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
        Told(row, standing_of(row, next(iter(row.said), None), is_held=row.is_held), row.named, row.confirmed)
        for row in counted.annotate(is_held=Exists(held().filter(pk=OuterRef("pk")))).prefetch_related(
            Prefetch("rulings", said, to_attr="said")
        )
    ]


def standing(agency: Agency) -> Standing:
    """Of one whose organisation has been read with it."""
    return standing_of(agency, ruled().filter(agency=agency).first(), is_held=held().filter(pk=agency.pk).exists())


def ruled() -> QuerySet[Any]:
    """Each with whether the document that showed it `is_rejected`."""
    rejected = Document.objects.unsound().filter(pk=OuterRef("document"))
    return AgencyRuling.objects.live().select_related("document", "ruled_by").annotate(is_rejected=Exists(rejected))


def standing_of(agency: Agency, ruling: Any, *, is_held: bool) -> Standing:
    code = code_of(agency, ruling)
    return Standing("alone" if code == "confirmed" and not is_held else code, ruling)


def code_of(agency: Agency, ruling: Any) -> str:
    """Of a ruling as `ruled` has it."""
    if agency.ended_at or agency.organisation.is_closed:
        return "ended"
    if ruling is None:
        return "waiting"
    if ruling.ruled_at < agency.said_at:
        return "corrected"
    code = code_of_ruling(ruling)
    return "renewed" if code != "confirmed" and ruling.ruled_at < agency.asked_at else code


def code_of_ruling(ruling: Any) -> str:
    if ruling.ruling == R.REFUSED or ruling.valid_until is None or ruling.document is None:
        return "refused"
    if ruling.document.removed_at or ruling.is_rejected:
        return "unproved"
    return "over" if ruling.valid_until < timezone.localdate() else "confirmed"


def good() -> QuerySet[Agency]:
    """Those that an officer's last word confirms today: it is neither over nor taken back, nor the document it rests on, and of
    what is said still. With how many `known` accounts it and the others of its organisation cover, so that nobody divides them to
    be looked at by one person, whether it `has_new` ones, which were named since, or was renewed since, and `is_by_two`: the word
    before it confirmed as much, by the same document and of the same accounts, was another person's, and of the same renewal."""
    live = AgencyRuling.objects.live().filter(agency=OuterRef("pk"), ruled_at__gte=OuterRef("said_at"))
    word = live.filter(ruling=R.CONFIRMED, valid_until__gte=timezone.localdate(), document__removed_at__isnull=True).exclude(
        document__in=Document.objects.unsound()
    )
    earlier = AgencyRuling.objects.filter(
        agency=OuterRef("pk"), superseded_at__isnull=False, ruled_at__gte=OuterRef("said_at")
    ).order_by("-pk")
    rows = AgencyAccount.objects.live().filter(agency=OuterRef("pk"))
    confirmed = AgencyRuling.objects.live().filter(
        agency=OuterRef("agency"), ruling=R.CONFIRMED, valid_until__gte=timezone.localdate(), ruled_at__gte=OuterRef("added_at"),
        agency__said_at__lte=F("ruled_at"),
    )  # fmt: skip
    all_of_it = AgencyAccount.objects.confirmed().filter(Exists(confirmed), organisation=OuterRef("organisation")).order_by()
    known = all_of_it.values("organisation").annotate(n=Count("account", distinct=True)).values("n")
    of_one = rows.confirmed().filter(added_at__lte=OuterRef("at"), added_at__gt=OuterRef("earlier_at"))
    return (
        Agency.objects.live()
        .asked()
        .annotate(
            at=Subquery(word.values("ruled_at")),
            by=Subquery(word.values("ruled_by"), output_field=BigIntegerField()),
            paper=Subquery(word.values("document"), output_field=BigIntegerField()),
            earlier_at=Subquery(earlier.values("ruled_at")[:1]),
            earlier_by=Coalesce(Subquery(earlier.values("ruled_by")[:1], output_field=BigIntegerField()), 0),
            earlier_paper=Coalesce(Subquery(earlier.values("document")[:1], output_field=BigIntegerField()), 0),
        )
        .filter(at__isnull=False)
        .annotate(
            known=Coalesce(Subquery(known, output_field=IntegerField()), 0),
            has_new=Exists(rows.filter(added_at__gt=OuterRef("at"))) | Q(at__lt=F("waits")),
            is_by_two=Q(earlier_paper=F("paper"))
            & ~Q(earlier_by=F("by"))
            & ~Exists(of_one)
            & (Q(at__lt=F("waits")) | Q(earlier_at__gte=F("waits"))),
        )
    )


def held() -> QuerySet[Agency]:
    """Those that hold today. Of as many accounts as one person rules alone on it takes the word of two."""
    return good().filter(Q(known__lte=packs.current().ruled_alone_up_to) | Q(is_by_two=True))


def waiting() -> QuerySet[Agency]:
    """Those that are confirmed, and yet to be looked at: by a second person, for accounts that were named since, or since they
    were renewed."""
    return good().filter(Q(has_new=True) | Q(known__gt=packs.current().ruled_alone_up_to) & Q(is_by_two=False))


def covered() -> QuerySet[AgencyAccount]:
    """Accounts that an agency runs which holds: each has confirmed it, and was named before the officer's word."""
    word = AgencyRuling.objects.live().filter(agency=OuterRef("agency"), ruled_at__gte=OuterRef("added_at"))
    return AgencyAccount.objects.confirmed().filter(Exists(word), agency__in=held().values("pk"))


def groups() -> dict[int, tuple[str, ...]]:
    """Of each account that agencies run which hold, by which, the oldest first: it is one of those covered, or the agency's own.
    To whose business everything is."""
    found: dict[int, dict[str, None]] = {}
    for row in covered().select_related("agency").order_by("agency", "account"):
        for account in (row.account, row.organisation_id):
            found.setdefault(account, {})[row.agency.number] = None
    return {account: tuple(those) for account, those in found.items()}


def fellows(account: int) -> frozenset[int]:
    """The accounts that are run with it by an agency which holds. To whose business everything is."""
    named = AgencyAccount.objects.confirmed().filter(Q(organisation=account) | Q(account=account))
    # Of most accounts nobody says so, and whether an agency holds takes longer to ask.
    if not named.exists():
        return frozenset()
    rows = covered()
    which = rows.filter(Q(organisation=account) | Q(account=account)).values("agency")
    pairs = rows.filter(agency__in=which).values_list("account", "organisation")
    return frozenset({one for pair in pairs for one in pair} - {account})


def run_by(agency: Agency) -> frozenset[int]:
    """The accounts that it runs, and its own, while it holds. To whose business everything is."""
    rows = covered().filter(agency=agency).values_list("account", "organisation")
    return frozenset(one for pair in rows for one in pair)
