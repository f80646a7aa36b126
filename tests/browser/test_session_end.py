"""Before a session ends for want of use the page says so; one press goes on, in every tab, and nothing typed is lost."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, StorageState, expect

from tests.browser.walk import Walk
from tests.running import Installation

pytestmark = pytest.mark.browser
Session = Callable[[str], StorageState]
CHARLIE, ANA = "charlie@outside.example", "ana@keyholder.example"
PERSON = "/verification/people/add/"
# Minutes of a customer's hour that pass unused.
SOON, OVER = 57.5, 61
CLOCK = """(minutes) => new Date(Date.now() + minutes * 60_000)
  .toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })"""


# As htmx says it of a request.
ASKED = """([successful, status]) => document.dispatchEvent(new CustomEvent("htmx:afterRequest", {
  detail: { successful, xhr: { status }, requestConfig: { headers: {} } } }))"""


class Waiting(Walk):
    """In a browser whose clock we set."""

    def __init__(self, browser: Browser, installation: Installation, **more: Any) -> None:
        super().__init__(browser, installation, **more)
        self.context.clock.install()

    def unused(self, minutes: float) -> None:
        self.context.clock.fast_forward(int(minutes * 60_000))

    def dialog(self, page: Page | None = None) -> Locator:
        return (page or self.page).get_by_role("dialog", name="Your session")


@pytest.fixture
def walk(browser: Browser, installation: Installation, session_of: Session) -> Iterator[Waiting]:
    walk = Waiting(browser, installation, state=session_of(CHARLIE))
    walk.go(PERSON)
    yield walk
    assert walk.broken == []
    walk.context.close()


class TestWarning:
    def test_comes_two_minutes_before_and_not_earlier(self, walk: Waiting) -> None:
        walk.unused(56)
        expect(walk.dialog()).to_be_hidden()
        walk.unused(1.5)
        expect(walk.dialog()).to_be_visible()
        expect(walk.dialog()).to_contain_text("You will be signed out at")
        expect(walk.page.get_by_role("button", name="Stay signed in")).to_be_focused()

    def test_counts_what_was_answered_and_not_what_failed(self, walk: Waiting) -> None:
        """An answer and a form refused are use; a server that is away, or has failed, is none."""
        for successful, status, is_use in ((True, 200, True), (False, 422, True), (False, 0, False), (False, 503, False)):
            walk.go(PERSON)
            walk.unused(56)
            walk.page.evaluate(ASKED, [successful, status])
            walk.unused(1.5)
            expect(walk.dialog()).to_be_visible(visible=not is_use)

    def test_says_when(self, walk: Waiting) -> None:
        """An hour from the last request, less the minute for which nothing is noted."""
        before = walk.page.evaluate(CLOCK, 59)
        walk.unused(SOON)
        after = walk.page.evaluate(CLOCK, 59 - SOON)
        assert walk.dialog().locator("time").first.inner_text() in {before, after}

    @pytest.mark.parametrize("key", ["Enter", "Escape"])
    def test_one_press_goes_on_and_what_was_typed_stays(self, walk: Waiting, key: str) -> None:
        walk.fill(name="Half a per")
        walk.unused(SOON)
        expect(walk.dialog()).to_be_visible()
        with walk.page.expect_response("**/account/sessions/stay/") as answer:
            walk.page.keyboard.press(key)
        assert answer.value.status == 204
        expect(walk.dialog()).to_be_hidden()
        field = walk.page.locator("main [name='name']")
        expect(field).to_have_value("Half a per")
        expect(field).to_be_focused()
        walk.unused(56)
        expect(walk.dialog()).to_be_hidden()
        walk.unused(1.5)
        expect(walk.dialog()).to_be_visible()

    def test_goes_in_every_tab_where_one_goes_on(self, walk: Waiting) -> None:
        other = walk.context.new_page()
        other.goto(walk.url + "/verification/")
        # Of both: it is one clock.
        walk.unused(SOON)
        for page in (walk.page, other):
            expect(walk.dialog(page)).to_be_visible()
        other.get_by_role("button", name="Stay signed in").click()
        for page in (other, walk.page):
            expect(walk.dialog(page)).to_be_hidden()

    def test_after_the_end_says_that_it_is_over_and_lets_go_of_the_page(self, walk: Waiting) -> None:
        walk.fill(name="Half a per")
        walk.unused(OVER)
        expect(walk.dialog()).to_contain_text("You were signed out at")
        expect(walk.page.get_by_role("button", name="Stay signed in")).to_be_hidden()
        walk.page.get_by_role("button", name="Close").click()
        expect(walk.page.locator("main [name='name']")).to_have_value("Half a per")
        walk.unused(5)
        expect(walk.dialog()).to_be_hidden()

    def test_where_the_session_was_ended_elsewhere_it_says_so(self, walk: Waiting) -> None:
        walk.unused(SOON)
        walk.context.clear_cookies()
        walk.page.get_by_role("button", name="Stay signed in").click()
        expect(walk.dialog()).to_contain_text("You were signed out at")


class TestNobody:
    def test_is_warned_without_script_or_signed_out(self, browser: Browser, installation: Installation) -> None:
        for script in (True, False):
            walk = Walk(browser, installation, script=script)
            walk.go("/account/login/")
            assert walk.page.locator("#session-end").count() == 0
            walk.sign_in_as(CHARLIE)
            walk.go(PERSON)
            expect(walk.page.locator("#session-end")).to_be_hidden()
            walk.context.close()


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (360, False), (1280, True), (360, True)])
def test_a_picture(browser: Browser, installation: Installation, session_of: Session, width: int, dark: bool) -> None:
    walk = Waiting(browser, installation, width=width, dark=dark, state=session_of(ANA))
    walk.go("/desk/cases/")
    walk.unused(27.5)
    expect(walk.dialog()).to_be_visible()
    walk.keep(f"session_end_{width}_{'dark' if dark else 'light'}")
    assert walk.broken == []
    walk.context.close()
