"""A network's picture: what stands in one box, what is left out, and that everything else is drawn once."""

import re
from collections.abc import Collection
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyc.networks.drawing import columns, svg
from kyc.networks.picture import WARN, Account, Line, Picture, Value, folded

SVG = "{http://www.w3.org/2000/svg}"


def picture(held: dict[str, str], *, hubs: str = "", unsure: Collection[str] = ()) -> Picture:
    """`held` says by a letter each which values an account has."""
    accounts = tuple(Account(name, name, tone=WARN if name in unsure else "", url=f"#{name}") for name in held)
    names = sorted({value for those in held.values() for value in those})
    values = tuple(Value(name, f"the same {name}", url=f"#{name}", is_hub=name in hubs) for name in names)
    lines = tuple(Line(one, value, 0.0 if value in hubs else 9.0) for one, those in held.items() for value in those)
    return Picture(accounts, values, lines, "Five accounts.")


FIVE = picture({"a1": "xy", "a2": "xy", "a3": "xy", "a4": "y", "a5": "yz"}, hubs="z")


class TestFolded:
    def test_leaves_alone_what_has_room(self) -> None:
        assert folded(FIVE, most=8) is FIVE

    def test_puts_those_that_share_the_same_into_one_box(self) -> None:
        found = folded(FIVE, most=7)
        assert [(one.id, one.count) for one in found.accounts] == [("fa1", 3), ("a4", 1), ("a5", 1)]
        assert {(line.account, line.value) for line in found.lines} == {
            ("fa1", "x"), ("fa1", "y"), ("a4", "y"), ("a5", "y"), ("a5", "z"),
        }  # fmt: skip

    def test_leaves_whoever_is_marked_a_box_of_its_own(self) -> None:
        marked = picture({"a1": "xy", "a2": "xy", "a3": "xy", "a4": "y", "a5": "yz"}, unsure=["a2"])
        assert "a2" in {one.id for one in folded(marked, most=7).accounts}

    def test_draws_the_values_that_most_share_where_that_is_not_enough(self) -> None:
        wide = picture({f"a{number:02}": f"x{chr(0x4E00 + number)}" for number in range(40)})
        found = folded(wide, most=10)
        assert found.size <= 10 and "x" in {value.id for value in found.values}

    @settings(max_examples=60, deadline=None)
    @given(
        st.dictionaries(st.integers(0, 60).map(lambda n: f"a{n:02}"), st.text("uvwxyz", max_size=6), min_size=1, max_size=60),
        st.integers(8, 40),
    )
    def test_never_exceeds_the_room_and_loses_nobody(self, held: dict[str, str], most: int) -> None:
        whole = picture({name: "".join(sorted(set(those))) for name, those in held.items()}, unsure=sorted(held)[:3])
        found = folded(whole, most=most)
        assert found.size <= max(most, 8)
        assert sum(one.count for one in found.accounts) == len(held)
        boxes = {one.id for one in (*found.accounts, *found.values)}
        assert {end for line in found.lines for end in (line.account, line.value)} <= boxes


class TestSvg:
    def test_the_same_picture_gives_the_same_bytes(self) -> None:
        assert svg(FIVE) == svg(FIVE)

    def test_is_walked_through_by_keyboard_and_says_what_each_box_is(self) -> None:
        drawn = ElementTree.fromstring(svg(FIVE))
        links = drawn.findall(f"{SVG}a")
        assert {link.get("href") for link in links} == {"#a1", "#a2", "#a3", "#a4", "#a5", "#x", "#y", "#z"}
        assert "the same x" in {link.get("aria-label") for link in links}
        assert drawn.get("role") == "group" and drawn.get("aria-label") == "Five accounts."

    def test_tells_what_counts_by_breadth_and_dashes_and_shape_too(self) -> None:
        said = svg(FIVE)
        assert said.count('class="net-line"') == 8 and said.count('class="net-uncounted"') == 1
        assert said.count("net-hub") == 1 and said.count("net-value") == 2
        broad = svg(Picture(FIVE.accounts[:1], FIVE.values[:2], (Line("a1", "x", 3.0), Line("a1", "y", 13.0)), ""))
        assert re.findall(r'stroke-width="([\d.]+)"', broad) == ["1.25", "4"]

    def test_as_a_file_leads_nowhere_and_has_its_colours(self) -> None:
        said = svg(FIVE, standalone=True)
        assert "<a " not in said and 'fill="#e3f0ed"' in said

    @pytest.mark.parametrize("name", ["<b>Bold</b>", "شركة النور", "深圳市", "\u202eevil", "x" * 300, '"&'])
    def test_holds_whatever_name(self, name: str) -> None:
        one = Picture((Account("a", name, url="#a"),), (), (), name)
        assert ElementTree.fromstring(svg(one)) is not None

    def test_boxes_never_lie_on_one_another(self) -> None:
        drawn = svg(picture({f"a{number}": "xyz"[: 1 + number % 3] for number in range(30)}), standalone=True)
        places = re.findall(r'<rect [^>]*x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', drawn)
        boxes = [tuple(map(float, place)) for place in places]
        assert len(boxes) == 30
        for number, (x, y, wide, high) in enumerate(boxes):
            for other_x, other_y, other_wide, other_high in boxes[:number]:
                apart = x >= other_x + other_wide or other_x >= x + wide or y >= other_y + other_high or other_y >= y + high
                assert apart

    def test_few_accounts_stand_to_one_side(self) -> None:
        assert [len(column) for column in columns(picture({"a": "x", "b": "x"}))] == [2, 1, 0]
        assert [len(column) for column in columns(FIVE)] == [3, 3, 2]
