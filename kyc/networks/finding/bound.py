"""What officers ruled of pairs holds, whatever the signals say: accounts ruled to be one hand end in one network, those ruled
not to be in none together."""

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from kyc.networks.finding.judging import renumbered
from kyc.networks.finding.weighing import Bits, Pairs

Ints = NDArray[np.int64]
Pair = tuple[Any, Any]
# The bits of an edge that an officer ruled.
RULED = 99.0


def chained(pairs: Iterable[Pair], known: Callable[[list[Any]], list[Any]]) -> list[Pair]:
    """Pairs of those of whom there are signals, by which the same hang together: over the others a chain would break."""
    hand: dict[Any, list[Any]] = {}
    for a, b in pairs:
        one, other = hand.setdefault(a, [a]), hand.setdefault(b, [b])
        if one is not other:
            one += other
            hand |= dict.fromkeys(other, one)
    found = set(known(list(hand)))
    hands = {id(members): members for members in hand.values()}.values()
    return [pair for members in hands for pair in pairwise(one for one in members if one in found)]


def heads(must: Ints, accounts: int) -> Ints:
    """For each account the smallest that it is ruled to be one hand with: itself, where nobody ruled. `must` are pairs, each as
    the number `a * accounts + b`."""
    links = scipy.sparse.csr_matrix(
        (np.ones(len(must)), (must // max(accounts, 1), must % max(accounts, 1))), (accounts, accounts)
    )
    _, group = connected_components(links, directed=False)
    _, first = np.unique(group, return_index=True)
    found: Ints = first[group].astype(np.int64)
    return found


def edged(pairs: Pairs, must: Ints, accounts: int) -> Pairs:
    """With an edge for each pair that was ruled to be one hand, as heavy as an edge gets."""
    key, first = np.unique(np.r_[pairs.a * accounts + pairs.b, must], return_index=True)
    bits = np.r_[pairs.bits, np.zeros(len(must), np.float32)][first]
    families = np.r_[pairs.families, np.zeros(len(must), np.uint8)][first]
    return Pairs(key // accounts, key % accounts, np.where(np.isin(key, must), RULED, bits).astype(np.float32), families)


def united(place: Ints, head: Ints) -> Ints:
    """Communities that hold some of a hand that was ruled are one, with all of it; a ruled hand that is in none is one itself."""
    several = np.flatnonzero(np.bincount(head, minlength=len(head))[head] > 1)
    many = int(place.max(initial=-1)) + 1
    # Of each of them its own number stands for the hand, beyond those of the communities.
    hand = many + head[several]
    here = np.where(place[several] >= 0, place[several], hand)
    size = many + len(place)
    links = scipy.sparse.csr_matrix((np.ones(len(several)), (here, hand)), (size, size))
    _, joined = connected_components(links, directed=False)
    found = np.where(place >= 0, joined[place], -1)
    found[several] = joined[hand]
    return renumbered(found.astype(np.int64))


def separated(place: Ints, cannot: Ints, head: Ints, pairs: Pairs) -> Ints:
    """Of accounts in one network that were ruled not to be one hand, the one ruled so of most others there is taken out first; of
    equals the one that less holds there. Whoever is ruled to be one hand with it goes too, and is a network with it. Inside
    such a hand nobody is taken out."""
    accounts = len(place)
    a, b = head[cannot // max(accounts, 1)], head[cannot % max(accounts, 1)]
    a, b = a[a != b], b[a != b]
    weight, place = held(place, head, pairs), place.copy()
    while True:
        inside = (place[a] >= 0) & (place[a] == place[b])
        if not inside.any():
            return place
        against = np.bincount(np.r_[a[inside], b[inside]], minlength=accounts)
        most = np.flatnonzero(against == against.max())
        out = head == most[np.argmin(weight[most])]
        place[out] = place.max() + 1 if np.count_nonzero(out) > 1 else -1


def held(place: Ints, head: Ints, pairs: Pairs) -> Bits:
    """Of each hand the bits of all edges that hold it to others of its network."""
    a, b = head[pairs.a], head[pairs.b]
    across = (a != b) & (place[a] == place[b])
    both, bits = np.r_[a[across], b[across]], np.r_[pairs.bits[across], pairs.bits[across]]
    found: Bits = np.bincount(both, bits, minlength=len(place)).astype(np.float32)
    return found


def enough(place: Ints, head: Ints, smallest: int) -> Ints:
    """Networks of so many accounts at least, or with a hand that was ruled."""
    if not (place >= 0).any():
        return place
    size = np.bincount(place[place >= 0])
    size[np.unique(place[(head != np.arange(len(place))) & (place >= 0)])] = smallest
    return renumbered(np.where((place >= 0) & (size[place] >= smallest), place, -1))
