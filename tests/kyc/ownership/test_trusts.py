"""Roles in a trust beside shares (FATF-04)."""

from fractions import Fraction

import pytest

from kyc.ownership import regimes, trusts
from kyc.ownership.graph import Holding
from kyc.ownership.shares import exactly, parse
from kyc.rules.packs import Threshold

QUARTER = Threshold(Fraction(1, 4), True, "a quarter")
NAMES = {"T": "Oak Trust", "C": "Clearwater Ltd", "s": "Sam", "t": "Tina", "b": "Ben", "L": "Law Ltd", "p": "Pia"}


def role(owner: str, kind: str, trust: str = "T") -> Holding:
    return Holding(owner, trust, parse(""), kind)


def found(holdings: list[Holding], subject: str, people: str = "stbp") -> dict[str, tuple[str, Fraction]]:
    shares = trusts.shares_only(holdings)
    owners = regimes.beneficial_owners(shares, subject=subject, people=set(people), threshold=QUARTER, names=NAMES)
    verdicts = trusts.with_trusts(owners, holdings, subject=subject, people=set(people), threshold=QUARTER, names=NAMES)
    return {party: (verdict.verdict, verdict.share.min) for party, verdict in verdicts.items()}


ROLES = [role("s", "settlor"), role("t", "trustee"), role("b", "beneficiaryOfLegalArrangement")]


class TestWithTrusts:
    @pytest.mark.parametrize(("share", "verdict"), [("25", "yes"), ("30", "yes"), ("24.99", ""), ("20-30", "indeterminate")])
    def test_everybody_in_a_trust_that_reaches_the_line(self, share: str, verdict: str) -> None:
        answers = found([Holding("T", "C", parse(share)), *ROLES], "C")
        told = {party: answers[party][0] for party in "stb" if party in answers}
        assert told == ({party: verdict for party in "stb"} if verdict else {})

    def test_a_trust_that_is_the_customer_itself(self) -> None:
        assert found(ROLES, "T") == {party: ("yes", 1) for party in "stb"}

    def test_a_company_as_trustee_is_no_owner_but_is_told(self) -> None:
        answers = found([Holding("T", "C", parse("50")), role("L", "trustee")], "C")
        assert answers["L"] == ("no", Fraction(1, 2))

    def test_an_owner_by_shares_stays_one(self) -> None:
        answers = found([Holding("T", "C", parse("30")), Holding("p", "C", parse("60")), role("p", "protector")], "C")
        assert answers["p"] == ("yes", Fraction(3, 5))

    def test_who_owns_too_little_by_shares_is_one_through_the_trust(self) -> None:
        answers = found([Holding("T", "C", parse("30")), Holding("p", "C", parse("10")), role("p", "protector")], "C")
        assert answers["p"] == ("yes", Fraction(3, 10))

    def test_the_sentence_says_role_trust_and_share(self) -> None:
        holdings = [Holding("T", "C", exactly(Fraction(3, 10))), role("s", "settlor")]
        owners = regimes.beneficial_owners(
            trusts.shares_only(holdings), subject="C", people={"s"}, threshold=QUARTER, names=NAMES
        )
        verdicts = trusts.with_trusts(owners, holdings, subject="C", people={"s"}, threshold=QUARTER, names=NAMES)
        assert verdicts["s"].why[-1].startswith("Sam is settlor of Oak Trust, which holds 30 % of Clearwater Ltd;")
