"""Who the customer is, as the dossier told it at each stage of the story."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Snapshot
from kyc.rules import packs
from reports.facts.customer import number_of, since
from reports.facts.reader import Reader
from tests.reports.story import FUND_NUMBER, Life


def at(life: Life, stage: str, section: str) -> Any:
    return life.then[stage].facts[section]


def identity(life: Life, stage: str) -> dict[str, str]:
    return {row["attribute"]: row["value"] for row in at(life, stage, "identity")}


class TestSince:
    @pytest.mark.parametrize(
        ("names", "moment"),
        [
            (["A"], 0),
            (["A", "A", "A"], 0),
            (["A", "B"], 1),
            (["B", "A", "B"], 2),
            (["A", "B", "B"], 1),
            (["A", "A", "B", "B"], 2),
        ],
    )
    def test_it_is_when_the_present_value_was_first_recorded_without_a_break(self, names: list[str], moment: int) -> None:
        events = [SimpleNamespace(name=name, pgh_created_at=place) for place, name in enumerate(names)]
        assert since(events, "name", names[-1]) == moment


class TestIdentity:
    def test_before_anything_was_declared_there_is_none(self, life: Life) -> None:
        assert at(life, "signed_up", "identity") == []

    def test_it_tells_what_was_declared_with_the_number_in_the_public_register(self, life: Life) -> None:
        assert identity(life, "declared") == {
            "Legal name": "Nordlys Modelling AS",
            "Name in its own script": "",
            "Legal form": "AS",
            "Registration number": "918334207",
            "Register": "Brønnøysundregistrene (NO-BRC)",
            "Tax number": "",
            "Country of formation": "Norway (NO)",
            "Headquarters country": "Norway (NO)",
            "Address": "Strandgata 12, Tromsø",
            "Registered address": "",
            "Telephone": "••••••••000",
            "Web domain": "",
            "LEI": "",
        }

    def test_a_change_is_told_afterwards_and_what_stayed_keeps_its_age(self, life: Life) -> None:
        assert identity(life, "afterwards")["Legal name"] == "Sudlys Modelling AS"
        assert identity(life, "afterwards")["Name in its own script"] == "Южный Свет"
        assert identity(life, "lived")["Legal name"] == "Nordlys Modelling AS"
        before, after = ({row["attribute"]: row for row in at(life, stage, "identity")} for stage in ("lived", "afterwards"))
        assert after["Country of formation"] == before["Country of formation"]
        assert all(after[name]["recorded_at"] >= before[name]["recorded_at"] for name in after if before[name]["recorded_at"])

    def test_nothing_declared_is_said_to_be_verified(self, life: Life) -> None:
        results = {row["attribute"]: row["result"] for row in at(life, "lived", "identity")}
        for name in ("Name in its own script", "Registered address", "Web domain", "LEI", "Tax number"):
            assert results.pop(name) == "not given"
        assert results.pop("Registration number").startswith("confirmed by an extract of the register, until ")
        assert set(results.values()) == {"not independently verified"}


class TestParties:
    def test_all_roles_of_a_party_stand_in_one_row_and_the_customer_is_not_among_them(self, life: Life) -> None:
        rows = at(life, "declared", "parties")
        assert [(row["name"], row["roles"]) for row in rows] == [
            ("Alice Olsen", ["Controlling person", "Director", "Signatory", "Owner"]),
            ("Fjord Invest AS", ["Owner"]),
            ("Solveig Nyquist", ["Owner"]),
        ]
        assert [row["titles"] for row in rows] == [["CEO"], [], []]

    def test_a_person_has_the_birth_year_only_and_a_company_its_number(self, life: Life) -> None:
        alice, fund, _ = at(life, "declared", "parties")
        assert (alice["born"], alice["registration_number"], alice["country"]) == ("1984", "", "Norway (NO)")
        assert (fund["born"], fund["registration_number"], fund["hq_country"]) == ("", FUND_NUMBER, "Sweden (SE)")

    @pytest.mark.parametrize(("kind", "shown"), [("person", "••••••207"), ("company", "918334207"), ("state", "918334207")])
    def test_only_a_persons_number_is_masked(self, kind: str, shown: str) -> None:
        reader = Reader(organisation=0, valid_at=timezone.now(), snapshot=Snapshot(), pack=packs.current())
        assert number_of(reader, SimpleNamespace(kind=kind, registration_number="918334207")) == shown

    def test_a_role_that_ended_is_told_before_and_not_afterwards(self, life: Life) -> None:
        alice = at(life, "afterwards", "parties")[0]
        assert (alice["name"], alice["roles"], alice["titles"]) == ("Alice B. Olsen", ["Director", "Owner"], ["", "Chair"][1:])


class TestOwnership:
    def interests(self, life: Life, stage: str) -> list[tuple[str, str, str, str, str]]:
        rows = at(life, stage, "ownership")["interests"]
        return [(row["owner"], row["owned"], row["share"], row["min"], row["max"]) for row in rows]

    def test_shares_are_told_as_text_and_as_exact_fractions(self, life: Life) -> None:
        assert self.interests(life, "declared") == [
            ("Alice Olsen", "Nordlys Modelling AS", "60 %", "3/5", "3/5"),
            ("Fjord Invest AS", "Nordlys Modelling AS", "25 % to 30 %", "1/4", "3/10"),
            ("Solveig Nyquist", "Fjord Invest AS", "unknown", "0", "1"),
        ]

    def test_owner_and_owned_are_told_apart_from_others_of_their_name(self, life: Life) -> None:
        row = at(life, "declared", "ownership")["interests"][0]
        assert row["owner_about"] == "Person, born 1984, Norway (NO), Controlling person, Director, Signatory, Owner"
        assert row["owned_about"] == "Company, Norway (NO), Customer"

    def test_a_changed_share_is_told_afterwards(self, life: Life) -> None:
        assert self.interests(life, "lived")[0][2] == "60 %"
        assert self.interests(life, "afterwards")[0] == ("Alice B. Olsen", "Sudlys Modelling AS", "55 %", "11/20", "11/20")

    def test_other_sources_stand_beside_what_was_declared(self, life: Life) -> None:
        assert at(life, "examined", "ownership")["observed"] == []
        rows = at(life, "lived", "ownership")["observed"]
        assert [(row["owner"], row["owned"], row["says"], row["withdrawn_because"]) for row in rows] == [
            ("Alice Olsen", "Nordlys Modelling AS", "60 %", ""),
            ("Fjord Invest AS", "Nordlys Modelling AS", "27 %", ""),
            ("", "Nordlys Modelling AS", "names no other owner", ""),
            ("Solveig Nykvist", "Fjord Invest AS", "100 %", ""),
            ("Kari Moe", "Fjord Invest AS", "10 %", "The ledger of another fund."),
        ]
        assert (rows[3]["owner_about"], rows[3]["kind"], rows[3]["recorded_by"]) == (
            "Person, Norway (NO)",
            "register",
            "Ana Maric",
        )

    def test_each_difference_tells_its_clock_and_what_had_become_of_it(self, life: Life) -> None:
        rows = at(life, "lived", "ownership")["discrepancies"]
        assert [(row["kind"], row["owner"], row["declared"], row["observed"], row["state"]) for row in rows] == [
            (
                "Owner not declared",
                "Solveig Nykvist",
                "not declared",
                "100 %",
                "spelling, transliteration or rounding only, settled with the customer",
            ),
            (
                "Owner not declared",
                "Kari Moe",
                "not declared",
                "10 %",
                "the source says otherwise now, or the observation was withdrawn",
            ),
        ]
        told = at(life, "lived", "ownership")["discrepancy_rule"]
        assert (told["days"], told["status_text"]) == (14, "model, followed by choice")

    def test_what_the_customer_changed_later_differs_afterwards_alone(self, life: Life) -> None:
        row = at(life, "afterwards", "ownership")["discrepancies"][-1]
        assert (row["kind"], row["declared"], row["observed"], row["state"]) == ("Another share", "55 %", "60 %", "open")
        assert len(life.restated["lived"]["ownership"]["discrepancies"]) == 2

    def test_the_remainder_of_each_owned_company_is_told_as_a_range(self, life: Life) -> None:
        rows = at(life, "declared", "ownership")["unaccounted"]
        assert [(row["party"], row["share"], row["min"], row["max"]) for row in rows] == [
            ("Nordlys Modelling AS (NO)", "10 % to 15 %", "1/10", "3/20"),
            ("Fjord Invest AS (NO)", "unknown", "0", "1"),
        ]

    def test_no_regime_has_spoken_before_the_round_of_checks(self, life: Life) -> None:
        assert at(life, "declared", "ownership")["regimes"] == []

    def test_each_regime_tells_its_line_its_verdicts_and_its_arithmetic(self, life: Life) -> None:
        found = {row["regime"]: row for row in at(life, "examined", "ownership")["regimes"]}
        owners, blocked = found["iaas-cip"], found["ofac-50"]
        assert (owners["regime"], owners["line"], blocked["regime"], blocked["line"]) == (
            "iaas-cip",
            "at or above 25 %",
            "ofac-50",
            "at or above 50 %",
        )
        told = [*owners["verdicts"], *owners["others"]]
        assert {row["party"]: (row["verdict"], row["min"], row["max"]) for row in told} == {
            "Alice Olsen": ("yes", "3/5", "3/5"),
            "Solveig Nyquist": ("can't be decided", "0", "3/10"),
            "Nordlys Modelling AS": ("no", "0", "0"),
            "Fjord Invest AS": ("no", "1/4", "3/10"),
        }
        by_share, by_control = owners["verdicts"][0]["why"][-2:]
        assert "60 % of Nordlys Modelling AS over all chains" in by_share
        assert by_control == "Alice Olsen controls Nordlys Modelling AS: more than 50 % at every level."

    def test_the_last_round_counts(self, life: Life) -> None:
        """Two listed owners could block the company until an officer ruled that they are others."""
        told = {
            stage: {row["party"]: row["verdict"] for row in at(life, stage, "ownership")["regimes"][0]["verdicts"]}
            for stage in ("examined", "approved")
        }
        assert told["examined"]["Nordlys Modelling AS"] != "no"
        assert told["approved"]["Nordlys Modelling AS"] == "no"


class TestDocuments:
    def test_a_document_is_told_by_kind_digest_and_size(self, life: Life) -> None:
        row, _card = at(life, "declared", "documents")
        assert (row["kind"], row["name"], row["of"], row["type"], row["uploaded_by"]) == (
            "Register extract",
            "extract.pdf",
            "",
            "application/pdf",
            "Alice Olsen",
        )
        assert len(row["sha256"]) == 64 and row["bytes"] > 100

    def test_one_that_was_taken_back_is_told_before_and_not_afterwards(self, life: Life) -> None:
        assert [(row["kind"], row["of"]) for row in at(life, "lived", "documents")] == [
            ("Register extract", ""),
            ("Identity card", "Alice Olsen (1984, NO)"),
            ("Passport", "Alice Olsen (1984, NO)"),
        ]
        assert [row["kind"] for row in at(life, "afterwards", "documents")] == ["Register extract", "Identity card"]


class TestMembers:
    def test_they_are_named_as_known_in_the_snapshot(self, life: Life) -> None:
        assert [(row["name"], row["role"]) for row in at(life, "signed_up", "members")] == [("Alice Olsen", "Owner")]
        assert at(life, "afterwards", "members")[0]["name"] == "Alice Berg"
        assert life.again["lived"]["members"][0]["name"] == "Alice Olsen"
        assert life.restated["lived"]["members"][0]["name"] == "Alice Berg"
