"""Which missing facts would decide an open verdict (OWN-02): the smallest sets of them, found by asking the same rule again with
each fact at either of its ends. One alone where one decides, else two together, else all that are open."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations, product

from kyc.ownership.graph import Graph
from kyc.ownership.rule import Rule
from kyc.ownership.shares import Interval, per_cent
from kyc.ownership.unknowns import BARELY, End, Fact, Unknowns, World, room, with_share
from kyc.ownership.verdicts import INDETERMINATE, NO, Question, Verdict

# So many are told one by one; a structure of which more is unknown is asked for as a whole.
MOST_TOLD = 12
# Of so many open facts each is tried alone, and of so many each two together.
MOST_ALONE, MOST_PAIRED = 12, 6
# How much one question about a structure may cost: holdings read again, over all that is tried.
MOST_READ = 1_000

Answers = Callable[[str], Verdict]
Word = Callable[[World], Answers]


@dataclass(frozen=True)
class Deciding:
    """What an open verdict waits for, in sentences, and as questions for whoever is to tell it."""

    told: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True)
class Tried:
    """One end of a fact, what it comes to behind the fact's words, and the definite verdict there."""

    fact: Fact
    brief: str
    verdict: str


@dataclass
class Missing:
    """Asks for one subject under one rule. `word` is how the rule is asked; `is_no_certain` is false where nobody was compared
    with some list, so that no fact makes a no."""

    graph: Graph
    rule: Rule
    subject: str
    word: Word
    listed: frozenset[str] = frozenset()
    is_no_certain: bool = True
    left: int = field(default_factory=lambda: MOST_READ)
    worlds: dict[tuple[object, ...], tuple[World, Answers, str, str] | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.unknowns = Unknowns(self.graph, self.rule, self.subject, self.listed)
        self.whole = World(self.graph, self.listed)

    def of(self, party: str) -> Deciding:
        facts = self.unknowns.facts(party)
        if not facts:
            return Deciding()
        tried = [fact for fact in facts if fact.ends] if len(facts) <= MOST_ALONE else []
        if alone := self.alone(tried, party):
            return Deciding(
                tuple(self.cut([self.sentence(found, party) for found in alone])), asking([found[0].fact for found in alone])
            )
        if self.left >= 0 and len(tried) <= MOST_PAIRED and (pairs := self.pairs(tried, party)):
            both = [fact for pair, _ in pairs for fact in pair]
            return Deciding(tuple(self.cut([together(*pair) for pair in pairs])), asking(both))
        told = [f"It depends on {fact.depends}." for fact in facts]
        return Deciding(tuple([*self.why_all(facts), *self.cut(told)]), asking(facts[:MOST_TOLD]))

    def why_all(self, facts: Sequence[Fact]) -> list[str]:
        if len(facts) == 1:
            return []
        if not all(fact.ends for fact in facts):
            return ["Which of these would decide can't be told while statements can't all be true."]
        if len(facts) > MOST_PAIRED or self.left < 0:
            return ["There is too much to try which of these would decide; it depends on them together."]
        return ["Neither one of these facts nor any two decide it, only more of them together."]

    def cut(self, told: list[str]) -> list[str]:
        told = list(dict.fromkeys(told))
        more = len(told) - MOST_TOLD
        return told if more <= 0 else [*told[:MOST_TOLD], f"It depends on {more} more facts that are not known."]

    def alone(self, facts: Iterable[Fact], party: str) -> list[list[Tried]]:
        """Of each fact that decides, the ends at which it does; those first that decide either way."""
        found = []
        for fact in facts:
            ends = list(self.ends(fact, party))
            if ends:
                found.append((len(fact.ends) - len(ends), ends))
        return [ends for _, ends in sorted(found, key=lambda one: one[0])]

    def ends(self, fact: Fact, party: str) -> Iterator[Tried]:
        for number in range(len(fact.ends)):
            found = self.at(((fact, number),), party)
            if found and self.is_definite(verdict := found[1](party).verdict):
                yield Tried(fact, found[3], verdict)

    def pairs(self, facts: Sequence[Fact], party: str) -> list[tuple[tuple[Fact, Fact], dict[str, str]]]:
        """Of each two facts that decide together, one way for each verdict that they lead to."""
        found = []
        for one, other in combinations(facts, 2):
            ways: dict[str, str] = {}
            for first, second in product(range(len(one.ends)), range(len(other.ends))):
                world = self.at(((one, first), (other, second)), party)
                if world and self.is_definite(verdict := world[1](party).verdict):
                    ways.setdefault(verdict, world[2])
            if ways:
                found.append(((one, other), ways))
        return found

    def is_definite(self, verdict: str) -> bool:
        return verdict != INDETERMINATE and (verdict != NO or self.is_no_certain)

    def at(self, ends: Sequence[tuple[Fact, int]], party: str) -> tuple[World, Answers, str, str] | None:
        """The world in which the facts stand at these ends, with the rule's answers there; None where there is none, or no more
        is to be read."""
        by_party = party if any(fact.by_party for fact, _ in ends) else ""
        key = (by_party, *((fact.key, number) for fact, number in ends))
        if key not in self.worlds:
            self.worlds[key] = self.made([fact.ends[number] for fact, number in ends], party)
        return self.worlds[key]

    def made(self, ends: Iterable[End], party: str) -> tuple[World, Answers, str, str] | None:
        world, told, brief = self.whole, [], ""
        for end in ends:
            fixed = end(world, party)
            if fixed is None:
                return None
            world, brief = fixed.world, fixed.brief
            told.append(fixed.told)
        answers = self.asked(world)
        return (world, answers, " and ".join(told), brief) if answers else None

    def asked(self, world: World) -> Answers | None:
        self.left -= len(self.graph.holdings) + 1
        return self.word(world) if self.left >= 0 else None

    def sentence(self, ends: Sequence[Tried], party: str) -> str:
        fact = ends[0].fact
        lines = self.lines(ends, party) if fact.place >= 0 else []
        first, *rest = lines or [(end.brief, end.verdict) for end in ends]
        told = [f"{first[0]} the answer is {first[1]}", *(f"{where} it is {verdict}" for where, verdict in rest)]
        return f"It depends on {fact.depends}: {', '.join(told)}."

    def lines(self, ends: Sequence[Tried], party: str) -> list[tuple[str, str]]:
        """From which share on, and up to which, the answer is definite, where that is found by a straight line between what is so
        at the ends; it is tried before it is said."""
        fact, span = ends[0].fact, room(self.graph, ends[0].fact.place)
        low, high = (self.at(((fact, number),), party) for number in (0, 1))
        if span is None or low is None or high is None or span.is_exact:
            return []
        at_low, at_high = low[1](party), high[1](party)
        found, wanted = [], len(ends)
        for cut in dict.fromkeys(cuts(self.rule, span, at_low, at_high)):
            if not span.min < cut < span.max:
                continue
            for is_in_upper in (True, False):
                below = Interval(span.min, cut - BARELY * (cut - span.min) if is_in_upper else cut, span.above)
                beyond = Interval(cut, span.max, above=not is_in_upper)
                words = (f"under {per_cent(cut)}", f"from {per_cent(cut)} on")
                words = words if is_in_upper else (f"up to {per_cent(cut)}", f"above {per_cent(cut)}")
                found = [
                    (told, at.verdict)
                    for told, part, at in zip(words, (below, beyond), (at_low, at_high), strict=True)
                    if self.is_definite(at.verdict) and self.within(fact, part, party) == at.verdict
                ]
                if len(found) == wanted:
                    return found
        return []

    def within(self, fact: Fact, part: Interval, party: str) -> str:
        key = (fact.key, part, party if fact.by_party else "")
        if key not in self.worlds:
            world = with_share(self.whole, fact.place, part)
            answers = self.asked(world)
            self.worlds[key] = (world, answers, "", "") if answers else None
        found = self.worlds[key]
        return found[1](party).verdict if found else INDETERMINATE


def cuts(rule: Rule, span: Interval, low: Verdict, high: Verdict) -> Iterator[Fraction]:
    """Where along the share the line of the rule may be crossed."""
    lines = [rule.threshold.share, *([rule.control.share] if rule.control else [])]
    for line in lines:
        for at_low, at_high in ((low.share.min, high.share.min), (low.share.max, high.share.max)):
            if at_low != at_high:
                yield span.min + (line - at_low) * (span.max - span.min) / (at_high - at_low)
        yield line


def asking(facts: Iterable[Fact]) -> tuple[Question, ...]:
    return tuple(dict.fromkeys(Question(fact.question, fact.of) for fact in facts))


def together(pair: tuple[Fact, Fact], ways: dict[str, str]) -> str:
    one, other = pair
    told = " ".join(f"If {world}, the answer is {verdict}." for verdict, world in ways.items())
    return f"It depends on two facts together: {one.depends}; and {other.depends}. {told}"
