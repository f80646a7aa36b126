"""Roles in a trust beside shares (FATF-04)."""

from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kyc.ownership import trusts
from kyc.ownership.graph import ENTITY, PERSON, Graph, Holding, Party, everyone
from kyc.ownership.regimes import determine
from kyc.ownership.rule import Rule
from kyc.ownership.shares import exactly, parse
from kyc.ownership.verdicts import NO, STRENGTH, Verdict
from kyc.rules.packs import Threshold
from tests.kyc.ownership import structures

QUARTER = Rule("", Threshold(Fraction(1, 4), True, "a quarter"), roles=tuple(trusts.ROLES))
PARTIES = "CLTUpqs"
NAMES = {"T": "Oak Trust", "C": "Clearwater Ltd", "s": "Sam", "t": "Tina", "b": "Ben", "L": "Law Ltd", "p": "Pia"}


def role(owner: str, kind: str, trust: str = "T") -> Holding:
    return Holding(owner, trust, parse(""), kind)


def verdicts(holdings: list[Holding], subject: str, people: str = "stbp") -> dict[str, Verdict]:
    return dict(determine(graph(holdings, people), subject=subject, rule=QUARTER).parties)


def graph(holdings: list[Holding], people: str = "stbp") -> Graph:
    kinds = {id: PERSON if id in people else ENTITY for id in [*PARTIES, *everyone(holdings)]}
    return Graph.of(holdings, [Party(id, kind, name=NAMES.get(id, "")) for id, kind in kinds.items()])


def found(holdings: list[Holding], subject: str, people: str = "stbp") -> dict[str, tuple[str, Fraction]]:
    """Of whoever counts, or holds some."""
    every = verdicts(holdings, subject, people).items()
    return {party: (told.verdict, told.share.min) for party, told in every if told.verdict != NO or told.share.max}


ROLES = [role("s", "settlor"), role("t", "trustee"), role("b", "beneficiaryOfLegalArrangement")]


class TestOwners:
    @pytest.mark.parametrize(("share", "verdict"), [("25", "yes"), ("30", "yes"), ("24.99", ""), ("20-30", "indeterminate")])
    def test_everybody_in_a_trust_that_reaches_the_line(self, share: str, verdict: str) -> None:
        answers = found([Holding("T", "C", parse(share)), *ROLES], "C")
        told = {party: answers[party][0] for party in "stb" if party in answers}
        assert told == ({party: verdict for party in "stb"} if verdict else {})

    def test_a_trust_that_is_the_customer_itself(self) -> None:
        assert found(ROLES, "T") == {party: ("yes", 1) for party in "stb"}

    def test_a_company_as_trustee_is_no_owner_but_is_told(self) -> None:
        assert verdicts([Holding("T", "C", parse("50")), role("L", "trustee")], "C")["L"].verdict == NO

    def test_an_owner_by_shares_stays_one(self) -> None:
        answers = found([Holding("T", "C", parse("30")), Holding("p", "C", parse("60")), role("p", "protector")], "C")
        assert answers["p"] == ("yes", Fraction(3, 5))

    def test_who_owns_too_little_by_shares_is_one_through_the_trust(self) -> None:
        answers = found([Holding("T", "C", parse("30")), Holding("p", "C", parse("10")), role("p", "protector")], "C")
        assert answers["p"] == ("yes", Fraction(3, 10))

    @pytest.mark.parametrize(("own", "trust"), [("20-30", "40"), ("40", "20-30"), ("40", "60")])
    def test_the_strongest_verdict_stands_whichever_comes_first(self, own: str, trust: str) -> None:
        answers = found([Holding("p", "C", parse(own)), Holding("T", "C", parse(trust)), role("p", "settlor")], "C")
        assert answers["p"][0] == "yes"

    @pytest.mark.parametrize(("first", "second"), [("20-30", "40"), ("40", "20-30")])
    def test_of_two_trusts_the_one_that_surely_counts_decides(self, first: str, second: str) -> None:
        trusts_held = [Holding("T", "C", parse(first)), Holding("U", "C", parse(second))]
        answers = found([*trusts_held, role("s", "settlor"), role("s", "settlor", "U")], "C")
        assert answers["s"] == ("yes", Fraction(2, 5))

    def test_the_reasons_of_all_are_told(self) -> None:
        holdings = [Holding("p", "C", parse("20-30")), Holding("T", "C", parse("40")), role("p", "settlor"), role("p", "trustee")]
        why = " ".join(verdicts(holdings, "C")["p"].why)
        assert "Pia holds 20 % to 30 % of Clearwater Ltd" in why
        assert "Pia is settlor of Oak Trust" in why
        assert "Pia is trustee of Oak Trust" in why

    @pytest.mark.parametrize(
        ("trust", "stake", "verdict"),
        [
            ("40", "100", "yes"),
            ("40", "20-30", "indeterminate"),
            ("20-30", "100", "indeterminate"),
            ("40", "24", ""),
            ("20", "100", ""),
        ],
    )
    def test_who_owns_a_company_in_a_role_counts_for_it(self, trust: str, stake: str, verdict: str) -> None:
        answers = found([Holding("T", "C", parse(trust)), role("L", "trustee"), Holding("p", "L", parse(stake))], "C")
        assert answers.get("p", ("",))[0] == verdict
        assert "L" not in answers

    def test_who_has_a_role_in_a_trust_that_has_a_role(self) -> None:
        answers = found([Holding("T", "C", parse("40")), role("U", "settlor"), role("s", "trustee", "U")], "C")
        assert answers["s"] == ("yes", Fraction(2, 5))

    def test_who_has_a_role_in_a_trust_that_owns_a_company_in_a_role(self) -> None:
        through = [role("L", "trustee"), Holding("U", "L", parse("60")), role("s", "settlor", "U")]
        answers = found([Holding("T", "C", parse("40")), *through], "C")
        assert answers["s"] == ("yes", Fraction(2, 5))

    def test_trusts_that_have_roles_in_one_another_come_to_an_end(self) -> None:
        ring = [
            role("U", "settlor"),
            role("T", "trustee", "U"),
            role("s", "protector", "U"),
            role("C", "beneficiaryOfLegalArrangement"),
        ]
        answers = found([Holding("T", "C", parse("40")), *ring], "C")
        assert answers["s"][0] == "yes"
        assert "C" not in answers

    def test_a_chain_of_trusts_may_be_longer_than_the_stack(self) -> None:
        chain = [role(f"U{number + 1}", "trustee", f"U{number}") for number in range(1500)]
        last = verdicts([Holding("U0", "C", parse("40")), *chain, role("s", "settlor", "U1500")], "C")["s"]
        assert (last.verdict, last.share, len(last.why)) == ("yes", parse("40"), 1501)

    def test_how_it_comes_is_told_link_by_link(self) -> None:
        holdings = [Holding("T", "C", parse("40")), role("L", "trustee"), Holding("p", "L", parse("100"))]
        why = verdicts(holdings, "C")["p"].why
        assert why[0].startswith("Law Ltd is trustee of Oak Trust, which holds 40 % of Clearwater Ltd;")
        assert "Pia holds 100 % of Law Ltd." in why

    def test_the_sentence_says_role_trust_and_share(self) -> None:
        holdings = [Holding("T", "C", exactly(Fraction(3, 10))), role("s", "settlor")]
        assert verdicts(holdings, "C")["s"].why[-1].startswith("Sam is settlor of Oak Trust, which holds 30 % of Clearwater Ltd;")


class TestVerdict:
    def test_a_reason_ends_with_one_stop_also_after_a_name_that_has_one(self) -> None:
        held = structures.graph("p 30 C", people="p", names={"p": "Pia", "C": "Corvane Labs B.V."})
        found = determine(held, subject="C", rule=QUARTER).parties
        assert found["p"].why[0] == "Pia holds 30 % of Corvane Labs B.V."
        listed = determine(held, subject="C", rule=structures.shipped("ofac-50"), listed={"p"}).parties
        assert not any(reason.endswith("..") for verdict in listed.values() for reason in verdict.why)


class TestBehindRoles:
    def test_companies_and_trusts_with_a_role_that_counts(self) -> None:
        chain = [Holding("T", "C", parse("40")), role("L", "trustee"), role("s", "settlor"), role("U", "protector")]
        small = [Holding("V", "C", parse("5")), role("M", "trustee", "V")]
        behind = trusts.behind_roles(graph([*chain, *small], "s"), subject="C", rule=QUARTER)
        assert behind == ["L", "U"]


PERSONS = "pqs"
shares = st.sampled_from(["10", "24", "25", "40", "20-30", ">20", ""])
held = st.tuples(st.sampled_from(PARTIES), st.sampled_from("CLTU"), shares).filter(lambda h: h[0] != h[1])
roles = st.tuples(st.sampled_from(PARTIES), st.sampled_from("TU"), st.sampled_from(sorted(trusts.ROLES))).filter(
    lambda r: r[0] != r[1]
)


class TestAnotherRole:
    @example([("T", "L", "25"), ("U", "C", "25")], [("L", "U", "trustee"), ("s", "T", "settlor")], ("L", "U", "settlor"))
    @example([("U", "C", "25")], [("T", "U", "beneficiaryOfLegalArrangement")], ("U", "T", "settlor"))
    @settings(deadline=None)
    @given(st.lists(held, max_size=6), st.lists(roles, max_size=5), roles)
    def test_never_lowers_a_verdict_nor_takes_a_reason_away(
        self, holds: list[tuple[str, str, str]], before: list[tuple[str, str, str]], more: tuple[str, str, str]
    ) -> None:
        stated = [Holding(owner, owned, parse(share)) for owner, owned, share in holds]
        named = [role(owner, kind, trust) for owner, trust, kind in before]
        one = verdicts([*stated, *named], "C", PERSONS)
        two = verdicts([*stated, *named, role(more[0], more[2], more[1])], "C", PERSONS)
        for party, verdict in one.items():
            assert STRENGTH.index(two[party].verdict) >= STRENGTH.index(verdict.verdict)
            # What one missing fact would decide it may decide no more by itself.
            stays = {reason for reason in verdict.why if not reason.startswith("It depends on")}
            assert set(two[party].why) >= stays or two[party].verdict != verdict.verdict
