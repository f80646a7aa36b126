"""A session ends while a form is being filled in; what was typed is there again after signing in."""

import re
import time
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts import resume, shared, vault
from accounts.models import AuditEvent
from demo.cast import PASSWORD
from kyc.cases.models import Decision, Examination
from kyc.keys import holds
from kyc.keys.models import Hold
from kyc.parties.models import Party
from kyc.screening.models import ListVersion
from tests import cast
from tests.accounts.test_middleware import code_now
from tests.kyc.desk.conftest import examined
from tests.stage import scene

pytestmark = pytest.mark.django_db
COMPANY = "/verification/company/"
TYPED = {
    "name": "Nordlys <Tide> AS",
    "native_name": "",
    "legal_form": "AS",
    "registration_number": "927114038",
    "country": "NO",
    "hq_country": "DK",
    **cast.written(street="Havnegata 7", postal_code="5003", city="Bergen"),
}
SAID = "nothing was saved yet"


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> None:
    cache.clear()


@scene
def nordlys() -> cast.Founded:
    return cast.founded(cast.customer())


@pytest.fixture
def alices(nordlys: cast.Founded) -> Client:
    """Alice has the company's page open."""
    client = cast.signed_in(nordlys.by)
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
        assert SAID in shown(alices)
        late = time.time() + resume.GOOD_FOR + 1
        monkeypatch.setattr(time, "time", lambda: late)
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
        token = client.session.get(resume.KEPT)
        return resume.kept_at(token)["fields"] if token else None

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

    def test_comes_back_with_the_rows_of_what_was_asked_for(self) -> None:
        desk = Desk()
        sent = {"choice": "ask", "note": "Half of it is unread."}
        for number, row in enumerate((ROW, {**ROW, "words": "And this."}, {"what": "", "words": "Half a row"})):
            sent |= {f"item{number}-{name}": value for name, value in row.items()}
        page = desk.comes_back("propose/", sent)
        rows = page.context["proposal_form"].rows.forms
        assert [row["words"].value() for row in rows] == ["", "And this.", "Half a row"]
        assert rows[0]["what"].value() == rows[1]["what"].value() == ROW["what"]
        assert SAID in page.content.decode()


# A row that asks for a document.
ROW = {"what": "register_extract", "party": "", "why": "unreadable", "words": ""}


class Desk:
    """A case in review on Ana's desk, whose session ends while she types."""

    def __init__(self, role: str = "analyst") -> None:
        self.found, self.ana = cast.submitted(cast.customer()), cast.staff(role, "Ana")
        self.case = self.found.organisation.case_set.get()
        self.examination = examined(self.case)
        self.url, self.client = f"/desk/cases/{self.case.pk}/", cast.signed_in(self.ana)
        self.client.get(self.url)

    def two_hits(self) -> list[int]:
        version = ListVersion.objects.create(source="ofac-sdn", published="2024-05-02", sha256="0" * 64, entries_count=2)
        used = [{"id": version.pk, "source": "ofac-sdn", "published": "2024-05-02"}]
        Examination.objects.filter(pk=self.examination.pk).update(lists=used)
        named = {"entry_name": "OLSEN, Alice", "reasons": ["Same words."]}
        scores = (("1", ".94"), ("2", ".93"))
        return [cast.matched(self.found.controller, version, entry_id=entry, score=score, **named).pk for entry, score in scores]

    def comes_back(self, path: str, sent: dict[str, Any], tab: str = "summary") -> Any:
        page = f"{self.url}?tab={tab}"
        answer = signed_out(self.client).post(self.url + path, sent, headers={"Referer": f"http://testserver{page}"})
        step = signs_in(self.client, answer, self.ana.email)
        assert self.client.post(step["Location"], {"code": code_now()})["Location"] == page
        return self.client.get(page)


class TestOneOfSeveralForms:
    """The same form stands on the page for each hit, hold or party: only the one that was sent is filled in."""

    def test_a_lifted_hold(self) -> None:
        desk = Desk("approver")
        first, second = (
            holds.place(organisation=desk.found.organisation, source="desk", reason=reason, by=desk.ana) for reason in "ab"
        )
        page = desk.comes_back(f"holds/{first.pk}/lift/", {"reason": "Paid at last."}, "keys")
        typed = {hold.pk: form["reason"].value() for hold, form in page.context["live_holds"]}
        assert typed == {first.pk: "Paid at last.", second.pk: None}
        assert page.context["hold_form"]["reason"].value() is None
        assert SAID in page.content.decode()

    def test_a_ruling(self) -> None:
        desk = Desk()
        hits = desk.two_hits()
        sent = {"ruling": "false", "reason": "", "note": "Born elsewhere."}
        page = desk.comes_back(f"hits/{hits[1]}/rule/", sent, "screening")
        typed = {row.hit.pk: row.form["note"].value() for row in page.context["open_compared"]}
        assert typed == {hits[0]: None, hits[1]: "Born elsewhere."}

    def test_a_form_that_is_gone_is_not_said_to_be_filled_in(self) -> None:
        desk = Desk("approver")
        hold = holds.place(organisation=desk.found.organisation, source="desk", reason="a", by=desk.ana)
        holds.place(organisation=desk.found.organisation, source="desk", reason="b", by=desk.ana)
        Hold.objects.filter(pk=hold.pk).update(lifted_at=timezone.now(), lifted_by=desk.ana, lift_reason="x")
        page = desk.comes_back(f"holds/{hold.pk}/lift/", {"reason": "Paid at last."}, "keys")
        assert "Paid at last." not in page.content.decode()
        assert SAID not in page.content.decode()


class TestTheReportRequest:
    def test_comes_back_without_the_key(self) -> None:
        organisation = cast.founded(cast.customer()).organisation
        astrid = cast.staff("auditor", "Astrid")
        client, url = cast.signed_in(astrid), "/reports/request/"
        assert client.get(url).status_code == 200
        sent = {"kind": "R-06", "organisation": str(organisation.pk), "since": "2026-01-01", "key": "kh_live_abcd"}
        step = signs_in(client, signed_out(client).post(url, sent), astrid.email)
        assert client.post(step["Location"], {"code": code_now()})["Location"] == url
        page = client.get(url)
        form = page.context["form"]
        assert {name: form[name].value() for name in sent} == {**sent, "key": None}
        assert SAID in page.content.decode()


class TestTheQuestions:
    def test_come_back_answered(self, alices: Client) -> None:
        url = "/verification/use/?anew"
        alices.get(url)
        signs_in(alices, signed_out(alices).post(url, {"end_use": "Tides.", "end_users": ["business", "own_staff"]}))
        form = alices.get(url).context["form"]
        assert form["end_use"].value() == "Tides."
        assert form["end_users"].value() == ["business", "own_staff"]


class TestWhereItLies:
    """Birth dates, addresses and account numbers stand nowhere in clear."""

    PAYMENT = {
        "kind": "bank",
        "holder": "Alice Sealed",
        "institution": "DNB Sealed",
        "reference": "NO9386011117947",
        "last_four": "4242",
        "source_details": "The card is 4111 1111-1111.1111",
    }

    def test_neither_the_session_nor_the_cache_holds_it_in_clear(self, alices: Client) -> None:
        signed_out(alices).post(COMPANY, TYPED)
        token = alices.session[resume.KEPT]
        lies = cache.get(resume.place(token))
        assert vault.opened(lies, purpose=f"resume:{token}")
        for text in (str(Session.objects.get().get_decoded()), lies):
            assert not [value for value in TYPED.values() if len(value) > 2 and value in text]
        assert token not in resume.place(token)
        assert "fields" not in str(Session.objects.get().get_decoded())

    def test_account_and_card_numbers_are_not_kept_at_all(self, alices: Client) -> None:
        signed_out(alices).post("/verification/payment/", self.PAYMENT)
        kept = resume.kept_at(alices.session[resume.KEPT])
        assert kept["fields"] == {"kind": ["bank"], "holder": ["Alice Sealed"], "institution": ["DNB Sealed"]}

    @pytest.mark.parametrize(
        "text", ["4111111111111111", "my card: 4111 1111 1111 1111.", "4111-1111-1111-1111", "378282246310005"]
    )
    def test_nor_is_a_card_number_typed_anywhere_else(self, text: str) -> None:
        assert resume.holds_card_number(text)

    @pytest.mark.parametrize("text", ["", "4242", "4111111111111112", "918334207", "+47 77 00 00 00", "1984-03-17"])
    def test_other_numbers_are(self, text: str) -> None:
        assert not resume.holds_card_number(text)

    def test_what_was_changed_there_is_not_believed(self, alices: Client) -> None:
        turned = signed_out(alices).post(COMPANY, TYPED)
        cache.set(resume.place(alices.session[resume.KEPT]), "gAAAAA-nonsense")
        signs_in(alices, turned)
        assert SAID not in shown(alices)

    def test_with_the_cache_away_nothing_is_kept_and_nothing_promised(
        self, alices: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Restored at the end, so that the test after this one finds the cache again.
        monkeypatch.setattr(shared, "quiet_until", 0.0)

        def away(client: Client) -> Any:
            settings.CACHES = {"default": {**REDIS, "LOCATION": "redis://127.0.0.1:1"}}
            try:
                return client.post(COMPANY, TYPED)
            finally:
                settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

        turned = away(signed_out(alices))
        page = alices.get(turned["Location"]).content.decode()
        assert "is there again" not in page
        assert "type it anew" in page
        assert resume.KEPT not in alices.session
        signs_in(alices, turned)
        assert SAID not in shown(alices)


REDIS = {"BACKEND": "django.core.cache.backends.redis.RedisCache"}


class TestTheCookie:
    def test_says_nothing_to_scripts_and_only_whose_browser_it_is(self, alices: Client) -> None:
        cookie = alices.cookies[resume.COOKIE]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert "alice" not in cookie.value
