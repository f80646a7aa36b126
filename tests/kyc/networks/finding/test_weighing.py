"""Bits, the cut, and what is one reason."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.networks.finding import judging, weighing
from kyc.networks.finding.families import ALL, FAMILIES, NAMES, ROOF

BITS = st.lists(st.floats(5, 20, width=32) | st.just(0.0), min_size=len(ALL), max_size=len(ALL))


def row(**bits: float) -> np.ndarray:
    return np.array([[bits.get(name, 0.0) for name in ALL]], np.float32)


class TestCut:
    @given(st.integers(100, 10_000_000), st.floats(0.5, 0.999))
    def test_rises_by_as_much_as_chance_does(self, accounts: int, certain: float) -> None:
        assert weighing.cut(accounts * 8, certain) == pytest.approx(weighing.cut(accounts, certain) + 3)

    def test_is_the_posterior(self) -> None:
        bits = weighing.cut(100_000, 0.9)
        odds = 2**bits * weighing.PARTNERS / 100_000
        assert odds / (1 + odds) == pytest.approx(0.9)


class TestReasons:
    @pytest.mark.parametrize(
        ("bits", "reasons"),
        [
            ({"payment": 9, "device": 9}, 2),
            ({"document": 9, "document_image": 9}, 1),
            ({"login_ip": 9, "address": 9, "domain": 9, "user_agent": 5}, 1),
            ({"login_ip": 9, "phone": 9}, 2),
            ({"address": 9, "phone": 9}, 1),
            ({"device": 9, "user_agent": 5}, 1),
            ({"opened": 9, "payment": 9}, 1),
            ({"opened": 9, "ended": 9, "payment": 9}, 2),
            ({"template": 9, "opened": 9, "ended": 9}, 1),
        ],
    )
    def test_independent_ones(self, bits: dict[str, float], reasons: int) -> None:
        assert weighing.summed(row(**bits))[1].tolist() == [reasons]

    @given(BITS)
    def test_no_family_says_more_than_it_may(self, bits: list[float]) -> None:
        total, reasons, families = weighing.summed(np.array([bits], np.float32))
        assert 0 <= total[0] <= weighing.FAMILY_BITS * len(FAMILIES)
        assert reasons[0] <= int(families[0]).bit_count()

    @given(BITS, st.sampled_from(NAMES))
    def test_what_agrees_besides_takes_nothing_away(self, bits: list[float], more: str) -> None:
        with_more = np.array([bits, bits], np.float32)
        with_more[1, ALL.index(more)] = 20
        total, reasons, _ = weighing.summed(with_more)
        # The roof counts by its heaviest alone, which may move from one family to another.
        assert reasons[1] >= reasons[0] and (ROOF[ALL.index(more)] or total[1] >= total[0])


class TestOdds:
    @given(st.integers(1, 200), st.data())
    def test_rise_with_how_many_share_what_is_their_own(self, size: int, data: st.DataObject) -> None:
        many = data.draw(st.integers(0, size - 1))
        low, high = (judging.odds(np.array([share]), np.array([size]), 0.6, 0.12)[0] for share in (many, many + 1))
        assert high > low

    def test_an_office_is_none_and_a_network_is(self) -> None:
        told = judging.odds(np.array([5, 20]), np.array([50, 50]), judging.OF_ONE_HAND, judging.UNDER_A_ROOF)
        assert told[0] < 0 < told[1]
