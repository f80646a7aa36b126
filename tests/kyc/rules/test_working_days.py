"""Days on which an office works, counted."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.rules import packs, working_days

FEDERAL = packs.current().holidays("us-federal")


@pytest.mark.parametrize(
    ("day", "found"),
    [
        # Thanksgiving between.
        (date(2026, 11, 16), date(2026, 12, 1)),
        # From a Saturday, as from the Friday before.
        (date(2026, 8, 7), date(2026, 8, 21)),
        (date(2026, 8, 8), date(2026, 8, 21)),
        # Christmas, New Year's Day, and none of the two on a weekend.
        (date(2026, 12, 18), date(2027, 1, 5)),
        # New Year's Day of 2028 is a Saturday, kept on the Friday of the year before.
        (date(2027, 12, 20), date(2028, 1, 5)),
    ],
)
def test_ten_of_them_after_a_day(day: date, found: date) -> None:
    assert packs.current().blocked_due(day) == found


@given(st.dates(date(2025, 1, 1), date(2030, 6, 1)), st.integers(1, 60))
def test_it_is_one_itself_and_as_many_lie_between(day: date, count: int) -> None:
    found = working_days.after(day, count, FEDERAL)
    between = [day + timedelta(days=n) for n in range(1, (found - day).days + 1)]
    assert sum(working_days.is_one(each, FEDERAL) for each in between) == count
    assert working_days.is_one(found, FEDERAL)


def test_a_year_without_holidays_comes_out_earlier_and_never_later() -> None:
    assert all(working_days.after(day, 10, ()) <= working_days.after(day, 10, FEDERAL) for day in sorted(FEDERAL))


def test_the_annual_report_has_its_two_days() -> None:
    assert packs.current().blocked_annual(2026) == (date(2026, 6, 30), date(2026, 9, 30))
