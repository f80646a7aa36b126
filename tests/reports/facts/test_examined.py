"""How the customer was examined and decided, as the dossier told it at each stage of the story."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string

from accounts.models import Proposal
from kyc.cases import reviewing
from kyc.parties import questionnaires
from reports import envelope
from reports.facts.examined import OUTCOMES, result
from reports.facts.reader import instant
from tests import cast
from tests.reports import story
from tests.reports.story import Life


def at(life: Life, stage: str, section: str) -> Any:
    return life.then[stage].facts[section]


class TestScreening:
    def test_nobody_was_screened_before_the_round(self, life: Life) -> None:
        assert at(life, "declared", "screening") == {
            "rounds": [],
            "parties": [],
            "hits": [],
            "open": 0,
            "the_same": 0,
            "another": 0,
        }

    def test_a_round_names_the_lists_it_used_with_their_dates(self, life: Life) -> None:
        (round_,) = at(life, "examined", "screening")["rounds"]
        (used,) = round_["lists"]
        assert (used["list"], used["published"], used["entries"], len(used["sha256"])) == ("OFAC SDN list", "2026-05-02", 2, 64)

    def test_a_newer_list_changes_nothing_of_the_rounds_before_it(self, life: Life) -> None:
        rounds = at(life, "afterwards", "screening")["rounds"]
        assert rounds == at(life, "lived", "screening")["rounds"]
        assert [used["published"] for round_ in rounds for used in round_["lists"]] == ["2026-05-02", "2026-05-02"]

    def test_a_possible_match_is_open_until_an_officer_has_ruled(self, life: Life) -> None:
        found = at(life, "examined", "screening")
        assert (found["open"], found["another"]) == (2, 0)
        alice = found["hits"][0]
        assert (alice["party"], alice["entry"], alice["entry_name"], alice["score"]) == (
            "Alice Olsen",
            "101",
            "Alice OLSEN",
            "0.880",
        )
        assert (alice["ruling"], alice["reason"], alice["note"], alice["ruled_by"], alice["ruled_at"]) == ("open", "", "", "", "")

    def test_the_ruling_names_the_officer_the_reason_and_the_time(self, life: Life) -> None:
        found = at(life, "approved", "screening")
        assert (found["open"], found["another"], found["the_same"]) == (0, 2, 0)
        alice = found["hits"][0]
        assert (alice["ruling"], alice["reason"], alice["note"], alice["ruled_by"]) == (
            "another party",
            "Born on another day",
            "Another person.",
            "Ana Maric",
        )
        assert alice["ruled_at"] >= alice["found_at"]

    def test_each_party_says_with_which_lists_it_was_compared_and_what_came_of_it(self, life: Life) -> None:
        def told(stage: str) -> list[tuple[str, str]]:
            return [(row["party"], row["result"]) for row in at(life, stage, "screening")["parties"]]

        assert told("examined") == [
            ("Nordlys Modelling AS", "no match"),
            ("Alice Olsen", "1 open"),
            ("Fjord Invest AS", "no match"),
            ("Solveig Nyquist", "1 open"),
        ]
        assert [result for _, result in told("approved")] == ["no match", "1 ruled another party"] * 2
        rows = at(life, "examined", "screening")["parties"]
        assert {row["lists"] for row in rows} == {"OFAC SDN list, published 2026-05-02"}
        assert rows[3]["about"] == "Person, born 1975, Norway (NO), Owner"

    def test_who_has_another_name_since_says_as_whom_he_was_compared(self, life: Life) -> None:
        rows = at(life, "afterwards", "screening")["parties"]
        assert [(row["party"], row["compared_as"]) for row in rows[:2]] == [
            ("Sudlys Modelling AS", "Nordlys Modelling AS"),
            ("Alice B. Olsen", "Alice Olsen"),
        ]

    @pytest.mark.parametrize(
        ("rulings", "told"),
        [
            ([], "no match"),
            ([""], "1 open"),
            (["false", "false"], "2 ruled another party"),
            (["false", "", "true"], "1 confirmed as the same party, 1 open, 1 ruled another party"),
        ],
    )
    def test_the_gravest_result_stands_first(self, rulings: list[str], told: str) -> None:
        assert result(Counter(rulings)) == told

    def test_it_keeps_the_name_that_was_compared(self, life: Life) -> None:
        alice = at(life, "afterwards", "screening")["hits"][0]
        assert (alice["party"], alice["compared_as"]) == ("Alice B. Olsen", "Alice Olsen")


class TestRisk:
    def test_there_is_no_score_before_the_round(self, life: Life) -> None:
        assert at(life, "declared", "risk") == {}

    def test_the_score_is_the_sum_of_the_factors_that_fired_heaviest_first(self, life: Life) -> None:
        for stage in ("examined", "approved"):
            risk = at(life, stage, "risk")
            points = [factor["points"] for factor in risk["factors"]]
            assert points == sorted(points, reverse=True)
            assert (risk["value"], risk["sum"], risk["highest"]) == (min(100, sum(points)), sum(points), 100)
        assert "open_hits" in {factor["code"] for factor in at(life, "examined", "risk")["factors"]}
        assert "open_hits" not in {factor["code"] for factor in at(life, "approved", "risk")["factors"]}

    def test_band_and_lines_are_those_of_the_pack(self, life: Life) -> None:
        risk = at(life, "approved", "risk")
        assert (risk["band"], risk["medium_from"], risk["high_from"], risk["rule_pack"]) == ("Low", 25, 60, "2026.11")


class TestFindings:
    def test_are_those_of_the_last_round(self, life: Life) -> None:
        assert at(life, "declared", "findings") == []
        told = {
            stage: {row["category"]: row["state"] for row in at(life, stage, "findings")} for stage in ("examined", "approved")
        }
        assert told["examined"]["Screening"] == "To look at"
        assert told["approved"]["Screening"] != "To look at"
        assert set(told["approved"]) == {
            "Ownership", "Screening", "Unaccounted", "Documents", "Risk", "Use", "Status", "Authority", "Contact",
        }  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_case_that_nobody_sent_tells_what_was_signed_and_no_declaration(tmp_path: Path) -> None:
    story.load_list(tmp_path)
    told = story.declared(cast.customer())
    story.examine()
    story.approve(told)
    answers = {**cast.ANSWERS, "weapons": "yes"}
    signed = questionnaires.sign(told.organisation, answers=answers, signed_name="Alice Olsen", by=told.alice)
    reviewing.run()
    facts = story.dossier_of(told.organisation)
    first, second = facts["decision"]["cases"]
    assert first["opened_for"] == ""
    assert second["opened_for"] == f"intended use signed by Alice Olsen at {instant(signed.signed_at)}"
    assert [second[f"{name}_{what}"] for name in ("declared_true", "submitted") for what in ("at", "by")] == ["", "", "", ""]
    page = render_to_string("reports/paper/r-03.html", {"report": facts, "envelope": envelope.draft(facts)})
    assert page.count("nothing for this case") == 2


class TestDecision:
    def test_the_case_tells_the_notice_the_declaration_and_the_submission(self, life: Life) -> None:
        (case,) = at(life, "declared", "decision")["cases"]
        assert (case["state"], case["submitted_by"], case["declared_true_by"]) == (
            "Being examined",
            "Alice Olsen",
            "Alice Olsen",
        )
        assert (case["notice_version"], case["notice_locale"]) == ("2026-11", "en")
        assert case["opened_at"] <= case["notice_shown_at"] <= case["submitted_at"]

    def test_a_report_has_a_word_for_every_end_of_a_proposal(self) -> None:
        assert set(OUTCOMES) == {"", *Proposal.Outcome.values}

    def test_a_proposal_tells_who_proposed_and_who_took_it(self, life: Life) -> None:
        asked, approved = at(life, "approved", "decision")["proposals"]
        assert (asked["choice"], asked["reason"], asked["message"]) == (
            "Ask for more",
            "A document is missing",
            "Please send Alice's passport.",
        )
        assert (approved["choice"], approved["proposed_by"], approved["outcome"], approved["outcome_by"], approved["note"]) == (
            "Approve",
            "Ana Maric",
            "taken",
            "Rui Duarte",
            "Read in full.",
        )

    def test_what_was_asked_tells_when_it_was_met(self, life: Life) -> None:
        (asked,) = at(life, "approved", "decision")["asked"]
        assert (asked["item"], asked["of"], asked["result"]) == ("Identity document", "Alice Olsen (1984, NO)", "met")
        assert asked["sentence"] == "Identity document of Alice Olsen. It is missing. In colour, please."
        assert asked["consequence"].startswith("Without it we cannot finish the check")
        assert asked["asked_at"] <= asked["met_at"]

    def test_before_it_was_decided_nothing_was(self, life: Life) -> None:
        found = at(life, "examined", "decision")
        assert (found["proposals"], found["asked"], found["cases"][0]["state"]) == ([], [], "To review")
