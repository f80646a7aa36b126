"""A file on its way: how far it has come is seen, it can be stopped, and a lost connection loses nothing."""

import os
from collections.abc import Callable, Iterator
from io import BytesIO
from urllib.parse import urlsplit

import numpy as np
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, CDPSession, Dialog, StorageState, expect

from tests.browser.walk import Walk
from tests.running import Installation

pytestmark = pytest.mark.browser
CHARLIE, DOCUMENTS, PHONE = "charlie@outside.example", "/verification/documents/", "/verification/documents/phone/"
SLOW = 400 * 1024


def photograph(side: int = 1100) -> bytes:
    """Noise, which no format makes small, and never the same: a PNG of some megabytes."""
    out = BytesIO()
    Image.frombytes("RGB", (side, side), os.urandom(3 * side * side)).save(out, "PNG", compress_level=1)
    return out.getvalue()


class Sending(Walk):
    """With a connection that can be slow, and cut."""

    def __init__(self, browser: Browser, installation: Installation, state: StorageState | None = None, *, width: int = 1360):
        super().__init__(browser, installation, state=state, width=width)
        self.line: CDPSession = self.context.new_cdp_session(self.page)
        self.line.send("Network.enable")
        self.parts: list[str] = []
        self.page.on("request", lambda asked: self.parts.append(asked.url) if asked.method == "POST" else None)

    def connection(self, *, upload: int = -1, offline: bool = False) -> None:
        """Bytes a second, without a limit where none is said."""
        told = {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": upload}
        self.line.send("Network.emulateNetworkConditions", told)

    def choose_file(self, name: str, data: bytes) -> None:
        self.go(DOCUMENTS)
        self.fill(kind="other")
        file = {"name": name, "mimeType": "image/png", "buffer": data}
        self.page.locator("main [name='file']").set_input_files(file)  # type: ignore[arg-type]  # a FilePayload

    def drawn(self) -> str:
        """The path that the picture on the page leads a phone to."""
        self.go(PHONE)
        self.fill(kind="register_extract")
        self.press("Show the picture")
        found = zxingcpp.read_barcodes(np.asarray(Image.open(BytesIO(self.page.locator("img.code").screenshot())).convert("L")))
        return urlsplit(found[0].text).path

    def add(self) -> None:
        self.page.get_by_role("button", name="Add", exact=True).click(no_wait_after=True)

    def expect_added(self, name: str) -> None:
        expect(self.page.locator("main .item", has_text=name)).to_be_visible(timeout=60_000)


@pytest.fixture
def charlie(browser: Browser, installation: Installation, session_of: Callable[[str], StorageState]) -> Iterator[Sending]:
    walk = Sending(browser, installation, session_of(CHARLIE))
    yield walk
    walk.context.close()


def test_how_far_it_has_come_is_seen_and_it_can_be_stopped_and_go_on(charlie: Sending) -> None:
    charlie.choose_file("slow.png", photograph())
    charlie.connection(upload=SLOW)
    charlie.add()
    share, bar = charlie.page.locator("[data-share]"), charlie.page.locator("[data-preview] progress")
    expect(share).not_to_have_text("0%", timeout=30_000)
    room = charlie.page.locator("[data-preview]").bounding_box()
    shown = bar.bounding_box()
    assert room and shown and shown["width"] > 0.9 * room["width"] and shown["height"] > 4
    charlie.page.get_by_role("button", name="Stop").click()
    expect(charlie.page.get_by_text("Stopped: the file was not added.")).to_be_visible()
    expect(bar).to_be_hidden()
    charlie.connection()
    charlie.add()
    charlie.expect_added("slow.png")
    assert charlie.broken == []


def test_leaving_in_the_middle_asks_first(charlie: Sending) -> None:
    charlie.choose_file("leaving.png", photograph())
    charlie.connection(upload=SLOW)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    charlie.page.on("dialog", stay)
    charlie.add()
    expect(charlie.page.locator("[data-preview] progress")).to_be_visible()
    charlie.page.locator("nav a, .steps a").first.click(no_wait_after=True)
    expect(charlie.page.locator("[data-share]")).not_to_have_text("0%", timeout=30_000)
    assert asked == ["beforeunload"]
    charlie.connection()
    charlie.expect_added("leaving.png")
    assert asked == ["beforeunload"], "what is sent is not left"


def test_a_lost_connection_is_told_and_the_file_goes_on(charlie: Sending) -> None:
    charlie.choose_file("cut.png", photograph())
    charlie.connection(upload=SLOW)
    charlie.add()
    expect(charlie.page.locator("[data-share]")).not_to_have_text("0%", timeout=30_000)
    charlie.connection(offline=True)
    expect(charlie.page.get_by_text("The connection was lost.")).to_be_visible(timeout=30_000)
    charlie.connection()
    charlie.expect_added("cut.png")


def test_one_that_is_too_large_is_refused_before_it_is_sent(charlie: Sending) -> None:
    charlie.choose_file("large.png", bytes(16 * 1024 * 1024))
    expect(charlie.page.get_by_text("The file is larger than 15 MB.")).to_be_visible()
    charlie.add()
    charlie.page.wait_for_timeout(300)
    assert charlie.parts == []


def test_a_phone_sees_how_far_it_has_come_too_and_the_computer_goes_on(
    charlie: Sending, browser: Browser, installation: Installation
) -> None:
    path, phone = charlie.drawn(), Sending(browser, installation, width=390)
    phone.go(path)
    file = {"name": "IMG_7.png", "mimeType": "image/png", "buffer": photograph()}
    phone.page.locator("[name=photo]").set_input_files(file)  # type: ignore[arg-type]  # a FilePayload
    expect(phone.page.locator("canvas.preview")).to_be_visible()
    phone.connection(upload=SLOW)
    send = phone.page.get_by_role("button", name="Send")
    send.click(no_wait_after=True)
    expect(phone.page.locator("[data-share]")).not_to_have_text("0%", timeout=30_000)
    expect(send).to_be_disabled()
    phone.connection(offline=True)
    expect(phone.page.get_by_text("The connection was lost.")).to_be_visible(timeout=30_000)
    phone.connection()
    expect(phone.page.locator("#standing")).to_be_visible(timeout=60_000)
    charlie.page.wait_for_url(f"**{DOCUMENTS}", timeout=30_000)
    assert "IMG_7.png has come from your phone." in charlie.text()
    expect(phone.page.get_by_role("heading", name="Take it again")).to_be_visible(timeout=60_000)
    assert phone.broken == charlie.broken == []
    phone.context.close()
