"""The page of what the next night erases, and the certificates of what was erased."""

import json
from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts import disposal, retention
from accounts.models import Disposal, Organisation
from accounts.permissions import ROLES, Permission
from accounts.retention import Due
from tests import cast
from tests.conftest import acting_as
from tests.rows import one_of_each

pytestmark = pytest.mark.django_db(transaction=True)
DUE_ON = date(2026, 11, 1)


@pytest.fixture
def nordlys(monkeypatch: pytest.MonkeyPatch) -> Organisation:
    organisation: Organisation = one_of_each(cast.customer())[Organisation]
    found = Due(organisation.pk, retention.CLASSES["ownership"], DUE_ON, "cdd-file")
    monkeypatch.setattr(retention, "due", lambda on, **_: iter([found]))
    return organisation


@pytest.fixture
def made(nordlys: Organisation) -> Disposal:
    with acting_as("eraser"):
        (due,) = disposal.planned(date(2026, 11, 29))
        made = disposal.dispose(due, on=date(2026, 11, 29))
    assert made is not None
    return made


def text(answer: Any) -> str:
    return str(answer.content.decode())


class TestPage:
    def test_says_what_the_next_night_erases(self, nordlys: Organisation) -> None:
        page = text(cast.signed_in(cast.staff("auditor", "Astrid")).get("/disposals/"))
        assert nordlys.numbered in page and "kept until 1 November 2026, by cdd-file" in page
        assert "Nothing was erased yet" in page

    def test_and_what_was_erased(self, made: Disposal) -> None:
        page = text(cast.signed_in(cast.staff("auditor", "Astrid")).get("/disposals/"))
        assert "Nothing is due" in page and made.number in page


class TestCertificate:
    @pytest.mark.parametrize("role", ROLES)
    def test_is_for_who_may_see_what_is_erased(self, made: Disposal, role: str) -> None:
        answer = cast.signed_in(cast.staff(role, f"The {role}")).get(f"/disposals/{made.pk}/certificate.json")
        if Permission.RETENTION_VIEW not in ROLES[role]:
            assert answer.status_code == 404
            return
        assert json.loads(answer.content) == disposal.told(made)
        assert answer["Content-Disposition"] == f'attachment; filename="{made.number}.json"'
        assert "no-store" in answer["Cache-Control"]

    def test_is_no_customers(self, made: Disposal) -> None:
        assert (
            cast.signed_in(cast.customer("bob@nordlys.example")).get(f"/disposals/{made.pk}/certificate.json").status_code == 404
        )
        assert Client().get(f"/disposals/{made.pk}/certificate.json").status_code == 302

    def test_one_that_is_not_there(self, made: Disposal) -> None:
        auditor = cast.signed_in(cast.staff("auditor", "Astrid"))
        assert auditor.get("/disposals/999999/certificate.json").status_code == 404
