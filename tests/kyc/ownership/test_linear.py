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


# All by lifting, and all by elimination over fractions.
LIFTED, BY_FRACTIONS = -1, 10**9


def answers(known: dict[str, Fraction], found: Rows, *, at_least: bool, cheap: int) -> dict[str, Answer]:
    linear.taken_apart.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear, "CHEAP", cheap)
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
        quick = answers(known, found, at_least=at_least, cheap=LIFTED)
        assert quick == answers(known, found, at_least=at_least, cheap=BY_FRACTIONS)

    @settings(deadline=None)
    @given(constants, constants, rows)
    def test_asked_again_it_is_the_same(self, first: dict[str, Fraction], second: dict[str, Fraction], found: Rows) -> None:
        """What is kept of the first answer changes nothing in the second."""
        afresh = answers(second, found, at_least=True, cheap=BY_FRACTIONS)
        linear.taken_apart.cache_clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(linear, "CHEAP", LIFTED)
            for known in (first, second):
                again = solve(dict.fromkeys(KEYS, NOTHING) | known, found, at_least=True)
        assert again == afresh

    def test_a_large_ring_is_solved_to_the_last_digit(self) -> None:
        known, found = mesh(150, seed=7)
        answer = solve(known, found, at_least=True)
        for key, value in answer.items():
            assert value == known[key] + sum((part * (answer[other] or 0) for other, part in found[key].items()), NOTHING)
        assert max(value.denominator for value in answer.values() if value) > 10**100

    def test_a_second_question_to_a_large_ring_takes_half_as_many_digits(self) -> None:
        known, found = mesh(150, seed=7)
        other = {key: Fraction(number % 5, 3) for number, key in enumerate(known)}
        linear.taken_apart.cache_clear()
        digits = []
        with pytest.MonkeyPatch.context() as patch:
            times = lifting.Inverse.times
            patch.setattr(lifting.Inverse, "times", lambda self, right: digits.append(1) or times(self, right))
            solve(known, found, at_least=True)
            first = len(digits)
            answer = solve(other, found, at_least=True)
        assert len(digits) - first < first * 2 / 3
        for key, value in answer.items():
            assert value == other[key] + sum((part * (answer[to] or 0) for to, part in found[key].items()), NOTHING)

    def test_what_goes_round_without_loss_has_no_end(self) -> None:
        ring = {key: {KEYS[place - 1]: Fraction(1, 2), KEYS[place - 2]: Fraction(1, 2)} for place, key in enumerate(KEYS)}
        assert answers({"a": ONE}, ring, at_least=False, cheap=LIFTED) == dict.fromkeys(KEYS)

    def test_a_ring_that_only_just_has_no_end_is_settled_by_fractions(self) -> None:
        ring = {"a": {"b": Fraction(1, 2)}, "b": {"a": Fraction(2)}}
        found = answers({"a": ONE}, ring, at_least=False, cheap=LIFTED)
        assert (found["a"], found["b"], found["c"]) == (None, None, 0)


class TestLifting:
    def test_tells_equations_without_a_single_answer(self) -> None:
        with pytest.raises(lifting.Singular):
            lifting.System.of([{0: ONE, 1: -ONE}, {0: -ONE, 1: ONE}])

    @given(st.integers(-(10**9), 10**9), st.integers(1, 10**9))
    def test_finds_the_fraction_behind_a_remainder(self, upper: int, lower: int) -> None:
        value = upper * pow(lower, -1, lifting.PRIME) % lifting.PRIME
        found, denominator = lifting.reconstructed([value], lifting.PRIME, 10**9, 1) or ([], 1)
        assert Fraction(found[0], denominator) == Fraction(upper, lower)
