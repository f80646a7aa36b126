"""Multiply along chains and add across all of them (AMLR Art. 52), exactly; chains that run in circles to their end."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import prod

from kyc.ownership.graph import Graph, Holding, Stakes
from kyc.ownership.linear import Answer, rings, solve
from kyc.ownership.shares import ABOUT, NONE, NOTHING, ONE, Interval, added, is_short, per_cent, shown, text

# Chains told of one owner, after how many steps in them no further one is told, and how many are spent on looking for them; the
# sums count all chains, told or not.
MOST_CHAINS, MOST_TOLD, MOST_STEPS = 8, 40, 400
# The parties through which a chain has come, its owner first.
Way = tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """One step of a chain, told as the first and as a later one."""

    share: Interval
    first: str
    later: str


Chain = list[Step]


@dataclass(frozen=True)
class Flow:
    """What everybody owns of one subject in one kind of interest."""

    graph: Graph
    stakes: Stakes
    subject: str

    @cached_property
    def upstream(self) -> dict[str, list[Holding]]:
        """The subject and everyone above it, with what they hold that leads down to it."""
        found = self.stakes.above(self.subject)
        known = set(found)
        return {party: [h for h in self.stakes.holds.get(party, ()) if h.owned in known] for party in found}

    @cached_property
    def shares(self) -> dict[str, Interval]:
        """What each party above the subject owns of it over all chains; the subject too, through cross-holdings. What
        holders outside every ring own comes to exactly what is stated to be held."""
        found = self.uncapped
        above = exceeding(self.upstream, self.subject)
        return {party: Interval(capped(lower), capped(upper), party in above) for party, (lower, upper) in found.items()}

    @cached_property
    def uncapped(self) -> dict[str, tuple[Answer, Answer]]:
        """The same before it is cut to the whole, which an entity in a circle may exceed: what leads through it comes back."""
        direct = {party: [h for h in held if h.owned == self.subject] for party, held in self.upstream.items()}
        upper = bound(direct, self.upstream, at_least=False)
        is_exact = all(h.share.is_exact for held in self.upstream.values() for h in held) and None not in upper.values()
        lower = upper if is_exact else bound(direct, self.upstream, at_least=True)
        return {party: (lower[party], upper[party]) for party in lower}

    def share(self, party: str) -> Interval:
        return self.shares.get(party, NONE)

    @cached_property
    def nameless_share(self) -> Fraction:
        """The most that owners who aren't known own of it; any of them may be somebody named."""
        return sum((self.share(owner).max for owner in self.stakes.nameless), NOTHING)

    def possible(self, party: str) -> Interval:
        """The share of the party if it also stands behind the owners who aren't known."""
        share = self.share(party)
        return Interval(share.min, min(ONE, share.max + self.nameless_share), share.above)

    def chains(self, owner: str) -> tuple[list[Chain], bool]:
        """Chains from `owner` down to the subject, shortest first, none through one party twice; and whether these are
        all there are. Of one length, in the order of the parties they lead through."""
        found: list[Chain] = []
        stack: list[Way] = []
        # By the length to which each can next be continued; those of one length are walked to their end before any longer one.
        waiting: dict[int, list[Way]] = {0: [(owner,)]}
        told, length, circles = 0, 0, False
        for _ in range(MOST_STEPS):
            while waiting and not stack:
                length = min(waiting)
                for way in waiting.pop(length):
                    longer, is_back = self.continued(way, length, waiting)
                    circles = circles or is_back
                    stack += longer
                stack.sort(reverse=True)
            if not stack:
                return found, not circles
            if len(found) == MOST_CHAINS or told >= MOST_TOLD:
                break
            way = stack.pop()
            if way[-1] == self.subject:
                found.append([self.steps[one][other] for one, other in pairwise(way)])
                told += len(found[-1])
                continue
            longer, is_back = self.continued(way, length, waiting)
            circles = circles or is_back
            stack += longer
        return found, False

    def continued(self, way: Way, length: int, waiting: dict[int, list[Way]]) -> tuple[list[Way], bool]:
        """The ways one step further down that may arrive with that length, last first, and whether any would lead back to where
        it was; longer ones wait."""
        passed = way if len(way) > 1 else ()
        steps, left, is_back = [], length - len(way), False
        for distance, owned in self.nearest.get(way[-1], {}).items():
            if distance > left:
                waiting.setdefault(len(way) + distance, []).append(way)
                break
            if distance == left:
                steps = [(*way, party) for party in owned if party not in passed]
                is_back = len(steps) < len(owned)
        return steps, is_back

    @cached_property
    def steps(self) -> dict[str, dict[str, "Step"]]:
        """Of everybody above the subject, whom it holds."""
        return {party: {h.owned: self.step_of(h) for h in held} for party, held in self.upstream.items()}

    @cached_property
    def nearest(self) -> dict[str, dict[int, list[str]]]:
        """The same by how far those held are from the subject, nearest first, and last first among those."""
        found: dict[str, dict[int, list[str]]] = {}
        for party, held in self.upstream.items():
            by_distance: dict[int, list[str]] = {}
            for distance, owned in sorted((self.distance[h.owned], h.owned) for h in held):
                by_distance.setdefault(distance, []).insert(0, owned)
            found[party] = by_distance
        return found

    def step_of(self, holding: Holding) -> "Step":
        owner, part = self.graph.name(holding.owner), f"{holding.share.stated} of {self.graph.name(holding.owned)}"
        return Step(holding.share, f"{owner} holds {part}", f"{owner} {part}")

    @cached_property
    def distance(self) -> dict[str, int]:
        """The steps from each party above the subject down to it, by the shortest way."""
        found = {self.subject: 0}
        queue = [self.subject]
        for owned in queue:
            for holding in self.stakes.held.get(owned, ()):
                if holding.owner not in found:
                    found[holding.owner] = found[owned] + 1
                    queue.append(holding.owner)
        return found

    def told(self, owner: str) -> list[str]:
        """The chains in sentences, each with its product."""
        if owner not in self.sentences:
            found, complete = self.chains(owner)
            sentences = list(map(sentence, found))
            self.sentences[owner] = sentences if complete else [*sentences, self.step(owner)]
        return self.sentences[owner]

    @cached_property
    def sentences(self) -> dict[str, list[str]]:
        return {}

    def step(self, owner: str) -> str:
        """Where the chains told are not all: the owner's share out of those one step further down, so that anybody can
        compute it again. In a circle these are as many equations as unknown shares."""
        direct = [h.share.stated for h in self.upstream[owner] if h.owned == self.subject]
        through = [
            f"{h.share.stated} of the {self.whole(h.owned)} that {self.graph.name(h.owned)} owns"
            for h in self.upstream[owner]
            if self.share(h.owned).max
        ]
        again = " (a part of it comes back to it through the circle)" if self.is_in_circle(owner) else ""
        parts = " + ".join([*direct, *through])
        about = ABOUT if ABOUT in parts else ""
        upper = self.uncapped[owner][1]
        most = ", of which no more than the whole counts" if upper is None or upper > ONE else ""
        return (
            f"There are more chains, or chains that run in circles. Counted to their end, the share of {self.graph.name(owner)}"
            f"{again} is {parts.replace(ABOUT, '')} {equal(about + self.whole(owner))}{most}."
        )

    def whole(self, party: str) -> str:
        """Its share as it stands in the sum, which may exceed the whole."""
        lower, upper = self.uncapped[party]
        if upper is None or lower is None or (lower <= ONE and upper <= ONE):
            return shown(self.share(party))
        return shown(Interval(lower, upper, self.share(party).above))

    def is_in_circle(self, party: str) -> bool:
        """Whether it holds, over others, some of itself."""
        return party in self.circling

    @cached_property
    def circling(self) -> frozenset[str]:
        return frozenset(party for ring in circles(self.upstream) for party in ring)


def flow_into(graph: Graph, kind: str, subject: str) -> Flow:
    """Computed once, whichever rules ask for it."""
    key = (Flow, kind, subject)
    if key not in graph.known:
        graph.known[key] = Flow(graph, graph.stakes(kind), subject)
    found: Flow = graph.known[key]
    return found


def bound(direct: Mapping[str, Iterable[Holding]], held: Mapping[str, Iterable[Holding]], *, at_least: bool) -> dict[str, Answer]:
    """The least or the most that each party owns, when `direct` holdings count whole and others as far as they lead."""
    size: Callable[[Holding], Fraction] = (lambda h: h.share.min) if at_least else (lambda h: h.share.max)
    constants = {party: added(size(h) for h in found) for party, found in direct.items()}
    parts = {party: {h.owned: size(h) for h in found if size(h)} for party, found in held.items()}
    return solve(constants, parts, at_least=at_least)


def capped(answer: Answer) -> Fraction:
    return ONE if answer is None else min(ONE, answer)


def circles(held: Mapping[str, Iterable[Holding]]) -> list[list[str]]:
    """Sets of parties that hold, each over the others, some of themselves; a party that holds some of itself is one too."""
    found = rings(list(held), {party: {h.owned: h.share.max for h in held_by} for party, held_by in held.items()})
    return [ring for ring in found if len(ring) > 1 or any(h.owned == ring[0] for h in held.get(ring[0], ()))]


def exceeding(upstream: Mapping[str, Iterable[Holding]], subject: str) -> set[str]:
    """Those who own more than their minimum, because some step of a chain of theirs is more than it says."""
    users: dict[str, list[Holding]] = {}
    for held in upstream.values():
        for holding in held:
            if holding.share.min or holding.share.above:
                users.setdefault(holding.owned, []).append(holding)
    leading = grown({subject}, users)
    return grown({h.owner for owned in leading for h in users.get(owned, ()) if h.share.above}, users)


def grown(seeds: set[str], users: Mapping[str, Iterable[Holding]]) -> set[str]:
    found, queue = set(seeds), list(seeds)
    for owned in queue:
        for holding in users.get(owned, ()):
            if holding.owner not in found:
                found.add(holding.owner)
                queue.append(holding.owner)
    return found


def sentence(chain: Chain) -> str:
    first, *rest = chain
    if not rest:
        return f"{first.first}."
    steps = ", ".join([first.first, *(step.later for step in rest)])
    return f"{steps}: {multiplied([step.share for step in chain])}."


def multiplied(factors: list[Interval]) -> str:
    """`50 % × 25 % = 12.5 %`; in fractions where one of them is none in per cent: `1/3 × 1/2 = 1/6 (≈ 16.67 %)`."""
    lower = product([share.min for share in factors])
    found = per_cent(lower)
    if not all([share.is_exact for share in factors]):
        upper = product([share.max for share in factors])
        found = found if lower == upper else f"{found} to {per_cent(upper)}"
    told = " × ".join([share.stated if share.is_exact else f"({share.shown})" for share in factors])
    if "/" in told and all(share.is_short for share in factors):
        told = " × ".join(text(share.min) for share in factors)
        return f"{told} = {text(lower)} ({found})" if is_short(lower) else f"{told} {equal(found)}"
    return f"{told} {equal(found)}"


def product(parts: Collection[Fraction]) -> Fraction:
    """Made a fraction only at the end, which is quicker."""
    return Fraction(prod([part.numerator for part in parts]), prod([part.denominator for part in parts]))


def equal(found: str) -> str:
    """With one sign before it: equal, or about."""
    return f"{ABOUT}{found.replace(ABOUT, '')}" if ABOUT in found else f"= {found}"
