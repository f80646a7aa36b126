"""Whether a community is one hand, or people under one roof: judged as a whole, by how many of its accounts share what
neighbours, colleagues and students have each for himself."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kyc.networks.finding.families import ADDRESSES, DEVICE, OWN, OWN_AT_HOME
from kyc.networks.finding.signals import Signals

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
# What part of the accounts of one hand, and of people under one roof, share such a thing with another one of them.
OF_ONE_HAND, UNDER_A_ROOF = 0.6, 0.12
# Under no common roof: a disciplined hand, and strangers whom chance, a famous template or a busy hour put together.
DISCIPLINED, STRANGERS = 0.3, 0.03
# A community is under a roof when so many of it have the same address, domain or address in the network.
ROOFED = 0.5
# So few may live together.
HOME = 9


@dataclass(frozen=True)
class Inside:
    """The rows of accounts in communities: account, community, value; and how many of the community have that value."""

    account: Ints
    place: Ints
    value: Ints
    many: Ints
    size: Ints


def inside(signals: Signals, place: Ints, telling: Flags) -> Inside:
    rows = np.flatnonzero((place[signals.account] >= 0) & telling[signals.value])
    account, value = signals.account[rows].astype(np.int64), signals.value[rows].astype(np.int64)
    where = place[account]
    _, number, many = np.unique(where * len(signals.type) + value, return_inverse=True, return_counts=True)
    return Inside(account, where, value, many[number], np.bincount(place[place >= 0], minlength=int(place.max(initial=-1)) + 1))


def sharing(rows: Inside, which: Flags) -> Ints:
    """For each community how many of its accounts share one of these values with another of it."""
    who = np.unique(rows.account[which & (rows.many >= 2)], return_index=True)[1]
    whose = rows.place[which & (rows.many >= 2)][who]
    return np.bincount(whose, minlength=len(rows.size))


def commonest(rows: Inside, which: Flags) -> NDArray[np.float64]:
    """The part of each community that has the commonest of these values."""
    found = np.zeros(len(rows.size))
    np.maximum.at(found, rows.place[which], rows.many[which])
    return found / np.maximum(rows.size, 1)


def odds(many: Ints, of: Ints, hand: float, others: float) -> NDArray[np.float64]:
    """In bits, that of so many accounts so many share, if they are one hand, against if they are others."""
    found: NDArray[np.float64] = many * np.log2(hand / others) + (of - many) * np.log2((1 - hand) / (1 - others))
    return found


def kept(signals: Signals, place: Ints, telling: Flags, *, odds: float, smallest: int) -> Ints:
    """The communities of so many accounts at least for which so much speaks, in bits; the rest is -1."""
    size = np.bincount(place[place >= 0], minlength=int(place.max(initial=-1)) + 1)
    good = (one_hand(signals, place, telling) >= odds) & (size >= smallest)
    return renumbered(np.where((place >= 0) & good[place], place, -1)) if len(good) else place


def renumbered(place: Ints) -> Ints:
    """Communities from 0 on, the largest first, equals by their first account."""
    inside = place >= 0
    _, first, number, size = np.unique(place[inside], return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(size), np.int64)
    rank[np.lexsort((first, -size))] = np.arange(len(size))
    found = np.full(len(place), -1, np.int64)
    found[inside] = rank[number]
    return found


def one_hand(signals: Signals, place: Ints, telling: Flags) -> NDArray[np.float64]:
    """For each community how much speaks for one hand, in bits."""
    rows = inside(signals, place, telling)
    type = signals.type[rows.value]
    size = rows.size
    small = size <= HOME
    roofed = commonest(rows, ADDRESSES[type]) >= ROOFED
    machine = commonest(rows, DEVICE[type]) >= ROOFED
    own = sharing(rows, OWN[type])
    at_home = sharing(rows, OWN_AT_HOME[type])
    anything = sharing(rows, OWN[type] | DEVICE[type])
    found = np.where(roofed, odds(own, size, OF_ONE_HAND, UNDER_A_ROOF), odds(anything, size, DISCIPLINED, STRANGERS))
    home = small & (roofed | machine)
    return np.where(home, odds(at_home, size, OF_ONE_HAND, UNDER_A_ROOF), found)
