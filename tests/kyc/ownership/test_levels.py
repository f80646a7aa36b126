import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.ownership.levels import levels

ids = st.sampled_from("cabdefg")
pairs = st.lists(st.tuples(ids, ids), max_size=20)


def of(*lines: str) -> list[tuple[str, str]]:
    return [(line[0], line[1]) for line in lines]


class TestLevels:
    @pytest.mark.parametrize(
        ("lines", "level", "upward"),
        [
            (of(), {"c": 0}, set()),
            (of("ac", "ba"), {"c": 0, "a": 1, "b": 2}, set()),
            (of("ac", "bc", "xa", "xc"), {"c": 0, "a": 1, "b": 1, "x": 2}, set()),
            (of("ac", "ca"), {"c": 0, "a": 1}, {1}),
            (of("ca", "ac"), {"c": 0, "a": 1}, {0}),
            (of("cs"), {"s": 0, "c": 1}, set()),
            (of("cc"), {"c": 0}, set()),
            (of("ac", "ba", "ab"), {"c": 0, "a": 1, "b": 2}, {2}),
        ],
    )
    def test_owners_stand_higher_and_circles_open_at_the_foot(
        self, lines: list[tuple[str, str]], level: dict[str, int], upward: set[int]
    ) -> None:
        found = levels(level, lines, bottom="c")
        assert (found.level, found.upward) == (level, upward)

    @given(pairs)
    def test_every_line_leads_down_but_those_that_are_turned(self, lines: list[tuple[str, str]]) -> None:
        found = levels("cabdefg", lines, bottom="c")
        for place, (owner, owned) in enumerate(lines):
            if owner != owned:
                assert (found.level[owner] < found.level[owned]) is (place in found.upward)

    @given(pairs)
    def test_without_circles_none_is_turned(self, lines: list[tuple[str, str]]) -> None:
        assert not levels("cabdefg", [(max(pair), min(pair)) for pair in lines], bottom="c").upward

    def test_a_chain_may_be_longer_than_the_stack(self) -> None:
        chain = [(f"p{n + 1}", f"p{n}") for n in range(5000)]
        assert levels([], chain, bottom="p0").level["p5000"] == 5000
