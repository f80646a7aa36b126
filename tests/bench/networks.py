"""How well networks were found, and the two plainer ways to look for them."""

import numpy as np
import pyarrow as pa
import scipy.sparse
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from kyc.networks.finding import finder, pairing, weighing
from kyc.networks.finding.families import ASIDE, NAMES
from kyc.networks.finding.reading import Signals
from kyc.networks.finding.signals import UNKNOWN
from tests.bench.worlds import LEVELS, World

Ints = NDArray[np.int64]
ALERT, PURE = 10, 0.9
HARD = ("document", "payment")
# Of a value that more accounts have, plain components would join everything.
PLAIN_HOLDERS = 100


def measured(world: World, found: Ints) -> dict[str, float]:
    """`found` is the network of each account, -1 where none.

    B-cubed precision is of every account that was put in a network, innocent ones too; recall of every account of a true network,
    of which one that was not found counts 0. `own` is the precision of true networks' accounts alone."""
    inside, bad = found >= 0, world.network >= 0
    size = np.bincount(found[inside], minlength=1)
    pair = found * (world.hand.max() + 1) + world.hand
    _, place, many = np.unique(pair[inside], return_inverse=True, return_counts=True)
    same = np.zeros(len(found))
    same[inside] = many[place]
    precision = same[inside] / size[found[inside]]
    recall = (same / np.bincount(world.hand)[world.hand])[bad]
    p, r = float(precision.mean()) if inside.any() else 0.0, float(recall.mean())
    alerted = inside & (size[found] >= ALERT)
    told = {
        "precision": p,
        "recall": r,
        "F": 2 * p * r / (p + r) if p + r else 0.0,
        "own": float((same[inside & bad] / size[found[inside & bad]]).mean()) if (inside & bad).any() else 0.0,
        "networks": len(np.unique(world.network[bad])),
        "in alerts": len(caught(world, found, alerted, size)),
        "innocent": float((alerted & ~bad).sum() / (~bad).sum()),
        "agencies": agencies(world, found, alerted, size),
    }
    return told | {
        level: float(inside[world.level == number].sum() / max(1, (world.level == number).sum()))
        for number, level in enumerate(LEVELS)
    }


def caught(world: World, found: Ints, alerted: NDArray[np.bool_], size: Ints) -> Ints:
    """The true networks of which an alert of that purity tells."""
    mine = alerted & (world.network >= 0)
    pairs, many = np.unique(np.stack([found[mine], world.network[mine]]), axis=1, return_counts=True)
    return np.unique(pairs[1][many >= PURE * size[pairs[0]]])


def agencies(world: World, found: Ints, alerted: NDArray[np.bool_], size: Ints) -> int:
    """Alerts of which half or more are one declared agency's."""
    mine = alerted & (world.declared >= 0)
    pairs, many = np.unique(np.stack([found[mine], world.declared[mine]]), axis=1, return_counts=True)
    return int((many * 2 >= size[pairs[0]]).sum())


def components(accounts: int, a: Ints, b: Ints) -> Ints:
    """Accounts that hang together, -1 who hang on nobody."""
    graph = scipy.sparse.coo_matrix((np.ones(len(a)), (a, b)), shape=(accounts, accounts))
    _, found = connected_components(graph, directed=False)
    return np.where(np.bincount(found)[found] > 1, found, -1).astype(np.int64)


def by_hard_identifiers(signals: Signals) -> Ints:
    """Who has the same document or means of payment is one hand."""
    rows = np.flatnonzero(np.isin(signals.type[signals.value], [NAMES.index(name) for name in HARD]))
    rows = rows[np.argsort(signals.value[rows], kind="stable")]
    account, value = signals.account[rows].astype(np.int64), signals.value[rows]
    same = value[1:] == value[:-1]
    return components(signals.accounts, account[:-1][same], account[1:][same])


def plain(signals: Signals, cut: float) -> Ints:
    """Whoever shares values that together are that rare, in bits, is one hand."""
    told = (signals.holders[signals.value] <= PLAIN_HOLDERS) & ~ASIDE[signals.type[signals.value]]
    rows = np.flatnonzero(told)
    rows = rows[np.argsort(signals.value[rows], kind="stable")]
    value = signals.value[rows]
    begins = np.flatnonzero(np.r_[True, value[1:] != value[:-1]])
    a, b = pairing.paired(signals.account[rows].astype(np.int64), begins, np.diff(np.r_[begins, len(rows)]), signals.accounts)
    starts = np.searchsorted(signals.account, np.arange(signals.accounts + 1)).astype(np.int64)
    agreeing = pairing.agreeing(signals, a, b, starts, told)
    rarity = np.log2(signals.accounts / signals.holders)
    total = np.bincount(agreeing.pair, rarity[agreeing.value], minlength=len(a))
    return components(signals.accounts, a[total >= cut], b[total >= cut])


def shares(signals: Signals) -> pa.Table:
    """Who shares what, as `expressed.edges` reads it."""

    def seconds(instants: Ints) -> pa.Array:
        return pa.array(instants, pa.int64(), mask=instants <= UNKNOWN)

    numbered = {"account": signals.account, "value": signals.value, "type": signals.type[signals.value]}
    whole = {name: pa.array(numbers.astype(np.int64)) for name, numbers in numbered.items()}
    return pa.table({**whole, "first": seconds(signals.first), "last": seconds(signals.last)})


def edges(signals: Signals) -> set[tuple[int, int]]:
    """Whom we hold to be of one hand rather than not, before anything else is known of them."""
    nobody: Ints = np.zeros(0, np.int64)
    begins = np.searchsorted(signals.account, np.arange(signals.accounts + 1)).astype(np.int64)
    groups = np.full((1, signals.accounts), -1, np.int64)
    found = finder.linked(signals, weighing.rarity(signals), begins, groups, nobody, nobody)
    return {*zip(found.a.tolist(), found.b.tolist(), strict=True)}
