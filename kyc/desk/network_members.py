"""The accounts of a network: how surely each belongs there and by what, how far it is verified, and what its keys do."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Greatest, JSONObject, NullIf
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.tables import Echo, safe
from kyc.cases.models import Case, Entity
from kyc.desk import network_words as words
from kyc.desk.networks import DAYS, money
from kyc.desk.queue import Column
from kyc.desk.words import CASE_TONES, country
from kyc.keys.models import Key
from kyc.keys.pool_models import Spending, Unit
from kyc.networks import standing
from kyc.networks.network_models import NetworkMembership
from kyc.parties.models import Profile, Role
from kyc.usage.models import UsageDay

COLUMNS: tuple[Promise, ...] = (
    gettext_lazy("Account"), gettext_lazy("Via"), gettext_lazy("Confidence"), gettext_lazy("Verification"), gettext_lazy("Keys"),
    gettext_lazy("Requests in 30 days"), gettext_lazy("Spent in 30 days"), gettext_lazy("Countries"),
    gettext_lazy("Came through"), gettext_lazy("Opened"),
)  # fmt: skip
# The surest first, of rows as kyc.networks.standing.surely has them.
SUREST = (F("sure").desc(nulls_last=True), "organisation")
NUMBERS = frozenset({2, 4, 5, 6})


# Left out where little room is.
LONG = frozenset({1, 2, 8, 9})


def columns(*, brief: bool = False) -> list[Column]:
    shown = [place for place in range(len(COLUMNS)) if not (brief and place in LONG)]
    return [Column(COLUMNS[place], num=place in NUMBERS) for place in shown]


@dataclass(frozen=True)
class Row:
    """A membership as `told` annotates it."""

    member: Any

    @property
    def via(self) -> str:
        return words.families(self.member.by_families or ())

    @property
    def confidence(self) -> str:
        return words.confidence(self.member.sure)

    @property
    def how(self) -> str:
        return "" if self.member.how == NetworkMembership.How.RUN else str(self.member.get_how_display())

    @property
    def state(self) -> tuple[str, str]:
        return state_of(self.member)

    @property
    def spent(self) -> list[str]:
        return money((one["currency"], one["sum"]) for one in self.member.spent)

    @property
    def says(self) -> str:
        """Where it says that it is."""
        return country(self.member.says_country or "")

    @property
    def countries(self) -> list[str]:
        """From where its keys were used."""
        return [country(code) for code in self.member.used_from]

    @property
    def programme(self) -> str:
        if self.member.programme in ("", None, Profile.Programme.NONE):
            return ""
        label = str(Profile.Programme(self.member.programme).label)
        return f"{label}: {self.member.run_by}" if self.member.run_by else label


def state_of(member: Any) -> tuple[str, str]:
    """How far it is verified, with its tone."""
    if member.organisation.closed_at:
        return _("Account closed"), "neutral"
    if member.verified_until:
        return _("Verified"), "good"
    if not member.case_state:
        return _("Not verified"), "warn"
    return str(Case.State(member.case_state).label), CASE_TONES.get(member.case_state, "neutral")


def named(members: QuerySet[NetworkMembership]) -> QuerySet[NetworkMembership]:
    """Of rows as kyc.networks.standing.surely has them what a picture says of each: how far it is verified, and how many keys it
    has, and how many of them act."""
    mine = {"organisation": OuterRef("organisation")}
    sent = Case.objects.exclude(state=Case.State.DRAFT).filter(**mine).order_by("-pk")
    keys = Key.objects.filter(**mine).order_by().values("organisation")
    return (
        members.select_related("organisation")
        .annotate(
            case_number=Subquery(sent.values("pk")[:1]),
            case_state=Subquery(sent.values("state")[:1]),
            verified_until=Subquery(Entity.objects.live().filter(**mine).values("valid_until")[:1]),
            keys=Coalesce(Subquery(keys.annotate(n=Count("pk")).values("n")), 0),
            active_keys=Coalesce(Subquery(keys.filter(state=Key.State.ACTIVE).annotate(n=Count("pk")).values("n")), 0),
        )
        .order_by(*SUREST)
    )


def told(members: QuerySet[NetworkMembership]) -> QuerySet[NetworkMembership]:
    """In one query, however many: the surest first."""
    since = (timezone.now() - timedelta(days=DAYS)).date()
    mine = {"organisation": OuterRef("organisation")}
    used = UsageDay.objects.filter(**mine, day__gte=since).order_by()
    spent = Spending.objects.filter(**mine, unit=Unit.MONEY, day__gte=since).order_by()
    sums = spent.values("currency").annotate(sum=Sum(Greatest("settled", "used")))
    profile = Profile.objects.filter(**mine)
    customer = Role.objects.live().filter(**mine, kind=Role.Kind.CUSTOMER)
    return named(members).annotate(
        requests=Coalesce(Subquery(used.values("organisation").annotate(n=Sum("requests")).values("n")), 0),
        spent=ArraySubquery(sums.values(json=JSONObject(currency="currency", sum="sum"))),
        used_from=ArraySubquery(
            used.exclude(country="").values("country").annotate(n=Sum("requests")).order_by("-n", "country").values("country")
        ),
        says_country=Subquery(customer.values(of=Coalesce(NullIf(F("party__hq_country"), Value("")), F("party__country")))[:1]),
        programme=Subquery(profile.values("programme")[:1]),
        run_by=Subquery(profile.values("programme_run_by")[:1]),
    )


CELLS = (
    "account", "name", "via", "confidence", "how", "since", "verification", "keys", "active_keys", "requests_30_days",
    "spent_30_days", "says_country", "used_from", "programme", "opened",
)  # fmt: skip


def cells(row: Row) -> list[Any]:
    one = row.member
    return [
        one.organisation_id, one.organisation.name, " ".join(one.by_families), f"{words.sure(one.sure) / 100:.2f}",
        one.how, one.since.isoformat(),
        row.state[0], one.keys, one.active_keys, one.requests, "; ".join(row.spent), one.says_country or "",
        " ".join(one.used_from), row.programme, one.organisation.created_at.date().isoformat(),
    ]  # fmt: skip


def as_csv(members: QuerySet[NetworkMembership]) -> Iterator[str]:
    """Line by line; no cell is a formula."""
    writer = csv.writer(Echo())
    yield writer.writerow(CELLS)
    for member in told(standing.surely(members)):
        yield writer.writerow([safe(cell) for cell in cells(Row(member))])
