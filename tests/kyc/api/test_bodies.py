"""A member that stands twice in a body of JSON is no question, wherever it is sent: two readers would read two."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from rest_framework.exceptions import ParseError

from kyc.api import bodies
from kyc.keys.models import Hold
from kyc.keys.pool_models import Reservation
from kyc.usage.models import UsageBatch
from tests.kyc.api.conftest import Ask
from tests.kyc.api.test_leaks import send as tell
from tests.kyc.api.test_leaks import signed, signer
from tests.kyc.keys.scenes import Issued

__all__ = ["signer"]
pytestmark = pytest.mark.django_db


def twice(data: dict[str, Any], name: str, first: Any = "x") -> bytes:
    """The object with that member before it as well, so that a reader that keeps the last one reads it as it was."""
    return f'{{"{name}": {json.dumps(first)}, {json.dumps(data)[1:]}'.encode()


class TestIntrospect:
    @pytest.mark.parametrize("filling", ["", "x" * 5000], ids=["short", "long"])
    def test_declines_in_oauths_form(self, ask: Ask, linked: Issued, filling: str) -> None:
        body = twice({"token": linked.secret, "token_type_hint": filling}, "token")
        answer = ask(body, content_type="application/json")
        assert (answer.status_code, answer.json()) == (
            400,
            {"error": "invalid_request", "error_description": "token: This was sent more than once."},
        )
        assert ask(json.dumps({"token": linked.secret}).encode(), content_type="application/json").json()["active"] is True


class TestTheOthers:
    @pytest.fixture
    def post(self, gateway: str) -> Any:
        def posted(address: str, body: bytes) -> Any:
            client = Client(headers={"Authorization": f"Bearer {gateway}"})
            return client.generic("POST", f"/api/v1/{address}", body, content_type="application/json")

        return posted

    def declined(self, answer: Any, name: str) -> None:
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
        assert answer.json()["detail"] == f"{name}: This was sent more than once." and answer.json()["fix"]

    def test_nothing_is_reserved_or_settled(self, post: Any, linked: Issued) -> None:
        wish = {"number": str(uuid4()), "token": linked.secret, "amounts": {"requests": 3}}
        self.declined(post("limits/reserve", twice(wish, "token")), "token")
        self.declined(post("limits/settle", twice({"number": str(uuid4()), "amounts": {"requests": 1}}, "number")), "number")
        inner = json.dumps(wish).replace('{"requests": 3}', '{"requests": 9, "requests": 3}')
        self.declined(post("limits/reserve", inner.encode()), "requests")
        assert not Reservation.objects.exists()

    @pytest.mark.parametrize("where", ["batch", "row"])
    def test_no_usage_is_counted(self, post: Any, linked: Issued, where: str) -> None:
        row = {"key": linked.key.prefix, "hour": "2026-11-30T08:00:00Z", "model": "m", "requests": 1}
        whole = {"batch": str(uuid4()), "rows": [row]}
        body = json.dumps(whole).replace('"requests": 1', '"requests": 9, "requests": 1').encode()
        self.declined(
            post("usage", body if where == "row" else twice(whole, "rows", [])), "requests" if where == "row" else "rows"
        )
        assert not UsageBatch.objects.exists()

    def test_no_key_is_held(self, linked: Issued, signer: Any) -> None:
        body = b"[" + twice({"token": linked.secret}, "token") + b"]"
        self.declined(tell(body, signature=signed(signer, body)), "token")
        assert not Hold.objects.exists()


class TestRead:
    @pytest.mark.parametrize("name", ["kh_live_" + "x" * 58, "a b", "é", ""], ids=["secret", "space", "accent", "empty"])
    def test_a_name_that_may_be_anything_is_not_repeated(self, name: str) -> None:
        with pytest.raises(ParseError) as refused:
            bodies.read(f'{{"{name}": 1, "{name}": 1}}'.encode(), wrong="")
        assert str(refused.value) == "A field: This was sent more than once."

    def test_the_same_name_in_two_objects_is_none(self) -> None:
        assert bodies.read(b'{"a": {"a": [{"a": 1}, {"a": 1}]}}', wrong="") == {"a": {"a": [{"a": 1}, {"a": 1}]}}

    @pytest.mark.parametrize("body", [b"NaN", b"[Infinity]", b'{"a": -Infinity}', b"\xff", b"", b"\xef\xbb\xbf{}"])
    def test_what_is_no_json_is_told_in_the_callers_words(self, body: bytes) -> None:
        with pytest.raises(ParseError, match="no JSON here"):
            bodies.read(body, wrong="no JSON here")
