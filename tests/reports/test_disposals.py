"""The page of what the next night erases, and the certificates of what was erased."""

import json
from datetime import date
from typing import Any

import pytest
from django.test import Client, RequestFactory

from accounts import disposal, legal_holds, planning, retention
from accounts.models import Disposal, ErasureOrder, LegalHold, Organisation
from accounts.permissions import ROLES, Permission
from accounts.retention import Due
from reports import disposals
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
    @pytest.fixture(autouse=True)
    def nobody_else_is_at_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(planning.shared, "note_first", lambda *_, **__: True)

    def test_says_where_nothing_was_worked_out_yet(self, nordlys: Organisation) -> None:
        assert "Not worked out yet" in text(cast.signed_in(cast.staff("auditor", "Astrid")).get("/disposals/"))

    def test_says_what_the_next_night_erases(self, nordlys: Organisation) -> None:
        planning.plan()
        page = text(cast.signed_in(cast.staff("auditor", "Astrid")).get("/disposals/"))
        assert nordlys.numbered in page and "kept until 1 November 2026, by cdd-file" in page
        assert "Nothing was erased yet" in page and "as worked out on" in page

    def test_of_many_in_pages_and_two_queries(self, nordlys: Organisation, monkeypatch: pytest.MonkeyPatch, reads: Any) -> None:
        many = Organisation.objects.bulk_create(Organisation(name=f"Customer {n}") for n in range(120))
        found = retention.CLASSES["ownership"]
        monkeypatch.setattr(retention, "due", lambda on, **_: (Due(one.pk, found, DUE_ON, "cdd-file") for one in many))
        planning.plan()
        request = RequestFactory().get("/disposals/")
        with reads(2):
            plan = planning.last_plan()
            shown = disposals.listed(plan, request.GET.get("due", ""))
        assert [one["organisation"] for one in shown["due"]] == many[:20]
        client = cast.signed_in(cast.staff("auditor", "Astrid"))
        assert "21–40 of 120" in text(client.get("/disposals/?due=2"))
        last = text(client.get("/disposals/?due=99"))
        assert many[119].numbered in last and "101–120 of 120" in last and "?due=7" not in last
        for odd in ("0", "-1", "x", "²", "9" * 40):
            assert client.get("/disposals/", {"due": odd}).status_code == 200

    def test_orders_that_a_hold_keeps_are_not_said_to_be_carried_out(self, nordlys: Organisation) -> None:
        # Of one_of_each, with a hold in force.
        assert ErasureOrder.objects.get().organisation == nordlys
        client = cast.signed_in(cast.staff("auditor", "Astrid"))
        page = text(client.get("/disposals/"))
        assert "waits until the legal hold on it is lifted" in page and "is carried out in the same night" not in page
        hold = LegalHold.objects.get()
        legal_holds.lift(hold, reason="Settled.", by=hold.placed_by)
        page = text(client.get("/disposals/"))
        assert "waits until the legal hold" not in page and "is carried out in the same night" in page

    def test_and_what_was_erased(self, made: Disposal) -> None:
        planning.plan()
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
