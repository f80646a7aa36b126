"""The dossier as a whole: what it says never changes once its five inputs stand, and it says no secret."""

import hashlib
import re
from typing import Any

import pytest

from kyc.rules import packs
from reports import canonical
from reports.facts.dossier import DOSSIER
from tests.reports import specimen
from tests.reports.story import INVITED, PASSPORT_NUMBER, SOLVEIG_BORN, STAGES, Life
from tests.reports.test_paper import leaves


def digest(facts: dict[str, Any]) -> str:
    return canonical.sha256(canonical.encode(facts))


def shape(facts: dict[str, Any]) -> set[tuple[str, str]]:
    """Every field with the type of its value."""
    return {(path, type(value).__name__) for path, value in leaves(facts)}


def secrets_in(text: str, life: Life) -> list[str]:
    born = ["1984-03-17", "1984-03-18", SOLVEIG_BORN, PASSPORT_NUMBER]
    letters = [INVITED, "+47 77 00", "alice@nordlys.example", "anamaric@keyholder.example", "ruiduarte@keyholder.example"]
    passwords = ["argon2", "md5$"]
    return [one for one in [*born, *letters, *passwords, *life.secrets, *life.digests] if one in text]


@pytest.mark.parametrize("stage", STAGES)
class TestOnceTold:
    def test_the_same_inputs_give_the_same_bytes_after_all_has_changed(self, life: Life, stage: str) -> None:
        assert canonical.encode(life.again[stage]) == canonical.encode(life.then[stage].facts)

    def test_no_two_stages_tell_the_same(self, life: Life, stage: str) -> None:
        """The negative control: the story does change what is told."""
        mine = digest(life.then[stage].facts)
        assert [name for name in STAGES if digest(life.then[name].facts) == mine] == [stage]

    def test_no_secret_and_no_full_identifier_is_in_it(self, life: Life, stage: str) -> None:
        assert secrets_in(canonical.encode(life.then[stage].facts).decode(), life) == []

    def test_moving_only_the_knowledge_cut_counts_what_was_recorded_since(self, life: Life, stage: str) -> None:
        restated = life.restated[stage]
        assert restated["valid_at"] == life.then[stage].facts["valid_at"]
        assert restated["known_at"] > restated["valid_at"]
        recorded = restated["completeness"]["recorded_later"]
        assert (recorded == 0) == (stage == STAGES[-1])
        assert life.then[stage].facts["completeness"]["recorded_later"] == 0
        # What has no dates of its own holds from when it was recorded, however much is known later.
        for section in ("identity", "documents", "decision"):
            assert told_without_names(restated[section]) == told_without_names(life.then[stage].facts[section])
        assert told_without_names(restated["changes"]["rows"]) == told_without_names(life.then[stage].facts["changes"]["rows"])

    def test_what_was_recorded_since_stands_at_the_end_of_the_history(self, life: Life, stage: str) -> None:
        assert life.then[stage].facts["changes"]["later"]["rows"] == []
        told, end = life.restated[stage]["changes"], life.then[STAGES[-1]].facts["changes"]
        assert len(told["rows"]) + len(told["later"]["rows"]) == told["total"] + told["later"]["total"] == end["total"]


def told_without_names(section: Any) -> str:
    """People are named as they are known, which is all that may differ."""
    return re.sub(r"Alice Berg|Rui Dias", "", re.sub(r"Alice Olsen|Rui Duarte", "", str(section)))


class TestSecrets:
    def test_would_be_found(self, life: Life) -> None:
        """The negative control."""
        assert secrets_in(f"key {life.secrets[0]}, born {SOLVEIG_BORN}", life) == [SOLVEIG_BORN, life.secrets[0]]
        assert len(life.digests) == 2

    def test_reasons_tell_the_year_of_the_party_and_the_published_day_of_the_entry(self, life: Life) -> None:
        reasons = [hit["reasons"][-1] for hit in life.then["examined"].facts["screening"]["hits"]]
        assert reasons == ["Born in 1984; the entry says 1961-05-05, 23 years apart.", "Born on the same day, in 1975."]


class TestBuild:
    def test_it_has_the_fields_of_the_specimen_that_is_drawn_in_other_tests(self, life: Life) -> None:
        assert len(shape(specimen.facts())) > 150
        # Nothing in the story has to be asked about, and all hold shares alone, of which tests/reports/facts/test_interests.py
        # says what others count for.
        kept_out = {("intended_use.flags", "str")}
        kept_out |= {(f"ownership.weights.{name}", "str") for name in ("interest", "owned", "controls", "role", "nothing")}
        assert shape(life.then["lived"].facts) | shape(life.restated["lived"]) | kept_out == shape(specimen.facts())

    def test_every_section_is_there_from_the_first_day(self, life: Life) -> None:
        for told in life.then.values():
            assert set(told.facts) == set(specimen.facts())

    def test_it_prints_its_five_inputs(self, life: Life) -> None:
        told = life.then["lived"]
        facts = told.facts
        assert facts["valid_at"] == facts["known_at"] == told.valid_at.isoformat().replace("+00:00", "Z")
        assert (facts["report"], facts["template"], facts["profile"]) == ("R-03", "R-03/10", "minimised")
        file = packs.FOLDER / "pack_2026_11.json"
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        assert facts["rule_pack"] == {"version": "2026.11", "reviewed_on": "2026-11-23", "sha256": digest}
        assert facts["subject"]["name"] == "Nordlys Modelling AS"

    def test_steps_are_counted_for_the_progress(self) -> None:
        assert DOSSIER.steps == len(DOSSIER.sections) + len(DOSSIER.closing) == 25

    def test_the_cover_says_who_it_is_in_full(self, life: Life) -> None:
        told = life.then["afterwards"].facts["subject"]
        assert {name: text for name, text in told.items() if name not in ("id", "party_id")} == {
            "name": "Sudlys Modelling AS",
            "legal_name": "Sudlys Modelling AS",
            "native_name": "Южный Свет",
            "registration_number": "918334999",
            "country": "Norway (NO)",
            "case": life.then["afterwards"].facts["decision"]["cases"][0]["number"],
        }
        assert life.then["signed_up"].facts["subject"]["party_id"] == 0

    def test_rules_it_gives_no_verdict_under_are_named_apart_with_their_status(self, life: Life) -> None:
        facts = life.then["lived"].facts
        assert "H.R. 2683" in [basis["citation"] for basis in facts["not_relied_on"]]
        assert any(basis["status"] == "in_force" and "50 Percent" in basis["instrument"] for basis in facts["legal_bases"])
        known = {basis["note"] for basis in facts["legal_bases"]}
        told = {found["note"] for found in facts["ownership"]["regimes"]}
        assert told <= known, "a regime that is examined belongs among the legal bases"

    def test_no_section_calls_a_proposal_an_obligation(self, life: Life) -> None:
        text = canonical.encode(life.then["lived"].facts).decode().lower()
        assert "required by law" not in text
        assert "proposed, binds nobody" in text
