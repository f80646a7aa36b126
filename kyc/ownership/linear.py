"""x = constants + parts x over exact fractions, ring by ring: a ring is a set of unknowns that need one another."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from kyc.ownership import lifting
from kyc.ownership.shares import NOTHING, ONE, added

Rows = Mapping[str, Mapping[str, Fraction]]
# No finite answer; None stands for it in results.
Answer = Fraction | None
# Entries that taking out one unknown may change. From here on fractions grow too long, and what is left is lifted.
CHEAP = 128


def solve(constants: Mapping[str, Fraction], parts: Rows, *, at_least: bool) -> dict[str, Answer]:
    """The least answer that isn't negative, for every key of `constants`. Where chains through a ring add up without end
    there is none: None then, or with `at_least` what the first step alone gives."""
    found: dict[str, Answer] = {}
    for ring in rings(list(constants), parts):
        found |= settle(ring, constants, parts, found, at_least)
    return found


def settle(
    ring: list[str], constants: Mapping[str, Fraction], parts: Rows, found: Mapping[str, Answer], at_least: bool
) -> Mapping[str, Answer]:
    inside = set(ring)
    first: dict[str, Fraction] = {}
    for key in ring:
        outside = [(found[other], part) for other, part in parts.get(key, {}).items() if other not in inside]
        if any(value is None for value, _ in outside):
            return dict.fromkeys(ring)
        first[key] = constants[key] + added(part * value for value, part in outside if value)
    if not any(first.values()) or not any(other in inside for key in ring for other in parts.get(key, {})):
        return first
    answer = answered(ring, first, parts)
    if answer is None:
        return first if at_least else dict.fromkeys(ring)
    return answer


def answered(ring: list[str], first: Mapping[str, Fraction], parts: Rows) -> Mapping[str, Fraction] | None:
    """None where what goes round the ring adds up without end: surely where of none of its members less than the whole is held
    inside."""
    if is_endless(ring, parts):
        return None
    inside = set(ring)
    # In one order, from wherever the ring was found.
    rows = ((key, sorted(parts.get(key, {}).items())) for key in sorted(ring))
    found = taken_apart(tuple((key, tuple((other, part) for other, part in row if other in inside)) for key, row in rows))
    return found.solve(first) if found else None


def is_endless(ring: list[str], parts: Rows) -> bool:
    """Whether of every member the whole or more is held by members. It is no more than a quick way to a sure answer."""
    inside: dict[str, Fraction] = dict.fromkeys(ring, NOTHING)
    for key in ring:
        for other, part in parts.get(key, {}).items():
            if other in inside:
                inside[other] += part
    return all(part >= ONE for part in inside.values())


@dataclass(frozen=True)
class Ring:
    """The equations of a ring with one unknown after another taken out: what each is made of, and how many times its row was
    taken from others. `core` is what was left of them, in which everything hangs together."""

    rows: Rows
    pivots: Mapping[str, Fraction]
    taken: Mapping[str, Mapping[str, Fraction]]
    core: Sequence[str] = ()
    system: lifting.System | None = None

    def solve(self, first: Mapping[str, Fraction]) -> dict[str, Fraction] | None:
        """None where what is left has no answer, or one that is negative: then chains add up without end."""
        right = dict(first)
        for pivot, users in self.taken.items():
            if right[pivot]:
                right[pivot] /= self.pivots[pivot]
                for key, times in users.items():
                    right[key] -= times * right[pivot]
        known, denominator = self.system.solve([right[key] for key in self.core]) if self.system else ([], 1)
        if any(value < 0 for value in known):
            return None
        # All are counted in parts of the denominator to the end, since it is long.
        found = {key: Fraction(value) for key, value in zip(self.core, known, strict=True)}
        for pivot in reversed(list(self.taken)):
            through = sum((part * found[other] for other, part in self.rows[pivot].items()), NOTHING)
            found[pivot] = right[pivot] * denominator - through
        return {key: Fraction(value.numerator, value.denominator * denominator) for key, value in found.items()}


@lru_cache(maxsize=2)
def taken_apart(lines: tuple[tuple[str, tuple[tuple[str, Fraction], ...]], ...]) -> Ring | None:
    """Gaussian elimination, always next the unknown whose row and column are shortest, while that costs little; what is then left
    is for lifting. Parts are never negative, so there is a finite answer only when all pivots are positive; None when one isn't.
    Kept, since one structure is asked about several subjects."""
    rows = {key: {other: -part for other, part in line} for key, line in lines}
    users: dict[str, set[str]] = {key: set() for key in rows}
    for key, row in rows.items():
        row[key] = row.get(key, NOTHING) + ONE
        for other in row:
            users[other].add(key)
    pivots: dict[str, Fraction] = {}
    taken: dict[str, dict[str, Fraction]] = {}
    may_lift = True
    for pivot, cost in cheapest_first(rows, users):
        if cost > CHEAP and may_lift:
            core = [key for key in rows if key not in taken]
            try:
                return Ring(rows, pivots, taken, core, system(core, rows))
            except lifting.Singular:
                may_lift = False
        pivots[pivot] = rows[pivot][pivot]
        if pivots[pivot] <= 0:
            return None
        taken[pivot] = take_out(pivot, rows, users)
    return Ring(rows, pivots, taken)


def system(core: Sequence[str], rows: Rows) -> lifting.System:
    place = {key: number for number, key in enumerate(core)}
    return lifting.System.of([{place[other]: part for other, part in rows[key].items()} for key in core])


def cheapest_first(rows: Rows, users: Mapping[str, set[str]]) -> Iterator[tuple[str, int]]:
    """The unknowns in order, each with how many entries taking it out may change; looked up anew when one comes to the top, since
    taking out others changes them."""

    def cost(key: str) -> int:
        return (len(rows[key]) - 1) * (len(users[key]) - 1)

    heap = [(cost(key), place, key) for place, key in enumerate(rows)]
    heapq.heapify(heap)
    while heap:
        known, place, key = heapq.heappop(heap)
        if (now := cost(key)) > known:
            heapq.heappush(heap, (now, place, key))
        else:
            yield key, now


def take_out(pivot: str, rows: dict[str, dict[str, Fraction]], users: dict[str, set[str]]) -> dict[str, Fraction]:
    """Leaves in the pivot's row what it is made of, and puts that wherever the pivot stands in other rows, so many times."""
    row = rows[pivot]
    value = row.pop(pivot)
    if value != ONE:
        for other in row:
            row[other] /= value
    users[pivot].discard(pivot)
    for other in row:
        users[other].discard(pivot)
    taken = {key: rows[key].pop(pivot) for key in sorted(users[pivot])}
    for key, times in taken.items():
        line = rows[key]
        for other, part in row.items():
            line[other] = line.get(other, NOTHING) - times * part
            users[other].add(key)
    return taken


def rings(keys: list[str], parts: Rows) -> Iterator[list[str]]:
    """Strongly connected components, each after all it needs (Tarjan's way, without recursion)."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    waiting: set[str] = set()
    for start in keys:
        if start in number:
            continue
        work = [(start, iter(parts.get(start, {})))]
        number[start] = lowest[start] = len(number)
        stack.append(start)
        waiting.add(start)
        while work:
            key, others = work[-1]
            for other in others:
                if other not in number:
                    number[other] = lowest[other] = len(number)
                    stack.append(other)
                    waiting.add(other)
                    work.append((other, iter(parts.get(other, {}))))
                    break
                if other in waiting:
                    lowest[key] = min(lowest[key], number[other])
            else:
                work.pop()
                if work:
                    above = work[-1][0]
                    lowest[above] = min(lowest[above], lowest[key])
                if lowest[key] == number[key]:
                    ring = stack[stack.index(key) :] if stack[-1] != key else [key]
                    del stack[-len(ring) :]
                    waiting.difference_update(ring)
                    yield ring
