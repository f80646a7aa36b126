"""Where a person is signed in, and what another session of his can do about it."""

import math
import re
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts import codes, resume, sessions, shared
from accounts.models import User
from accounts.permissions import SESSIONS, StaffRole
from accounts.sessions import device
from demo.cast import PASSWORD, TOTP_SECRET
from tests import cast
from tests.accounts.test_middleware import SHOW, code_now
from tests.whole import IS_WHOLE, some

LIST = "/account/sessions/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
EDGE = f"{CHROME.replace('X11; Linux x86_64', 'Windows NT 10.0')} Edg/142.0.0.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/604.1"
)


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (CHROME, "Chrome on Linux"),
        (CHROME.replace("Chrome/", "HeadlessChrome/"), "Chrome on Linux"),
        (EDGE, "Edge on Windows"),
        (PHONE, "Safari on iPhone"),
        ("curl/8.14", "curl/8.14"),
        ("", "An unknown browser"),
        ("x" * 300, "x" * 60),
    ],
)
def test_a_device_is_told_in_words(user_agent: str, words: str) -> None:
    assert device(user_agent) == words


@pytest.fixture
def two(db: None) -> tuple[Client, Client]:
    """Alice at her desk and on her phone."""
    cache.clear()
    alice = cast.customer()
    desk, phone = (Client(headers={"User-Agent": agent}) for agent in (CHROME, PHONE))
    for client, address in ((desk, "198.51.100.1"), (phone, "198.51.100.2")):
        client.post("/account/login/", {"login": alice.email, "password": PASSWORD}, REMOTE_ADDR=address)
    return desk, phone


def of(client: Client) -> UserSession:
    return UserSession.objects.get(session_key=client.session.session_key)


REAL = time.time


def after(monkeypatch: pytest.MonkeyPatch, **span: float) -> None:
    """It is so much later than in truth. What has a date of its own (the row of the session in the database) stays."""
    later = timedelta(**span).total_seconds()
    monkeypatch.setattr(time, "time", lambda: REAL() + later)


def is_in(client: Client) -> bool:
    return client.get(LIST).status_code == 200


class TestTheList:
    def test_shows_device_address_and_last_seen(self, two: tuple[Client, Client]) -> None:
        UserSession.objects.update(last_seen_at=timezone.now() - timedelta(hours=5))
        page = two[0].get(LIST, REMOTE_ADDR="198.51.100.1").content.decode()
        for said in ("Chrome on Linux", "Safari on iPhone", "198.51.100.1", "198.51.100.2", "5 h ago", "this one"):
            assert said in page
        assert page.count("/end/") == 1

    def test_shows_nobody_elses(self, two: tuple[Client, Client]) -> None:
        charlie = cast.signed_in(cast.customer("charlie@other.example", "Charlie"))
        assert "iPhone" not in charlie.get(LIST).content.decode()


def confirmed(client: Client) -> bool:
    """Whoever it is shows once more who he is."""
    return client.post("/account/reauthenticate/", {"password": PASSWORD}).status_code == 302


@pytest.mark.django_db
class TestAThiefOfTheSession:
    """Ends no other one: whoever ends sessions has confirmed within the last five minutes who he is."""

    @pytest.mark.parametrize("one", [True, False])
    def test_is_asked_who_he_is(self, two: tuple[Client, Client], monkeypatch: pytest.MonkeyPatch, one: bool) -> None:
        desk, phone = two
        address = f"{LIST}{of(phone).pk}/end/" if one else LIST
        after(monkeypatch, minutes=6)
        asked = desk.post(address)
        assert asked["Location"].startswith("/account/reauthenticate/")
        assert is_in(phone)
        desk.post(asked["Location"], {"password": "wrong"})
        assert is_in(phone)
        desk.post(asked["Location"], {"password": PASSWORD})
        desk.post(address)
        assert (is_in(desk), is_in(phone)) == (True, False)

    def test_nor_adds_an_address_by_which_to_come_again(
        self, two: tuple[Client, Client], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        desk, _ = two
        after(monkeypatch, minutes=6)
        asked = desk.post("/account/email/", {"action_add": "", "email": "thief@evil.example"})
        assert asked["Location"].startswith("/account/reauthenticate/")
        assert not EmailAddress.objects.filter(email="thief@evil.example").exists()
        desk.post(asked["Location"], {"password": PASSWORD})
        answer = desk.post("/account/email/", {"action_add": "", "email": "alice@home.example"})
        assert "reauthenticate" not in answer.headers.get("Location", "")


@pytest.mark.django_db
class TestEnding:
    def test_the_other_is_out_at_its_next_request(self, two: tuple[Client, Client]) -> None:
        desk, phone = two
        assert is_in(phone) and confirmed(desk)
        answer = desk.post(f"{LIST}{of(phone).pk}/end/", follow=True)
        assert "Safari on iPhone is signed out." in answer.content.decode()
        assert phone.get("/verification/")["Location"].startswith("/account/login/")
        assert is_in(desk)

    def test_all_others_at_once(self, two: tuple[Client, Client]) -> None:
        desk, phone = two
        assert confirmed(desk)
        desk.post(LIST)
        assert (is_in(desk), is_in(phone)) == (True, False)

    def test_a_strangers_session_and_a_missing_one_are_the_same_bytes(self, two: tuple[Client, Client]) -> None:
        _, phone = two
        charlie = cast.signed_in(cast.customer("charlie@other.example", "Charlie"))
        assert confirmed(charlie)
        theirs, missing = (charlie.post(f"{LIST}{pk}/end/") for pk in (of(phone).pk, 999_999))
        assert (theirs.status_code, theirs.content) == (404, missing.content)
        assert is_in(phone)

    def test_needs_a_post_and_a_person(self, two: tuple[Client, Client]) -> None:
        desk, phone = two
        url = f"{LIST}{of(phone).pk}/end/"
        assert desk.get(url).status_code == 405
        assert Client().post(url)["Location"].startswith("/account/login/")
        assert is_in(phone)


class TestLastSeen:
    def test_moves_once_a_minute(self, two: tuple[Client, Client], monkeypatch: pytest.MonkeyPatch) -> None:
        desk, _ = two
        desk.get(LIST)
        long_ago = timezone.now() - timedelta(days=1)
        UserSession.objects.update(last_seen_at=long_ago)
        desk.get(LIST)
        assert of(desk).last_seen_at == long_ago
        after(monkeypatch, seconds=61)
        desk.get(LIST, REMOTE_ADDR="203.0.113.9")
        assert of(desk).last_seen_at > long_ago
        assert of(desk).ip == "203.0.113.9"

    def test_a_page_that_asks_by_itself_makes_no_session_longer(self, two: tuple[Client, Client]) -> None:
        desk, _ = two
        before = Session.objects.get(pk=desk.session.session_key)
        for _minute in range(3):
            cache.clear()
            desk.get(LIST)
        after = Session.objects.get(pk=desk.session.session_key)
        assert (after.expire_date, after.session_data) == (before.expire_date, before.session_data)

    def test_with_the_cache_away_pages_are_there_all_the_same(
        self, two: tuple[Client, Client], settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(shared, "quiet_until", 0.0)
        away = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
        settings.CACHES = {"default": away}
        assert is_in(two[0])


ROLES = [*StaffRole.values, ""]
POLLED = {"Asked-By": "page", "HX-Request": "true"}
PAGES = {"": LIST, "administrator": "/jobs/"}
Later = Callable[..., None]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    cache.clear()
    return lambda **span: after(monkeypatch, **span)


def person(role: str) -> tuple[User, Client]:
    found = cast.staff(role) if role else cast.customer()
    return found, cast.signed_in(found)


def page_of(role: str) -> str:
    return PAGES.get(role, "/desk/cases/")


def minutes(span: timedelta) -> float:
    return span.total_seconds() / 60


@pytest.mark.soak
@pytest.mark.sample
@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES if IS_WHOLE else some("the limits of each role", ROLES, count=4))
class TestTheLimitsOfEachRole:
    def test_without_use(self, role: str, later: Later) -> None:
        _, client = person(role)
        idle = minutes(SESSIONS[role].idle)
        assert client.get(page_of(role)).status_code == 200
        later(minutes=idle - 1.1)
        assert client.get(page_of(role)).status_code == 200
        later(minutes=2 * idle - 2.2)
        assert client.get(page_of(role)).status_code == 200
        later(minutes=3 * idle - 2.1)
        answer = client.get(page_of(role))
        assert answer["Location"] == f"/account/login/?next={page_of(role)}"
        told = client.get(answer["Location"]).content.decode()
        assert f"nothing was asked for during {sessions.in_words(SESSIONS[role].idle)}" in told

    def test_in_all_however_busy(self, role: str, later: Later) -> None:
        _, client = person(role)
        idle, absolute = minutes(SESSIONS[role].idle), minutes(SESSIONS[role].absolute)
        asked = [0.8 * idle * number for number in range(1, int(absolute / 0.8 / idle))]
        for at in asked:
            later(minutes=at)
            assert client.get(LIST).status_code == 200, at
        later(minutes=absolute - 3)
        assert client.get(page_of(role)).status_code == 200
        later(minutes=absolute)
        answer = client.get(page_of(role))
        assert answer["Location"].startswith("/account/login/")
        told = client.get(answer["Location"]).content.decode()
        assert f"you signed in more than {sessions.in_words(SESSIONS[role].absolute)} ago" in told

    def test_a_page_that_asks_by_itself_is_no_use(self, role: str, later: Later) -> None:
        _, client = person(role)
        idle = minutes(SESSIONS[role].idle)
        # As the page does, or in every run every fifth time, and the last.
        for at in sorted({*range(1, int(idle), 1 if IS_WHOLE else 5), int(idle) - 1}):
            later(minutes=at)
            assert client.get(page_of(role), headers=POLLED).status_code == 200, at
        later(minutes=idle)
        answer = client.get(page_of(role), headers=POLLED)
        assert (answer.status_code, answer["HX-Reswap"], answer.content) == (286, "none", b"")
        assert client.get(page_of(role))["Location"].startswith("/account/login/")


def test_the_more_somebody_may_do_the_shorter() -> None:
    assert SESSIONS.keys() == set(ROLES)
    administrator, customer = SESSIONS[StaffRole.ADMINISTRATOR], SESSIONS[""]
    for role in set(StaffRole.values) - {"administrator"}:
        assert administrator.idle < SESSIONS[role].idle < customer.idle
        assert administrator.absolute < SESSIONS[role].absolute < customer.absolute


def test_every_part_that_asks_by_itself_says_so() -> None:
    parts = [
        tag
        for path in (Path(__file__).parents[2] / "templates").rglob("*.html")
        for tag in re.findall(r"<[^>]*hx-trigger=[\"'](?:every|load)[^>]*>", re.sub(r"{%.*?%}", "", path.read_text()))
    ]
    assert len(parts) >= 2
    for part in parts:
        assert """hx-headers='{"Asked-By": "page"}'""" in part


@pytest.mark.django_db
class TestWhenItHasEnded:
    def test_it_is_dead_on_the_server(self, later: Later) -> None:
        _, client = person("approver")
        kept = client.cookies["sessionid"].value
        later(minutes=31)
        client.get("/desk/cases/")
        assert not Session.objects.filter(pk=kept).exists()
        assert not UserSession.objects.filter(session_key=kept).exists()
        later(minutes=0)
        thief = Client()
        thief.cookies["sessionid"] = kept
        assert thief.get("/desk/cases/")["Location"].startswith("/account/login/")

    def test_two_requests_at_once_do_not_slip_through(self, later: Later) -> None:
        """Both are judged before either has ended the session."""
        _, client = person("approver")
        key = client.session.session_key
        later(minutes=31)
        assert client.get("/desk/cases/", headers=POLLED).status_code == 286
        assert shared.found(sessions.seen_at(key)) is None
        assert client.get("/desk/cases/").status_code == 302

    def test_after_signing_out_too(self) -> None:
        _, client = person("approver")
        kept = client.cookies["sessionid"].value
        client.post("/account/logout/")
        thief = Client()
        thief.cookies["sessionid"] = kept
        assert thief.get("/desk/cases/")["Location"].startswith("/account/login/")
        assert not Session.objects.filter(pk=kept).exists()

    def test_what_was_typed_is_kept_and_the_reason_told(self, later: Later) -> None:
        alice = cast.founded(cast.customer()).by
        client, url = cast.signed_in(alice), "/verification/company/"
        client.get(url)
        later(minutes=61)
        typed = {"name": "Nordlys <Tide> AS", "legal_form": "AS", "country": "NO"}
        turned = client.post(url, typed, headers={"Referer": f"http://testserver{url}"})
        assert turned["Location"] == "/account/login/?next=%2Fverification%2Fcompany%2F"
        told = client.get(turned["Location"]).content.decode()
        assert "nothing was asked for during 1 hour" in told
        assert "what you typed is there again" in told
        assert resume.KEPT in client.session
        later(minutes=0)
        client.post(turned["Location"], {"login": alice.email, "password": PASSWORD})
        form = client.get(url).context["form"]
        assert {name: form[name].value() for name in typed} == typed

    def test_also_while_the_page_asks_by_itself(self, later: Later) -> None:
        """It must not take away the page on which somebody writes, nor the words that say why."""
        _, client = person("analyst")
        client.get("/desk/cases/")
        later(minutes=31)
        assert client.get("/desk/cases/", headers=POLLED).status_code == 286
        turned = client.post("/desk/cases/1/propose/", {"note": "It is blank."})
        told = client.get(turned["Location"]).content.decode()
        assert "nothing was asked for during 30 minutes" in told
        assert "what you typed is there again" in told

    def test_a_part_of_a_page_leads_the_whole_page_to_the_sign_in(self, later: Later) -> None:
        _, client = person("auditor")
        later(minutes=31)
        came = {"HX-Request": "true", "HX-Current-URL": "http://testserver/reports/request/?kind=R-06"}
        answer = client.get("/reports/request/", headers=came)
        assert answer["HX-Redirect"] == "/account/login/?next=%2Freports%2Frequest%2F%3Fkind%3DR-06"
        assert "30 minutes" in client.get(answer["HX-Redirect"]).content.decode()

    def test_from_elsewhere_it_leads_nowhere_else(self) -> None:
        came = {"HX-Request": "true", "HX-Current-URL": "https://evil.example/x"}
        assert Client().get("/reports/", headers=came)["HX-Redirect"] == "/account/login/?next=%2F"

    def test_a_page_that_asks_goes_on_showing_what_it_shows_where_another_tab_signed_out(self) -> None:
        _, client = person("auditor")
        client.post("/account/logout/")
        assert client.get("/reports/1/", headers=POLLED).status_code == 286

    def test_signing_in_anew_begins_anew(self, later: Later) -> None:
        ana, client = person("analyst")
        later(hours=13)
        turned = client.get("/desk/cases/")
        later(minutes=0)
        step = client.post(turned["Location"], {"login": ana.email, "password": PASSWORD})
        assert client.post(step["Location"], {"code": code_now()})["Location"] == "/desk/cases/"
        assert client.get("/desk/cases/").status_code == 200


@pytest.mark.django_db
class TestWhatMakesNoSessionLonger:
    def test_a_second_factor_shown_again(self, later: Later) -> None:
        _, client = person("approver")
        for at in range(20, 720, 20):
            later(minutes=at)
            client.get("/desk/cases/")
        client.post(SHOW, {"code": code_now()})
        later(hours=12)
        assert client.get("/desk/cases/").status_code == 302

    def test_a_new_password_which_gives_the_session_another_key(self, later: Later) -> None:
        _, client = person("")
        old = client.session.session_key
        later(minutes=50)
        new = "a long pass phrase of words"
        client.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
        assert client.session.session_key != old
        UserSession.objects.filter(session_key=client.session.session_key).update(
            created_at=timezone.now() + timedelta(minutes=50)
        )
        later(minutes=100)
        assert is_in(client)
        for at in range(150, 24 * 60, 50):
            later(minutes=at)
            assert is_in(client), at
        later(hours=24)
        assert not is_in(client)

    def test_a_role_with_shorter_limits_counts_at_once(self, later: Later) -> None:
        rui, client = person("approver")
        User.objects.filter(pk=rui.pk).update(staff_role="administrator")
        later(minutes=20)
        assert client.get("/jobs/")["Location"].startswith("/account/login/")

    def test_a_session_of_which_no_sign_in_is_known_has_ended(self) -> None:
        _, client = person("approver")
        session = client.session
        del session[sessions.SIGNED_IN]
        session.save()
        assert client.get("/desk/cases/")["Location"].startswith("/account/login/")

    def test_the_row_being_gone_it_counts_from_the_sign_in(self, later: Later) -> None:
        _, client = person("approver")
        later(minutes=20)
        UserSession.objects.all().delete()
        assert client.get("/desk/cases/", headers=POLLED).status_code == 200
        later(minutes=31)
        assert client.get("/desk/cases/").status_code == 302


AWAY = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}


@pytest.mark.django_db
class TestWithTheCacheAway:
    @pytest.fixture(autouse=True)
    def away(self, later: Later, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shared, "quiet_until", 0.0)
        settings.CACHES = {"default": AWAY}

    def test_who_works_stays_in_and_who_does_not_is_out(self, later: Later) -> None:
        _, client = person("approver")
        for at in (20, 40, 60):
            later(minutes=at)
            assert client.get("/desk/cases/").status_code == 200
        later(minutes=91)
        assert client.get("/desk/cases/").status_code == 302


@pytest.mark.django_db
class TestManyTabs:
    def test_one_that_is_used_keeps_all_of_them(self, later: Later) -> None:
        _, client = person("approver")
        tab = Client()
        tab.cookies = client.cookies
        for at in (20, 40, 60):
            later(minutes=at)
            assert tab.get("/desk/cases/").status_code == 200
        assert client.get("/desk/cases/").status_code == 200

    def test_all_of_them_are_led_to_the_sign_in_after_the_end(self, later: Later) -> None:
        _, client = person("approver")
        tab = Client()
        tab.cookies["sessionid"] = client.cookies["sessionid"].value
        later(minutes=31)
        answers = [one.get("/desk/cases/") for one in (client, tab)]
        assert [answer["Location"] for answer in answers] == ["/account/login/?next=/desk/cases/"] * 2


class TestHowLongItLasts:
    def test_stands_on_the_page_of_sessions(self, two: tuple[Client, Client]) -> None:
        page = two[0].get(LIST)
        text = page.content.decode()
        assert "ends by itself 1 hour after you last did something in it, and 24 hours after you signed in" in text
        for session in page.context["sessions"]:
            assert timedelta(hours=23, minutes=59) < session.ends_at - timezone.now() <= timedelta(hours=24)
            assert timedelta(minutes=58) < session.idle_ends_at - timezone.now() <= timedelta(hours=1)
            assert f"{session.ends_at:%H:%M}" in text and f"unused until {session.idle_ends_at:%H:%M}" in text

    def test_what_has_ended_is_not_shown_and_gone(self, two: tuple[Client, Client]) -> None:
        desk, phone = two
        key = phone.session.session_key
        ended = UserSession.objects.get(session_key=key)
        ended.data = {sessions.SIGNED_IN: time.time() - 7200, sessions.ACTIVE: time.time() - 3601}
        ended.save()
        assert [one.session_key for one in desk.get(LIST).context["sessions"]] == [desk.session.session_key]
        assert not Session.objects.filter(pk=key).exists()


@pytest.mark.django_db
class TestTheKey:
    """By which a browser shows whose session it is."""

    SIGN_IN = "/account/login/"

    def test_is_chance_of_more_than_128_bits_each_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        keys = {SessionStore()._get_new_session_key() for _ in range(200)}
        assert len(keys) == 200
        assert {len(key) for key in keys} == {32} and {*"".join(keys)} <= set(VALID_KEY_CHARS)
        assert 32 * math.log2(len(VALID_KEY_CHARS)) > 128
        # It asks the operating system: what it is told is what the key says.
        monkeypatch.setattr("secrets.choice", lambda letters: letters[7])
        assert SessionStore()._get_new_session_key() == VALID_KEY_CHARS[7] * 32

    def test_is_another_after_each_sign_in_and_the_one_before_is_dead(self) -> None:
        alice, client = cast.customer(), Client()
        stranger = client.session
        stranger["of"] = "a stranger"
        stranger.save()
        before = client.cookies["sessionid"].value
        client.post(self.SIGN_IN, {"login": alice.email, "password": PASSWORD})
        first = client.cookies["sessionid"].value
        assert first != before
        client.post("/account/logout/")
        client.post(self.SIGN_IN, {"login": alice.email, "password": PASSWORD})
        assert client.cookies["sessionid"].value not in {before, first, ""}
        assert not Session.objects.filter(pk__in=[before, first]).exists()

    def test_is_another_once_the_second_factor_was_shown(self) -> None:
        ana, client = cast.staff("analyst"), Client()
        client.post(self.SIGN_IN, {"login": ana.email, "password": PASSWORD})
        before = client.cookies["sessionid"].value
        code = codes.written(TOTP_SECRET, int(time.time()) // 30)
        assert client.post("/account/2fa/authenticate/", {"code": code}).status_code == 302
        assert client.get("/desk/cases/").status_code == 200
        assert client.cookies["sessionid"].value != before
        assert not Session.objects.filter(pk=before).exists()

    def test_that_somebody_else_chose_opens_nothing(self) -> None:
        alice, client = cast.customer(), Client()
        client.cookies["sessionid"] = "a" * 32
        client.post(self.SIGN_IN, {"login": alice.email, "password": PASSWORD})
        assert client.cookies["sessionid"].value != "a" * 32


@pytest.mark.django_db
def test_a_new_password_ends_all_others_and_a_new_factor_leads_to_them(later: Later) -> None:
    alice, client = person("")
    other = cast.signed_in(alice)
    sent = {"oldpassword": PASSWORD, "password1": "a long pass phrase of words", "password2": "a long pass phrase of words"}
    assert client.post("/account/password/change/", sent).status_code == 302
    assert other.get(LIST)["Location"].startswith("/account/login/")
    assert client.get(LIST).status_code == 200
    for page in ("/account/2fa/", "/account/2fa/recovery-codes/"):
        template = "index.html" if page.endswith("2fa/") else "recovery_codes/index.html"
        assert "usersessions_list" in (Path(__file__).parents[2] / "templates/mfa" / template).read_text(), page
    assert f'href="{LIST}"' in client.get("/account/2fa/").content.decode()
