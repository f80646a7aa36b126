"""How long a period of years or months lasts, without Django."""

from calendar import monthrange
from datetime import date, timedelta
from functools import lru_cache


@lru_cache(maxsize=4096)
def last_day(since: date, years: int) -> date:
    """The last day on which something is kept that is kept for so many years from `since`. Who begins on 29 February ends on 1
    March where the year has no such day, so that nothing is gone before its years are over."""
    year = since.year + years
    try:
        return since.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def is_over(end: date | None, on: date) -> bool:
    """Whether that last day has passed; a period that has no end yet lasts."""
    return end is not None and end < on


def first_kept(on: date, years: int) -> date:
    """The first day on which what began is still kept on that day: everything from before is past so many years."""
    day = on - timedelta(days=366 * years + 2)
    while is_over(last_day(day, years), on):
        day += timedelta(days=1)
    return day


def months_later(since: date, months: int) -> date:
    """The last day of a period of months: the day of the same number, and where the month has none its last (Regulation (EEC,
    Euratom) 1182/71, Art. 3(2)(c))."""
    year, month = divmod(since.year * 12 + since.month - 1 + months, 12)
    return date(year, month + 1, min(since.day, monthrange(year, month + 1)[1]))
