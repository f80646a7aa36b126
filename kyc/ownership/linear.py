"""x = constants + parts x over exact fractions, ring by ring: a ring is a set of unknowns that need one another."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from kyc.ownership import lifting
from kyc.ownership.shares import NOTHING, ONE

Rows = Mapping[str, Mapping[str, Fraction]]
# No finite answer; None stands for it in results.
Answer = Fraction | None
# From here on a ring is solved without fractions in between.
LARGE_RING = 24


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
    answer = answered(ring, first, parts)
    if answer is None:
        return first if at_least else dict.fromkeys(ring)
    return answer


def answered(ring: list[str], first: Mapping[str, Fraction], parts: Rows) -> Mapping[str, Fraction] | None:
    """None where what goes round the ring adds up without end: surely where of none of its members less than the whole is held
    inside. Where an answer that isn't negative comes out, it is the sum of all chains."""
    if is_endless(ring, parts):
        return None
    if len(ring) < LARGE_RING:
        return eliminate(ring, first, parts)
    place = {key: number for number, key in enumerate(ring)}
    rows = [{place[other]: -part for other, part in parts.get(key, {}).items() if other in place} for key in ring]
    for number, row in enumerate(rows):
        row[number] = row.get(number, NOTHING) + ONE
    try:
        found = lifting.solved(rows, [first[key] for key in ring])
    except lifting.Singular:
        return eliminate(ring, first, parts)
    return None if any(value < 0 for value in found) else dict(zip(ring, found, strict=True))


def is_endless(ring: list[str], parts: Rows) -> bool:
    """Whether of every member the whole or more is held by members. It is no more than a quick way to a sure answer."""
    inside: dict[str, Fraction] = dict.fromkeys(ring, NOTHING)
    for key in ring:
        for other, part in parts.get(key, {}).items():
            if other in inside:
                inside[other] += part
    return all(part >= ONE for part in inside.values())


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
