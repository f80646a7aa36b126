"""Days in a rhythm of months. Pure."""

import calendar
from datetime import date

MONTHS = {"month": 1, "quarter": 3, "year": 12}


def moved(first: date, months: int) -> date:
    """So many months after; of the 31st the last day of a shorter month."""
    place = first.year * 12 + first.month - 1 + months
    year, month = divmod(place, 12)
    return date(year, month + 1, min(first.day, calendar.monthrange(year, month + 1)[1]))


def after(first: date, rhythm: str, on: date) -> date:
    """The first day of the rhythm after `on`."""
    step, count = MONTHS[rhythm], 0
    while (found := moved(first, count * step)) <= on:
        count += 1
    return found


def before(first: date, rhythm: str, on: date) -> date:
    """The one before `on`, which is a day of it."""
    step, count = MONTHS[rhythm], 0
    while moved(first, count * step) < on:
        count += 1
    return moved(first, (count - 1) * step)
