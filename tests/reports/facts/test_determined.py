"""A verdict is a yes only as far as officers have confirmed what it rests on."""

from collections.abc import Collection
from types import SimpleNamespace
from typing import Any

import pytest

from reports.facts.determined import IF_TRUE, ONLY_IF_TRUE, OVERTAKEN, UNDECIDED, Certainty
from tests.reports.story import Life


def verdicts(life: Life, stage: str) -> dict[str, str]:
    found = {regime["regime"]: regime for regime in life.then[stage].facts["ownership"]["regimes"]}
    return {row["party"]: row["verdict"] for row in found["ofac-50"]["verdicts"]}


class TestCertainty:
    @pytest.mark.parametrize(
        ("verdict", "sure", "possible", "told"),
        [
            ("yes", ["7"], ["7"], "yes"),
            ("yes", [], ["7"], IF_TRUE),
            ("yes", [], [], OVERTAKEN),
            ("yes", ["8"], ["7", "8"], IF_TRUE),
            ("no", [], [], "no"),
            ("indeterminate", [], ["7"], UNDECIDED),
        ],
    )
    def test_a_yes_follows_from_confirmed_matches_alone(
        self, verdict: str, sure: Collection[str], possible: Collection[str], told: str
    ) -> None:
        row: Any = SimpleNamespace(party_id=7, verdict=verdict)
        assert Certainty(sure=sure, possible=possible, is_sure=False).told(row) == told

    def test_where_nothing_is_open_the_round_has_the_word(self) -> None:
        row: Any = SimpleNamespace(party_id=7, verdict="yes")
        assert Certainty().told(row) == "yes"


class TestDeterminations:
    def test_open_matches_block_nobody_yet(self, life: Life) -> None:
        assert verdicts(life, "examined") == {
            "Nordlys Modelling AS": IF_TRUE,
            "Alice Olsen": IF_TRUE,
            "Fjord Invest AS": UNDECIDED,
            "Solveig Nyquist": IF_TRUE,
        }

    def test_reasons_that_rest_on_an_open_match_begin_with_that_condition(self, life: Life) -> None:
        regimes = life.then["examined"].facts["ownership"]["regimes"]
        rows = [row for regime in regimes for row in (*regime["verdicts"], *regime["others"])]
        on_condition = {row["party"] for row in rows if row["why"][:1] == [ONLY_IF_TRUE]}
        assert on_condition == {row["party"] for row in rows if row["verdict"] == IF_TRUE} != set()
        assert all(len(row["why"]) > 1 for row in rows if row["verdict"] == IF_TRUE)

    def test_once_they_are_ruled_out_nobody_is(self, life: Life) -> None:
        assert set(verdicts(life, "approved").values()) == {"no"}

    def test_each_regime_says_what_it_is_in_law_on_the_day(self, life: Life) -> None:
        found = life.then["examined"].facts["ownership"]["regimes"]
        assert {row["regime"]: row["status"] for row in found} == {
            "ofac-50": "in force since 2014-08-13",
            "bis-affiliates": "in force since 2026-11-10",
            "provider-terms": "contract since 2026-11-01",
            "iaas-cip": "proposed, binds nobody since 2024-01-29",
            "fincen-cdd": "model, followed by choice since 2018-05-11",
            "fincen-cdd-control": "model, followed by choice since 2018-05-11",
            "eu-amlr": "model, followed by choice since 2024-07-09",
            "ultimate-parent": "model, followed by choice since 2026-05-31",
            "entity-of-concern-located": "bill, not law since 2026-04-22",
            "entity-of-concern-controlled": "bill, not law since 2026-04-22",
        }
        assert next(row for row in found if row["regime"] == "eu-amlr")["until"] == "2027-07-10"

    def test_whom_a_rule_does_not_catch_is_counted_and_stands_in_the_file_with_its_arithmetic(self, life: Life) -> None:
        found = {row["regime"]: row for row in life.then["approved"].facts["ownership"]["regimes"]}
        assert (len(found["ofac-50"]["verdicts"]), found["ofac-50"]["others"]) == (4, [])
        owners = found["iaas-cip"]
        assert {row["verdict"] for row in owners["verdicts"]} == {"yes", UNDECIDED}
        assert owners["no"] == len(owners["others"]) == 2
        assert all(row["verdict"] == "no" and row["why"] for row in owners["others"])
        affiliates = found["bis-affiliates"]
        assert (affiliates["verdicts"], affiliates["no"], affiliates["not_compared"]) == ([], 0, 4)
        assert "the Entity List and the Military End-User List" in affiliates["lacking"]
