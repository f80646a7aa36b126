"""What a measure over several accounts would touch: the arithmetic, without any database.

A graph of accounts is given as their numbers and the edges between them. An account *hangs on one edge* where without that single
edge it would be of the rest no more: it stands alone or with the smaller part then. Of such an account nobody should be sure
before he has read that edge."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Tie:
    """One edge. `bits` is how much speaks for it, `families` how many independent kinds of signals agree."""

    a: int
    b: int
    bits: float
    families: int


@dataclass(frozen=True)
class Touched:
    """One account: its live keys, what they were used for in the last seven days, and who would feel it."""

    account: int
    name: str
    keys: int = 0
    is_paying: bool = False
    is_verified: bool = False
    requests: int = 0
    tokens: int = 0
    people: tuple[str, ...] = ()
    # What it has signed that its keys are for.
    use: str = ""


@dataclass(frozen=True)
class Radius:
    """Counts over all, and the ties on which single members hang, by account; None of one that no tie holds at all."""

    accounts: int
    keys: int
    paying: int
    verified: int
    requests: int
    tokens: int
    people: int
    used: int
    hanging: Mapping[int, Tie | None] = field(default_factory=dict)

    @property
    def told(self) -> dict[str, int]:
        """As it is kept with what was proposed."""
        names = ("accounts", "keys", "paying", "verified", "requests", "tokens", "people", "used")
        return {name: getattr(self, name) for name in names} | {"hanging": len(self.hanging)}


def equal(limit: int, accounts: int) -> int:
    """An equal part of a limit for each account, rounded down to two figures: an odd number would tell that something was
    divided. At least 1."""
    part = max(1, limit // max(1, accounts))
    step = 10 ** max(0, len(str(part)) - 2)
    return part // step * step


def radius(rows: Collection[Touched], ties: Collection[Tie]) -> Radius:
    """Of these accounts; ties to others are left out."""
    numbers = {row.account for row in rows}
    return Radius(
        accounts=len(rows),
        keys=sum(row.keys for row in rows),
        paying=sum(row.is_paying for row in rows),
        verified=sum(row.is_verified for row in rows),
        requests=sum(row.requests for row in rows),
        tokens=sum(row.tokens for row in rows),
        people=len({(row.account, name) for row in rows for name in row.people}),
        used=sum(row.requests > 0 for row in rows),
        hanging=hanging(numbers, [tie for tie in ties if {tie.a, tie.b} <= numbers]),
    )


def hanging(numbers: Collection[int], ties: Collection[Tie]) -> dict[int, Tie | None]:
    """By account the weakest tie on which it hangs; accounts that several hold are left out."""
    near: dict[int, list[tuple[int, Tie]]] = {number: [] for number in numbers}
    for tie in ties:
        near[tie.a].append((tie.b, tie))
        near[tie.b].append((tie.a, tie))
    found: dict[int, Tie | None] = {}
    whole = largest(near)
    for number in numbers:
        if number not in whole:
            found[number] = None
    for tie, cut_off in bridges(near, whole):
        for number in cut_off:
            standing = found.get(number)
            if standing is None or tie.bits < standing.bits:
                found[number] = tie
    return found


def largest(near: Mapping[int, list[tuple[int, Tie]]]) -> list[int]:
    """The accounts of the largest part that hangs together; of several so large that of the lowest number. What stands outside
    it is held by nothing."""
    seen: set[int] = set()
    best: list[int] = []
    for start in sorted(near):
        if start in seen:
            continue
        part, waiting = [], [start]
        seen.add(start)
        while waiting:
            number = waiting.pop()
            part.append(number)
            for other, _tie in near[number]:
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        if len(part) > len(best):
            best = part
    return best


def bridges(near: Mapping[int, list[tuple[int, Tie]]], part: list[int]) -> Iterator[tuple[Tie, list[int]]]:
    """Each tie without which the part would fall apart, with the accounts of the smaller side (Tarjan 1974, without recursion).
    In order of the walk each account's descendants stand behind it in one stretch."""
    if not part:
        return
    order: list[int] = []
    place: dict[int, int] = {}
    low: dict[int, int] = {}
    size: dict[int, int] = {}
    root = min(part)
    stack: list[tuple[int, Tie | None, Iterator[tuple[int, Tie]]]] = [(root, None, iter(near[root]))]
    place[root] = low[root] = 0
    order.append(root)
    size[root] = 1
    while stack:
        number, came_by, rest = stack[-1]
        step = next(rest, None)
        if step is not None:
            other, tie = step
            if tie is came_by:
                continue
            if other in place:
                low[number] = min(low[number], place[other])
            else:
                place[other] = low[other] = len(order)
                order.append(other)
                size[other] = 1
                stack.append((other, tie, iter(near[other])))
            continue
        stack.pop()
        if stack and came_by is not None:
            above = stack[-1][0]
            size[above] += size[number]
            low[above] = min(low[above], low[number])
            if low[number] > place[above]:
                below = order[place[number] : place[number] + size[number]]
                is_smaller = 2 * len(below) <= len(part)
                yield came_by, below if is_smaller else sorted(set(part) - set(below))
