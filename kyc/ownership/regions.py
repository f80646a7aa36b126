"""How much of an entity companies of certain regions own, over all chains, region by region (terms of providers).

A company headquartered in one of the regions counts with its whole holding, and what stands above it counts no more;
another entity counts with what such companies own of it; people don't count.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from kyc.ownership.flows import capped
from kyc.ownership.graph import ANYBODY, ENTITY, PERSON, Graph, Holding, Stakes
from kyc.ownership.linear import Answer, solve
from kyc.ownership.rule import Rule
from kyc.ownership.shares import NONE, NOTHING, Interval, per_cent, shown
from kyc.ownership.verdicts import NO, Verdict, line, weigh

# A structure larger than this is told in part; each party in it tells its own step.
LONGEST_STORY = 40


@dataclass(frozen=True)
class Regions:
    """What companies of the rule's regions own of everybody."""

    graph: Graph
    rule: Rule

    @cached_property
    def stakes(self) -> Stakes:
        return self.graph.stakes()

    def is_inside(self, party: str) -> bool:
        return (
            party not in self.graph.fronts and self.graph.kind(party) == ENTITY and self.graph.country(party) in self.rule.regions
        )

    def may_be_inside(self, party: str) -> bool:
        """Also who is not known, and whom neither kind nor country rules out."""
        if party == ANYBODY or party in self.graph.nameless:
            return True
        if party in self.graph.fronts:
            return False
        country = self.graph.country(party)
        return self.graph.kind(party) != PERSON and (not country or country in self.rule.regions)

    @cached_property
    def lower(self) -> dict[str, Answer]:
        return self.solved(self.is_inside, self.is_inside, at_least=True)

    @cached_property
    def shares(self) -> dict[str, Interval]:
        upper = self.solved(self.may_be_inside, self.may_be_inside, at_least=False)
        return {party: Interval(capped(self.lower[party]), capped(upper[party]), party in self.more) for party in upper}

    def solved(self, counts: Callable[[str], bool], ends: Callable[[str], bool], *, at_least: bool) -> dict[str, Answer]:
        """Whole holdings of owners that count, and parts of those where the chain does not end."""
        constants, parts = {}, {}
        for owned, held in self.stakes.held.items():
            sizes = {h.owner: h.share.min if at_least else h.share.max for h in held}
            constants[owned] = sum((size for owner, size in sizes.items() if counts(owner)), NOTHING)
            parts[owned] = {o: size for o, size in sizes.items() if size and not ends(o) and o in self.stakes.held}
        return solve(constants, parts, at_least=at_least)

    @cached_property
    def by_region(self) -> dict[str, dict[str, Answer]]:
        """The same, counting companies of one region only."""
        present = sorted({self.graph.country(h.owner) for h in self.stakes.all() if self.is_inside(h.owner)})
        return {region: self.solved(self.only(region), self.is_inside, at_least=True) for region in present}

    def only(self, region: str) -> Callable[[str], bool]:
        return lambda party: self.is_inside(party) and self.graph.country(party) == region

    @cached_property
    def more(self) -> set[str]:
        """Of whom more is owned than the minimum, because some step is more than it says."""
        holdings = [h for h in self.stakes.all() if h.share.min or h.share.above]
        found = {h.owned for h in holdings if h.share.above and (self.is_inside(h.owner) or self.lower.get(h.owner))}
        queue = list(found)
        for owner in queue:
            for h in self.stakes.holds.get(owner, ()):
                if not self.is_inside(owner) and h.owned not in found and (h.share.min or h.share.above):
                    found.add(h.owned)
                    queue.append(h.owned)
        return found

    def verdict(self, party: str) -> Verdict:
        if self.graph.kind(party) == PERSON:
            return Verdict(NO, NONE, (f"{self.graph.name(party)} is a person.",))
        share = self.shares.get(party, NONE)
        told = (*self.story(party), self.sum(party, share), *self.itself(party))
        return Verdict(weigh(self.rule.threshold, share), share, told)

    def itself(self, party: str) -> list[str]:
        """So that a no is not read as more than it says."""
        if not self.is_inside(party):
            return []
        told = f"{self.graph.name(party)} is itself headquartered in {self.graph.country(party)}"
        return [f"{told}, one of the regions; this rule asks only who owns it."]

    def sum(self, party: str, share: Interval) -> str:
        regions = [(region, capped(found[party])) for region, found in self.by_region.items() if found.get(party)]
        told = ", ".join(f"{region} {per_cent(part)}" for region, part in regions)
        told = f" ({told})" if told else ""
        return (
            f"Companies headquartered in the regions of the rule own {shown(share)} of {self.graph.name(party)}{told}; "
            f"{line(self.rule.threshold)} is the line."
        )

    def story(self, party: str) -> list[str]:
        """What counts at each step, from the top down to the party."""
        held = (h for owned in self.through(party) for h in self.stakes.held.get(owned, ()))
        told = islice((h for h in held if self.matters(h)), LONGEST_STORY)
        return [self.told_step(h) for h in told][::-1]

    def told_step(self, holding: Holding) -> str:
        """A step is told of everybody below it."""
        if holding not in self.steps:
            self.steps[holding] = self.step(holding)
        return self.steps[holding]

    @cached_property
    def steps(self) -> dict[Holding, str]:
        return {}

    def through(self, party: str) -> list[str]:
        """The party and the entities above it through which something counts, nearest first."""
        queue, seen = [party], {party}
        for owned in queue:
            if len(queue) > LONGEST_STORY:
                break
            for h in self.stakes.held.get(owned, ()):
                if h.owner not in seen and not self.may_be_inside(h.owner) and self.matters(h):
                    seen.add(h.owner)
                    queue.append(h.owner)
        return queue

    def matters(self, holding: Holding) -> bool:
        return self.may_be_inside(holding.owner) or bool(self.shares.get(holding.owner, NONE).max)

    def step(self, holding: Holding) -> str:
        held = f"{self.graph.name(holding.owner)} holds {shown(holding.share)} of {self.graph.name(holding.owned)}"
        if self.is_inside(holding.owner):
            return f"{held} and is headquartered in {self.graph.country(holding.owner)}: all of it counts."
        if self.may_be_inside(holding.owner):
            return f"{held}; where it is headquartered is not stated."
        part = self.shares[holding.owner]
        return f"{held}; companies of the regions own {shown(part)} of {self.graph.name(holding.owner)}, so that part counts."
