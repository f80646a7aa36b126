"""Use by day as bars: pure geometry, in a box of 1000 by 200 that is stretched to whatever room there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDE, HIGH = 1000.0, 200.0
# Of a bar's place, how much is gap; and how high at least a bar is that stands for something.
GAP, LEAST = 0.25, 2.0
# What the upper edge may stand for, in tenths of a power of ten.
STEPS = (10, 15, 20, 25, 30, 40, 50, 60, 80, 100)


@dataclass(frozen=True)
class Bar:
    """One day; `bad` is how much of it, at its foot, failed or was refused."""

    day: date
    x: float
    width: float
    y: float
    height: float
    bad_y: float
    bad_height: float


@dataclass(frozen=True)
class Picture:
    bars: tuple[Bar, ...]
    # What the upper edge stands for: a round number.
    top: int


def drawn(days: Sequence[tuple[date, int, int]]) -> Picture:
    """Of each day what was asked and what of it went wrong."""
    top = round_up(max((count for _day, count, _bad in days), default=0))
    place = WIDE / max(len(days), 1)
    bars = []
    for number, (day, count, bad) in enumerate(days):
        height = tall(count, top)
        foot = footed(height, bad, count)
        bars.append(
            Bar(
                day, round(place * (number + GAP / 2), 2), round(place * (1 - GAP), 2), round(HIGH - height, 2), round(height, 2),
                round(HIGH - foot, 2), round(foot, 2),
            )
        )  # fmt: skip
    return Picture(tuple(bars), top)


def tall(count: int, top: int) -> float:
    return max(HIGH * count / top, LEAST) if count else 0.0


def footed(height: float, bad: int, count: int) -> float:
    """As much of the bar as went wrong; to be seen where the bar is tall enough, and never all of it where not all went wrong."""
    if not bad or not count:
        return 0.0
    foot = height * min(bad, count) / count
    return max(foot, LEAST) if height >= 4 * LEAST else foot


def round_up(most: int) -> int:
    """The next number of few digits, at least 10."""
    power = 10
    while power * 10 <= most:
        power *= 10
    return next(power * step // 10 for step in STEPS if power * step // 10 >= most)
