"""What keys that are used have in common: of each account, from which address, with which client and by which templates, hashed
again under a key of ours, since what stands in a batch is a gateway's own hash.

A template comes as a signature in bands (docs/examples/keyholder_gateway.py): two are alike where any band is the same, so each
band is a value of its own.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from accounts import signals
from accounts.models import Signal
from accounts.signals import Seen
from kyc.usage.rows import HOUR_LONG, Row, bands

# Of an account and a type in one batch: whoever comes from everywhere is told from others by nothing of it, and does not fill
# the table.
MOST = 100


class Shown(NamedTuple):
    organisation: int
    type: str
    text: str
    asn: int | None


# From when until when, in how many requests.
Spans = dict[Shown, tuple[datetime, datetime, int]]


def leave(rows: Iterable[Row], now: datetime) -> None:
    """One statement for a whole batch."""
    spans: Spans = {}
    for row in rows:
        if row.requests:
            last = max(row.hour, min(row.hour + HOUR_LONG - timedelta(seconds=1), now))
            for shown in of_row(row):
                first, until, count = spans.get(shown, (row.hour, last, 0))
                spans[shown] = min(first, row.hour), max(until, last), count + row.requests
    signals.leave_all(seen(most_used(spans)))


def of_row(row: Row) -> Iterator[Shown]:
    if row.ip_hash:
        yield Shown(row.organisation, Signal.Type.API_IP, row.ip_hash, row.asn)
    if row.client:
        yield Shown(row.organisation, Signal.Type.USER_AGENT, row.client, None)
    for band in bands(row.template):
        yield Shown(row.organisation, Signal.Type.TEMPLATE, band, None)


def most_used(spans: Spans) -> Spans:
    counts = Counter[tuple[int, str]]()
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
