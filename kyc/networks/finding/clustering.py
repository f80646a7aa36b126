"""Edges into communities: Leiden finds the dense ones, and those that hold together in many places are one."""

import graspologic_native
import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
# Chosen once; any other number is as good, but the same input has to give the same networks.
SEED = 20_261_130
# The density below which Leiden divides: low, since of a large network only some pairs are compared.
RESOLUTION = 0.02
# Two communities are one where this part of the smaller one's accounts, and so many on both sides, have an edge over there.
PART, FEWEST = 0.2, 3
# Of two that were judged to be one hand each a smaller part is enough.
PART_OF_HANDS, ENOUGH = 0.05, 2


def communities(accounts: int, a: Ints, b: Ints, weight: Floats) -> Ints:
    """The community of each account, -1 of who has no edge. `weight` is 1 for an edge that just counts."""
    found = np.full(accounts, -1, np.int64)
    inside = np.unique(np.r_[a, b])
    if not len(inside):
        return found
    one, other = np.searchsorted(inside, a), np.searchsorted(inside, b)
    links = graph(len(inside), one, other, weight)
    _, parts = graspologic_native.leiden_csr(
        links.indptr.astype(np.int64), links.indices.astype(np.int32), links.data, len(inside), resolution=RESOLUTION,
        use_modularity=False, seed=SEED, iterations=2,
    )  # fmt: skip
    place = np.empty(len(inside), np.int64)
    place[list(parts)] = list(parts.values())
    found[inside] = merged(place, one, other, part=PART, fewest=FEWEST)
    return found


def rejoined(place: Ints, a: Ints, b: Ints) -> Ints:
    """Communities that were divided and hold together nevertheless; -1 stays so."""
    found = place.copy()
    inside = np.flatnonzero(place >= 0)
    both = (place[a] >= 0) & (place[b] >= 0)
    one, other = np.searchsorted(inside, a[both]), np.searchsorted(inside, b[both])
    found[inside] = merged(place[inside], one, other, part=PART_OF_HANDS, fewest=ENOUGH)
    return found


def graph(accounts: int, a: Ints, b: Ints, weight: Floats) -> scipy.sparse.csr_matrix:
    both = np.r_[a, b], np.r_[b, a]
    return scipy.sparse.csr_matrix((np.r_[weight, weight].astype(np.float64), both), shape=(accounts, accounts))


def merged(place: Ints, a: Ints, b: Ints, *, part: float, fewest: int) -> Ints:
    """Communities that hold together as one, until none do any more."""
    while True:
        low, high = bridges(place, a, b, part, fewest)
        if not len(low):
            return place
        many = int(place.max()) + 1
        _, place_of = connected_components(graph(many, low, high, np.ones(len(low), np.float32)), directed=False)
        place = place_of.astype(np.int64)[place]


def bridges(place: Ints, a: Ints, b: Ints, part: float, fewest: int) -> tuple[Ints, Ints]:
    """Pairs of communities with edges between enough of their accounts."""
    many = int(place.max(initial=-1)) + 1
    size = np.bincount(place, minlength=many)
    across = place[a] != place[b]
    a, b = a[across], b[across]
    swap = place[a] > place[b]
    a, b = np.where(swap, b, a), np.where(swap, a, b)
    pair = place[a] * many + place[b]
    pairs = np.unique(pair)
    ends = [np.bincount(np.searchsorted(pairs, distinct(pair, end)), minlength=len(pairs)) for end in (a, b)]
    low, high = pairs // many, pairs % many
    smaller = np.where(size[low] <= size[high], ends[0], ends[1]) / np.minimum(size[low], size[high])
    enough = (np.minimum(*ends) >= fewest) & (smaller >= part)
    return low[enough], high[enough]


def distinct(pair: Ints, account: Ints) -> Ints:
    """The pair of communities once for each account at this end."""
    both = np.unique(np.stack([pair, account]), axis=1)
    found: Ints = both[0]
    return found
