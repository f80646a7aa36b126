"""Edges into networks."""

import graspologic_native
import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
# Chosen once; any other number is as good, but the same input has to give the same networks.
SEED = 20_261_130
RESOLUTION = 0.02


def graph(accounts: int, a: Ints, b: Ints, weight: Floats) -> scipy.sparse.csr_matrix:
    one, other = np.r_[a, b], np.r_[b, a]
    return scipy.sparse.csr_matrix((np.r_[weight, weight].astype(np.float64), (one, other)), shape=(accounts, accounts))


def communities(accounts: int, a: Ints, b: Ints, weight: Floats) -> Ints:
    """The community of each account, -1 of who has no edge."""
    found = np.full(accounts, -1, np.int64)
    inside = np.unique(np.r_[a, b])
    if not len(inside):
        return found
    links = graph(len(inside), np.searchsorted(inside, a), np.searchsorted(inside, b), weight)
    _, parts = graspologic_native.leiden_csr(
        links.indptr.astype(np.int64), links.indices.astype(np.int32), links.data, len(inside), resolution=RESOLUTION,
        use_modularity=False, seed=SEED, iterations=2,
    )  # fmt: skip
    found[inside[list(parts)]] = list(parts.values())
    return found


def components(accounts: int, a: Ints, b: Ints) -> Ints:
    _, found = connected_components(graph(accounts, a, b, np.ones(len(a), np.float32)), directed=False)
    return found.astype(np.int64)
