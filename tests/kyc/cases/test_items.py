"""What is asked of a customer, item by item."""

from pathlib import Path
from typing import Any

import pytest

from kyc.cases import actions as cases
from kyc.cases import examining, items
from kyc.cases.models import Case, Decision, Requirement
from kyc.evidence import actions as evidence
from kyc.parties import actions as parties
from kyc.screening import actions as screening
from kyc.screening.models import Hit
from tests.cast import Founded, customer, load_list, pdf, staff, submitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def nordlys(tmp_path: Path) -> Founded:
    load_list(tmp_path)
    found = submitted(customer())
    examining.run()
    for hit in Hit.objects.open():
        screening.rule(hit, ruling="false", reason="different_birth_date", note="Another.", by=staff("analyst", "Ann"))
    return found


def case_of(nordlys: Founded) -> Case:
    return Case.objects.get(organisation=nordlys.organisation)


def propose(nordlys: Founded, asked: list[dict[str, Any]], message: str = "") -> Decision:
    return cases.propose(
        case_of(nordlys),
        choice="ask",
        reason="document_missing",
        note="See items.",
        message=message,
        items=asked,
        by=staff("analyst"),
    )


class TestAskedItemByItem:
    def test_each_becomes_a_requirement_that_reads_as_a_sentence(self, nordlys: Founded) -> None:
        decision = propose(
            nordlys,
            [
                {"what": "identity", "party": nordlys.controller.pk, "why": "expired", "words": "It ended in May."},
                {"what": "use", "party": None, "why": "unclear"},
            ],
        )
        assert not Requirement.objects.exists()
        cases.take(decision, by=staff("approver"))
        told = list(Requirement.objects.order_by("pk").values_list("what", "party", "sentence"))
        assert told == [
            (
                "identity",
                nordlys.controller.pk,
                "Identity document of Alice Olsen. It has expired or is too old. It ended in May.",
            ),
            ("use", None, "Intended use. We do not understand it as it stands."),
        ]

    def test_a_sentence_alone_is_one_requirement_and_nothing_is_refused(self, nordlys: Founded) -> None:
        cases.take(propose(nordlys, [], "Please call us."), by=staff("approver"))
        assert list(Requirement.objects.values_list("what", "sentence")) == [("", "Please call us.")]

    def test_asking_for_nothing_is_refused(self, nordlys: Founded) -> None:
        with pytest.raises(cases.proposals.ReasonMissing):
            propose(nordlys, [])

    @pytest.mark.parametrize("bad", [{"what": "moon", "why": "missing"}, {"what": "use", "why": "mood"}, {}])
    def test_only_what_is_in_the_catalogue(self, nordlys: Founded, bad: dict[str, Any]) -> None:
        with pytest.raises(items.BadItem):
            propose(nordlys, [bad])
        assert case_of(nordlys).state == Case.State.REVIEW

    def test_only_of_this_customers_parties(self, nordlys: Founded) -> None:
        with pytest.raises(items.BadItem):
            propose(nordlys, [{"what": "identity", "party": 10**9, "why": "missing"}])


class TestIsDone:
    def ask(self, nordlys: Founded, what: str, party: int | None = None) -> Requirement:
        cases.take(propose(nordlys, [{"what": what, "party": party, "why": "missing"}]), by=staff("approver"))
        return Requirement.objects.get()

    def test_a_document_of_another_or_of_another_kind_is_not_it(self, nordlys: Founded) -> None:
        requirement = self.ask(nordlys, "identity", nordlys.controller.pk)
        assert not items.is_done(requirement)
        evidence.upload(nordlys.organisation, kind="passport", file=pdf(), by=nordlys.by)
        evidence.upload(nordlys.organisation, kind="address", file=pdf(), party=nordlys.controller, by=nordlys.by)
        assert not items.is_done(requirement)
        evidence.upload(nordlys.organisation, kind="identity_card", file=pdf(), party=nordlys.controller, by=nordlys.by)
        assert items.is_done(requirement)

    def test_a_page_is_done_by_saving_it(self, nordlys: Founded) -> None:
        requirement = self.ask(nordlys, "people")
        assert not items.is_done(requirement)
        parties.declare_person(
            nordlys.organisation, name="Lars Dahl", country="NO", birth_date="1970-01-01", roles=["director"], by=nordlys.by
        )
        assert items.is_done(requirement)
