"""While the database is away, or others hold for too long what a question needs, a gateway is told to come again: no fault."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connection
from django.test import Client

from kyc.api import errors
from kyc.keys import asking
from kyc.keys.models import Hold
from kyc.keys.pool_models import Reservation
from kyc.usage.models import UsageBatch
from tests.kyc.api.test_leaks import signed, signer  # noqa: F401  # a fixture
from tests.kyc.api.test_usage import batch, row
from tests.kyc.keys.scenes import Issued

pytestmark = pytest.mark.django_db(transaction=True)
JSON, PROBLEM = "application/json", "application/problem+json"
Asked = Callable[[], Any]
OAUTH, NEWER, BODILESS = "OAuth", "RFC 9457", "no body"
FORM_OF = {
    "introspect": OAUTH, "introspect in another form": OAUTH, "authorize": BODILESS, "reserve": NEWER, "settle": NEWER,
    "usage": NEWER, "leaks": NEWER, "changes": NEWER,
}  # fmt: skip
# These write, and so wait for whoever holds the customer; the others only read.
WRITES = ("reserve", "settle", "usage", "leaks")
READS = ("introspect", "authorize")


@pytest.fixture
def questions(gateway: str, linked: Issued, signer: ec.EllipticCurvePrivateKey) -> dict[str, Asked]:  # noqa: F811  # the fixture
    bearer = {"Authorization": f"Bearer {gateway}"}
    number = str(uuid4())

    def post(address: str, told: Any, **headers: str) -> Any:
        body, client = told if isinstance(told, bytes) else json.dumps(told).encode(), Client(raise_request_exception=False)
        return client.generic("POST", f"/api/v1/{address}", body, content_type=JSON, headers=bearer | headers)

    wish = {"number": number, "token": linked.secret, "amounts": {"requests": 1}}
    assert post("limits/reserve", wish).status_code == 200
    found = json.dumps([{"token": linked.secret, "type": "x"}]).encode()
    finder = {"Github-Public-Key-Identifier": "ours", "Github-Public-Key-Signature": signed(signer, found)}
    counters, another = batch(row(linked)), wish | {"number": str(uuid4())}
    return {
        "introspect": lambda: post("introspect", {"token": linked.secret}),
        # Too long for the short way (kyc/api/lane.py).
        "introspect in another form": lambda: post("introspect", {"token": linked.secret, "more": "x" * 5000}),
        "authorize": lambda: Client(raise_request_exception=False).get(
            "/api/v1/authorize", headers={"X-Gateway-Credential": gateway, "X-Api-Key": linked.secret}
        ),
        "reserve": lambda: post("limits/reserve", another),
        "settle": lambda: post("limits/settle", {"number": number, "amounts": {"requests": 1}}),
        "usage": lambda: post("usage", counters),
        "leaks": lambda: post("leaks", found, **finder),
        "changes": lambda: Client(raise_request_exception=False).get("/api/v1/keys/changes", headers=bearer),
    }


@contextmanager
def held(statement: str, **timeouts: str) -> Iterator[None]:
    """Somebody else's transaction that holds what the statement takes, and how long is waited for it here."""
    place = connection.settings_dict
    with psycopg.connect(host=place["HOST"], dbname=place["NAME"], user="postgres") as other:
        other.execute(statement)
        with connection.cursor() as cursor:
            for name, value in timeouts.items():
                cursor.execute(f"SET {name} = '{value}'")
        yield
        other.rollback()
    connection.close()


def declined(answer: Any, form: str) -> None:
    assert (answer.status_code, answer["Retry-After"]) == (503, "1"), answer.content
    assert "no-store" in answer["Cache-Control"] and answer["X-Request-Id"]
    if form == BODILESS:
        assert (answer["X-Reason"], answer.content) == ("temporarily_unavailable", b"")
        return
    told = answer.json()
    if form == OAUTH:
        assert answer["Content-Type"] == JSON
        assert told == {"error": "temporarily_unavailable", "error_description": errors.AWAY}
    else:
        assert answer["Content-Type"] == PROBLEM
        assert (told["type"], told["status"]) == ("urn:keyholder:problem:temporarily_unavailable", 503)
        assert (told["title"], told["detail"]) == ("Busy", errors.AWAY)


class TestHeldTooLong:
    """By a lock on the customer, such as an officer's action takes, or on the table, such as a migration does."""

    @pytest.mark.parametrize("timeout", ["lock_timeout", "statement_timeout"])
    @pytest.mark.parametrize("what", WRITES)
    def test_whoever_writes_is_told_to_come_again_and_nothing_was_written(
        self, questions: dict[str, Asked], what: str, timeout: str
    ) -> None:
        with held("SELECT FROM accounts_organisation FOR UPDATE", **{timeout: "100ms"}):
            declined(questions[what](), FORM_OF[what])
        assert Reservation.objects.get().settled_at is None
        assert not UsageBatch.objects.exists() and not Hold.objects.exists()
        assert questions[what]().status_code == 200, "the same, sent again"

    @pytest.mark.parametrize("timeout", ["lock_timeout", "statement_timeout"])
    @pytest.mark.parametrize("what", READS)
    def test_whoever_reads_too_and_it_is_not_tried_twice(
        self, questions: dict[str, Asked], what: str, timeout: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tried, once = [], asking.asked_once
        monkeypatch.setattr(asking, "asked_once", lambda *asked: tried.append(asked) or once(*asked))
        with held("LOCK TABLE kyc_key IN ACCESS EXCLUSIVE MODE", **{timeout: "100ms"}):
            declined(questions[what](), FORM_OF[what])
        assert len(tried) == 1
        assert questions[what]().status_code in {200, 204}


class TestAway:
    @pytest.mark.parametrize("what", FORM_OF)
    def test_everybody_is_told_to_come_again(
        self, questions: dict[str, Asked], what: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: Any
    ) -> None:
        with monkeypatch.context() as elsewhere:
            connection.close()
            elsewhere.setitem(connection.settings_dict, "HOST", str(tmp_path))
            declined(questions[what](), FORM_OF[what])
        assert any(line.startswith("not answered: OperationalError") for line in caplog.messages)
        assert questions[what]().status_code in {200, 204}

    def test_a_connection_that_was_cut_is_made_anew_at_once(self, questions: dict[str, Asked]) -> None:
        place = connection.settings_dict
        assert questions["introspect"]().status_code == 200
        with psycopg.connect(host=place["HOST"], dbname=place["NAME"], user="postgres") as other:
            other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
        assert questions["introspect"]().json()["active"] is True
