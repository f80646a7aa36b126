"""Roles in a trust, which are no shares: whoever has one is an owner of what the trust holds (FATF-04). Where a company or
another trust has the role, those count who own that company, or have a role in that trust."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from kyc.ownership import regimes
from kyc.ownership.graph import SHAREHOLDING, Holding
from kyc.ownership.shares import ONE, Interval, exactly, shown
from kyc.ownership.verdicts import NO, YES, Verdict, is_stronger, lesser, line, stronger, weigh
from kyc.rules.packs import Threshold

# The one list of them, with what each is called in the arithmetic.
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
    share told of such a person is the trust's, since his own is not divided. Companies in such a role are told as no owners,
    and so whoever owns them counts. Of several verdicts on one party the strongest stands, with the reasons of all."""
    return Roles(tuple(holdings), subject, frozenset(people), threshold, names).join(owners)


def behind_roles(holdings: Iterable[Holding], *, subject: str, people: Collection[str], threshold: Threshold) -> list[str]:
    """Companies and trusts with a role in a trust that counts: others stand behind them."""
    return list(Roles(tuple(holdings), subject, frozenset(people), threshold, {}).standing)[1:]


@dataclass(frozen=True)
class Standing:
    """A company or trust whose owners count as the subject's: the subject itself, or who has a role in a trust that counts.
    `share` is what that trust holds of the subject."""

    verdict: str
    share: Interval
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class Roles:
    """Who counts through trusts, for one subject."""

    holdings: tuple[Holding, ...]
    subject: str
    people: frozenset[str]
    threshold: Threshold
    names: Mapping[str, str]

    def join(self, owners: Mapping[str, Verdict]) -> dict[str, Verdict]:
        found = dict(owners)
        for party, verdict in self.all():
            found[party] = stronger(found[party], verdict) if party in found else verdict
        return found

    @cached_property
    def standing(self) -> dict[str, Standing]:
        """The subject first. Each party is taken up again only when a stronger verdict reaches it, so this ends."""
        found = {self.subject: Standing(YES, exactly(ONE))}
        queue = [self.subject]
        for party in queue:
            for holder, verdict in self.in_roles(party, found[party]):
                known = found.get(holder)
                if holder not in self.people and (known is None or is_stronger(verdict.verdict, known.verdict)):
                    found[holder] = Standing(verdict.verdict, verdict.share, verdict.why)
                    queue.append(holder)
        return found

    def all(self) -> Iterator[tuple[str, Verdict]]:
        """Every way in which a party counts beside the subject's own owners by shares."""
        for party, stands in self.standing.items():
            for holder, verdict in self.in_roles(party, stands):
                yield holder, verdict if holder in self.people else self.no_person(verdict)
            if party != self.subject:
                yield from self.by_shares(party, stands)

    def in_roles(self, party: str, stands: Standing) -> Iterator[tuple[str, Verdict]]:
        """Who has a role in the party, or in a trust above it that may hold the threshold."""
        for holding in sorted(self.holdings, key=lambda h: (h.owned, h.owner, h.interest)):
            if (
                holding.interest not in ROLES
                or holding.owner == self.subject
                or not (share := self.share_in(holding.owned, party))
            ):
                continue
            verdict = lesser(stands.verdict, weigh(self.threshold, share))
            if verdict != NO:
                told_share = share if party == self.subject else stands.share
                yield holding.owner, Verdict(verdict, told_share, (*stands.why, self.told(holding, share, party)))

    def by_shares(self, party: str, stands: Standing) -> Iterator[tuple[str, Verdict]]:
        """The people who own, by shares, a company that has a role."""
        for owner, verdict in self.owners(party).items():
            joined = lesser(stands.verdict, verdict.verdict)
            if joined != NO:
                yield owner, Verdict(joined, stands.share, (*stands.why, *verdict.why))

    def share_in(self, trust: str, party: str) -> Interval | None:
        if trust == party:
            return exactly(ONE)
        found = self.owners(party).get(trust)
        return found.share if found else None

    def owners(self, party: str) -> dict[str, Verdict]:
        if party not in self.found:
            self.found[party] = regimes.beneficial_owners(
                shares_only(self.holdings), subject=party, people=self.people, threshold=self.threshold, names=self.names
            )
        return self.found[party]

    @cached_property
    def found(self) -> dict[str, dict[str, Verdict]]:
        """Owners by shares of each party, computed once."""
        return {}

    def no_person(self, verdict: Verdict) -> Verdict:
        *before, last = verdict.why
        return Verdict(NO, verdict.share, (*before, f"{last} It is no person; who stands behind it is asked for."))

    def told(self, holding: Holding, share: Interval, party: str) -> str:
        name, trust = self.name(holding.owner), self.name(holding.owned)
        role = ROLES[holding.interest]
        if holding.owned == party:
            return f"{name} is {role} of {trust}: whoever has a role in a trust is counted as its owner."
        return (
            f"{name} is {role} of {trust}, which holds {shown(share)} of {self.name(party)}; "
            f"{line(self.threshold)} is the line, and whoever has a role in the trust is counted."
        )

    def name(self, party: str) -> str:
        return self.names.get(party, party)
