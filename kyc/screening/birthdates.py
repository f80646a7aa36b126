"""Birth dates as lists give them: a day, a month, a year, about a year, or from one to another.

Written as `1952-10-07`, `1952-10`, `1952`, `circa 1952`, `1971 to 1973`.
"""

import re
from datetime import MAXYEAR, MINYEAR, date, timedelta
from functools import lru_cache

MONTHS = {name: place for place, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)}
TEXT_DATE = re.compile(r"^(?:(\d{1,2}) )?(?:([A-Z][a-z]{2})[a-z]* )?(\d{4})$")
ISO = re.compile(r"^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$")
ABOUT_YEARS = 2

Span = tuple[date, date]


def one(text: str) -> str:
    """`07 Oct 1952` as 1952-10-07; empty if it is no date."""
    found = TEXT_DATE.match(text.strip())
    if not found:
        return text.strip() if ISO.match(text.strip()) else ""
    day, month, year = found.groups()
    if not month:
        return year
    if month.lower() not in MONTHS:
        return ""
    return f"{year}-{MONTHS[month.lower()]:02}" + (f"-{int(day):02}" if day else "")


def written(text: str) -> str:
    """A publisher's words for a birth date in the form above; empty if they can't be read."""
    about = text.strip().startswith("circa ")
    parts = [one(part) for part in re.split(r" to |(?<=\d{4})-(?=\d{4})", text.strip().removeprefix("circa "))]
    if not all(parts) or len(parts) > 2:
        return ""
    return ("circa " if about else "") + " to ".join(parts)


def ends(text: str) -> Span | None:
    """First and last day of `1952`, `1952-10` or `1952-10-07`; None if there is no such day."""
    found = ISO.match(text)
    if not found:
        return None
    year, month, day = (int(part) if part else 0 for part in found.groups())
    try:
        if day:
            return date(year, month, day), date(year, month, day)
        first = date(year, month or 1, 1)
        after = date(year + 1, 1, 1) if month in {0, 12} else date(year, month + 1, 1)
    except ValueError:
        return None
    return first, after - timedelta(days=1)


@lru_cache(maxsize=50_000)
def span(text: str) -> Span | None:
    """First and last possible day of a written birth date; None if it can't be read."""
    bounds = [ends(part) for part in text.removeprefix("circa ").split(" to ")]
    if not bounds or bounds[0] is None or bounds[-1] is None:
        return None
    first, last = bounds[0][0], bounds[-1][1]
    if text.startswith("circa "):
        first = first.replace(year=max(MINYEAR, first.year - ABOUT_YEARS), day=1)
        last = last.replace(year=min(MAXYEAR, last.year + ABOUT_YEARS), day=28)
    return first, last


def years_apart(one: Span, other: Span) -> int:
    """Whole years between two spans, 0 when they touch or fall in the same year."""
    if one[0] <= other[1] and other[0] <= one[1]:
        return 0
    return min(abs(one[0].year - other[1].year), abs(other[0].year - one[1].year))
