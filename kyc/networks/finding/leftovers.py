"""Accounts and small communities that hold to no other by an edge, and yet have what a network has.

Here a value weighs by how much more common it is in the network than elsewhere: one that a whole network uses and hardly anybody
else tells a lot, however many have it.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from kyc.networks.finding.families import ALL, ASIDE, MOST_BITS
from kyc.networks.finding.judging import Flags, Ints
from kyc.networks.finding.signals import LEAST_POPULATION, Signals
from kyc.networks.finding.weighing import LEAST_BITS, Bits, summed

# What one account alone of a network has tells something only if it is as rare as that.
RARE = 9.0
# How much, in bits, speaks for one hand in a network, and of what goes to one with no edge.
ODDS, ATTACHED = 3.0, 6.0
# So many values are looked at together.
AT_ONCE = 20_000


@dataclass(frozen=True)
class Units:
    """Accounts by the unit that each is in, a community or itself alone; and, a row for each unit and value, how many of the unit
    have it. Communities stand first."""

    of: Ints
    size: Ints
    communities: int
    unit: Ints
    value: Ints
    many: Ints


def units(signals: Signals, place: Ints) -> Units:
    many = int(place.max(initial=-1)) + 1
    alone = place < 0
    of = np.where(alone, many + np.cumsum(alone) - 1, place)
    size = np.bincount(of, minlength=many)
    key, count = np.unique(of[signals.account] * len(signals.type) + signals.value, return_counts=True)
    return Units(of, size, many, key // len(signals.type), key % len(signals.type), count)


def attached(signals: Signals, place: Ints, bits: Bits, groups: Ints, least: float) -> tuple[Ints, Bits, NDArray[np.uint8]]:
    """Communities anew, after each account and community has gone to the one it has most in common with, where that is enough;
    and for each account the bits beyond chance by which it went, and the families that say so. Accounts of one of `groups`
    (numbers.Numbers.groups) come together by none of it."""
    all = units(signals, place)
    unit, target, total, families = best(signals, all, bits, groups, least)
    goes = np.arange(len(all.size))
    goes[unit] = target
    # Of two that would go to each other the smaller does.
    for _ in range(3):
        goes = goes[goes]
    weight, said = np.zeros(len(all.size), np.float32), np.zeros(len(all.size), np.uint8)
    weight[unit], said[unit] = total, families
    found = goes[all.of]
    new = np.where(found < all.communities, found, -1)
    return np.where(np.isin(all.of, all.of[meeting(groups, place, new)]), place, new), weight[all.of], said[all.of]


def meeting(groups: Ints, place: Ints, new: Ints) -> Ints:
    """Accounts that have gone where another of their group is or has gone too."""
    row, account = np.nonzero((groups >= 0) & (new >= 0))
    _, which, many = np.unique(
        new[account] * (groups.max(initial=0) + 1) + groups[row, account], return_inverse=True, return_counts=True
    )
    found: Ints = account[(many[which] > 1) & (new != place)[account]]
    return found


def best(signals: Signals, all: Units, bits: Bits, groups: Ints, least: float) -> tuple[Ints, Ints, Bits, NDArray[np.uint8]]:
    """For each unit the community that it goes to; it is larger, or as large and earlier."""
    needed = least + np.log2(signals.population / np.maximum(all.size[: all.communities], 1))
    pairs, by_type = claimed(signals, all, bits, groups, needed / 2)
    several = np.count_nonzero(by_type, axis=1) >= 2
    pairs, by_type = pairs[several], by_type[several]
    total, reasons, families = summed(by_type)
    unit, target = pairs // (all.communities + 1), pairs % (all.communities + 1)
    total = total + np.log2(all.size[target] / signals.population).astype(np.float32)
    order = np.lexsort((target, -total, unit))
    order = order[(total[order] >= least) & (reasons[order] >= 2)]
    order = order[np.unique(unit[order], return_index=True)[1]]
    return unit[order], target[order], total[order], families[order]


def claimed(signals: Signals, all: Units, bits: Bits, groups: Ints, telling: NDArray[np.float64]) -> tuple[Ints, Bits]:
    """Pairs of a unit and a community, as one number, and the bits by type of what they have in common.

    First those that one value brings half of the way, `telling` for each community, then whatever else these have: what many have
    would bring together everybody."""
    values = owned(signals, all, bits)
    may = np.ones(len(all.size), np.bool_)
    strong = (values[3] >= telling[values[1]]) & ~ASIDE[signals.type[values[0]]]
    unit, target, _, weight = claims(signals, all, tuple(column[strong] for column in values), may, LEAST_BITS)
    unit, target = unit[weight >= telling[target]], target[weight >= telling[target]]
    pairs = np.unique(unit * (all.communities + 1) + target)
    pairs = pairs[~run_together(all, groups, pairs // (all.communities + 1), pairs % (all.communities + 1))]
    some = np.zeros(len(all.size), np.bool_)
    some[pairs // (all.communities + 1)] = True
    by_type = np.zeros(len(pairs) * len(ALL), np.float32)
    for part in np.array_split(np.arange(len(values[0])), max(1, len(values[0]) // AT_ONCE)):
        unit, target, value, weight = claims(signals, all, tuple(column[part] for column in values), some, LEAST_BITS)
        key = unit * (all.communities + 1) + target
        pair = np.searchsorted(pairs, key)
        known = pairs[np.minimum(pair, len(pairs) - 1)] == key
        np.maximum.at(by_type, pair[known] * len(ALL) + signals.type[value[known]], weight[known])
    return pairs, by_type.reshape(-1, len(ALL))


def run_together(all: Units, groups: Ints, unit: Ints, target: Ints) -> Flags:
    """Whether one agency runs an account of each."""
    row, account = np.nonzero(groups >= 0)
    shape = len(all.size), int(groups.max(initial=0)) + 1
    has = scipy.sparse.csr_matrix((np.ones(len(account)), (all.of[account], groups[row, account])), shape)
    found = np.zeros(len(unit), np.bool_)
    asked = np.flatnonzero((np.diff(has.indptr) > 0)[unit])
    found[asked] = np.asarray(has[unit[asked]].multiply(has[target[asked]]).sum(axis=1)).ravel() > 0
    return found


def owned(signals: Signals, all: Units, bits: Bits) -> tuple[Ints, Ints, Ints, Bits]:
    """Values and the communities in which they are far more common than elsewhere, by value: with how many there have it."""
    rows = np.flatnonzero((all.unit < all.communities) & (bits[all.value] > 0))
    rows = rows[(all.many[rows] >= 2) | ((bits[all.value[rows]] >= RARE) & ~ASIDE[signals.type[all.value[rows]]])]
    rows = rows[np.argsort(all.value[rows], kind="stable")]
    unit, value, many = all.unit[rows], all.value[rows], all.many[rows]
    weight = weights(signals, many / all.size[unit], value, many)
    kept = weight >= LEAST_BITS
    return value[kept], unit[kept], many[kept], weight[kept]


def worth(there: int, size: int, holders: int, accounts: int, type: int) -> float:
    """Bits of a value that `there` of the `size` accounts of a community have, to one more account that has it; nothing of what
    tells too little. As `owned` and `claims` weigh them."""
    rarity = min(np.log2(max(accounts, LEAST_POPULATION) / holders), MOST_BITS[type])
    if there < 2 and (rarity < RARE or ASIDE[type]):
        return 0.0
    elsewhere = max(holders - there - 1, 1) / accounts
    bits = float(min(np.log2(there / size / elsewhere), MOST_BITS[type]))
    return bits if bits >= LEAST_BITS else 0.0


def weights(signals: Signals, here: NDArray[np.float64], value: Ints, holders: Ints) -> Bits:
    elsewhere = np.maximum(signals.holders[value] - holders, 1) / signals.accounts
    found: Bits = np.minimum(np.log2(here / elsewhere), MOST_BITS[signals.type[value]]).astype(np.float32)
    return found


def claims(
    signals: Signals, all: Units, owned: tuple[Ints, Ints, Ints, Bits], may: Flags, least: float
) -> tuple[Ints, Ints, Ints, Bits]:
    """For each unit that may and each larger community that has one of its values: the value and its bits, less those by which a
    unit of several accounts had more chances to have it."""
    value, community, holders, _ = owned
    many = np.bincount(value, minlength=len(signals.type))
    begins = np.cumsum(many) - many
    rows = np.flatnonzero(may[all.unit] & (many[all.value] > 0))
    many, begins = many[all.value[rows]], begins[all.value[rows]]
    row = np.repeat(rows, many)
    at = np.arange(len(row)) - np.repeat(np.cumsum(many) - many - begins, many)
    unit, target = all.unit[row], community[at]
    larger = (all.size[target] > all.size[unit]) | ((all.size[target] == all.size[unit]) & (target < unit))
    row, at, unit, target = row[larger], at[larger], unit[larger], target[larger]
    together = holders[at] + all.many[row]
    weight = weights(signals, holders[at] / all.size[target], value[at], together) + np.log2(all.many[row] / all.size[unit])
    kept = weight >= least
    return unit[kept], target[kept], value[at[kept]], weight[kept].astype(np.float32)
