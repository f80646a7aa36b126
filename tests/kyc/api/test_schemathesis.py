"""The API asked what nobody thought of, from its own schema: by each role, what fits the schema and what does not.

In the process itself, through the WSGI interface that the web server calls, so that each question meets all of the middleware
and the test's own database."""

import json
from collections.abc import Iterator
from functools import cache as cache_of_process
from http.cookies import SimpleCookie
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import content_type_conformance, negative_data_rejection, positive_data_acceptance

from accounts import credentials
from accounts.permissions import ROLES
from config.wsgi import application
from kyc.api import changes, guessing
from tests import cast
from tests.headers import lacking
from tests.whole import IS_WHOLE, some

pytestmark = [pytest.mark.django_db, pytest.mark.soak, pytest.mark.sample]
INTROSPECT, USAGE, SCHEMA = "POST /api/v1/introspect", "POST /api/v1/usage", "GET /api/v1/schema/"
LEAKS, AUTHORIZE = "POST /api/v1/leaks", "GET /api/v1/authorize"
VERIFICATIONS = "POST /api/v1/verifications/{service}"
RESERVE, SETTLE = "POST /api/v1/limits/reserve", "POST /api/v1/limits/settle"
CHANGES, SNAPSHOT = "GET /api/v1/keys/changes", "GET /api/v1/keys/snapshot"
PROBLEM = {"type", "title", "status", "detail", "fix"}
STAFF = tuple(map(str, ROLES))
WHO = ("nobody", "a bad credential", "a gateway", "a customer", *STAFF)
# Of each way to ask, by each who. The schema is made anew for each answer, which takes a while and changes nothing.
CASES = {INTROSPECT: 900 if IS_WHOLE else 12, USAGE: 300 if IS_WHOLE else 4, SCHEMA: 100 if IS_WHOLE else 2} | dict.fromkeys(
    (LEAKS, VERIFICATIONS, RESERVE, SETTLE, AUTHORIZE, CHANGES, SNAPSHOT), 200 if IS_WHOLE else 4
)
# Who is no gateway meets one wall at every address: in every run some of them, others with the next commit.
NO_GATEWAY = tuple(one for one in WHO if one != "a gateway")


def askers(label: str, *, count: int) -> list[str]:
    return ["a gateway", *some(label, NO_GATEWAY, count=len(NO_GATEWAY) if IS_WHOLE else count)]


METHODS = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "QUERY", "X" * 30)


def asked_as(who: str) -> dict[str, str]:
    """The headers that are sent."""
    if who == "nobody":
        return {}
    if who == "a bad credential":
        return {"Authorization": f"Bearer khgw_00000000_{'A' * 43}"}
    if who == "a gateway":
        return {"Authorization": f"Bearer {credentials.issue(name='edge', by=None)[1]}"}
    person = cast.customer() if who == "a customer" else cast.staff(who)
    cookies: SimpleCookie = cast.signed_in(person).cookies
    return {"Cookie": "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())}


@pytest.fixture(autouse=True)
def no_limits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Which tests/accounts/test_tries.py is about."""
    cache.clear()
    for name in ("BAD_CREDENTIALS", "BAD_KEYS"):
        monkeypatch.setattr(guessing, name, 1_000_000)
    # Whoever waits only waits.
    monkeypatch.setattr(changes, "waited", lambda page, **_: page)
    yield
    cache.clear()


@cache_of_process
def served_once() -> bytes:
    return bytes(Client().get("/api/v1/schema/?format=json").content)


@cache_of_process
def read_once() -> Any:
    """As it is served, which Schemathesis would leave out itself if it loaded it from its address. Credentials are ours to send:
    those that it draws beside them prove nothing."""
    served = json.loads(served_once())
    for label in (INTROSPECT, USAGE, RESERVE, SETTLE, CHANGES, SNAPSHOT):
        method, path = label.split()
        assert served["paths"][path][method.lower()].pop("security") == [{"gateway": []}]
    found = schemathesis.openapi.from_dict(served)
    found.app = application
    return found


@cache_of_process
def drawn(label: str, mode: GenerationMode) -> Any:
    """What may be asked there: the same of whoever asks."""
    return read_once().find_operation_by_label(label).as_strategy(generation_mode=mode)


@pytest.fixture
def schema() -> Iterator[Any]:
    # The server's way to begin and end a request would end the test's transaction with it.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield read_once()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_every_address_is_asked(schema: Any) -> None:
    assert {found.ok().label for found in schema.get_all_operations()} == {*CASES}
    asked = sum(count * len(askers(label, count=3)) for label, count in CASES.items()) * len(GenerationMode)
    assert asked >= (20_000 if IS_WHOLE else 250)
    assert all(len({*askers(label, count=3)}) == (len(WHO) if IS_WHOLE else 4) for label in CASES)


def unsaid(case: schemathesis.Case, answer: schemathesis.Response) -> Iterator[Any]:
    """What no schema can say: that a body names nothing twice (RFC 6749, section 3.2), and that an empty `format` is none."""
    if answer.status_code == 400 and "This was sent more than once." in answer.text:
        yield positive_data_acceptance
    # The document's maker leaves out of a header's schema which codes are countries.
    if answer.status_code == 400 and "client_country" in answer.headers.get("x-requirement", [""])[0]:
        yield positive_data_acceptance
    # That money, and nothing else, has a currency.
    if answer.status_code == 400 and "currency: Say of which currency" in answer.text:
        yield positive_data_acceptance
    # That beside these two members there is none, so that no words come in.
    if answer.status_code == 400 and "Beside batch and rows is a member" in answer.text:
        yield positive_data_acceptance
    # What is no service's name at all is another address.
    if answer.status_code == 404 and "There is nothing at this address." in answer.text:
        yield content_type_conformance
    # Of another database, or too old.
    if answer.status_code == 410:
        yield positive_data_acceptance
    # A bad row of a batch is named and keeps back nothing of the others: the batch is taken.
    if answer.status_code == 200 and case.operation.label == USAGE and answer.json()["refused"]:
        yield negative_data_rejection
    if case.query.get("format") == "":
        yield negative_data_rejection


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("label", "who"), [(label, who) for label in CASES for who in askers(label, count=3)])
def test_whatever_is_asked(schema: Any, label: str, who: str, mode: GenerationMode) -> None:
    """No fault of ours, each answer as the schema says, and no key told to whoever is no gateway."""
    if label == SNAPSHOT and mode == GenerationMode.NEGATIVE:
        pytest.skip("nothing is asked there that could be wrong")
    sent, asked = asked_as(who), 0

    @settings(
        max_examples=CASES[label], deadline=None, database=None, derandomize=not IS_WHOLE, phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=drawn(label, mode))
    def ask(case: schemathesis.Case) -> None:
        nonlocal asked
        asked += 1
        answer = case.call(headers=sent)
        case.validate_response(answer, headers=sent, excluded_checks=list(unsaid(case, answer)))
        told = {name: values[0] for name, values in answer.headers.items()}
        canonical = {name.title(): value for name, value in told.items()}
        assert not lacking({**canonical, "Content-Security-Policy": canonical["Content-Security-Policy"]}, b"")
        if label in {INTROSPECT, USAGE, RESERVE, SETTLE, CHANGES, SNAPSHOT} and who != "a gateway":
            assert answer.status_code == 401
            assert b"active" not in answer.content
        # Nobody here shows a credential where a proxy has it.
        if label == AUTHORIZE:
            assert answer.status_code >= 400 and answer.content == b""

    ask()
    # Where nothing need be said one question is enough.
    assert asked >= (1 if label in {AUTHORIZE, SNAPSHOT} else 2)


@pytest.mark.parametrize(
    ("label", "method", "who"),
    [
        (label, method, who)
        for label in CASES
        for method in METHODS
        if method != label.split()[0] and (method != "HEAD" or not label.startswith("GET"))
        for who in askers(f"{label} {method}", count=1)
    ],
)
def test_by_another_method(schema: Any, label: str, who: str, method: str) -> None:
    own, path = label.split()
    named = {"path_parameters": {"service": "stripe"}} if label == VERIFICATIONS else {}
    case = schema.find_operation_by_label(label).Case(method=method, **named)
    answer = case.call(headers=asked_as(who))
    # Who has shown no credential is asked for it first.
    may = label in {SCHEMA, AUTHORIZE, LEAKS, VERIFICATIONS} or who == "a gateway"
    assert answer.status_code == (405 if may else 401), path
    if may:
        assert own in answer.headers["allow"][0]
    if method != "HEAD":
        assert set(answer.json()) == ({"error", "error_description"} if label in {INTROSPECT, SCHEMA} else PROBLEM)


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "text/xml", "application/xml", "multipart/form-data; boundary=x", "application/jsonx", "x", "a/b;c"],
)
def test_in_another_form(schema: Any, kind: str) -> None:
    case = schema.find_operation_by_label(INTROSPECT).Case(body=b"token=kh_live_no", media_type="text/plain")
    answer = case.call(headers={**asked_as("a gateway"), "Content-Type": kind})
    assert answer.status_code == 415
    assert answer.json()["error"] == "invalid_request"
