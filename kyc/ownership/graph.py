"""Who holds what of whom: the structure that every regime reads. Cycles are allowed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from kyc.ownership.shares import NOTHING, ONE, UNKNOWN, Interval, added, exactly, per_cent, shown, total

PERSON, ENTITY, UNKNOWN_OWNER = "person", "entity", "unknown"
SHAREHOLDING = "shareholding"
# Of whoever holds for another: the interest of whom it holds for, and its own.
NOMINATOR, NOMINEE = "nominator", "nominee"
# Stands for whoever may really hold an entity whose stated holdings cannot all be true; no party has an empty id.
ANYBODY = ""


@dataclass(frozen=True)
class Party:
    """`kind` is person, entity, unknown (an owner stated to exist, not named) or empty (not stated); `country` is where
    an entity has its headquarters."""

    id: str
    kind: str = ""
    country: str = ""
    name: str = ""


@dataclass(frozen=True)
class Holding:
    """`owner` holds `share` of `owned`; both are ids of the caller's choice. `interest` is a BODS interest type."""

    owner: str
    owned: str
    share: Interval
    interest: str = SHAREHOLDING


# Of a graph, what doesn't go by the size of its holdings.
UNSIZED = ("ids", "nameless", "owned_by_somebody", "fronts", "names")


def by_owned(holdings: Iterable[Holding]) -> dict[str, list[Holding]]:
    found: dict[str, list[Holding]] = defaultdict(list)
    for holding in sorted(holdings, key=lambda h: (h.owned, h.owner)):
        found[holding.owned].append(holding)
    return dict(found)


def everyone(holdings: Iterable[Holding]) -> list[str]:
    return sorted({party for holding in holdings for party in (holding.owner, holding.owned)})


def above(holdings: Iterable[Holding], subject: str) -> list[str]:
    """`subject` and everyone from whom a chain of holdings, of whatever kind, leads down to it, nearest first."""
    held, found = by_owned(holdings), {subject: None}
    queue = [subject]
    for owned in queue:
        new = [holding.owner for holding in held.get(owned, ()) if holding.owner not in found]
        found |= dict.fromkeys(new)
        queue += dict.fromkeys(new)
    return list(found)


def is_overfull(shares: Iterable[Interval]) -> bool:
    """Whether what is stated can't be: more than the whole, or less than nothing."""
    counted = list(shares)
    stated = total(counted)
    return any(share.min.numerator < 0 for share in counted) or stated.min > ONE or (stated.min == ONE and stated.above)


def remainder(shares: Iterable[Interval]) -> Interval:
    """What is left of the whole after all stated shares; never below nothing."""
    stated = total(shares)
    return Interval(max(NOTHING, ONE - stated.max), max(NOTHING, ONE - stated.min))


@dataclass(frozen=True)
class Graph:
    """All parties and all holdings between them, of every interest, as they stood on one day."""

    holdings: tuple[Holding, ...]
    parties: Mapping[str, Party] = field(default_factory=dict)

    @classmethod
    def of(cls, holdings: Iterable[Holding], parties: Iterable[Party] = ()) -> "Graph":
        return cls(tuple(holdings), {party.id: party for party in parties})

    @cached_property
    def ids(self) -> list[str]:
        """Everybody who is named; owners who are not are left out."""
        return sorted({*everyone(self.holdings), *self.parties} - self.nameless)

    @cached_property
    def nameless(self) -> frozenset[str]:
        return frozenset(party.id for party in self.parties.values() if party.kind == UNKNOWN_OWNER)

    @cached_property
    def owned_by_somebody(self) -> frozenset[str]:
        return frozenset(holding.owned for holding in self.holdings if holding.interest not in (NOMINATOR, NOMINEE))

    @cached_property
    def fronts(self) -> Mapping[str, Sequence[str]]:
        """Whoever holds for others, with whom: a nominee, or the arrangement between the two. Nobody where only a nominee is
        stated. Who has shareholders is itself a company, whatever is said besides."""
        with_shares = {h.owned for h in self.holdings if h.interest == SHAREHOLDING}
        behind: dict[str, list[str]] = {h.owned: [] for h in self.holdings if h.interest in (NOMINATOR, NOMINEE)}
        for h in self.holdings:
            if h.interest == NOMINATOR:
                behind[h.owned].append(h.owner)
        return {front: sorted(set(found)) for front, found in behind.items() if front not in with_shares}

    @cached_property
    def looked_through(self) -> tuple[Holding, ...]:
        """The holdings, and what stands behind nominees: one for whom it is held has all of it, of several each a part."""
        found = [*self.holdings]
        for front, behind in self.fronts.items():
            stated = {h.owner: h.share for h in self.holdings if h.owned == front and h.interest == NOMINATOR}
            whole = exactly(ONE) if len(behind) == 1 else UNKNOWN
            found += [Holding(owner, front, whole if share == UNKNOWN else share) for owner, share in stated.items()]
            found += [] if behind else [Holding(ANYBODY, front, exactly(ONE))]
        return tuple(found)

    def kind(self, party: str) -> str:
        """person, entity, unknown or, where nothing tells, empty. Who is owned is no person."""
        stated = self.parties[party].kind if party in self.parties else ""
        return stated or (ENTITY if party in self.owned_by_somebody else "")

    def country(self, party: str) -> str:
        return self.parties[party].country if party in self.parties else ""

    def name(self, party: str) -> str:
        return self.names.get(party, party)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """What to call those who aren't called by their id."""
        named = {party.id: party.name for party in self.parties.values() if party.name}
        return named | dict.fromkeys([ANYBODY, *self.nameless], "an unknown owner")

    def as_nominee(self, party: str) -> str:
        """That a party holds for others, in a sentence."""
        behind = " and ".join(map(self.name, self.fronts[party])) or "somebody who is not named"
        return f"{self.name(party)} holds as a nominee for {behind}: what it holds is counted as theirs."

    def interests(self) -> set[str]:
        return {holding.interest for holding in self.holdings}

    def stakes(self, interest: str = SHAREHOLDING) -> "Stakes":
        """The holdings that count for `interest`. An entity that states none of that kind is read by its shares: votes
        and profits follow shares unless something else is said."""
        if interest not in self.known_stakes:
            self.known_stakes[interest] = self.gathered(interest)
        return self.known_stakes[interest]

    @cached_property
    def known_stakes(self) -> dict[str, "Stakes"]:
        return {}

    @cached_property
    def known(self) -> dict[tuple[Any, ...], Any]:
        """What others have computed of it, each under a key of its own: several rules ask for the same."""
        return {}

    def gathered(self, interest: str) -> "Stakes":
        stated = {holding.owned for holding in self.looked_through if holding.interest == interest}
        counted = [h for h in self.looked_through if h.interest == (interest if h.owned in stated else SHAREHOLDING)]
        anybody = {ANYBODY} & {h.owner for h in counted}
        return Stakes.of(counted, nameless=self.nameless | anybody)

    def with_share(self, place: int, share: Interval) -> "Graph":
        """The same with another share at that place of its holdings. What doesn't go by the share isn't computed again."""
        held = self.holdings[place]
        found = Graph((*self.holdings[:place], replace(held, share=share), *self.holdings[place + 1 :]), self.parties)
        if held.interest in (NOMINATOR, NOMINEE):
            return found
        found.__dict__.update({name: self.__dict__[name] for name in UNSIZED if name in self.__dict__})
        for kind, stakes in self.known_stakes.items():
            others = [h for h in found.looked_through if h.owned == held.owned]
            stated = any(h.interest == kind for h in others)
            counted = [h for h in others if h.interest == (kind if stated else SHAREHOLDING)]
            if not stakes.overfull and counted and not is_overfull(h.share for h in counted):
                by_owner = sorted(counted, key=lambda h: h.owner)
                found.known_stakes[kind] = Stakes({**stakes.held, held.owned: settled(by_owner)}, stakes.nameless)
        return found

    def unaccounted(self) -> dict[str, Interval]:
        """What of each entity's shares nobody is stated to hold."""
        held = by_owned(holding for holding in self.holdings if holding.interest == SHAREHOLDING)
        entities = [party for party in self.ids if self.kind(party) == ENTITY]
        return {party: remainder(h.share for h in held.get(party, [])) for party in entities}

    def errors(self) -> list[str]:
        """Statements that cannot all be true, in sentences."""
        found = []
        for interest in sorted(self.interests()):
            found += self.impossible(interest)
            of = "" if interest == SHAREHOLDING else f" ({interest})"
            for owned, held in by_owned(h for h in self.holdings if h.interest == interest).items():
                if is_overfull(h.share for h in held if h.share.min >= 0):
                    stated = total(h.share for h in held)
                    more = "more than " if stated.above else ""
                    sum_text = f"{more}{per_cent(stated.min)}"
                    found.append(f"{self.name(owned)}: the stated shares{of} come to {sum_text}, more than the whole.")
        return found

    def impossible(self, interest: str) -> list[str]:
        """Holdings that are wrong by themselves: less than nothing, and of oneself."""
        found = []
        for h in sorted((h for h in self.holdings if h.interest == interest), key=lambda h: (h.owned, h.owner)):
            of = "" if interest == SHAREHOLDING else f" ({interest})"
            if h.share.min < 0:
                told = f"{self.name(h.owner)} is stated to hold {per_cent(h.share.min)}{of}, less than nothing"
                found.append(f"{self.name(h.owned)}: {told}.")
            if h.owner == h.owned:
                told = f"it is stated to hold {shown(h.share)} of itself{of}; that is counted as a circle"
                found.append(f"{self.name(h.owned)}: {told}.")
        return found


@dataclass(frozen=True)
class Stakes:
    """One kind of interest, ready for arithmetic: holdings of one owner in one entity are added, and no maximum exceeds
    what the others' minimums leave. Where more than the whole is stated, nothing is believed: each share is unknown and
    anybody may hold some."""

    held: Mapping[str, tuple[Holding, ...]]
    nameless: frozenset[str] = frozenset()
    overfull: frozenset[str] = frozenset()

    @classmethod
    def of(cls, holdings: Iterable[Holding], *, nameless: Collection[str] = ()) -> "Stakes":
        grouped = by_owned(holdings)
        overfull = frozenset(owned for owned, held in grouped.items() if is_overfull(h.share for h in held))
        held = {owned: doubted(owned, found) if owned in overfull else settled(found) for owned, found in grouped.items()}
        anybody = {ANYBODY} if overfull else set()
        return cls(held, frozenset(nameless) | anybody, overfull)

    @cached_property
    def holds(self) -> dict[str, list[Holding]]:
        found: dict[str, list[Holding]] = defaultdict(list)
        for holding in self.all():
            found[holding.owner].append(holding)
        return dict(found)

    @cached_property
    def stated(self) -> dict[str, Fraction]:
        """What is held of each entity at the least."""
        return {owned: added(h.share.min for h in held) for owned, held in self.held.items()}

    def all(self) -> Iterator[Holding]:
        for held in self.held.values():
            yield from held

    def above(self, subject: str) -> list[str]:
        """`subject` and everyone from whom a chain leads down to it, nearest first."""
        found = {subject: None}
        queue = [subject]
        for owned in queue:
            for holding in self.held.get(owned, ()):
                if holding.owner not in found:
                    found[holding.owner] = None
                    queue.append(holding.owner)
        return list(found)


def doubted(owned: str, held: Iterable[Holding]) -> tuple[Holding, ...]:
    owners = sorted({holding.owner for holding in held} | {ANYBODY})
    return tuple(Holding(owner, owned, UNKNOWN) for owner in owners)


def settled(held: list[Holding]) -> tuple[Holding, ...]:
    """Added up by owner, each maximum cut to what the others leave."""
    grouped: dict[str, list[Interval]] = defaultdict(list)
    for holding in held:
        grouped[holding.owner].append(holding.share)
    shares = {owner: found[0] if len(found) == 1 else total(found) for owner, found in grouped.items()}
    everything = added(share.min for share in shares.values())
    return tuple(Holding(owner, held[0].owned, cut(share, ONE - everything + share.min)) for owner, share in shares.items())


def cut(share: Interval, most: Fraction) -> Interval:
    return exactly(share.min) if share.is_exact else Interval(share.min, min(share.max, most), share.above)
