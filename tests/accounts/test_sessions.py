"""Where a person is signed in, and what another session of his can do about it."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts import shared
from accounts.sessions import device
from demo.cast import PASSWORD
from tests import cast

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


class TestEnding:
    def test_the_other_is_out_at_its_next_request(self, two: tuple[Client, Client]) -> None:
        desk, phone = two
        assert is_in(phone)
        answer = desk.post(f"{LIST}{of(phone).pk}/end/", follow=True)
        assert "Safari on iPhone is signed out." in answer.content.decode()
        assert phone.get("/verification/")["Location"].startswith("/account/login/")
        assert is_in(desk)

    def test_all_others_at_once(self, two: tuple[Client, Client]) -> None:
        desk, phone = two
        desk.post(LIST)
        assert (is_in(desk), is_in(phone)) == (True, False)

    def test_a_strangers_session_and_a_missing_one_are_the_same_bytes(self, two: tuple[Client, Client]) -> None:
        _, phone = two
        charlie = cast.signed_in(cast.customer("charlie@other.example", "Charlie"))
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
    def test_moves_once_a_minute(self, two: tuple[Client, Client]) -> None:
        desk, _ = two
        desk.get(LIST)
        long_ago = timezone.now() - timedelta(days=1)
        UserSession.objects.update(last_seen_at=long_ago)
        desk.get(LIST)
        assert of(desk).last_seen_at == long_ago
        cache.clear()
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
