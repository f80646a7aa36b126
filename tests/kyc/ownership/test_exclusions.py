from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc.ownership.exclusions import Claim, applied, holding, not_relied_on
from kyc.ownership.regimes import INDETERMINATE, NO, YES, determine
from kyc.ownership.verdicts import Verdict
from kyc.rules import packs
from tests.kyc.ownership.structures import graph, shipped

PACK = packs.current()
LISTED, NONPROFIT = Claim("listed_company", "D-12"), Claim("nonprofit", "D-7")
WHOLE = [code for code, one in PACK.exclusions.items() if not one.is_control_asked and not one.only_as_far]
CONTROL_ONLY = [code for code, one in PACK.exclusions.items() if one.is_control_asked]


def asked(text: str, **claims: Claim) -> dict[str, Verdict]:
    """Of C, under FinCEN's rule; `claims` by party."""
    structure, rule = graph(text), shipped("fincen-cdd")
    plain = determine(structure, subject="C", rule=rule).parties
    made = {party: [claim] for party, claim in claims.items()}
    return applied(structure, subject="C", rule=rule, pack=PACK, verdicts=plain, claims=made)


def words(found: Mapping[str, Verdict]) -> dict[str, str]:
    return {party: told.verdict for party, told in found.items()}


class TestOfTheCustomer:
    @pytest.mark.parametrize("code", WHOLE + CONTROL_ONLY)
    def test_no_owner_is_asked_for(self, code: str) -> None:
        found = asked("X 30 C; Y 20-30 C", C=Claim(code, "D-12"))
        assert words(found) == {"C": NO, "X": NO, "Y": NO}
        assert (
            found["X"].why[0]
            == f"C is excluded ({PACK.exclusions[code].rule}), as D-12 shows: {titled(code)} Of it no owner is asked for."
        )

    def test_what_each_owns_stays_what_it_is(self) -> None:
        plain, found = asked("X 30 C"), asked("X 30 C", C=LISTED)
        assert found["X"].share == plain["X"].share
        assert found["X"].why[1:] == plain["X"].why

    def test_who_is_in_control_is_asked_for_where_only_the_owners_are_left_out(self) -> None:
        text = "X 30 C; Y ? C seniorManagingOfficial"
        assert words(asked(text, C=NONPROFIT)) == {"C": NO, "X": NO, "Y": YES}
        assert words(asked(text, C=LISTED)) == {"C": NO, "X": NO, "Y": NO}

    def test_one_that_holds_only_as_far_as_something_else_is_opened_never_holds(self) -> None:
        found = asked("X 30 C", C=Claim("private_banking", "D-12"))
        assert words(found)["X"] == YES
        assert "it holds only as far as a private banking account is opened, and here none is" in found["C"].why[0]


def titled(code: str) -> str:
    return f"{PACK.exclusions[code].title}."


class TestOfACompanyInTheChain:
    def test_nobody_is_named_for_what_it_holds(self) -> None:
        found = asked("A 40 C; X 100 A; Y 30 C", A=LISTED)
        assert words(found) == {"A": NO, "C": NO, "X": NO, "Y": YES}
        assert found["X"].why[0].endswith("Nobody need be named for what it holds (FIN-02: 31 CFR 1010.230(d)(3)).")
        assert found["A"].why[0].startswith("A is excluded (FIN-04: 31 CFR 1010.230(e)(2)), as D-12 shows: Company listed")
        assert "excluded" not in " ".join(found["Y"].why)

    def test_what_is_held_beside_it_counts_on(self) -> None:
        found = asked("A 40 C; X 100 A; X 26 C", A=LISTED)
        assert (found["X"].verdict, str(found["X"].share.min)) == (YES, "13/50")
        assert asked("A 40 C; X 100 A; X 24 C", A=LISTED)["X"].verdict == NO

    @pytest.mark.parametrize(("share", "word"), [("25", NO), ("24.99", YES), ("20-30", INDETERMINATE)])
    def test_only_where_it_surely_holds_the_line(self, share: str, word: str) -> None:
        """(d)(3) speaks of an excluded entity that owns 25 per cent or more."""
        assert asked(f"A {share} C; X 100 A; X 4 C", A=LISTED)["X"].verdict == word

    def test_one_that_is_spared_the_owners_alone_is_looked_through(self) -> None:
        assert asked("A 40 C; X 100 A", A=NONPROFIT)["X"].verdict == YES

    def test_through_another_that_is_not_excluded(self) -> None:
        assert words(asked("B 80 C; A 50 B; X 100 A; Y 50 B", A=LISTED)) == {"A": NO, "B": NO, "C": NO, "X": NO, "Y": YES}

    def test_who_is_unknown_above_it_leaves_nothing_open(self) -> None:
        assert asked("A 40 C; X ? A")["X"].verdict == INDETERMINATE
        assert asked("A 40 C; X ? A", A=LISTED)["X"].verdict == NO


class TestWhatIsNotShown:
    LACKING = Claim("listed_company", "", "no officer has verified it")

    @pytest.mark.parametrize("party", ["C", "A"])
    def test_changes_no_verdict_and_is_told(self, party: str) -> None:
        plain, found = asked("A 40 C; X 100 A"), asked("A 40 C; X 100 A", **{party: self.LACKING})
        assert words(found) == words(plain)
        told = f"{party} claims to be excluded, and nothing rests on it, since no officer has verified it: Company listed"
        assert found[party].why[0].startswith(told)
        assert found[party].why[1:] == plain[party].why

    def test_is_of_no_pack(self) -> None:
        assert not_relied_on(PACK, "C", [Claim("small", "D-1")]) == [
            "C claims to be excluded, and nothing rests on it, since rule pack 2026.11 has no such exclusion: small."
        ]

    def test_stands_behind_one_that_is(self) -> None:
        found = holding(PACK, [self.LACKING, Claim("nonprofit", "D-1"), Claim("insurer", "D-2")])
        assert found and (found.ground.code, found.evidence) == ("insurer", "D-2")


class TestAll:
    @given(
        st.lists(st.tuples(st.sampled_from("XYAB"), st.integers(1, 60), st.sampled_from("ABC")), max_size=6),
        st.sampled_from("ABC"),
    )
    def test_nobody_becomes_an_owner_by_an_exclusion(self, held: list[tuple[str, int, str]], party: str) -> None:
        text = "; ".join(f"{owner} {share} {owned}" for owner, share, owned in held if owner != owned) or "X 1 C"
        plain, found = asked(text), asked(text, **{party: LISTED})
        assert found.keys() == plain.keys()
        assert not [one for one in found if found[one].verdict == YES and plain[one].verdict != YES]
