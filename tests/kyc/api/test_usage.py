"""POST /api/v1/usage: each key's counters come in once, whatever is lost on the way."""

import gzip
import json
import zlib
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from accounts import credentials, scope
from kyc.api import usage
from kyc.keys import actions
from kyc.usage import intake
from kyc.usage.models import UsageBatch, UsageDay, UsageRow
from kyc.usage.rows import KNOWN, REQUIRED
from tests.kyc.keys.scenes import Issued
from tests.kyc.usage.scenes import another_connection, issued_long_ago, this_hour

pytestmark = pytest.mark.django_db


def row(issued: Issued, **more: Any) -> dict[str, Any]:
    return {"key": issued.key.prefix, "hour": this_hour().isoformat(), "model": "sonnet-5", "requests": 3, **more}


def batch(*rows: Any, number: Any = None) -> dict[str, Any]:
    return {"batch": str(number or uuid4()), "rows": list(rows)}


@pytest.fixture
def send(gateway: str) -> Any:
    def sent(data: Any, *, credential: str = gateway, content_type: str = "application/json", **headers: str) -> Any:
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {credential}"} | headers)
        return client.generic("POST", "/api/v1/usage", body, content_type=content_type)

    return sent


def counted() -> tuple[int, int]:
    """Requests in rows, and in their sums."""
    with scope.everything():
        rows = UsageRow.objects.values_list("requests", flat=True)
        return sum(rows), sum(UsageDay.objects.values_list("requests", flat=True))


class TestUsage:
    def test_counts_rows_and_adds_them_up_by_key_and_day(self, send: Any, linked: Issued) -> None:
        told = row(
            linked, tokens_in=100, tokens_out=50, errors=1, refusals=2, ip_hash="a" * 32, asn=64512, country="NO",
            client="t13d1516h2_8daaf6152771_e5627efa2ab1", template="f" * 32, end_user="e" * 43, cost=1200, currency="EUR",
        )  # fmt: skip
        answer = send(batch(told, row(linked, country="NO"), row(linked, country="SE")))
        assert answer.status_code == 200, answer.content
        assert {name: answer.json()[name] for name in ("accepted", "late", "refused", "bad")} == {
            "accepted": 3, "late": 0, "refused": 0, "bad": [],
        }  # fmt: skip
        kept = UsageRow.objects.order_by("pk")[0]
        assert {name: getattr(kept, name) for name in told if name not in {"key", "hour"}} == {
            name: value for name, value in told.items() if name not in {"key", "hour"}
        }
        assert (kept.hour, kept.key_id, kept.organisation_id) == (this_hour(), linked.key.pk, linked.key.organisation_id)
        sums = UsageDay.objects.order_by("country").values_list(
            "country", "requests", "tokens_in", "tokens_out", "errors", "refusals"
        )
        assert list(sums) == [("NO", 6, 100, 50, 1, 2), ("SE", 3, 0, 0, 0, 0)]

    def test_sent_again_changes_nothing_and_is_answered_the_same(self, send: Any, linked: Issued) -> None:
        data = batch(row(linked), {"key": "no"})
        first, again = send(data), send(data)
        assert first.status_code == again.status_code == 200
        assert first.content == again.content
        assert counted() == (3, 3)

    def test_two_gateways_may_give_the_same_number(self, send: Any, linked: Issued) -> None:
        _, other = credentials.issue(name="west", by=None)
        data = batch(row(linked))
        assert [send(data).status_code, send(data, credential=other).status_code] == [200, 200]
        assert counted() == (6, 6)

    def test_another_body_under_the_same_number_is_refused(self, send: Any, linked: Issued) -> None:
        number = uuid4()
        send(batch(row(linked), number=number))
        answer = send(batch(row(linked, requests=4), number=number))
        assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
        assert set(answer.json()) == {"type", "title", "status", "detail", "fix"}
        assert counted() == (3, 3)

    def test_bad_rows_are_named_and_the_others_count(self, send: Any, linked: Issued) -> None:
        answer = send(batch({"key": "x"}, row(linked), row(linked, key="kh_live_000000000000"), row(linked), "row")).json()
        assert (answer["accepted"], answer["refused"]) == (2, 3)
        assert sorted(place for bad in answer["bad"] for place in bad["rows"]) == [0, 2, 4]
        assert any(bad["reason"].startswith("key: There is no key") and bad["rows"] == [2] for bad in answer["bad"])
        assert counted() == (6, 6)

    def test_a_raw_address_is_refused_and_never_repeated(self, send: Any, linked: Issued) -> None:
        answer = send(batch(row(linked, ip_hash="203.0.113.9")))
        assert answer.json()["refused"] == 1
        assert "looks like an IP address" in answer.json()["bad"][0]["reason"]
        assert b"203.0.113" not in answer.content
        assert "203.0.113" not in str(list(UsageBatch.objects.values()))

    def test_late_rows_count_and_are_marked(self, send: Any, linked: Issued) -> None:
        issued_long_ago()
        before = this_hour() - timedelta(days=40)
        assert send(batch(row(linked, hour=before.isoformat()), row(linked))).json()["late"] == 1
        assert list(UsageRow.objects.order_by("hour").values_list("is_late", flat=True)) == [True, False]
        assert list(UsageDay.objects.order_by("day").values_list("day", "late")) == [(before.date(), 3), (this_hour().date(), 0)]

    def test_a_revoked_key_was_used_before(self, send: Any, linked: Issued, rui: Any) -> None:
        actions.revoke(linked.key, by=rui)
        assert send(batch(row(linked))).json()["accepted"] == 1

    def test_a_gateway_for_test_knows_no_customers_key(self, send: Any, linked: Issued) -> None:
        _, for_test = credentials.issue(name="staging", for_test=True, by=None)
        assert send(batch(row(linked)), credential=for_test).json()["refused"] == 1


class TestBodies:
    def test_gzip_is_opened_and_is_the_same_batch(self, send: Any, linked: Issued) -> None:
        data = json.dumps(batch(row(linked))).encode()
        plain, packed = send(data), send(gzip.compress(data), **{"Content-Encoding": "gzip"})
        assert packed.status_code == 200, packed.content
        assert packed.content == plain.content
        assert counted() == (3, 3)

    def test_a_bomb_is_opened_no_further_than_may_be(self, send: Any) -> None:
        bomb = zlib.compressobj(9, wbits=31)
        packed = bomb.compress(b" " * (64 * usage.LONGEST_BODY)) + bomb.flush()
        assert len(packed) < usage.LONGEST_BODY
        answer = send(packed, **{"Content-Encoding": "gzip"})
        assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (b"", 400), (b"[]", 400), (b"{}", 400), (b"no", 400), (b"\xff\xfe", 400), (b"[" * 100_000, 400),
            (b'{"batch": 7, "rows": [{}]}', 400), (b'{"batch": "x", "rows": [{}]}', 400),
            (json.dumps(batch()).encode(), 400), (json.dumps({"rows": [{}], "more": 1}).encode(), 400),
            (json.dumps(batch({}) | {"prompt": "Write me a poem"}).encode(), 400),
            (json.dumps(batch(*[1] * (intake.MOST_ROWS + 1))).encode(), 413), (b" " * (usage.LONGEST_BODY + 1), 413),
        ],
        ids=range(13),
    )  # fmt: skip
    def test_what_is_no_batch_is_declined_with_what_to_do(self, send: Any, body: bytes, status: int) -> None:
        answer = send(body)
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), answer.content
        assert answer.json()["status"] == status and answer.json()["fix"]
        assert UsageBatch.objects.count() == 0

    @pytest.mark.parametrize(("encoding", "body"), [("br", b"x"), ("gzip", b"x"), ("gzip", gzip.compress(b'{"a": 1}')[:-4])])
    def test_what_cannot_be_opened_is_declined(self, send: Any, encoding: str, body: bytes) -> None:
        answer = send(body, **{"Content-Encoding": encoding})
        assert answer.status_code == (415 if encoding == "br" else 400)
        assert body != b"x" or encoding == "br" or answer.json()["detail"] == "The body is not gzip, though it says so."

    def test_the_document_names_each_field_that_a_row_may_have(self) -> None:
        named = Client().get("/api/v1/schema/?format=json").json()["components"]["schemas"]
        rows = named["Batch"]["properties"]["rows"]["items"]
        found = named[rows["$ref"].rsplit("/", 1)[1]]
        assert set(found["properties"]) == KNOWN and set(found["required"]) == set(REQUIRED)
        assert ".py" not in str((found["description"], named["Batch"]["description"]))

    def test_another_type_is_declined(self, send: Any) -> None:
        answer = send(b"{}", content_type="text/plain")
        assert (answer.status_code, answer["Content-Type"]) == (415, "application/problem+json")
        assert answer.json()["detail"].startswith("Send application/json, plain")

    def test_without_a_credential_nothing_is_read(self) -> None:
        answer = Client().post("/api/v1/usage", b"{}", content_type="application/json")
        assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
        assert answer["WWW-Authenticate"].startswith("Bearer")

    def test_by_another_method_neither(self, send: Any, gateway: str) -> None:
        answer = Client(headers={"Authorization": f"Bearer {gateway}"}).get("/api/v1/usage")
        assert (answer.status_code, answer.json()["status"]) == (405, 405)


@pytest.mark.django_db(transaction=True)
class TestBackPressure:
    def test_who_comes_while_as_many_as_may_are_written_is_told_when_to_come_again(self, send: Any, linked: Issued) -> None:
        data = batch(row(linked))
        with another_connection() as other:
            other.execute("BEGIN")
            for slot in range(1, intake.AT_ONCE + 1):
                other.execute("SELECT pg_advisory_xact_lock(hashtext('kh_usage'), %s)", [slot])
            answer = send(data)
            assert (answer.status_code, answer["Retry-After"]) == (429, "1")
            assert counted() == (0, 0)
        assert send(data).status_code == 200
        assert counted() == (3, 3)
        assert connection.get_autocommit()
