"""Birth dates as lists give them."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kyc.screening import birthdates

DAYS = st.dates(min_value=date(1000, 1, 1))
SPANS = st.tuples(DAYS, DAYS).map(sorted).map(tuple)


class TestWritten:
    @pytest.mark.parametrize(
        ("published", "written"),
        [
            ("07 Oct 1952", "1952-10-07"),
            ("7 October 1952", "1952-10-07"),
            ("Oct 1952", "1952-10"),
            ("1952", "1952"),
            (" 1952 ", "1952"),
            ("1952-10-07", "1952-10-07"),
            ("circa 1952", "circa 1952"),
            ("circa 10 Dec 1948", "circa 1948-12-10"),
            ("1971 to 1973", "1971 to 1973"),
            ("01 Jan 1961 to 31 Dec 1961", "1961-01-01 to 1961-12-31"),
            ("circa 1979-1982", "circa 1979 to 1982"),
            ("", ""),
            ("unknown", ""),
            ("07 Foo 1952", ""),
            ("1952 to unknown", ""),
            ("1952 to 1953 to 1954", ""),
            ("07/10/1952", ""),
        ],
    )
    def test_reads_what_publishers_write(self, published: str, written: str) -> None:
        assert birthdates.written(published) == written

    @given(DAYS)
    def test_reads_every_day(self, day: date) -> None:
        assert birthdates.written(f"{day:%d %b} {day.year:04}") == day.isoformat()
        assert birthdates.written(day.isoformat()) == day.isoformat()

    @given(DAYS, DAYS, st.booleans())
    def test_read_again_it_says_the_same(self, one: date, other: date, is_about: bool) -> None:
        once = birthdates.written(("circa " if is_about else "") + f"{one:%d %b} {one.year:04} to {other.year:04}")
        assert once.startswith("circa ") == is_about and str(one) in once
        assert birthdates.written(once) == once


class TestSpan:
    @pytest.mark.parametrize(
        ("written", "first", "last"),
        [
            ("1952-10-07", "1952-10-07", "1952-10-07"),
            ("1952-02", "1952-02-01", "1952-02-29"),
            ("1952-12", "1952-12-01", "1952-12-31"),
            ("1952", "1952-01-01", "1952-12-31"),
            ("1971 to 1973", "1971-01-01", "1973-12-31"),
            ("1976-03 to 1976-05", "1976-03-01", "1976-05-31"),
            ("circa 1952", "1950-01-01", "1954-12-28"),
            ("circa 1952-02-29", "1950-02-01", "1954-02-28"),
        ],
    )
    def test_goes_from_the_first_possible_day_to_the_last(self, written: str, first: str, last: str) -> None:
        assert birthdates.span(written) == (date.fromisoformat(first), date.fromisoformat(last))

    @pytest.mark.parametrize("text", ["", "circa ", "unknown", "1952-13", "1952-02-30", "0000", "1971 to", "to 1971", "9999-99"])
    def test_what_is_no_day_has_none(self, text: str) -> None:
        assert birthdates.span(text) is None

    @given(st.text() | st.from_regex(r"(circa )?[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?( to [0-9]{4})?", fullmatch=True))
    @example("circa 0001")
    @example("circa 9999-12-31")
    @example("9999")
    def test_whatever_is_asked_it_answers_with_days_or_nothing(self, text: str) -> None:
        found = birthdates.span(text)
        assert found is None or all(type(day) is date for day in found)

    @given(DAYS)
    def test_a_day_lies_in_its_month_and_its_month_in_its_year(self, day: date) -> None:
        text = day.isoformat()
        one, month, year = (birthdates.span(text[:length]) for length in (10, 7, 4))
        assert one == (day, day)
        assert month and year and year[0] <= month[0] <= day <= month[1] <= year[1]


class TestYearsApart:
    @pytest.mark.parametrize(
        ("one", "other", "years"),
        [
            ("1952-10-07", "1952-10-07", 0),
            ("1952-10-07", "1952", 0),
            ("1952-01-01", "1952-12-31", 0),
            ("1952-12-31", "1953-01-01", 1),
            ("1952", "1962", 10),
            ("1971 to 1973", "1972", 0),
            ("1971 to 1973", "1980", 7),
            ("circa 1952", "1955", 1),
        ],
    )
    def test_counts_whole_years(self, one: str, other: str, years: int) -> None:
        spans = birthdates.span(one), birthdates.span(other)
        assert spans[0] and spans[1]
        assert birthdates.years_apart(spans[0], spans[1]) == years

    @given(SPANS, SPANS)
    def test_is_the_same_both_ways_and_none_where_they_touch(self, one: birthdates.Span, other: birthdates.Span) -> None:
        apart = birthdates.years_apart(one, other)
        assert apart == birthdates.years_apart(other, one)
        touch = max(one[0], other[0]) <= min(one[1], other[1])
        same_year = one[1].year == other[0].year or other[1].year == one[0].year
        assert (apart == 0) == (touch or same_year)
