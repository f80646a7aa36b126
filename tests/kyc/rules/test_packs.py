"""Rule packs: every item has a source, and a status is what it was on the day."""

import hashlib
import json
from datetime import date
from fractions import Fraction

import pytest

from kyc.rules import packs
from kyc.rules.packs import FOLDER, Pack, UnknownPack

PACKS = sorted(FOLDER.glob("pack_*.json"))


class TestGet:
    def test_gives_the_pack_of_that_version(self):
        assert packs.get("2026.11").version == "2026.11"

    def test_knows_the_digest_of_the_file_it_read(self):
        content = (FOLDER / "pack_2026_11.json").read_bytes()
        assert packs.get("2026.11").sha256 == hashlib.sha256(content).hexdigest()

    def test_refuses_a_version_that_does_not_exist(self):
        with pytest.raises(UnknownPack):
            packs.get("1999.01")

    def test_refuses_a_path(self):
        with pytest.raises(UnknownPack):
            packs.get("../../config")


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.stem)
class TestEveryPack:
    def test_is_named_for_its_version(self, path):
        data = json.loads(path.read_text())
        assert path.name == f"pack_{data['version'].replace('.', '_')}.json"

    def test_was_reviewed_on_a_day(self, path):
        assert date.fromisoformat(json.loads(path.read_text())["reviewed_on"])

    def test_gives_a_source_for_each_item(self, path):
        data = json.loads(path.read_text())
        items = [*data["instruments"].values(), *data["ownership"].values(), *data["country_sets"].values()]
        items += [data["screening"], data["risk"], data["entity_days"], data["notice"], data["minimum_age"], data["keys"]]
        assert [item for item in items if not item["source"]] == []

    def test_offers_keys_that_fit_its_own_policy(self, path):
        keys = json.loads(path.read_text())["keys"]
        assert keys["offered_days"] <= keys["old_days"] <= keys["longest_days"]
        assert keys["overlap_hours"] == sorted(set(keys["overlap_hours"])) and keys["overlap_hours"][0] == 0
        for kind in ("scopes", "tiers"):
            assert any(row["offered"] for row in keys[kind].values())
            assert all(code.isascii() and len(code) <= 40 and not set(code) & set(' "\\') for code in keys[kind])

    def test_has_dated_statuses_that_follow_each_other(self, path):
        for instrument in json.loads(path.read_text())["instruments"].values():
            statuses = instrument["statuses"]
            assert all(date.fromisoformat(status["since"]) for status in statuses)
            assert all(status["status"] in packs.STATUSES for status in statuses)
            assert [status["until"] for status in statuses[:-1]] == [status["since"] for status in statuses[1:]]

    def test_names_only_instruments_it_has(self, path):
        data = json.loads(path.read_text())
        named = {code for key in ("legal_bases", "not_relied_on") for codes in data[key].values() for code in codes}
        named |= {item["instrument"] for item in data["ownership"].values() if "instrument" in item}
        assert named <= data["instruments"].keys()

    def test_never_says_that_a_proposal_or_model_binds(self, path):
        for instrument in json.loads(path.read_text())["instruments"].values():
            for status in instrument["statuses"]:
                if status["status"] != "in_force":
                    assert "required by law" not in json.dumps(instrument).lower()
                    assert "must" not in status["note"].lower()


class TestLegalBases:
    @pytest.mark.parametrize("day", [date(2024, 6, 1), date(2026, 11, 23)])
    def test_the_iaas_rule_is_proposed_then_and_now(self, day):
        first = packs.current().legal_bases("R-03", on=day)[0]
        assert (first["status"], first["since"]) == ("proposed", "2024-01-29")

    def test_a_day_before_the_first_status_has_none(self):
        first = packs.current().legal_bases("R-03", on=date(2024, 1, 28))[0]
        assert (first["status"], first["since"]) == ("unknown", "")

    def test_without_a_day_it_is_the_day_of_review(self):
        pack = packs.current()
        assert pack.legal_bases("R-03") == pack.legal_bases("R-03", on=date.fromisoformat(pack.reviewed_on))

    @pytest.mark.parametrize(
        ("day", "status"),
        [("2025-10-15", "in_force"), ("2026-03-01", "suspended"), ("2026-11-09", "suspended"), ("2026-11-15", "in_force")],
    )
    def test_the_affiliates_rule_is_what_it_was_on_the_day(self, day, status):
        assert packs.current().legal_basis("bis-affiliates", day)["status"] == status

    def test_the_50_percent_rule_is_among_them_and_in_force(self):
        found = {basis["citation"]: basis for basis in packs.current().legal_bases("R-03", on=date(2026, 11, 24))}
        rule = found["OFAC revised guidance of 2014-08-13; FAQ 398 to 402"]
        assert (rule["status"], rule["since"], rule["until"]) == ("in_force", "2014-08-13", "")


class TestNotRelied:
    @pytest.mark.parametrize(
        ("day", "status", "since"), [(date(2025, 9, 28), "unknown", ""), (date(2026, 11, 24), "bill", "2026-01-12")]
    )
    def test_the_bill_on_remote_access_is_named_with_the_status_of_the_day(self, day, status, since):
        (rule,) = packs.current().not_relied_on("R-03", on=day)
        assert (rule["citation"], rule["status"], rule["since"]) == ("H.R. 2683", status, since)

    def test_nothing_is_relied_on_and_not(self):
        data = packs.current().data
        for report, codes in data["not_relied_on"].items():
            assert not set(codes) & set(data["legal_bases"][report])


class TestRegimeBasis:
    @pytest.mark.parametrize(
        ("regime", "status"),
        [
            ("ofac-50", "in_force"),
            ("bis-affiliates", "in_force"),
            ("iaas-cip", "proposed"),
            ("fincen-cdd", "model"),
            ("eu-amlr", "model"),
            ("provider-terms", "contract"),
            ("ultimate-parent", "model"),
            ("entity-of-concern-located", "bill"),
        ],
    )
    def test_a_regime_has_the_status_of_its_instrument(self, regime, status):
        assert packs.current().regime_basis(regime, on=date(2026, 11, 24))["status"] == status

    @pytest.mark.parametrize("report", ["R-03", "R-04"])
    def test_one_that_is_examined_is_among_the_legal_bases_of_what_tells_its_verdicts(self, report):
        data = packs.current().data
        named = {found["instrument"] for found in data["ownership"].values()}
        assert named <= set(data["legal_bases"][report])


class TestConsequence:
    def test_only_what_binds_stops_an_approval(self):
        pack = packs.current()
        assert pack.stopping() == {"ofac-50": ["yes", "indeterminate"], "provider-terms": ["yes"]}
        statuses = {pack.regime_basis(regime, on=date(2026, 11, 24))["status"] for regime in pack.stopping()}
        assert statuses == {"in_force", "contract"}

    def test_each_says_whose_word_that_is(self):
        told = [found["consequence"] for found in packs.current().data["ownership"].values() if "consequence" in found]
        assert all(consequence["source"] for consequence in told)
        assert {word for consequence in told for name, word in consequence.items() if name != "source"} == {
            *("stops", "asks", "tells")
        }

    @pytest.mark.parametrize(
        ("regime", "verdict", "does"),
        [
            ("provider-terms", "indeterminate", "asks"),
            ("provider-terms", "no", ""),
            ("eu-amlr", "yes", ""),
            ("entity-of-concern-located", "yes", "tells"),
        ],
    )
    def test_the_others_ask_tell_or_are_only_shown(self, regime, verdict, does):
        assert packs.current().consequence(regime, verdict) == does


class TestListsLacking:
    @pytest.mark.parametrize(
        ("used", "lacking"),
        [
            (["ofac-sdn"], ["the Entity List and the Military End-User List"]),
            (["ofac-sdn", "us-csl"], []),
        ],
    )
    def test_a_rule_names_the_lists_that_it_goes_by(self, used, lacking):
        assert packs.current().lists_lacking("bis-affiliates", used) == lacking
        assert packs.current().lists_lacking("ofac-50", used) == []


class TestThreshold:
    @pytest.mark.parametrize(
        ("regime", "share", "reached"),
        [
            ("ofac-50", "1/2", True),
            ("ofac-50", "4999/10000", False),
            ("eu-amlr", "1/4", True),
            ("fincen-cdd", "2499/10000", False),
            ("iaas-cip", "1/4", True),
            ("provider-terms", "1/2", False),
            ("provider-terms", "5001/10000", True),
        ],
    )
    def test_turns_where_the_rule_says(self, regime, share, reached):
        assert packs.current().threshold(regime).reached(Fraction(share)) is reached

    def test_regime_says_on_which_side_the_line_lies(self):
        pack = packs.current()
        assert pack.regime("ofac-50")["line"] == "at or above"
        assert pack.regime("provider-terms")["line"] == "above"


class TestBand:
    @pytest.mark.parametrize(
        ("value", "band"), [(0, "low"), (24, "low"), (25, "medium"), (59, "medium"), (60, "high"), (100, "high")]
    )
    def test_turns_at_the_lines_of_the_pack(self, value, band):
        assert packs.current().band(value) == band

    def test_a_higher_band_is_never_valid_for_longer(self):
        pack = packs.current()
        assert pack.entity_days("high") < pack.entity_days("medium") <= pack.entity_days("low")


class TestFactor:
    def test_every_factor_has_points_a_sentence_and_says_when(self):
        pack: Pack = packs.current()
        for code, factor in pack.data["risk"]["factors"].items():
            points, sentence = pack.factor(code)
            assert points > 0
            assert sentence.endswith(".")
            assert factor["when"]


class TestQuestions:
    def test_what_stands_alone_is_one_of_several_options(self):
        for question in packs.current().questionnaire.questions:
            assert set(question.alone) <= set(dict(question.options))
            assert not question.alone or question.kind == "choices"
