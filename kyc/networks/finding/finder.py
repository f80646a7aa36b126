"""From signals to networks: the whole way, in order."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kyc.networks.finding import clustering, pairing, reading, weighing
from kyc.networks.finding.families import FAMILIES, FAMILY_OF, NAMES
from kyc.networks.finding.found import Found
from kyc.networks.finding.reading import Signals, Source

Pair = tuple[Any, Any]
Ints = NDArray[np.int64]
# Two are no network.
SMALLEST = 3


def find(
    signals: Source,
    *,
    declared: Mapping[Any, str] | None = None,
    must: Iterable[Pair] = (),
    cannot: Iterable[Pair] = (),
    ruled: Iterable[tuple[str, str]] = (),
    evidence: bool = True,
    threads: int = 2,
    memory: str = "2GB",
) -> Found:
    """The networks among the accounts of `signals`: a Parquet or CSV file or an Arrow table of the columns `reading.COLUMNS`.

    `declared` names the group of accounts that an agency runs and has declared; `must` and `cannot` hold pairs that an officer
    ruled to be one hand, or not; `ruled` values (type, value) that he ruled to be shared infrastructure. The same input gives the same
    networks. Raises BadSignals with file, line and reason."""
    read = reading.read(signals, threads=threads, memory=memory)
    numbers = Numbers(read)
    bits = weighing.rarity(read)
    groups = numbers.groups(declared or {})
    bits[infrastructure(read, groups)] = 0
    bits[numbers.values(ruled)] = 0
    begins = np.searchsorted(read.account, np.arange(read.accounts + 1)).astype(np.int64)
    a, b = pairing.candidates(read, bits, weighing.LEAST_BITS)
    may = (groups[a] < 0) | (groups[a] != groups[b])
    a, b = a[may], b[may]
    pairs, _, _ = weighing.weighed(read, a, b, bits, begins)
    kept = (pairs.bits >= weighing.cut(read.accounts)) & ~np.isin(a * read.accounts + b, numbers.pairs(cannot))
    a, b, weight, families = a[kept], b[kept], pairs.bits[kept], pairs.families[kept]
    a, b, weight, families = joined(a, b, weight, families, numbers.pairs(must), read.accounts)
    place = clustering.communities(read.accounts, a, b, weight)
    place = renumbered(place)
    inside = place[a] == place[b]
    a, b, weight, families = a[inside], b[inside], weight[inside], families[inside]
    told = shown(signals, read, a, b, bits, begins, groups) if evidence else None
    edges = pa.table({"a": read.names.take(a), "b": read.names.take(b), "bits": weight, "families": worded(families)})
    return Found(members(read, place, a, b, weight, families), edges, told, read.accounts, read.rows)


class Numbers:
    """The numbers that the signals give to what callers name."""

    def __init__(self, signals: Signals) -> None:
        self.signals = signals
        self.places = {}

    def groups(self, declared: Mapping[Any, str]) -> Ints:
        found = np.full(self.signals.accounts, -1, np.int64)
        known = {name: number for number, name in enumerate(sorted(set(declared.values())))}
        who = self.accounts(list(declared))
        numbers = np.array([known[name] for name in declared.values()], np.int64)
        found[who[who >= 0]] = numbers[who >= 0]
        return found

    def accounts(self, names: list[Any]) -> Ints:
        """-1 for who has no signal."""
        import pyarrow.compute as pc

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

    def values(self, named: Iterable[tuple[str, str]]) -> Ints:
        keys = reading.keys(list(named))
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


def joined(a: Ints, b: Ints, weight: Any, families: Any, must: Ints, accounts: int) -> tuple[Ints, Ints, Any, Any]:
    """With an edge for each pair that was ruled to be one hand, as heavy as an edge gets."""
    key = np.r_[a * accounts + b, must]
    heavy = np.full(len(must), 99.0, np.float32)
    key, first = np.unique(key, return_index=True)
    weight = np.where(np.isin(key, must), 99.0, np.r_[weight, heavy][first]).astype(np.float32)
    families = np.r_[families, np.zeros(len(must), families.dtype)][first]
    return key // accounts, key % accounts, weight, families


def renumbered(place: Ints) -> Ints:
    """Networks from 0 on, the largest first, equals by their first account."""
    inside = place >= 0
    if not inside.any():
        return place
    _, first, number, size = np.unique(place[inside], return_index=True, return_inverse=True, return_counts=True)
    order = np.lexsort((first, -size))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.where(size[order] >= SMALLEST, np.arange(len(order)), -1)
    found = np.full(len(place), -1, np.int64)
    found[inside] = rank[number]
    return found


def worded(families: NDArray[np.uint8]) -> pa.Array:
    words = ["+".join(name for place, name in enumerate(FAMILIES) if code >> place & 1) for code in range(1 << len(FAMILIES))]
    return pa.array(np.array(words)[families])


def members(signals: Signals, place: Ints, a: Ints, b: Ints, weight: Any, families: Any) -> pa.Table:
    inside = np.flatnonzero(place >= 0)
    via = np.zeros(signals.accounts, np.uint8)
    best = np.zeros(signals.accounts, np.float32)
    for end in (a, b):
        np.bitwise_or.at(via, end, families)
        np.maximum.at(best, end, weight)
    odds = np.exp2(np.minimum(best - np.log2(signals.accounts / weighing.PARTNERS), 60))
    confidence = np.round(odds / (1 + odds), 4)
    return pa.table(
        {
            "account": signals.names.take(inside),
            "network": place[inside],
            "via": worded(via[inside]),
            "confidence": confidence[inside],
        }
    )


def shown(source: Source, signals: Signals, a: Ints, b: Ints, bits: Any, begins: Ints, groups: Ints) -> pa.Table:
    """The ledger of each edge, in the order of the edges."""
    pair, value, one, other = pairing.agreeing(signals, a, b, begins, np.ones(len(signals.value), np.bool_))
    counted, why, weight = weighing.judged(signals, pair, value, one, other, bits, len(a))
    order = np.lexsort((-weight, pair))
    pair, value, one, other, counted, why, weight = (x[order] for x in (pair, value, one, other, counted, why, weight))
    names = reading.values(source, signals.key[np.unique(value)])
    type = signals.type[value]
    return pa.table(
        {
            "a": signals.names.take(a[pair]), "b": signals.names.take(b[pair]), "type": pa.array(np.array(NAMES)[type]),
            "value": names.take(np.searchsorted(np.unique(value), value)), "family": pa.array(np.array(FAMILIES)[FAMILY_OF[type]]),
            "bits": weight, "first_seen": reading.instants(np.minimum(signals.first[one], signals.first[other])),
            "last_seen": reading.instants(np.maximum(signals.last[one], signals.last[other])),
            "counted": counted, "why": pa.array(np.array(weighing.WHY)[why]),
        }
    )  # fmt: skip
