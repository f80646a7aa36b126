"""Large rings of equations, solved exactly without fractions that grow on the way (Dixon's lifting).

The equations are solved modulo one prime, and again for what is left over, each time for one more digit of the answer in
powers of that prime. Cramer's rule bounds how many digits tell one fraction from all others that the answer could be, and what
comes out is put into the equations. Elimination over fractions gives the same; for a ring of hundreds it takes a hundred times
as long.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt, lcm, prod
from operator import itemgetter, mul

PRIME = 2**127 - 1
# After how many tenths of the digits that an answer may have one is tried.
TRIES = (5, 6, 7, 8, 9, 11)
# Of one row, the places that aren't empty, and what stands there.
Line = tuple[Sequence[int], Sequence[int]]


class Singular(ArithmeticError):
    """Modulo the prime the equations have no single answer; over fractions they may have."""


@dataclass(frozen=True)
class Factors:
    """The equations taken apart modulo the prime: unknowns in the order in which they were taken out, and for each the parts of
    earlier rows that were taken from its row, what its own row had left, and the inverse of its pivot."""

    order: Sequence[int]
    before: Mapping[int, Line]
    after: Mapping[int, Line]
    inverse: Sequence[int]

    def solve(self, right: Sequence[int]) -> list[int]:
        """The answer modulo the prime."""
        found = [value % PRIME for value in right]
        for key in self.order:
            found[key] = (found[key] - dot(self.before[key], found)) % PRIME
        for key in reversed(self.order):
            found[key] = (found[key] - dot(self.after[key], found)) * self.inverse[key] % PRIME
        return found


def dot(line: Line, values: Sequence[int]) -> int:
    places, parts = line
    if len(places) < 2:
        return parts[0] * values[places[0]] if places else 0
    return sum(map(mul, parts, itemgetter(*places)(values)))


def taken_apart(matrix: Sequence[Mapping[int, int]]) -> Factors:
    """Always next the unknown whose row and column are shortest, so that few entries are added. Raises Singular."""
    rows = [{other: value % PRIME for other, value in row.items()} for row in matrix]
    users: list[set[int]] = [set() for _ in rows]
    for key, row in enumerate(rows):
        for other in row:
            users[other].add(key)
    before: dict[int, dict[int, int]] = {key: {} for key in range(len(rows))}
    order: list[int] = []
    inverse = [0] * len(rows)
    for pivot in shortest_first(rows, users):
        row = rows[pivot]
        value = row.pop(pivot, 0)
        if not value:
            raise Singular
        inverse[pivot] = pow(value, -1, PRIME)
        order.append(pivot)
        users[pivot].discard(pivot)
        for other in row:
            users[other].discard(pivot)
        for key in users[pivot]:
            before[key][pivot] = taken(rows, users, pivot, key, inverse[pivot])
    return Factors(
        order,
        {key: (list(found), list(found.values())) for key, found in before.items()},
        {key: (list(row), list(row.values())) for key, row in enumerate(rows)},
        inverse,
    )


def taken(rows: list[dict[int, int]], users: list[set[int]], pivot: int, key: int, inverse: int) -> int:
    """How many times the pivot's row is taken from the row of `key`, so that the pivot vanishes there."""
    row = rows[key]
    times = row.pop(pivot) * inverse % PRIME
    for other, value in rows[pivot].items():
        if other in row:
            row[other] = (row[other] - times * value) % PRIME
        else:
            row[other] = -times * value % PRIME
            users[other].add(key)
    return times


def shortest_first(rows: list[dict[int, int]], users: list[set[int]]) -> Iterator[int]:
    """The unknowns in order; lengths are looked up anew when one comes to the top, since elimination changes them."""

    def cost(key: int) -> int:
        return len(rows[key]) * len(users[key])

    heap = [(cost(key), key) for key in range(len(rows))]
    heapq.heapify(heap)
    while heap:
        known, key = heapq.heappop(heap)
        if (now := cost(key)) > known:
            heapq.heappush(heap, (now, key))
        else:
            yield key


def solved(rows: Sequence[Mapping[int, Fraction]], right: Sequence[Fraction]) -> list[Fraction]:
    """The single answer of `rows` x = `right`. Raises Singular."""
    scales = [lcm(*(value.denominator for value in row.values())) for row in rows]
    matrix = [{other: int(value * scale) for other, value in row.items()} for row, scale in zip(rows, scales, strict=True)]
    shared = lcm(*(value.denominator for value in right))
    whole = [int(value * shared) * scale for value, scale in zip(right, scales, strict=True)]
    lines = [(list(row), list(row.values())) for row in matrix]
    weight = sum(map(abs, whole)) or 1
    # By Hadamard and Cramer no denominator of the answer is larger, and no numerator than so many times `weight`.
    largest = prod(isqrt(sum(value * value for value in row.values())) + 1 for row in matrix)
    # Most answers are shorter than they may be, so a shorter one is tried; it counts only when it is the answer.
    lengths = [largest.bit_length() * part // 10 for part in TRIES]
    for found, modulus in lifted(lines, taken_apart(matrix), whole):
        if lengths and modulus.bit_length() > 2 * lengths[0] + weight.bit_length() + 2:
            answer = reconstructed(found, modulus, 1 << lengths.pop(0), weight)
            if answer and is_answer(*answer, lines, whole):
                numerators, denominator = answer
                return [Fraction(value, denominator * shared) for value in numerators]
    raise AssertionError


def lifted(lines: Sequence[Line], factors: Factors, whole: Sequence[int]) -> Iterator[tuple[list[int], int]]:
    """The answer modulo ever higher powers of the prime."""
    left, found, modulus = list(whole), [0] * len(whole), 1
    while True:
        digit = factors.solve(left)
        found = [value + modulus * more for value, more in zip(found, digit, strict=True)]
        left = [(value - dot(line, digit)) // PRIME for value, line in zip(left, lines, strict=True)]
        modulus *= PRIME
        yield found, modulus


def reconstructed(values: Sequence[int], modulus: int, largest: int, weight: int) -> tuple[list[int], int] | None:
    """Numerators over one denominator, up to `largest`, that are these values in the modulus. Since all share it, only few have
    to be sought."""
    denominator, most = 1, largest * weight
    found: list[tuple[int, int]] = []
    for value in values:
        upper = value * denominator % modulus
        upper = upper - modulus if upper > modulus >> 1 else upper
        if abs(upper) > most:
            upper, lower = sought(upper % modulus, modulus, most)
            denominator *= lower
        if denominator > largest:
            return None
        found.append((upper, denominator))
    return [upper * (denominator // lower) for upper, lower in found], denominator


def sought(value: int, modulus: int, most: int) -> tuple[int, int]:
    """Numerator and denominator that are this value in the modulus, by Euclid's way stopped half-way."""
    one, other, lower, next_lower = modulus, value, 0, 1
    while other > most:
        times = one // other
        one, other = other, one - times * other
        lower, next_lower = next_lower, lower - times * next_lower
    return (other, next_lower) if next_lower > 0 else (-other, -next_lower)


def is_answer(numerators: Sequence[int], denominator: int, lines: Sequence[Line], whole: Sequence[int]) -> bool:
    return all(dot(line, numerators) == denominator * value for line, value in zip(lines, whole, strict=True))
