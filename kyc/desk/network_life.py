"""How a network grew, what its accounts do together, and what became of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from itertools import accumulate
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Greatest, TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from kyc.desk import timeline
from kyc.desk.network_forms import touches
from kyc.desk.networks import DAYS, money
from kyc.desk.words import country
from kyc.keys.models import Key
from kyc.keys.pool_models import Spending, Unit
from kyc.networks.network_models import Attachment, Network, NetworkChange, NetworkMembership
from kyc.networks.ruling_models import ProposedRuling, Ruling
from kyc.parties.models import Profile
from kyc.usage.models import UsageDay
from kyc.usage.picture import drawn

MOST_NAMES = 12
BARS = 48
LATELY = 8
VERSIONS = 100
TONES = {
    NetworkChange.Kind.FOUND: "info", NetworkChange.Kind.ATTACHED: "warn", NetworkChange.Kind.MERGED: "warn",
    NetworkChange.Kind.RULED: "good",
}  # fmt: skip


@dataclass(frozen=True)
class Growth:
    """How many of the accounts there were, stretch by stretch."""

    picture: Any
    steps: list[tuple[date, int, int]]

    @property
    def first(self) -> date:
        return self.steps[0][0]

    @property
    def last(self) -> date:
        return self.steps[-1][0]


def opened(members: QuerySet[NetworkMembership]) -> dict[date, int]:
    """How many of the accounts were opened on each day, UTC."""
    day = TruncDate("organisation__created_at", tzinfo=UTC)
    return dict(members.order_by().values_list(day).annotate(n=Count("pk")))


def growth(opened: Mapping[date, int]) -> Growth | None:
    """By the day on which each was opened, up to today, in at most BARS stretches of the same length."""
    days = sorted(opened)
    if not days:
        return None
    today = timezone.now().astimezone(UTC).date()
    length = max(1, -(-((today - days[0]).days + 1) // BARS))
    count = -(-((today - days[0]).days + 1) // length)
    ends = [today - timedelta(days=length * (count - 1 - number)) for number in range(count)]
    new = [0] * count
    for day, many in opened.items():
        new[count - 1 - (today - day).days // length] += many
    sums = list(accumulate(new))
    picture = drawn([(end, total, 0) for end, total in zip(ends, sums, strict=True)])
    return Growth(picture, list(zip(ends, sums, new, strict=True)))


def does(organisations: QuerySet[Any]) -> list[tuple[str, str]]:
    """What all of these accounts do together, in a few sums."""
    since = (timezone.now() - timedelta(days=DAYS)).date()
    mine = {"organisation__in": organisations}
    keys = Key.objects.filter(**mine).aggregate(all=Count("pk"), active=Count("pk", filter=Q(state=Key.State.ACTIVE)))
    used = UsageDay.objects.filter(**mine, day__gte=since).order_by()
    from_where = used.exclude(country="").values("country").annotate(n=Sum("requests")).order_by("-n", "country")[:6]
    spent = Spending.objects.filter(**mine, unit=Unit.MONEY, day__gte=since).order_by().values_list("currency")
    programmes = Profile.objects.filter(**mine).exclude(programme=Profile.Programme.NONE).order_by()
    through = programmes.values("programme", "programme_run_by").annotate(n=Count("pk")).order_by("-n", "programme")[:6]
    requests = used.aggregate(n=Sum("requests"))["n"] or 0
    return [
        (_("Keys"), _("%(active)s active of %(all)s") % keys),
        (_("Requests, 30 days up to now"), f"{requests:,}"),
        (_("Spent, 30 days up to now"), ", ".join(money(spent.annotate(n=Sum(Greatest("settled", "used"))))) or _("nothing")),
        (_("Used from"), ", ".join(country(one["country"]) for one in from_where) or _("not known")),
        (_("Came through"), "\n".join(map(programme, through)) or _("no programme")),
    ]


def programme(one: dict[str, Any]) -> str:
    label = Profile.Programme(one["programme"]).label
    named = f"{label}, {one['programme_run_by']}" if one["programme_run_by"] else label
    return _("%(what)s: %(n)s") % {"what": named, "n": touches(one["n"])}


@dataclass(frozen=True)
class Changed:
    """What became of the network, with the names of whom it is about."""

    change: NetworkChange
    names: list[str]
    others: int

    @property
    def tone(self) -> str:
        return TONES.get(self.change.kind, "")


def changes(network: Network, *, of_officers: bool = True) -> QuerySet[NetworkChange]:
    """The newest first; with what officers ruled, or without."""
    found = network.changes.select_related("by", "other").order_by("-at", "-pk")
    return found if of_officers else found.exclude(kind=NetworkChange.Kind.RULED)


def told(changes: Iterable[NetworkChange]) -> list[Changed]:
    rows = list(changes)
    wanted = {number for row in rows for number in row.organisations[:MOST_NAMES]}
    names = dict(Organisation.objects.filter(pk__in=wanted).values_list("pk", "name"))
    return [
        Changed(
            row, [names[number] for number in row.organisations[:MOST_NAMES] if number in names],
            max(0, len(row.organisations) - MOST_NAMES),
        )
        for row in rows
    ]  # fmt: skip


def happenings(network: Network, user: User) -> list[timeline.Happening]:
    """What officers did with it."""
    of = (Ruling.objects, ProposedRuling.objects, Attachment.objects)
    return timeline.about(user, network, *(rows.filter(network=network) for rows in of))


def versions(network: Network) -> list[tuple[date, int, int]]:
    """The last days on which accounts came or went, the newest first, with how many."""
    rows = NetworkMembership.objects.filter(network=network).order_by()
    came = dict(rows.values_list(F("since__date")).annotate(n=Count("pk")))
    went = dict(rows.filter(until__isnull=False).values_list(F("until__date")).annotate(n=Count("pk")))
    return [(day, came.get(day, 0), went.get(day, 0)) for day in sorted({*came, *went}, reverse=True)[:VERSIONS]]
