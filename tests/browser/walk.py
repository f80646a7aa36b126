"""One person's window, and what the person does in it."""

import os
import re
import time
import urllib.request
from collections.abc import Mapping

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from playwright.sync_api import Browser, Page, StorageState

from demo.cast import TOTP_SECRET
from tests.running import BASE, Installation

SCREENS = BASE / ".data/screens"
PATIENCE = 60
CODE = re.compile(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b")
# Chromium notes each answer of 400 or more as an error of the page; those are counted by `broken` instead.
ANSWERS = "Failed to load resource"
# What the policy of a page forbids it (accounts/headers.py), told as an error.
TELL = """addEventListener("securitypolicyviolation", (event) => {
  console.error(`${event.violatedDirective} forbids ${event.blockedURI} ${event.sample}`);
})"""


class Walk:
    """Keeps a picture of each page, and what no page may do: fail, throw, or scroll sideways."""

    def __init__(
        self,
        browser: Browser,
        installation: Installation,
        *,
        width: int = 1360,
        dark: bool = False,
        script: bool = True,
        state: StorageState | None = None,
    ) -> None:
        """With `state`, in the session of who has signed in before."""
        scheme = "dark" if dark else "light"
        self.context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            accept_downloads=True,
            java_script_enabled=script,
            storage_state=state,
        )
        self.context.add_init_script(TELL)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.installation, self.url = installation, installation.url
        self.broken: list[str] = []
        self.page.on("response", lambda answer: self.broken.append(answer.url) if answer.status >= 500 else None)
        self.page.on("pageerror", lambda error: self.broken.append(str(error)))
        self.page.on("console", lambda said: self.noted(said.type, said.text))

    def noted(self, kind: str, text: str) -> None:
        if kind == "error" and not text.startswith(ANSWERS):
            self.broken.append(text)

    def go(self, path: str) -> None:
        self.page.goto(self.url + path)

    def keep(self, name: str) -> None:
        # A click returns when the next page has been answered, before there is anything of it to measure.
        self.page.wait_for_load_state()
        # Where nobody looks at them they only take time.
        if "KEYHOLDER_SCREENS" in os.environ:
            SCREENS.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=SCREENS / f"{name}.png", full_page=True)
        wide, room = self.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        if wide > room:
            self.broken.append(f"{name} scrolls sideways: {wide} px in {room}")

    def text(self) -> str:
        return self.page.inner_text("body")

    def sign_in_as(self, email: str) -> None:
        self.go("/demo/")
        self.page.click(f"button[value='{email}']")

    def sign_in(self, email: str, password: str, *, with_code: bool = False) -> None:
        """As people do it: password and, for staff, the code of the authenticator app."""
        self.go("/account/login/")
        self.fill(login=email, password=password)
        self.send()
        if with_code:
            counter = next(iter(yield_hotp_counters_from_time()))
            self.fill(code=format_hotp_value(hotp_value(TOTP_SECRET, counter)))
            self.send()

    def fill(self, **values: str) -> None:
        for name, value in values.items():
            field = self.page.locator(f"main [name='{name}']").first
            if field.evaluate("e => e.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)

    def choose(self, name: str, *values: str) -> None:
        for value in values:
            self.page.locator(f"main [name='{name}'][value='{value}']").first.check()

    def answer(self, answers: Mapping[str, str | list[str]]) -> None:
        """Each field by its kind: chosen or typed."""
        for name, answer in answers.items():
            if self.page.locator(f"main [name='{name}']").first.get_attribute("type") in {"radio", "checkbox"}:
                self.choose(name, *([answer] if isinstance(answer, str) else answer))
            else:
                self.fill(**{name: str(answer)})

    def tick(self, name: str) -> None:
        self.page.locator(f"main [name='{name}']").check()

    def upload(self, name: str, data: bytes) -> None:
        self.page.locator("main [name='file']").set_input_files({"name": name, "mimeType": "application/pdf", "buffer": data})

    def press(self, words: str) -> None:
        """A button or link that says so."""
        found = self.page.get_by_role("button", name=words, exact=True).or_(self.page.get_by_role("link", name=words, exact=True))
        found.first.click()
        self.arrive()

    def send(self) -> None:
        self.page.locator("main button.primary").first.click()
        self.arrive()

    def arrive(self) -> None:
        """Also where a file is sent first, in parts, and the form after it."""
        self.page.locator("form[data-going], form[data-ready]").wait_for(state="detached")
        self.page.wait_for_load_state()

    def errors(self) -> dict[str, str]:
        """What stands beside each field that is wrong."""
        return {
            field.locator("input, select, textarea").first.get_attribute("name") or "": field.locator(
                ".errors"
            ).first.inner_text()
            for field in self.page.locator("main .field.wrong").all()
        }

    def until(self, text: str) -> None:
        """Reloads until the page says so; what is awaited is a worker's doing."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.text():
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.3)
            self.page.reload()


def mailed_code(installation: Installation, to: str) -> str:
    """The last code that went to an address, as the demo's mailbox shows it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"{installation.url}/demo/mail") as answer:
            found = CODE.search(answer.read().decode().partition(to)[2])
        if found:
            return found[0]
        time.sleep(0.3)
    raise AssertionError(f"no code was mailed to {to}")
