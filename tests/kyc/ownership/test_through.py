"""What each regime makes of trusts, nominees, control without shares, and statements that cannot be."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kyc.ownership.graph import PERSON, Graph, Holding, Party
from kyc.ownership.regimes import INDETERMINATE, NO, YES, Result, determine
from kyc.ownership.rule import REGIMES
from kyc.ownership.shares import Interval, parse
from tests.kyc.ownership.structures import graph, shipped
from tests.kyc.ownership.test_properties import ENTITIES as STRUCTURE_ENTITIES
from tests.kyc.ownership.test_properties import PEOPLE as STRUCTURE_PEOPLE
from tests.kyc.ownership.test_properties import asked as structure_asked
from tests.kyc.ownership.test_properties import structures

PEOPLE = "X Y P Q s t b"
OF_OWNERS = ["eu-amlr", "fincen-cdd", "iaas-cip"]


def asked(text: str, regime: str, *, listed: str = "", people: str = PEOPLE, **more: str) -> Result:
    return determine(graph(text, people=people, **more), subject="C", rule=shipped(regime), listed=listed.split())


def who(result: Result, verdict: str = YES) -> set[str]:
    return {party for party, found in result.parties.items() if found.verdict == verdict}


class TestTrusts:
    ROLES = "s ? T settlor; t ? T trustee; b ? T beneficiaryOfLegalArrangement"

    @pytest.mark.parametrize(
        ("regime", "owners"), [("eu-amlr", {"s", "t", "b"}), ("iaas-cip", {"s", "t", "b"}), ("fincen-cdd", {"t"})]
    )
    @pytest.mark.parametrize("chain", ["T 25 C", "T 25 H; H 100 C", "T 50 H; H 50 C"])
    def test_whose_role_counts_owns_what_the_trust_owns(self, regime: str, owners: set[str], chain: str) -> None:
        result = asked(f"{self.ROLES}; {chain}", regime)
        assert who(result) == owners
        assert {result.parties[party].share for party in owners} == {parse("25")}

    @pytest.mark.parametrize("regime", OF_OWNERS)
    def test_a_trust_below_the_line_makes_nobody_an_owner(self, regime: str) -> None:
        assert not who(asked(f"{self.ROLES}; T 24.99 C", regime))

    def test_mixed_chains_lead_through_a_trust(self) -> None:
        assert who(asked(f"{self.ROLES}; T 30 H; H 60 C", "eu-amlr")) == {"s", "t", "b"}
        assert not who(asked(f"{self.ROLES}; T 30 H; H 60 C", "fincen-cdd"))

    @pytest.mark.parametrize("regime", OF_OWNERS)
    def test_who_owns_a_company_that_is_trustee_counts(self, regime: str) -> None:
        result = asked("L ? T trustee; X 60 L; T 40 C", regime)
        assert who(result) == {"X"}
        assert result.parties["L"].verdict == NO

    @pytest.mark.parametrize("regime", OF_OWNERS)
    def test_a_trust_that_may_hold_the_line_leaves_it_open(self, regime: str) -> None:
        assert asked("t ? T trustee; T 20-30 C", regime).parties["t"].verdict == INDETERMINATE

    @pytest.mark.parametrize("regime", REGIMES)
    def test_of_a_trust_nothing_is_left_over(self, regime: str) -> None:
        """It has no shares; a company of which a role is stated besides its shares has, and so has one of which nothing is."""
        left = asked("t ? T trustee; T 40 C; s ? D settlor; X 25 D; E 10 C", regime).as_json()["unaccounted"]
        assert left == {
            "C": {"min": "1/2", "max": "1/2"},
            "D": {"min": "3/4", "max": "3/4"},
            "E": {"min": "1", "max": "1"},
        }

    def test_roles_are_no_ownership_for_the_cascades(self) -> None:
        assert asked("t ? T trustee; T 60 C", "ofac-50", listed="t").parties["C"].verdict == NO


class TestNominees:
    @pytest.mark.parametrize("regime", OF_OWNERS)
    @pytest.mark.parametrize("front", ["P ? N nominator; Q ? N nominee; N 30 C", "P ? Q nominator; Q 30 C"])
    def test_whom_it_is_held_for_owns(self, regime: str, front: str) -> None:
        result = asked(front, regime)
        assert who(result) == {"P"}
        assert result.parties["P"].share == parse("30")

    def test_the_nominee_is_told_as_one(self) -> None:
        why = asked("P ? Q nominator; Q 30 C", "iaas-cip").parties["Q"].why
        assert why[-1] == "Q holds as a nominee for P: what it holds is counted as theirs."

    @pytest.mark.parametrize("front", ["P ? N nominator; N 60 C", "P ? Q nominator; Q 60 C"])
    def test_a_listed_party_blocks_through_a_nominee(self, front: str) -> None:
        result = asked(front, "ofac-50", listed="P")
        assert result.parties["C"].verdict == YES
        assert "Q" not in who(result)

    @pytest.mark.parametrize("regime", OF_OWNERS)
    def test_who_is_behind_a_nominee_and_not_named_may_be_anybody(self, regime: str) -> None:
        assert asked("Q ? N nominee; N 60 C; X 1 C", regime).parties["X"].verdict == INDETERMINATE

    def test_of_several_each_may_have_a_part(self) -> None:
        result = asked("P ? N nominator; X ? N nominator; N 40 C", "iaas-cip")
        assert who(result, INDETERMINATE) == {"P", "X"}

    def test_a_company_of_the_regions_counts_through_a_nominee(self) -> None:
        result = asked("A ? N nominator; N 60 C", "provider-terms", countries="A:CN N:DE")
        assert result.parties["C"].verdict == YES

    def test_a_nominee_is_nobodys_parent(self) -> None:
        assert who(asked("A ? N nominator; N 60 C", "ultimate-parent")) == {"A"}
        assert who(asked("P ? N nominator; N 60 C", "ultimate-parent")) == {"C"}

    def test_a_company_with_shareholders_is_one_whatever_is_said_besides(self) -> None:
        assert asked("P ? C nominator; X 100 C", "iaas-cip").parties["P"].verdict == NO


class TestSubstantialControl:
    @pytest.mark.parametrize(
        ("text", "verdict"),
        [
            ("X ? C appointmentOfBoard", YES),
            ("X ? H otherInfluenceOrControl; H 60 C", YES),
            ("X 51 A; A 51 B; B 51 C", YES),
            ("X 60 C votingRights; Y 100 C", YES),
            ("X 30 C votingRights; Y 100 C", NO),
            ("X ? C boardMember", NO),
            ("X 60 H; H 24 C", NO),
            ("X 30 H; H 60 C", NO),
        ],
    )
    def test_makes_an_owner_under_the_proposed_rule(self, text: str, verdict: str) -> None:
        assert asked(text, "iaas-cip").parties["X"].verdict == verdict

    def test_does_not_under_the_rule_of_banks(self) -> None:
        assert not who(asked("X ? C appointmentOfBoard; Y 51 A; A 51 B; B 51 C", "fincen-cdd"))

    def test_nobody_is_said_to_control_who_does_not(self) -> None:
        assert not any("controls" in told for told in asked("X 10 C", "eu-amlr").parties["X"].why)


class TestImpossible:
    def test_less_than_nothing_is_an_error_and_decides_nothing(self) -> None:
        negative = Interval(Fraction(-1, 10), Fraction(-1, 10))
        structure = Graph.of(
            [Holding("X", "C", negative), Holding("Y", "C", parse("60"))], [Party("X", PERSON), Party("Y", PERSON)]
        )
        result = determine(structure, subject="C", rule=shipped("iaas-cip"))
        assert result.errors == ("C: X is stated to hold -10 %, less than nothing.",)
        assert who(result, INDETERMINATE) == {"X", "Y"}

    def test_what_holds_itself_is_told_and_counted_as_a_circle(self) -> None:
        result = asked("A 30 A; X 30 A; Y 40 A; A 100 C", "iaas-cip")
        assert result.errors == ("A: it is stated to hold 30 % of itself; that is counted as a circle.",)
        assert result.parties["X"].share.min == Fraction(3, 7)
        assert any("of the 142.86 % that A owns" in told for told in result.parties["X"].why)


class TestMissing:
    def test_a_party_of_no_stated_kind_is_named(self) -> None:
        bare = Graph.of([Holding("X", "C", parse("30"))])
        why = determine(bare, subject="C", rule=shipped("iaas-cip")).parties["X"].why
        assert why[-1] == "It depends on whether X is a person: if so the answer is yes, if not it is no."

    @settings(deadline=None, max_examples=80)
    @given(structures(), st.sets(st.sampled_from([*STRUCTURE_PEOPLE, *STRUCTURE_ENTITIES])), st.sampled_from(REGIMES))
    def test_every_open_verdict_names_one(self, holdings: list[Holding], listed: set[str], regime: str) -> None:
        for found in structure_asked(holdings, regime, listed).parties.values():
            is_told = any(told.startswith(("It depends on", "Whether ")) or "control each other" in told for told in found.why)
            assert is_told or found.verdict != INDETERMINATE

    def test_exact_shares_that_are_no_matter_are_not_asked_for(self) -> None:
        why = " ".join(asked("X 20-30 C; Y 10 C", "iaas-cip").parties["X"].why)
        assert why.count("It depends on") == 1


class TestCircles:
    @pytest.mark.parametrize("regime", ["ofac-50", "eu-amlr", "provider-terms", "ultimate-parent"])
    def test_are_told_of_those_who_stand_in_them(self, regime: str) -> None:
        found = asked("X 40 A; C 20 A; A 50 C", regime).parties
        assert "A and C hold one another in a circle." in found["A"].why
        assert not any("circle." in told for told in found["X"].why)


class TestParentByVotes:
    @pytest.mark.parametrize(
        ("text", "top"),
        [
            ("A 40 C; A 60 C votingRights", {"A"}),
            ("A ? C appointmentOfBoard; X 100 C", {"A"}),
            ("B 60 A; A 40 C; A 60 C votingRights", {"B"}),
        ],
    )
    def test_votes_and_appointments_make_a_parent(self, text: str, top: set[str]) -> None:
        assert who(asked(text, "ultimate-parent")) == top

    def test_one_by_shares_and_one_by_votes_leave_it_open(self) -> None:
        result = asked("A 60 C; B 60 C votingRights", "ultimate-parent")
        assert (who(result), who(result, INDETERMINATE)) == (set(), {"A", "B"})
