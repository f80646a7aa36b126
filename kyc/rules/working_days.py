"""Days on which an office works: every one but Saturdays, Sundays and holidays. Pure."""

from collections.abc import Collection
from datetime import date, timedelta

SATURDAY = 5


def is_one(day: date, holidays: Collection[date]) -> bool:
    return day.weekday() < SATURDAY and day not in holidays


def after(day: date, count: int, holidays: Collection[date]) -> date:
    """The working day that is so many after `day`, which itself is not counted, whether one works on it or not."""
    while count:
        day += timedelta(days=1)
        count -= is_one(day, holidays)
    return day
