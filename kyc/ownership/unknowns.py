"""What of a structure is not known, fact by fact, and the structures that are there once it is: each fact at each of its ends."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from kyc.ownership.graph import ENTITY, NOMINATOR, NOMINEE, PERSON, SHAREHOLDING, Graph, Holding, Party, by_owned, is_overfull
from kyc.ownership.rule import CASCADES, Rule
from kyc.ownership.shares import NOTHING, ONE, UNKNOWN, Interval, exactly, per_cent, shown

TERMS, CONCERN = "provider-terms", "entity-of-concern"
# Somebody of whom nothing else is stated, and a country that no rule names (ISO 3166-1 leaves ZZ to its users).
SOMEBODY, ELSEWHERE = "\0somebody", "ZZ"
# What is more than a number is taken for more by this part of what is left above it.
BARELY = Fraction(1, 10**6)
# A part of what a company is, by the kind of interest.
PARTS = {
    "votingRights": "the voting rights of {}",
    "rightsToProfitOrIncome": "the profits of {}",
    "rightsToSurplusAssetsOnDissolution": "what is left of {} on its dissolution",
    "appointmentOfBoard": "the right to appoint the board of {}",
    NOMINATOR: "what {} holds",
}


@dataclass(frozen=True)
class World:
    """A structure as it may be, and who is listed in it."""

    graph: Graph
    listed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Fixed:
    """A world in which a fact is known: what it is, as a clause, and more briefly behind the fact's own words."""

    world: World
    told: str
    brief: str


# Of a party that the rule is asked about; None where what is stated besides leaves no room for it.
End = Callable[[World, str], Fixed | None]


@dataclass(frozen=True)
class Fact:
    """One thing that is not known. `depends` goes on from `It depends on`; `question` is one for whoever is to tell it, `of` the
    party on whose owners it is. Without `ends` it can't be tried, such as statements that can't all be true. `place` is that of
    a share in the graph; `by_party` says that the ends are others for each party."""

    key: tuple[str, ...]
    depends: str
    question: str
    of: str
    ends: tuple[End, ...] = ()
    place: int = -1
    by_party: bool = False


def room(graph: Graph, place: int) -> Interval | None:
    """What the share may be beside the others of its kind."""
    held = graph.holdings[place]
    others = [
        h.share for n, h in enumerate(graph.holdings) if n != place and (h.owned, h.interest) == (held.owned, held.interest)
    ]
    most = ONE - sum((share.min for share in others), NOTHING)
    most = min(held.share.max, most - BARELY * most if any(share.above for share in others) else most)
    return Interval(held.share.min, most, held.share.above) if most >= held.share.min else None


def with_share(world: World, place: int, share: Interval) -> World:
    """One structure for all rules that try the same."""
    known, key = world.graph.known, (with_share, place, share)
    if key not in known:
        known[key] = world.graph.with_share(place, share)
    return replace(world, graph=known[key])


def with_party(world: World, party: str, *, kind: str = "", country: str = "") -> World:
    known = world.graph.parties.get(party, Party(party))
    changed = replace(known, kind=kind or known.kind, country=country or known.country)
    return replace(world, graph=Graph(world.graph.holdings, {**world.graph.parties, party: changed}))


def with_holdings(world: World, holdings: Iterable[Holding]) -> World:
    return replace(world, graph=Graph(tuple(holdings), world.graph.parties))


@dataclass(frozen=True)
class Unknowns:
    """What one rule may wait for. `target` is the party above whom it looks, for which `subject` stands in most regimes."""

    graph: Graph
    rule: Rule
    subject: str
    listed: frozenset[str] = frozenset()

    @cached_property
    def measured(self) -> frozenset[str]:
        """Interests whose size the rule goes by; an entity of which none of a kind is stated is read by its shares."""
        kinds = {SHAREHOLDING, NOMINATOR, *self.rule.interests, *self.rule.control_interests}
        return frozenset(kinds | {*self.rule.controlled_by} if self.rule.control or self.is_of_control else kinds)

    @property
    def is_of_control(self) -> bool:
        return self.rule.regime in ("ultimate-parent", CONCERN)

    @property
    def is_of_owners(self) -> bool:
        return not self.is_of_control and self.rule.regime not in (TERMS, *CASCADES)

    @cached_property
    def edges(self) -> list[Holding]:
        """By which the rule goes from owner to owned, nominees looked through."""
        kinds = self.measured | {NOMINEE, *self.rule.roles}
        return sorted((h for h in self.graph.looked_through if h.interest in kinds), key=lambda h: (h.owned, h.owner, h.interest))

    @cached_property
    def held(self) -> Mapping[str, Sequence[Holding]]:
        return by_owned(self.edges)

    @cached_property
    def places(self) -> Mapping[str, Sequence[int]]:
        """Where in the graph's holdings each party's owners stand."""
        found: dict[str, list[int]] = {}
        order = sorted(
            range(len(self.graph.holdings)), key=lambda n: (self.graph.holdings[n].owner, self.graph.holdings[n].interest, n)
        )
        for place in order:
            found.setdefault(self.graph.holdings[place].owned, []).append(place)
        return found

    @cached_property
    def overfull(self) -> frozenset[str]:
        return frozenset(
            owned
            for kind in sorted(self.measured & self.graph.interests())
            for owned, held in by_owned(h for h in self.graph.holdings if h.interest == kind).items()
            if is_overfull(h.share for h in held)
        )

    def above(self, target: str) -> list[str]:
        """The target and everybody above it, nearest first."""
        found, queue = {target}, [target]
        for owned in queue:
            for holding in self.held.get(owned, ()):
                if holding.owner not in found:
                    found.add(holding.owner)
                    queue.append(holding.owner)
        return queue

    def sources(self, party: str, above: Iterable[str]) -> set[str]:
        """From whom something may come that the rule counts."""
        graph = self.graph
        open_ones = {p for p in above if p in graph.nameless or p in self.overfull or p in self.blind}
        if self.is_of_owners:
            return open_ones | {party}
        if self.rule.regime in CASCADES:
            return open_ones | {*self.listed}
        if self.rule.regime == TERMS:
            inside = (p for p in above if graph.kind(p) != PERSON)
            return open_ones | {p for p in inside if not graph.country(p) or graph.country(p) in self.rule.regions}
        return open_ones | {p for p in above if graph.kind(p) != PERSON}

    @cached_property
    def blind(self) -> frozenset[str]:
        """Nominees of whom it isn't stated for whom they hold."""
        return frozenset(front for front, behind in self.graph.fronts.items() if not behind)

    def leading(self, sources: Iterable[str]) -> set[str]:
        """They and all that something of theirs flows into."""
        found = {*sources}
        queue = [*found]
        for owner in queue:
            for owned in self.flows.get(owner, ()):
                if owned not in found:
                    found.add(owned)
                    queue.append(owned)
        return found

    @cached_property
    def flows(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for holding in self.edges:
            found.setdefault(holding.owner, []).append(holding.owned)
        return found

    def facts(self, party: str) -> list[Fact]:
        """What the rule's word on `party` may wait for, nearest first."""
        target = party if self.rule.regime in (TERMS, *CASCADES) else self.subject
        above = self.above(target)
        leading = self.leading(self.sources(party, above))
        found: dict[tuple[str, ...], Fact] = {}
        for fact in [*self.of_itself(party), *(fact for owned in above for fact in self.of_owners_of(owned, target, leading))]:
            # An owner of several is asked about among the owners of the nearest.
            found.setdefault(fact.key, fact)
        return list(found.values())

    def of_itself(self, party: str) -> Iterator[Fact]:
        if self.is_of_owners and self.is_of_no_kind(party):
            yield self.kind(party, party)
        officers = {h.owner for h in self.graph.holdings if h.owned == self.subject and h.interest in self.rule.officers}
        if len(officers) > 1 and party in officers:
            yield self.officer()
        if self.rule.regime == CONCERN and not self.graph.country(self.subject):
            yield self.headquarters(self.subject, "")

    def of_owners_of(self, owned: str, target: str, leading: set[str]) -> Iterator[Fact]:
        graph, name = self.graph, self.graph.name
        if owned in self.overfull:
            yield Fact(
                ("stated", owned),
                f"what is really held of {name(owned)}: the stated shares can't all be true",
                f"Who holds how much of {name(owned)}? What was stated comes to more than the whole.",
                owned,
            )
        if owned in self.blind:
            yield self.behind(owned)
        for place in self.places.get(owned, ()):
            held = graph.holdings[place]
            owner = held.owner
            if owner not in leading or not (held.interest in self.measured or held.interest in self.rule.roles):
                continue
            if owner in graph.nameless:
                yield self.nameless(owner)
            if self.is_open(held) and owned not in self.overfull:
                yield self.share(place)
            if self.asks_country(owner, target):
                yield self.headquarters(owner, owned)
            if self.is_of_no_kind(owner) and (not self.is_of_owners or held.interest in self.rule.roles) and self.asks_kind:
                yield self.kind(owner, owned)

    def is_open(self, held: Holding) -> bool:
        if held.share.is_exact or held.interest not in self.measured:
            return False
        if held.interest == NOMINATOR:
            return held.share != UNKNOWN or len(self.graph.fronts.get(held.owned, ())) > 1
        # Whoever appoints the board does so wholly, unless a part is stated.
        return held.share != UNKNOWN or held.interest not in self.rule.control_interests

    @property
    def asks_kind(self) -> bool:
        return self.rule.regime not in CASCADES

    def is_of_no_kind(self, party: str) -> bool:
        return bool(party) and party not in self.graph.nameless and self.graph.kind(party) not in (PERSON, ENTITY)

    def asks_country(self, owner: str, target: str) -> bool:
        if self.rule.regime not in (TERMS, CONCERN) or owner == target or owner in self.graph.nameless:
            return False
        return owner not in self.graph.fronts and self.graph.kind(owner) != PERSON and not self.graph.country(owner)

    def share(self, place: int) -> Fact:
        held = self.graph.holdings[place]
        owner = self.graph.name(held.owner)
        part = PARTS.get(held.interest, "{}").replace("{}", self.graph.name(held.owned))
        stated = "which is not stated" if held.share == UNKNOWN else f"stated as {shown(held.share)}"
        question = (
            f"How much of {part} is held for {owner}?" if held.interest == NOMINATOR else f"How much of {part} does {owner} hold?"
        )

        def end(is_high: bool) -> End:
            def fixed(world: World, party: str) -> Fixed | None:
                span = room(world.graph, place)
                if span is None:
                    return None
                is_bare = span.above and not is_high
                at = span.max if is_high else span.min + (span.max - span.min) * BARELY if is_bare else span.min
                size = f"just over {per_cent(span.min)}" if is_bare else per_cent(at) if at else "nothing"
                return Fixed(with_share(world, place, exactly(at)), f"{owner} holds {size} of {part}", f"at {size}")

            return fixed

        told = f"the exact share of {owner} in {part}, {stated}"
        return Fact(("share", str(place)), told, question, held.owned, (end(False), end(True)), place)

    def headquarters(self, party: str, of: str) -> Fact:
        name = self.graph.name(party)
        where = "in a country of concern" if self.rule.regime == CONCERN else "in a region of the rule"

        def end(country: str, words: str) -> End:
            told = f"{name} has its headquarters {words}"
            return lambda world, _: Fixed(with_party(world, party, country=country), told, words)

        ends = (end(min(self.rule.regions, default=ELSEWHERE), where), end(ELSEWHERE, "elsewhere"))
        return Fact(
            ("country", party), f"where {name} has its headquarters", f"Where does {name} have its headquarters?", of, ends
        )

    def kind(self, party: str, of: str) -> Fact:
        name = self.graph.name(party)
        ends: tuple[End, ...] = (
            lambda world, _: Fixed(with_party(world, party, kind=PERSON), f"{name} is a person", "if so"),
            lambda world, _: Fixed(with_party(world, party, kind=ENTITY), f"{name} is no person", "if not"),
        )
        return Fact(("kind", party), f"whether {name} is a person", f"Is {name} a person or a company?", of, ends)

    def officer(self) -> Fact:
        """Exactly one of several is to be named."""

        def named(world: World, party: str) -> Fixed:
            held = (h for h in world.graph.holdings if not self.is_officer(h) or h.owner == party)
            told = f"{self.graph.name(party)} is named in control"
            return Fixed(with_holdings(world, held), told, f"if it is {self.graph.name(party)}")

        def other(world: World, party: str) -> Fixed:
            held = (h for h in world.graph.holdings if not self.is_officer(h) or h.owner != party)
            return Fixed(
                with_holdings(world, held), f"{self.graph.name(party)} is not named in control", "if it is somebody else"
            )

        name = self.graph.name(self.subject)
        told = f"which one of those who manage {name} is named as the person in control"
        return Fact(
            ("officer",), told, f"Who is the one person in control of {name}?", self.subject, (named, other), by_party=True
        )

    def is_officer(self, holding: Holding) -> bool:
        return holding.owned == self.subject and holding.interest in self.rule.officers

    def nameless(self, owner: str) -> Fact:
        held = [h for h in self.graph.holdings if h.owner == owner and h.interest in {*self.measured, *self.rule.roles}]
        parts = " and ".join(dict.fromkeys(f"{shown(h.share)} of {self.graph.name(h.owned)}" for h in held))

        def named(world: World, party: str) -> World:
            """With that party in the place of the owner who is not named."""
            moved = (replace(h, owner=party) if h.owner == owner else h for h in world.graph.holdings)
            others = {pk: known for pk, known in world.graph.parties.items() if pk != owner}
            return replace(world, graph=Graph(tuple(moved), others))

        def somebody(world: World, party: str, **known: str) -> World:
            return with_party(named(world, party), party, **known)

        return self.who(("who", owner), f"who holds {parts}", f"Who holds {parts}?", held[0].owned, named, somebody)

    def behind(self, front: str) -> Fact:
        name = self.graph.name(front)

        def named(world: World, party: str) -> World:
            return with_holdings(world, [*world.graph.holdings, Holding(party, front, UNKNOWN, NOMINATOR)])

        def somebody(world: World, party: str, **known: str) -> World:
            return with_party(named(world, party), party, **known)

        owned = next((h.owned for h in self.graph.holdings if h.owner == front), self.subject)
        return self.who(("behind", front), f"for whom {name} holds", f"For whom does {name} hold?", owned, named, somebody)

    def who(
        self,
        key: tuple[str, ...],
        depends: str,
        question: str,
        of: str,
        named: Callable[[World, str], World],
        somebody: Callable[..., World],
    ) -> Fact:
        """An owner who isn't named may be the party, or somebody of whom nothing else is stated."""
        stranger = f"{SOMEBODY} {' '.join(key)}"

        def end(make: Callable[[World, str], World], told: str, brief: str) -> End:
            def fixed(world: World, party: str) -> Fixed:
                said = told.replace("{}", self.graph.name(party))
                return Fixed(make(world, party), f"{said}, as to {depends}", brief.replace("{}", self.graph.name(party)))

            return fixed

        def listed(world: World, _: str) -> World:
            made = somebody(world, stranger, kind=PERSON)
            return replace(made, listed=made.listed | {stranger})

        other = end(lambda world, _: somebody(world, stranger, kind=PERSON), "it is another person", "if it is another person")
        company = end(
            lambda world, _: somebody(world, stranger, kind=ENTITY), "it is another company", "if it is another company"
        )
        itself = end(named, "it is {}", "if it is {}")
        region = min(self.rule.regions, default=ELSEWHERE)
        ends: tuple[End, ...]
        if self.rule.regime in CASCADES:
            ends = (
                end(listed, "it is somebody who is listed", "if it is somebody who is listed"),
                end(
                    lambda world, _: somebody(world, stranger, kind=PERSON),
                    "it is somebody who is not",
                    "if it is somebody who is not",
                ),
            )
        elif self.rule.regime == TERMS:
            inside = end(
                lambda world, _: somebody(world, stranger, kind=ENTITY, country=region),
                "it is a company of a region of the rule", "if it is a company of a region of the rule",
            )  # fmt: skip
            ends = (inside, other)
        elif self.rule.regime == CONCERN:
            inside = end(
                lambda world, _: somebody(world, stranger, kind=ENTITY, country=region),
                "it is a company of a country of concern", "if it is a company of a country of concern",
            )  # fmt: skip
            ends = (inside, other)
        elif self.is_of_control:
            ends = (itself, other, company)
        else:
            ends = (itself, other)
        return Fact(key, depends, question, of, ends, by_party=self.is_of_owners or self.is_of_control)
