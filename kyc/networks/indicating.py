"""What stands out in use, against peers: figures become points that are visible, added up and capped. Pure.

Peers are accounts, each of which counts once however many keys it has, and never the account itself. Against them stands what all
but a few of them have at most, so that those few, whatever they do, move it by no more than one place in their order. Where there
are no peers there are no points.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log
from statistics import median
from typing import NamedTuple

from kyc.rules.indicators import Indicator, Indicators

# By the code of the indicator; what was not told is left out.
Figures = Mapping[str, float]
# A rung, the group of it in words, and an indicator.
Place = tuple[int, tuple[str, ...], str]


class Group(NamedTuple):
    """By which accounts are peers: what the key may reach, how old it is, and what use was declared; each a code."""

    plan: str = ""
    age: str = ""
    use: str = ""


@dataclass(frozen=True)
class Measured:
    """The figures of a key, an account or a network, by its number. `account` is the one it belongs to; nobody's peer is his own.
    `is_peer` where others are measured against it: what is in a network itself would hide its kind."""

    number: int
    account: int | None
    group: Group
    figures: Figures
    is_peer: bool = True


class Usual(NamedTuple):
    """Of `peers` accounts half have at most `middle`, and all but a few at most `line`; `rung` says how close they are, 0 the
    closest."""

    middle: float
    line: float
    peers: int
    rung: int


@dataclass(frozen=True)
class Indicated:
    """One indicator of one subject. Without a figure it was not told; without what is usual there were no peers."""

    code: str
    figure: float | None
    usual: Usual | None
    points: int


@dataclass(frozen=True)
class Judged:
    """`points` are the sum of the indicators', capped a head and in all."""

    points: int
    every: tuple[Indicated, ...]


def place(part: float, count: int) -> int:
    """Where, among so many in their order, the first stands that so large a part of them do not exceed."""
    return max(ceil(part * count - 1e-9) - 1, 0)


def without(values: Sequence[float], at: int, own: float | None) -> float:
    """The value at that place of those in order, were one that is `own` not among them."""
    return values[at + 1] if own is not None and at >= bisect_left(values, own) else values[at]


class Peers:
    """Each account that others are measured against, in the groups of its keys."""

    def __init__(self, measured: Iterable[Measured], rules: Indicators) -> None:
        self.rules = rules
        self.keys: dict[int, list[Measured]] = defaultdict(list)
        for one in measured:
            if one.is_peer and one.account is not None:
                self.keys[one.account].append(one)
        self.values: dict[Place, list[float]] = defaultdict(list)
        for rows in self.keys.values():
            for at, figure in middles(rows, rules).items():
                self.values[at].append(figure)
        for figures in self.values.values():
            figures.sort()
        # Of the account asked about last.
        self.own: tuple[int | None, dict[Place, float]] = (None, {})

    def usual(self, one: Measured, code: str) -> Usual | None:
        """Of the closest peers of whom there are enough."""
        mine = self.of_account(one.account)
        for rung in range(len(self.rules.rungs)):
            at = (rung, worded(one.group, rung, self.rules), code)
            values, own = self.values.get(at, []), mine.get(at)
            count = len(values) - (own is not None)
            if count >= self.rules.least_peers:
                middle, line = (without(values, place(part, count), own) for part in (0.5, self.rules.part))
                return Usual(middle, line, count, rung)
        return None

    def of_account(self, account: int | None) -> dict[Place, float]:
        if account is None:
            return {}
        if self.own[0] != account:
            self.own = (account, middles(self.keys.get(account, []), self.rules))
        return self.own[1]


def middles(rows: Sequence[Measured], rules: Indicators) -> dict[Place, float]:
    """Of one account's keys, in each group that they are in."""
    found: dict[Place, list[float]] = defaultdict(list)
    for row in rows:
        for rung in range(len(rules.rungs)):
            words = worded(row.group, rung, rules)
            for code, figure in row.figures.items():
                found[rung, words, code].append(figure)
    return {at: figures[0] if len(figures) == 1 else float(median(figures)) for at, figures in found.items()}


def worded(group: Group, rung: int, rules: Indicators) -> tuple[str, ...]:
    return tuple(getattr(group, name) for name in rules.rungs[rung])


def points(indicator: Indicator, figure: float, line: float) -> int:
    """None up to what is usual, all of them from its span on; never fewer for more."""
    base = max(line, indicator.floor)
    if figure <= base:
        return 0
    part = log(figure / base) / log(indicator.span) if indicator.scale == "ratio" else (figure - base) / indicator.span
    return int(indicator.points * min(part, 1.0) + 1e-9)


def indicated(one: Measured, peers: Peers, indicator: Indicator) -> Indicated:
    figure = one.figures.get(indicator.code)
    usual = peers.usual(one, indicator.code) if figure is not None else None
    if figure is None or usual is None:
        return Indicated(indicator.code, figure, None, 0)
    return Indicated(indicator.code, figure, usual, points(indicator, figure, usual.line))


def judged(one: Measured, peers: Peers, *, of_network: bool = False) -> Judged:
    rules = peers.rules
    every = tuple(indicated(one, peers, each) for each in rules.every if of_network or not each.networks_only)
    return Judged(summed({each.code: each.points for each in every}, rules), every)


def summed(each: Mapping[str, int], rules: Indicators) -> int:
    """All points together, no head more than it may and all no more than they may."""
    heads: dict[str, int] = defaultdict(int)
    for indicator in rules.every:
        heads[indicator.head] += each.get(indicator.code, 0)
    return min(sum(min(value, rules.most_a_head) for value in heads.values()), rules.most)
