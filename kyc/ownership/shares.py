"""Shares as exact text: `25`, `24.99` per cent, `1/3` of the whole, `25-50`, `>50`, empty for unknown."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import lcm

NUMBER = r"\d{1,9}(?:\.\d{1,30})?"
PER_CENT = re.compile(rf"({NUMBER}) ?%?", re.ASCII)
PART = re.compile(r"(\d{1,18}) ?/ ?(\d{1,18})", re.ASCII)
RANGE = re.compile(rf"({NUMBER}) ?%? ?[-–] ?({NUMBER}) ?%?", re.ASCII)
MORE = re.compile(rf"> ?({NUMBER}) ?%?", re.ASCII)
NOTHING, ONE = Fraction(0), Fraction(1)
# Decimals of a per cent shown as they are; a share that needs more is shown rounded, with a sign that it is.
EXACT_DECIMALS, MOST_DECIMALS = 4, 12
LONG_BITS = 14_000
ABOUT = "≈ "
# A fraction with a larger denominator says less to a reader than a rounded per cent.
LARGEST_PARTS = 999


class BadShare(ValueError):
    """The text is no share; the message says what a share looks like."""


@dataclass(frozen=True)
class Interval:
    """What is known of a share, as parts of one. `above` when the minimum itself is excluded."""

    min: Fraction
    max: Fraction
    above: bool = False

    @cached_property
    def is_exact(self) -> bool:
        return self.min is self.max or self.min == self.max

    @cached_property
    def stated(self) -> str:
        """As it stands in arithmetic: exactly, where it is exact and a short fraction says so."""
        return part(self.min) if self.is_exact else self.shown

    @cached_property
    def shown(self) -> str:
        """In per cent, in words where no number is known."""
        if self.is_exact:
            return per_cent(self.min)
        if self == UNKNOWN:
            return "unknown"
        if self.above and self.max == ONE:
            return f"over {per_cent(self.min)}"
        return f"{per_cent(self.min)} to {per_cent(self.max)}"

    @cached_property
    def is_short(self) -> bool:
        return self.is_exact and is_short(self.min)


UNKNOWN = Interval(NOTHING, ONE)
NONE = Interval(NOTHING, NOTHING)


def exactly(share: Fraction) -> Interval:
    return Interval(share, share)


def added(values: Iterable[Fraction]) -> Fraction:
    """Their sum, made a fraction only at the end, which is quicker."""
    found = list(values)
    if len(found) < 2:
        return found[0] if found else NOTHING
    whole = lcm(*[value.denominator for value in found])
    return Fraction(sum([value.numerator * (whole // value.denominator) for value in found]), whole)


def total(shares: Iterable[Interval]) -> Interval:
    """The sum; its maximum may exceed the whole."""
    counted = list(shares)
    least = added([share.min for share in counted])
    is_exact = all([share.is_exact for share in counted])
    most = least if is_exact else added([share.max for share in counted])
    return Interval(least, most, any([share.above for share in counted]))


def per_cent_of(text: str) -> Fraction:
    return Fraction(text) / 100


def parse(text: str, *, zero: bool = False) -> Interval:
    """The share that `text` states; empty is anything from nothing to all. A share of nothing is refused unless `zero`.
    Raises BadShare."""
    text = " ".join(text.split())
    if not text:
        return UNKNOWN
    interval = read(text)
    if interval.min > interval.max and interval.max < ONE:
        raise BadShare("A range runs from the smaller to the larger number: 25-50.")
    if interval.max > ONE or interval.min > ONE or (interval.above and interval.min == ONE):
        raise BadShare("A share lies between 0 and 100 per cent.")
    if interval.max == 0 and not zero:
        raise BadShare("A share of nothing is no share; leave the owner out.")
    return interval


def read(text: str) -> Interval:
    if found := PER_CENT.fullmatch(text):
        return exactly(per_cent_of(found[1]))
    if found := PART.fullmatch(text):
        if int(found[2]) == 0:
            raise BadShare("A fraction can't be divided by nothing.")
        return exactly(Fraction(int(found[1]), int(found[2])))
    if found := RANGE.fullmatch(text):
        return Interval(per_cent_of(found[1]), per_cent_of(found[2]))
    if found := MORE.fullmatch(text):
        return Interval(per_cent_of(found[1]), ONE, above=True)
    raise BadShare(complaint(text))


def complaint(text: str) -> str:
    if "," in text:
        return "Write the decimals after a point: 33.5"
    if any(sign.isdigit() and not sign.isascii() for sign in text):
        return "Write the share with the digits 0 to 9."
    if text.startswith(("-", "−", "–")):
        return "A share lies between 0 and 100 per cent."
    return "Write per cent such as 25 or 33.5, a fraction such as 1/3, or a range such as 25-50."


def text(share: Fraction) -> str:
    """The exact fraction of one, as other programs read it: `1/4`, `0`, `1`."""
    if share.denominator == 1:
        return digits(share.numerator)
    return f"{digits(share.numerator)}/{digits(share.denominator)}"


def digits(number: int) -> str:
    """Python refuses to write a whole number of more than 4,300 digits, which shares in large rings have; decimals it writes."""
    return str(number) if number.bit_length() < LONG_BITS else f"{Decimal(number):f}"


def decimal(share: Fraction, places: int) -> tuple[str, bool]:
    """`share` in per cent, rounded to at most `places` decimals, half to even, without trailing noughts; and whether that is it
    exactly. Never through a float."""
    scaled, rest = divmod(share.numerator * 10 ** (places + 2), share.denominator)
    twice = 2 * rest
    if twice > share.denominator or (twice == share.denominator and scaled % 2):
        scaled += 1
    whole, part = divmod(scaled, 10**places)
    return f"{whole}.{part:0{places}d}".rstrip("0").rstrip("."), not rest


def per_cent(share: Fraction) -> str:
    """`50 %`, `24.99 %`, `≈ 33.33 %`. What is rounded says so, and is never rounded to a whole per cent that it isn't."""
    if not share.numerator * 10 ** (EXACT_DECIMALS + 2) % share.denominator:
        return f"{decimal(share, EXACT_DECIMALS)[0]} %"
    over = share.numerator * 100 % share.denominator
    # Twice how far the nearest whole per cent is, in parts of the denominator.
    twice = 2 * min(over, share.denominator - over)
    places = next((places for places in range(2, MOST_DECIMALS) if twice * 10**places > share.denominator), MOST_DECIMALS)
    told, is_exact = decimal(share, places)
    return f"{told} %" if is_exact else f"{ABOUT}{told} %"


def is_short(share: Fraction) -> bool:
    return share.denominator <= LARGEST_PARTS


def part(share: Fraction) -> str:
    """Per cent, or the fraction where per cent would have to be rounded and the fraction is short: `50 %`, `1/3`."""
    told = per_cent(share)
    return text(share) if told.startswith(ABOUT) and is_short(share) else told


def shown(interval: Interval) -> str:
    return interval.shown


def short(interval: Interval) -> str:
    """As `shown`, with the sign of a range once: `25 to 50 %`."""
    return shown(interval).replace(" % to ", " to ")


def as_stated(text: str) -> str:
    """What was stated, exactly: a fraction stays one, with what it comes to beside it: `1/3 (≈ 33.33 %)`."""
    told = short(parse(text, zero=True))
    return f"{text} ({told})" if "/" in text else told
