"""The numbers that signals give to what callers name: accounts, groups of a declared agency, and values that link nobody."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kyc.networks.finding import reading, weighing
from kyc.networks.finding.judging import Flags, Ints
from kyc.networks.finding.signals import Signals

Pair = tuple[Any, Any]


def tabled(hubs: Mapping[tuple[str, str], str]) -> pa.Table:
    columns = {"type": [type for type, _ in hubs], "value": [value for _, value in hubs], "hub": [*hubs.values()]}
    return pa.table({name: pa.array(column, pa.string()) for name, column in columns.items()})


class Numbers:
    """The numbers that the signals give to what callers name."""

    def __init__(self, signals: Signals) -> None:
        self.signals = signals

    def groups(self, declared: Mapping[Any, str | Collection[str]]) -> Ints:
        """As many rows as an account has groups at most, in each one group of every account; -1 where it has no more."""
        several = {account: [of] if isinstance(of, str) else sorted(of) for account, of in declared.items()}
        known = {name: number for number, name in enumerate(sorted({name for of in several.values() for name in of}))}
        found = np.full((max([1, *map(len, several.values())]), self.signals.accounts), -1, np.int64)
        who = self.accounts(list(several))
        for place, row in enumerate(found):
            numbers = np.array([known[of[place]] if place < len(of) else -1 for of in several.values()], np.int64)
            row[who[who >= 0]] = numbers[who >= 0]
        return found

    def accounts(self, names: list[Any]) -> Ints:
        """-1 for who has no signal."""
        if not names:
            return np.zeros(0, np.int64)
        asked = pa.array(
            [str(name) if pa.types.is_string(self.signals.names.type) else int(name) for name in names], self.signals.names.type
        )
        found: Ints = pc.fill_null(pc.index_in(asked, self.signals.names), -1).to_numpy(zero_copy_only=False).astype(np.int64)
        return found

    def known(self, names: list[Any]) -> list[Any]:
        return [name for name, number in zip(names, self.accounts(names), strict=True) if number >= 0]

    def pairs(self, pairs: Iterable[Pair]) -> Ints:
        both = list(pairs)
        a, b = self.accounts([one for one, _ in both]), self.accounts([other for _, other in both])
        known = (a >= 0) & (b >= 0) & (a != b)
        return np.unique(np.minimum(a, b)[known] * self.signals.accounts + np.maximum(a, b)[known])

    def nobodys(
        self, agencies: Flags, hubs: Mapping[tuple[str, str], str] | pa.Table, ruled: Iterable[tuple[str, str]]
    ) -> NDArray[np.int8]:
        """For each value its place in `weighing.NOBODYS`; what an officer ruled is the last word."""
        found = np.where(agencies, weighing.NOBODYS.index("agency"), 0).astype(np.int8)
        table = hubs if isinstance(hubs, pa.Table) else tabled(hubs)
        for hub in sorted(pc.unique(table["hub"]).to_pylist()):
            found[self.values(table.filter(pc.equal(table["hub"], hub)))] = weighing.NOBODYS.index(hub)
        found[self.values(list(ruled))] = weighing.NOBODYS.index("ruled out")
        return found

    def values(self, named: list[tuple[str, str]] | pa.Table) -> Ints:
        keys = reading.keys(named)
        order = np.argsort(self.signals.key)
        place = np.searchsorted(self.signals.key, keys, sorter=order)
        place = order[np.minimum(place, len(order) - 1)] if len(order) else np.zeros(0, np.int64)
        found: Ints = place[self.signals.key[place] == keys] if len(order) else place
        return found


def infrastructure(signals: Signals, groups: Ints) -> NDArray[np.bool_]:
    """Values that are a declared agency's: at least three accounts of one group are half of all that have them."""
    count = groups.max(initial=0) + 1
    whose = groups[:, signals.account]
    row, at = np.nonzero(whose >= 0)
    key, many = np.unique(signals.value[at].astype(np.int64) * count + whose[row, at], return_counts=True)
    value = key // count
    found = np.zeros(len(signals.type), np.bool_)
    found[value[(many >= 3) & (many * 2 >= signals.holders[value])]] = True
    return found
