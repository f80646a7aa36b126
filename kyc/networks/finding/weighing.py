"""What it weighs that two accounts agree."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kyc.networks.finding import pairing
from kyc.networks.finding.families import FAMILIES, FAMILY_OF, MOST_BITS, ROOF
from kyc.networks.finding.reading import UNKNOWN, Signals

Ints = NDArray[np.int64]
Bits = NDArray[np.float32]
# A family agrees when what it says is had by fewer than one unrelated account in so many: 5 bits are one in 32.
LEAST_BITS = 5.0
# Which part of an account's partners is of one hand with it, before anything is looked at, times the number of accounts.
PARTNERS = 1.0
CERTAIN = 0.99
# Signals whose uses lie so far apart went from one to another, as a telephone number does.
GAP, GONE = 30 * 86_400, 6.0


@dataclass(frozen=True)
class Pairs:
    a: Ints
    b: Ints
    bits: Bits
    families: NDArray[np.uint8]


def rarity(signals: Signals, holders: NDArray[np.float32] | None = None) -> Bits:
    many = signals.holders if holders is None else np.maximum(holders, 1.0)
    found: Bits = np.clip(np.log2(signals.accounts / many), 0, MOST_BITS[signals.type]).astype(np.float32)
    return found


def cut(accounts: int) -> float:
    """The bits at which a pair is of one hand with the probability CERTAIN: prior odds are PARTNERS to all the others."""
    return float(np.log2(CERTAIN / (1 - CERTAIN) * accounts / PARTNERS))


def weighed(signals: Signals, a: Ints, b: Ints, bits: Bits, begins: Ints) -> tuple[Pairs, tuple[Ints, Ints, Ints, Ints], Bits]:
    telling = bits[signals.value] >= LEAST_BITS
    pair, value, one, other = pairing.agreeing(signals, a, b, begins, telling)
    weight = bits[value] - GONE * apart(signals, one, other)
    family = FAMILY_OF[signals.type[value]].astype(np.int64)
    most = np.zeros(len(a) * len(FAMILIES), np.float32)
    np.maximum.at(most, pair * len(FAMILIES) + family, weight)
    off = np.zeros(len(a) * len(FAMILIES), np.float32)
    free = ~ROOF[signals.type[value]]
    np.maximum.at(off, (pair * len(FAMILIES) + family)[free], weight[free])
    by, off = most.reshape(len(a), -1), off.reshape(len(a), -1)
    agree = by >= LEAST_BITS
    solid = off >= LEAST_BITS
    # The roof is one reason: where nothing else of a family agrees, only the heaviest of the roof counts.
    roof = np.where(agree & ~solid, by, 0)
    total = np.where(solid, by, 0).sum(1) + roof.max(1)
    reasons = solid.sum(1) + (roof.max(1) > 0)
    families = (agree << np.arange(len(FAMILIES))).sum(1).astype(np.uint8)
    total = np.where(reasons >= 2, total, 0).astype(np.float32)
    return Pairs(a, b, total, families), (pair, value, one, other), weight


def apart(signals: Signals, one: Ints, other: Ints) -> NDArray[np.bool_]:
    """Whether the uses of a value by both lie far apart in time."""
    first, last = np.maximum(signals.first[one], signals.first[other]), np.minimum(signals.last[one], signals.last[other])
    known = np.minimum(np.minimum(signals.first[one], signals.first[other]), last) > UNKNOWN + 1
    found: NDArray[np.bool_] = known & (first - last > GAP)
    return found


# Why a value that both have does not count, the first that holds; the first of all: it does.
WHY = ("", "everybody's", "apart in time", "same roof", "rarer of the family counts")


def judged(
    signals: Signals, pair: Ints, value: Ints, one: Ints, other: Ints, bits: Bits, pairs: int
) -> tuple[NDArray[np.bool_], NDArray[np.int8], Bits]:
    """Of every value that both accounts of a pair have: whether it counted, why not (a place in WHY), and its bits."""
    late = apart(signals, one, other)
    weight = np.maximum(bits[value] - GONE * late, 0).astype(np.float32)
    family = pair * len(FAMILIES) + FAMILY_OF[signals.type[value]]
    roof = ROOF[signals.type[value]]
    most = np.zeros(pairs * len(FAMILIES), np.float32)
    np.maximum.at(most, family, weight)
    solid = np.zeros(pairs * len(FAMILIES), np.bool_)
    solid[family[~roof & (weight >= LEAST_BITS)]] = True
    under = np.zeros(pairs, np.float32)
    alone = roof & ~solid[family]
    np.maximum.at(under, pair[alone], weight[alone])
    why = np.select(
        [bits[value] < LEAST_BITS, weight < LEAST_BITS, alone & (weight < under[pair]), weight < most[family]], [1, 2, 3, 4], 0
    ).astype(np.int8)
    return why == 0, why, weight
