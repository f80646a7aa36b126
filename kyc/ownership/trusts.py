"""Roles in a trust, which are no shares: whoever has one is an owner of what the trust holds (FATF-04)."""

from collections.abc import Collection, Iterable, Mapping

from kyc.ownership.graph import SHAREHOLDING, Holding
from kyc.ownership.shares import ONE, Interval, exactly, shown
from kyc.ownership.verdicts import NO, Verdict, line, weigh
from kyc.rules.packs import Threshold

ROLES = {
    "settlor": "settlor",
    "trustee": "trustee",
    "protector": "protector",
    "beneficiaryOfLegalArrangement": "beneficiary",
}


def shares_only(holdings: Iterable[Holding]) -> list[Holding]:
    return [holding for holding in holdings if holding.interest == SHAREHOLDING]


def with_trusts(
    owners: Mapping[str, Verdict],
    holdings: Iterable[Holding],
    *,
    subject: str,
    people: Collection[str],
    threshold: Threshold,
    names: Mapping[str, str],
) -> dict[str, Verdict]:
    """`owners` by shares, and everybody with a role in a trust that is the subject itself or holds the threshold of it. The
    share told of such a person is the trust's, since his own is not divided. Companies in such a role are told as no owners."""
    found = dict(owners)
    for holding in sorted(holdings, key=lambda h: (h.owned, h.owner, h.interest)):
        if holding.interest not in ROLES:
            continue
        share = exactly(ONE) if holding.owned == subject else owners[holding.owned].share if holding.owned in owners else None
        verdict = weigh(threshold, share) if share else NO
        if share is None or verdict == NO:
            continue
        why = told(holding, share, subject, threshold, names)
        if holding.owner not in people:
            why, verdict = f"{why} It is no person; who stands behind it is asked for.", NO
        before = found.get(holding.owner)
        if before is None or before.verdict == NO:
            found[holding.owner] = Verdict(verdict, share, (*(before.why if before else ()), why))
    return found


def told(holding: Holding, share: Interval, subject: str, threshold: Threshold, names: Mapping[str, str]) -> str:
    name, trust = names.get(holding.owner, holding.owner), names.get(holding.owned, holding.owned)
    role = ROLES[holding.interest]
    if holding.owned == subject:
        return f"{name} is {role} of {trust}: whoever has a role in a trust is counted as its owner."
    return (
        f"{name} is {role} of {trust}, which holds {shown(share)} of {names.get(subject, subject)}; "
        f"{line(threshold)} is the line, and whoever has a role in the trust is counted."
    )
