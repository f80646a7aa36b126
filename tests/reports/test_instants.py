from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.instants import BadInstant, Span, parse, year_before

MICROSECOND = timedelta(microseconds=1)


def moment(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


class TestParse:
    @pytest.mark.parametrize(
        ("text", "first", "after"),
        [
            ("2026", moment(2026, 1, 1), moment(2027, 1, 1)),
            ("2024", moment(2024, 1, 1), moment(2025, 1, 1)),
            ("2026-11", moment(2026, 11, 1), moment(2026, 12, 1)),
            ("2024-02", moment(2024, 2, 1), moment(2024, 3, 1)),
            ("2026-12", moment(2026, 12, 1), moment(2027, 1, 1)),
            ("2026-11-23", moment(2026, 11, 23), moment(2026, 11, 24)),
            (" 2026-11-23 ", moment(2026, 11, 23), moment(2026, 11, 24)),
            ("9998-12-31", moment(9998, 12, 31), moment(9999, 1, 1)),
        ],
    )
    def test_a_period_is_all_of_its_moments_in_utc(self, text: str, first: datetime, after: datetime) -> None:
        assert parse(text) == Span(first, after - MICROSECOND)

    @pytest.mark.parametrize(
        ("text", "at"),
        [
            ("2026-11-23T14:05:09Z", moment(2026, 11, 23, 14, 5, 9)),
            ("2026-11-23T14:05:09", moment(2026, 11, 23, 14, 5, 9)),
            ("2026-11-23 14:05:09+02:00", moment(2026, 11, 23, 12, 5, 9)),
            ("2026-11-23T23:30:00-05:00", moment(2026, 11, 24, 4, 30)),
            ("2026-11-23T14:05:09.123456Z", moment(2026, 11, 23, 14, 5, 9, 123456)),
            ("2026-11-23T14:05Z", moment(2026, 11, 23, 14, 5)),
        ],
    )
    def test_an_instant_is_one_moment_in_utc(self, text: str, at: datetime) -> None:
        assert parse(text) == Span(at, at)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "now",
            "26",
            "0000",
            "2026-13",
            "2026-02-30",
            "2026-1-1",
            "23.11.2026",
            "2026-11-23T25:00:00Z",
            "٢٠٢٦",
            "2026-11-23T14:05:09Zulu",
            "9999",
            "9999-12",
            "9999-12-31",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-14:00",
        ],
    )
    def test_anything_else_is_explained(self, text: str) -> None:
        with pytest.raises(BadInstant, match=r"is no instant\. Write 2026, 2026-11, 2026-11-23 or 2026-11-23T14:05:09Z"):
            parse(text)

    @given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9998, 12, 30), timezones=st.just(UTC)))
    def test_what_a_report_prints_is_read_back_exactly(self, at: datetime) -> None:
        assert parse(at.isoformat().replace("+00:00", "Z")) == Span(at, at)

    @given(st.dates(min_value=datetime(2, 1, 1).date(), max_value=datetime(9998, 12, 30).date()))
    def test_a_day_lies_in_its_month_and_its_month_in_its_year(self, day: datetime) -> None:
        text = day.isoformat()
        inner, month, year = parse(text), parse(text[:7]), parse(text[:4])
        assert year.first <= month.first <= inner.first < inner.last <= month.last <= year.last

    @given(st.text(max_size=30))
    def test_no_text_breaks_it(self, text: str) -> None:
        try:
            span = parse(text)
        except BadInstant:
            return
        assert span.first <= span.last


class TestWithin:
    SPAN = Span(moment(2026, 1, 1), moment(2026, 1, 31))

    @pytest.mark.parametrize(
        ("cut", "found"),
        [
            (moment(2025, 12, 31), None),
            (moment(2026, 1, 1), moment(2026, 1, 1)),
            (moment(2026, 1, 15), moment(2026, 1, 15)),
            (moment(2026, 1, 31), moment(2026, 1, 31)),
            (moment(2027, 1, 1), moment(2026, 1, 31)),
        ],
    )
    def test_it_is_the_last_moment_not_after_the_cut(self, cut: datetime, found: datetime | None) -> None:
        assert self.SPAN.within(cut) == found


class TestYearBefore:
    @pytest.mark.parametrize(
        ("moment", "before"),
        [((2026, 11, 24, 12), (2025, 11, 24, 12)), ((2024, 2, 29), (2023, 2, 28)), ((2025, 2, 28), (2024, 2, 28))],
    )
    def test_it_is_the_same_day_where_there_is_one(self, moment: tuple[int, ...], before: tuple[int, ...]) -> None:
        assert year_before(datetime(*moment, tzinfo=UTC)) == datetime(*before, tzinfo=UTC)
