"""Every page at a telephone's, a laptop's and a large screen's width, light and dark, and forms without script.

A picture of each stays in .data/screens, to be looked at.
"""

import subprocess

import pytest
from playwright.sync_api import Browser

from tests import story
from tests.browser.pages import PAGES, opened
from tests.browser.walk import SCREENS, Walk
from tests.running import Installation

pytestmark = [pytest.mark.browser, pytest.mark.soak]
CHARLIE = "charlie@outside.example"
WIDTHS = (360, 768, 1280, 1920)
# Lines of text that lie on each other, by more than the leading lets letters touch.
OVERLAPS = """() => {
  const lines = [];
  const unseen = (part) => part && (getComputedStyle(part).clipPath === "inset(50%)" || unseen(part.parentElement));
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    if (!node.textContent.trim() || !parent.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if (parent.closest("svg, option, textarea, script")) continue;
    // Read out and not drawn.
    if (unseen(parent)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) if (box.width > 1) lines.push({ box, text: node.textContent.trim().slice(0, 40) });
  }
  const found = [];
  lines.forEach((a, place) => lines.slice(place + 1).forEach((b) => {
    const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
    const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
    if (across > 2 && down > 6) found.push(`${a.text} | ${b.text}`);
  }));
  return found;
}"""


@pytest.mark.parametrize("who", PAGES)
def test_fits(browser: Browser, installation: Installation, who: str) -> None:
    walk, found = Walk(browser, installation), []
    for name in opened(walk, who):
        for width in WIDTHS:
            walk.page.set_viewport_size({"width": width, "height": 900})
            for scheme in ("light", "dark"):
                walk.page.emulate_media(color_scheme=scheme)
                walk.keep(f"{name}-{width}-{scheme}")
            found += [f"{name} at {width}: {lines}" for lines in walk.page.evaluate(OVERLAPS)]
    assert not found, "\n".join(found)
    assert not walk.broken, "\n".join(walk.broken)


def test_what_overlaps_is_found(browser: Browser, installation: Installation) -> None:
    """The negative control."""
    walk = Walk(browser, installation)
    walk.go("/account/login/")
    assert not walk.page.evaluate(OVERLAPS)
    walk.page.evaluate("document.querySelector('main h1').style.marginBottom = '-3rem'")
    assert walk.page.evaluate(OVERLAPS)


def test_a_case_on_paper_says_what_it_says_without_controls(browser: Browser, installation: Installation) -> None:
    walk = Walk(browser, installation)
    walk.sign_in_as("ana@keyholder.example")
    walk.go("/desk/cases/?tab=review")
    walk.page.locator("tbody a.title").first.click()
    name = walk.page.inner_text("h1")
    assert walk.page.get_by_role("button", name="Propose").count()
    file = SCREENS / "case-on-paper.pdf"
    walk.page.pdf(path=file, format="A4", print_background=True)
    paper = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True).stdout
    assert name.split()[0] in paper
    for controls in ("Propose", "Next", "Two-step sign-in", "What you ask for", "Demo: all data"):
        assert controls not in paper


class TestWithoutScript:
    """Whoever switches scripts off, or gets none through, loses only conveniences."""

    @pytest.fixture
    def walk(self, browser: Browser, installation: Installation) -> Walk:
        return Walk(browser, installation, script=False)

    def test_a_customer_names_a_person(self, walk: Walk) -> None:
        walk.sign_in_as(CHARLIE)
        walk.go("/verification/people/add/")
        walk.fill(name="Carla Ohnescript")
        walk.send()
        assert walk.errors()
        assert walk.page.locator("[name='name']").input_value() == "Carla Ohnescript"
        walk.fill(country="DE", birth_date="1990-02-03", us_basis="none")
        walk.choose("roles", "director")
        walk.send()
        assert walk.page.url.endswith("/verification/people/"), walk.errors()
        row = walk.page.locator(".item", has_text="Carla Ohnescript").inner_text()
        assert "Director · Germany" in row

    def test_a_customer_answers_and_signs_the_questionnaire(self, walk: Walk) -> None:
        walk.sign_in_as(CHARLIE)
        walk.go("/verification/use/")
        walk.answer(story.USE)
        walk.send()
        assert set(walk.errors()) == {"signed_name"}
        assert walk.page.locator("[name='end_use']").input_value() == story.USE["end_use"]
        walk.fill(signed_name="Charlie Outside")
        walk.send()
        walk.go("/verification/check/")
        assert story.USE["end_use"] in walk.text()
        assert story.USE["training_for"] in walk.text()

    def test_an_officer_asks_for_two_things(self, walk: Walk) -> None:
        walk.sign_in_as("ana@keyholder.example")
        walk.go("/desk/cases/?tab=review")
        walk.page.locator("tbody a.title").first.click()
        walk.page.get_by_role("button", name="Propose").click()
        walk.page.wait_for_load_state()
        assert "Choose what you propose." in walk.text()
        walk.fill(
            choice="ask",
            reason="document_unreadable",
            message="Two things are missing.",
            note="Both are blank.",
            **{"item0-what": "register_extract", "item0-why": "unreadable", "item0-words": "Page two is blank."},
            **{"item1-what": "account_statement", "item1-why": "missing"},
        )
        walk.page.get_by_role("button", name="Propose").click()
        walk.page.wait_for_load_state()
        told = walk.page.locator("#decide").inner_text()
        assert "Register extract. It cannot be read. Page two is blank." in told
        assert "Account statement. It is missing." in told
        assert "“Two things are missing.”" in told
