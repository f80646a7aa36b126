"""Limits count the address that is trusted, in the one cache of all processes."""

import math
import time
import uuid
from typing import Any

import pytest
from django.conf import settings as product
from django.core.cache import cache
from django.test import Client, RequestFactory

from accounts import limits
from accounts.adapter import AccountAdapter
from tests.running import python

SIGN_IN = {"login": "nobody@nowhere.example", "password": "wrong"}


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> None:
    cache.clear()


def address(forwarded: str | None, connection: str = "192.0.2.1") -> str:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return AccountAdapter().get_client_ip(RequestFactory().get("/", headers=headers, REMOTE_ADDR=connection))


class TestTheAddress:
    @pytest.mark.parametrize(
        ("proxies", "forwarded", "counted"),
        [
            (0, None, "192.0.2.1"),
            (0, "203.0.113.7", "192.0.2.1"),
            (1, None, "192.0.2.1"),
            (1, "203.0.113.7", "203.0.113.7"),
            # What the client itself wrote stands before what the proxy added.
            (1, "198.51.100.99, 203.0.113.7", "203.0.113.7"),
            (2, "198.51.100.99, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
            (1, "2001:db8::7", "2001:db8::7"),
        ],
    )
    def test_comes_from_as_many_proxies_as_are_named(
        self, settings: Any, proxies: int, forwarded: str | None, counted: str
    ) -> None:
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
        assert address(forwarded) == counted

    @pytest.mark.parametrize("header", ["X-Real-IP", "Forwarded", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP"])
    def test_no_other_header_is_read(self, settings: Any, header: str) -> None:
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        request = RequestFactory().get("/", headers={header: "198.51.100.99"}, REMOTE_ADDR="192.0.2.1")
        assert AccountAdapter().get_client_ip(request) == "192.0.2.1"


@pytest.mark.django_db
class TestSignIn:
    @pytest.mark.parametrize("proxies", [0, 1])
    def test_a_forged_header_escapes_no_limit(self, settings: Any, proxies: int) -> None:
        """Five wrong passwords from one address; the forger gives himself a new one each time."""
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
        seen = "" if proxies == 0 else ", 203.0.113.7"
        codes = [
            Client().post("/account/login/", SIGN_IN, headers={"X-Forwarded-For": f"198.51.100.{n}{seen}"}).status_code
            for n in range(6)
        ]
        assert (set(codes[:5]), codes[5]) == ({200}, 429)
        elsewhere = Client().post(
            "/account/login/", SIGN_IN, REMOTE_ADDR="192.0.2.77", headers={"X-Forwarded-For": "203.0.113.8"}
        )
        assert elsewhere.status_code == 200


class TestSpent:
    def test_counts_what_it_is_asked_to_and_says_when_it_is_too_much(self) -> None:
        request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1")
        assert [limits.spent(request, "trying", "2/h/ip") for _ in range(3)] == [False, False, True]
        assert not limits.spent(request, "another", "2/h/ip")
        assert not limits.spent(RequestFactory().get("/", REMOTE_ADDR="192.0.2.2"), "trying", "2/h/ip")
        assert limits.refused(request).status_code == 429

    def test_is_over_when_it_says(self, monkeypatch: pytest.MonkeyPatch) -> None:
        request, now = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1"), time.time()
        assert limits.wait(request, "trying", "2/h/ip") == 0
        for after in (0, 600, 1200):
            monkeypatch.setattr(time, "time", lambda after=after: now + after)
            limits.spent(request, "trying", "2/h/ip")
        assert limits.wait(request, "trying", "2/h/ip") == pytest.approx(2400)
        monkeypatch.setattr(time, "time", lambda: now + 3601)
        assert limits.wait(request, "trying", "2/h/ip") <= 0
        assert not limits.spent(request, "trying", "2/h/ip")


class TestRefused:
    @pytest.mark.parametrize(
        ("seconds", "said"),
        [(1, "in a minute"), (60, "in a minute"), (60.1, "in 2 minutes"), (300, "in 5 minutes"), (-3, "in a minute")],
    )
    def test_says_when_to_try_again(self, seconds: float, said: str) -> None:
        answer = limits.refused(RequestFactory().get("/"), seconds)
        assert f"You can try again {said}. Nothing was changed." in answer.content.decode()
        assert answer["Retry-After"] == str(max(1, math.ceil(seconds)))


class TestCounting:
    @pytest.mark.soak
    def test_processes_count_together(self) -> None:
        """In the running product's cache, which tests otherwise replace by one of their own."""
        key = uuid.uuid4().hex
        ask = (
            "import django; django.setup(); from django.test import RequestFactory; from accounts import limits; "
            f"print(limits.spent(RequestFactory().post('/'), 'test', '2/h/key', key='{key}'))"
        )
        said = [python(product.DATA_DIR, "-c", ask, DJANGO_SETTINGS_MODULE="config.settings") for _ in range(3)]
        assert [one.stdout.strip() for one in said] == ["False", "False", "True"], said[0].stderr
