import csv
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from kyc.ownership import regimes
from kyc.ownership.graph import Graph
from kyc.ownership.regimes import INDETERMINATE, NO, YES, Holding, Result, Verdict, determine
from kyc.ownership.shares import parse
from kyc.rules import packs
from tests.kyc.ownership.structures import graph, holdings, shipped

with (Path(__file__).parent / "vectors.csv").open(newline="") as lines:
    VECTORS = list(csv.DictReader(lines))
ids = [vector["id"] for vector in VECTORS]
OFAC, IAAS = packs.current().threshold("ofac-50"), packs.current().threshold("iaas-cip")


def ofac(text: str, listed: str = "X", *, suspected: str = "", **more: Any) -> Result:
    rule = shipped("ofac-50")
    return determine(graph(text, **more), subject="C", rule=rule, listed=listed.split(), suspected=suspected.split())


def amlr(text: str, subject: str = "C", **more: str) -> Result:
    return determine(graph(text, **more), subject=subject, rule=shipped("eu-amlr"))


def who(result: Result, verdict: str = YES) -> set[str]:
    return {party for party, found in result.parties.items() if found.verdict == verdict}


class TestVectors:
    @pytest.mark.parametrize("vector", VECTORS, ids=ids)
    def test_ofac_blocks_whom_its_answers_block(self, vector: dict[str, str]) -> None:
        result = ofac(vector["holdings"], vector["listed"])
        assert who(result) == {*vector["blocked"].split(), *vector["listed"].split()}
        assert not who(result, INDETERMINATE)

    @pytest.mark.parametrize("vector", VECTORS, ids=ids)
    def test_shares_multiply_and_add(self, vector: dict[str, str]) -> None:
        result = amlr(vector["holdings"], vector["subject"])
        for told in vector["shares"].split("; "):
            party, share = told.split()
            found = result.parties[party].share
            assert found.min == found.max == Fraction(share)

    @pytest.mark.parametrize("vector", VECTORS, ids=ids)
    def test_amlr_names_the_beneficial_owners(self, vector: dict[str, str]) -> None:
        assert who(amlr(vector["holdings"], vector["subject"])) == set(vector["owners"].split())

    @pytest.mark.parametrize("vector", VECTORS, ids=ids)
    @pytest.mark.parametrize("regime", ["fincen-cdd", "iaas-cip"])
    def test_without_the_limb_of_control_only_the_share_counts(self, vector: dict[str, str], regime: str) -> None:
        result = determine(graph(vector["holdings"]), subject=vector["subject"], rule=shipped(regime))
        shares = dict(told.split() for told in vector["shares"].split("; "))
        assert who(result) == {party for party, share in shares.items() if Fraction(share) >= Fraction(1, 4)}


class TestBlocked:
    def test_thirty_and_twenty_from_two_listed_holders_block(self) -> None:
        found = ofac("X 30 C; Y 20 C", "X Y").parties
        assert found["C"].verdict == YES
        assert found["C"].why == (
            "X (listed) holds 30 % and Y (listed) holds 20 % of C: together 50 %. 50 % or more blocks, so C is blocked too.",
        )

    def test_an_open_match_counts_and_is_called_what_it_is(self) -> None:
        found = ofac("X 30 C; Y 20 C", "X Y", suspected="Y").parties
        assert found["Y"].why == ("Y may be listed: a possible match is open.",)
        assert found["C"].verdict == YES
        assert found["C"].why[0].startswith("X (listed) holds 30 % and Y (possible match) holds 20 % of C")

    def test_a_chain_of_halves_blocks_and_tells_its_path(self) -> None:
        names = {"1": "Orlov", "2": "Meridian", "3": "Helios"}
        found = ofac("1 50 2; 2 50 3", "1", names=names).parties
        assert found["3"].verdict == YES
        assert found["3"].why == (
            "Orlov (listed) holds 50 % of Meridian: together 50 %. 50 % or more blocks, so Meridian is blocked too.",
            "Meridian (blocked) holds 50 % of Helios: together 50 %. 50 % or more blocks, so Helios is blocked too.",
        )

    @pytest.mark.parametrize("text", ["X 49.99 C", "X 49.999999 C; Y 50 C", "X 49 A; A 100 C", "X 4999999/10000000 C"])
    def test_a_hair_under_half_does_not_block(self, text: str) -> None:
        assert ofac(text).parties["C"].verdict == NO

    def test_what_falls_short_is_told_with_the_sum(self) -> None:
        assert ofac("X 100 A; X 100 B; A 13 C; B 12.5 C").parties["C"].why == (
            "A (blocked) holds 13 % and B (blocked) holds 12.5 % of C: together 25.5 %. Only 50 % or more blocks.",
        )

    def test_the_share_is_what_blocked_parties_hold_directly(self) -> None:
        result = ofac("X 50 A; A 60 B; X 10 B; Y 30 B; B 20 C")
        assert result.parties["B"].share == parse("70")
        assert result.parties["C"].share == parse("20")
        assert result.parties["X"].share == parse("0", zero=True)

    @pytest.mark.parametrize(
        ("text", "blocked"),
        [
            ("A 60 B; B 60 A", set()),
            ("X 10 A; A 60 B; B 60 A", set()),
            ("X 50 A; A 60 B; B 40 A; B 50 C", {"X", "A", "B", "C"}),
            ("A 60 A; X 40 A", {"X"} - {"A"}),
            ("X 50 A; A 50 B; B 50 C; C 50 A", {"X", "A", "B", "C"}),
        ],
    )
    def test_cycles_end(self, text: str, blocked: set[str]) -> None:
        assert who(ofac(text)) == blocked | {"X"} & {part.split()[0] for part in text.split("; ")}

    @pytest.mark.parametrize(
        ("text", "verdict"),
        [
            ("X 25-50 C", INDETERMINATE),
            ("X 25-49.9 C", NO),
            ("X 50-75 C", YES),
            ("X >50 C", YES),
            ("X >40 C", INDETERMINATE),
            ("X ? C", INDETERMINATE),
            ("X ? C; Y 50 C", INDETERMINATE),
            ("X ? C; Y 60 C", NO),
            ("Y ? C", NO),
            ("X 25-50 A; A 100 C", INDETERMINATE),
            ("X 25-50 A; A 30 C", NO),
        ],
    )
    def test_a_range_decides_where_it_lies_on_one_side_of_the_line(self, text: str, verdict: str) -> None:
        assert ofac(text).parties["C"].verdict == verdict

    def test_says_which_missing_fact_would_decide(self) -> None:
        why = " ".join(ofac("X 25-60 C").parties["C"].why)
        assert "at least 25 % of C for certain and up to 60 %" in why
        assert "It depends on the exact share of X in C, stated as 25 % to 60 %: under 50 % the answer is no" in why

    def test_more_than_the_whole_is_an_error_and_decides_nothing(self) -> None:
        result = ofac("X 60 A; Y 60 A; A 100 C; X 50 D")
        assert result.errors == ("A: the stated shares come to 120 %, more than the whole.",)
        assert who(result, INDETERMINATE) == {"A", "C"}
        assert result.parties["D"].verdict == YES

    def test_half_and_more_than_half_are_more_than_the_whole(self) -> None:
        assert ofac("X >50 C; Y 50 C").errors == ("C: the stated shares come to more than 100 %, more than the whole.",)

    def test_an_owner_nobody_knows_may_be_listed(self) -> None:
        assert ofac("N 50 C; Y 50 C", nameless="N").parties["C"].verdict == INDETERMINATE
        assert ofac("N 49 C; Y 51 C", nameless="N").parties["C"].verdict == NO
        assert ofac("N 20 C; X 30 C", nameless="N").parties["C"].verdict == INDETERMINATE
        assert "N" not in ofac("N 50 C", nameless="N").parties

    def test_votes_do_not_block(self) -> None:
        assert ofac("X 80 C votingRights; Y 100 C").parties["C"].verdict == NO

    def test_without_listed_parties_nobody_is_blocked(self) -> None:
        assert not who(ofac("X 100 A; A 100 C", listed=""))

    def test_a_listed_party_is_blocked_whatever_is_stated(self) -> None:
        assert ofac("Y 60 C; Z 60 C", listed="C").parties["C"].verdict == YES


class TestUnaccounted:
    def test_is_what_nobody_is_stated_to_hold(self) -> None:
        found = ofac("X 25-50 C; Y 30 C; C 100 D").as_json()["unaccounted"]
        assert found == {"C": {"min": "1/5", "max": "9/20"}, "D": {"min": "0", "max": "0"}}

    def test_never_changes_a_verdict(self) -> None:
        assert ofac("X 49 C").parties["C"].verdict == NO


class TestBisAffiliates:
    @pytest.mark.parametrize(
        ("day", "verdict"), [("2025-10-15", YES), ("2026-03-01", NO), ("2026-11-15", YES), ("2025-01-01", NO)]
    )
    def test_follows_the_dates_on_which_the_rule_was_in_force(self, day: str, verdict: str) -> None:
        rule = shipped("bis-affiliates", on=day)
        found = determine(graph("X 50 C"), subject="C", rule=rule, listed=["X"]).parties
        assert found["C"].verdict == verdict
        assert found["X"].verdict == YES

    def test_the_strictest_of_several_owners_decides_and_their_lists_are_named(self) -> None:
        rule, structure = shipped("bis-affiliates", on="2026-11-15"), graph("X 30 A; Y 20 A; A 50 C; Z 50 C")
        found = determine(structure, subject="C", rule=rule, listed={"X": "Entity List", "Y": "MEU List"}).parties
        assert found["C"].why[-1] == "To C applies the strictest of what applies to X (Entity List) and to Y (MEU List)."
        alone = determine(structure, subject="C", rule=rule, listed=["Z"]).parties
        assert alone["C"].why[-1] == "To C applies what applies to Z."
        assert not any("applies" in told for told in alone["Z"].why)


class TestAmlr:
    def test_entities_are_never_beneficial_owners(self) -> None:
        found = amlr("A 100 C").parties["A"]
        assert (found.verdict, found.share) == (NO, parse("100"))

    def test_tells_the_chains_and_the_line(self) -> None:
        assert amlr("X 50 A; A 25 C; X 12.5 C").parties["X"].why == (
            "X holds 12.5 % of C.",
            "X holds 50 % of A, A 25 % of C: 50 % × 25 % = 12.5 %.",
            "X holds 25 % of C over all chains; 25 % or more is the line.",
        )

    def test_control_at_every_level_counts(self) -> None:
        found = amlr("X 51 A; A 51 B; B 51 C").parties["X"]
        assert found.verdict == YES
        assert found.share.min < Fraction(1, 4)
        assert "X controls C: more than 50 % at every level." in found.why

    def test_exactly_half_is_no_control(self) -> None:
        assert amlr("X 50 H; H 30 C").parties["X"].verdict == NO

    def test_holdings_of_all_controlled_entities_are_added(self) -> None:
        assert amlr("X 60 A; X 60 B; A 13 C; B 12 C").parties["X"].verdict == YES
        assert amlr("X 60 A; X 60 B; A 13 C; B 11 C").parties["X"].verdict == NO

    def test_profits_and_votes_are_tested_apart(self) -> None:
        assert amlr("X 10 C; X 25 C votingRights").parties["X"].verdict == YES
        assert amlr("X 10 C; X 24 C votingRights").parties["X"].verdict == NO
        assert amlr("X 10 C; X 20 C rightsToProfitOrIncome").parties["X"].verdict == NO

    def test_votes_follow_shares_unless_something_else_is_said(self) -> None:
        assert amlr("X 100 A; A 30 C votingRights; A 5 C").parties["X"].verdict == YES

    def test_who_appoints_the_board_controls(self) -> None:
        assert amlr("X ? C appointmentOfBoard; Y 100 C").parties["X"].verdict == YES

    @pytest.mark.parametrize(
        ("text", "verdict"),
        [
            ("X 20-30 C", INDETERMINATE),
            ("X >20 C", INDETERMINATE),
            ("X >50 H; H 30 C", YES),
            ("X ? C; Y 80 C", NO),
            ("X ? C; Y 75 C", INDETERMINATE),
            ("X 20 C; N 5 C", INDETERMINATE),
            ("X 20 C; N 4 C", NO),
            ("X 60 C; Y 60 C", INDETERMINATE),
            ("X 5 C; Y 60 C; Z 60 C", INDETERMINATE),
            ("X 25 C; X 5 A; Y 60 A; Z 60 A; A 1 C", YES),
        ],
    )
    def test_what_is_not_known_exactly_may_leave_it_open(self, text: str, verdict: str) -> None:
        assert amlr(text, nameless="N").parties["X"].verdict == verdict

    def test_an_owner_of_unstated_kind_may_be_a_person(self) -> None:
        rule = shipped("eu-amlr")
        bare = regimes.Graph.of(holdings("X 30 C; Y 20 C"))
        found = determine(bare, subject="C", rule=rule).parties
        assert (found["X"].verdict, found["Y"].verdict) == (INDETERMINATE, NO)

    def test_cross_holdings_are_counted_to_their_end(self) -> None:
        result = amlr("X 40 A; C 20 A; Y 40 A; A 50 C; Z 50 C")
        shares = [result.parties[party].share.min for party in "XYZ"]
        assert shares == [Fraction(2, 9), Fraction(2, 9), Fraction(5, 9)]
        assert sum(shares) == 1

    def test_a_circle_is_told_so_that_the_share_can_be_computed_again(self) -> None:
        parties = amlr("H 60 C; R 45 H; H 30 R; Y 70 R; X 55 H; X 40 C").parties
        told = {
            party: next(found for found in parties[party].why if "circles" in found).partition("the share of ")[2]
            for party in "XHR"
        }
        assert told == {
            "X": "X is 40 % + 55 % of the 69.36 % that H owns ≈ 78.15 %.",
            "H": "H (a part of it comes back to it through the circle) is 60 % + 30 % of the 31.21 % that R owns ≈ 69.36 %.",
            "R": "R (a part of it comes back to it through the circle) is 45 % of the 69.36 % that H owns ≈ 31.21 %.",
        }
        assert parties["H"].why[-1].endswith("only people are owners in the end, and its share counts again in theirs.")

    def test_a_ring_that_nobody_holds_leaves_others_as_they_are(self) -> None:
        result = amlr("A 100 B; B 100 A; A 50 C; X 30 C")
        assert result.parties["X"].share == parse("30")
        assert result.parties["A"].share == parse("50-100")


class TestBeneficialOwners:
    def test_asks_people_only_and_calls_them_by_name(self) -> None:
        names = {"1": "Ana", "2": "Beta Ltd", "3": "Gamma SA"}
        structure = graph("1 60 2; 2 50 3", people="1", names=names)
        found = determine(structure, subject="3", rule=shipped("fincen-cdd")).parties
        assert {party: verdict.verdict for party, verdict in found.items()} == {"1": YES, "2": NO, "3": NO}
        assert found["1"].why == (
            "Ana holds 60 % of Beta Ltd, Beta Ltd 50 % of Gamma SA: 60 % × 50 % = 30 %.",
            "Ana holds 30 % of Gamma SA over all chains; 25 % or more is the line.",
        )


class TestProviderTerms:
    def terms(self, text: str, countries: str, **more: str) -> Verdict:
        structure = graph(text, countries=countries, **more)
        return determine(structure, subject="C", rule=shipped("provider-terms")).parties["C"]

    @pytest.mark.parametrize(
        ("text", "countries", "verdict", "share"),
        [
            ("A 50 C", "A:CN", NO, "50"),
            ("A 50.01 C", "A:CN", YES, "50.01"),
            ("A >50 C", "A:CN", YES, "50-100"),
            ("A 30 C; B 30 C", "A:CN B:RU", YES, "60"),
            ("A 30 C; B 30 C", "A:CN B:DE", NO, "30"),
            ("A 80 B; B 80 C", "A:CN B:DE", YES, "64"),
            ("A 70 B; B 70 C", "A:CN B:DE", NO, "49"),
            ("A 100 B; B 100 C", "A:CN B:CN", YES, "100"),
            ("D 100 A; A 60 C", "A:CN D:DE", YES, "60"),
            ("X 100 C", "X:CN", NO, "0"),
            ("A 60 C", "", INDETERMINATE, "0-60"),
            ("A 40 C; X 60 C", "", NO, "0-40"),
            ("A 40-60 C", "A:CN", INDETERMINATE, "40-60"),
            ("A 50 B; D 50 B; B 50 D; B 60 C", "A:CN B:DE D:DE", NO, "40"),
            ("A 50 B; D 50 B; B 100 D; B 60 C", "A:CN B:DE D:DE", YES, "60"),
        ],
    )
    def test_sums_what_companies_of_the_regions_own(self, text: str, countries: str, verdict: str, share: str) -> None:
        found = self.terms(text, countries)
        limits = parse(share, zero=True)
        assert (found.verdict, found.share.min, found.share.max) == (verdict, limits.min, limits.max)

    def test_tells_the_steps_and_each_region(self) -> None:
        assert self.terms("A 80 B; B 50 C; D 20 C", "A:CN B:DE D:RU").why == (
            "A holds 80 % of B and is headquartered in CN: all of it counts.",
            "D holds 20 % of C and is headquartered in RU: all of it counts.",
            "B holds 50 % of C; companies of the regions own 80 % of B, so that part counts.",
            "Companies headquartered in the regions of the rule own 60 % of C (CN 40 %, RU 20 %); more than 50 % is the line.",
        )


class TestUltimateParent:
    def parents(self, text: str, **more: str) -> Result:
        return determine(graph(text, **more), subject="C", rule=shipped("ultimate-parent"))

    @pytest.mark.parametrize(
        ("text", "top"),
        [
            ("A 60 C", {"A"}),
            ("B 60 A; A 60 C", {"B"}),
            ("X 100 A; A 60 C", {"A"}),
            ("A 50 C; B 50 C", {"C"}),
            ("X 100 C", {"C"}),
            ("A 51 B; A 26 C; B 25 C", {"A"}),
            ("A >50 C", {"A"}),
        ],
    )
    def test_is_the_highest_entity_in_control(self, text: str, top: set[str]) -> None:
        result = self.parents(text)
        assert who(result) == top
        assert not who(result, INDETERMINATE)

    def test_a_ring_has_no_certain_top(self) -> None:
        result = self.parents("A 60 B; B 60 A; A 60 C")
        assert who(result, INDETERMINATE) == {"A", "B"}

    def test_a_range_leaves_it_open(self) -> None:
        result = self.parents("A 40-60 C")
        assert who(result, INDETERMINATE) == {"A", "C"}

    def test_names_the_headquarters(self) -> None:
        assert "Its headquarters country is RU." in self.parents("A 60 C", countries="A:RU").parties["A"].why


class TestDepth:
    @pytest.mark.parametrize(("text", "levels"), [("", 0), ("X 50 C", 1), ("X 50 A; A 50 C; Y 1 C", 2), ("A 50 C; C 50 A", 1)])
    def test_counts_levels_of_owners(self, text: str, levels: int) -> None:
        assert regimes.depth(holdings(text), subject="C") == levels


class TestSpeed:
    @pytest.mark.bench
    def test_ten_thousand_parties(self) -> None:
        rng = random.Random(7)
        text = [
            Holding(f"P{rng.randrange(i)}", f"P{i}", parse(str(rng.choice([10, 20, 33, 50]))))
            for i in range(1, 10_000)
            for _ in range(3)
        ]
        found = determine(Graph.of(text), subject="P0", rule=shipped("ofac-50"), listed={"P0", "P1"})
        assert len(found.parties) == 10_000
