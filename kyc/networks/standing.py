"""How a network stands, or stood at an instant: who is in it, what ties them, and which values they share."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from accounts.models import SignalValue
from kyc.networks.network_models import Edge, Network, NetworkMembership

# What is no signal, but found in when signals come and end (kyc/networks/finding/families.py, which brings all of DuckDB).
TIMES = frozenset({"opened", "ended"})
# What edges tell of each account, in one reading however many edges there are: each value that it shares, and the most that it
# counted for.
SHARED = """
SELECT of.account, e->>'type', e->>'value', coalesce(min(e->>'family'), ''),
       coalesce(max((e->>'bits')::float) FILTER (WHERE (e->>'counted')::boolean), 0),
       min(e->>'first_seen'), max(e->>'last_seen'), coalesce(min(e->>'why') FILTER (WHERE NOT (e->>'counted')::boolean), '')
FROM kyc_edge, jsonb_array_elements(evidence) AS e, LATERAL (VALUES (a_id), (b_id)) AS of (account)
WHERE network_id = %(network)s AND {stands}
GROUP BY 1, 2, 3 ORDER BY 2, 3, 1
"""
LIVE, AT = "until IS NULL", "since <= %(at)s AND (until IS NULL OR until > %(at)s)"


@dataclass(frozen=True)
class Has:
    """That an account has a value that others of the network have too. `bits` is the most that it counted for, nothing where it
    was never counted; `why` says why not. The instants are as evidence has them."""

    organisation: int
    type: str
    value: str
    family: str
    bits: float
    first_seen: str
    last_seen: str
    why: str


@dataclass(frozen=True)
class Value:
    """A value that `organisations` of the network share, as `Has` has it."""

    type: str
    value: str
    family: str
    bits: float
    first_seen: str
    last_seen: str
    why: str
    organisations: tuple[int, ...]

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


def edges(network: Network, at: datetime | None = None) -> QuerySet[Edge]:
    return Edge.objects.filter(stood(at or before_its_end(network)), network=network)


def before_its_end(network: Network) -> datetime | None:
    return network.ended_at - network.ended_at.resolution if network.ended_at else None


def shared(network: Network, at: datetime | None = None) -> list[Has]:
    at = at or before_its_end(network)
    statement = SHARED.format(stands=LIVE if at is None else AT)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"network": network.pk, "at": at})
        return [Has(*row) for row in cursor.fetchall()]


def values(found: Iterable[Has]) -> list[Value]:
    """Those that count first, the ones that most accounts share before others."""
    rows: dict[tuple[str, str], list[Has]] = {}
    for one in found:
        rows.setdefault((one.type, one.value), []).append(one)
    made = [value(those) for those in rows.values()]
    return sorted(made, key=lambda one: (not one.is_counted, -len(one.organisations), -one.bits, one.key))


def value(those: list[Has]) -> Value:
    return Value(
        type=those[0].type,
        value=those[0].value,
        family=those[0].family,
        bits=max(one.bits for one in those),
        first_seen=min(one.first_seen or "" for one in those),
        last_seen=max(one.last_seen or "" for one in those),
        why=next((one.why for one in those if one.why), ""),
        organisations=tuple(one.organisation for one in those),
    )


def known(found: Iterable[Value]) -> dict[tuple[str, str], SignalValue]:
    """Of each what is known of it over all accounts, in one query; what only few ever had has no row."""
    rows = SignalValue.objects.filter(value__in=[one.uuid for one in found if one.uuid])
    return {(row.type, str(row.value)): row for row in rows}


def evidence(edge: Edge) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What of an edge counted, most bits first, and what did not."""
    counted = [one for one in edge.evidence if one.get("counted")]
    return sorted(counted, key=lambda one: -(one.get("bits") or 0)), [one for one in edge.evidence if not one.get("counted")]
