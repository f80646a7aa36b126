"""At each door where something can be guessed or sent without end: so many tries are taken, one more is refused, and a forged
address gives nobody new ones."""

import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings as product
from django.core.cache import cache, caches
from django.test import Client
from django.urls import reverse
from redis.exceptions import ConnectionError as Away

from accounts import credentials, limits, shared, work
from demo.cast import PASSWORD
from kyc.api import guessing
from kyc.keys import introspection
from tests import cast
from tests.running import python
from tests.whole import dealt

pytestmark = pytest.mark.django_db
# What a try is sent with; and the try with that, its number among them.
Sent = dict[str, Any]
Try = Callable[[int, Sent], Any]
TOKEN = "monitoring's own token"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def no_earlier_attempts(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    # Those that count by stretches of five minutes begin anew with each.
    while time.time() % guessing.SECONDS > guessing.SECONDS - 5:
        time.sleep(0.5)
    settings.METRICS_TOKEN = TOKEN
    # As many as these take would only take time.
    monkeypatch.setattr(guessing, "BAD_CREDENTIALS", 20)
    monkeypatch.setattr(guessing, "BAD_KEYS", 20)


def post(path: str, client: Client | None = None, **data: str) -> Try:
    """Where no client is named each try is another stranger's. `{n}` is the number of the try."""

    def tried(n: int, sent: Sent) -> Any:
        return (client or Client()).post(path, {name: value.format(n=n) for name, value in data.items()}, **sent)

    return tried


def at_the_second_step() -> Try:
    client = Client()
    client.post("/account/login/", {"login": cast.staff("approver").email, "password": PASSWORD})
    return post(reverse("mfa_authenticate"), client, code="000000")


def at_the_second_step_again() -> Try:
    client = Client()
    client.force_login(cast.staff("approver"), backend="allauth.account.auth_backends.AuthenticationBackend")
    return post(reverse("mfa_reauthenticate"), client, code="000000")


def at_an_invitation(method: str) -> Try:
    return lambda n, sent: getattr(Client(), method)(reverse("onboarding:prove", args=[f"{n:043}"]), **sent)


def at_a_reports_link(method: str) -> Try:
    return lambda n, sent: getattr(Client(), method)(reverse("report_link", args=[f"{n:043}"]), **sent)


def at_the_metrics() -> Try:
    return lambda n, sent: Client().get("/metrics", **with_bearer(sent, f"wrong {n}"))


def with_bearer(sent: Sent, token: str) -> Sent:
    return sent | {"headers": sent.get("headers", {}) | {"Authorization": f"Bearer {token}"}}


def asked(credential: str, token: str, sent: Sent) -> Any:
    return Client().post("/api/v1/introspect", f"token={token}", content_type=FORM, **with_bearer(sent, credential))


def at_the_api() -> Try:
    return lambda n, sent: asked(f"khgw_{n:08}_{'A' * 43}", "kh_live_no", sent)


def at_the_api_with_keys() -> Try:
    _, gateway = credentials.issue(name="edge", by=None)
    return lambda n, sent: asked(gateway, f"kh_live_{n:058}", sent)


@dataclass(frozen=True)
class Door:
    allowed: int
    begin: Callable[[], Try]
    # What each try before is answered with.
    status: int = 200
    # Whether only the address counts, so that another one may go on.
    by_address: bool = True


SIGN_IN, RESET, SIGN_UP = "/account/login/", "/account/password/reset/", "/account/signup/"
DOORS = {
    "the password of one account": Door(5, lambda: post(SIGN_IN, login="alice@nordlys.example", password="wrong{n}")),
    "one password of many accounts": Door(10, lambda: post(SIGN_IN, login="alice{n}@nordlys.example", password="wrong")),
    "signing up": Door(20, lambda: post(SIGN_UP, email="nora{n}@sudlys.example", password1="a long pass phrase"), status=302),
    "a new password for many": Door(20, lambda: post(RESET, email="alice{n}@nordlys.example"), status=302),
    "a new password for one": Door(5, lambda: post(RESET, email="alice@nordlys.example"), status=302, by_address=False),
    "the link to a new password": Door(20, lambda: post(f"{RESET}key/1-forged-key/", password1="x", password2="x")),
    "a passkey": Door(10, lambda: post(reverse("mfa_login_webauthn"), credential="null"), status=302),
    "the second factor": Door(5, at_the_second_step, by_address=False),
    "the second factor shown again": Door(5, at_the_second_step_again, by_address=False),
    "the password shown again": Door(
        5, lambda: post("/account/reauthenticate/", cast.signed_in(cast.customer()), password="wrong"), by_address=False
    ),
    "the password to change it": Door(
        5,
        lambda: post(
            "/account/password/change/", cast.signed_in(cast.customer()), oldpassword="wrong", password1="x", password2="x"
        ),
        by_address=False,
    ),
    "the link of an invitation": Door(120, lambda: at_an_invitation("get"), status=404),
    "what an invitation asks for": Door(30, lambda: at_an_invitation("post"), status=404),
    "the link of a report": Door(120, lambda: at_a_reports_link("get"), status=404),
    "the file behind a report's link": Door(30, lambda: at_a_reports_link("post"), status=404),
    "monitoring's token": Door(work.WRONG_TOKENS, at_the_metrics, status=401),
    "a gateway's credential": Door(20, at_the_api, status=401),
    "a key": Door(20, at_the_api_with_keys, by_address=False),
}  # fmt: skip
MACHINES = {"monitoring's token", "a gateway's credential", "a key"}
PROXY = "203.0.113.7"


def forged(n: int, proxies: int) -> Sent:
    """A new address each time, before the one that the proxy adds."""
    mine = f"198.51.100.{n % 250}"
    return {"headers": {"X-Forwarded-For": mine if proxies == 0 else f"{mine}, {PROXY}", "X-Real-IP": mine, "Forwarded": mine}}


@pytest.mark.soak
@pytest.mark.sample
@pytest.mark.parametrize(("name", "proxies"), [one for name in DOORS for one in dealt([name], [0, 1], name=name, turns=1)])
def test_one_more_is_refused_and_a_forged_address_gives_no_more(settings: Any, name: str, proxies: int) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    door = DOORS[name]
    tried = door.begin()
    assert {tried(n, forged(n, proxies)).status_code for n in range(door.allowed)} == {door.status}
    refused = tried(door.allowed, forged(door.allowed, proxies))
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 3600
    if name == "monitoring's token":
        assert refused.content == b""
    elif name in MACHINES:
        assert refused.json() == {
            "error": "slow_down",
            "error_description": "Too much that is not known came from here. Ask again in as many seconds as Retry-After says.",
        }
    else:
        assert "<h1>Too many attempts</h1>" in refused.content.decode()
        assert re.search(r"You can try again in (a minute|\d+ minutes)\. Nothing was changed\.", refused.content.decode())


@pytest.mark.parametrize("name", [name for name, door in DOORS.items() if door.by_address])
def test_another_address_may_go_on(name: str) -> None:
    door = DOORS[name]
    tried = door.begin()
    codes = [tried(n, {}).status_code for n in range(door.allowed + 1)]
    assert codes[-1] == 429
    assert tried(door.allowed + 1, {"REMOTE_ADDR": "192.0.2.77"}).status_code == door.status


def test_the_addresses_of_one_household_count_as_one() -> None:
    """Whoever has one IPv6 address has 18 quintillions."""
    tried = DOORS["one password of many accounts"].begin()
    codes = [tried(n, {"REMOTE_ADDR": f"2001:db8:1:2:{n:x}::{n:x}"}).status_code for n in range(1, 12)]
    assert (set(codes[:10]), codes[10]) == ({200}, 429)
    assert tried(12, {"REMOTE_ADDR": "2001:db8:1:3::1"}).status_code == 200


class TestWhoKnows:
    """Is never slowed, whoever guesses beside him."""

    def test_a_good_credential_from_the_same_address(self) -> None:
        tried, (_, gateway) = at_the_api(), credentials.issue(name="edge", by=None)
        for n in range(21):
            refused = tried(n, {})
        assert refused.status_code == 429
        answer = asked(gateway, "kh_live_no", {})
        assert (answer.status_code, answer.content) == (200, b'{"active":false}')

    def test_monitoring_from_the_same_address(self) -> None:
        tried = at_the_metrics()
        assert [tried(n, {}).status_code for n in range(61)][-1] == 429
        assert Client().get("/metrics", **with_bearer({}, TOKEN)).status_code == 200

    def test_another_gateway_that_asks_about_what_is_no_key(self) -> None:
        tried, (_, other) = at_the_api_with_keys(), credentials.issue(name="other", by=None)
        assert [tried(n, {}).status_code for n in range(21)][-1] == 429
        assert asked(other, "kh_live_no", {}).status_code == 200

    def test_what_is_right_is_not_counted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """And so the cache is not even asked."""
        _, gateway = credentials.issue(name="edge", by=None)
        monkeypatch.setattr(shared, "counted", lambda *_, **__: pytest.fail("counted"))
        good = introspection.Judged({"active": True}, row={"key": 1})
        monkeypatch.setattr(introspection, "judge", lambda *_, **__: good)
        assert asked(gateway, "a good one", {}).json() == {"active": True}

    def test_the_api_answers_while_the_cache_is_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def away(*_: object, **__: object) -> None:
            raise Away

        monkeypatch.setattr(shared, "quiet_until", 0.0)
        for what in ("add", "incr"):
            monkeypatch.setattr(f"django.core.cache.cache.{what}", away)
        _, gateway = credentials.issue(name="edge", by=None)
        assert {asked(gateway, "kh_live_no", {}).status_code for _ in range(30)} == {200}
        assert {asked("khgw_wrong", "kh_live_no", {}).status_code for _ in range(30)} == {401}
        monkeypatch.setattr(shared, "quiet_until", 0.0)


class TestProcesses:
    """Count together, in the Valkey that the tests' own installation runs."""

    @pytest.fixture
    def key(self, settings: Any) -> str:
        where = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": product.CACHE_URL}
        settings.CACHES = {"default": where, "other": where}
        return uuid.uuid4().hex

    def test_by_two_clients(self, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
        assert [limits.too_many("test", key, most=2, seconds=300) for _ in range(2)] == [0, 0]
        monkeypatch.setattr(shared, "cache", caches["other"])
        assert 1 <= limits.too_many("test", key, most=2, seconds=300) <= 300
        assert limits.too_many("test", key + "0", most=2, seconds=300) == 0

    @pytest.mark.soak
    def test_by_two_processes(self, key: str) -> None:
        ask = (
            "import django; django.setup(); from accounts import limits; "
            f"print([limits.too_many('test', '{key}', most=2, seconds=3600) for _ in range(2)])"
        )
        said = python(product.DATA_DIR, "-c", ask, DJANGO_SETTINGS_MODULE="config.settings")
        assert said.stdout.strip() == "[0, 0]", said.stderr
        assert limits.too_many("test", key, most=2, seconds=3600) > 0
