"""Which accounts hang on one edge, against a search that takes each edge out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.networks.measures import Tie, Touched, equal, hanging, largest, radius

NUMBERS = range(8)


def tie(a: int, b: int, bits: float = 8) -> Tie:
    return Tie(a, b, bits, 2)


def near(ties: list[Tie]) -> dict[int, list[tuple[int, Tie]]]:
    found: dict[int, list[tuple[int, Tie]]] = {number: [] for number in NUMBERS}
    for one in ties:
        found[one.a].append((one.b, one))
        found[one.b].append((one.a, one))
    return found


class TestEqual:
    @pytest.mark.parametrize(
        ("limit", "accounts", "each"), [(20_000, 18, 1_100), (20_000, 2, 10_000), (10, 3, 3), (100, 3, 33), (2, 5, 1)]
    )
    def test_is_a_plain_part(self, limit: int, accounts: int, each: int) -> None:
        assert equal(limit, accounts) == each

    @given(st.integers(1, 10**12), st.integers(1, 5_000))
    def test_all_together_are_within_it(self, limit: int, accounts: int) -> None:
        assert equal(limit, accounts) * accounts <= max(limit, accounts)


class TestHanging:
    @pytest.mark.parametrize(
        ("ties", "found"),
        [
            ([(1, 2), (2, 3), (1, 3)], {}),
            ([(1, 2), (2, 3), (1, 3), (3, 4)], {4: (3, 4)}),
            ([(1, 2), (2, 3), (1, 3), (3, 4), (4, 5)], {4: (3, 4), 5: (4, 5)}),
            # Two triangles that one edge joins: neither is the smaller part, so either could be cut off.
            ([(1, 2), (2, 3), (1, 3), (3, 4), (4, 5), (5, 6), (4, 6), (6, 7), (7, 4)], {1: (3, 4), 2: (3, 4), 3: (3, 4)}),
        ],
    )
    def test_examples(self, ties: list[tuple[int, int]], found: dict[int, tuple[int, int]]) -> None:
        numbers = {number for pair in ties for number in pair}
        weights = {(4, 5): 3.0}
        told = hanging(numbers, [tie(a, b, weights.get((a, b), 8)) for a, b in ties])
        assert {number: (one.a, one.b) for number, one in told.items() if one} == found

    def test_whom_nothing_holds_is_told_without_an_edge(self) -> None:
        assert hanging([1, 2, 3], [tie(1, 2)])[3] is None

    @given(st.sets(st.tuples(st.sampled_from(NUMBERS), st.sampled_from(NUMBERS)).filter(lambda pair: pair[0] < pair[1])))
    def test_is_whoever_one_edge_cuts_off(self, pairs: set[tuple[int, int]]) -> None:
        ties = [tie(a, b, a + b / 10) for a, b in sorted(pairs)]
        whole = set(largest(near(ties)))
        expected = set(NUMBERS) - whole
        for out in ties:
            if out.a in whole:
                left = [one for one in ties if one is not out]
                side = part_of(out.a, left)
                other = whole - side
                if out.b not in side:
                    expected |= side if 2 * len(side) < len(whole) else other if 2 * len(other) < len(whole) else set()
        found = set(hanging(NUMBERS, ties))
        # Where both sides are equally large either may be told.
        assert expected <= found and all(number in expected or is_halved(ties, whole) for number in found)


def part_of(start: int, ties: list[Tie]) -> set[int]:
    seen, waiting = {start}, [start]
    while waiting:
        for other, _tie in near(ties)[waiting.pop()]:
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return seen


def is_halved(ties: list[Tie], whole: set[int]) -> bool:
    return any(2 * len(part_of(out.a, [one for one in ties if one is not out])) == len(whole) for out in ties if out.a in whole)


class TestRadius:
    def test_adds_up_and_leaves_ties_to_others_out(self) -> None:
        rows = [
            Touched(1, "A", keys=2, is_paying=True, is_verified=True, requests=5, tokens=9, people=("Alice",)),
            Touched(2, "B", keys=1, people=("Alice", "Bob")),
        ]
        found = radius(rows, [tie(1, 2), tie(2, 9)])
        assert found.told == {
            "accounts": 2, "keys": 3, "paying": 1, "verified": 1, "requests": 5, "tokens": 9, "people": 3, "used": 1,
            "hanging": 1,
        }  # fmt: skip

    def test_five_thousand_in_a_row_take_no_recursion(self) -> None:
        ties = [tie(number, number + 1) for number in range(5_000)]
        assert len(hanging(range(5_001), ties)) == 5_000
