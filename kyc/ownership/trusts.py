"""Roles in a trust, which are no shares: whoever has one is an owner of what the trust holds (FATF-04). Where a company or
another trust has the role, those count who own that company, or have a role in that trust."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from kyc.ownership.graph import ENTITY, PERSON, SHAREHOLDING, Graph, Holding
from kyc.ownership.owners import Owners
from kyc.ownership.rule import Rule
from kyc.ownership.shares import ONE, Interval, exactly, shown
from kyc.ownership.verdicts import INDETERMINATE, NO, STRENGTH, YES, Verdict, lesser, line

# The one list of them, with what each is called in the arithmetic.
ROLES = {
    "settlor": "settlor",
    "trustee": "trustee",
    "protector": "protector",
    "beneficiaryOfLegalArrangement": "beneficiary",
}


def shares_only(holdings: Iterable[Holding]) -> list[Holding]:
    return [holding for holding in holdings if holding.interest == SHAREHOLDING]


def arrangements(holdings: Iterable[Holding]) -> set[str]:
    """Trusts and the like, of which roles are stated and no shares: nothing of them can be left over."""
    found = list(holdings)
    return {h.owned for h in found if h.interest in ROLES} - {h.owned for h in shares_only(found)}


def behind_roles(graph: Graph, *, subject: str, rule: Rule) -> list[str]:
    """Companies and trusts with a role in a trust that counts: others stand behind them."""
    return list(Roles(graph, subject, rule).standing)[1:]


@dataclass(frozen=True)
class Way:
    """By which a party counts through others: how surely, what it is told to hold so, and the sentence for the last step."""

    verdict: str
    share: Interval
    told: str = ""


def together(ways: Iterable[Way]) -> Way:
    """The strongest of several; its share is the greatest, at the least what comes for certain."""
    found = list(ways)
    verdict = max((way.verdict for way in found), key=STRENGTH.index)
    least = max((way.share for way in found if way.verdict == verdict), key=lambda share: (share.min, share.above))
    return Way(verdict, Interval(least.min, max(way.share.max for way in found), least.above))


@dataclass(frozen=True)
class Roles:
    """Who counts through trusts, for one subject under one rule, which says which roles count: everybody with one in a trust that
    is the subject itself or owns or controls it as the rule asks. The share told of such a person is the trust's, since his own
    is not divided. Companies in such a role are told as no owners, and so whoever owns them counts. Of several verdicts on one
    party the strongest stands, with the reasons of all."""

    graph: Graph
    subject: str
    rule: Rule

    def joined(self, owners: Callable[[str], Verdict]) -> Callable[[str], Verdict]:
        """The word on each party by shares, with what its roles come to."""

        def answer(party: str) -> Verdict:
            others = self.by_roles.get(party, ())
            return strongest([owners(party), *others]) if others else owners(party)

        return answer

    @cached_property
    def by_roles(self) -> dict[str, list[Verdict]]:
        found: dict[str, list[Verdict]] = defaultdict(list)
        for party, verdict in self.all() if self.roles else ():
            found[party].append(verdict)
        return dict(found)

    @cached_property
    def roles(self) -> dict[str, list[Holding]]:
        """The roles that count, by trust."""
        found: dict[str, list[Holding]] = defaultdict(list)
        counted = (h for h in self.graph.holdings if h.interest in self.rule.roles and h.owner != self.subject)
        for holding in sorted(counted, key=lambda h: (h.owned, h.owner, h.interest)):
            found[holding.owned].append(holding)
        return dict(found)

    @cached_property
    def standing(self) -> dict[str, Way]:
        """The subject, and whoever is no person and has a role in a trust that counts: their owners count as the subject's. Each
        is taken up again only when a stronger verdict or a greater share reaches it, of which there are few; so this ends."""
        found = {self.subject: Way(YES, exactly(ONE))}
        queue = [self.subject]
        for party in queue:
            for holder, way in self.in_roles(party, found[party]):
                if self.graph.kind(holder) == PERSON:
                    continue
                known = found.get(holder)
                reached = together(filter(None, (known, way)))
                if reached != known:
                    found[holder] = reached
                    queue.append(holder)
        return found

    @cached_property
    def reached(self) -> dict[str, list[tuple[str, Way]]]:
        """By which steps each party has a role that counts: from which standing party, and how."""
        found: dict[str, list[tuple[str, Way]]] = defaultdict(list)
        for party, stands in self.standing.items():
            for holder, way in self.in_roles(party, stands):
                found[holder].append((party, way))
        return found

    def lines(self, party: str) -> list[str]:
        """All steps by which the party has a role that counts, from the subject upwards, its own last."""
        below, queue = {party}, [party]
        for holder in queue:
            for lower, _ in self.reached.get(holder, ()):
                if lower not in below:
                    below.add(lower)
                    queue.append(lower)
        order = [lower for lower in self.standing if lower in below and lower != party]
        steps = (way.told for lower in [*order, party] for _, way in self.reached.get(lower, ()))
        return list(dict.fromkeys(steps))

    def all(self) -> Iterator[tuple[str, Verdict]]:
        """Every way in which a party counts beside the subject's own owners by shares."""
        for holder, steps in self.reached.items():
            found = together(way for _, way in steps)
            yield holder, self.judged(holder, Verdict(found.verdict, found.share, tuple(self.lines(holder))))
        for party, stands in self.standing.items():
            if party != self.subject:
                yield from self.by_shares(party, stands)

    def judged(self, holder: str, verdict: Verdict) -> Verdict:
        kind = self.graph.kind(holder)
        if kind == PERSON:
            return verdict
        if kind != ENTITY:
            why = (*verdict.why, f"Nothing says whether {self.graph.name(holder)} is a person.")
            return Verdict(lesser(verdict.verdict, INDETERMINATE), verdict.share, why)
        told = f"{self.graph.name(holder)} is no person; who stands behind it is asked for."
        return Verdict(NO, verdict.share, (*verdict.why, told))

    def in_roles(self, party: str, stands: Way) -> Iterator[tuple[str, Way]]:
        """Who has a role in the party, or in a trust above it that may hold the threshold."""
        trusts = {party, *self.owners(party).above} & self.roles.keys()
        for holding in (holding for trust in sorted(trusts) for holding in self.roles[trust]):
            verdict, share = self.counts(holding.owned, party)
            verdict = lesser(stands.verdict, verdict)
            if verdict != NO:
                told_share = share if party == self.subject else stands.share
                yield holding.owner, Way(verdict, told_share, self.told(holding, share, party))

    def by_shares(self, party: str, stands: Way) -> Iterator[tuple[str, Verdict]]:
        """The people who own, by shares, a company that has a role."""
        owners = self.owners(party)
        for owner in owners.above:
            found = owners.verdict(owner)
            joined = lesser(stands.verdict, found.verdict)
            if joined != NO:
                yield owner, Verdict(joined, stands.share, (*self.lines(party), *found.why))

    def counts(self, trust: str, party: str) -> tuple[str, Interval]:
        """How surely the trust would be an owner of the party if it were a person, and what it owns of it."""
        if trust == party:
            return YES, exactly(ONE)
        owners = self.owners(party)
        if trust not in owners.above:
            return NO, exactly(ONE - ONE)
        if (trust, party) not in self.weighed:
            self.weighed[trust, party] = owners.strength(trust), owners.share(trust)
        return self.weighed[trust, party]

    @cached_property
    def weighed(self) -> dict[tuple[str, str], tuple[str, Interval]]:
        return {}

    def owners(self, party: str) -> Owners:
        if party not in self.found:
            self.found[party] = Owners(self.graph, party, self.rule)
        return self.found[party]

    @cached_property
    def found(self) -> dict[str, Owners]:
        """Owners of each party by shares, computed once."""
        return {}

    def told(self, holding: Holding, share: Interval, party: str) -> str:
        name, trust = self.graph.name(holding.owner), self.graph.name(holding.owned)
        role = ROLES[holding.interest]
        if holding.owned == party:
            return f"{name} is {role} of {trust}: whoever has a role in a trust is counted as its owner."
        return (
            f"{name} is {role} of {trust}, which holds {shown(share)} of {self.graph.name(party)}; "
            f"{line(self.rule.threshold)} is the line, and whoever has a role in the trust is counted."
        )


def strongest(verdicts: Iterable[Verdict]) -> Verdict:
    """Of one party, its own verdict first: the strongest of all, with the reasons of all. Its share is the greatest: at the least
    its own or what comes for certain through others, at the most what may come."""
    own, *others = verdicts
    ways = [own, *(found for found in others if found.verdict != NO)]
    least = max((way.share for way in ways if way is own or way.verdict == YES), key=lambda share: (share.min, share.above))
    share = Interval(least.min, max(way.share.max for way in ways), least.above)
    verdict = max((way.verdict for way in ways), key=STRENGTH.index)
    # That one holds nothing oneself is no reason beside a role that counts.
    telling = others if verdict != NO and not own.share.max else (own, *others)
    return Verdict(verdict, share, tuple(dict.fromkeys(told for found in telling for told in found.why)))
