"""What keys that are used have in common: of each account, from which address, with which client and by which templates, hashed
again under a key of ours, since what stands in a batch is a gateway's own hash.

It is written from the rows of a batch when that has been answered, so that no request waits for it and no lock loses any of it:
the batch's row is the job. A template comes as a signature in bands (docs/examples/keyholder_gateway.py): two are alike where any
band is the same, so each band is a value of its own.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate

from accounts import scope, signals
from accounts.models import Signal
from accounts.signals import Seen
from config import jobs
from kyc.usage.models import UsageBatch, UsageRow, first_number
from kyc.usage.rows import HOUR_LONG, OLDEST, bands

# Of an account and a type so many values count in one batch, and so many are new on one day: whoever comes from everywhere, or
# never asks the same, is told from others by nothing of it, and does not fill the table.
MOST = 100
State = UsageBatch.State
QUEUE = jobs.Queue(
    name="usage.told",
    model=UsageBatch,
    field="state",
    ready=State.QUEUED,
    failed=State.FAILED,
    lease=timedelta(minutes=1),
    since="received_at",
    # Locks end: the last rests are an hour's.
    max_errors=20,
    sight=scope.whole,
)


class Used(NamedTuple):
    """Of a row of use what tells whose it is."""

    hour: datetime
    organisation: int
    requests: int
    ip_hash: str
    asn: int | None
    client: str
    template: str


class Shown(NamedTuple):
    organisation: int
    type: str
    text: str
    asn: int | None


# From when until when, in how many requests.
Spans = dict[Shown, tuple[datetime, datetime, int]]
# A type of an account.
Place = tuple[int, str]


def run() -> None:
    for claim in QUEUE.claims():
        with claim:
            leave(claim)


def leave(claim: jobs.Claim) -> None:
    with scope.whole():
        told = few_new(list(seen(most_used(spans(rows(claim.row), claim.row.received_at)))))
    with claim.finish(state=State.DONE):
        signals.leave_all(told, must=True)


def rows(batch: UsageBatch) -> Iterator[Used]:
    first, after = first_number(batch), first_number(UsageBatch(pk=batch.pk + 1))
    # By their hours too, so that no other month is looked through.
    since = batch.received_at - OLDEST - HOUR_LONG
    found = UsageRow.objects.filter(id__gte=first, id__lt=after, hour__gte=since, requests__gt=0)
    columns = ("hour", "organisation_id", "requests", "ip_hash", "asn", "client", "template")
    return (Used(*row) for row in found.values_list(*columns))


def spans(rows: Iterable[Used], now: datetime) -> Spans:
    found: Spans = {}
    for row in rows:
        last = max(row.hour, min(row.hour + HOUR_LONG - timedelta(seconds=1), now))
        for shown in of_row(row):
            first, until, count = found.get(shown, (row.hour, last, 0))
            found[shown] = min(first, row.hour), max(until, last), count + row.requests
    return found


def of_row(row: Used) -> Iterator[Shown]:
    if row.ip_hash:
        yield Shown(row.organisation, Signal.Type.API_IP, row.ip_hash, row.asn)
    if row.client:
        yield Shown(row.organisation, Signal.Type.USER_AGENT, row.client, None)
    for band in bands(row.template):
        yield Shown(row.organisation, Signal.Type.TEMPLATE, band, None)


def most_used(spans: Spans) -> Spans:
    counts = Counter[Place]()
    kept = {}
    for shown, span in sorted(spans.items(), key=lambda one: -one[1][2]):
        counts[shown.organisation, shown.type] += 1
        if counts[shown.organisation, shown.type] <= MOST:
            kept[shown] = span
    return kept


def seen(spans: Spans) -> Iterator[Seen]:
    for shown, (first, last, count) in spans.items():
        if digest := value(shown.type, shown.text):
            yield Seen(shown.organisation, shown.type, digest, first, last, count, asn=shown.asn)


@lru_cache(maxsize=50_000)
def value(type: str, text: str) -> UUID | None:
    return signals.value(type, text)


def few_new(told: list[Seen]) -> list[Seen]:
    """All that the account has shown before, and of the rest as many as a day may add. In a scope that sees the compartment."""
    those = standing(told)
    known = set(those.filter(value__in={one.value for one in told}).values_list("organisation", "type", "value"))
    added = arrived(those, told)
    kept = []
    for one in told:
        day = one.organisation, str(one.type), one.first.astimezone(UTC).date()
        is_known = (one.organisation, str(one.type), one.value) in known
        added[day] += not is_known
        if is_known or added[day] <= MOST:
            kept.append(one)
    return kept


def standing(told: Iterable[Seen]) -> QuerySet[Signal]:
    places = {(one.organisation, one.type) for one in told}
    return Signal.objects.filter(
        organisation__in={organisation for organisation, _type in places}, type__in={type for _organisation, type in places}
    )


def arrived(those: QuerySet[Signal], told: Iterable[Seen]) -> Counter[tuple[int, str, date]]:
    """By account, type and day (UTC) how many values were first seen on it."""
    since = min((one.first for one in told), default=datetime.max.replace(tzinfo=UTC)).replace(hour=0)
    by_day = those.filter(first_seen__gte=since).annotate(day=TruncDate("first_seen", tzinfo=UTC))
    counted = by_day.values_list("organisation", "type", "day").annotate(many=Count("pk"))
    return Counter({(organisation, type, day): many for organisation, type, day, many in counted})
