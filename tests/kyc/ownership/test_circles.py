import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.ownership.circles import circular
from kyc.ownership.picture import reached

parties = st.sampled_from("abcdefg")


class TestCircular:
    @pytest.mark.parametrize(
        ("lines", "found"),
        [
            ([], set()),
            (["ac", "bc"], set()),
            (["ab", "ba", "ac"], {0, 1}),
            (["ab", "bc", "ca", "da"], {0, 1, 2}),
            (["aa"], {0}),
            (["ab", "ba", "cd", "dc", "ac"], {0, 1, 2, 3}),
            (["ab", "ba", "bc", "cd", "dc"], {0, 1, 3, 4}),
        ],
        ids=["nothing", "plain", "each other", "three", "itself", "two circles", "a way between circles is in none"],
    )
    def test_are_those_that_lead_back_to_their_owner(self, lines: list[str], found: set[int]) -> None:
        assert circular([(line[0], line[1]) for line in lines]) == found

    @given(st.lists(st.tuples(parties, parties), max_size=20))
    def test_agrees_with_asking_each_line_by_itself(self, lines: list[tuple[str, str]]) -> None:
        slow = {place for place, (owner, owned) in enumerate(lines) if owner in reached([owned], lines)}
        assert circular(lines) == slow
