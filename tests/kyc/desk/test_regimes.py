"""The table of what each rule says, on the case page."""

import html
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from kyc.cases.models import Case
from kyc.desk import regimes
from kyc.desk.regimes import MOST, NAMED, Answers
from kyc.ownership.models import Determination
from kyc.parties.models import Party
from kyc.rules import packs
from tests import cast


def determined(
    case: Case, party: Party, regime: str, verdict: str, share: str = "0", *, questions: Any = (), examination: int | None = None
) -> Determination:
    return Determination.objects.create(
        organisation=case.organisation, party=party, regime=regime, verdict=verdict, share_min=share, share_max=share,
        why=[f"{regime} says {verdict} of {party.name}."], rule_pack="2026.11", questions=list(questions),
        examination_id=case.examinations.get().pk if examination is None else examination,
    )  # fmt: skip


@pytest.fixture
def customer(case: Case) -> Party:
    return Party.objects.get(organisation=case.organisation, kind=Party.Kind.COMPANY)


def table(client: Client, case: Case) -> str:
    told = html.unescape(client.get(f"/desk/cases/{case.pk}/", {"tab": "people"}).content.decode())
    return told[told.index('id="arithmetic"') :]


class TestTable:
    def test_each_rule_stands_with_what_it_is_in_law_and_what_it_does(
        self, as_ana: Client, case: Case, customer: Party, person: Party
    ) -> None:
        determined(case, person, "eu-amlr", "yes", "1")
        determined(case, customer, "provider-terms", "indeterminate", "1/2")
        determined(case, customer, "ofac-50", "no")
        told = table(as_ana, case)
        for words in (
            *("in force", "since 13 Aug 2014", "50 % or more · stops an approval"),
            *("contract", "since 1 Nov 2026", "more than 50 % · stops an approval"),
            *("model, followed by choice", "applies from 10 Jul 2027", "25 % or more · shown only"),
            *("eu-amlr says yes of Alice Olsen.", "provider-terms says indeterminate", "nobody"),
        ):
            assert words in told
        assert told.index("OFAC 50 % rule") < told.index("Regions that the terms exclude") < told.index("EU beneficial owner")

    @pytest.mark.parametrize(("is_sure", "word", "tone"), [(True, "Yes", "bad"), (False, "Yes, if the match is true", "warn")])
    def test_what_rests_on_possible_matches_alone_says_so(
        self, case: Case, customer: Party, is_sure: bool, word: str, tone: str
    ) -> None:
        determined(case, customer, "ofac-50", "yes", "1/2")
        determined(case, customer, "provider-terms", "yes", "1/2")
        first, second = regimes.regimes(case.examinations.get(), customer, is_sure=is_sure)
        assert [(str(one.word), one.tone) for one in first.caught] == [(word, tone)]
        assert [str(one.word) for one in second.caught] == ["Yes"]

    def test_it_is_found_in_one_query(self, case: Case, customer: Party, person: Party, django_assert_num_queries: Any) -> None:
        for party in (customer, person):
            for regime in ("ofac-50", "eu-amlr", "ultimate-parent"):
                determined(case, party, regime, "no")
        examination = case.examinations.get()
        with django_assert_num_queries(1):
            assert [row.code for row in regimes.regimes(examination, customer)] == ["ofac-50", "eu-amlr", "ultimate-parent"]

    def test_what_an_entity_did_is_told_of_nobody(self, as_ana: Client, case: Case, customer: Party) -> None:
        for limb in ("located", "controlled"):
            determined(case, customer, f"entity-of-concern-{limb}", "no")
        told = table(as_ana, case)
        assert "Entity of concern: what it did" in told and "Not asked here" in told and "bill, not law" in told

    def test_a_case_whose_checks_found_nothing_says_so(self, as_ana: Client, case: Case) -> None:
        assert "Nothing was computed yet" in table(as_ana, case)

    def test_whom_it_is_against_is_marked_and_who_only_owns_is_not(self, case: Case, customer: Party, person: Party) -> None:
        for regime in ("ofac-50", "provider-terms", "iaas-cip"):
            for party in (customer, person):
                determined(case, party, regime, "yes", "1")
        found = {
            row.code: {one.name: one.tone for one in row.caught} for row in regimes.regimes(case.examinations.get(), customer)
        }
        assert found == {
            "ofac-50": {customer.name: "bad", person.name: "bad"},
            "provider-terms": {customer.name: "bad", person.name: "info"},
            "iaas-cip": {customer.name: "info", person.name: "info"},
        }


class TestStanding:
    @pytest.mark.parametrize(
        ("day", "words", "since", "until"),
        [
            ("2025-10-15", "in force", "2025-09-29", "2025-11-10"),
            ("2026-03-01", "suspended", "2025-11-10", "2026-11-10"),
            ("2026-11-15", "in force", "2026-11-10", None),
        ],
    )
    def test_is_that_of_the_day(self, day: str, words: str, since: str, until: str | None) -> None:
        found = regimes.standing(packs.current(), "bis-affiliates", date.fromisoformat(day))
        assert found is not None
        assert (found.words, str(found.since), str(found.until)) == (words, since, str(until))


class TestAnswers:
    def test_a_few_are_named_many_unfold_and_the_rest_are_counted(self) -> None:
        every: list[Any] = [SimpleNamespace(name=str(number)) for number in range(MOST + 7)]
        found = Answers(every)
        assert (len(found), len(list(found)), found.folded) == (MOST + 7, MOST, 7)
        assert (len(found.named), found.unnamed) == (NAMED, MOST + 7 - NAMED)

    def test_of_few_none_is_left_over(self) -> None:
        found = Answers([])
        assert (bool(found), found.folded, found.unnamed) == (False, 0, 0)


class TestQuestions:
    @pytest.fixture
    def waiting(self, case: Case, customer: Party, person: Party) -> Determination:
        """Two rules wait for one share, and the terms for where the customer is run from."""
        share = {"text": f"How much of {customer.name} does Alice Olsen hold?", "party": customer.pk}
        where = {"text": "Where does it have its headquarters?", "party": None}
        first = determined(case, person, "iaas-cip", "indeterminate", "1/4", questions=[share])
        determined(case, person, "fincen-cdd", "indeterminate", "1/4", questions=[share])
        determined(case, customer, "provider-terms", "indeterminate", questions=[where])
        return first

    def test_each_is_told_once_with_what_waits_for_it(self, as_ana: Client, case: Case, waiting: Determination) -> None:
        told = table(as_ana, case)
        told = told[: told.index("<table")]
        assert told.count("does Alice Olsen hold?</a>") == 0 and told.count("<li>") == 2
        assert "IaaS beneficial owner: Alice Olsen; FinCEN beneficial owner: Alice Olsen" in told
        assert told.index("does Alice Olsen hold?") < told.index("Where does it have its headquarters?")

    def test_is_a_press_away_from_being_asked(self, as_ana: Client, case: Case, waiting: Determination, customer: Party) -> None:
        terms = Determination.objects.get(regime="provider-terms")
        link = f"ask={waiting.pk}.0,{terms.pk}.0#decide"
        assert link in table(as_ana, case)
        page = as_ana.get(f"/desk/cases/{case.pk}/?tab=people&{link.removesuffix('#decide')}")
        form = page.context["proposal_form"]
        assert (form["choice"].value(), form["reason"].value()) == ("ask", "ownership_unclear")
        assert [[row[name].value() for name in row.fields] for row in form.rows.forms] == [
            ["owners", customer.pk, "incomplete", f"How much of {customer.name} does Alice Olsen hold?"],
            ["details", "", "incomplete", "Where does it have its headquarters?"],
        ]

    def test_what_is_filled_in_can_be_proposed_as_it_stands(self, as_ana: Client, case: Case, waiting: Determination) -> None:
        form = as_ana.get(f"/desk/cases/{case.pk}/", {"tab": "people", "ask": f"{waiting.pk}.0"}).context["proposal_form"]
        rows = {row.add_prefix(name): row[name].value() or "" for row in form.rows.forms for name in row.fields}
        head = {"choice": "ask", "reason": form["reason"].value(), "note": "The share decides it."}
        assert as_ana.post(f"/desk/cases/{case.pk}/propose/", head | rows).status_code == 302
        [item] = case.decisions.get().items
        assert item["words"].startswith("How much of") and item["what"] == "owners"

    @pytest.mark.parametrize("key", ["0.0", "x", "9" * 30 + ".1", "-1.0", "1.99,,", "٣.٠"])
    def test_a_key_that_finds_nothing_offers_nothing(self, as_ana: Client, case: Case, key: str) -> None:
        page = as_ana.get(f"/desk/cases/{case.pk}/", {"tab": "people", "ask": key})
        assert page.status_code == 200 and page.context["proposal_form"]["choice"].value() is None

    def test_one_of_an_earlier_round_offers_nothing(self, as_ana: Client, case: Case, person: Party) -> None:
        asked = [{"text": "How much?", "party": person.pk}]
        old = determined(case, person, "iaas-cip", "indeterminate", questions=asked, examination=0)
        page = as_ana.get(f"/desk/cases/{case.pk}/", {"tab": "people", "ask": f"{old.pk}.0"})
        assert page.context["proposal_form"]["choice"].value() is None

    def test_who_only_reads_is_not_offered_to_ask(self, auditor: User, case: Case, waiting: Determination) -> None:
        told = table(cast.signed_in(auditor), case)
        assert "What would decide what is open" in told and "Ask the customer" not in told
