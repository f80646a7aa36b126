"""Control through a chain: more than half at every level, alone or together with whom one controls (AMLR Art. 53)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from kyc.ownership.cascade import spread
from kyc.ownership.graph import SHAREHOLDING, Graph, Holding, Stakes, by_owned
from kyc.ownership.shares import ONE, UNKNOWN, Interval, exactly, total
from kyc.ownership.verdicts import INDETERMINATE, NO, YES
from kyc.rules.packs import Threshold


def outright(graph: Graph, interests: Sequence[str]) -> Stakes:
    """Interests that control by what they are, such as appointing the board: wholly, unless a share is stated."""
    found = by_owned(h for h in graph.holdings if h.interest in interests)
    return Stakes({owned: tuple(map(wholly, held)) for owned, held in found.items()}, graph.nameless)


def wholly(holding: Holding) -> Holding:
    share = exactly(ONE) if holding.share == UNKNOWN else holding.share
    return Holding(holding.owner, holding.owned, share, holding.interest)


def control_in(graph: Graph, kinds: Sequence[str], interests: Sequence[str], threshold: Threshold) -> "Control":
    """By kinds of interest that somebody states, shares in any case, and by `interests` that control by what they are. Computed
    once, whichever rules ask for it."""
    stated = graph.interests() | {SHAREHOLDING}
    counted = tuple(kind for kind in kinds if kind in stated)
    key = (Control, counted, tuple(interests), threshold)
    if key not in graph.known:
        graph.known[key] = Control([*map(graph.stakes, counted), outright(graph, interests)], threshold)
    found: Control = graph.known[key]
    return found


@dataclass(frozen=True)
class Control:
    """Who controls whom, by any one of these kinds of interest."""

    kinds: Sequence[Stakes]
    threshold: Threshold
    known: dict[tuple[str, bool], dict[str, int]] = field(default_factory=dict)

    def under(self, party: str, *, surely: bool) -> dict[str, int]:
        """The party and all it controls, with the number of steps."""
        surely = surely or self.is_exact
        if (party, surely) not in self.known:
            self.known[party, surely] = spread(self.kinds, [party], threshold=self.threshold, surely=surely)
        return self.known[party, surely]

    @cached_property
    def is_exact(self) -> bool:
        """Whether nothing is open, so that whom one may control is whom one controls."""
        return all(h.share.is_exact for stakes in self.kinds for h in stakes.all())

    def of(self, party: str, subject: str) -> str:
        """Whether the party controls the subject: yes, no or indeterminate."""
        if subject in self.under(party, surely=True):
            return YES
        return INDETERMINATE if subject in self.under(party, surely=False) else NO

    def above(self, subject: str) -> list[str]:
        """Everybody who could control the subject: those from whom any chain leads down to it."""
        return sorted({party for stakes in self.kinds for party in stakes.above(subject)} - {subject})

    def gathered(self, party: str, subject: str, stakes: Stakes) -> Interval:
        """What the party and all it controls hold directly of the subject in one kind of interest."""
        held = stakes.held.get(subject, ())
        sure, maybe = self.under(party, surely=True), self.under(party, surely=False)
        lower = total(h.share for h in held if h.owner in sure)
        upper = total(h.share for h in held if h.owner in maybe)
        return Interval(lower.min, min(ONE, upper.max), lower.above)
