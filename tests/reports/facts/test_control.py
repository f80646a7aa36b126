"""The report on ownership and control: once told it never changes, and it tells of people only what its profile allows."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from kyc.rules import packs
from reports import bods, canonical
from reports.facts.control import CONTROL, summary
from reports.facts.unshared import ITSELF
from tests.reports import specimen
from tests.reports.facts.test_dossier import digest, secrets_in, shape
from tests.reports.story import FUND_NUMBER, SOLVEIG_BORN, STAGES, Life

Facts = dict[str, Any]


@pytest.mark.parametrize("stage", STAGES)
class TestOnceTold:
    def test_the_same_inputs_give_the_same_bytes_after_all_has_changed(self, life: Life, stage: str) -> None:
        assert canonical.encode(life.control_again[stage]) == canonical.encode(life.then[stage].control)

    def test_a_later_knowledge_cut_tells_otherwise(self, life: Life, stage: str) -> None:
        assert digest(life.control_restated[stage]) != digest(life.then[stage].control), "the negative control"
        assert (life.control_restated[stage]["completeness"]["recorded_later"] > 0) == (stage != STAGES[-1])

    def test_no_secret_and_no_full_identifier_is_in_it(self, life: Life, stage: str) -> None:
        assert secrets_in(canonical.encode(life.then[stage].control).decode(), life) == []


class TestShape:
    def test_it_has_the_fields_of_the_specimen_that_is_drawn_in_other_tests(self, life: Life) -> None:
        mine, drawn = shape(life.then["lived"].control), shape(specimen.control())
        only_drawn = {path.split(".")[0] for path, _ in drawn - mine}
        assert mine <= drawn
        # Nobody in the story holds for another, and an owner was found.
        assert only_drawn == {"on_behalf", "beneficial", "ownership"}

    def test_every_section_is_there_from_the_first_day(self, life: Life) -> None:
        for told in life.then.values():
            assert set(told.control) == set(specimen.control())

    def test_it_prints_its_five_inputs(self, life: Life) -> None:
        facts = life.then["lived"].control
        assert (facts["report"], facts["template"], facts["profile"]) == ("R-04", "R-04/4", "minimised")
        assert facts["valid_at"] == facts["known_at"] and facts["rule_pack"]["version"] == packs.current().version
        assert CONTROL.steps == 16


class TestOwners:
    def test_an_owner_is_told_with_his_share_and_the_route_to_it(self, life: Life) -> None:
        alice, solveig = life.then["lived"].control["beneficial"]["rows"]
        assert (alice["party"], alice["share"], alice["directly"], alice["controls"]) == (
            "Alice Olsen",
            "60 %",
            "directly",
            "yes",
        )
        assert (alice["nationality"], alice["born"]) == ("Norway (NO)", "1984")
        assert (solveig["share"], solveig["directly"]) == ("0 % to 30 %", "through others")
        assert any("× (25 % to 30 %)" in sentence for sentence in solveig["route"])
        assert alice["standing"].startswith("Beneficial owner, decided on 20")

    def test_they_are_the_owners_of_bods_json(self, life: Life) -> None:
        facts = life.then["lived"].control
        persons = {one["recordId"]: one["recordDetails"] for one in facts["bods"] if one["recordType"] == "person"}
        owning = {
            persons[one["recordDetails"]["interestedParty"]]["names"][0]["fullName"]
            for one in facts["bods"]
            if any(row.get("beneficialOwnershipOrControl") for row in one["recordDetails"].get("interests", ()))
        }
        assert owning == {row["party"] for row in facts["beneficial"]["rows"]}

    def test_before_anything_was_declared_there_is_none_and_it_says_so(self, life: Life) -> None:
        found = life.then["signed_up"].control
        assert found["beneficial"]["rows"] == found["bods"] == []
        assert found["beneficial"]["none"] in [row["sentence"] for row in found["completeness"]["unknowns"]]

    def test_before_a_decision_it_says_that_nobody_decided(self, life: Life) -> None:
        rows = life.then["examined"].control["beneficial"]["rows"]
        assert [row["standing"] for row in rows] == [
            *("determined, not decided on by officers", "may be one: it can't be decided from what is known"),
        ]


class TestStructure:
    def test_entities_are_told_by_their_register_and_where_they_are_run_from(self, life: Life) -> None:
        nordlys, fund = life.then["lived"].control["entities"]
        assert (nordlys["number"], nordlys["scheme"], nordlys["jurisdiction"]) == ("918334207", "NO-BRC", "Norway (NO)")
        assert (fund["number"], fund["headquarters"]) == (FUND_NUMBER, "Sweden (SE)")

    def test_the_ultimate_parent_stands_as_recorded_and_by_the_arithmetic(self, life: Life) -> None:
        found = life.then["lived"].control["parents"]
        assert {row["party"] for row in found} == {"Nordlys Modelling AS"}
        assert {row["how"] for row in found} >= {"by the arithmetic"} and len(found) == 2
        assert {row["headquarters"] for row in found} == {"Norway (NO)"}

    def test_a_share_that_makes_nobody_its_owner_is_not_nought_per_cent(self, life: Life) -> None:
        regimes = {row["regime"]: row for row in life.then["lived"].control["ownership"]["regimes"]}
        parents = [(row["party"], row["verdict"], row["share"]) for row in regimes["ultimate-parent"]["verdicts"]]
        assert parents == [("Nordlys Modelling AS", "yes", ITSELF)]
        assert "0 %" in {row["share"] for row in regimes["ofac-50"]["verdicts"]}, "what blocked parties hold of it is a share"

    def test_sources_stand_side_by_side_with_their_differences(self, life: Life) -> None:
        told = life.then["lived"].control["ownership"]
        assert [row["found_in"] for row in told["observed"]][:1] == ["Brønnøysund register"]
        assert len(told["discrepancies"]) == 2

    def test_each_regime_says_its_arithmetic_in_words(self, life: Life) -> None:
        for regime in life.then["lived"].control["ownership"]["regimes"]:
            assert all(row["why"] for row in (*regime["verdicts"], *regime["others"])), regime["title"]

    def test_of_matches_it_says_no_more_than_what_verdicts_rest_on(self, life: Life) -> None:
        told = life.then["examined"].control
        assert told["screening"].keys() == {"rounds", "open"} and told["screening"]["open"] == 2
        notes = {box["name"]: box["note"] for box in told["picture"]["boxes"]}
        assert notes["Alice Olsen (1984)"] == "blocked if the match is true"
        assert "possible match" not in [*notes.values(), told["picture"]["sentence"]]
        assert life.then["examined"].facts["screening"]["hits"], "the negative control: the dossier tells them"
        [said] = [row["text"] for row in told["methodology"] if row["topic"] == "Possible matches"]
        assert "No entry and no ruling is told" in said


class TestSummary:
    @pytest.mark.parametrize(
        ("offices", "value"),
        [
            ([("Alice", "Director"), ("Bo", "Controlling person")], "Bo"),
            ([("Alice", "Director")], "nobody named"),
            ([("Bo", "Controlling person"), ("Bo", "Director")], "Bo"),
        ],
    )
    def test_who_only_directs_is_not_said_to_control(self, offices: list[tuple[str, str]], value: str) -> None:
        facts = specimen.control()
        facts["offices"] = [{"party": party, "office": office} for party, office in offices]
        reader: Any = SimpleNamespace(brief=str)
        assert {row["what"]: row["value"] for row in summary(reader, facts)}["Controlling by office"] == value


class TestProfiles:
    @pytest.mark.parametrize("kind", ["R-03", "R-04"])
    def test_in_full_whole_birth_dates_are_told(self, life: Life, kind: str) -> None:
        told = life.then["lived"].control if kind == "R-04" else life.then["lived"].facts
        full = life.full[kind]
        assert (told["profile"], full["profile"]) == ("minimised", "full")
        assert SOLVEIG_BORN not in json.dumps(told) and SOLVEIG_BORN in json.dumps(full)

    @pytest.mark.parametrize("kind", ["R-03", "R-04"])
    def test_neither_holds_a_secret(self, life: Life, kind: str) -> None:
        text = json.dumps(life.full[kind])
        assert [one for one in (*life.secrets, *life.digests, "md5$", "argon2") if one in text] == []

    def test_in_full_the_dossier_tells_telephones_and_addresses(self, life: Life) -> None:
        full = {row["attribute"]: row["value"] for row in life.full["R-03"]["identity"]}
        told = {row["attribute"]: row["value"] for row in life.then["lived"].facts["identity"]}
        assert "•" in told["Telephone"] and "•" not in full["Telephone"]
        assert "(not shown)" not in json.dumps(life.full["R-03"]["changes"]["rows"])

    def test_the_same_people_are_owners_in_both(self, life: Life) -> None:
        one, other = life.full["R-04"]["beneficial"]["rows"], life.then["lived"].control["beneficial"]["rows"]
        assert [row["party"] for row in one] == [row["party"] for row in other]


def test_ids_of_statements_do_not_hang_on_what_the_installation_is_called(life: Life) -> None:
    told = life.then["lived"].control["bods"]
    assert [one["statementId"] for one in bods.published(told, "Another name")] == [one["statementId"] for one in told]
