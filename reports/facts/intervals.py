"""Arithmetic of half-open intervals of time, [start, end)."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple


class Interval(NamedTuple):
    start: datetime
    end: datetime


def cut(start: datetime, end: datetime | None, whole: Interval) -> Interval | None:
    """What of it lies within the whole; `end` None is open. None when nothing does."""
    found = Interval(max(start, whole.start), min(end, whole.end) if end else whole.end)
    return found if found.start < found.end else None


def gaps(whole: Interval, covered: Iterable[Interval]) -> Iterator[Interval]:
    """What of the whole none of the intervals covers, in order."""
    at = whole.start
    for start, end in sorted(covered):
        if start > at:
            yield Interval(at, min(start, whole.end))
        at = max(at, end)
        if at >= whole.end:
            return
    if at < whole.end:
        yield Interval(at, whole.end)
