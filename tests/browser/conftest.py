"""A real Chromium against the whole installation that the test run shares."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright


# Ends with its module: while Playwright's loop runs, Django takes every test for an asynchronous one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        yield browser
        browser.close()
