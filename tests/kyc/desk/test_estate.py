"""How far the accounts of imported keys have come, as officers read it."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Organisation, Project, User
from kyc.keys.estate_models import ImportedKey, Remediation
from kyc.keys.progress import progress
from tests.cast import signed_in, staff

pytestmark = pytest.mark.django_db


def account(number: int, *, limited: float = 5, due: float = 9, user: User | None = None) -> ImportedKey:
    organisation = Organisation.objects.create(name=f"Customer {number}")
    now = timezone.now()
    row = Remediation.objects.create(
        organisation=organisation, account=str(number), email=f"{number}@a.example", requests_a_day=1000,
        begun_at=now - timedelta(days=100), reminded_at=now - timedelta(days=80), limited_at=now + timedelta(days=limited),
        due_at=now + timedelta(days=due),
    )  # fmt: skip
    if user:
        Membership.objects.create(organisation=organisation, user=user, role="owner")
    return ImportedKey.objects.create(
        organisation=organisation, remediation=row, project=Project.objects.create(organisation=organisation, name="P"),
        prefix=f"sk-{number:08}", digest="0" * 64, scheme="sha256", issued_on=date(2025, 1, 1),
    )  # fmt: skip


def test_counts_each_account_once(django_assert_num_queries: Any) -> None:
    ana = staff("analyst", "Ana")
    account(1)
    account(2, user=User.objects.create(email="two@a.example"))
    account(3, limited=-1)
    account(4, limited=-2, due=-1)
    revoked = account(5, limited=-2, due=-1)
    ImportedKey.objects.filter(pk=revoked.pk).update(revoked_at=timezone.now(), revoked_by=ana)
    closed = account(6, limited=-2, due=-1)
    Organisation.objects.filter(pk=closed.organisation_id).update(closed_at=timezone.now(), closed_by=ana)
    with django_assert_num_queries(2):
        found = progress()
    assert (found.imported, found.signed_up, found.sent, found.verified) == (6, 1, 0, 0)
    assert (found.settled, found.limited, found.overdue) == (1, 1, 1)
    assert (found.keys, found.keys_answered, found.keys_revoked) == (6, 0, 1)


def test_the_page_is_for_officers_and_led_to_where_keys_were_taken_over(settings: Any) -> None:
    address, queue = reverse("desk:estate"), reverse("desk:queue")
    anas = signed_in(staff("analyst", "Ana"))
    assert "No accounts were taken over" in anas.get(address).content.decode() and address not in anas.get(queue).content.decode()
    settings.ESTATE_FORMS = [("sk-", 11, 43)]
    account(1, limited=-2, due=-1)
    assert '<span class="badge bad">1</span>' in anas.get(address).content.decode()
    assert address in anas.get(queue).content.decode()
    assert signed_in(staff("administrator", "Omar")).get(address).status_code == 404
    assert Client().get(address).status_code in (302, 404)
