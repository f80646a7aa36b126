"""Passkeys in real Chromium, whose DevTools lend a virtual authenticator: adding one, signing in with it, taking it away."""

import re
from collections.abc import Iterator

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from playwright.sync_api import Browser, CDPSession

from demo.cast import PASSWORD, TOTP_SECRET
from tests.browser.walk import Walk
from tests.running import Installation

pytestmark = pytest.mark.browser
INGRID = "ingrid@nordlys.example"
# He ends without the app's codes, so nobody whom other tests sign in.
OMAR = "omar@keyholder.example"
PASSKEYS = "/account/2fa/webauthn/"


class Holder(Walk):
    """A person with a device that makes passkeys and knows its owner's finger."""

    def __init__(self, browser: Browser, installation: Installation, *, verifies: bool = True) -> None:
        super().__init__(browser, installation)
        # Passkeys belong to a name; the installation's own address is a bare number.
        self.url = self.url.replace("127.0.0.1", "localhost")
        self.devtools: CDPSession = self.context.new_cdp_session(self.page)
        self.devtools.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": verifies,
            "automaticPresenceSimulation": True,
        }
        self.device = self.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def passkeys(self) -> int:
        return len(self.devtools.send("WebAuthn.getCredentials", {"authenticatorId": self.device})["credentials"])

    def adds_a_passkey(self, name: str, **confirmed: str) -> None:
        """By `confirmed` he says once more who he is, which is not asked for just after a password alone."""
        self.go(f"{PASSKEYS}add/")
        assert ("Confirm that it is you" in self.text()) is bool(confirmed)
        if confirmed:
            self.fill(**confirmed)
            self.send()
        self.fill(name=name)
        self.page.click("#mfa_webauthn_add")
        self.page.wait_for_url(re.compile("/account/2fa/(?!webauthn)"))

    def signs_in_with_it(self) -> None:
        self.go("/account/login/")
        self.page.click("#passkey_login")
        self.page.wait_for_url(lambda url: "/account/login/" not in url and "webauthn" not in url)

    def signs_out(self) -> None:
        self.go("/account/logout/")
        self.send()


@pytest.fixture
def ingrid(browser: Browser, installation: Installation) -> Iterator[Holder]:
    holder = Holder(browser, installation)
    yield holder
    holder.context.close()
    assert holder.broken == []


@pytest.fixture
def omar(browser: Browser, installation: Installation) -> Iterator[Holder]:
    holder = Holder(browser, installation)
    yield holder
    holder.context.close()
    assert holder.broken == []


def test_a_customer_adds_one_signs_in_with_it_alone_and_takes_it_away(ingrid: Holder) -> None:
    ingrid.sign_in(INGRID, PASSWORD)
    ingrid.adds_a_passkey("Ingrid's laptop")
    assert ingrid.passkeys() == 1
    # Recovery codes come with the first factor.
    assert len(re.findall(r"^\d{8}$", ingrid.page.inner_text("#recovery_codes"), re.MULTILINE)) == 10
    with ingrid.page.expect_download() as download:
        ingrid.press("Download")
    assert download.value.path().read_text().split() == ingrid.page.inner_text("#recovery_codes").split()
    ingrid.go(PASSKEYS)
    ingrid.keep("passkeys")
    assert "Ingrid's laptop" in ingrid.text()
    assert "signs in alone" in ingrid.text()
    ingrid.signs_out()
    ingrid.signs_in_with_it()
    assert "/verification/" in ingrid.page.url
    ingrid.go(PASSKEYS)
    assert "last used just now" in ingrid.text()
    ingrid.press("Remove Ingrid's laptop")
    ingrid.fill(password=PASSWORD)
    ingrid.send()
    ingrid.press("Remove")
    assert "You have none." in ingrid.text()
    ingrid.signs_out()
    ingrid.go("/account/login/")
    ingrid.page.click("#passkey_login")
    ingrid.page.wait_for_load_state("networkidle")
    assert "/account/login/" in ingrid.page.url


def test_an_officer_shows_the_second_step_with_one_and_keeps_the_last_factor(omar: Holder) -> None:
    omar.sign_in_as(OMAR)
    code = format_hotp_value(hotp_value(TOTP_SECRET, next(iter(yield_hotp_counters_from_time()))))
    omar.adds_a_passkey("Omar's key", code=code)
    omar.signs_out()
    omar.sign_in(OMAR, PASSWORD)
    assert "Second step" in omar.text()
    omar.keep("second-step-with-passkey")
    omar.page.click("#mfa_webauthn_authenticate")
    omar.page.wait_for_url("**/audit/")
    omar.signs_out()
    omar.signs_in_with_it()
    assert omar.page.url == f"{omar.url}/audit/"
    # Now that there is a second one, the app may go, and then the passkey may not.
    omar.go("/account/2fa/totp/deactivate/")
    omar.page.click("text=Use")
    omar.page.click("#mfa_webauthn_reauthenticate")
    omar.page.wait_for_url("**/totp/deactivate/")
    omar.press("Switch it off")
    omar.go(PASSKEYS)
    remove = omar.page.get_by_role("link", name="Remove Omar's key").get_attribute("href")
    answer = omar.page.goto(f"{omar.url}{remove}")
    assert answer is not None
    assert answer.status == 404
