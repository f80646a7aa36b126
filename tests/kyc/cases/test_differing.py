"""Where other sources contradict what was declared: it stops an approval until it is resolved."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from kyc.cases import actions as cases
from kyc.cases import differing
from kyc.cases.meanwhile import NotSent
from kyc.cases.models import Case
from kyc.cases.obstacles import obstacles
from kyc.ownership import observing
from kyc.ownership.models import Discrepancy, Observation
from kyc.parties import actions as parties
from kyc.screening.models import ListVersion
from tests.cast import Founded
from tests.kyc.cases import scenes

pytestmark = pytest.mark.django_db


def observe(found: Founded, name: str, share: str, by: User) -> Observation:
    [row] = observing.observe(
        found.organisation,
        owned=found.party,
        source="officialRegister",
        found_in="Brønnøysund register",
        stated_on=date(2026, 6, 1),
        owner_name=name,
        share=share,
        by=by,
    )
    return row


class TestInTheWay:
    def test_stands_an_open_difference_with_its_day(self, nordlys: Founded, case: Case, ana: User) -> None:
        observe(nordlys, "Kari Moe", "40", ana)
        day = date_format(timezone.now().date() + timedelta(days=14), "j F Y")
        assert obstacles(case) == [
            f"1 difference between what was declared and another source is open, to be resolved by {day}. Resolve it under "
            "“People and ownership”, or ask the customer."
        ]
        observe(nordlys, "Lars Moe", "10", ana)
        [told] = obstacles(case)
        assert told.startswith("2 differences") and f"the first to be resolved by {day}" in told

    def test_nothing_does_once_it_is_resolved(self, nordlys: Founded, case: Case, ana: User) -> None:
        observe(nordlys, "Kari Moe", "40", ana)
        differing.resolve(Discrepancy.objects.get(), resolution="source_wrong", reason="Sold in 2024.", by=ana)
        assert obstacles(case) == []

    def test_no_approval_is_taken_past_one_that_was_found_after_the_proposal(
        self, nordlys: Founded, case: Case, ana: User, rui: User
    ) -> None:
        decision = scenes.proposed(case, "approve", by=ana)
        row = observe(nordlys, "Kari Moe", "40", ana)
        with pytest.raises(cases.Stopped, match="1 difference"):
            cases.take(decision, by=rui)
        observing.withdraw(row, reason="Another Nordlys.", by=ana)
        assert cases.take(decision, by=rui).state == Case.State.APPROVED

    def test_what_others_say_calls_for_no_round(self, nordlys: Founded, case: Case, ana: User) -> None:
        observe(nordlys, "Kari Moe", "40", ana)
        assert not any("being made anew" in told for told in obstacles(case))


class TestResolve:
    def test_not_while_the_customer_is_changing_it(self, nordlys: Founded, case: Case, ana: User, rui: User) -> None:
        observe(nordlys, "Kari Moe", "40", ana)
        cases.take(scenes.proposed(case, "ask", by=ana), by=rui)
        row = Discrepancy.objects.get()
        with pytest.raises(NotSent):
            differing.resolve(row, resolution="source_wrong", reason="Sold in 2024.", by=ana)
        assert Discrepancy.objects.open().exists()

    def test_after_the_approval_too(self, nordlys: Founded, case: Case, ana: User, rui: User) -> None:
        cases.take(scenes.proposed(case, "approve", by=ana), by=rui)
        observe(nordlys, "Kari Moe", "40", ana)
        differing.resolve(Discrepancy.objects.get(), resolution="source_wrong", reason="Sold in 2024.", by=ana)
        assert not Discrepancy.objects.open().exists()


def test_a_name_that_is_corrected_is_compared_when_it_is_sent(nordlys: Founded, the_list: ListVersion, ana: User) -> None:
    """Parties know nothing of sources."""
    kari = scenes.own(nordlys, "Kari Mo", "100").owner
    observe(nordlys, "Kari Moe", "100", ana)
    parties.correct(kari, name="Kari Moe", country="NO", birth_date="1970-01-01", by=nordlys.by)
    assert Discrepancy.objects.open().exists()
    scenes.send(nordlys)
    assert [row.resolution for row in Discrepancy.objects.all()] == ["corrected"]
