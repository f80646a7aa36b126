"""What it weighs that two accounts agree."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kyc.networks.finding import pairing
from kyc.networks.finding.families import ALL, ASIDE, FAMILIES, FAMILY_OF, MOST_BITS, PASSES_ON, ROOF
from kyc.networks.finding.pairing import Agreeing
from kyc.networks.finding.signals import UNKNOWN, Signals

Ints = NDArray[np.int64]
Bits = NDArray[np.float32]
# A type agrees when what it says is had by fewer than one unrelated account in so many: 5 bits are one in 32.
LEAST_BITS = 5.0
# How probably two accounts are of one hand whose edge makes a community; and whose edge joins communities and is shown.
CERTAIN, LIKELY = 0.9, 0.5
# How many accounts are of one hand with an account, on average, before anything is looked at.
PARTNERS = 1.0
# Of what a family says besides its heaviest type, so much counts: most of it follows from that.
BESIDES = 0.5
FAMILY_BITS = 20.0
COMMON = 3
# What was used by one account and then, so long after, by the other went from hand to hand, as a telephone number does.
GAP, GONE = 30 * 86_400, 6.0
# Whose a value is, by its number, that links nobody whatever it weighs: an officer ruled so, or it is of such a class.
NOBODYS = ("", "ruled out", "agency", "shared", "carrier_nat", "vpn", "proxy", "cloud", "university", "office")
# Why a value that both have does not count, the first that holds; the first of all: it does. Of what is nobody's NOBODYS says it.
WHY = ("", "everybody's", "ruled out", "apart in time", "same roof", "a rarer one of its type counts")


@dataclass(frozen=True)
class Pairs:
    """Candidate pairs, a before b: bits of all families together, and a bit mask of those that agree."""

    a: Ints
    b: Ints
    bits: Bits
    families: NDArray[np.uint8]

    def some(self, kept: NDArray[np.bool_]) -> "Pairs":
        return Pairs(self.a[kept], self.b[kept], self.bits[kept], self.families[kept])


def rarity(signals: Signals) -> Bits:
    """Of each value how surprising it is that another account has it, at most what its type may weigh. What every third account
    has surprises nobody, however few there are."""
    among = np.where(signals.holders * COMMON >= signals.accounts, signals.accounts, signals.population)
    found: Bits = np.clip(np.log2(among / signals.holders), 0, MOST_BITS[signals.type]).astype(np.float32)
    return found


def cut(accounts: int, certain: float) -> float:
    """The bits at which a pair is of one hand with that probability. Its odds beforehand are PARTNERS to all the other accounts,
    so the cut rises with their number as chance agreement does."""
    return float(np.log2(certain / (1 - certain) * max(accounts, 1) / PARTNERS))


def weighed(signals: Signals, a: Ints, b: Ints, bits: Bits, begins: Ints) -> Pairs:
    agreeing = pairing.agreeing(signals, a, b, begins, bits[signals.value] >= LEAST_BITS)
    total, reasons, families = summed(types_of(signals, agreeing, bits, len(a)))
    return Pairs(a, b, np.where(reasons >= 2, total, 0).astype(np.float32), families)


def summed(by_type: Bits) -> tuple[Bits, Ints, NDArray[np.uint8]]:
    """Of bits by type: those of all families together, how many independent reasons there are, and the families that agree."""
    counted, reasons = under_one_roof(by_type)
    total, families = np.zeros(len(by_type), np.float32), np.zeros(len(by_type), np.uint8)
    for number in range(len(FAMILIES)):
        mine = counted[:, number == FAMILY_OF]
        most = mine.max(1)
        total += np.minimum(most + BESIDES * (mine.sum(1) - most), FAMILY_BITS)
        agrees = (by_type[:, (number == FAMILY_OF) & ~ASIDE] >= LEAST_BITS).any(1)
        families |= (agrees.astype(np.uint8) << number).astype(np.uint8)
    families |= ((by_type[:, ASIDE] >= LEAST_BITS).all(1).astype(np.uint8) << FAMILIES.index("behaviour")).astype(np.uint8)
    return total, reasons, families


def types_of(signals: Signals, agreeing: Agreeing, bits: Bits, pairs: int) -> Bits:
    """For each pair and type the bits of the rarest value that both have."""
    found = np.zeros(pairs * len(ALL), np.float32)
    np.maximum.at(found, agreeing.pair * len(ALL) + signals.type[agreeing.value], weights(signals, agreeing, bits))
    by_type = found.reshape(pairs, len(ALL))
    by_type[by_type < LEAST_BITS] = 0
    return by_type


def weights(signals: Signals, agreeing: Agreeing, bits: Bits) -> Bits:
    found: Bits = np.maximum(bits[agreeing.value] - GONE * apart(signals, agreeing), 0).astype(np.float32)
    return found


def apart(signals: Signals, agreeing: Agreeing) -> NDArray[np.bool_]:
    """Whether both had a value so far apart in time that it may have passed from one to the other."""
    one, other = agreeing.row_a, agreeing.row_b
    begin, end = np.maximum(signals.first[one], signals.first[other]), np.minimum(signals.last[one], signals.last[other])
    known = np.minimum(np.minimum(signals.first[one], signals.first[other]), end) > UNKNOWN
    found: NDArray[np.bool_] = known & (begin - end > GAP) & PASSES_ON[signals.type[agreeing.value]]
    return found


def under_one_roof(by_type: Bits) -> tuple[Bits, NDArray[np.int64]]:
    """The bits by type of which the roof's count once, the heaviest; and how many independent reasons there are."""
    counted = by_type.copy()
    roof = by_type[:, ROOF]
    heaviest = roof.argmax(1) if len(roof) else np.zeros(0, np.int64)
    kept = np.zeros_like(roof)
    rows = np.arange(len(roof))
    kept[rows, heaviest] = roof[rows, heaviest]
    counted[:, ROOF] = kept
    free = [(counted[:, (number == FAMILY_OF) & ~ROOF & ~ASIDE] > 0).any(1) for number in range(len(FAMILIES))]
    free[FAMILIES.index("behaviour")] |= (counted[:, ASIDE] > 0).all(1)
    roofs = [(roof[:, FAMILY_OF[ROOF] == number] > 0).any(1) & ~free[number] for number in range(len(FAMILIES))]
    return counted, np.sum(free, axis=0) + np.any(roofs, axis=0)


def judged(
    signals: Signals, agreeing: Agreeing, bits: Bits, ruled: NDArray[np.bool_], pairs: int
) -> tuple[NDArray[np.int8], Bits]:
    """Of every value that both accounts of a pair have why it does not count, a place in WHY, and its bits."""
    weight, value = weights(signals, agreeing, bits), agreeing.value
    by_type = types_of(signals, agreeing, bits, pairs)
    counted, _ = under_one_roof(by_type)
    mine = by_type[agreeing.pair, signals.type[value]]
    roofed = counted[agreeing.pair, signals.type[value]] == 0
    reasons = [ruled[value], bits[value] < LEAST_BITS, weight < LEAST_BITS, roofed, weight < mine]
    why: NDArray[np.int8] = np.select(reasons, [2, 1, 3, 4, 5], 0).astype(np.int8)
    return why, weight
