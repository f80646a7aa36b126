from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.calendar import MONTHS, after, before, moved

DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("first", "months", "found"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 1, 31), 2, date(2026, 3, 31)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
    ],
)
def test_so_many_months_after_on_the_same_day_or_the_last_of_a_shorter_month(first: date, months: int, found: date) -> None:
    assert moved(first, months) == found


@given(DAYS, st.sampled_from(sorted(MONTHS)), st.integers(0, 4000))
def test_the_next_is_the_first_after_and_the_one_before_it_is_not(first: date, rhythm: str, days: int) -> None:
    on = first + timedelta(days=days)
    found = after(first, rhythm, on)
    assert before(first, rhythm, found) <= on < found
    assert (found.year * 12 + found.month - first.year * 12 - first.month) % MONTHS[rhythm] == 0
