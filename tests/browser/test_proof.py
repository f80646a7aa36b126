"""An auditor takes proofs of an event, one after the other, from a page that stays."""

import pytest
from playwright.sync_api import Browser

from accounts import heads, proving
from tests.browser.walk import Walk
from tests.running import Installation

pytestmark = pytest.mark.browser


def test_the_page_of_an_event_gives_its_proof_again_and_again(browser: Browser, installation: Installation) -> None:
    astrid = Walk(browser, installation)
    astrid.sign_in_as("astrid@keyholder.example")
    astrid.go("/audit/")
    astrid.page.locator("table a[href^='/audit/']").first.click()
    astrid.page.wait_for_load_state()
    astrid.fill(since="7000000")
    astrid.press("Download the proof")
    assert "No head of 7000000 events was signed." in astrid.text()
    astrid.fill(since="")
    for _ in range(2):
        with astrid.page.expect_download() as download:
            astrid.page.get_by_role("button", name="Download the proof").click()
        file = download.value.path().read_text()
        kept = list(heads.read((installation.state / "audit-heads/heads.jsonl").read_text().splitlines()))
        assert proving.proved(file, kept=kept).event["verb"]
    assert "No head of" not in astrid.text()
    assert astrid.broken == []
