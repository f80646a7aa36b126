"""What a gateway is told of a key that was issued elsewhere, whichever way it asks, and what it tells of it."""

import json
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Organisation, Project
from kyc.api import guessing
from kyc.keys.estate_models import ImportedKey, Remediation
from kyc.keys.models import Key
from kyc.keys.pool_models import Reservation
from kyc.usage.models import UsageDay, UsageRow
from tests.kyc.api.conftest import Ask
from tests.kyc.keys.scenes import Issued
from tests.kyc.keys.test_estate_file import DIGEST, FORMS, SECRET

pytestmark = pytest.mark.django_db


@pytest.fixture
def imported(settings: Any) -> ImportedKey:
    settings.ESTATE_FORMS = FORMS
    organisation = Organisation.objects.create(name="Sørvik AS")
    now = timezone.now()
    times = {"begun_at": now - timedelta(days=20), "reminded_at": now, "limited_at": now + timedelta(days=1)}
    remediation = Remediation.objects.create(
        organisation=organisation, account="acct-7", email="bo@sorvik.example", requests_a_day=1000, **times,
        due_at=now + timedelta(days=30),
    )  # fmt: skip
    return ImportedKey.objects.create(
        organisation=organisation, remediation=remediation, project=Project.objects.create(organisation=organisation, name="Ada"),
        prefix="sk-abcd1234", last_four="ZZZZ", digest=DIGEST.hexdigest(), scheme="sha256", issued_on=date(2024, 2, 29),
    )  # fmt: skip


def told(ask: Ask, **said: Any) -> dict[str, Any]:
    return dict(ask(json.dumps({"token": SECRET} | said)).json())


def stopped(imported: ImportedKey) -> None:
    Remediation.objects.update(limited_at=timezone.now(), due_at=timezone.now())


def test_the_answer(imported: ImportedKey, ask: Ask) -> None:
    answer = told(ask, client_country="NO")
    assert answer == {
        "active": True, "token_type": "api_key", "client_id": "sk-abcd1234", "assurance": "unverified",
        "organisation": imported.organisation_id, "project": "Ada", "scope": "", "tiers": [], "iat": 1709164800,
        "exp": int(imported.remediation.limited_at.timestamp()),
        "campaign": {
            "stage": "open", "limited_from": int(imported.remediation.limited_at.timestamp()),
            "deadline": int(imported.remediation.due_at.timestamp()),
        },
    }  # fmt: skip


def test_the_reason_after_the_deadline(imported: ImportedKey, ask: Ask) -> None:
    stopped(imported)
    answer = told(ask, reasons=True)
    assert (answer["active"], answer["reason"]) == (False, "verification_due") and answer["fix"].startswith("http")
    assert told(ask) == {"active": False}


def test_not_from_an_embargoed_region(imported: ImportedKey, ask: Ask) -> None:
    assert told(ask, client_country="KP", reasons=True)["reason"] == "embargoed_region"


def test_a_guess_at_one_counts_as_one(imported: ImportedKey, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    guesses: list[int] = []
    monkeypatch.setattr(guessing, "bad_key", guesses.append)
    assert told(ask, token=SECRET[:-1] + "x") == {"active": False}
    told(ask)
    assert len(guesses) == 1


def test_a_proxy_that_goes_by_the_status(imported: ImportedKey, gateway: str) -> None:
    def authorize() -> Any:
        return Client().get("/api/v1/authorize", headers={"X-Gateway-Credential": gateway, "X-Api-Key": SECRET})

    answer = authorize()
    assert (answer.status_code, answer["X-Assurance"], answer["X-Key"]) == (204, "unverified", "sk-abcd1234")
    assert "X-Entity" not in answer
    stopped(imported)
    assert (authorize().status_code, authorize()["X-Reason"]) == (403, "verification_due")


@pytest.fixture
def limited(imported: ImportedKey) -> ImportedKey:
    """To three requests a day."""
    Remediation.objects.update(limited_at=timezone.now() - timedelta(hours=1), requests_a_day=3)
    return imported


class TestLimits:
    def send(self, where: str, gateway: str, data: Any) -> Any:
        client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {gateway}"})
        return client.post(f"/api/v1/{where}", json.dumps(data), content_type="application/json")

    def wish(self, requests: int = 1, **more: Any) -> dict[str, Any]:
        return {"number": str(uuid4()), "token": SECRET, "amounts": {"requests": requests}} | more

    def tell(self, gateway: str, key: str, requests: int) -> dict[str, Any]:
        hour = timezone.now().replace(minute=0, second=0, microsecond=0)
        row = {"key": key, "hour": hour.isoformat(), "model": "m", "requests": requests, "tokens_in": 5}
        answer = self.send("usage", gateway, {"batch": str(uuid4()), "rows": [row]})
        assert answer.status_code == 200, answer.content
        return dict(answer.json())

    def test_reserving_and_settling_draw_on_it(self, limited: ImportedKey, gateway: str, ask: Ask) -> None:
        asked = self.wish(2)
        first, again = (self.send("limits/reserve", gateway, asked) for _ in range(2))
        assert first.status_code == 200 and first.content == again.content, first.content
        assert [(one["of"], one["limit"], one["left"]) for one in first.json()["limits"]] == [("key", 3, 1)]
        refused = self.send("limits/reserve", gateway, self.wish(2))
        assert (refused.status_code, refused.json()["reason"]) == (403, "limit_reached")
        assert refused.json()["limit"]["left"] == 1 and refused.json()["limit"]["resets_at"]
        settled = self.send("limits/settle", gateway, {"number": asked["number"], "amounts": {"requests": 3}})
        assert settled.status_code == 200 and settled.json()["limits"][0]["left"] == 0
        assert told(ask, reasons=True)["reason"] == "limit_reached"
        assert self.send("limits/reserve", gateway, self.wish()).json()["limit"]["limit"] == 3

    def test_a_key_that_may_not_act_reserves_nothing(self, limited: ImportedKey, gateway: str) -> None:
        stopped(limited)
        assert self.send("limits/reserve", gateway, self.wish()).json()["reason"] == "verification_due"
        assert self.send("limits/reserve", gateway, self.wish(token=SECRET[:-1] + "x")).json()["reason"] == "key_unknown"
        assert not Reservation.objects.exists()

    def test_usage_draws_on_it_and_nothing_else_of_it_is_kept(self, limited: ImportedKey, gateway: str, ask: Ask) -> None:
        assert self.tell(gateway, "sk-abcd1234", 2)["accepted"] == 1
        assert told(ask)["limits"][0]["left"] == 1
        self.tell(gateway, "sk-abcd1234", 1)
        assert told(ask, reasons=True)["reason"] == "limit_reached"
        assert not UsageRow.objects.exists() and not UsageDay.objects.exists()

    @pytest.mark.parametrize("key", ["sk-unknown1", SECRET])
    def test_of_what_is_no_key_usage_is_refused(self, limited: ImportedKey, gateway: str, key: str) -> None:
        answer = self.tell(gateway, key, 2)
        assert (answer["accepted"], answer["refused"]) == (0, 1) and key not in json.dumps(answer)

    def test_what_became_one_of_ours_is_told_like_any(self, limited: ImportedKey, linked: Issued, gateway: str) -> None:
        """Its beginning is of no form of ours."""
        key = linked.key
        remediation = Remediation.objects.create(
            organisation=key.organisation, account="acct-9", email="x@x.example", requests_a_day=1, begun_at=timezone.now(),
            **dict.fromkeys(("reminded_at", "limited_at", "due_at"), timezone.now() + timedelta(days=1)),
        )  # fmt: skip
        ImportedKey.objects.create(
            organisation=key.organisation, remediation=remediation, project=key.project, prefix="sk-become12", last_four="ZZZZ",
            digest="0" * 64, scheme="sha256", issued_on=date(2024, 2, 29),
        )  # fmt: skip
        Key.objects.filter(pk=key.pk).update(prefix="sk-become12", digest="0" * 64, pepper_version="sha256")
        ImportedKey.objects.filter(prefix="sk-become12").update(became=key)
        assert self.tell(gateway, "sk-become12", 2)["accepted"] == 1
        assert UsageDay.objects.get().key == key
