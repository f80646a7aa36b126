"""How far it has come, and when it was last saved."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts import audit, organisations
from accounts.models import User
from kyc.cases import actions as cases
from kyc.cases.completeness import Told
from kyc.cases.models import Case
from kyc.onboarding import steps
from kyc.ownership import actions as ownership
from kyc.parties import profiles
from tests.cast import Founded, staff

pytestmark = pytest.mark.django_db


class TestSavedAt:
    def test_is_the_customers_last_save_however_much_officers_did_since(self, nordlys: Founded) -> None:
        saved, ana = steps.saved_at(nordlys.organisation), staff("analyst", "Ana")
        assert saved is not None
        with transaction.atomic():
            for _ in range(201):
                audit.record("hit.ruled", target=Case.objects.get(), by=ana)
        with CaptureQueriesContext(connection) as queries:
            assert steps.saved_at(nordlys.organisation) == saved
        assert len(queries) == 1
        assert "LIMIT 1" in queries[0]["sql"]
        ownership.remove(nordlys.controller, by=nordlys.by)
        assert steps.saved_at(nordlys.organisation) > saved  # type: ignore[operator]  # never None again

    def test_is_none_of_another_organisations(self, nordlys: Founded, other: Founded) -> None:
        before = steps.saved_at(nordlys.organisation)
        ownership.remove(other.controller, by=other.by)
        assert steps.saved_at(nordlys.organisation) == before


class TestGaps:
    def test_ask_for_owners_also_before_the_company_is_known(self, alice: User) -> None:
        organisation = organisations.create(name="Nordlys", by=alice)
        cases.open_case(organisation, notice_version="2026-11", locale="en", by=alice)
        profiles.choose(organisation, customer_class="company", programme="none", by=alice)
        gaps = steps.gaps(Told(organisation))
        assert [gap.step for gap in gaps] == [
            "company", "people", "people", "people", "owners", "use", "payment", "documents",
        ]  # fmt: skip
        assert "Say who owns the company." in [gap.sentence for gap in gaps]

    def test_ask_for_them_once_the_company_is_known_by_its_name(self, nordlys: Founded) -> None:
        assert [gap.sentence for gap in steps.gaps(Told(nordlys.organisation)) if gap.step == "owners"] == [
            "Say who owns Nordlys Modelling AS."
        ]


@pytest.mark.django_db
def test_the_owners_are_no_step_that_is_done_while_half_is_named(nordlys: Founded) -> None:
    ownership.declare_owner(nordlys.organisation, owned=nordlys.party, owner=nordlys.controller, share="50", by=nordlys.by)
    assert {step.label: step.done for step in steps.way(nordlys.organisation).stepper()}["Owners"] is False
    [interest] = nordlys.party.holders.all()
    ownership.change_share(interest, share="100", by=nordlys.by)
    assert {step.label: step.done for step in steps.way(nordlys.organisation).stepper()}["Owners"] is True


def test_the_way_asks_for_each_kind_of_row_once(nordlys: Founded, reads: Callable[[int], AbstractContextManager[None]]) -> None:
    """The case, the profile, parties and their roles, statuses and holdings, documents, the signed answers, and how it pays."""
    with reads(9):
        steps.way(nordlys.organisation)
