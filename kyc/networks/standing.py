"""How a network stands, or stood at an instant: who is in it, what ties them, and which values they share."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from accounts.models import SignalValue
from kyc.networks.network_models import Edge, Network, NetworkMembership

# What is no signal, but found in when signals come and end (kyc/networks/finding/families.py, which brings all of DuckDB).
TIMES = frozenset({"opened", "ended"})
# Of the values that the accounts of a network share, each with who of them has it and the most that it counted for with each, in
# one reading however many edges there are: those that count first, of them the ones that most accounts share. Beside them how
# many there are in all that count, and that do not.
SHARED = """
WITH had AS (
    SELECT of.account, e->>'type' AS type, e->>'value' AS value, coalesce(min(e->>'family'), '') AS family,
        coalesce(max((e->>'bits')::float) FILTER (WHERE (e->>'counted')::boolean), 0) AS bits,
        min(e->>'first_seen') AS first_seen, max(e->>'last_seen') AS last_seen,
        coalesce(min(e->>'why') FILTER (WHERE NOT (e->>'counted')::boolean), '') AS why
    FROM kyc_edge, jsonb_array_elements(evidence) AS e, LATERAL (VALUES (a_id), (b_id)) AS of (account)
    WHERE network_id = %(network)s AND {stands} AND {which}
    GROUP BY 1, 2, 3
), told AS (
    SELECT type, value, min(family) AS family, max(bits) AS bits, coalesce(min(first_seen), '') AS first_seen,
        coalesce(max(last_seen), '') AS last_seen, coalesce(min(nullif(why, '')), '') AS why,
        array_agg(account ORDER BY account) AS organisations, array_agg(bits ORDER BY account) AS each
    FROM had GROUP BY type, value
)
SELECT *, count(*) FILTER (WHERE bits > 0) OVER (), count(*) FILTER (WHERE bits = 0) OVER () FROM told
ORDER BY bits = 0, cardinality(organisations) DESC, bits DESC, type, value LIMIT %(most)s
"""
ALL, ONE = "TRUE", "e->>'type' = %(type)s AND starts_with(regexp_replace(e->>'value', '[^[:alnum:]]', '', 'g'), %(handle)s)"
LIVE, AT = "until IS NULL", "since <= %(at)s AND (until IS NULL OR until > %(at)s)"


@dataclass(frozen=True)
class Value:
    """A value that `organisations` of the network share, in the order of their numbers, and in the same order the most that it
    counted for with `each`: `bits` is the most of those, nothing where it was never counted, and `why` says why not. The instants
    are as evidence has them."""

    type: str
    value: str
    family: str
    bits: float
    first_seen: str
    last_seen: str
    why: str
    organisations: tuple[int, ...]
    each: tuple[float, ...]

    @property
    def key(self) -> tuple[str, str]:
        return self.type, self.value

    @property
    def is_counted(self) -> bool:
        return self.bits > 0

    @property
    def uuid(self) -> UUID | None:
        """None of what times tell."""
        return None if self.type in TIMES else UUID(self.value)


def stood(at: datetime | None) -> Q:
    """Of memberships and edges: those that are live, or were at an instant."""
    if at is None:
        return Q(until__isnull=True)
    return Q(since__lte=at) & (Q(until__isnull=True) | Q(until__gt=at))


def members(network: Network, at: datetime | None = None) -> QuerySet[NetworkMembership]:
    """Of a network that has ended those that were in it at the last."""
    return NetworkMembership.objects.filter(stood(at or before_its_end(network)), network=network)


def sure(network: Network, at: datetime | None = None) -> float | None:
    """How sure it was that it is one hand, as it was written by then; None where nothing was written yet."""
    if at is None:
        return network.confidence
    return written(Network, at).filter(pgh_obj_id=network.pk).values_list("confidence", flat=True).first()  # type: ignore[no-any-return]  # of an event


def surely(members: QuerySet[NetworkMembership], at: datetime | None = None) -> QuerySet[NetworkMembership]:
    """With how `sure` it was of each that it belongs there, and by which families, as it was written by then."""
    if at is None:
        return members.annotate(sure=F("confidence"), by_families=F("via"))
    kept = written(NetworkMembership, at).filter(pgh_obj_id=OuterRef("pk"))
    return members.annotate(sure=Subquery(kept.values("confidence")[:1]), by_families=Subquery(kept.values("via")[:1]))


def written(model: Any, at: datetime) -> QuerySet[Any]:
    """Its history up to an instant, the newest first."""
    return model.pgh_event_model.objects.filter(pgh_created_at__lt=at).order_by("-pgh_id")  # type: ignore[no-any-return]  # pghistory adds it


def edges(network: Network, at: datetime | None = None) -> QuerySet[Edge]:
    return Edge.objects.filter(stood(at or before_its_end(network)), network=network)


def before_its_end(network: Network) -> datetime | None:
    return network.ended_at - network.ended_at.resolution if network.ended_at else None


@dataclass(frozen=True)
class Shared:
    """The first of the values that a network shares, and how many there are that count, and that do not."""

    values: list[Value]
    counted: int = 0
    aside: int = 0


def shared(network: Network, at: datetime | None = None, *, most: int) -> Shared:
    return read(network, at, ALL, most=most)


def named(network: Network, kind: str, handle: str) -> list[Value]:
    """Those whose value begins so, without the signs between its letters."""
    return read(network, None, ONE, most=2, type=kind, handle=handle).values


def read(network: Network, at: datetime | None, which: str, **asked: Any) -> Shared:
    at = at or before_its_end(network)
    statement = SHARED.format(stands=LIVE if at is None else AT, which=which)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"network": network.pk, "at": at} | asked)
        rows = cursor.fetchall()
    values = [Value(*row[:7], tuple(row[7]), tuple(row[8])) for row in rows]
    return Shared(values, *rows[0][9:]) if rows else Shared([])


def known(found: Iterable[Value]) -> dict[tuple[str, str], SignalValue]:
    """Of each what is known of it over all accounts, in one query; what only few ever had has no row."""
    rows = SignalValue.objects.filter(value__in=[one.uuid for one in found if one.uuid])
    return {(row.type, str(row.value)): row for row in rows}


def evidence(edge: Edge) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What of an edge counted, most bits first, and what did not."""
    counted = [one for one in edge.evidence if one.get("counted")]
    return sorted(counted, key=lambda one: -(one.get("bits") or 0)), [one for one in edge.evidence if not one.get("counted")]
