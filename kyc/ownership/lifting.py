"""Equations that hang together so closely that fractions would grow without measure: solved exactly by Dixon's lifting.

They are solved modulo one prime, and again for what is left over, each time for one more digit of the answer in powers of that
prime. Cramer's rule bounds how many digits tell one fraction from all others that the answer could be, and what comes out is put
into the equations. For a hundred unknowns elimination over fractions takes a hundred times as long.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import isqrt, lcm, prod
from operator import itemgetter, mul

# The largest of two digits as Python counts.
PRIME = 2**60 - 93
# After how many tenths of the digits that an answer may have one is tried.
TRIES = (4, 5, 6, 7, 8, 9, 11)
# By how many bits the denominators of two answers may differ.
SPARE = 64
# Of one row, the places that aren't empty, and what stands there.
Line = tuple[tuple[int, ...], tuple[int, ...]]


class Singular(ArithmeticError):
    """Modulo the prime the equations have no single answer; over fractions they may have."""


@dataclass(frozen=True)
class Inverse:
    """The inverse of the equations modulo the prime, column by column. Numbers stand side by side in one long number, each in
    `width` bytes, so that one multiplication or addition does for all. They are brought back below the prime only when they are
    needed."""

    count: int
    width: int
    columns: Sequence[int] = ()

    @classmethod
    def of(cls, lines: Sequence[Line]) -> "Inverse":
        """Gauss and Jordan's way in place. The unknown to be taken out next stands lowest in each row; what takes its place goes
        to the top, so that in the end all stand where they stood. Raises Singular."""
        count = len(lines)
        # For sums of as many products as there are rows, on top of what stood there.
        pack = cls(count, ((count + 1) * PRIME**2).bit_length() // 8 + 1)
        bits = 8 * pack.width
        lowest = (1 << bits) - 1
        rows = [pack.joined(spread(line, count)) for line in lines]
        for number in range(count):
            pivot, *rest = pack.parted(rows[number])
            if not pivot:
                raise Singular
            inverse = pow(pivot, -1, PRIME)
            line = pack.joined([*(value * inverse % PRIME for value in rest), inverse])
            rows = [(row >> bits) + (PRIME - (row & lowest) % PRIME) * line for row in rows]
            rows[number] = line
        return cls(count, pack.width, [pack.joined(column) for column in zip(*map(pack.parted, rows), strict=True)])

    def joined(self, values: Iterable[int]) -> int:
        width = self.width
        return int.from_bytes(b"".join([value.to_bytes(width, "little") for value in values]), "little")

    def parted(self, number: int) -> list[int]:
        """Each below the prime."""
        width = self.width
        octets = number.to_bytes(width * self.count, "little")
        return [int.from_bytes(octets[start : start + width], "little") % PRIME for start in range(0, len(octets), width)]

    def times(self, right: Sequence[int]) -> list[int]:
        """The answer modulo the prime."""
        return self.parted(sum(map(mul, self.columns, [value % PRIME for value in right])))


def spread(line: Line, size: int) -> list[int]:
    row = [0] * size
    for place, part in zip(*line, strict=True):
        row[place] = part % PRIME
    return row


def dot(line: Line, values: Sequence[int]) -> int:
    places, parts = line
    if len(places) < 2:
        return parts[0] * values[places[0]] if places else 0
    return sum(map(mul, parts, itemgetter(*places)(values)))


@dataclass(frozen=True)
class System:
    """Equations in whole numbers, for which each row was multiplied by its scale."""

    lines: Sequence[Line]
    scales: Sequence[int]
    inverse: Inverse
    # Of the answer before: the next one has nearly the same, and then half as many digits tell it.
    denominators: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, rows: Sequence[Mapping[int, Fraction]]) -> "System":
        """Raises Singular."""
        scales = [lcm(*(value.denominator for value in row.values())) for row in rows]
        lines = [
            (tuple(row), tuple(int(value * scale) for value in row.values())) for row, scale in zip(rows, scales, strict=True)
        ]
        return cls(lines, scales, Inverse.of(lines))

    @cached_property
    def bits(self) -> int:
        """By Hadamard and Cramer no denominator of an answer has more, and no numerator more than so many and those of the right
        sides together."""
        return prod(isqrt(sum(map(mul, parts, parts))) + 1 for _, parts in self.lines).bit_length()

    def solve(self, right: Sequence[Fraction]) -> tuple[list[int], int]:
        """The single answer: numerators, and the denominator of all."""
        shared = lcm(*(value.denominator for value in right))
        whole = [int(value * shared) * scale for value, scale in zip(right, self.scales, strict=True)]
        weight = sum(map(abs, whole)) or 1
        # Most answers are shorter than they may be, so a shorter one is tried; it counts only when it is the answer.
        tries = [(2 * bits + weight.bit_length() + 2, bits) for bits in (self.bits * part // 10 for part in TRIES)]
        guesses = [(known.bit_length() + 2 * SPARE + weight.bit_length() + 2, known) for known in self.denominators]
        powers, digits = [1], []
        for digit in self.lifted(whole):
            digits.append(digit)
            powers.append(powers[-1] * PRIME)
            modulus, answer = powers[-1], None
            if guesses and modulus.bit_length() > guesses[0][0]:
                known = guesses.pop(0)[1]
                answer = reconstructed(values(powers, digits), modulus, known << SPARE, weight, known)
            elif modulus.bit_length() > tries[0][0]:
                answer = reconstructed(values(powers, digits), modulus, 1 << tries.pop(0)[1], weight)
            if answer and self.is_answer(*answer, whole):
                self.denominators[:] = [answer[1]]
                return answer[0], answer[1] * shared
            if not tries:
                break
        raise AssertionError

    def lifted(self, whole: Sequence[int]) -> Iterator[list[int]]:
        """The digits of the answer in powers of the prime, lowest first."""
        left = list(whole)
        while True:
            digit = self.inverse.times(left)
            yield digit
            left = [(value - dot(line, digit)) // PRIME for value, line in zip(left, self.lines, strict=True)]

    def is_answer(self, numerators: Sequence[int], denominator: int, whole: Sequence[int]) -> bool:
        return all(dot(line, numerators) == denominator * value for line, value in zip(self.lines, whole, strict=True))


def values(powers: Sequence[int], digits: Sequence[Sequence[int]]) -> list[int]:
    return [sum(map(mul, powers, value)) for value in zip(*digits, strict=True)]


def reconstructed(
    values: Sequence[int], modulus: int, largest: int, weight: int, denominator: int = 1
) -> tuple[list[int], int] | None:
    """Numerators over one denominator, a multiple of the given one up to `largest`, that are these values in the modulus. Since
    all share it, only few have to be sought."""
    most = largest * weight
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
