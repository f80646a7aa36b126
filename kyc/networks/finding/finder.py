"""From signals to networks: the whole way, in order."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kyc.networks.finding import bound, clustering, judging, leftovers, pairing, reading, weighing
from kyc.networks.finding.families import ALL, ASIDE, FAMILIES, FAMILY_OF
from kyc.networks.finding.found import Found
from kyc.networks.finding.judging import Flags, Ints
from kyc.networks.finding.reading import Source
from kyc.networks.finding.signals import Signals
from kyc.networks.finding.weighing import CERTAIN, LIKELY, Bits, Pairs

Pair = tuple[Any, Any]
# An edge of so many bits more than needed counts as two.
DOUBLY = 5.0
# How much, in bits, speaks for one hand in a network, of what went to it with no edge, and in how many rounds.
ODDS, ATTACHED, ROUNDS = 3.0, 6.0, 4
# Two are no network.
SMALLEST = 3


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
    ruled: Iterable[tuple[str, str]] = (),
    hubs: Mapping[tuple[str, str], str] | pa.Table | None = None,
    evidence: bool = True,
    threads: int = 2,
    memory: str = "2GB",
) -> Found:
    """The networks among the accounts of `signals`: a Parquet or CSV file or an Arrow table of the columns `reading.COLUMNS`.

    `declared` names the group of accounts that an agency runs and has declared; `must` and `cannot` hold pairs that an officer
    ruled to be one hand, or not; `ruled` values (type, value) that he ruled to be shared infrastructure; `hubs` names of others
    that link nobody whose they are, a class of `weighing.NOBODYS`, or is a table of type, value and hub as text. The same input
    gives the same networks. Raises BadSignals with file, line and reason."""
    read = reading.read(signals, threads=threads, memory=memory)
    numbers = Numbers(read)
    groups = numbers.groups(declared or {})
    nobodys = numbers.nobodys(infrastructure(read, groups), hubs or {}, ruled)
    bits = np.where(nobodys > 0, np.float32(0), weighing.rarity(read))
    begins = np.searchsorted(read.account, np.arange(read.accounts + 1)).astype(np.int64)
    together, apart = numbers.pairs(bound.chained(must, numbers.known)), numbers.pairs(cannot)
    pairs = linked(read, bits, begins, groups, together, apart)
    head = bound.heads(together, read.accounts)
    place, went = networks(read, bits, pairs, groups < 0, head)
    place = bound.enough(bound.separated(place, apart, head, pairs), head, SMALLEST)
    inside = (place[pairs.a] >= 0) & (place[pairs.a] == place[pairs.b])
    pairs = pairs.some(inside)
    told = shown(signals, read, pairs, bits, begins, nobodys) if evidence else None
    edges = pa.table(
        {"a": read.names.take(pairs.a), "b": read.names.take(pairs.b), "bits": pairs.bits, "families": worded(pairs.families)}
    )
    return Found(members(read, place, pairs, went), edges, told, read.accounts, read.rows)


def linked(signals: Signals, bits: Bits, begins: Ints, groups: Ints, must: Ints, cannot: Ints) -> Pairs:
    """Pairs that are of one hand rather than not, and those that were ruled to be."""
    a, b = pairing.candidates(signals, bits, weighing.LEAST_BITS)
    may = ((groups[a] < 0) | (groups[a] != groups[b])) & ~np.isin(a * signals.accounts + b, cannot)
    pairs = weighing.weighed(signals, a[may], b[may], bits, begins)
    return bound.edged(pairs.some(pairs.bits >= weighing.cut(signals.population, LIKELY)), must, signals.accounts)


def networks(signals: Signals, bits: Bits, pairs: Pairs, allowed: Flags, head: Ints) -> tuple[Ints, "Went"]:
    """The network of each account, and by what those came to it that no edge holds there. Judged are the signals; what an officer
    ruled to be one hand, as `head` has it, is put together after it."""
    telling = bits >= weighing.LEAST_BITS
    least = weighing.cut(signals.population, CERTAIN)
    sure = pairs.some(pairs.bits >= least)
    place = clustering.communities(signals.accounts, sure.a, sure.b, 1 + (sure.bits - least) / DOUBLY)
    place = bound.united(judging.kept(signals, place, telling, odds=0.0, smallest=2), head)
    went = Went(np.zeros(signals.accounts, np.float32), np.zeros(signals.accounts, np.uint8))
    for _ in range(ROUNDS):
        place = clustering.rejoined(place, sure.a, sure.b)
        new, weight, families = leftovers.attached(signals, place, bits, allowed, ATTACHED)
        changed = new != place
        went = Went(np.where(changed, weight, went.bits), np.where(changed, families, went.families))
        place = judging.renumbered(new)
        if not changed.any():
            break
    return bound.united(judging.kept(signals, place, telling, odds=ODDS, smallest=SMALLEST), head), went


def tabled(hubs: Mapping[tuple[str, str], str]) -> pa.Table:
    columns = {"type": [type for type, _ in hubs], "value": [value for _, value in hubs], "hub": [*hubs.values()]}
    return pa.table({name: pa.array(column, pa.string()) for name, column in columns.items()})


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

    def known(self, names: list[Any]) -> list[Any]:
        return [name for name, number in zip(names, self.accounts(names), strict=True) if number >= 0]

    def pairs(self, pairs: Iterable[Pair]) -> Ints:
        both = list(pairs)
        a, b = self.accounts([one for one, _ in both]), self.accounts([other for _, other in both])
        known = (a >= 0) & (b >= 0) & (a != b)
        return np.unique(np.minimum(a, b)[known] * self.signals.accounts + np.maximum(a, b)[known])

    def nobodys(
        self, agencies: Flags, hubs: Mapping[tuple[str, str], str] | pa.Table, ruled: Iterable[tuple[str, str]]
    ) -> NDArray[np.int8]:
        """For each value its place in `weighing.NOBODYS`; what an officer ruled is the last word."""
        found = np.where(agencies, weighing.NOBODYS.index("agency"), 0).astype(np.int8)
        table = hubs if isinstance(hubs, pa.Table) else tabled(hubs)
        for hub in sorted(pc.unique(table["hub"]).to_pylist()):
            found[self.values(table.filter(pc.equal(table["hub"], hub)))] = weighing.NOBODYS.index(hub)
        found[self.values(list(ruled))] = weighing.NOBODYS.index("ruled out")
        return found

    def values(self, named: list[tuple[str, str]] | pa.Table) -> Ints:
        keys = reading.keys(named)
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


def shown(source: Source, signals: Signals, pairs: Pairs, bits: Bits, begins: Ints, nobodys: NDArray[np.int8]) -> pa.Table:
    """The ledger of each edge, in the order of the edges, heaviest first."""
    agreeing = pairing.agreeing(signals, pairs.a, pairs.b, begins, np.ones(len(signals.value), np.bool_))
    why, weight = weighing.judged(signals, agreeing, bits, nobodys > 0, len(pairs.a))
    order = np.lexsort((agreeing.value, why != 0, -weight, agreeing.pair))
    pair, value, one, other = (row[order] for row in (agreeing.pair, agreeing.value, agreeing.row_a, agreeing.row_b))
    type, used = signals.type[value], np.unique(value)
    whose = np.array(weighing.NOBODYS)[nobodys[value]]
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
            "why": pa.array(np.where(whose == "", np.array(weighing.WHY)[why[order]], whose)),
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
