"""The arithmetic of gaps: what is covered and what is not are the whole, and never both."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.facts.intervals import Interval, cut, gaps

START = datetime(2026, 1, 1, tzinfo=UTC)


def hours(start: int, end: int) -> Interval:
    return Interval(START + timedelta(hours=start), START + timedelta(hours=end))


class TestCut:
    @pytest.mark.parametrize(
        ("given", "left"),
        [((2, 4), (2, 4)), ((-5, 4), (0, 4)), ((2, 99), (2, 10)), ((-5, 0), None), ((10, 12), None), ((3, 3), None)],
    )
    def test_it_is_what_lies_within(self, given: tuple[int, int], left: tuple[int, int] | None) -> None:
        assert cut(*hours(*given), hours(0, 10)) == (hours(*left) if left else None)

    def test_what_is_open_ends_with_the_whole(self) -> None:
        assert cut(hours(2, 2).start, None, hours(0, 10)) == hours(2, 10)


class TestGaps:
    @pytest.mark.parametrize(
        ("covered", "left"),
        [
            ([], [(0, 10)]),
            ([(0, 10)], []),
            ([(2, 4), (6, 8)], [(0, 2), (4, 6), (8, 10)]),
            ([(6, 8), (0, 7)], [(8, 10)]),
            ([(1, 9), (2, 3)], [(0, 1), (9, 10)]),
            ([(0, 5), (5, 10)], []),
        ],
    )
    def test_they_are_what_nothing_covers(self, covered: list[tuple[int, int]], left: list[tuple[int, int]]) -> None:
        assert list(gaps(hours(0, 10), [hours(*one) for one in covered])) == [hours(*one) for one in left]

    @given(st.lists(st.tuples(st.integers(0, 24), st.integers(0, 24)).filter(lambda pair: pair[0] < pair[1])))
    def test_every_hour_is_covered_or_in_one_gap(self, covered: list[tuple[int, int]]) -> None:
        found = list(gaps(hours(0, 24), [hours(*one) for one in covered]))
        for hour in range(24):
            at = hours(hour, hour).start
            within = sum(gap.start <= at < gap.end for gap in found)
            assert within == (not any(start <= hour < end for start, end in covered))
