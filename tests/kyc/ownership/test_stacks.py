"""Many owners of one thing stand in two columns, and every one of them keeps its own line and share."""

from itertools import pairwise

from kyc.ownership.sheet import Line, Size
from kyc.ownership.stacks import MOST_ABREAST, arranged

BOX = Size(140, 50)


def fan(count: int) -> tuple[dict[str, Size], list[Line]]:
    owners = [f"o{number}" for number in range(count)]
    return dict.fromkeys(["c", *owners], BOX), [Line(owner, "c", 40.0) for owner in owners]


class TestArranged:
    def test_a_few_stand_side_by_side(self) -> None:
        found = arranged(*fan(MOST_ABREAST), bottom="c")
        assert len({found.boxes[f"o{number}"].y for number in range(MOST_ABREAST)}) == 1

    def test_more_stand_in_two_columns_above_what_they_own(self) -> None:
        found = arranged(*fan(12), bottom="c")
        owners = [found.boxes[f"o{number}"] for number in range(12)]
        assert len({spot.x for spot in owners}) == 2
        assert len({spot.y for spot in owners}) == 6
        assert max(spot.y for spot in owners) + BOX.height / 2 < found.boxes["c"].y - BOX.height / 2
        assert found.width < 5 * BOX.width

    def test_each_line_runs_from_its_own_box_to_the_owned_one_and_has_its_share(self) -> None:
        found = arranged(*fan(7), bottom="c")
        foot = found.boxes["c"].y - BOX.height / 2
        for number, course in enumerate(found.courses):
            spot, (x, y) = found.boxes[f"o{number}"], course.points[0]
            assert y == spot.y and abs(x - spot.x) == BOX.width / 2
            assert course.points[-1][1] == foot
            assert course.share.y == spot.y and min(x, course.points[1][0]) < course.share.x < max(x, course.points[1][0])
            assert all(one != other for one, other in pairwise(course.points))

    def test_who_owns_two_things_or_is_owned_or_must_stand_alone_is_in_no_stack(self) -> None:
        sizes, lines = fan(8)
        sizes |= {"d": BOX, "a": BOX}
        lines += [Line("d", "c", 40.0), Line("o0", "d", 40.0), Line("a", "o1", 40.0)]
        found = arranged(sizes, lines, bottom="c", alone={"o2"})
        stacked = {found.boxes[f"o{number}"].x for number in range(3, 8)}
        assert len(stacked) == 2
        assert not stacked & {found.boxes[f"o{number}"].x for number in range(3)}

    def test_everybody_has_a_place_and_no_two_the_same(self) -> None:
        sizes, lines = fan(13)
        found = arranged(sizes, lines, bottom="c")
        assert found.boxes.keys() == sizes.keys()
        assert len({(spot.x, spot.y) for spot in found.boxes.values()}) == 14
        assert len(found.courses) == len(lines)
