"""The ownership picture as somebody reads it: who stands on it, above whom, in which words and tones."""

import xml.etree.ElementTree as ET
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyc.ownership import sheet
from kyc.ownership.drawing import PAPER, Undrawable, figure, svg
from kyc.ownership.lettering import readable
from kyc.ownership.picture import (
    BAD,
    COMPANY,
    FOLDED,
    PERSON,
    STATE,
    TRUST,
    UNDECLARED,
    UNKNOWN,
    WARN,
    Box,
    Line,
    Picture,
    narrowed,
)

SVG = "{http://www.w3.org/2000/svg}"
CUSTOMER = Box("c", "Helios Compute FZE", country="AE", role="the customer")
HELIOS = Picture(
    "c",
    (
        CUSTOMER,
        Box("m", "Meridian Holding Ltd", country="CY", note="blocked: 50 % by listed", tone=BAD),
        Box("o", "V. Orlov", PERSON, "RU", note="listed: OFAC SDN", tone=BAD),
        Box("e", "E. Christou", PERSON, "CY", note="clear"),
        Box("g", "Gulf Nominees LLC", country="AE", note="nominator unknown", tone=WARN),
        Box("u", "undeclared · 12.5 %", UNDECLARED),
    ),
    (
        Line("o", "m", "50 %", tone=BAD),
        Line("e", "m", "1/3 (≈ 33.33 %)"),
        Line("m", "c", "87.5 %", tone=BAD),
        Line("g", "c", "?", is_open=True),
        Line("u", "g", "", is_open=True),
    ),
    "Helios and 4 owners. V. Orlov: listed.",
)
HOSTILE = [
    "</text><script>alert(1)</script>",
    "<!--",
    "]]>",
    "&amp;&#0;",
    "a\x00\x1b[31mb",
    "\ud800",
    "\ufffe",
    "\u202egnp.exe",
    "\" onload='alert(1)",
    "\\N \\L {a|b}",
    "n1 -> n2; }",
    "",
    " \t\n ",
    "W" * 300,
    "莲" * 300,
    "e\u0301" * 200,
    "שלום " * 60,
]


def picture(boxes: list[Box], *lines: str) -> Picture:
    """`a 50% b` for each line."""
    return Picture("c", tuple(boxes), tuple(Line(*(line.split()[i] for i in (0, 2, 1))) for line in lines), "A picture.")


def named(ids: str, kind: str = COMPANY) -> list[Box]:
    return [Box(id, f"Company {id}", kind) for id in ids]


def drawn(shown: Picture) -> ET.Element:
    return ET.fromstring(svg(shown))


def texts(root: ET.Element) -> list[str]:
    return [found.text or "" for found in root.iter(f"{SVG}text")]


def is_of_box(shape: ET.Element) -> bool:
    return shape.get("class", "").startswith("own-box")


def boxes(root: ET.Element) -> dict[str, ET.Element]:
    """Each box's outline by the name in its title: a rectangle, but of a trust."""
    found = {}
    for group in root.iter(f"{SVG}g"):
        shapes = sorted(filter(is_of_box, group), key=lambda shape: shape.tag != f"{SVG}rect")
        found[str(group.findtext(f"{SVG}title")).split(" · ")[0]] = shapes[0]
    return found


def marks(root: ET.Element) -> dict[str, str]:
    """The mark of each box that has one, by the name in its title."""
    found = {}
    for group in root.iter(f"{SVG}g"):
        for shape in group.iter(f"{SVG}path"):
            if "own-mark" in shape.attrib["class"]:
                found[str(group.findtext(f"{SVG}title")).split(" · ")[0]] = shape.attrib["class"]
    return found


def lines_of(root: ET.Element) -> list[str]:
    return [path.attrib["class"] for path in root.iter(f"{SVG}path") if path.attrib["class"].startswith("own-line")]


def corners(shape: ET.Element) -> list[tuple[float, float]]:
    pairs = shape.attrib["d"].strip("MZ").split("L")
    return [(float(x), float(y)) for x, y in (pair.split() for pair in pairs)]


def spans(rect: ET.Element) -> tuple[float, float, float, float]:
    if rect.tag == f"{SVG}path":
        across, down = zip(*corners(rect), strict=True)
        return min(across), min(down), max(across), max(down)
    x, y, width, height = (float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def overlap(one: ET.Element, other: ET.Element) -> bool:
    a, b = spans(one), spans(other)
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def large(parties: int, holdings: int) -> Picture:
    dice = Random(7)
    ids = ["c", *(f"p{number}" for number in range(parties - 1))]
    lines = [Line(ids[n], ids[dice.randrange(max(0, n - 30), n)], "10 %") for n in range(1, parties)]
    while len(lines) < holdings:
        one, other = sorted(dice.sample(range(parties), 2))
        lines.append(Line(ids[other], ids[one], "1/3 (≈ 33.33 %)"))
    return Picture("c", tuple(Box(id, f"Company {id} Holdings", country="DE", note="clear") for id in ids), tuple(lines), "x")


class TestSvg:
    def test_says_everything_that_it_was_given(self) -> None:
        said = texts(drawn(HELIOS))
        for words in (
            "Helios Compute FZE · AE",
            "the customer",
            "Meridian Holding Ltd · CY",
            "blocked: 50 % by listed",
            "V. Orlov · RU",
            "listed: OFAC SDN",
            "undeclared · 12.5 %",
            "50 %",
            "1/3 (≈ 33.33 %)",
            "87.5 %",
            "?",
        ):
            assert said.count(words) == 1, words

    def test_owners_stand_above_what_they_own(self) -> None:
        found = boxes(drawn(HELIOS))
        heights = [spans(found[name])[3] for name in ("V. Orlov", "Meridian Holding Ltd", "Helios Compute FZE")]
        below = [spans(found[name])[1] for name in ("Meridian Holding Ltd", "Helios Compute FZE")]
        assert all(owner < owned for owner, owned in zip(heights, below, strict=False))

    def test_no_two_boxes_touch_and_all_lie_within_the_sheet(self) -> None:
        for shown in (HELIOS, large(60, 90), picture(named("cab"), "a 50% c")):
            root = drawn(shown)
            found = list(boxes(root).values())
            assert not [1 for place, one in enumerate(found) for other in found[:place] if overlap(one, other)]
            _x, _y, width, height = map(float, root.attrib["viewBox"].split())
            assert min(min(spans(rect)) for rect in found) >= 0
            assert all(right <= width and foot <= height for _left, _top, right, foot in map(spans, found))

    @pytest.mark.parametrize(
        ("kind", "corner"), [(PERSON, "half"), (COMPANY, "6"), (STATE, "0"), (UNKNOWN, "6"), (UNDECLARED, "6"), (FOLDED, "0")]
    )
    def test_each_kind_has_its_shape(self, kind: str, corner: str) -> None:
        rect = boxes(drawn(Picture("c", (CUSTOMER, Box("x", "X", kind)), (), "x")))["X"]
        assert rect.attrib["rx"] == (f"{float(rect.attrib['height']) / 2:g}" if corner == "half" else corner)

    def test_no_two_kinds_look_alike(self) -> None:
        def look(kind: str) -> list[tuple[str, str, str | None]]:
            root = drawn(Picture("c", (CUSTOMER, Box("x", "X", kind)), (), "x"))
            group = next(group for group in root.iter(f"{SVG}g") if group.findtext(f"{SVG}title") == "X")
            return [(shape.tag, shape.attrib["class"], shape.get("rx")) for shape in filter(is_of_box, group)]

        kinds = (PERSON, COMPANY, TRUST, STATE, UNKNOWN, UNDECLARED, FOLDED)
        looks = [look(kind) for kind in kinds]
        assert all(looks) and len({str(one) for one in looks}) == len(kinds)

    def test_a_trust_runs_to_a_point_at_its_sides_and_a_state_has_two_borders(self) -> None:
        root = drawn(Picture("c", (CUSTOMER, Box("t", "T", TRUST), Box("s", "S", STATE)), (), "x"))
        trust, state = boxes(root)["T"], boxes(root)["S"]
        assert len(corners(trust)) == 6
        within = next(
            shape for shape in root.iter(f"{SVG}path") if shape.attrib["class"] == "own-box" and len(corners(shape)) == 4
        )
        outer, inner = spans(state), spans(within)
        assert outer[0] < inner[0] < inner[2] < outer[2] and outer[1] < inner[1] < inner[3] < outer[3]

    def test_what_matters_has_a_mark_that_is_no_colour(self) -> None:
        root = drawn(HELIOS)
        assert marks(root) == {
            "V. Orlov": "own-mark-bad",
            "Meridian Holding Ltd": "own-mark-bad",
            "Gulf Nominees LLC": "own-mark-warn",
        }
        shapes = {
            shape.attrib["class"]: shape.attrib["d"] for shape in root.iter(f"{SVG}path") if "mark" in shape.attrib["class"]
        }
        assert shapes["own-mark-bad"] != shapes["own-mark-warn"]

    def test_a_circular_holding_is_dashed_in_a_way_of_its_own(self) -> None:
        boxes = (CUSTOMER, *named("ab"))
        lines = (Line("a", "c", "60 %"), Line("a", "b", "5 %", is_circular=True), Line("b", "a", "9 %", is_circular=True))
        root = drawn(Picture("c", boxes, lines, "x"))
        assert lines_of(root) == ["own-line", "own-line own-circular", "own-line own-circular"]

    def test_a_note_that_is_long_stands_in_several_lines(self) -> None:
        note = "clear · IaaS: beneficial owner, 60 % · EU: beneficial owner, 60 % · FinCEN: may be a beneficial owner"
        said = texts(drawn(Picture("c", (Box("c", "H", note=note),), (), "x")))
        assert len(said) > 2
        assert " ".join(said[1:]) == note

    def test_tones_are_classes_and_what_is_open_is_dashed(self) -> None:
        root = drawn(HELIOS)
        classes = {name: rect.attrib["class"] for name, rect in boxes(root).items()}
        assert classes["V. Orlov"] == classes["Meridian Holding Ltd"] == "own-box own-is-bad"
        assert classes["E. Christou"] == classes["Gulf Nominees LLC"] == "own-box"
        assert classes["Helios Compute FZE"] == "own-box own-customer"
        assert classes["undeclared"] == "own-box own-undeclared"
        assert lines_of(root) == ["own-line-bad", "own-line", "own-line-bad", "own-line own-open", "own-line own-open"]

    def test_a_blocked_customer_keeps_its_ground_and_says_so(self) -> None:
        blocked = Picture("c", (Box("c", "H", role="the customer", note="blocked: 50 % by blocked", tone=BAD),), (), "x")
        root = drawn(blocked)
        assert "own-customer" in boxes(root)["H"].attrib["class"]
        assert [found.attrib["class"] for found in root.iter(f"{SVG}text")] == ["own-name", "own-accent", "own-bad"]

    def test_on_the_screen_no_colour_and_no_style_stands_in_the_markup(self) -> None:
        told = svg(HELIOS)
        assert "#" not in told
        assert not {"style", "fill", "stroke"} & {name for found in ET.fromstring(told).iter() for name in found.attrib}
        assert "<style" not in told

    def test_alone_it_brings_its_colours(self) -> None:
        root = ET.fromstring(svg(HELIOS, standalone=True))
        styled = [found for found in root.iter() if found.get("class", "own") != "own"]
        assert styled
        assert all(set(PAPER[found.attrib["class"].split()[0]]) <= set(found.attrib) for found in styled)
        assert root.attrib["width"].isdecimal() or float(root.attrib["width"])

    def test_tells_who_cannot_see_it(self) -> None:
        root = drawn(HELIOS)
        assert (root.attrib["role"], root.attrib["aria-label"]) == ("img", HELIOS.sentence)
        assert root.findtext(f"{SVG}desc") == HELIOS.sentence

    def test_the_same_picture_gives_the_same_bytes(self) -> None:
        assert svg(HELIOS) == svg(HELIOS)
        assert svg(large(60, 90)) == svg(large(60, 90))

    @pytest.mark.parametrize("name", HOSTILE)
    def test_a_hostile_name_is_only_a_name(self, name: str) -> None:
        shown = Picture(name, (Box(name, name, country=name, native_name=name, role=name, note=name),), (), name)
        loop = Picture("c", (*shown.boxes, CUSTOMER), (Line(name, "c", name), Line(name, name, name)), name)
        for told in (svg(shown), svg(loop), svg(loop, standalone=True)):
            root = ET.fromstring(told)
            assert {found.tag.removeprefix(SVG) for found in root.iter()} <= set(
                "svg desc g title rect path polygon text".split()
            )
            assert root.attrib["aria-label"] == readable(name)
            assert not {key for found in root.iter() for key in found.attrib if key.startswith("on")}

    def test_a_long_name_is_cut_and_stands_whole_in_the_title(self) -> None:
        name = "Ольга Владимировна Константинопольская-Преображенская-Задунайская и все наследники первой очереди"
        root = drawn(Picture("c", (Box("c", name, PERSON, "RU"),), (), "x"))
        first, _second, last = texts(root)
        assert first == "Ольга Владимировна"
        assert last.endswith("… · RU")
        assert root.findtext(f".//{SVG}title") == f"{name} · RU"
        assert spans(boxes(root)[name])[2] - spans(boxes(root)[name])[0] <= 240

    @pytest.mark.parametrize("name", ["مجموعة الشرق القابضة", "אברהם לוי"])
    def test_a_name_from_right_to_left_is_set_apart_from_its_country(self, name: str) -> None:
        root = drawn(Picture("c", (Box("c", name, country="JO"), Box("d", "Latin", native_name=name)), (), "x"))
        assert f"\u2068{name}\u2069 · JO" in texts(root)
        native = next(found for found in root.iter(f"{SVG}text") if found.text == name)
        assert (native.attrib["direction"], native.attrib["unicode-bidi"]) == ("rtl", "isolate")

    def test_one_party_is_a_picture_too(self) -> None:
        assert texts(drawn(Picture("c", (CUSTOMER,), (), "x"))) == ["Helios Compute FZE · AE", "the customer"]

    def test_who_owns_two_companies_stands_once(self) -> None:
        shown = picture(named("cabx"), "a 50% c", "b 50% c", "x 10% a", "x 20% b", "x 30% c")
        said = texts(drawn(shown))
        assert said.count("Company x") == 1
        assert [said.count(share) for share in ("10%", "20%", "30%", "50%")] == [1, 1, 1, 2]

    def test_circles_keep_the_customer_at_the_foot_and_turn_the_arrow(self) -> None:
        root = drawn(picture(named("cab"), "a 51% c", "b 60% a", "c 3% b", "c 4% a"))
        found = {name: spans(rect) for name, rect in boxes(root).items()}
        assert found["Company b"][3] < found["Company a"][1] < found["Company a"][3] < found["Company c"][1]
        tips = [float(head.attrib["points"].split()[-1].split(",")[1]) for head in root.iter(f"{SVG}polygon")]
        assert tips == [found["Company c"][1], found["Company a"][1], found["Company b"][3], found["Company a"][3]]

    def test_what_a_party_holds_in_itself_is_a_loop_beside_it(self) -> None:
        root = drawn(picture(named("c"), "c 5% c", "c 6% c"))
        assert [text for text in texts(root) if "%" in text] == ["5%", "6%"]
        edge = spans(boxes(root)["Company c"])[2]
        assert all(float(found.attrib["x"]) > edge for found in root.iter(f"{SVG}text") if found.text in ("5%", "6%"))
        assert float(root.attrib["viewBox"].split()[2]) > edge

    def test_two_hundred_parties_keep_their_words_and_apart(self) -> None:
        root = drawn(large(200, 280))
        assert len(texts(root)) >= 680
        found = list(boxes(root).values())
        assert not [1 for place, one in enumerate(found) for other in found[:place] if overlap(one, other)]

    def test_without_the_layout_program_it_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sheet, "PROGRAM", "no-such-program")
        with pytest.raises(Undrawable, match="no-such-program"):
            svg(HELIOS)


ids = st.sampled_from([f"p{number}" for number in range(9)])
names = st.one_of(st.text(max_size=60), st.sampled_from(HOSTILE), st.sampled_from(["莲花推理有限公司", "שלום בע״מ", "Ø"]))
share_texts = st.sampled_from(["50 %", "1/3 (≈ 33.33 %)", "25 to 50 %", "over 50 %", "?", ""])
kinds = st.sampled_from([PERSON, COMPANY, TRUST, STATE, UNKNOWN, UNDECLARED, FOLDED])


@st.composite
def pictures(draw: st.DrawFn) -> Picture:
    lines = draw(st.lists(st.builds(Line, ids, ids, share_texts, st.booleans(), st.sampled_from(["", BAD])), max_size=16))
    known = dict.fromkeys(["p0", *(id for line in lines for id in (line.owner, line.owned)), *draw(st.lists(ids, max_size=3))])
    tones = st.sampled_from(["", "good", WARN, BAD])
    shown = [
        Box(id, draw(names), draw(kinds), draw(st.sampled_from(["", "CY"])), draw(names), "", draw(names), draw(tones))
        for id in known
    ]
    return Picture("p0", tuple(shown), tuple(lines), draw(names))


class TestEveryPicture:
    @settings(deadline=None, max_examples=60)
    @given(pictures())
    def test_is_well_formed_and_leaves_out_no_party_and_no_share(self, shown: Picture) -> None:
        root = drawn(shown)
        titles = [str(group.findtext(f"{SVG}title")) for group in root.iter(f"{SVG}g")]
        assert len(titles) == len(shown.boxes)
        assert all(readable(box.name) in title for box, title in zip(shown.boxes, titles, strict=True))
        said = [found.text for found in root.iter(f"{SVG}text") if found.attrib["class"] == "own-share"]
        assert said == [line.share for line in shown.lines if line.share]
        assert len(list(root.iter(f"{SVG}polygon"))) == len(lines_of(root)) == len(shown.lines)

    @settings(deadline=None, max_examples=30)
    @given(pictures())
    def test_is_the_same_each_time(self, shown: Picture) -> None:
        assert svg(shown) == svg(shown)
        assert figure(shown) == figure(shown)

    @settings(deadline=None, max_examples=40)
    @given(pictures())
    def test_keeps_boxes_and_shares_apart(self, shown: Picture) -> None:
        root = drawn(shown)
        taken = [*boxes(root).values(), *(rect for rect in root.iter(f"{SVG}rect") if rect.attrib["class"] == "own-ground")]
        assert not [1 for place, one in enumerate(taken) for other in taken[:place] if overlap(one, other)]


class TestFigure:
    def test_has_the_words_as_html_above_the_same_shapes(self) -> None:
        told = figure(HELIOS)
        root = ET.fromstring(told)
        shapes = root.find(f"{SVG}svg")
        assert shapes is not None and not texts(shapes)
        words = [found.text for found in root.findall("div")]
        assert sorted(words) == sorted(texts(drawn(HELIOS)))

    def test_escapes_and_turns_like_the_drawing(self) -> None:
        told = figure(Picture("c", (Box("c", "<script>", native_name="אברהם"),), (), "x"))
        assert "<script" not in told
        assert [found.get("dir") for found in ET.fromstring(told).findall("div")] == [None, "rtl"]


class TestNarrowed:
    def test_keeps_the_customer_and_what_stands_between_it_and_a_warning(self) -> None:
        shown = picture(named("cabdef"), "a 50% c", "b 50% a", "d 50% a", "e 10% c", "f 10% e")
        flagged = Picture("c", tuple(Box(b.id, b.name, tone=BAD if b.id == "b" else "") for b in shown.boxes), shown.lines, "x")
        kept = narrowed(flagged)
        assert [box.id for box in kept.boxes] == ["c", "a", "b"]
        assert [(line.owner, line.owned) for line in kept.lines] == [("a", "c"), ("b", "a")]

    def test_without_a_warning_only_the_customer_is_left(self) -> None:
        assert [box.id for box in narrowed(large(80, 100)).boxes] == ["c"]

    def test_ends_in_circles(self) -> None:
        shown = picture(named("cab"), "a 51% c", "c 3% b", "b 60% a")
        flagged = Picture("c", (*shown.boxes[:2], Box("b", "B", tone=WARN)), shown.lines, "x")
        assert narrowed(flagged) == flagged
        assert [line.share for line, _next in pairwise([*flagged.lines, flagged.lines[0]])] == ["51%", "3%", "60%"]
