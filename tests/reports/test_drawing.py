"""The ownership picture on paper: whole, readable, and of nothing but what report.json says."""

import re
from typing import Any

import pytest

from reports import drawing
from tests.reports import specimen


@pytest.fixture
def picture() -> dict[str, Any]:
    return specimen.facts()["picture"]  # type: ignore[no-any-return]  # an object


def row_of(count: int, *, tone: str = "bad") -> dict[str, Any]:
    """So many owners side by side, as those stand who are blocked."""
    box, line = specimen.facts()["picture"]["boxes"][1], specimen.facts()["picture"]["lines"][0]
    boxes = [dict(box, id=str(n), name=f"Owner Number {n}", tone=tone) for n in range(2, 2 + count)]
    lines = [dict(line, owner=str(n)) for n in range(2, 2 + count)]
    return specimen.facts()["picture"] | {"boxes": [specimen.facts()["picture"]["boxes"][0], *boxes], "lines": lines}


def chain_of(count: int) -> dict[str, Any]:
    """So many owners one above the other."""
    found = row_of(count)
    return found | {"lines": [dict(line, owned=str(n)) for n, line in enumerate(found["lines"], start=1)]}


def size(html: str) -> tuple[float, float]:
    found = re.match(r'<div class="[^"]+" style="width: ([\d.]+)px; height: ([\d.]+)px', html)
    assert found
    return float(found[1]), float(found[2])


class TestDrawn:
    def test_every_word_is_one_of_the_facts(self, picture: dict[str, Any]) -> None:
        html = drawing.drawn(picture).html
        words = re.findall(r">([^<>]+)</div>", html)
        assert {"Nordlys Modelling AS · NO", "北极光建模公司", "the customer", "60 %", "25 % to 30 %", "may be blocked"} <= set(
            words
        )
        told = {text for row in (*picture["boxes"], *picture["lines"]) for text in row.values() if isinstance(text, str)}
        plain = {word for text in told for word in text.split()}
        assert {word.strip("\u2068\u2069") for text in words for word in text.split()} - {"·"} <= plain

    def test_the_same_facts_give_the_same_drawing(self, picture: dict[str, Any]) -> None:
        assert drawing.drawn(picture) == drawing.drawn(specimen.facts()["picture"])

    def test_it_says_in_words_what_it_shows_for_the_tag_in_the_pdf(self, picture: dict[str, Any]) -> None:
        assert f"<title>{picture['sentence']}</title>" in drawing.drawn(picture).html

    def test_no_boxes_no_picture(self, picture: dict[str, Any]) -> None:
        assert drawing.drawn(picture | {"boxes": [], "lines": []}) == drawing.NOTHING

    def test_a_name_is_text_and_never_markup(self, picture: dict[str, Any]) -> None:
        picture["boxes"][0]["name"] = picture["sentence"] = "<script>x</script>"
        assert "<script" not in drawing.drawn(picture).html

    @pytest.mark.parametrize(
        ("found", "is_wide"),
        [(row_of(3), False), (row_of(7), True), (row_of(12, tone=""), False), (chain_of(11), False)],
        ids=["small", "wide", "stacked", "tall"],
    )
    def test_it_fits_the_page_it_is_set_on(self, found: dict[str, Any], is_wide: bool) -> None:
        html, is_turned = drawing.drawn(found)
        assert is_turned == is_wide == ('<div class="picture wide"' in html)
        most = drawing.LANDSCAPE if is_wide else drawing.PORTRAIT
        assert all(have <= room + 0.1 for have, room in zip(size(html), most, strict=True))
        scaled = re.search(r"scale\(([\d.]+)\)", html)
        assert scaled and drawing.READABLE <= float(scaled[1]) <= 1

    def test_what_no_one_could_read_is_not_drawn(self) -> None:
        assert drawing.drawn(row_of(40)) == drawing.NOTHING
