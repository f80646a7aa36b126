"""What is asked for again before what does most harm, and what somebody meets who has only got hold of a session."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client

from accounts import codes, elevated, permissions
from accounts.models import AuditEvent, GatewayCredential, User
from demo.cast import PASSWORD
from tests import cast
from tests.accounts.test_middleware import SHOW, code_now
from tests.accounts.test_sessions import after

pytestmark = pytest.mark.django_db
EXPORT, ISSUE, ADD = "/audit/export.csv", "/gateways/issue/", "/staff/add/"
NINA = {"name": "Nina Roos", "email": "nina@keyholder.example", "role": "administrator"}
Confirm = Callable[..., Any]


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> None:
    cache.clear()


@pytest.fixture
def omar() -> User:
    return cast.staff("administrator", "Omar Said")


@pytest.fixture
def client(omar: User, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Omar showed his second factor six minutes ago."""
    found = cast.signed_in(omar)
    after(monkeypatch, minutes=6)
    return found


def at(client: Client, url: str, data: dict[str, str], **more: Any) -> Any:
    return client.post(url, data, headers={"Referer": f"http://testserver{url}"}, **more)


def half_a_minute_passes() -> None:
    """Another code would be good now: the last one counts as used by nobody."""
    for row in Authenticator.objects.filter(type=Authenticator.Type.TOTP):
        row.data.pop(codes.LAST, None)
        row.save(update_fields=["data"])


def confirm(client: Client, asked: Any, code: str = "") -> Any:
    """The page that asks is opened and answered, as its form does."""
    assert asked.status_code == 302 and asked["Location"].startswith(f"{SHOW}?next=")
    page = client.get(asked["Location"])
    sent = {"code": code or code_now(), "next": page.context["redirect_field_value"]}
    return client.post(SHOW, sent)


class TestLately:
    def test_nothing_is_asked_for_five_minutes(self, omar: User, monkeypatch: pytest.MonkeyPatch) -> None:
        client = cast.signed_in(omar)
        seconds = permissions.ELEVATED_FOR.total_seconds()
        after(monkeypatch, seconds=seconds - 5)
        assert client.get(EXPORT).status_code == 200
        after(monkeypatch, seconds=seconds + 1)
        assert client.get(EXPORT)["Location"].startswith(SHOW)

    def test_a_form_is_shown_without(self, client: Client) -> None:
        assert client.get(ISSUE).status_code == 200


class TestGoingOn:
    def test_with_what_was_sent(self, client: Client, omar: User) -> None:
        asked = at(client, ADD, NINA)
        assert not User.objects.filter(email=NINA["email"]).exists()
        page = client.get(asked["Location"]).content.decode()
        assert "Add Nina Roos, nina@keyholder.example, as Administrator" in page
        done = confirm(client, asked)
        nina = User.objects.get(email=NINA["email"])
        assert done["Location"] == f"/staff/{nina.pk}/"
        assert nina.staff_role == "administrator"
        event = AuditEvent.objects.get(verb="staff.added")
        assert event.actor_id == omar.pk and event.request_id

    def test_what_is_shown_once_is_shown_and_not_again(self, client: Client) -> None:
        answer = confirm(client, at(client, ISSUE, {"name": "edge-1"}))
        credential = GatewayCredential.objects.get()
        assert answer.context["secret"].startswith(credential.prefix)
        assert "no-store" in answer["Cache-Control"]
        assert answer.context["secret"] not in str([one.get_decoded() for one in Session.objects.all()])

    def test_with_what_was_wrong_in_it(self, client: Client) -> None:
        answer = confirm(client, at(client, ISSUE, {"name": " "}))
        assert answer.status_code == 422
        assert f'action="{ISSUE}"' in answer.content.decode()

    def test_each_tab_with_its_own(self, client: Client) -> None:
        first, second = (at(client, ISSUE, {"name": name}) for name in ("edge-1", "edge-2"))
        assert "edge-1" in client.get(first["Location"]).content.decode()
        assert confirm(client, first).context["credential"].name == "edge-1"
        half_a_minute_passes()
        assert confirm(client, second).context["credential"].name == "edge-2"

    def test_of_many_the_oldest_are_dropped_and_lead_to_their_page(self, client: Client) -> None:
        many = [at(client, ISSUE, {"name": f"edge-{number}"}) for number in range(elevated.MOST + 1)]
        assert len(client.session[elevated.KEPT]) == elevated.MOST
        assert confirm(client, many[0])["Location"].startswith(f"{ISSUE}?confirm=")
        assert not GatewayCredential.objects.exists()

    def test_a_part_of_a_page_leads_the_whole_page_there(self, client: Client) -> None:
        asked = client.post(ISSUE, {"name": "edge-1"}, headers={"HX-Request": "true", "Referer": f"http://testserver{ISSUE}"})
        asked.status_code, asked["Location"] = 302, asked["HX-Redirect"]
        answer = confirm(client, asked)
        assert answer.context["secret"] and "<html" in answer.content.decode()

    def test_a_file_is_begun_by_the_page_it_stands_on_and_once(self, client: Client) -> None:
        asked = client.get(f"{EXPORT}?who=Omar")
        back = confirm(client, asked)
        assert back["Location"] == "/audit/?who=Omar"
        assert not AuditEvent.objects.filter(verb="audit.exported").exists()
        page = client.get(back["Location"])
        assert page["Refresh"] == f"0; url={EXPORT}?who=Omar"
        assert "Refresh" not in client.get(back["Location"]).headers
        assert b"".join(client.get(f"{EXPORT}?who=Omar")).startswith(b"number,")

    def test_too_much_is_not_kept_and_that_is_said(self, client: Client) -> None:
        asked = at(client, ISSUE, {"name": "x" * elevated.LARGEST})
        assert elevated.KEPT not in client.session
        assert "Confirm, and send it again" in client.get(asked["Location"]).content.decode()

    def test_what_was_sent_lies_nowhere_in_clear(self, client: Client) -> None:
        asked = at(client, ADD, NINA)
        (session,) = Session.objects.all()
        assert elevated.KEPT in session.get_decoded()
        for text in ("Nina", "nina@", asked["Location"].rpartition("%3D")[2]):
            assert text not in str(session.get_decoded())


class TestAThiefOfTheSession:
    """He has the cookie, and perhaps the password, but not the factor."""

    def thief(self, client: Client) -> Client:
        found = Client()
        found.cookies["sessionid"] = client.cookies["sessionid"].value
        return found

    @pytest.mark.parametrize(
        ("url", "data"),
        [
            (ADD, NINA),
            (ISSUE, {"name": "mine"}),
            ("/staff/{pk}/role/", {"role": "administrator"}),
            ("/staff/{pk}/end/", {}),
            ("/staff/{pk}/second-factor/reset/", {}),
            ("/staff/{pk}/sessions/end/", {}),
            ("/staff/{pk}/sessions/{session}/end/", {}),
            ("/gateways/{gateway}/revoke/", {}),
        ],
    )
    def test_does_nothing_and_no_password_helps(self, client: Client, url: str, data: dict[str, str]) -> None:
        ana = cast.staff("analyst", "Ana")
        theirs = cast.signed_in(ana)
        cache.clear()
        theirs.get("/desk/cases/")
        gateway = GatewayCredential.objects.create(name="edge", prefix="khgw_0123abcd", digest="0" * 64)
        url = url.format(pk=ana.pk, gateway=gateway.pk, session=ana.usersession_set.get().pk)
        before = (AuditEvent.objects.count(), User.objects.count(), Session.objects.count())
        thief = self.thief(client)
        asked = thief.post(url, data)
        assert asked["Location"].startswith(SHOW), url
        thief.post("/account/reauthenticate/", {"password": PASSWORD, "next": "/staff/"})
        confirm(thief, asked, "000000")
        assert thief.post(url, data)["Location"].startswith(SHOW)
        assert (AuditEvent.objects.count(), User.objects.count(), Session.objects.count()) == before
        assert theirs.get("/desk/cases/").status_code == 200

    def test_exports_nothing(self, client: Client) -> None:
        for method in ("get", "head", "post"):
            assert getattr(self.thief(client), method)(EXPORT).status_code in {302, 405}
        assert not AuditEvent.objects.filter(verb="audit.exported").exists()

    def test_what_he_asked_for_is_not_done_when_the_owner_confirms_something_else(self, client: Client) -> None:
        at(self.thief(client), ADD, NINA)
        assert confirm(client, at(client, ISSUE, {"name": "edge-1"})).context["credential"].name == "edge-1"
        assert not User.objects.filter(email=NINA["email"]).exists()
        assert client.post(SHOW, {"code": code_now(), "next": ADD}).status_code in {200, 302}
        assert not User.objects.filter(email=NINA["email"]).exists()

    def test_whom_he_lures_there_reads_what_would_be_done(self, client: Client) -> None:
        asked = at(self.thief(client), ADD, NINA)
        page = client.get(asked["Location"]).content.decode()
        assert "Add Nina Roos, nina@keyholder.example, as Administrator" in page
        assert "If you did not ask for it, confirm nothing" in page

    def test_what_was_confirmed_is_done_once(self, client: Client) -> None:
        asked = at(client, ISSUE, {"name": "edge-1"})
        confirm(client, asked)
        GatewayCredential.objects.all().update(name="other")
        half_a_minute_passes()
        assert confirm(client, asked)["Location"].startswith(ISSUE)
        assert GatewayCredential.objects.count() == 1

    def test_another_person_in_the_same_browser_does_not_go_on_with_it(self, client: Client, omar: User) -> None:
        asked = at(client, ISSUE, {"name": "edge-1"})
        vera = cast.staff("administrator", "Vera")
        client.force_login(vera, backend="allauth.account.auth_backends.AuthenticationBackend")
        confirm(client, asked)
        assert not GatewayCredential.objects.exists()

    def test_not_for_long(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = at(client, ISSUE, {"name": "edge-1"})
        after(monkeypatch, minutes=6, seconds=elevated.GOOD_FOR + 1)
        assert "edge-1" not in client.get(asked["Location"]).content.decode()
        confirm(client, asked)
        assert not GatewayCredential.objects.exists()

    def test_what_was_kept_under_another_secret_is_not_opened(self, client: Client) -> None:
        at(client, ISSUE, {"name": "edge-1"})
        session = client.session
        (sealed,) = session[elevated.KEPT].values()
        session[elevated.KEPT] = {elevated.place("mine"): sealed}
        session.save()
        client.post(SHOW, {"code": code_now(), "next": f"{ISSUE}?confirm=mine"})
        assert not GatewayCredential.objects.exists()

    def test_a_role_that_was_taken_away_meanwhile_goes_on_with_nothing(self, client: Client, omar: User) -> None:
        asked = at(client, ISSUE, {"name": "edge-1"})
        User.objects.filter(pk=omar.pk).update(staff_role="analyst")
        assert confirm(client, asked).status_code == 404
        assert not GatewayCredential.objects.exists()

    def test_leads_nobody_away(self, client: Client) -> None:
        asked = client.post(ISSUE, {"name": "edge-1"}, headers={"Referer": "https://evil.example/gateways/issue/"})
        assert asked["Location"].startswith(f"{SHOW}?next=%2Fstart%2F%3Fconfirm%3D")


class TestWhatCounts:
    def test_a_passkey_is_asked_for_where_there_is_no_app(self, client: Client, omar: User) -> None:
        Authenticator.objects.filter(user=omar).delete()
        Authenticator.objects.create(user=omar, type="webauthn", data={"name": "key"})
        assert at(client, ISSUE, {"name": "edge-1"})["Location"].startswith("/account/2fa/webauthn/reauthenticate/?next=")

    @pytest.mark.parametrize("method", ["password", "code", "password_reset"])
    def test_nothing_but_a_factor(self, client: Client, method: str) -> None:
        session = client.session
        session["account_authentication_methods"] += [{"method": method, "at": time.time(), "reauthenticated": True}]
        session.save()
        assert client.get(EXPORT)["Location"].startswith(SHOW)

    def test_not_a_code_that_was_used_already(self, client: Client) -> None:
        code = code_now()
        assert confirm(client, at(client, ISSUE, {"name": "edge-1"}), code).status_code == 200
        session = client.session
        session["account_authentication_methods"] = [{"method": "mfa", "at": 1, "type": "totp"}]
        session.save()
        assert confirm(client, at(client, ISSUE, {"name": "edge-2"}), code).context["form"].errors
        assert GatewayCredential.objects.count() == 1
