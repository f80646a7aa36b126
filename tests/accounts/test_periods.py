"""Periods of years: never a day too short."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.periods import first_kept, is_over, last_day, months_later

DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 1, 1))
YEARS = st.integers(min_value=0, max_value=30)


class TestLastDay:
    @pytest.mark.parametrize(
        ("since", "years", "end"),
        [
            (date(2026, 11, 29), 5, date(2031, 11, 29)),
            (date(2024, 2, 29), 4, date(2028, 2, 29)),
            (date(2024, 2, 29), 5, date(2029, 3, 1)),
            (date(2023, 2, 28), 1, date(2024, 2, 28)),
            (date(2096, 2, 29), 4, date(2100, 3, 1)),
            (date(2026, 1, 1), 0, date(2026, 1, 1)),
        ],
    )
    def test_is_the_same_day_so_many_years_later(self, since, years, end):
        assert last_day(since, years) == end

    @given(since=DAYS, years=YEARS)
    def test_is_never_before_the_years_are_over(self, since, years):
        end = last_day(since, years)
        assert (end.year - since.year, end.month, end.day) >= (years, since.month, since.day)
        assert end - since <= timedelta(days=366 * years)

    @given(since=DAYS, later=DAYS, years=YEARS)
    def test_who_began_later_never_ends_earlier(self, since, later, years):
        assert (since <= later) <= (last_day(since, years) <= last_day(later, years))


class TestIsOver:
    def test_only_on_the_day_after(self):
        assert not is_over(date(2031, 11, 29), date(2031, 11, 29))
        assert is_over(date(2031, 11, 29), date(2031, 11, 30))

    def test_what_has_no_end_lasts(self):
        assert not is_over(None, date.max)


class TestFirstKept:
    @given(on=DAYS, years=YEARS, apart=st.integers(min_value=-400, max_value=400))
    def test_parts_what_is_over_from_what_is_not(self, on, years, apart):
        since = first_kept(on, years) + timedelta(days=apart)
        assert is_over(last_day(since, years), on) == (since < first_kept(on, years))


def test_a_month_ends_on_the_same_day_or_on_its_last() -> None:
    told = {
        (date(2026, 1, 31), 1): date(2026, 2, 28), (date(2028, 1, 31), 1): date(2028, 2, 29),
        (date(2026, 11, 30), 3): date(2027, 2, 28), (date(2026, 12, 15), 1): date(2027, 1, 15),
    }  # fmt: skip
    assert {asked: months_later(*asked) for asked in told} == told
