"""What a gateway is told of a key that was issued elsewhere, whichever way it asks."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Organisation, Project
from kyc.api import guessing
from kyc.keys.estate_models import ImportedKey, Remediation
from tests.kyc.api.conftest import Ask
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
