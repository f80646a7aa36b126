"""x = constants + parts x over exact fractions, ring by ring: a ring is a set of unknowns that need one another."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from kyc.ownership.shares import NOTHING, ONE

Rows = Mapping[str, Mapping[str, Fraction]]
# No finite answer; None stands for it in results.
Answer = Fraction | None


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
        first[key] = constants[key] + sum((part * value for value, part in outside if value), NOTHING)
    if not any(first.values()) or not any(other in inside for key in ring for other in parts.get(key, {})):
        return first
    answer = eliminate(ring, first, parts)
    if answer is None:
        return first if at_least else dict.fromkeys(ring)
    return answer


def eliminate(ring: list[str], first: Mapping[str, Fraction], parts: Rows) -> dict[str, Fraction] | None:
    """Gaussian elimination, shortest row first. Parts are never negative, so a finite answer exists exactly when all
    pivots are positive."""
    inside = set(ring)
    rows = {key: {other: -part for other, part in parts.get(key, {}).items() if other in inside} for key in ring}
    right = dict(first)
    users: dict[str, set[str]] = {key: set() for key in ring}
    for key, row in rows.items():
        row[key] = row.get(key, NOTHING) + ONE
        for other in row:
            users[other].add(key)
    order: list[str] = []
    left = set(ring)
    while left:
        pivot = min(left, key=lambda key: (len(rows[key]) * len(users[key] & left), key))
        left.remove(pivot)
        order.append(pivot)
        if rows[pivot][pivot] <= 0:
            return None
        for key in users[pivot] & left:
            take_out(pivot, key, rows, right, users)
    return substitute(order, rows, right)


def take_out(
    pivot: str, key: str, rows: dict[str, dict[str, Fraction]], right: dict[str, Fraction], users: dict[str, set[str]]
) -> None:
    """Subtracts as much of the pivot's row from the row of `key` as makes the pivot vanish there."""
    row = rows[key]
    times = row.pop(pivot) / rows[pivot][pivot]
    for other, value in rows[pivot].items():
        if other != pivot:
            row[other] = row.get(other, NOTHING) - times * value
            users[other].add(key)
    right[key] -= times * right[pivot]


def substitute(
    order: list[str], rows: Mapping[str, Mapping[str, Fraction]], right: Mapping[str, Fraction]
) -> dict[str, Fraction]:
    found: dict[str, Fraction] = {}
    for pivot in reversed(order):
        known = sum((value * found[other] for other, value in rows[pivot].items() if other != pivot), NOTHING)
        found[pivot] = (right[pivot] - known) / rows[pivot][pivot]
    return found


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
