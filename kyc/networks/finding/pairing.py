"""Which two accounts are worth looking at: those that agree on two values of independent families."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kyc.networks.finding.families import ASIDE, FAMILY_OF, ROOF
from kyc.networks.finding.signals import Signals

Ints = NDArray[np.int64]
# An account is compared by its rarest values. Who has more signs in from everywhere, and they tell the less.
MOST_VALUES = 40
# So many accounts that agree on the same two values are compared all with all; of more, each with some.
ALL_WITH_ALL = 24
# Below it two values together are had by so many by chance that agreeing on both tells nothing.
LEAST_TOGETHER = 9.0
# How many times as often as chance two values must occur together.
LIFT = 4.0


@dataclass(frozen=True)
class Agreeing:
    """What pairs of accounts have in common, a row for each pair and value: the pair's place, the value, the rows of both."""

    pair: Ints
    value: Ints
    row_a: Ints
    row_b: Ints


def told(signals: Signals, bits: NDArray[np.float32], least: float) -> tuple[Ints, Ints]:
    """The accounts and values of the rows that tell something, rarest first within an account."""
    rows = np.flatnonzero((bits[signals.value] >= least) & ~ASIDE[signals.type[signals.value]])
    account, value = signals.account[rows].astype(np.int64), signals.value[rows].astype(np.int64)
    order = np.lexsort((value, -bits[value], account))
    account, value = account[order], value[order]
    begins = np.r_[0, np.flatnonzero(np.diff(account)) + 1] if len(account) else np.zeros(0, np.int64)
    rank = np.arange(len(account)) - np.repeat(begins, np.diff(np.r_[begins, len(account)]))
    return account[rank < MOST_VALUES], value[rank < MOST_VALUES]


def together(signals: Signals, account: Ints, value: Ints, bits: NDArray[np.float32]) -> tuple[Ints, Ints]:
    """For each account and two of its values that may hold an edge: the account, and a number for the two values."""
    family, roof = FAMILY_OF[signals.type[value]], ROOF[signals.type[value]]
    weight = bits[value]
    accounts, keys = [], []
    for apart in range(1, MOST_VALUES):
        here, there = slice(None, -apart), slice(apart, None)
        may = account[here] == account[there]
        if not may.any():
            break
        may &= (family[here] != family[there]) & ~(roof[here] & roof[there])
        may &= weight[here] + weight[there] >= LEAST_TOGETHER
        one, other = value[here][may], value[there][may]
        accounts.append(account[here][may].astype(np.int32))
        keys.append(np.minimum(one, other) * len(signals.type) + np.maximum(one, other))
    if not accounts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return np.concatenate(accounts), np.concatenate(keys)


def candidates(signals: Signals, bits: NDArray[np.float32], least: float) -> tuple[Ints, Ints]:
    """Both accounts of each candidate pair, the lower first, in order."""
    accounts, keys = together(signals, *told(signals, bits, least), bits)
    order = np.argsort(keys, kind="stable")
    keys, accounts = keys[order], accounts[order].astype(np.int64)
    begins = np.r_[0, np.flatnonzero(np.diff(keys)) + 1] if len(keys) else np.zeros(0, np.int64)
    many = np.diff(np.r_[begins, len(keys)])
    one, other = np.divmod(keys[begins], max(1, len(signals.type)))
    chance = signals.holders[one].astype(np.float64) * signals.holders[other] / signals.population
    kept = (many >= 2) & (many >= LIFT * chance)
    return paired(accounts, begins[kept], many[kept], signals.accounts)


def paired(accounts: Ints, begins: Ints, many: Ints, total: int) -> tuple[Ints, Ints]:
    """Pairs inside each run of accounts: all, or in a long run each with those 1, 2, 4, 8, ... places on."""
    found = [np.zeros(0, np.int64)]
    furthest = int(many.max(initial=0))
    apart = 1
    while apart < furthest:
        far = many > apart
        if apart & (apart - 1):
            far &= many <= ALL_WITH_ALL
        starts, lengths = begins[far], many[far] - apart
        place = np.repeat(starts - np.r_[0, np.cumsum(lengths)[:-1]], lengths) + np.arange(int(lengths.sum()))
        one, other = accounts[place], accounts[place + apart]
        found.append(np.unique(np.minimum(one, other) * total + np.maximum(one, other)))
        apart = apart + 1 if apart < ALL_WITH_ALL else 1 << apart.bit_length()
    pairs = np.unique(np.concatenate(found))
    return np.divmod(pairs, total)


def agreeing(signals: Signals, a: Ints, b: Ints, account_begins: Ints, telling: NDArray[np.bool_]) -> Agreeing:
    """Of pairs of accounts, every value both have: the pair's place, the value, and the rows of both."""
    own = account_begins[a + 1] - account_begins[a]
    pair = np.repeat(np.arange(len(a)), own)
    row = np.arange(len(pair)) - np.repeat(np.cumsum(own) - own, own) + np.repeat(account_begins[a], own)
    row, pair = row[telling[row]], pair[telling[row]]
    value = signals.value[row].astype(np.int64)
    key = b[pair] * len(signals.type) + value
    have = signals.account.astype(np.int64) * len(signals.type) + signals.value
    seen = np.zeros(1 << 27, np.bool_)
    seen[slots(have)] = True
    likely = np.flatnonzero(seen[slots(key)])
    key, pair, value, row = key[likely], pair[likely], value[likely], row[likely]
    place = np.searchsorted(have, key)
    same = have[np.minimum(place, len(have) - 1)] == key if len(have) else np.zeros(0, np.bool_)
    return Agreeing(pair[same], value[same], row[same], place[same])


def slots(keys: Ints) -> NDArray[np.uint64]:
    mixed: NDArray[np.uint64] = (keys.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(37)
    return mixed
