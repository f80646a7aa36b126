"""A real Chromium against the whole installation that the test run shares."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, StorageState, sync_playwright

from tests.browser.walk import Walk
from tests.running import Installation


# Ends with its module: while Playwright's loop runs, Django takes every test for an asynchronous one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def session_of(browser: Browser, installation: Installation) -> Callable[[str], StorageState]:
    """The session of one of the cast, begun once a file, for tests that end none."""
    begun: dict[str, StorageState] = {}

    def session(email: str) -> StorageState:
        if email not in begun:
            walk = Walk(browser, installation)
            walk.sign_in_as(email)
            walk.page.wait_for_url(re.compile("/(verification|desk)/"))
            begun[email] = walk.context.storage_state()
            walk.context.close()
        return begun[email]

    return session
