"""What is asked of a customer, item by item."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from kyc.cases import actions as cases
from kyc.cases import items
from kyc.cases.models import Case, Decision, Requirement
from kyc.evidence import actions as evidence
from kyc.ownership import actions as ownership
from kyc.parties import actions as parties
from kyc.parties import payments
from kyc.parties.models import Party, PaymentMeans, Profile
from kyc.screening.models import ListVersion
from tests.cast import Founded, customer, founded, pdf, staff
from tests.kyc.cases import scenes
from tests.kyc.cases.scenes import company, own
from tests.stage import scene

pytestmark = pytest.mark.django_db


@scene
def nordlys(the_list: ListVersion) -> Founded:
    """Half of it Alice's, so that there is room for other owners; examined."""
    found = founded(customer())
    ownership.declare_owner(found.organisation, owned=found.party, owner=found.controller, share="50", by=found.by)
    scenes.examine(found)
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

    def test_a_name_that_ends_in_a_full_stop_gets_no_second_one(self, nordlys: Founded) -> None:
        nordlys.party.name = "Lipa Invest d.o.o."
        nordlys.party.save()
        cases.take(propose(nordlys, [{"what": "owners", "party": nordlys.party.pk, "why": "missing"}]), by=staff("approver"))
        assert Requirement.objects.get().sentence == "Owners of Lipa Invest d.o.o. It is missing."

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

    @pytest.mark.parametrize(
        ("what", "whose", "sentence"),
        [
            ("identity", None, "Identity document: Say whose it is."),
            ("identity", "company", "Identity document: Only a person has one."),
            ("owners", "person", "Owners: Only a company or a trust has owners."),
            ("use", "person", "Intended use: This is asked of nobody in particular."),
        ],
    )
    def test_only_of_whom_it_can_be_asked(self, nordlys: Founded, what: str, whose: str | None, sentence: str) -> None:
        party = {"company": nordlys.party.pk, "person": nordlys.controller.pk, None: None}[whose]
        with pytest.raises(items.BadItem, match=sentence):
            propose(nordlys, [{"what": what, "party": party, "why": "missing"}])
        assert case_of(nordlys).state == Case.State.REVIEW

    @pytest.mark.parametrize(
        ("what", "customer_class"), [("people", "individual"), ("owners", "individual"), ("owners", "state_body")]
    )
    def test_only_what_the_class_has_a_page_for(self, nordlys: Founded, what: str, customer_class: str) -> None:
        Profile.objects.update(customer_class=customer_class)
        with pytest.raises(items.BadItem, match=f"so no {what} are asked for"):
            propose(nordlys, [{"what": what, "party": None, "why": "missing"}])

    def test_long_words_are_refused_and_not_cut(self, nordlys: Founded) -> None:
        asked = {"what": "use", "party": None, "why": "unclear"}
        with pytest.raises(items.BadItem, match="at most 1000 characters"):
            propose(nordlys, [asked | {"words": "x" * 1001}])

    def test_as_long_as_they_may_be_they_are_kept_whole(self, nordlys: Founded) -> None:
        asked = {"what": "use", "party": None, "why": "unclear", "words": "x" * 1000}
        assert propose(nordlys, [asked]).items == [asked]


def ask(nordlys: Founded, what: str, party: Party | None = None, why: str = "missing") -> Requirement:
    asked = {"what": what, "party": party.pk if party else None, "why": why}
    cases.take(propose(nordlys, [asked]), by=staff("approver"))
    return Requirement.objects.get()


class TestIsDone:
    def test_a_document_of_another_or_of_another_kind_is_not_it(self, nordlys: Founded) -> None:
        requirement = ask(nordlys, "identity", nordlys.controller)
        assert not items.is_done(requirement)
        evidence.upload(nordlys.organisation, kind="passport", file=pdf(), by=nordlys.by)
        evidence.upload(nordlys.organisation, kind="address", file=pdf(), party=nordlys.controller, by=nordlys.by)
        assert not items.is_done(requirement)
        evidence.upload(nordlys.organisation, kind="identity_card", file=pdf(), party=nordlys.controller, by=nordlys.by)
        assert items.is_done(requirement)

    def test_a_page_is_done_by_saving_it(self, nordlys: Founded) -> None:
        requirement = ask(nordlys, "people")
        assert not items.is_done(requirement)
        parties.declare_person(
            nordlys.organisation, name="Lars Dahl", country="NO", birth_date="1970-01-01", roles=["director"], by=nordlys.by
        )
        assert items.is_done(requirement)

    def test_of_one_person_by_saving_that_person(self, nordlys: Founded) -> None:
        lars = person(nordlys, "Lars Dahl")
        requirement = ask(nordlys, "people", lars, why="unclear")
        person(nordlys, "Kari Moe")
        assert not items.is_done(requirement)
        parties.declare_person(
            nordlys.organisation, name="Lars Dahle", country="NO", birth_date="1970-01-01", roles=["director"], party=lars,
            by=nordlys.by,
        )  # fmt: skip
        assert items.is_done(requirement)

    def test_a_document_about_the_customer_names_no_party(self, nordlys: Founded) -> None:
        requirement = ask(nordlys, "address", nordlys.party)
        evidence.upload(nordlys.organisation, kind="address", file=pdf(), party=nordlys.controller, by=nordlys.by)
        assert not items.is_done(requirement)
        evidence.upload(nordlys.organisation, kind="address", file=pdf(width=400), by=nordlys.by)
        assert items.is_done(requirement)

    def test_what_was_there_before_is_not_it(self, nordlys: Founded) -> None:
        evidence.upload(nordlys.organisation, kind="articles", file=pdf(width=400), by=nordlys.by)
        assert not items.is_done(ask(nordlys, "articles"))

    def test_owners_are_those_of_the_company_that_was_asked_about(self, nordlys: Founded) -> None:
        holding = company(nordlys, "HoldCo AS", "10", owner=("Kari Moe", "60"))
        requirement = ask(nordlys, "owners", holding)
        own(nordlys, "Ola Berg", "5")
        parties.correct(holding, name="HoldCo 2 AS", country="NO", hq_country="NO", by=nordlys.by)
        assert not items.is_done(requirement)
        own(nordlys, "Per Lie", "40", owned=holding)
        assert items.is_done(requirement)

    def test_an_owner_said_anew_answers_for_what_he_owns(self, nordlys: Founded) -> None:
        holding = company(nordlys, "HoldCo AS", "10", owner=("Kari Moe", "100"))
        kari = holding.holders.get().owner
        requirement = ask(nordlys, "owners", holding)
        parties.correct(kari, name="Kari Moen", country="NO", birth_date="1980-02-01", by=nordlys.by)
        assert items.is_done(requirement)

    @pytest.mark.parametrize(("why", "is_done"), [("missing", False), ("incomplete", False), ("contradicts", True)])
    @pytest.mark.parametrize("what", ["payment", "people", "owners"])
    def test_taking_back_answers_only_where_nothing_is_missing(
        self, nordlys: Founded, what: str, why: str, is_done: bool
    ) -> None:
        lars = person(nordlys, "Lars Dahl")
        extra = own(nordlys, "Ola Berg", "5")
        requirement = ask(nordlys, what, nordlys.party if what == "owners" else None, why)
        if what == "payment":
            payments.end(PaymentMeans.objects.get(), by=nordlys.by)
        elif what == "people":
            ownership.remove(lars, by=nordlys.by)
        else:
            ownership.end(extra, by=nordlys.by)
        assert items.is_done(requirement) is is_done

    def test_an_owner_who_leaves_is_none_of_the_people(self, nordlys: Founded) -> None:
        extra = own(nordlys, "Ola Berg", "5")
        requirement = ask(nordlys, "people", why="contradicts")
        ownership.end(extra, by=nordlys.by)
        assert AuditEvent.objects.filter(verb="party.removed").exists()
        assert not items.is_done(requirement)

    def test_a_means_that_was_named_answers(self, nordlys: Founded) -> None:
        requirement = ask(nordlys, "payment")
        payments.declare(
            nordlys.organisation, kind="card", holder="Alice", institution="DNB", country="NO", last_four="1111",
            source="revenue", by=nordlys.by,
        )  # fmt: skip
        assert items.is_done(requirement)

    @pytest.mark.parametrize("what", ["identity", "address", "authority", "residence"])
    def test_of_a_party_that_has_left_it_is_settled(self, nordlys: Founded, what: str) -> None:
        lars = person(nordlys, "Lars Dahl")
        requirement = ask(nordlys, what, lars)
        assert not items.is_done(requirement)
        ownership.remove(lars, by=nordlys.by)
        assert items.is_done(Requirement.objects.get(pk=requirement.pk))

    def test_a_case_is_not_locked_by_a_party_that_has_left(self, nordlys: Founded) -> None:
        lars = person(nordlys, "Lars Dahl")
        ask(nordlys, "identity", lars)
        with pytest.raises(cases.Incomplete, match="Identity document of Lars Dahl"):
            cases.submit(case_of(nordlys), declared_true=True, by=nordlys.by)
        ownership.remove(lars, by=nordlys.by)
        assert cases.submit(case_of(nordlys), declared_true=True, by=nordlys.by).state == Case.State.SUBMITTED


def person(nordlys: Founded, name: str) -> Party:
    return parties.declare_person(
        nordlys.organisation, name=name, country="NO", birth_date="1970-01-01", roles=["director"], by=nordlys.by
    )


class TestUndone:
    def test_is_what_was_named_and_has_not_come(self, nordlys: Founded) -> None:
        asked = [
            {"what": "identity", "party": nordlys.controller.pk, "why": "missing"},
            {"what": "articles", "party": None, "why": "missing"},
        ]
        cases.take(propose(nordlys, asked), by=staff("approver"))
        assert [row.what for row in items.undone(case_of(nordlys))] == ["identity", "articles"]
        evidence.upload(nordlys.organisation, kind="articles", file=pdf(), by=nordlys.by)
        assert [row.what for row in items.undone(case_of(nordlys))] == ["identity"]
        evidence.upload(nordlys.organisation, kind="passport", file=pdf(), party=nordlys.controller, by=nordlys.by)
        assert items.undone(case_of(nordlys)) == []

    def test_a_sentence_alone_is_for_people_to_judge(self, nordlys: Founded) -> None:
        cases.take(propose(nordlys, [], "Please call us."), by=staff("approver"))
        assert items.undone(case_of(nordlys)) == []

    def test_what_was_met_is_asked_no_more(self, nordlys: Founded) -> None:
        ask(nordlys, "articles")
        Requirement.objects.update(met_at=timezone.now())
        assert items.undone(case_of(nordlys)) == []

    def test_costs_no_more_for_many_than_for_one_of_each(
        self, nordlys: Founded, django_assert_num_queries: Callable[..., Any]
    ) -> None:
        people = [person(nordlys, f"Lars Dahl {number}") for number in range(4)]
        asked = [{"what": what, "party": None, "why": "unclear"} for what in ("people", "use")]
        asked.append({"what": "owners", "party": nordlys.party.pk, "why": "unclear"})
        asked.append({"what": "identity", "party": people[0].pk, "why": "missing"})
        cases.take(propose(nordlys, asked), by=staff("approver"))
        case = case_of(nordlys)
        # The requirements; documents and the customer; events; who is of the people; the interests.
        with django_assert_num_queries(6):
            assert len(items.undone(case)) == 4
        one = Requirement.objects.get(what="identity")
        for party in people[1:]:
            for what in ("identity", "address", "authority"):
                one.pk, one._state.adding, one.party, one.what = None, True, party, what
                one.save()
        with django_assert_num_queries(6):
            assert len(items.undone(case)) == 13


class TestAskedAnew:
    @pytest.mark.parametrize("kind", ["passport", "identity_card", "residence", "authority", "wealth"])
    def test_a_persons_paper_about_nobody_is_asked_for_with_whom_it_is_about(self, nordlys: Founded, kind: str) -> None:
        paper = evidence.upload(nordlys.organisation, kind=kind, file=pdf(width=411), by=nordlys.by)
        assert items.asked_anew(paper, nordlys.party, Profile.CustomerClass.COMPANY) == ("whose", None)

    def test_of_a_person_or_about_one_it_is_asked_of_him(self, nordlys: Founded) -> None:
        paper = evidence.upload(
            nordlys.organisation, kind="passport", file=pdf(width=412), party=nordlys.controller, by=nordlys.by
        )
        found = items.asked_anew(paper, nordlys.party, Profile.CustomerClass.COMPANY)
        assert found == ("identity", nordlys.controller)

    def test_only_one_that_says_whom_it_is_about_answers_it(self, nordlys: Founded) -> None:
        cases.take(propose(nordlys, [{"what": "whose", "party": None, "why": "unclear"}]), by=staff("approver"))
        asked = Requirement.objects.get()
        assert asked.sentence.startswith("A person’s paper: send it with whom it is about.")
        evidence.upload(nordlys.organisation, kind="passport", file=pdf(width=413), by=nordlys.by)
        assert not items.is_done(asked)
        evidence.upload(nordlys.organisation, kind="passport", file=pdf(width=414), party=nordlys.controller, by=nordlys.by)
        assert items.is_done(asked)
