"""From signals to networks: the whole way, in order."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kyc.networks.finding import clustering, judging, leftovers, pairing, reading, weighing
from kyc.networks.finding.families import ALL, ASIDE, FAMILIES, FAMILY_OF
from kyc.networks.finding.found import Found
from kyc.networks.finding.judging import Flags, Ints
from kyc.networks.finding.reading import Signals, Source
from kyc.networks.finding.weighing import Bits, Pairs

Pair = tuple[Any, Any]
# How probably two accounts are of one hand whose edge makes a community; and whose edge joins communities and is shown.
CERTAIN, LIKELY = 0.9, 0.5
# An edge of so many bits more than needed counts as two.
DOUBLY = 5.0
# How much, in bits, speaks for one hand in a network, of what went to it with no edge, and in how many rounds.
ODDS, ATTACHED, ROUNDS = 3.0, 6.0, 4
# Two are no network.
SMALLEST = 3
RULED = 99.0


class Went(NamedTuple):
    """Of each account by how many bits beyond chance, and by which families, it went to its network; 0 where an edge holds it."""

    bits: Bits
    families: NDArray[np.uint8]


def find(
    signals: Source,
    *,
    declared: Mapping[Any, str] | None = None,
    must: Iterable[Pair] = (),
    cannot: Iterable[Pair] = (),
    ruled: Iterable[tuple[str, str]] | pa.Table = (),
    evidence: bool = True,
    threads: int = 2,
    memory: str = "2GB",
) -> Found:
    """The networks among the accounts of `signals`: a Parquet or CSV file or an Arrow table of the columns `reading.COLUMNS`.

    `declared` names the group of accounts that an agency runs and has declared; `must` and `cannot` hold pairs that an officer
    ruled to be one hand, or not; `ruled` values (type, value) that link
    nobody, or a table of both as text. The same input gives
    the same networks. Raises BadSignals with file, line and reason."""
    read = reading.read(signals, threads=threads, memory=memory)
    numbers = Numbers(read)
    groups = numbers.groups(declared or {})
    ruled_out = infrastructure(read, groups)
    ruled_out[numbers.values(ruled)] = True
    bits = np.where(ruled_out, np.float32(0), weighing.rarity(read))
    begins = np.searchsorted(read.account, np.arange(read.accounts + 1)).astype(np.int64)
    pairs = linked(read, bits, begins, groups, numbers.pairs(must), numbers.pairs(cannot))
    place, went = networks(read, bits, pairs, groups < 0)
    place = separated(place, numbers.pairs(cannot), pairs, read.accounts)
    inside = (place[pairs.a] >= 0) & (place[pairs.a] == place[pairs.b])
    pairs = pairs.some(inside)
    told = shown(signals, read, pairs, bits, begins, ruled_out) if evidence else None
    edges = pa.table(
        {"a": read.names.take(pairs.a), "b": read.names.take(pairs.b), "bits": pairs.bits, "families": worded(pairs.families)}
    )
    return Found(members(read, place, pairs, went), edges, told, read.accounts, read.rows)


def linked(signals: Signals, bits: Bits, begins: Ints, groups: Ints, must: Ints, cannot: Ints) -> Pairs:
    """Pairs that are of one hand rather than not, and those that were ruled to be."""
    a, b = pairing.candidates(signals, bits, weighing.LEAST_BITS)
    may = ((groups[a] < 0) | (groups[a] != groups[b])) & ~np.isin(a * signals.accounts + b, cannot)
    pairs = weighing.weighed(signals, a[may], b[may], bits, begins)
    return with_ruled(pairs.some(pairs.bits >= weighing.cut(signals.population, LIKELY)), must, signals.accounts)


def with_ruled(pairs: Pairs, must: Ints, accounts: int) -> Pairs:
    """With an edge for each pair that was ruled to be one hand, as heavy as an edge gets."""
    key, first = np.unique(np.r_[pairs.a * accounts + pairs.b, must], return_index=True)
    bits = np.r_[pairs.bits, np.zeros(len(must), np.float32)][first]
    families = np.r_[pairs.families, np.zeros(len(must), np.uint8)][first]
    return Pairs(key // accounts, key % accounts, np.where(np.isin(key, must), RULED, bits).astype(np.float32), families)


def networks(signals: Signals, bits: Bits, pairs: Pairs, allowed: Flags) -> tuple[Ints, "Went"]:
    """The network of each account, and by what those came to it that no edge holds there."""
    telling = bits >= weighing.LEAST_BITS
    least = weighing.cut(signals.population, CERTAIN)
    sure = pairs.some(pairs.bits >= least)
    place = clustering.communities(signals.accounts, sure.a, sure.b, 1 + (sure.bits - least) / DOUBLY)
    place = judging.kept(signals, place, telling, odds=0.0, smallest=2)
    went = Went(np.zeros(signals.accounts, np.float32), np.zeros(signals.accounts, np.uint8))
    for _ in range(ROUNDS):
        place = clustering.rejoined(place, sure.a, sure.b)
        new, weight, families = leftovers.attached(signals, place, bits, allowed, ATTACHED)
        changed = new != place
        went = Went(np.where(changed, weight, went.bits), np.where(changed, families, went.families))
        place = judging.renumbered(new)
        if not changed.any():
            break
    return judging.kept(signals, place, telling, odds=ODDS, smallest=SMALLEST), went


class Numbers:
    """The numbers that the signals give to what callers name."""

    def __init__(self, signals: Signals) -> None:
        self.signals = signals

    def groups(self, declared: Mapping[Any, str]) -> Ints:
        found = np.full(self.signals.accounts, -1, np.int64)
        known = {name: number for number, name in enumerate(sorted(set(declared.values())))}
        who = self.accounts(list(declared))
        numbers = np.array([known[name] for name in declared.values()], np.int64)
        found[who[who >= 0]] = numbers[who >= 0]
        return found

    def accounts(self, names: list[Any]) -> Ints:
        """-1 for who has no signal."""
        if not names:
            return np.zeros(0, np.int64)
        asked = pa.array(
            [str(name) if pa.types.is_string(self.signals.names.type) else int(name) for name in names], self.signals.names.type
        )
        found: Ints = pc.fill_null(pc.index_in(asked, self.signals.names), -1).to_numpy(zero_copy_only=False).astype(np.int64)
        return found

    def pairs(self, pairs: Iterable[Pair]) -> Ints:
        both = list(pairs)
        a, b = self.accounts([one for one, _ in both]), self.accounts([other for _, other in both])
        known = (a >= 0) & (b >= 0) & (a != b)
        return np.unique(np.minimum(a, b)[known] * self.signals.accounts + np.maximum(a, b)[known])

    def values(self, named: Iterable[tuple[str, str]] | pa.Table) -> Ints:
        keys = reading.keys(named if isinstance(named, pa.Table) else list(named))
        order = np.argsort(self.signals.key)
        place = np.searchsorted(self.signals.key, keys, sorter=order)
        place = order[np.minimum(place, len(order) - 1)] if len(order) else np.zeros(0, np.int64)
        found: Ints = place[self.signals.key[place] == keys] if len(order) else place
        return found


def infrastructure(signals: Signals, groups: Ints) -> NDArray[np.bool_]:
    """Values that are a declared agency's: at least three accounts of one group are half of all that have them."""
    whose = groups[signals.account]
    rows = np.flatnonzero(whose >= 0)
    key, many = np.unique(signals.value[rows].astype(np.int64) * (groups.max(initial=0) + 1) + whose[rows], return_counts=True)
    value = key // (groups.max(initial=0) + 1)
    found = np.zeros(len(signals.type), np.bool_)
    found[value[(many >= 3) & (many * 2 >= signals.holders[value])]] = True
    return found


def separated(place: Ints, cannot: Ints, pairs: Pairs, accounts: int) -> Ints:
    """Of two accounts in one network that were ruled not to be one hand, the one with less that holds it there is taken out."""
    weight = np.bincount(np.r_[pairs.a, pairs.b], np.r_[pairs.bits, pairs.bits], minlength=accounts)
    place = place.copy()
    for a, b in zip(cannot // accounts, cannot % accounts, strict=True):
        if place[a] >= 0 and place[a] == place[b]:
            place[a if weight[a] < weight[b] else b] = -1
    return place


def worded(families: NDArray[np.uint8]) -> pa.Array:
    words = ["+".join(name for place, name in enumerate(FAMILIES) if code >> place & 1) for code in range(1 << len(FAMILIES))]
    return pa.array(np.array(words)[families])


def members(signals: Signals, place: Ints, pairs: Pairs, went: "Went") -> pa.Table:
    inside = np.flatnonzero(place >= 0)
    even = weighing.cut(signals.population, 0.5)
    via, best = went.families.copy(), np.where(went.bits > 0, went.bits + even, 0).astype(np.float32)
    for end in (pairs.a, pairs.b):
        np.bitwise_or.at(via, end, pairs.families)
        np.maximum.at(best, end, pairs.bits)
    beyond = np.clip(best - even, -30, 30)[inside].astype(np.float64)
    return pa.table(
        {
            "account": signals.names.take(inside),
            "network": place[inside],
            "via": worded(via[inside]),
            "confidence": np.round(1 / (1 + np.exp2(-beyond)), 4),
        }
    )


def shown(source: Source, signals: Signals, pairs: Pairs, bits: Bits, begins: Ints, ruled_out: Flags) -> pa.Table:
    """The ledger of each edge, in the order of the edges, heaviest first."""
    agreeing = pairing.agreeing(signals, pairs.a, pairs.b, begins, np.ones(len(signals.value), np.bool_))
    why, weight = weighing.judged(signals, agreeing, bits, ruled_out, len(pairs.a))
    order = np.lexsort((agreeing.value, why != 0, -weight, agreeing.pair))
    pair, value, one, other = (row[order] for row in (agreeing.pair, agreeing.value, agreeing.row_a, agreeing.row_b))
    type, used = signals.type[value], np.unique(value)
    names = named(source, signals, used)
    return pa.table(
        {
            "a": signals.names.take(pairs.a[pair]),
            "b": signals.names.take(pairs.b[pair]),
            "type": pa.array(np.array(ALL)[type]),
            "value": names.take(np.searchsorted(used, value)),
            "family": pa.array(np.array(FAMILIES)[FAMILY_OF[type]]),
            "bits": weight[order],
            "first_seen": reading.instants(np.minimum(signals.first[one], signals.first[other])),
            "last_seen": reading.instants(np.maximum(signals.last[one], signals.last[other])),
            "counted": why[order] == 0,
            "why": pa.array(np.array(weighing.WHY)[why[order]]),
        }
    )


def named(source: Source, signals: Signals, used: Ints) -> pa.Array:
    """The names of these values; of hours their beginning."""
    hours = ASIDE[signals.type[used]]
    names = np.full(len(used), None, object)
    names[~hours] = reading.values(source, signals.key[used[~hours]]).to_numpy(zero_copy_only=False)
    begins = np.datetime_as_string(signals.key[used[hours]].astype("datetime64[s]"), unit="m", timezone="UTC")
    names[hours] = begins
    return pa.array(names, pa.string())
