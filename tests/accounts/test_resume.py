"""A session ends while a form is being filled in; what was typed is there again after signing in."""

import re
import time
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts import resume
from accounts.models import AuditEvent
from demo.cast import PASSWORD
from kyc.cases.models import Decision
from kyc.parties.models import Party
from tests import cast
from tests.accounts.test_middleware import code_now

pytestmark = pytest.mark.django_db
COMPANY = "/verification/company/"
TYPED = {
    "name": "Nordlys <Tide> AS",
    "native_name": "",
    "legal_form": "AS",
    "registration_number": "927114038",
    "country": "NO",
    "hq_country": "DK",
    "address": "Havnegata 7\n5003 Bergen",
}
SAID = "nothing was saved yet"


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> None:
    cache.clear()


@pytest.fixture
def alices() -> Client:
    """Alice has the company's page open."""
    client = cast.signed_in(cast.founded(cast.customer()).by)
    client.get(COMPANY)
    return client


def signed_out(client: Client) -> Client:
    Session.objects.all().delete()
    return client


def signs_in(client: Client, answer: Any, email: str = "alice@nordlys.example") -> Any:
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/?next=")
    return client.post(answer["Location"], {"login": email, "password": PASSWORD})


def shown(client: Client, path: str = COMPANY) -> str:
    return client.get(path).content.decode()


class TestTheCompanysPage:
    def test_comes_back_filled_in_and_nothing_was_saved(self, alices: Client) -> None:
        before = (Party.objects.count(), AuditEvent.objects.count())
        turned = signed_out(alices).post(COMPANY, TYPED)
        assert "You were signed out before this was sent." in alices.get(turned["Location"]).content.decode()
        answer = signs_in(alices, turned)
        assert answer["Location"] == COMPANY
        answer = alices.get(COMPANY)
        assert SAID in answer.content.decode()
        form = answer.context["form"]
        assert {name: form[name].value() for name in TYPED} == TYPED
        assert "Nordlys &lt;Tide&gt; AS" in answer.content.decode()
        assert (Party.objects.count(), AuditEvent.objects.count()) == before

    def test_again_after_a_reload_until_it_is_sent(self, alices: Client) -> None:
        signs_in(alices, signed_out(alices).post(COMPANY, TYPED))
        assert [SAID in shown(alices) for _ in range(2)] == [True, True]
        alices.post(COMPANY, {"name": ""})
        assert SAID not in shown(alices)

    def test_not_on_other_pages(self, alices: Client) -> None:
        signs_in(alices, signed_out(alices).post(COMPANY, TYPED))
        other = shown(alices, "/verification/people/add/")
        assert SAID not in other
        assert "Nordlys &lt;Tide&gt;" not in other

    def test_not_for_another_person(self, alices: Client) -> None:
        charlie = cast.founded(cast.customer("charlie@other.example", "Charlie"), name="Other AS", person="Charlie Other")
        signs_in(alices, signed_out(alices).post(COMPANY, TYPED), charlie.by.email)
        page = shown(alices)
        assert SAID not in page
        assert "Tide" not in page
        assert resume.KEPT not in alices.session

    def test_not_for_ever(self, alices: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        signs_in(alices, signed_out(alices).post(COMPANY, TYPED))
        late = time.time() + resume.GOOD_FOR + 1
        monkeypatch.setattr(resume.time, "time", lambda: late)
        assert SAID not in shown(alices)

    def test_nothing_is_kept_of_who_never_was_signed_in_here(self, alices: Client) -> None:
        stranger = Client()
        answer = stranger.post(COMPANY, TYPED)
        assert answer["Location"] == f"/account/login/?next={COMPANY}"
        assert resume.KEPT not in stranger.session

    @pytest.mark.parametrize("cookie", ["", "1", "1:forged:signature", "x" * 5000])
    def test_a_forged_cookie_makes_nobody(self, alices: Client, cookie: str) -> None:
        signed_out(alices).cookies[resume.COOKIE] = cookie
        alices.post(COMPANY, TYPED)
        assert resume.KEPT not in alices.session


class TestWhatIsKept:
    def kept(self, client: Client, path: str, data: dict[str, Any]) -> Any:
        signed_out(client).post(path, data)
        return client.session.get(resume.KEPT, {}).get("fields")

    def test_no_secret(self, alices: Client) -> None:
        secrets = dict.fromkeys(
            ("password", "new_password1", "csrfmiddlewaretoken", "code", "once", "credential", "client_secret", "Passphrase"), "x"
        )
        assert self.kept(alices, COMPANY, {**secrets, "name": "N", "postcode": "5003"}) == {"name": ["N"], "postcode": ["5003"]}

    def test_no_file(self, alices: Client) -> None:
        file = SimpleUploadedFile("x.pdf", b"very private bytes")
        assert self.kept(alices, "/verification/documents/", {"kind": "passport", "file": file}) == {"kind": ["passport"]}

    @pytest.mark.parametrize(("length", "is_kept"), [(resume.LARGEST - 100, True), (resume.LARGEST, False)])
    def test_no_more_than_so_much(self, alices: Client, length: int, is_kept: bool) -> None:
        assert bool(self.kept(alices, COMPANY, {"name": "x" * length})) is is_kept

    @pytest.mark.parametrize("path", ["/account/password/change/", "/account/email/", "/account/2fa/totp/activate/"])
    def test_nothing_of_the_sign_ins_own_pages(self, alices: Client, path: str) -> None:
        assert self.kept(alices, path, {"oldpassword": "x", "email": "x", "name": "x"}) is None

    def test_every_choice_of_several(self, alices: Client) -> None:
        path = "/verification/people/add/"
        signs_in(alices, signed_out(alices).post(path, {"name": "Freja", "roles": ["controller", "director"]}))
        assert alices.get(path).context["form"]["roles"].value() == ["controller", "director"]


class TestTheProposal:
    def test_comes_back_on_the_page_where_its_form_stands(self) -> None:
        found, ana = cast.submitted(cast.customer()), cast.staff("analyst", "Ana")
        case = found.organisation.case_set.get()
        url = f"/desk/cases/{case.pk}/"
        client = cast.signed_in(ana)
        client.get(url)
        case.__class__.objects.filter(pk=case.pk).update(state="review")
        sent = {"choice": "ask", "reason": "", "note": "Half of it is unread.", "message": "Please send the rest."}
        answer = signed_out(client).post(f"{url}propose/", sent, headers={"Referer": f"http://testserver{url}?tab=people"})
        step = signs_in(client, answer, ana.email)
        assert step["Location"].startswith("/account/2fa/authenticate/")
        assert client.post(step["Location"], {"code": code_now()})["Location"] == f"{url}?tab=people"
        page = client.get(f"{url}?tab=people")
        assert SAID in page.content.decode()
        form = page.context["proposal_form"]
        assert {name: form[name].value() for name in sent} == sent
        assert Decision.objects.count() == 0

    @pytest.mark.parametrize("referer", ["https://evil.example/desk/cases/1/", "", "http://testserver/account/login/"])
    def test_a_page_elsewhere_is_not_gone_back_to(self, alices: Client, referer: str) -> None:
        answer = signed_out(alices).post(COMPANY, TYPED, headers={"Referer": referer})
        assert re.search(r"next=%2Fverification%2Fcompany%2F$", answer["Location"])


class TestTheCookie:
    def test_says_nothing_to_scripts_and_only_whose_browser_it_is(self, alices: Client) -> None:
        cookie = alices.cookies[resume.COOKIE]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert "alice" not in cookie.value
