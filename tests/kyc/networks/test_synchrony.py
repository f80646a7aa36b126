"""Accounts are alike where they rise and fall together, not where they only keep the same hours."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.networks.synchrony import Series, Together, beyond, each_alike, rhythm

FIRST, HOURS = datetime(2026, 11, 2, tzinfo=UTC), 28 * 24
PLACES = rhythm(FIRST, HOURS)


def by_day(noise: float = 0.0, seed: int = 0) -> Series:
    """At work from 8 to 18."""
    draw = np.random.default_rng(seed)
    hours = PLACES % 24
    return (((hours >= 8) & (hours < 18)) * (100 + noise * draw.normal(size=HOURS)).clip(0)).astype(np.float32)


def left(requests: Series) -> Series:
    found = beyond(requests, PLACES, least=24)
    assert found is not None
    return found


def alike(series: list[Series]) -> float | None:
    together = Together.none_of(HOURS)
    for one in series:
        together.add(one)
    return together.alike()


class TestRhythm:
    def test_tells_the_hour_of_the_day_and_the_weekend(self) -> None:
        assert PLACES[:25].tolist() == [*range(24), 0]
        assert PLACES[5 * 24] == 24 and PLACES[7 * 24] == 0


class TestAlike:
    def test_accounts_of_the_same_hours_alone_are_not(self) -> None:
        told = alike([left(by_day(30, seed)) for seed in range(20)])
        assert told is not None and abs(told) < 0.05

    @pytest.mark.parametrize("idle", [range(14), (9,), range(0, 28, 3)], ids=["begun later", "a holiday", "now and then"])
    def test_nor_are_those_that_were_idle_on_the_same_days(self, idle: Iterable[int]) -> None:
        used = ~np.isin(np.arange(HOURS) // 24, [*idle])
        told = alike([left(by_day(30, seed) * used) for seed in range(20)])
        assert told is not None and abs(told) < 0.05

    def test_those_that_one_hand_drives_are(self) -> None:
        bursts = (np.random.default_rng(7).random(HOURS) < 0.1) * 300
        driven = [left((by_day(30, seed) + bursts).astype(np.float32)) for seed in range(20)]
        told = alike(driven)
        assert told is not None and told > 0.5

    def test_one_that_was_hardly_used_or_always_as_usual_is_not_compared(self) -> None:
        few = np.zeros(HOURS, np.float32)
        few[:23] = 5
        assert beyond(few, PLACES, least=24) is None
        assert beyond(by_day(), PLACES, least=24) is None

    @pytest.mark.parametrize("count", [0, 1])
    def test_of_fewer_than_two_nothing_is_said(self, count: int) -> None:
        assert alike([left(by_day(30))] * count) is None
        assert each_alike({number: left(by_day(30)) for number in range(count)}) == {}

    @given(st.integers(2, 12), st.integers(0, 1000))
    def test_is_the_mean_of_all_pairs_in_whatever_order(self, count: int, seed: int) -> None:
        draw = np.random.default_rng(seed)
        series = [left((draw.random(HOURS) * 100).astype(np.float32)) for _number in range(count)]
        pairs = [float(one.astype(np.float64) @ other.astype(np.float64)) for one, other in combinations(series, 2)]
        told = alike(series)
        assert told == pytest.approx(np.mean(pairs), abs=1e-6) and -1 <= told <= 1.0001
        assert alike(series[::-1]) == pytest.approx(told, abs=1e-9)
        assert np.mean([*each_alike(dict(enumerate(series))).values()]) == pytest.approx(told, abs=1e-6)
