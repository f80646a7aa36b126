"""Which facts an open verdict waits for: with all of them told exactly, the same rule decides (OWN-02)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from kyc.ownership.graph import ANYBODY, ENTITY, NOMINATOR, PERSON, Graph, Holding
from kyc.ownership.interests import SIZED
from kyc.ownership.shares import UNKNOWN, shown

# So many are told one by one; a structure of which more is unknown is asked for as a whole.
MOST_TOLD = 12


@dataclass(frozen=True)
class Missing:
    """What is not known above a party. `by_kind`: whether the rule asks who is a person; `by_country`: where a company has its
    headquarters."""

    graph: Graph
    by_kind: bool = False
    by_country: bool = False

    @cached_property
    def overfull(self) -> frozenset[str]:
        return frozenset(owned for kind in self.graph.interests() for owned in self.graph.stakes(kind).overfull)

    @cached_property
    def holders(self) -> dict[str, list[Holding]]:
        found: dict[str, list[Holding]] = {}
        for holding in sorted(self.graph.looked_through, key=lambda h: (h.owned, h.owner, h.interest)):
            found.setdefault(holding.owned, []).append(holding)
        return found

    def above(self, party: str) -> list[str]:
        found, queue = {party}, [party]
        for owned in queue:
            for holding in self.holders.get(owned, ()):
                if holding.owner not in found:
                    found.add(holding.owner)
                    queue.append(holding.owner)
        return queue

    def told(self, subject: str, party: str) -> tuple[str, ...]:
        """In sentences, nearest to the subject first."""
        if subject not in self.known:
            self.known[subject] = list(dict.fromkeys(self.facts(self.above(subject))))
        found = [*self.known[subject]]
        if self.by_kind and self.graph.kind(party) not in (PERSON, ENTITY):
            found.insert(0, f"It depends on whether {self.graph.name(party)} is a person.")
        more = len(found) - MOST_TOLD
        return tuple(found if more <= 0 else [*found[:MOST_TOLD], f"It depends on {more} more facts that are not known."])

    @cached_property
    def known(self) -> dict[str, list[str]]:
        """The facts above each party, found once."""
        return {}

    def facts(self, above: Iterable[str]) -> Iterator[str]:
        name, graph = self.graph.name, self.graph
        for owned in above:
            if owned in self.overfull:
                yield f"It depends on what is really held of {name(owned)}: the stated shares can't all be true."
            for h in self.holders.get(owned, ()):
                if h.owner == ANYBODY or h.owner in graph.nameless:
                    yield f"It depends on who holds {shown(h.share)} of {name(owned)}."
                elif not h.share.is_exact and h.interest in self.counted:
                    stated = "which is not stated" if h.share == UNKNOWN else f"stated as {shown(h.share)}"
                    yield f"It depends on the exact share of {name(h.owner)} in {name(owned)}, {stated}."
                if self.by_country and self.is_lost(h.owner):
                    yield f"It depends on where {name(h.owner)} has its headquarters."

    @cached_property
    def counted(self) -> frozenset[str]:
        """Interests that have a size: of a role or an appointment no share is missing."""
        return frozenset({*SIZED, NOMINATOR})

    def is_lost(self, owner: str) -> bool:
        graph = self.graph
        return owner not in graph.fronts and graph.kind(owner) != PERSON and not graph.country(owner)
