"""A code works once: in one request after another, in two at once, in processes that share no cache, and with the cache gone."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import encrypt
from django.core.cache import cache
from django.db import connection
from django.test import Client
from redis.exceptions import ConnectionError as Away

from accounts import codes, seeds
from accounts.models import User
from demo.cast import PASSWORD, TOTP_SECRET
from tests import cast

SIGN_IN, AGAIN = "/account/2fa/authenticate/", "/account/2fa/reauthenticate/"
AT_ONCE = 4


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> None:
    """And a code that is good for some seconds yet."""
    cache.clear()
    while time.time() % 30 > 20:
        time.sleep(0.2)


@pytest.fixture
def rui(transactional_db: None) -> User:
    rui = cast.staff("approver", "Rui")
    RecoveryCodes.activate(rui)
    return rui


def app_code(person: User) -> str:
    return codes.written(TOTP_SECRET, int(time.time()) // 30)


def recovery_code(person: User) -> str:
    return str(RecoveryCodes(Authenticator.objects.get(user=person, type="recovery_codes")).get_unused_codes()[0])


def at_sign_in(person: User) -> Client:
    """Who has shown the password."""
    client = Client()
    client.post("/account/login/", {"login": person.email, "password": PASSWORD})
    return client


def at_showing_again(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def is_in(client: Client) -> bool:
    return client.get("/desk/cases/").status_code == 200


DOORS = {SIGN_IN: at_sign_in, AGAIN: at_showing_again}
both_codes = pytest.mark.parametrize("code_of", [app_code, recovery_code])
both_doors = pytest.mark.parametrize("door", DOORS)


@both_doors
@both_codes
def test_of_several_at_once_one_comes_in(rui: User, door: str, code_of: Callable[[User], str]) -> None:
    clients, code = [DOORS[door](rui) for _ in range(AT_ONCE)], code_of(rui)
    ready, failed = threading.Barrier(AT_ONCE), []

    def show(client: Client) -> None:
        try:
            ready.wait(timeout=20)
            # Each as if it were a process with a cache of its own.
            cache.clear()
            client.post(door, {"code": code})
        except BaseException as error:  # told below
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=show, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not failed
    assert [is_in(client) for client in clients].count(True) == 1


@both_doors
@both_codes
@pytest.mark.parametrize("then", [*DOORS])
def test_once_used_it_opens_no_door_though_the_cache_was_emptied(
    rui: User, door: str, code_of: Callable[[User], str], then: str
) -> None:
    first, second, code = DOORS[door](rui), DOORS[then](rui), code_of(rui)
    first.post(door, {"code": code})
    assert is_in(first)
    cache.clear()
    answer = second.post(then, {"code": f" {code[:3]} {code[3:]}"})
    assert answer.status_code == 200
    assert "This code is not right." in answer.content.decode()
    assert not is_in(second)


def test_what_switched_the_app_on_opens_nothing_after(transactional_db: None) -> None:
    alice = cast.customer()
    client = cast.signed_in(alice)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    secret = client.get("/account/2fa/totp/activate/").context["form"].secret
    code = codes.written(secret, int(time.time()) // 30)
    assert client.post("/account/2fa/totp/activate/", {"code": code}).status_code == 302
    cache.clear()
    other = at_sign_in(alice)
    assert other.post(SIGN_IN, {"code": code}).status_code == 200
    assert "_auth_user_id" not in other.session


def test_while_the_cache_is_away_nobody_signs_in(rui: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody counts the wrong codes then, so that even the right one waits; used up it is not."""
    client, code = at_sign_in(rui), app_code(rui)
    client.raise_request_exception = False

    def away(*_: object, **__: object) -> None:
        raise Away

    with monkeypatch.context() as patch:
        for what in ("add", "get", "set"):
            patch.setattr(f"django.core.cache.cache.{what}", away)
        assert client.post(SIGN_IN, {"code": code}).status_code == 500
        assert "_auth_user_id" not in client.session
    assert client.post(SIGN_IN, {"code": code}).status_code == 302
    assert is_in(client)


@pytest.mark.django_db
class TestFirst:
    def used(self, counter: int) -> Any:
        with seeds.of(self.person.pk, "totp"):
            data = {"secret": encrypt(TOTP_SECRET), codes.LAST: counter}
        Authenticator.objects.filter(user=self.person, type="totp").update(data=data)
        return Authenticator.objects.get(user=self.person, type="totp")

    @pytest.mark.parametrize(("used", "asked", "taken"), [(7, 8, True), (7, 7, False), (7, 6, False)])
    def test_is_what_comes_after_the_last(self, used: int, asked: int, taken: bool) -> None:
        self.person = cast.staff("approver", "Rui")
        row = self.used(used)
        assert codes.first(row, asked) is taken
        row.refresh_from_db()
        assert row.data == {"secret": row.data["secret"], codes.LAST: asked if taken else used}
        row.record_usage()
        row.refresh_from_db()
        assert row.data[codes.LAST] == max(used, asked)

    def test_is_nothing_of_one_that_was_removed(self) -> None:
        self.person = cast.staff("approver", "Rui")
        row = self.used(7)
        Authenticator.objects.all().delete()
        assert codes.first(row, 8) is False

    def test_is_nothing_once_its_half_minute_is_over(self, monkeypatch: pytest.MonkeyPatch) -> None:
        row = Authenticator.objects.get(user=cast.staff("approver", "Rui"), type="totp")
        code, now = codes.written(TOTP_SECRET, int(time.time()) // 30), time.time()
        monkeypatch.setattr(time, "time", lambda: now + 31)
        assert totp.TOTP(row)._mark_code_used(code) is False
