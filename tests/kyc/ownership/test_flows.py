"""How a chain's product is written: exactly where it can be, and with one sign where it is rounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.ownership.flows import multiplied
from kyc.ownership.shares import parse


class TestMultiplied:
    @pytest.mark.parametrize(
        ("shares", "told"),
        [
            (["50", "25"], "50 % × 25 % = 12.5 %"),
            (["1/3", "50"], "1/3 × 1/2 = 1/6 (≈ 16.67 %)"),
            (["1/3", "75"], "1/3 × 3/4 = 1/4 (25 %)"),
            (["100", "1/3"], "1 × 1/3 = 1/3 (≈ 33.33 %)"),
            (["25-50", "1/3"], "(25 % to 50 %) × 1/3 ≈ 8.33 % to 16.67 %"),
            (["33.333333", "50"], "≈ 33.33 % × 50 % ≈ 16.67 %"),
            (["1/97", "1/89"], "1/97 × 1/89 ≈ 0.01 %"),
            (["", "50"], "(unknown) × 50 % = 0 % to 50 %"),
            ([">50", "50"], "(over 50 %) × 50 % = 25 % to 50 %"),
        ],
    )
    def test_reads_as_it_would_be_written(self, shares: list[str], told: str) -> None:
        assert multiplied([parse(share) for share in shares]) == told

    @given(st.lists(st.sampled_from(["50", "1/3", "2/7", "33.333333", "25-50", ">50", "", "1/997"]), min_size=2, max_size=5))
    def test_never_both_equal_and_about(self, shares: list[str]) -> None:
        told = multiplied([parse(share) for share in shares])
        assert "= ≈" not in told
        assert "≈ ≈" not in told
