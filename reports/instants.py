"""Instants as people write them: a year, a month, a day, or a full instant; UTC unless an offset is given."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

PERIOD = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
LAST = timedelta(microseconds=1)
# Nothing that a report tells of is older; whoever writes an earlier day has mistyped it.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class BadInstant(ValueError):
    """The text is no instant; the message says what one looks like."""


@dataclass(frozen=True)
class Span:
    """First and last moment of what was written; the same for a full instant."""

    first: datetime
    last: datetime

    def within(self, cut: datetime) -> datetime | None:
        """The last moment not after `cut`, or None when all of it lies after."""
        return min(self.last, cut) if self.first <= cut else None


def parse(text: str) -> Span:
    """`2026`, `2026-11`, `2026-11-23` or `2026-11-23T14:05:09Z`. Raises BadInstant."""
    try:
        if found := PERIOD.fullmatch(text.strip()):
            return period(*(int(part) if part else None for part in found.groups()))  # type: ignore[arg-type]  # the year is there
        moment = datetime.fromisoformat(text.strip())
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadInstant(f"“{text}” is no instant. Write 2026, 2026-11, 2026-11-23 or 2026-11-23T14:05:09Z.") from None
    return Span(moment, moment)


def period(year: int, month: int | None, day: int | None) -> Span:
    first = datetime(year, month or 1, day or 1, tzinfo=UTC)
    if day:
        days = 1
    elif month:
        days = calendar.monthrange(year, month)[1]
    else:
        days = 366 if calendar.isleap(year) else 365
    return Span(first, first + timedelta(days=days) - LAST)


def year_before(moment: datetime) -> datetime:
    """The same day and time a year earlier; of 29 February the 28th."""
    try:
        return moment.replace(year=moment.year - 1)
    except ValueError:
        return moment.replace(year=moment.year - 1, day=28)
