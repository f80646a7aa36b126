"""Whose an account is that has just shown something new: what it has in common with accounts of networks that stand, by one query
over indexes, weighed as a building weighs it (kyc/networks/finding/weighing.py).

Hubs count for nothing, as in a building, unless an officer ruled one to be one hand; nor what officers ruled out, nor what more
accounts have than tells anything. A value of which so many have it that not all were looked at counts only where it is known how
many there are (accounts/signal_models.SignalValue).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from django.apps import AppConfig
from django.conf import settings
from django.db import connection, connections
from psycopg import sql

from accounts.models import Signal
from accounts.signal_models import LINKING
from kyc.evidence import agencies
from kyc.keys.asking import OWNS
from kyc.networks.finding import weighing
from kyc.networks.finding.families import ALL, FAMILIES, FAMILY_OF, TYPES
from kyc.networks.finding.pairing import Agreeing
from kyc.networks.finding.signals import Signals

# Of so many values that an account showed last, it is compared by the rarest that others have too, with so many that have one, of
# which those are looked at that agree on most.
MOST_OWN, MOST_VALUES, MOST_HOLDERS, MOST_PARTNERS = 1000, 40, 200, 50

# A function, since to plan the query anew each time takes longer than to answer it. It works with the rights of who calls it, so
# that whoever is not shown the compartment is shown nothing by it.
FUNCTION = """
CREATE OR REPLACE FUNCTION public.kh_ties(
    of_whom bigint, counted text[], least_rare double precision, most_own integer, most_values integer, most_holders integer,
    most_partners integer
) RETURNS TABLE (
    to_network bigint, to_partner bigint, of_type text, of_value uuid, had_by bigint, since timestamptz, until_when timestamptz,
    other_since timestamptz, other_until timestamptz, of_all bigint
) LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
RETURN QUERY
WITH everybody AS MATERIALIZED (
    SELECT greatest(2, coalesce(
        (SELECT r.accounts FROM public.kyc_networkrun r WHERE r.state = 'done' AND r.accounts > 0 ORDER BY r.id DESC LIMIT 1),
        (SELECT c.reltuples::bigint FROM pg_class c WHERE c.oid = 'public.accounts_organisation'::regclass)
    )) AS accounts
), newest AS MATERIALIZED (
    SELECT * FROM public.accounts_signal WHERE organisation_id = of_whom ORDER BY last_seen DESC LIMIT most_own
), mine AS MATERIALIZED (
    SELECT s.type, s.value, s.first_seen, s.last_seen, v.accounts
    FROM newest s LEFT JOIN public.accounts_signalvalue v ON v.value = s.value AND v.type = s.type
    WHERE (coalesce(v.hub, 'private') = ANY (counted) OR EXISTS (
          SELECT FROM public.kyc_ruling r
          WHERE r.value = s.value AND r.type = s.type AND r.kind = 'same_controller'
          AND NOT EXISTS (SELECT FROM public.kyc_ruling n WHERE n.replaces_id = r.id)
      ))
      AND coalesce(v.accounts, 0) <= (SELECT accounts FROM everybody) / least_rare
      AND NOT EXISTS (
          SELECT FROM public.kyc_ruling r
          WHERE r.value = s.value AND r.type = s.type AND r.kind NOT IN ('same_controller', 'withdrawn')
          AND NOT EXISTS (SELECT FROM public.kyc_ruling n WHERE n.replaces_id = r.id)
      ) AND EXISTS (
          SELECT FROM public.accounts_signal o WHERE o.value = s.value AND o.type = s.type AND o.organisation_id <> of_whom
      )
    ORDER BY coalesce(v.accounts, 0), s.last_seen DESC LIMIT most_values
), shared AS MATERIALIZED (
    SELECT mine.*, other.organisation_id, count(*) OVER (PARTITION BY mine.type, mine.value) AS many
    FROM mine CROSS JOIN LATERAL (
        SELECT o.organisation_id FROM public.accounts_signal o
        WHERE o.value = mine.value AND o.type = mine.type AND o.organisation_id <> of_whom LIMIT most_holders
    ) AS other
), partners AS MATERIALIZED (
    SELECT organisation_id, count(DISTINCT type) AS types, sum(1.0 / (1 + coalesce(accounts, many))) AS rare
    FROM shared WHERE many < most_holders OR accounts >= most_holders
    GROUP BY organisation_id HAVING count(DISTINCT type) >= 2
), members AS MATERIALIZED (
    SELECT p.organisation_id, m.network_id FROM partners p
    JOIN public.kyc_networkmembership m ON m.organisation_id = p.organisation_id AND m.until IS NULL
    ORDER BY p.types DESC, p.rare DESC, p.organisation_id LIMIT most_partners
)
SELECT m.network_id, m.organisation_id, shared.type::text, shared.value,
    greatest(coalesce(shared.accounts, 0), shared.many + 1)::bigint, shared.first_seen, shared.last_seen,
    o.first_seen, o.last_seen, everybody.accounts::bigint
FROM members m JOIN shared ON shared.organisation_id = m.organisation_id
JOIN public.accounts_signal o ON o.organisation_id = m.organisation_id AND o.type = shared.type AND o.value = shared.value
CROSS JOIN everybody
WHERE shared.many < most_holders OR shared.accounts >= most_holders
ORDER BY m.organisation_id, shared.type, shared.value;
END $$;
REVOKE EXECUTE ON FUNCTION public.kh_ties(bigint, text[], double precision, integer, integer, integer, integer) FROM PUBLIC;
"""
GRANT = "GRANT EXECUTE ON FUNCTION public.kh_ties(bigint, text[], double precision, integer, integer, integer, integer) TO {}"
ASK = "SELECT * FROM public.kh_ties(%s, %s, %s, %s, %s, %s, %s)"


def after_migrate(*, app_config: AppConfig, using: str, **_: Any) -> None:
    """As this code has it, after every migration; does nothing unless connected as the owner."""
    if app_config.name != "kyc" or connections[using].vendor != "postgresql":
        return
    with connections[using].cursor() as cursor:
        cursor.execute(OWNS)
        if (owns := cursor.fetchone()) and owns[0]:
            cursor.execute(FUNCTION)
            cursor.execute(sql.SQL(GRANT).format(sql.Identifier(settings.DB_ROLE_NAMES["app"])).as_string(None))


class Shared(NamedTuple):
    """A value that the account has with another, which is of a network, and since when until when each had it."""

    network: int
    partner: int
    type: str
    value: UUID
    holders: int
    first: datetime
    last: datetime
    partner_first: datetime
    partner_last: datetime
    accounts: int


@dataclass(frozen=True)
class Tie:
    """What ties the account to one of a network; `evidence` is as that of an edge (kyc/networks/network_models.py)."""

    network: int
    partner: int
    bits: float
    families: list[str]
    confidence: float
    evidence: list[dict[str, Any]]

    @property
    def is_certain(self) -> bool:
        return self.confidence >= weighing.CERTAIN

    @property
    def counted(self) -> list[str]:
        return [one["type"] for one in self.evidence if one["counted"]]


def ties(organisation: int) -> list[Tie]:
    """Of each network the strongest that makes one hand likelier than not, the strongest first; none to accounts of an agency
    that runs it too. In a scope that sees the compartment."""
    found = weighed(asked(organisation))
    fellows = agencies.fellows(organisation) if found else frozenset()
    return strongest([tie for tie in found if tie.partner not in fellows])


def asked(organisation: int) -> list[Shared]:
    counted = [str(one) for one in LINKING]
    limits = [organisation, counted, 2**weighing.LEAST_BITS, MOST_OWN, MOST_VALUES, MOST_HOLDERS, MOST_PARTNERS]
    with connection.cursor() as cursor:
        cursor.execute(ASK, limits)
        return [Shared(*row) for row in cursor.fetchall() if row[2] in TYPES]


def strongest(found: Sequence[Tie]) -> list[Tie]:
    by_network: dict[int, Tie] = {}
    for tie in sorted(found, key=lambda one: (-one.bits, one.partner)):
        if tie.confidence >= weighing.LIKELY:
            by_network.setdefault(tie.network, tie)
    return list(by_network.values())


def weighed(rows: Sequence[Shared]) -> list[Tie]:
    """Pure. As a building weighs the same pairs."""
    if not rows:
        return []
    pairs = list(dict.fromkeys((row.network, row.partner) for row in rows))
    signals, agreeing = as_signals(rows, pairs)
    bits = weighing.rarity(signals)
    total, reasons, families = weighing.summed(weighing.types_of(signals, agreeing, bits, len(pairs)))
    why, weight = weighing.judged(signals, agreeing, bits, np.zeros(len(signals.type), np.bool_), len(pairs))
    before = np.log2(signals.population / weighing.PARTNERS)
    return [
        Tie(
            network=network,
            partner=partner,
            bits=round(float(total[place]), 2),
            families=[name for number, name in enumerate(FAMILIES) if families[place] >> number & 1],
            confidence=round(float(1 / (1 + 2 ** -np.clip(total[place] - before, -30, 30))), 4) if reasons[place] >= 2 else 0.0,
            evidence=ledger([(rows[at], why[at], weight[at]) for at in np.flatnonzero(agreeing.pair == place)]),
        )
        for place, (network, partner) in enumerate(pairs)
    ]


def as_signals(rows: Sequence[Shared], pairs: Sequence[tuple[int, int]]) -> tuple[Signals, Agreeing]:
    """Each row's value twice: as the account has it, and behind that as the other one has it."""
    values = list(dict.fromkeys((row.type, row.value) for row in rows))
    places = {value: place for place, value in enumerate(values)}
    of_pair = {pair: place for place, pair in enumerate(pairs)}
    holders = {(row.type, row.value): row.holders for row in rows}
    value = np.array([places[row.type, row.value] for row in rows], np.int64)
    here = np.arange(len(rows))
    signals = Signals(
        names=range(rows[0].accounts),
        account=np.zeros(2 * len(rows), np.int32),
        value=np.r_[value, value].astype(np.int32),
        first=seconds([row.first for row in rows] + [row.partner_first for row in rows]),
        last=seconds([row.last for row in rows] + [row.partner_last for row in rows]),
        type=np.array([ALL.index(type) for type, _ in values], np.int8),
        holders=np.array([min(holders[one], rows[0].accounts) for one in values], np.int32),
        key=np.arange(len(values), dtype=np.uint64),
        rows=2 * len(rows),
    )
    pair = np.array([of_pair[row.network, row.partner] for row in rows], np.int64)
    return signals, Agreeing(pair, value, here, here + len(rows))


def seconds(instants: Sequence[datetime]) -> Any:
    return np.array([int(one.timestamp()) for one in instants], np.int64)


def ledger(judged: Sequence[tuple[Shared, Any, Any]]) -> list[dict[str, Any]]:
    """What counted first, the heaviest first."""
    found = [
        {
            "type": row.type,
            "value": str(row.value),
            "family": FAMILIES[FAMILY_OF[ALL.index(row.type)]],
            "bits": round(float(weight), 2),
            "first_seen": told(min(row.first, row.partner_first)),
            "last_seen": told(max(row.last, row.partner_last)),
            "counted": not why,
            "why": weighing.WHY[why],
        }
        for row, why, weight in judged
    ]
    return sorted(found, key=lambda one: (not one["counted"], -one["bits"], one["type"], one["value"]))


def told(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def named(types: Sequence[str]) -> str:
    """In words, each once."""
    return ", ".join(dict.fromkeys(str(Signal.Type(one).label) for one in types))
