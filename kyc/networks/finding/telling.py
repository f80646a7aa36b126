"""What was found, as tables that any caller can read (kyc/networks/finding/found.py)."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kyc.networks.finding import pairing, reading, weighing
from kyc.networks.finding.families import ALL, ASIDE, FAMILIES, FAMILY_OF
from kyc.networks.finding.judging import Ints
from kyc.networks.finding.reading import Source
from kyc.networks.finding.signals import UNKNOWN, Signals
from kyc.networks.finding.weighing import Bits, Pairs


class Went(NamedTuple):
    """Of each account by how many bits beyond chance, and by which families, it went to its network; 0 where an edge holds it."""

    bits: Bits
    families: NDArray[np.uint8]


def worded(families: NDArray[np.uint8]) -> pa.Array:
    words = ["+".join(name for place, name in enumerate(FAMILIES) if code >> place & 1) for code in range(1 << len(FAMILIES))]
    return pa.array(np.array(words)[families])


def members(signals: Signals, place: Ints, pairs: Pairs, went: Went) -> pa.Table:
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
            "first_seen": reading.instants(both_since(signals.first[one], signals.first[other])),
            "last_seen": reading.instants(np.maximum(signals.last[one], signals.last[other])),
            "counted": why[order] == 0,
            "why": pa.array(np.where(whose == "", np.array(weighing.WHY)[why[order]], whose)),
        }
    )


def both_since(one: Ints, other: Ints) -> Ints:
    """Since when both have had it: what one had before the other was there ties nobody. UNKNOWN where it is of either."""
    found: Ints = np.where(np.minimum(one, other) > UNKNOWN, np.maximum(one, other), UNKNOWN)
    return found


def named(source: Source, signals: Signals, used: Ints) -> pa.Array:
    """The names of these values; of hours their beginning."""
    hours = ASIDE[signals.type[used]]
    names = np.full(len(used), None, object)
    names[~hours] = reading.values(source, signals.key[used[~hours]]).to_numpy(zero_copy_only=False)
    begins = np.datetime_as_string(signals.key[used[hours]].astype("datetime64[s]"), unit="m", timezone="UTC")
    names[hours] = begins
    return pa.array(names, pa.string())
