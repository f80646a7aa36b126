"""Bars by day: as high as what they stand for, and never outside."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.usage.picture import HIGH, LEAST, WIDE, drawn, round_up

DAY = date(2026, 11, 30)


class TestDrawn:
    def test_nothing(self) -> None:
        assert drawn([]).bars == ()
        assert [bar.height for bar in drawn([(DAY, 0, 0)]).bars] == [0.0]

    def test_two_days(self) -> None:
        picture = drawn([(DAY, 50, 10), (DAY, 100, 0)])
        assert (picture.top, [bar.height for bar in picture.bars], [bar.bad_height for bar in picture.bars]) == (
            100, [100.0, 200.0], [20.0, 0.0],
        )  # fmt: skip

    def test_a_low_bar_is_no_redder_than_what_went_wrong(self) -> None:
        low, tall = drawn([(DAY, 10, 1), (DAY, 10_000, 1)]).bars
        assert (low.height, low.bad_height) == (2.0, 0.2)
        assert (tall.height, tall.bad_height) == (200.0, 2.0)

    @given(st.lists(st.tuples(st.integers(0, 10**18), st.integers(0, 10**18)), min_size=1, max_size=90))
    def test_stays_in_its_box_in_order(self, counts: list[tuple[int, int]]) -> None:
        picture = drawn([(DAY + timedelta(days=number), *each) for number, each in enumerate(counts)])
        assert picture.top >= max(count for count, _bad in counts)
        for bar, (count, _bad) in zip(picture.bars, counts, strict=True):
            assert bar.x >= 0 and bar.x + bar.width <= WIDE and bar.y >= -0.01 and abs(bar.y + bar.height - HIGH) < 0.02
            assert (bar.height >= LEAST) == (count > 0) and bar.bad_height <= bar.height
        assert all(one.x + one.width < other.x for one, other in zip(picture.bars, picture.bars[1:], strict=False))


@pytest.mark.parametrize(
    ("most", "top"), [(0, 10), (10, 10), (11, 15), (21, 25), (26, 30), (51, 60), (101, 150), (10**12 + 1, 15 * 10**11)]
)
def test_round_up(most: int, top: int) -> None:
    assert round_up(most) == top
