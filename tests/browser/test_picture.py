"""The ownership picture grows and shrinks under keys, wheel and buttons, moves under the mouse, and is a file."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser

from tests.browser.walk import Walk
from tests.running import Installation

pytestmark = pytest.mark.browser
RUI = "rui@keyholder.example"
SIZE = "document.querySelector('.picture > svg').getBoundingClientRect().width"
SHOWN = "document.querySelector('[data-zoom=plain]').textContent"
SCROLLED = "(() => { const box = document.querySelector('.picture'); return [box.scrollLeft, box.scrollTop]; })()"


@pytest.fixture
def walk(browser: Browser, installation: Installation) -> Iterator[Walk]:
    walk = Walk(browser, installation)
    walk.sign_in_as(RUI)
    opened(walk)
    yield walk
    walk.context.close()
    assert walk.broken == []


def opened(walk: Walk) -> None:
    """A case with a picture of some size."""
    walk.go("/desk/cases/?tab=decided")
    cases = walk.page.eval_on_selector_all("main a[href]", "links => links.map(link => link.getAttribute('href'))")
    for case in dict.fromkeys(one for one in cases if re.fullmatch(r"/desk/cases/\d+/", one)):
        walk.go(f"{case}?tab=people")
        if walk.page.locator(".picture > svg").count():
            return
    raise AssertionError("no case has a picture")


class TestZoom:
    def test_by_buttons_keys_and_the_wheel(self, walk: Walk) -> None:
        page = walk.page
        natural = page.evaluate(SIZE)
        page.locator("[data-zoom=in]").click()
        assert page.evaluate(SIZE) == pytest.approx(natural * 1.25, rel=0.01)
        assert page.evaluate(SHOWN) == "125 %"
        page.locator(".picture").focus()
        page.keyboard.press("-")
        page.keyboard.press("-")
        assert page.evaluate(SHOWN) == "80 %"
        page.keyboard.press("0")
        assert page.evaluate(SIZE) == pytest.approx(natural, rel=0.01)
        page.locator(".picture").hover()
        page.keyboard.down("Control")
        page.mouse.wheel(0, -60)
        page.keyboard.up("Control")
        page.wait_for_function(f"{SIZE} > {natural} * 1.2")
        page.locator("[data-zoom=whole]").click()
        box = "document.querySelector('.picture')"
        assert page.evaluate(f"{box}.scrollWidth <= {box}.clientWidth + 1 && {box}.scrollHeight <= {box}.clientHeight + 1")

    def test_the_ground_moves_under_the_mouse_and_words_are_selected(self, walk: Walk) -> None:
        page = walk.page
        for _ in range(8):
            page.locator("[data-zoom=in]").click()
        words = page.locator(".picture text", has_text="the customer").first
        # Selecting at an edge would scroll by itself.
        words.evaluate("words => words.scrollIntoView({block: 'center', inline: 'center'})")
        place, word = page.locator(".picture").bounding_box(), words.bounding_box()
        assert place and word
        before = page.evaluate(SCROLLED)
        page.mouse.move(word["x"] + 2, word["y"] + word["height"] / 2)
        page.mouse.down()
        page.mouse.move(word["x"] + word["width"] - 2, word["y"] + word["height"] / 2, steps=4)
        page.mouse.up()
        selected = page.evaluate("getSelection().toString()").strip()
        assert selected and selected in "the customer"
        assert page.evaluate(SCROLLED) == before
        page.evaluate("document.querySelector('.picture').scrollLeft = 100")
        ground = page.evaluate(
            """([x, y, wide, high]) => {
              for (let down = 20; down < high - 20; down += 10) for (let along = 20; along < wide - 80; along += 10) {
                const there = document.elementFromPoint(x + along, y + down);
                if (there?.closest(".picture") && !there.closest("text")) return [x + along, y + down];
              }
            }""",
            [place["x"], place["y"], place["width"], place["height"]],
        )
        page.mouse.move(*ground)
        page.mouse.down()
        page.mouse.move(ground[0] + 40, ground[1], steps=4)
        page.mouse.up()
        assert page.evaluate(SCROLLED)[0] == pytest.approx(60, abs=2)


class TestFiles:
    def test_lines_and_points(self, walk: Walk, tmp_path: Path) -> None:
        with walk.page.expect_download() as lines:
            walk.page.locator(".picture-tools a[download]").click()
        lines.value.save_as(tmp_path / "picture.svg")
        assert (tmp_path / "picture.svg").read_text().startswith("<svg ")
        assert lines.value.suggested_filename.endswith(" owners.svg")
        with walk.page.expect_download() as points:
            walk.page.locator("[data-png]").click()
        points.value.save_as(tmp_path / "picture.png")
        assert points.value.suggested_filename.endswith(" owners.png")
        with Image.open(tmp_path / "picture.png") as image:
            assert image.format == "PNG"
            assert image.width == pytest.approx(2 * walk.page.evaluate(SIZE), rel=0.05)
            assert len(image.convert("RGB").getcolors(1_000_000) or []) > 5


class TestWithoutScript:
    def test_the_picture_scrolls_its_findings_are_links_and_its_file_is_one(
        self, browser: Browser, installation: Installation
    ) -> None:
        first = Walk(browser, installation)
        first.sign_in_as(RUI)
        opened(first)
        where = first.page.url
        plain = browser.new_context(storage_state=first.context.storage_state(), java_script_enabled=False)
        page = plain.new_page()
        page.goto(where)
        assert page.locator(".picture > svg").is_visible()
        assert not page.locator("[data-zoom]").first.is_visible()
        assert page.locator(".picture-tools a[download]").is_visible()
        page.locator(".picture-regimes a", has_text="None").click()
        assert page.url.endswith("regime=none#owners")
        assert page.locator(".picture-regimes b").inner_text() == "None, only what was declared"
        plain.close()
        first.context.close()
