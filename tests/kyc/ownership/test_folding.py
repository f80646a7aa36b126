"""Of very many owners the smaller ones share a box, and nobody who matters is among them."""

from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.ownership.folding import MOST_OWNERS, Fold, folded
from kyc.ownership.picture import FOLDED, UNDECLARED, Box, Line, Picture, reached


def told(fold: Fold) -> tuple[Box, Line]:
    name = f"{len(fold.lines)} more, {len(fold.behind)} behind"
    return Box(fold.id, name, FOLDED), Line(fold.id, fold.owned, "")


def fan(count: int, *more: str) -> Picture:
    """So many owners of c, and `more` lines such as `x o3`."""
    lines = [Line(f"o{number}", "c", "1 %") for number in range(count)]
    lines += [Line(*line.split(), "9 %") for line in more]
    ids = dict.fromkeys(["c", *(end for line in lines for end in (line.owner, line.owned))])
    return Picture("c", tuple(Box(id, id) for id in ids), tuple(lines), "x")


def ids(picture: Picture) -> set[str]:
    return {box.id for box in picture.boxes}


def fold(picture: Picture, kept: Collection[str] = ()) -> Picture:
    return folded(picture, kept=kept, told=told)


class TestFolded:
    def test_so_many_stand_by_themselves(self) -> None:
        assert fold(fan(MOST_OWNERS)) == fan(MOST_OWNERS)

    def test_those_beyond_share_a_box_with_their_number(self) -> None:
        found = fold(fan(40))
        assert ids(found) == {"c", *(f"o{number}" for number in range(12)), "fold-c"}
        assert found.boxes[-1].name == "28 more, 0 behind"
        assert [line.owner for line in found.lines if line.owned == "c"] == [*(f"o{number}" for number in range(12)), "fold-c"]

    def test_who_matters_and_whoever_he_stands_behind_is_drawn_wherever_he_stands(self) -> None:
        found = fold(fan(40, "x o39", "y x"), kept=["y", "o30"])
        assert {"o39", "x", "y", "o30", "o0", "o9"} <= ids(found)
        assert not {"o10", "o29", "o38"} & ids(found)
        assert found.boxes[-1].name == "28 more, 0 behind"

    def test_who_matters_is_drawn_however_many_they_are(self) -> None:
        everybody = {f"o{number}" for number in range(40)}
        assert ids(fold(fan(40), kept=everybody)) == {"c", *everybody}

    def test_who_stands_behind_the_folded_alone_is_counted_and_not_drawn(self) -> None:
        found = fold(fan(14, "x o12", "y x", "z o13", "z o0"))
        assert not {"o12", "o13", "x", "y"} & ids(found)
        assert "z" in ids(found)
        assert found.boxes[-1].name == "2 more, 2 behind"
        assert all({line.owner, line.owned} <= ids(found) for line in found.lines)

    def test_who_owns_something_else_that_is_drawn_stands_there(self) -> None:
        found = fold(fan(20, "o19 o0"))
        assert "o19" in ids(found)
        assert [line.owned for line in found.lines if line.owner == "o19"] == ["o0"]
        assert found.boxes[-1].name == "8 more, 0 behind"

    def test_what_is_open_or_circular_stays(self) -> None:
        whole = fan(20)
        lines = [*whole.lines[:18], Line("o18", "c", "?", is_open=True), Line("o19", "c", "1 %", is_circular=True)]
        found = fold(Picture("c", whole.boxes, tuple(lines), "x"))
        assert {"o18", "o19"} <= ids(found)

    def test_what_nobody_is_named_for_is_no_owner(self) -> None:
        whole = fan(12)
        boxes, lines = (*whole.boxes, Box("left-c", "undeclared", UNDECLARED)), (*whole.lines, Line("left-c", "c", ""))
        assert fold(Picture("c", boxes, lines, "x")) == Picture("c", boxes, lines, "x")

    @pytest.mark.parametrize("of", ["c", "o0"])
    def test_each_owned_one_folds_its_own(self, of: str) -> None:
        found = fold(fan(30, *(f"p{number} o0" for number in range(30))))
        assert sum(line.owned == of for line in found.lines) == MOST_OWNERS + 1
        assert f"fold-{of}" in ids(found)

    @given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 5)), max_size=80), st.sets(st.integers(0, 40), max_size=4))
    def test_never_loses_who_matters_nor_hangs_a_line_on_nothing(self, pairs: list[tuple[int, int]], flagged: set[int]) -> None:
        lines = tuple(Line(str(owner), str(owned), "1 %") for owner, owned in pairs if owner != owned)
        known = dict.fromkeys(["0", *(end for line in lines for end in (line.owner, line.owned))])
        whole = Picture("0", tuple(Box(id, id) for id in known), lines, "x")
        kept = {str(one) for one in flagged} & known.keys()
        found = fold(whole, kept)
        assert kept <= ids(found)
        assert all({line.owner, line.owned} <= ids(found) for line in found.lines)
        between = reached(kept, [(line.owner, line.owned) for line in lines])
        assert all(line in found.lines for line in lines if line.owner in between)
