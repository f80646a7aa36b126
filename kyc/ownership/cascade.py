"""OFAC's and BIS's way: who is held at the threshold by blocked parties, in aggregate, is itself blocked, and its whole
holding counts downstream. Nothing is multiplied. Grown from the listed ones until nothing changes, so cycles end."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from kyc.ownership.graph import PERSON, Graph, Holding, Stakes
from kyc.ownership.shares import NONE, NOTHING, ONE, Interval, per_cent, shown, total
from kyc.ownership.verdicts import INDETERMINATE, NO, YES, Verdict, is_reached, line, may_be_reached
from kyc.rules.packs import Threshold

# A chain longer than this is told in part; each party on it tells its own step.
LONGEST_STORY = 40


@dataclass
class Tally:
    """What those already counted hold of one entity."""

    share: Interval = NONE

    def add(self, share: Interval, others: Fraction) -> Interval:
        """The sum so far, its maximum cut to what the minimums of the `others` leave."""
        self.share = Interval(self.share.min + share.min, self.share.max + share.max, self.share.above or share.above)
        most = max(self.share.min, min(self.share.max, ONE - others + self.share.min))
        return Interval(self.share.min, most, self.share.above)


def spread(kinds: Sequence[Stakes], seeds: Iterable[str], *, threshold: Threshold, surely: bool) -> dict[str, int]:
    """Everybody whom the seeds reach, with the round in which; seeds in round 0. An entity is reached when those already
    reached hold the threshold of it in any one kind of interest: by their minimums if `surely`, else by their maximums."""
    rounds = dict.fromkeys(seeds, 0)
    tallies: dict[tuple[int, str], Tally] = defaultdict(Tally)
    frontier = list(rounds)
    number = 0
    while frontier:
        number += 1
        new: dict[str, int] = {}
        for owner in frontier:
            for kind, stakes in enumerate(kinds):
                for holding in stakes.holds.get(owner, ()):
                    share = tallies[kind, holding.owned].add(holding.share, stakes.stated[holding.owned])
                    if holding.owned in rounds or holding.owned in new:
                        continue
                    if is_reached(threshold, share) if surely else may_be_reached(threshold, share):
                        new[holding.owned] = number
        rounds |= new
        frontier = list(new)
    return rounds


@dataclass(frozen=True)
class Cascade:
    """Where the cascade surely went and where it may have gone, from these listed parties. `suspected` are those of them
    that nobody has confirmed yet; they count all the same."""

    graph: Graph
    stakes: Stakes
    listed: frozenset[str]
    threshold: Threshold
    surely: Mapping[str, int]
    maybe: Mapping[str, int]
    suspected: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, graph: Graph, *, listed: Collection[str], threshold: Threshold, interest: str, suspected: Collection[str] = ()
    ) -> "Cascade":
        stakes = graph.stakes(interest)
        seeds = {*listed, *stakes.nameless, *stakes.overfull}
        surely = spread([stakes], sorted(listed), threshold=threshold, surely=True)
        maybe = spread([stakes], sorted(seeds), threshold=threshold, surely=False)
        return cls(graph, stakes, frozenset(listed), threshold, surely, maybe, frozenset(suspected))

    def share(self, party: str) -> Interval:
        """What blocked parties hold of it directly."""
        held = self.stakes.held.get(party, ())
        sure = total(h.share for h in held if h.owner in self.surely)
        upper = sum((h.share.max for h in held if h.owner in self.maybe), NOTHING)
        left = ONE - sum((h.share.min for h in held if h.owner not in self.maybe), NOTHING)
        return Interval(sure.min, min(upper, left), sure.above)

    def verdict(self, party: str) -> Verdict:
        share = self.share(party)
        if party in self.listed:
            is_listed = "may be listed: a possible match is open" if party in self.suspected else "is listed"
            return Verdict(YES, share, (f"{self.name(party)} {is_listed}.",))
        if party in self.stakes.overfull:
            return Verdict(INDETERMINATE, share, (f"More than 100 % of {self.name(party)} is stated to be held.",))
        if party in self.graph.fronts and self.graph.kind(party) == PERSON:
            return Verdict(NO, share, (self.graph.as_nominee(party),))
        if party in self.surely:
            return Verdict(YES, share, tuple(self.story(party)))
        if may_be_reached(self.threshold, share):
            return Verdict(INDETERMINATE, share, tuple(self.doubts(party, share)))
        return Verdict(NO, share, (self.short_of(party, share),))

    def name(self, party: str) -> str:
        return self.graph.name(party)

    def story(self, party: str) -> list[str]:
        """Sentences from the listed holders down to `party`: each step names who holds what of whom, and the sum."""
        steps, needed = {party: None}, [party]
        for owned in needed:
            for holding in self.before(owned):
                if holding.owner not in steps and holding.owner not in self.listed:
                    steps[holding.owner] = None
                    needed.append(holding.owner)
            if len(steps) > LONGEST_STORY:
                break
        told = sorted(list(steps)[:LONGEST_STORY], key=lambda owned: (self.surely[owned], owned))
        start = [] if len(steps) <= LONGEST_STORY else ["The chain above is longer; each party on it tells its own part."]
        return start + [self.step(owned) for owned in told]

    def sources(self, party: str) -> list[str]:
        """The listed parties from whom it is blocked, over all chains."""
        found, queue = {party}, [party]
        for owned in queue:
            if owned in self.listed:
                continue
            for h in self.stakes.held.get(owned, ()):
                if h.owner in self.surely and h.owner not in found:
                    found.add(h.owner)
                    queue.append(h.owner)
        return sorted(self.listed & found)

    def before(self, owned: str) -> list[Holding]:
        """The holdings that made it blocked: those of parties blocked in an earlier round."""
        held = self.stakes.held.get(owned, ())
        return [h for h in held if self.surely.get(h.owner, self.surely[owned]) < self.surely[owned]]

    def step(self, owned: str) -> str:
        if owned in self.graph.fronts:
            return self.graph.as_nominee(owned)
        first = self.before(owned)
        later = [h for h in self.stakes.held[owned] if h.owner in self.surely and h not in first]
        told = (
            f"{self.holders(first)} of {self.name(owned)}: together {least(total(h.share for h in first))}. "
            f"{line(self.threshold)} blocks, so {self.name(owned)} is blocked too."
        )
        return f"{told} {self.holders(later)} of it besides." if later else told

    def holders(self, held: Iterable[Holding]) -> str:
        """The largest first, whatever the parties' ids."""
        told = sorted(held, key=lambda h: (-h.share.min, -h.share.max, self.name(h.owner), h.owner))
        return " and ".join(f"{self.name(h.owner)} ({self.standing(h.owner)}) holds {shown(h.share)}" for h in told)

    def standing(self, owner: str) -> str:
        if owner in self.listed:
            return "possible match" if owner in self.suspected else "listed"
        is_blocked = "blocked" if owner in self.surely else "possibly blocked"
        return f"nominee for {is_blocked} parties" if owner in self.graph.fronts else is_blocked

    def doubts(self, party: str, share: Interval) -> list[str]:
        held = [h for h in self.stakes.held.get(party, ()) if h.owner in self.maybe]
        holders = self.holders(held)
        return [
            f"Blocked parties hold {least(share)} of {self.name(party)} for certain and up to {per_cent(share.max)}; "
            f"{line(self.threshold)} blocks.",
            f"{holders[:1].upper() if held[0].owner in self.graph.nameless else holders[:1]}{holders[1:]} of {self.name(party)}.",
        ]

    def short_of(self, party: str, share: Interval) -> str:
        held = [h for h in self.stakes.held.get(party, ()) if h.owner in self.maybe]
        if not held:
            return f"No blocked party is stated to hold any of {self.name(party)}."
        sum_text = per_cent(share.max) if share.is_exact else f"at most {per_cent(share.max)}"
        return f"{self.holders(held)} of {self.name(party)}: together {sum_text}. Only {line(self.threshold)} blocks."


def least(share: Interval) -> str:
    """The minimum in words that say whether more is possible."""
    if share.above:
        return f"more than {per_cent(share.min)}"
    return per_cent(share.min) if share.is_exact else f"at least {per_cent(share.min)}"
