"""The browser's back button: after an error and after a success it leads to a page that can be used, and sending what stands
there once more does no harm."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, StorageState

from tests.browser.walk import Walk
from tests.running import Installation

pytestmark = pytest.mark.browser
CHARLIE = "charlie@outside.example"
PERSON, PEOPLE = "/verification/people/add/", "/verification/people/"
BUTTON = "main button.primary"


@pytest.fixture
def walk(browser: Browser, installation: Installation, session_of: Callable[[str], StorageState]) -> Iterator[Walk]:
    walk = Walk(browser, installation, state=session_of(CHARLIE))
    walk.go(PEOPLE)
    walk.go(PERSON)
    yield walk
    walk.context.close()


def tell(walk: Walk, name: str) -> None:
    walk.fill(name=name, country="DE", birth_date="1990-02-03", us_basis="none")
    walk.choose("roles", "director")


def is_usable(walk: Walk) -> bool:
    button = walk.page.locator(BUTTON).first
    return button.is_visible() and button.is_enabled()


def rows(walk: Walk, name: str) -> int:
    walk.go(PEOPLE)
    return walk.page.locator("main .item", has_text=name).count()


def test_after_an_error(walk: Walk) -> None:
    walk.fill(name="Berta Zurück")
    walk.send()
    assert walk.errors()
    walk.page.go_back()
    assert walk.page.url.endswith(PERSON)
    assert is_usable(walk)
    tell(walk, "Berta Zurück")
    walk.send()
    assert walk.page.url.endswith(PEOPLE), walk.errors()
    assert rows(walk, "Berta Zurück") == 1
    assert not walk.broken, walk.broken


def test_after_a_success(walk: Walk) -> None:
    tell(walk, "Gustav Zurück")
    walk.send()
    assert walk.page.url.endswith(PEOPLE), walk.errors()
    walk.page.go_back()
    assert walk.page.url.endswith(PERSON)
    assert is_usable(walk)
    tell(walk, "Gustav Zurück")
    walk.send()
    assert "already named" in walk.text()
    assert is_usable(walk)
    assert rows(walk, "Gustav Zurück") == 1
    assert not walk.broken, walk.broken


def test_back_to_what_was_changed_and_saved_again(walk: Walk) -> None:
    tell(walk, "Erika Zurück")
    walk.send()
    walk.page.locator("main .item", has_text="Erika Zurück").get_by_role("link", name="Change").click()
    walk.fill(address_country="DE", address_street="Hafenstraße 1", address_postal_code="20457", address_city="Hamburg")
    walk.send()
    assert walk.page.url.endswith(PEOPLE), walk.errors()
    walk.page.go_back()
    assert is_usable(walk)
    walk.fill(address_country="DE", address_street="Hafenstraße 1", address_postal_code="20457", address_city="Hamburg")
    walk.send()
    assert walk.page.url.endswith(PEOPLE), walk.errors()
    assert rows(walk, "Erika Zurück") == 1
    assert not walk.broken, walk.broken


def test_after_an_error_and_a_success(walk: Walk) -> None:
    """The page with the errors is the answer to a form, which the browser keeps no copy of."""
    walk.fill(name="Paula Zurück")
    walk.send()
    assert walk.errors()
    tell(walk, "Paula Zurück")
    walk.send()
    assert walk.page.url.endswith(PEOPLE), walk.errors()
    walk.page.go_back()
    assert walk.page.url.endswith(PERSON)
    assert is_usable(walk)
    assert not walk.broken, walk.broken


def test_pressed_twice_at_once_it_is_sent_once_and_what_came_of_it_is_said(walk: Walk) -> None:
    tell(walk, "Doris Doppelt")
    sent: list[str] = []
    walk.page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    walk.page.locator(BUTTON).first.dblclick(no_wait_after=True)
    walk.page.wait_for_url(f"**{PEOPLE}")
    assert len(sent) == 1
    assert "Saved." in walk.page.locator(".messages").inner_text()
    assert rows(walk, "Doris Doppelt") == 1
