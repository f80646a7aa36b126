"""axe finds nothing that keeps anybody from using a page, light or dark."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browser.pages import PAGES, opened
from tests.browser.walk import Walk
from tests.running import Installation
from tests.whole import IS_WHOLE

pytestmark = [pytest.mark.browser, pytest.mark.soak]
# Whose pages `make test` looks at too.
SAMPLE = "ingrid@nordlys.example"
GRAVE = {"serious", "critical"}
SCHEMES = ("light", "dark")


def grave(walk: Walk) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(walk.page).response["violations"]
    return [
        f"{violation['id']} ({violation['impact']}): {node['html'][:160]}"
        for violation in found
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("who", [pytest.param(who, marks=pytest.mark.sample if who == SAMPLE else ()) for who in PAGES])
def test_nothing_grave(browser: Browser, installation: Installation, who: str) -> None:
    walk, found = Walk(browser, installation, width=1280), []
    for number, name in enumerate(opened(walk, who)):
        # In every run each page as every second reader sees it.
        for scheme in SCHEMES if IS_WHOLE else (SCHEMES[number % 2],):
            # Without motion the colours are there at once.
            walk.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found += [f"{name} {scheme}: {what}" for what in grave(walk)]
    assert not found, "\n".join(found)
    assert not walk.broken


def test_what_is_grave_is_found(browser: Browser, installation: Installation) -> None:
    """The negative control."""
    walk = Walk(browser, installation)
    walk.go("/account/login/")
    walk.page.evaluate("document.querySelector('label').style.color = '#eee'; document.querySelector('label').htmlFor = ''")
    assert any(what.startswith("color-contrast") for what in grave(walk))
