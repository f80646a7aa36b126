"""Which calls were refused lately: of keys that there are, once a minute and reason, behind the answers, for some days."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import credentials
from accounts.lines import request_id
from accounts.models import User
from kyc.api import questions
from kyc.keys import actions as keys
from kyc.keys import refusals
from kyc.keys.models import Key
from kyc.keys.refusal_models import KeyRefusal
from kyc.keys.refusals import QUEUE, REFUSALS, Refusals
from tests.kyc.keys.scenes import Issued

pytestmark = pytest.mark.django_db


@pytest.fixture
def gateway() -> Any:
    REFUSALS.forget()
    yield credentials.issue(name="edge", by=None)
    REFUSALS.forget()


@pytest.fixture
def number(gateway: Any) -> int:
    return int(gateway[0].pk)


class TestNoting:
    def test_an_answer_writes_nothing(self, linked: Issued, number: int, reads: Any) -> None:
        with reads(0):
            Refusals().note(linked.key.pk, "key_held", gateway=number)
        assert not KeyRefusal.objects.exists()

    def test_a_thousand_in_a_minute_are_one_row_with_the_last_number(
        self, linked: Issued, number: int, reads: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        noted = Refusals()
        for n in range(1000):
            token = request_id.set(f"{n:016x}")
            noted.note(linked.key.pk, "key_held", gateway=number)
            request_id.reset(token)
        most = len(noted.waiting)
        assert most in {1, 2}, "the minute may have turned"
        with reads(1):
            assert noted.flush() == most
        assert KeyRefusal.objects.latest("at").request_id == f"{999:016x}" and KeyRefusal.objects.count() == most
        assert noted.flush() == 0

    def test_of_several_processes_the_last_stands(self, linked: Issued, number: int) -> None:
        now = timezone.now()
        for seconds, text in ((1, "b" * 16), (0, "a" * 16)):
            other = Refusals()
            at = now + timedelta(seconds=seconds)
            other.waiting[linked.key.pk, "key_held", now.replace(second=0, microsecond=0)] = (number, at, text)
            other.flush()
        assert KeyRefusal.objects.get().request_id == "b" * 16

    def test_no_more_than_so_many_wait(self, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(refusals, "MOST", 10)
        noted = Refusals()
        for key in range(10**9, 10**9 + 100):
            noted.note(key, "key_held", gateway=number)
        assert len(noted.waiting) == 10
        assert noted.flush() == 10 and not KeyRefusal.objects.exists(), "a key that is gone was not refused"


class TestAnswers:
    """Of each way to ask."""

    @pytest.fixture(autouse=True)
    def revoked(self, linked: Issued, rui: User) -> None:
        keys.revoke(linked.key, by=rui)

    def test_introspection_by_either_way(self, linked: Issued, gateway: Any) -> None:
        # The second is no plain question, so that the view answers it.
        for more in ({}, {"padding": "x" * 5000}):
            answer = self.ask("/api/v1/introspect", gateway[1], {"token": linked.secret} | more)
            assert answer.json() == {"active": False}
            REFUSALS.flush()
            found = KeyRefusal.objects.latest("at")
            assert (found.request_id, found.reason) == (answer["X-Request-Id"], "key_revoked")
            assert (found.key_id, found.organisation_id, found.gateway_id) == (
                linked.key.pk, linked.key.organisation_id, gateway[0].pk,
            )  # fmt: skip

    def test_the_proxys_question(self, linked: Issued, gateway: Any) -> None:
        answer = Client().get("/api/v1/authorize", headers={"X-Gateway-Credential": gateway[1], "X-Api-Key": linked.secret})
        REFUSALS.flush()
        assert KeyRefusal.objects.get().request_id == answer["X-Request-Id"]

    def test_a_reservation(self, linked: Issued, gateway: Any) -> None:
        asked = {"number": "7b6f1c3e-6d0e-4b7e-9a55-2f4c0f5f9f10", "token": linked.secret, "amounts": {"requests": 1}}
        headers = {"Authorization": f"Bearer {gateway[1]}"}
        answer = Client().post("/api/v1/limits/reserve", asked, content_type="application/json", headers=headers)
        REFUSALS.flush()
        assert KeyRefusal.objects.get().request_id == answer["X-Request-Id"]

    def test_a_guess_with_a_known_prefix_leaves_nothing(self, linked: Issued, gateway: Any) -> None:
        self.ask("/api/v1/introspect", gateway[1], {"token": linked.secret[:-1] + "~"})
        self.ask("/api/v1/introspect", "khgw_no", {"token": linked.secret})
        assert REFUSALS.flush() == 0

    def ask(self, path: str, credential: str, data: dict[str, str]) -> Any:
        return Client().post(path, data, content_type="application/json", headers={"Authorization": f"Bearer {credential}"})


def test_a_good_key_is_noted_as_used_and_not_as_refused(linked: Issued, number: int) -> None:
    judged = questions.introspection.judged(linked.secret, for_test=False)
    assert questions.answered(judged, questions.Asked(""), gateway=number)["active"]
    assert not REFUSALS.waiting


class TestForget:
    def test_what_is_over_goes_and_nothing_else(self, linked: Issued, number: int) -> None:
        for days in (6, 8):
            self.made(linked.key, number, timezone.now() - timedelta(days=days))
        assert QUEUE.is_waiting()
        assert (refusals.forget(), refusals.forget()) == (1, 0)
        assert not QUEUE.is_waiting() and KeyRefusal.objects.count() == 1

    def made(self, key: Key, gateway: int, at: datetime) -> None:
        KeyRefusal.objects.create(
            key=key, organisation=key.organisation, gateway_id=gateway, reason="key_held", minute=at, at=at, request_id="a" * 16
        )
