"""Equations of cross-holdings: the quick way for large rings gives what elimination over fractions gives."""

import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyc.ownership import lifting, linear
from kyc.ownership.linear import Answer, solve
from kyc.ownership.shares import NOTHING, ONE

Rows = dict[str, dict[str, Fraction]]
KEYS = "abcdefgh"
parts = st.sampled_from(["1/20", "1/3", "1/2", "7/11", "9/10", "1", "3/2"]).map(Fraction)
rows = st.dictionaries(st.sampled_from(KEYS), st.dictionaries(st.sampled_from(KEYS), parts, max_size=4))
constants = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["0", "1/4", "2/7", "1"]).map(Fraction))


def answers(known: dict[str, Fraction], found: Rows, *, at_least: bool, large: int) -> dict[str, Answer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear, "LARGE_RING", large)
        return solve(dict.fromkeys(KEYS, NOTHING) | known, found, at_least=at_least)


def mesh(size: int, *, seed: int) -> tuple[dict[str, Fraction], Rows]:
    """A structure in which nearly everybody holds, over others, some of itself."""
    rng = random.Random(seed)
    keys = [f"k{number}" for number in range(size)]
    found: Rows = {key: {} for key in keys}
    for owned in keys:
        for owner in rng.sample(keys, 3):
            found[owner][owned] = Fraction(rng.choice([5, 10, 20, 33]), 100)
    return {key: Fraction(rng.randrange(3), 7) for key in keys}, found


class TestSolve:
    @settings(deadline=None)
    @given(constants, rows, st.booleans())
    def test_is_the_same_both_ways(self, known: dict[str, Fraction], found: Rows, at_least: bool) -> None:
        quick = answers(known, found, at_least=at_least, large=1)
        assert quick == answers(known, found, at_least=at_least, large=1000)

    def test_a_large_ring_is_solved_to_the_last_digit(self) -> None:
        known, found = mesh(150, seed=7)
        answer = solve(known, found, at_least=True)
        for key, value in answer.items():
            assert value == known[key] + sum((part * (answer[other] or 0) for other, part in found[key].items()), NOTHING)
        assert max(value.denominator for value in answer.values() if value) > 10**100

    def test_what_goes_round_without_loss_has_no_end(self) -> None:
        ring = {key: {KEYS[place - 1]: Fraction(1, 2), KEYS[place - 2]: Fraction(1, 2)} for place, key in enumerate(KEYS)}
        assert answers({"a": ONE}, ring, at_least=False, large=1) == dict.fromkeys(KEYS)

    def test_a_ring_that_only_just_has_no_end_is_settled_by_fractions(self) -> None:
        ring = {"a": {"b": Fraction(1, 2)}, "b": {"a": Fraction(2)}}
        found = answers({"a": ONE}, ring, at_least=False, large=1)
        assert (found["a"], found["b"], found["c"]) == (None, None, 0)


class TestLifting:
    def test_tells_equations_without_a_single_answer(self) -> None:
        with pytest.raises(lifting.Singular):
            lifting.solved([{0: ONE, 1: -ONE}, {0: -ONE, 1: ONE}], [ONE, ONE])

    @given(st.integers(-(10**9), 10**9), st.integers(1, 10**9))
    def test_finds_the_fraction_behind_a_remainder(self, upper: int, lower: int) -> None:
        value = upper * pow(lower, -1, lifting.PRIME) % lifting.PRIME
        found, denominator = lifting.reconstructed([value], lifting.PRIME, 10**9, 1) or ([], 1)
        assert Fraction(found[0], denominator) == Fraction(upper, lower)
