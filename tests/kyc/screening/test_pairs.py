"""What becomes of a pair that is compared again: every combination of what was said and what has changed."""

from itertools import product

import pytest

from kyc.screening.models import Hit
from kyc.screening.pairs import State, Turn, turn

SAME, OTHER = "same", "other"


def last(ruling: str = "", *, is_match: bool = True, is_gone: bool = False) -> Hit:
    return Hit(entry_content=SAME, party_digest=SAME, ruling=ruling, is_match=is_match, is_gone=is_gone)


ANSWERS = ["", "undecided", "false", "true"]
SIDES = [(OTHER, SAME), (SAME, OTHER), (OTHER, OTHER)]


class TestTurn:
    @pytest.mark.parametrize(("content", "is_alike", "came"), [(SAME, True, Turn.NEW), (SAME, False, None), (None, False, None)])
    def test_of_a_pair_never_seen(self, content: str | None, is_alike: bool, came: Turn | None) -> None:
        assert turn(None, State(content, SAME, is_alike)) == came

    @pytest.mark.parametrize(("ruling", "is_alike"), [*product(ANSWERS, [True, False])])
    def test_unchanged_it_stands_as_it_is(self, ruling: str, is_alike: bool) -> None:
        """Also where the words have become commoner meanwhile, so that it would be found no more."""
        assert turn(last(ruling), State(SAME, SAME, is_alike)) is None

    @pytest.mark.parametrize(("ruling", "sides"), [*product(ANSWERS, SIDES)])
    def test_changed_on_either_side_and_still_alike_it_returns(self, ruling: str, sides: tuple[str, str]) -> None:
        assert turn(last(ruling), State(*sides, True)) == Turn.RETURNED

    @pytest.mark.parametrize("sides", SIDES)
    def test_a_true_one_returns_whatever_has_changed(self, sides: tuple[str, str]) -> None:
        assert turn(last("true"), State(*sides, False)) == Turn.RETURNED

    @pytest.mark.parametrize("ruling", ["", "undecided"])
    def test_an_open_one_that_only_the_list_has_made_unlike_asks_on(self, ruling: str) -> None:
        assert turn(last(ruling), State(OTHER, SAME, False)) == Turn.RETURNED

    @pytest.mark.parametrize(("ruling", "sides"), [*product(["", "undecided"], SIDES[1:]), *product(["false"], SIDES)])
    def test_what_is_no_longer_alike_drops_out(self, ruling: str, sides: tuple[str, str]) -> None:
        assert turn(last(ruling), State(*sides, False)) == Turn.DROPPED

    @pytest.mark.parametrize(
        ("ruling", "digest", "came"),
        [
            ("true", SAME, Turn.GONE),
            ("true", OTHER, Turn.GONE),
            ("", SAME, None),
            ("undecided", SAME, None),
            ("false", SAME, None),
        ],
    )
    def test_gone_from_the_list_only_a_true_one_is_asked_about_anew(self, ruling: str, digest: str, came: Turn | None) -> None:
        assert turn(last(ruling), State(None, digest, False)) == came

    @pytest.mark.parametrize("ruling", ANSWERS)
    def test_asked_once_that_it_is_gone_it_is_not_asked_again(self, ruling: str) -> None:
        assert turn(last(ruling, is_gone=True), State(None, SAME, False)) is None

    @pytest.mark.parametrize("ruling", ANSWERS)
    def test_back_on_the_list_it_returns(self, ruling: str) -> None:
        assert turn(last(ruling, is_gone=True), State(SAME, SAME, True)) == Turn.RETURNED

    def test_one_that_has_dropped_out_comes_back_only_alike(self) -> None:
        assert turn(last(is_match=False), State(OTHER, SAME, False)) is None
        assert turn(last(is_match=False), State(OTHER, SAME, True)) == Turn.RETURNED
        assert turn(last(is_match=False), State(SAME, SAME, True)) is None
