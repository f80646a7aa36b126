"""What somebody has half typed is not lost by a click beside it: the browser asks first, and only then."""

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Dialog, StorageState

from demo.cast import PASSWORD
from tests.browser.walk import PATIENCE, Walk
from tests.running import Installation

pytestmark = pytest.mark.browser
CHARLIE, ANA = "charlie@outside.example", "ana@keyholder.example"
PERSON, PEOPLE, USE = "/verification/people/add/", "/verification/people/", "/verification/use/"


class Asked(Walk):
    """Counts the questions, and stays where it is asked."""

    def __init__(self, browser: Browser, installation: Installation, state: StorageState | None = None) -> None:
        super().__init__(browser, installation, state=state)
        self.questions: list[str] = []
        self.page.on("dialog", self.stays)

    def stays(self, dialog: Dialog) -> None:
        self.questions.append(dialog.type)
        dialog.dismiss()

    def is_asked(self, pressed: str) -> bool:
        """Presses it, and says whether the browser asked, upon which the page stays."""
        before, was = len(self.questions), self.page.url
        self.page.locator(pressed).first.click(no_wait_after=True)
        until = time.monotonic() + PATIENCE
        while len(self.questions) == before and self.page.url == was:
            assert time.monotonic() < until, "neither asked nor left"
            self.page.wait_for_timeout(50)
        asked = self.questions[before:]
        assert asked in ([], ["beforeunload"])
        assert (self.page.url == was) is bool(asked)
        return bool(asked)


@pytest.fixture
def walk(browser: Browser, installation: Installation, session_of: Callable[[str], StorageState], who: str) -> Iterator[Asked]:
    walk = Asked(browser, installation, session_of(who) if who else None)
    yield walk
    walk.context.close()


@pytest.fixture
def who() -> str:
    """Nobody, where a test does not say."""
    return ""


def link(path: str) -> str:
    return f"main a[href='{path}']"


class TestCustomer:
    @pytest.fixture
    def who(self) -> str:
        return CHARLIE

    @pytest.fixture
    def charlie(self, walk: Asked) -> Asked:
        return walk

    def test_is_not_asked_where_nothing_was_typed(self, charlie: Asked) -> None:
        charlie.go(PERSON)
        charlie.page.click("main [name='name']")
        assert not charlie.is_asked(link(USE))

    def test_is_asked_once_he_has_typed_and_what_he_typed_stays(self, charlie: Asked) -> None:
        charlie.go(PERSON)
        charlie.fill(name="Half a per")
        assert charlie.is_asked(link(USE))
        assert charlie.page.locator("main [name='name']").input_value() == "Half a per"

    def test_is_asked_too_where_the_form_came_back_with_errors(self, charlie: Asked) -> None:
        charlie.go(PERSON)
        charlie.fill(name="Half a person")
        charlie.send()
        assert charlie.errors()
        assert charlie.questions == []
        assert charlie.is_asked(link(USE))

    def test_is_not_asked_after_sending(self, charlie: Asked) -> None:
        charlie.go(PERSON)
        charlie.fill(name="Sent Wholly", country="DE", birth_date="1990-02-03", us_basis="none")
        charlie.choose("roles", "director")
        charlie.send()
        assert charlie.page.url.endswith(PEOPLE), charlie.errors()
        assert not charlie.is_asked(link(USE))

    def test_is_asked_where_another_form_is_sent_than_the_one_he_typed_in(self, charlie: Asked) -> None:
        charlie.go(PERSON)
        charlie.fill(name="Half a person")
        charlie.page.click("details.menu summary")
        assert charlie.is_asked("details.menu form button")
        # What was not sent after all is still his to lose.
        assert charlie.is_asked(link(USE))


class TestOfficer:
    @pytest.fixture
    def who(self) -> str:
        return ANA

    @pytest.fixture
    def ana(self, walk: Asked) -> Asked:
        walk.go("/desk/cases/?tab=review")
        walk.page.locator("tbody a.title").first.click()
        walk.page.wait_for_load_state()
        return walk

    def test_is_asked_before_another_tab_of_the_case(self, ana: Asked) -> None:
        ana.page.locator("#decide [name='note']").fill("Half a note")
        assert ana.is_asked("main .tabs a:not([aria-current])")

    def test_is_not_asked_when_only_the_search_was_typed_in(self, ana: Asked) -> None:
        ana.page.fill("#q", "Nordlys")
        assert not ana.is_asked("main .tabs a:not([aria-current])")


def test_nobody_is_asked_on_a_page_of_signing_in(walk: Asked) -> None:
    walk.go("/account/login/")
    walk.fill(login=CHARLIE, password=PASSWORD)
    assert not walk.is_asked("a[href*='/account/signup/']")
