"""The customer's pages of keys that were issued elsewhere."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kyc.keys.estate_models import ImportedKey, Remediation
from kyc.keys.models import Key
from tests.cast import Founded
from tests.kyc.onboarding.test_key_pages import verified  # noqa: F401  # fixture


@pytest.fixture
def imported(nordlys: Founded) -> ImportedKey:
    now, organisation = timezone.now(), nordlys.organisation
    row = Remediation.objects.create(
        organisation=organisation, account="acct-9", email="a@a.example", requests_a_day=1000,
        begun_at=now - timedelta(days=100), reminded_at=now, limited_at=now + timedelta(days=5), due_at=now + timedelta(days=9),
    )  # fmt: skip
    return ImportedKey.objects.create(
        organisation=organisation, remediation=row, project=organisation.project_set.get(), prefix="sk-abcd1234",
        last_four="ZZZZ", digest="0" * 64, scheme="sha256", issued_on=date(2025, 1, 1),
    )  # fmt: skip


def told(client: Client) -> str:
    return client.get(reverse("onboarding:keys")).content.decode()


class TestList:
    def test_says_what_stands_before_whom(self, alices: Client, imported: ImportedKey) -> None:
        said = told(alices)
        assert "sk-abcd1234…ZZZZ" in said and "Get verified" in said and "Not verified" in said
        assert reverse("onboarding:key_elsewhere", args=[imported.pk]) + '"' not in said

    def test_and_in_which_stage(self, alices: Client, imported: ImportedKey) -> None:
        Remediation.objects.update(limited_at=timezone.now())
        assert "Limited" in told(alices) and "1000 requests a day" in told(alices)
        Remediation.objects.update(due_at=timezone.now())
        assert "Stopped" in told(alices)

    def test_of_who_has_none_it_says_nothing(self, alices: Client, nordlys: Founded) -> None:
        assert "Keys from before" not in told(alices)


class TestAnswering:
    def test_waits_for_the_verification(self, alices: Client, imported: ImportedKey) -> None:
        answer = alices.get(reverse("onboarding:key_elsewhere", args=[imported.pk]), follow=True)
        assert "once you are verified" in answer.content.decode()

    @pytest.mark.usefixtures("verified")
    def test_makes_it_a_key_like_any(self, alices: Client, nordlys: Founded, imported: ImportedKey) -> None:
        address = reverse("onboarding:key_elsewhere", args=[imported.pk])
        assert address in told(alices)
        assert alices.post(address, {}).status_code == 422
        alices.post(address, {"responsible": nordlys.controller.pk})
        assert Key.objects.get().imported == imported
        assert "Keys from before" not in told(alices) and "sk-abcd1234…ZZZZ" in told(alices)
        assert alices.get(address).status_code == 404


def test_revoking_is_final(alices: Client, imported: ImportedKey) -> None:
    address = reverse("onboarding:key_elsewhere_revoke", args=[imported.pk])
    assert "can never be switched on again" in alices.get(address).content.decode()
    assert address in told(alices)
    alices.post(address)
    imported.refresh_from_db()
    assert imported.revoked_at is not None and "Keys from before" not in told(alices)
    assert alices.post(address).status_code == 404
