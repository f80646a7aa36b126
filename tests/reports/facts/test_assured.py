"""How sure the evidence was, as the dossier and the report on ownership told it at each stage of the story."""

from typing import Any

import pytest

from kyc.rules import assurance
from tests.reports.story import PASSPORT_NUMBER, Life


def at(life: Life, stage: str) -> dict[str, Any]:
    return life.then[stage].facts["assurance"]  # type: ignore[no-any-return]  # JSON


def levels(life: Life, stage: str) -> dict[tuple[str, str], str]:
    return {(row["party"], row["guideline"]): row["level"] for row in at(life, stage)["levels"]}


class TestLevels:
    def test_before_anything_was_declared_nobody_has_one(self, life: Life) -> None:
        assert at(life, "signed_up")["levels"] == []

    def test_each_party_has_one_by_each_guideline_that_fits_it(self, life: Life) -> None:
        told = levels(life, "declared")
        assert {guideline for party, guideline in told if party == "Alice Olsen"} == {
            "NIST SP 800-63A-4", "UK GPG 45", "CIP, persons",
        }  # fmt: skip
        assert {guideline for party, guideline in told if party == "Nordlys Modelling AS"} == {
            "CIP, companies and trusts", "Entity assurance",
        }  # fmt: skip

    def test_without_evidence_none_is_reached_and_with_it_one_is_by_which_items(self, life: Life) -> None:
        assert levels(life, "examined")["Alice Olsen", "NIST SP 800-63A-4"] == "none of its levels"
        mine = {row["guideline"]: row for row in at(life, "approved")["levels"] if row["party"] == "Alice Olsen"}
        by_gpg = mine["UK GPG 45"]
        assert (by_gpg["level"], by_gpg["way"], by_gpg["by"]) == ("Low confidence", "L1B", ["Passport, Politiet, Norway (NO)"])
        # Her address was never told, which NIST asks for from the lowest level on.
        by_nist = mine["NIST SP 800-63A-4"]
        assert (by_nist["level"], by_nist["asked_for"], by_nist["is_enough"]) == ("none of its levels", "IAL2", "no")
        assert by_nist["version"] == "SP 800-63A-4 (July 2025)"

    def test_an_entity_counts_by_what_was_confirmed(self, life: Life) -> None:
        rows = [row for row in at(life, "approved")["levels"] if row["party"] == "Nordlys Modelling AS"]
        assert {tuple(row["by"]) for row in rows} >= {("Register extract, by an extract of the register",)}

    def test_what_is_asked_for_and_not_reached_is_said_to_be_open(self, life: Life) -> None:
        told = [row["sentence"] for row in life.then["approved"].facts["completeness"]["unknowns"] if row["what"] == "Assurance"]
        assert len(told) == 1 and told[0].startswith("The level that is asked for is not reached by: ")
        assert "Solveig Nyquist" in told[0] and "Alice Olsen" in told[0]


class TestItems:
    def test_say_who_issued_validated_and_verified_and_how(self, life: Life) -> None:
        (row,) = at(life, "approved")["items"]
        assert (row["party"], row["kind"], row["strength"], row["state"]) == ("Alice Olsen", "Passport", "Strong", "counts")
        assert (row["issuer"], row["issuing_country"], row["issued_on"]) == ("Politiet", "Norway (NO)", "2021-02-01")
        assert (row["validation"], row["validated_by"], row["validated_at"] != "") == ("found good", "Ana Maric", True)
        assert (row["verification"], row["verified_by"], row["guideline"]) == ("found good", "Ana Maric", "2026.11")
        assert row["validated"] and row["verified"] and row["expires_on"]

    def test_the_number_is_told_by_its_end(self, life: Life) -> None:
        (row,) = at(life, "approved")["items"]
        assert row["number"] == "•••••567" and PASSPORT_NUMBER.endswith("567")

    def test_what_says_otherwise_stands_with_its_resolution(self, life: Life) -> None:
        (row,) = at(life, "approved")["mismatches"]
        assert (row["what"], row["declared"], row["shown"]) == ("Name", "Alice Olsen", "Alice M. Olsen")
        assert (row["result"], row["resolved_by"]) == ("Spelling or transliteration only", "Ana Maric")

    def test_a_level_falls_with_what_it_rests_on(self, life: Life) -> None:
        assert levels(life, "afterwards")["Sudlys Modelling AS", "Entity assurance"] == "none of its levels"


class TestConfirmations:
    def test_say_what_how_by_whom_and_until_when(self, life: Life) -> None:
        (row,) = at(life, "approved")["confirmations"]
        assert (row["what"], row["value"], row["how"]) == ("Entry in the register", "918334207", "by an extract of the register")
        assert (row["by"], row["state"], row["rule_pack"]) == ("Ana Maric", "stands", "2026.11")

    def test_the_identity_of_the_customer_names_them(self, life: Life) -> None:
        def told(stage: str) -> str:
            (row,) = [row for row in life.then[stage].facts["identity"] if row["attribute"] == "Registration number"]
            return str(row["result"])

        assert told("examined") == "not independently verified"
        assert told("approved").startswith("confirmed by an extract of the register, until 20")
        assert told("afterwards") == "not independently verified"

    def test_one_of_a_number_that_is_another_now_does_not_stand(self, life: Life) -> None:
        (row,) = at(life, "afterwards")["confirmations"]
        assert row["state"] == "the party says otherwise, or nothing, by now"

    @pytest.mark.parametrize("stage", ["examined", "approved"])
    def test_whether_anything_was_checked_independently_is_said(self, life: Life, stage: str) -> None:
        told = {row["what"]: row["sentence"] for row in life.then[stage].facts["completeness"]["not_covered"]}
        assert ("but for what was confirmed, under assurance" in told["Independent checks"]) == (stage == "approved")


class TestControl:
    def test_the_report_on_ownership_says_the_same(self, life: Life) -> None:
        for told in life.then.values():
            assert told.control["assurance"] == told.facts["assurance"]


class TestRules:
    def test_are_those_that_go_with_the_rule_pack(self, life: Life) -> None:
        assert at(life, "lived")["rules"] == {"version": "2026.11", "sha256": assurance.load("2026.11").sha256}
        assert assurance.of_pack("2027.02").version == "2026.11"
        assert assurance.of_pack("2024.06").version == "2026.11"
