"""Shares as exact text: `25`, `24.99` per cent, `1/3` of the whole, `25-50`, `>50`, empty for unknown."""

import re
from dataclasses import dataclass
from fractions import Fraction

NUMBER = r"\d{1,3}(?:\.\d{1,12})?"
PER_CENT = re.compile(rf"({NUMBER})\s*%?", re.ASCII)
PART = re.compile(r"(\d{1,9})\s*/\s*(\d{1,9})", re.ASCII)
RANGE = re.compile(rf"({NUMBER})\s*-\s*({NUMBER})\s*%?", re.ASCII)
MORE = re.compile(rf">\s*({NUMBER})\s*%?", re.ASCII)
ONE = Fraction(1)


class BadShare(ValueError):
    """The text is no share; the message says what a share looks like."""


@dataclass(frozen=True)
class Interval:
    """What is known of a share, as parts of one. `above` when the minimum itself is excluded."""

    min: Fraction
    max: Fraction
    above: bool = False

    @property
    def is_exact(self) -> bool:
        return self.min == self.max


UNKNOWN = Interval(Fraction(0), ONE)


def per_cent_of(text: str) -> Fraction:
    return Fraction(text) / 100


def parse(text: str) -> Interval:
    """The share that `text` states; empty is anything from nothing to all. Raises BadShare."""
    text = text.strip()
    if not text:
        return UNKNOWN
    interval = read(text)
    if not (0 <= interval.min <= interval.max <= 1):
        raise BadShare("A share lies between 0 and 100 per cent.")
    if interval.max == 0:
        raise BadShare("A share of nothing is no share; leave the owner out.")
    return interval


def read(text: str) -> Interval:
    if found := PER_CENT.fullmatch(text):
        share = per_cent_of(found[1])
        return Interval(share, share)
    if found := PART.fullmatch(text):
        if int(found[2]) == 0:
            raise BadShare("A fraction can't be divided by nothing.")
        share = Fraction(int(found[1]), int(found[2]))
        return Interval(share, share)
    if found := RANGE.fullmatch(text):
        return Interval(per_cent_of(found[1]), per_cent_of(found[2]))
    if found := MORE.fullmatch(text):
        return Interval(per_cent_of(found[1]), ONE, above=True)
    if "," in text:
        raise BadShare("Write the decimals after a point: 33.5")
    raise BadShare("Write per cent such as 25 or 33.5, a fraction such as 1/3, or a range such as 25-50.")


def per_cent(share: Fraction) -> str:
    """`50 %`, `24.99 %`, `≈ 33.33 %`."""
    value = share * 100
    rounded = Fraction(round(value * 100), 100)
    text = f"{float(rounded):.2f}".rstrip("0").rstrip(".")
    return f"{'' if rounded == value else '≈ '}{text} %"


def shown(interval: Interval) -> str:
    if interval.is_exact:
        return per_cent(interval.min)
    if interval == UNKNOWN:
        return "unknown"
    if interval.above:
        return f"over {per_cent(interval.min)}"
    return f"{per_cent(interval.min)} to {per_cent(interval.max)}"
