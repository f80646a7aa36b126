"""Whose an account is that has just shown something new: what it has in common with accounts of networks that stand, by one query
over indexes, weighed as a building weighs it (kyc/networks/finding/weighing.py).

Hubs count for nothing, as in a building, unless an officer ruled one to be one hand; nor what officers ruled out, nor what more
accounts have than tells anything. A value of which so many have it that not all were looked at counts only where it is known how
many there are (accounts/signal_models.SignalValue).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
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
from kyc.networks import rulings
from kyc.networks.finding import leftovers, weighing
from kyc.networks.finding.families import ALL, FAMILIES, FAMILY_OF, TYPES
from kyc.networks.finding.pairing import Agreeing
from kyc.networks.finding.signals import Signals

# Of so many values that an account showed last, it is compared by the rarest that others have too, with so many that have one, of
# which those are looked at that agree on most.
MOST_OWN, MOST_VALUES, MOST_HOLDERS, MOST_PARTNERS = 1000, 40, 200, 50

# A function, planned once a connection, since to plan the query anew takes longer than to answer it. It works with the rights of
# who calls it, so that whoever is not shown the compartment is shown nothing by it. What was found is counted over windows, each
# a sort: the database takes every part for one row, and joining one with another would compare each of hundreds with each.
FUNCTION = """
DROP FUNCTION IF EXISTS public.kh_ties(bigint, text[], double precision, integer, integer, integer, integer, bigint[], bigint[]);
CREATE FUNCTION public.kh_ties(
    of_whom bigint, counted text[], least_rare double precision, most_own integer, most_values integer, most_holders integer,
    most_partners integer, fellows bigint[], lapsed bigint[]
) RETURNS TABLE (
    to_network bigint, to_partner bigint, of_type text, of_value uuid, had_by bigint, since timestamptz, until_when timestamptz,
    other_since timestamptz, other_until timestamptz, of_all bigint, had_there bigint, of_network integer
) LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
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
          WHERE r.value = s.value AND r.type = s.type AND r.kind NOT IN ('same_controller', 'withdrawn') AND r.id <> ALL (lapsed)
          AND NOT EXISTS (SELECT FROM public.kyc_ruling n WHERE n.replaces_id = r.id)
      ) AND EXISTS (
          SELECT FROM public.accounts_signal o WHERE o.value = s.value AND o.type = s.type AND o.organisation_id <> of_whom
      )
    ORDER BY coalesce(v.accounts, 0), s.last_seen DESC LIMIT most_values
), shared AS MATERIALIZED (
    SELECT mine.*, dense_rank() OVER (ORDER BY mine.type) AS kind, row_number() OVER (ORDER BY mine.type, mine.value) AS place,
        ARRAY(
            SELECT o.organisation_id FROM public.accounts_signal o
            WHERE o.value = mine.value AND o.type = mine.type AND o.organisation_id <> of_whom LIMIT most_holders
        ) AS others
    FROM mine
), told AS MATERIALIZED (
    SELECT shared.*, cardinality(others) AS many FROM shared WHERE cardinality(others) < most_holders OR accounts >= most_holders
), inside AS MATERIALIZED (
    SELECT told.place, told.kind, m.organisation_id, m.network_id, 1.0 / (1 + coalesce(told.accounts, told.many)) AS rare
    FROM told CROSS JOIN LATERAL unnest(told.others) AS other
    JOIN public.kyc_networkmembership m ON m.organisation_id = other AND m.until IS NULL
    WHERE m.organisation_id <> ALL (fellows)
), had AS (
    SELECT *, count(*) OVER (PARTITION BY network_id, kind, place) AS many,
        min(kind) OVER (PARTITION BY network_id) < max(kind) OVER (PARTITION BY network_id) AS is_of_several
    FROM inside
), agreeing AS (
    SELECT *, sum(rare) OVER (PARTITION BY organisation_id) AS rarity,
        dense_rank() OVER (PARTITION BY organisation_id ORDER BY kind) AS nth FROM had WHERE is_of_several
), partners AS (
    SELECT *, max(nth) OVER (PARTITION BY organisation_id) AS types FROM agreeing
), members AS MATERIALIZED (
    SELECT * FROM (
        SELECT *, dense_rank() OVER (ORDER BY types DESC, rarity DESC, organisation_id) AS turn FROM partners
    ) AS ordered WHERE turn <= most_partners
), away AS MATERIALIZED (
    SELECT f.network_id, count(*)::integer AS many FROM public.kyc_networkmembership f
    WHERE f.organisation_id = ANY (fellows) AND f.until IS NULL GROUP BY f.network_id
), networks AS MATERIALIZED (
    SELECT n.id, n.size - coalesce((SELECT away.many FROM away WHERE away.network_id = n.id), 0) AS accounts
    FROM public.kyc_network n WHERE n.id = ANY (ARRAY(SELECT DISTINCT members.network_id FROM members))
)
SELECT m.network_id, m.organisation_id, told.type::text, told.value,
    greatest(coalesce(told.accounts, 0), told.many + 1)::bigint, told.first_seen, told.last_seen,
    o.first_seen, o.last_seen, everybody.accounts::bigint, m.many, networks.accounts
FROM members m JOIN told ON told.place = m.place
JOIN public.accounts_signal o ON o.organisation_id = m.organisation_id AND o.type = told.type AND o.value = told.value
JOIN networks ON networks.id = m.network_id
CROSS JOIN everybody
ORDER BY m.organisation_id, told.type, told.value;
END $$;
REVOKE EXECUTE ON FUNCTION public.kh_ties(
    bigint, text[], double precision, integer, integer, integer, integer, bigint[], bigint[]
) FROM PUBLIC;
"""
GRANT = """
GRANT EXECUTE ON FUNCTION public.kh_ties(
    bigint, text[], double precision, integer, integer, integer, integer, bigint[], bigint[]
) TO {}
"""
# A row at least, and on each whether any ruling points to an agency, and whether an agency is said to run the account: of
# most it was not, and to ask who does takes as long as all of this.
ASK = """
SELECT EXISTS (SELECT FROM public.kyc_ruling WHERE agency_id IS NOT NULL),
    EXISTS (SELECT FROM public.kyc_agencyaccount WHERE (organisation_id = %s OR account = %s) AND ended_at IS NULL), t.*
FROM (SELECT) AS once LEFT JOIN public.kh_ties(%s, %s, %s, %s, %s, %s, %s, %s::bigint[], %s::bigint[]) AS t ON true
"""


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
    """A value that the account has with another, which is of a network, and since when until when each had it; `there` of the
    `size` accounts of the network have it, at least: of those that no agency runs with it."""

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
    there: int
    size: int


@dataclass(frozen=True)
class Tie:
    """What ties the account to one of a network; `evidence` is as that of an edge (kyc/networks/network_models.py). `beyond` is
    by how many bits more than chance it is of the network as a whole, as a building counts them of what lies about, and `via` are
    the families that say so of either."""

    network: int
    partner: int
    bits: float
    families: list[str]
    confidence: float
    evidence: list[dict[str, Any]]
    beyond: float = 0.0
    via: list[str] = field(default_factory=list)

    @property
    def is_certain(self) -> bool:
        """The network as a whole says so, or one of its accounts surely and the network likely: what only one account shares may
        be of a home, an office or a vendor of numbers."""
        is_sure = self.confidence >= weighing.CERTAIN and self.beyond >= leftovers.ODDS
        return self.beyond >= leftovers.ATTACHED or is_sure

    @property
    def is_likely(self) -> bool:
        return self.confidence >= weighing.LIKELY or self.beyond >= leftovers.ODDS

    @property
    def sure(self) -> float:
        """How surely the account is of the network, 0 to 1."""
        return max(self.confidence, round(float(1 / (1 + 2 ** -min(max(self.beyond, -30.0), 30.0))), 4))

    @property
    def is_edge(self) -> bool:
        return self.confidence >= weighing.LIKELY

    @property
    def counted(self) -> list[str]:
        return [one["type"] for one in self.evidence if one["counted"]]


@dataclass(frozen=True)
class Asked:
    """What an account has in common with whom. It may have to be asked again where rulings point to an agency that may have
    lapsed, or where an agency may run the account."""

    rows: list[Shared]
    may_lapse: bool
    may_be_run: bool


def ties(organisation: int) -> list[Tie]:
    """Of each network the strongest where it is likelier than not that the account is of it, the surest network first. Accounts
    of an agency that runs it too speak for nothing, nor for the network as a whole. In a scope that sees the compartment."""
    found = asked(organisation)
    lapsed = rulings.lapsed() if found.may_lapse else set()
    fellows = agencies.fellows(organisation) if found.may_be_run and (found.rows or lapsed) else frozenset()
    if lapsed or fellows:
        found = asked(organisation, without=fellows, lapsed=lapsed)
    return strongest(weighed(found.rows))


def asked(organisation: int, *, without: Collection[int] = (), lapsed: Collection[int] = ()) -> Asked:
    """One statement. Accounts `without` which it is, and rulings that have `lapsed`, by their numbers."""
    counted = [str(one) for one in LINKING]
    limits = [2**weighing.LEAST_BITS, MOST_OWN, MOST_VALUES, MOST_HOLDERS, MOST_PARTNERS]
    with connection.cursor() as cursor:
        cursor.execute(ASK, [*[organisation] * 3, counted, *limits, sorted(without), sorted(lapsed)])
        rows = cursor.fetchall()
    may_lapse, may_be_run, *_ = rows[0]
    return Asked([Shared(*row) for _, _, *row in rows if row[2] in TYPES], may_lapse, may_be_run)


def strongest(found: Sequence[Tie]) -> list[Tie]:
    by_network: dict[int, Tie] = {}
    for tie in sorted(found, key=lambda one: (-one.beyond, -one.bits, one.partner)):
        if tie.is_likely:
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
    beyond = of_networks(rows, signals)
    return [
        Tie(
            network=network,
            partner=partner,
            bits=round(float(total[place]), 2),
            families=in_words(families[place]),
            confidence=round(float(1 / (1 + 2 ** -np.clip(total[place] - before, -30, 30))), 4) if reasons[place] >= 2 else 0.0,
            evidence=ledger([(rows[at], why[at], weight[at]) for at in np.flatnonzero(agreeing.pair == place)]),
            beyond=beyond[network][0],
            via=in_words(families[place] | beyond[network][1]),
        )
        for place, (network, partner) in enumerate(pairs)
    ]


def in_words(families: int) -> list[str]:
    return [name for number, name in enumerate(FAMILIES) if families >> number & 1]


def of_networks(rows: Sequence[Shared], signals: Signals) -> dict[int, tuple[float, int]]:
    """Of each network by how many bits more than chance the account is of it, and the families that say so: what it has in common
    with all of them, each value by how much more common it is there than elsewhere. None where only one reason does."""
    networks = list(dict.fromkeys(row.network for row in rows))
    sizes = {row.network: row.size for row in rows}
    values = {(row.network, row.type, row.value): row for row in rows}
    by_type = np.zeros((len(networks), len(ALL)), np.float32)
    for (network, type, _value), row in values.items():
        place = networks.index(network), ALL.index(type)
        by_type[place] = max(by_type[place], leftovers.worth(row.there, row.size, row.holders, row.accounts, place[1]))
    total, reasons, families = weighing.summed(by_type)
    chance = [float(np.log2(max(sizes[one], 1) / signals.population)) for one in networks]
    enough = (np.count_nonzero(by_type, axis=1) >= 2) & (reasons >= 2)
    return {
        one: (round(float(total[at]) + chance[at], 2), int(families[at])) if enough[at] else (0.0, 0)
        for at, one in enumerate(networks)
    }


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
            # Since when both have had it.
            "first_seen": told(max(row.first, row.partner_first)),
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
