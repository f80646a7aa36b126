"""How the report was made, from what, and what is not known."""

from typing import Any

import pytest

from reports.facts.basis import case_told, caught, decision_told, owners_decided, screening_told
from reports.facts.determined import IF_TRUE, UNDECIDED
from tests.reports.story import Life


def at(life: Life, stage: str, section: str) -> Any:
    return life.then[stage].facts[section]


def unknowns(life: Life, stage: str) -> list[str]:
    return [row["sentence"] for row in at(life, stage, "completeness")["unknowns"]]


class TestMethodology:
    def test_its_lines_are_those_of_the_rule_pack(self, life: Life) -> None:
        texts = {part["topic"]: part["text"] for part in at(life, "examined", "methodology")}
        assert list(texts)[:6] == ["Effective and known", "Dates", "Identity", "Assurance", "Person status", "Masking"]
        assert "A pair scoring 0.86 or more of 1" in texts["Screening"]
        assert texts["Beneficial owner, proposed IaaS rule"].startswith("Line: at or above 25 %. Shares are multiplied")
        assert texts["OFAC 50 Percent Rule"].startswith("Line: at or above 50 %. A party held by blocked parties")
        assert "capped at 100. Medium from 25, high from 60" in texts["Risk"]
        assert texts["OFAC 50 Percent Rule"].endswith("Status: in force since 2014-08-13.")
        assert texts["Beneficial owner, proposed IaaS rule"].endswith("Status: proposed, binds nobody since 2024-01-29.")
        assert "is not a listing" in texts["Possible matches"]


class TestSources:
    def test_the_rule_pack_stands_with_the_digest_of_its_file(self, life: Life) -> None:
        row, sha256 = at(life, "declared", "sources")[0], at(life, "declared", "rule_pack")["sha256"]
        assert (row["sha256"], len(sha256)) == (sha256, 64)

    def test_every_list_used_stands_once_with_its_digest(self, life: Life) -> None:
        assert [row["source"] for row in at(life, "declared", "sources")] == [
            "Rule pack 2026.11",
            "The customer's declarations",
            "The officers' rulings and decisions",
        ]
        row = at(life, "approved", "sources")[1]
        assert (row["source"], row["version"]) == ("OFAC SDN list", "published 2026-05-02, 2 entries")
        assert row["sha256"] == at(life, "approved", "screening")["rounds"][0]["lists"][0]["sha256"]


# As the round's finding names them: beneficial owners only.
BELOW = "The level that is asked for is not reached by: Nordlys Modelling AS, Alice Olsen, Fjord Invest AS, Solveig Nyquist."
UNREACHED = "Beneficial owners who are no US persons and of whom an address, e-mail or telephone is not given: Alice Olsen."


class TestCompleteness:
    def test_a_fresh_account_is_all_unknown(self, life: Life) -> None:
        assert unknowns(life, "signed_up") == [
            "The customer had not declared who it is.",
            "The customer had not said what it is.",
            "No answers about the intended use had been signed.",
            "No means of payment was declared.",
            "No document was held.",
            "No owner was declared.",
            "No round of checks had been completed, so there is no screening, verdict or score.",
            "No decision had been taken.",
        ]

    def test_what_is_open_shrinks_as_it_is_answered(self, life: Life) -> None:
        owned = [
            "Not given: Name in its own script, Registered address, Web domain, LEI, Tax number.",
            "Standings that are not verified: 8 of 8.",
            BELOW,
            "Formation, headquarters and ultimate parents that are not verified: 4 of 4.",
            "Claims to be left out of FinCEN's rule on owners that are not relied on: 1 of 1.",
            "No officer has verified that these may sign: Alice Olsen.",
            "Of Nordlys Modelling AS (NO), 10 % to 15 % is not accounted for.",
            "Of Fjord Invest AS (NO), unknown is not accounted for.",
        ]
        assert unknowns(life, "declared")[:8] == owned
        assert "Possible matches without a ruling: 2." in unknowns(life, "examined")
        *first, last = unknowns(life, "approved")
        owned[1:6] = [
            "Standings that are not verified: 7 of 8.",
            BELOW,
            "Formation, headquarters and ultimate parents that are not verified: 5 of 5.",
            "Claims to be left out of FinCEN's rule on owners that are not relied on: 1 of 1.",
            UNREACHED,
        ]
        undecided = "Beneficial owner, proposed IaaS rule 1, FinCEN customer due diligence 1, FinCEN, the one person in control 1"
        told = f"Verdicts that can't be decided: BIS Affiliates Rule 4, {undecided}, EU AMLR, ownership interest 1."
        assert first == [*owned, told]
        assert last.startswith("OFAC SDN list, published 2026-05-02, was ")
        assert last.endswith(" days old when it was used.")

    def test_a_verdict_that_waits_for_a_ruling_is_open(self, life: Life) -> None:
        told = "OFAC 50 Percent Rule 3, BIS Affiliates Rule 3"
        assert f"Verdicts that wait for the ruling on a possible match: {told}." in unknowns(life, "examined")
        assert not any("wait for the ruling" in sentence for sentence in unknowns(life, "approved"))

    def test_a_change_after_the_last_round_is_pointed_out(self, life: Life) -> None:
        assert not any("changed after the last round" in sentence for sentence in unknowns(life, "lived"))
        assert any("changed after the last round of checks at 20" in sentence for sentence in unknowns(life, "afterwards"))

    def test_what_the_template_does_not_cover_is_always_said(self, life: Life) -> None:
        for stage in life.then:
            assert [row["what"] for row in at(life, stage, "completeness")["not_covered"]] == [
                "Other lists",
                "Payment",
                "Access",
                "Independent checks",
            ]

    def test_the_lists_that_were_not_used_are_named(self, life: Life) -> None:
        told = {row["what"]: row["sentence"] for row in at(life, "approved", "completeness")["not_covered"]}
        assert "Not among them: " in told["Other lists"]
        assert "EU consolidated sanctions list" in told["Other lists"]
        assert "OFAC SDN list" not in told["Other lists"]

    def test_what_registers_say_of_the_owners_is_an_independent_check(self, life: Life) -> None:
        def checks(stage: str) -> str:
            (told,) = (
                row["sentence"] for row in at(life, stage, "completeness")["not_covered"] if row["what"].startswith("Indep")
            )
            return str(told)

        assert checks("examined").endswith("by another non-documentary method.")
        assert {row["kind"] for row in at(life, "lived", "ownership")["observed"]} >= {"register"}
        assert checks("lived").endswith("under assurance, and what registers say of its owners, under ownership.")


class TestSummary:
    def brief(self, life: Life, stage: str) -> dict[str, str]:
        return {row["what"]: row["value"] for row in at(life, stage, "summary")}

    def test_it_says_the_whole_in_a_few_lines(self, life: Life) -> None:
        brief = self.brief(life, "approved")
        entity = at(life, "approved", "access")["entities"][0]
        assert brief["Case"].endswith(", approved")
        assert brief["Decision"] == "Approve, proposed by Ana Maric, taken by Rui Duarte"
        assert brief["Beneficial owners as decided"].startswith("Alice Olsen")
        assert brief["Verified entity"] == f"{entity['reference']}, until {entity['until'][:10]}"
        assert brief["Risk"] == "20 of 100, low"
        assert brief["Screening"] == "2 possible matches: 0 open, 2 another party, 0 the same party"
        assert brief["Beneficial owner, proposed IaaS rule"] == "Alice Olsen (1984, NO); 1 can't be decided"
        assert brief["OFAC 50 Percent Rule"] == "nobody"
        assert brief["Keys"] == "2 issued, 1 active"

    def test_a_possible_match_catches_nobody_yet(self, life: Life) -> None:
        told = self.brief(life, "examined")["OFAC 50 Percent Rule"]
        assert told == (
            "would be blocked if the possible match is true: Nordlys Modelling AS (NO), Alice Olsen (1984, NO), "
            "Solveig Nyquist (1975, NO); 1 can't be decided"
        )

    def test_a_fresh_account_has_nothing_to_say(self, life: Life) -> None:
        assert self.brief(life, "signed_up") == {
            "Case": "none",
            "Decision": "none taken",
            "Beneficial owners as decided": "none decided",
            "Verified entity": "none",
            "Risk": "not scored",
            "Screening": "not screened",
            "Keys": "0 issued, 0 active",
            "Unknown or open": "8",
        }


class TestWording:
    @pytest.mark.parametrize(
        ("cases", "text"),
        [
            ([], "none"),
            ([{"number": "C-1", "state": "Refused"}, {"number": "C-2", "state": "Being filled in"}], "C-2, being filled in"),
        ],
    )
    def test_the_last_case_counts(self, cases: list[dict[str, str]], text: str) -> None:
        assert case_told(cases) == text

    def test_only_a_taken_proposal_is_a_decision(self) -> None:
        open_one = {"outcome": "open", "choice": "Approve", "proposed_by": "Ana", "outcome_by": ""}
        assert decision_told([open_one]) == "none taken"
        assert decision_told([dict(open_one, outcome="declined", outcome_by="Rui")]) == "none taken"
        taken = dict(open_one, outcome="taken", outcome_by="Rui")
        assert decision_told([taken, open_one]) == "Approve, proposed by Ana, taken by Rui"

    def test_an_owner_by_decision_is_told_with_what_departs(self) -> None:
        assert owners_decided([]) == "none decided"
        rows = [
            {"party": "Ali", "standing": "No beneficial owner", "departs": "not as determined"},
            {"party": "Kari", "standing": "Beneficial owner", "departs": ""},
        ]
        told = [{"outcome": "taken", "owners": rows}, {"outcome": "declined", "owners": rows[:1]}]
        assert owners_decided(told) == "Ali, no beneficial owner, not as determined; Kari"

    def test_no_match_and_no_screening_are_two_things(self) -> None:
        none = {"open": 0, "another": 0, "the_same": 0}
        assert screening_told({"rounds": [], **none}) == "not screened"
        assert screening_told({"rounds": [{}], **none}) == "no possible match"

    def test_only_matches_of_the_last_round_count(self) -> None:
        found = {"rounds": [{}], "hits": [{}, {}, {}], "open": 1, "another": 0, "the_same": 0}
        assert screening_told(found) == "1 possible match: 1 open, 0 another party, 0 the same party"

    @pytest.mark.parametrize(
        ("verdicts", "told"),
        [
            ({}, "nobody"),
            ({1: "no"}, "nobody"),
            ({3: "yes", 2: "yes", 1: "yes"}, "Nordlys, Aas, Berg"),
            ({1: "yes", 2: UNDECIDED}, "Nordlys; 1 can't be decided"),
            ({2: UNDECIDED}, "nobody; 1 can't be decided"),
            ({2: IF_TRUE, 1: IF_TRUE}, "would be blocked if the possible match is true: Nordlys, Aas"),
            ({3: "yes", 1: IF_TRUE}, "Berg; would be blocked if the possible match is true: Nordlys"),
        ],
    )
    def test_who_is_caught_for_sure_stands_apart_from_who_may_be_the_customer_first(
        self, verdicts: dict[int, str], told: str
    ) -> None:
        names = {1: "Nordlys", 2: "Aas", 3: "Berg"}
        rows = [{"party_id": party, "verdict": verdict} for party, verdict in verdicts.items()]
        regime = {"verdicts": rows, "others": [], "lacking": ""}
        assert caught(1, regime, names.__getitem__) == told

    def test_nobody_is_not_said_where_a_list_was_lacking(self) -> None:
        rows = [{"party_id": 1, "verdict": UNDECIDED}]
        regime = {"verdicts": rows, "others": [], "lacking": "The Entity List was not in use."}
        assert caught(1, regime, {1: "Nordlys"}.__getitem__) == "not decided: a list that it goes by was not in use"
