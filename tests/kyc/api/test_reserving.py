"""POST /api/v1/limits/reserve and settle: what a call may use is drawn before it, and said plainly where nothing is left."""

import gzip
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import credentials
from accounts.models import User
from kyc.api.reasons import REASONS
from kyc.keys import actions, holds, pools
from kyc.keys.models import Key
from kyc.keys.pool_models import LimitPool, Reservation
from tests.kyc.keys.scenes import Issued, issue

pytestmark = pytest.mark.django_db
PROBLEM = {"type", "title", "status", "detail", "fix"}


@pytest.fixture
def send(gateway: str) -> Any:
    def sent(what: str, data: Any, *, credential: str = gateway) -> Any:
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {credential}"})
        return client.generic("POST", f"/api/v1/limits/{what}", body, content_type="application/json")

    return sent


def wish(issued: Issued, **more: Any) -> dict[str, Any]:
    return {"number": str(uuid4()), "token": issued.secret, "amounts": {"requests": 3}} | more


def limit(issued: Issued, amount: int, unit: str = "requests", period: str = "day", **more: Any) -> LimitPool:
    key = issued.key
    return LimitPool.objects.create(
        organisation=key.organisation, key=key, unit=unit, period=period, limit=amount, set_at=timezone.now(),
        set_by=key.issued_by, **more,
    )  # fmt: skip


def left(answer: Any) -> list[int]:
    return [one["left"] for one in answer.json()["limits"]]


class TestReserve:
    def test_answers_what_is_left_and_until_when(self, send: Any, linked: Issued) -> None:
        limit(linked, 10)
        asked = wish(linked, ttl=30)
        answer = send("reserve", asked)
        assert answer.status_code == 200, answer.content
        told = answer.json()
        assert (told["number"], told["amounts"], left(answer)) == (asked["number"], {"requests": 3}, [7])
        assert told["limits"][0]["resets_at"].startswith((timezone.now() + timedelta(days=1)).date().isoformat())
        made = Reservation.objects.get()
        assert made.expires_at - made.made_at == timedelta(seconds=30)

    def test_sent_again_it_reserves_once_also_what_took_the_last(self, send: Any, linked: Issued) -> None:
        limit(linked, 3)
        asked = wish(linked)
        first, again = send("reserve", asked), send("reserve", asked)
        assert first.status_code == again.status_code == 200, again.content
        assert first.content == again.content and left(again) == [0]

    def test_another_thing_under_the_number_is_a_conflict(self, send: Any, linked: Issued) -> None:
        asked = wish(linked)
        send("reserve", asked)
        answer = send("reserve", asked | {"amounts": {"requests": 4}})
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:keyholder:problem:another_reservation")

    def test_what_is_over_is_not_taken_for_a_reservation(self, send: Any, linked: Issued) -> None:
        asked = wish(linked)
        send("reserve", asked)
        Reservation.objects.update(made_at=timezone.now() - timedelta(hours=2), expires_at=timezone.now() - timedelta(hours=1))
        answer = send("reserve", asked)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:keyholder:problem:reservation_over")

    @pytest.mark.parametrize("amount", [1, 2], ids=["nothing is left", "less is left"])
    def test_a_limit_that_is_reached_is_named_with_its_end(self, send: Any, linked: Issued, amount: int) -> None:
        limit(linked, 100, period="total")
        reached = limit(linked, amount)
        if amount == 1:
            assert send("reserve", wish(linked, amounts={"requests": 1})).status_code == 200
        answer = send("reserve", wish(linked))
        told = answer.json()
        assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
        assert set(told) == PROBLEM | {"reason", "limit"} and told["reason"] == "limit_reached"
        assert told["detail"] == REASONS["limit_reached"].requirement and told["fix"].endswith("/verification/keys/usage/")
        assert {name: told["limit"][name] for name in ("of", "unit", "period", "limit")} == {
            "of": "key", "unit": "requests", "period": "day", "limit": reached.limit,
        }  # fmt: skip
        assert told["limit"]["resets_at"]
        assert Reservation.objects.count() == (amount == 1)

    def test_money_in_another_currency_than_the_limits_is_declined_with_that(self, send: Any, linked: Issued) -> None:
        limit(linked, 10**7, unit="money", currency="EUR")
        answer = send("reserve", wish(linked, amounts={"money": 5}, currency="USD"))
        told = answer.json()
        assert (answer.status_code, told["type"]) == (409, "urn:keyholder:problem:another_currency")
        assert told["detail"] == "currency: The money of this key is limited in EUR. Reserve it in that."
        assert not Reservation.objects.exists()

    def test_a_key_that_may_not_act_reserves_nothing_and_says_why(self, send: Any, linked: Issued, rui: User) -> None:
        holds.place(key=linked.key, reason="secret matter", by=rui)
        answer = send("reserve", wish(linked))
        assert (answer.status_code, answer.json()["reason"]) == (403, "key_held")
        assert set(answer.json()) == PROBLEM | {"reason"} and b"secret matter" not in answer.content
        actions.revoke(linked.key, by=rui)
        assert send("reserve", wish(linked)).json()["reason"] == "key_revoked"
        assert not Reservation.objects.exists()

    def test_what_is_no_key_is_unknown_and_never_repeated_or_stored(self, send: Any, linked: Issued) -> None:
        for token in ("kh_live_no", linked.secret[:-1] + ("0" if linked.secret[-1] != "0" else "1"), "\x00", "\ud800"):
            answer = send("reserve", wish(linked, token=token))
            assert (answer.status_code, answer.json()["reason"]) == (403, "key_unknown"), token
        assert linked.secret not in send("reserve", wish(linked)).content.decode()
        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(r)::text FROM kyc_reservation r")
            assert linked.secret not in str(cursor.fetchall())

    def test_a_key_limited_to_networks_is_asked_from_where(self, send: Any, linked: Issued) -> None:
        Key.objects.update(allowed_networks=["192.0.2.0/24"])
        assert send("reserve", wish(linked)).json()["reason"] == "network_not_told"
        assert send("reserve", wish(linked, client_ip="198.51.100.1")).json()["reason"] == "network_not_allowed"
        assert send("reserve", wish(linked, client_ip="192.0.2.9")).status_code == 200

    @pytest.mark.parametrize(
        "more",
        [
            {"number": 5}, {"number": "x"}, {"number": "{7b6f1c3e-6d0e-4b7e-9a55-2f4c0f5f9f10}"}, {"amounts": {}},
            {"amounts": {"requests": 0}}, {"amounts": {"requests": True}}, {"amounts": {"requests": "3"}}, {"amounts": [1]},
            {"amounts": {"words": 1}}, {"amounts": {"requests": 10**13}}, {"amounts": {"requests": 1.5}},
            {"amounts": {"money": 5}}, {"amounts": {"money": 5}, "currency": "eur"}, {"currency": "EUR"}, {"ttl": 0},
            {"ttl": 3601}, {"ttl": "60"}, {"ttl": None}, {"token": 7}, {"token": None}, {"client_ip": "nowhere"},
            {"client_country": "QQ"}, {"currency": None}, {"amounts": {"requests": 1e400}},
        ],
    )  # fmt: skip
    def test_what_is_no_question_reserves_nothing(self, send: Any, linked: Issued, more: dict[str, Any]) -> None:
        answer = send("reserve", wish(linked) | more)
        assert (answer.status_code, set(answer.json())) == (400, PROBLEM), answer.content
        assert not Reservation.objects.exists()

    @pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 60_000])
    def test_what_is_no_object_is_a_bad_question(self, send: Any, body: bytes) -> None:
        assert [send(what, body).status_code for what in ("reserve", "settle")] == [400, 400]

    def test_too_large_a_body(self, send: Any) -> None:
        assert send("reserve", b" " * 70_000).status_code == 413

    def test_without_a_credential_nothing(self, send: Any, linked: Issued) -> None:
        for what in ("reserve", "settle"):
            answer = send(what, wish(linked), credential="khgw_no")
            assert (answer.status_code, set(answer.json())) == (401, PROBLEM)

    def test_a_gateway_for_test_knows_no_live_key(self, send: Any, linked: Issued) -> None:
        _, test = credentials.issue(name="lab", by=None, for_test=True)
        assert send("reserve", wish(linked), credential=test).json()["reason"] == "key_unknown"


class TestSettle:
    def test_what_was_used_takes_the_place_of_what_was_reserved(self, send: Any, linked: Issued) -> None:
        limit(linked, 10)
        asked = wish(linked)
        send("reserve", asked)
        answer = send("settle", {"number": asked["number"], "amounts": {"requests": 1}})
        assert answer.status_code == 200, answer.content
        assert (answer.json()["amounts"], left(answer)) == ({"requests": 1}, [9])
        again = send("settle", {"number": asked["number"], "amounts": {"requests": 2}})
        assert again.json() == answer.json(), "the first counts"
        assert send("reserve", asked).json()["type"] == "urn:keyholder:problem:reservation_over"

    def test_also_of_a_key_that_was_revoked_since(self, send: Any, linked: Issued, rui: User) -> None:
        asked = wish(linked)
        send("reserve", asked)
        actions.revoke(linked.key, by=rui)
        assert send("settle", {"number": asked["number"], "amounts": {"requests": 3}}).status_code == 200

    def test_what_nobody_reserved_is_not_here_nor_what_is_anothers(self, send: Any, linked: Issued) -> None:
        asked = wish(linked)
        send("reserve", asked)
        _, test = credentials.issue(name="lab", by=None, for_test=True)
        unknown = send("settle", {"number": str(uuid4()), "amounts": {"requests": 1}})
        other = send("settle", {"number": asked["number"], "amounts": {"requests": 1}}, credential=test)
        assert unknown.status_code == other.status_code == 404 and unknown.content == other.content

    @pytest.mark.parametrize("amounts", [{}, {"tokens": 1}, {"requests": -1}, {"requests": None}, 3])
    def test_other_units_and_less_than_nothing_are_refused(self, send: Any, linked: Issued, amounts: Any) -> None:
        asked = wish(linked)
        send("reserve", asked)
        answer = send("settle", {"number": asked["number"], "amounts": amounts})
        assert answer.status_code == 400, answer.content
        assert Reservation.objects.get().settled_at is None

    def test_nothing_at_all_is_told_how_to_say_that_nothing_was_used(self, send: Any, linked: Issued) -> None:
        asked = wish(linked)
        send("reserve", asked)
        answer = send("settle", {"number": asked["number"], "amounts": {}})
        sentence = "amounts: Name at least one of requests, tokens and money, each with a whole number from 0 to"
        assert answer.status_code == 400 and answer.json()["detail"].startswith(sentence)

    @pytest.mark.parametrize("what", ["reserve", "settle"])
    def test_what_is_packed_is_declined_with_what_to_do(self, gateway: str, what: str) -> None:
        headers = {"Authorization": f"Bearer {gateway}", "Content-Encoding": "gzip"}
        packed = gzip.compress(b"{}")
        answer = Client(headers=headers).generic("POST", f"/api/v1/limits/{what}", packed, content_type="application/json")
        assert (answer.status_code, answer["Content-Type"]) == (415, "application/problem+json")
        assert "send it plain" in answer.json()["detail"]

    def test_a_key_of_the_same_customer_is_not_drawn_on(self, send: Any, linked: Issued, nordlys: Any) -> None:
        own, other = limit(linked, 5), issue(nordlys, "other")
        send("reserve", wish(linked))
        assert [one.left for one in pools.left_of(linked.key.pk) if one.pool == own.pk] == [2]
        assert pools.left_of(other.key.pk) == []
