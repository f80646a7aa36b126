"""The journey as people walk it: real Chromium, real web, worker and beat. A picture of each page stays in .data/screens."""

import json
import re
import time
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import BASE, Installation

pytestmark = pytest.mark.browser
SCREENS = BASE / ".data/screens"
PASSWORD = "a long enough password 7"
PATIENCE = 60


class Walk:
    """One person's window."""

    def __init__(self, browser: Browser, installation: Installation) -> None:
        self.context = browser.new_context(viewport={"width": 1360, "height": 900}, accept_downloads=True)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.url = installation.url
        self.broken: list[str] = []
        self.page.on("response", lambda answer: self.broken.append(answer.url) if answer.status >= 500 else None)

    def go(self, path: str) -> None:
        self.page.goto(self.url + path)

    def keep(self, name: str) -> None:
        SCREENS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENS / f"{name}.png", full_page=True)

    def sign_in_as(self, email: str) -> None:
        self.go("/demo/")
        self.page.click(f"button[value='{email}']")

    def fill(self, **values: str) -> None:
        for name, value in values.items():
            field = self.page.locator(f"[name='{name}']").first
            if field.evaluate("e => e.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)

    def send(self) -> None:
        self.page.locator("main button.primary").first.click()
        self.page.wait_for_load_state()

    def until(self, text: str) -> None:
        """Reloads until the page says so; what is awaited is a worker's doing."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.page.inner_text("body"):
            assert time.monotonic() < deadline, self.page.inner_text("body")
            time.sleep(0.5)
            self.page.reload()


def mailed_code(installation: Installation) -> str:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"{installation.url}/demo/mail") as answer:
            found = re.search(r"\b([A-Z0-9]{4}-[A-Z0-9]{4})\b\s*(?:<|\n)", answer.read().decode().split("freja@", 1)[-1])
        if found:
            return found[1]
        time.sleep(0.5)
    raise AssertionError("no code was mailed")


def introspected(installation: Installation, token: str) -> dict[str, object]:
    request = urllib.request.Request(
        f"{installation.url}/api/v1/introspect",
        data=urllib.parse.urlencode({"token": token}).encode(),
        headers={"Authorization": f"Bearer {installation.gateway()}"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


def test_an_officer_and_an_auditor_at_work(browser: Browser, installation: Installation, tmp_path: Path) -> None:
    ana = Walk(browser, installation)
    ana.go("/")
    ana.keep("01-home")
    ana.go("/demo/")
    ana.keep("02-cast")
    ana.sign_in_as("ana@keyholder.example")
    ana.keep("10-queue")
    ana.page.click("text=Helios Compute FZE")
    assert "Blocked under OFAC 50 %" in ana.page.inner_text("main")
    ana.keep("11-case")
    case = ana.page.url.split("?")[0]
    for number, tab in enumerate(("people", "documents", "screening", "risk", "keys", "timeline"), start=12):
        ana.page.goto(f"{case}?tab={tab}")
        ana.keep(f"{number}-case-{tab}")
    ingrid = Walk(browser, installation)
    ingrid.sign_in_as("ingrid@nordlys.example")
    ingrid.keep("20-customer")
    ingrid.go("/verification/keys/issue/")
    ingrid.fill(name="edge gateway")
    ingrid.page.locator("[name='responsible']").select_option(index=1)
    ingrid.send()
    ingrid.keep("21-key-once")
    secret = re.search(r"kh_live_[0-9A-Za-z]{58}", ingrid.page.content())
    assert secret
    deadline = time.monotonic() + PATIENCE
    while not introspected(installation, secret[0])["active"]:
        assert time.monotonic() < deadline, "the worker never linked the key"
        time.sleep(0.2)
    ingrid.go("/verification/keys/")
    ingrid.keep("22-keys")
    astrid = Walk(browser, installation)
    astrid.sign_in_as("astrid@keyholder.example")
    astrid.go("/reports/request/")
    astrid.fill(organisation=str(astrid.page.locator("option", has_text="Nordlys").first.get_attribute("value")))
    astrid.keep("30-report-request")
    astrid.send()
    astrid.until("Download")
    astrid.keep("31-report")
    with astrid.page.expect_download() as download:
        astrid.page.get_by_text("Download", exact=False).first.click()
    download.value.save_as(tmp_path / "dossier.pdf")
    assert (tmp_path / "dossier.pdf").read_bytes().startswith(b"%PDF-")
    charlie = Walk(browser, installation)
    charlie.sign_in_as("charlie@outside.example")
    charlie.page.goto(case)
    stranger = charlie.page.content()
    charlie.go("/no/such/page")
    assert charlie.page.content() == stranger
    assert not [*ana.broken, *ingrid.broken, *astrid.broken, *charlie.broken]


def test_a_stranger_signs_up(browser: Browser, installation: Installation) -> None:
    freja = Walk(browser, installation)
    freja.go("/account/signup/")
    freja.keep("40-sign-up")
    freja.fill(email="freja@tide.example", password1=PASSWORD)
    freja.send()
    freja.keep("41-confirm")
    freja.fill(code=mailed_code(installation))
    freja.send()
    freja.keep("42-begin")
    freja.fill(name="Tide Robotics AS")
    freja.send()
    freja.keep("43-company")
    assert "/verification/company/" in freja.page.url
    assert not freja.broken
