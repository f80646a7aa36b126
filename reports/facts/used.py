"""The use of each key in an attribution report: by day, network, country and class, as gateways counted it, and who answered for
the key then. Never what was asked or answered, and never an address: of those the product holds keyed hashes alone."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q, Sum
from django.db.models.functions import TruncDate

from accounts.history import seen_in
from accounts.signal_models import Hub
from kyc.usage.models import COUNTERS, UsageRow
from reports.facts.ledger import Ledger
from reports.facts.reader import country, day, exact

HOUR = timedelta(hours=1)
Rows = dict[int, list[dict[str, Any]]]


def used(ledger: Ledger, keys: list[int]) -> Rows:
    """By key: the sums of the hours that began in the interval, as known at the cut, the oldest day first."""
    span = ledger.span
    rows = UsageRow.objects.filter(
        seen_in(ledger.reader.snapshot),
        Q(hour__gte=span.start, hour__lt=span.end),
        organisation_id=ledger.reader.organisation,
        key_id__in=keys,
    )
    sums = {f"of_{name}": Sum(name) for name in COUNTERS} | {"sources": Count("ip_hash", distinct=True, filter=~Q(ip_hash=""))}
    about = {"first": Min("hour"), "last": Max("hour"), "late": Sum("requests", filter=Q(is_late=True))}
    grouped = rows.annotate(on=TruncDate("hour")).values("key_id", "on", "asn", "country", "access").annotate(**sums, **about)
    found: Rows = {}
    for row in grouped.order_by("key_id", "on", "asn", "country", "access"):
        found.setdefault(row["key_id"], []).append(row)
    return found


# As a reader outside would say it: what rules call hosting is the cloud's.
CLASSES = {
    Hub.CLOUD: "hosting",
    Hub.PROXY: "proxy, residential ones among them",
    Hub.VPN: "VPN",
    Hub.CARRIER_NAT: "mobile carrier",
    Hub.UNIVERSITY: "university or school",
    Hub.OFFICE: "office",
}


def told(row: dict[str, Any], answered_to: str) -> dict[str, Any]:
    """One day of a key from one network, country and class of access; `answered_to` is who answered for it in those hours."""
    return {
        "day": day(row["on"]),
        "network": f"AS{row['asn']}" if row["asn"] else "",
        "country": country(row["country"]),
        "class": CLASSES.get(row["access"], "") if row["access"] else "",
        "sources": row["sources"],
        **{name: int(row[f"of_{name}"]) for name in COUNTERS},
        "late": int(row["late"] or 0),
        "from": exact(row["first"]),
        "to": exact(end_of(row["last"])),
        "answered_to": answered_to,
    }


def end_of(hour: datetime) -> datetime:
    return hour + HOUR
