"""Whether a party is an entity of concern (H.R. 8283 s.3(4), a bill): three limbs, each told apart (USX-03)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from kyc.ownership.graph import ENTITY, Graph
from kyc.ownership.missing import Answers, Missing
from kyc.ownership.parent import Parents
from kyc.ownership.rule import Rule
from kyc.ownership.shares import NONE
from kyc.ownership.unknowns import World
from kyc.ownership.verdicts import INDETERMINATE, NO, STRENGTH, YES, Question, Verdict, lesser, line

REGIME = "entity-of-concern"


@dataclass(frozen=True)
class Limb:
    """One limb's word, with its reasons in sentences; and of an indeterminate one what to ask for."""

    verdict: str
    why: tuple[str, ...]
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True)
class Ruling:
    """An officer's word on whether the subject carried out a model-extraction attack, with the incident's reference."""

    verdict: str
    reference: str


@dataclass(frozen=True)
class Concern:
    """The limbs: A where it is, B under whose direction or control it operates, C what it did."""

    located: Limb
    controlled: Limb
    attacked: Limb

    @property
    def verdict(self) -> str:
        """Any one limb is enough."""
        return strongest((self.located, self.controlled, self.attacked)).verdict


def determine(graph: Graph, *, subject: str, rule: Rule, located_in: str = "", ruling: Ruling | None = None) -> Concern:
    """`rule` is that of a rule pack's version, whose countries are asked for. `located_in` is the country where the subject is
    located, where that is known besides its headquarters; `ruling` the last one of an incident, if there is any."""

    def asked(limb: Callable[[Limbs], Limb]) -> Limb:
        return waiting(limb, graph, subject, rule)

    located = asked(lambda limbs: limbs.located(located_in))
    return Concern(located, asked(Limbs.controlled), attacked(graph.name(subject), ruling))


def waiting(limb: "Callable[[Limbs], Limb]", graph: Graph, subject: str, rule: Rule) -> Limb:
    """The limb's word, and where it is open, which facts would decide it."""
    found = limb(Limbs(graph, subject, rule))
    if found.verdict != INDETERMINATE:
        return found

    def word(world: World) -> Answers:
        told = limb(Limbs(world.graph, subject, rule))
        return lambda _: Verdict(told.verdict, NONE)

    deciding = Missing(graph, rule, subject, word).of(subject)
    return Limb(found.verdict, (*found.why, *deciding.told), deciding.questions)


def attacked(name: str, ruling: Ruling | None) -> Limb:
    """Limb C. Without an officer's ruling nothing is said to have been done."""
    if ruling is None:
        return Limb(NO, (f"No incident of {name} has been ruled on.",))
    words = {YES: "was ruled a model-extraction attack", NO: "was ruled none", INDETERMINATE: "is not decided"}
    return Limb(ruling.verdict, (f"Incident {ruling.reference} of {name} {words[ruling.verdict]}.",))


def strongest(limbs: Iterable[Limb]) -> Limb:
    return max(limbs, key=lambda limb: STRENGTH.index(limb.verdict))


@dataclass(frozen=True)
class Limbs:
    graph: Graph
    subject: str
    rule: Rule

    @cached_property
    def parents(self) -> Parents:
        return Parents(self.graph, self.subject, self.rule)

    def located(self, located_in: str) -> Limb:
        """Limb A: where the subject is located or has its headquarters, or its ultimate parent has."""
        found = [self.headquarters(self.subject)]
        if located_in:
            verdict = YES if located_in in self.rule.regions else NO
            found.append(Limb(verdict, (f"{self.name(self.subject)} is located in {located_in}.",)))
        for party in self.parents.candidates:
            certain = self.parents.verdict(party).verdict
            if party != self.subject and certain != NO:
                where = self.headquarters(party)
                may = "is" if certain == YES else "may be"
                told = f"{self.name(party)} {may} the ultimate parent of {self.name(self.subject)}."
                found.append(Limb(lesser(certain, where.verdict), (told, *where.why)))
        return self.together(found)

    def controlled(self) -> Limb:
        """Limb B: a company of a country of concern controls the subject, whoever stands above that company."""
        found = []
        for party in self.parents.candidates:
            if party == self.subject:
                continue
            sure = self.parents.control.of(party, self.subject)
            sure = sure if self.graph.kind(party) == ENTITY else lesser(sure, INDETERMINATE)
            where = self.headquarters(party)
            may = "controls" if sure == YES else "may control"
            by = f"{line(self.rule.threshold)} at every level, or by what it is"
            told = f"{self.name(party)} {may} {self.name(self.subject)}: {by}."
            found.append(Limb(lesser(sure, where.verdict), (told, *where.why)))
        if not found:
            return Limb(NO, (f"Nobody but people is stated to control {self.name(self.subject)}.",))
        return self.together(found)

    def headquarters(self, party: str) -> Limb:
        country = self.graph.country(party)
        if not country:
            return Limb(INDETERMINATE, (f"Where {self.name(party)} has its headquarters is not stated.",))
        is_concern = country in self.rule.regions
        told = "is" if is_concern else "is not"
        sentence = f"{self.name(party)} has its headquarters in {country}, which {told} a country of concern."
        return Limb(YES if is_concern else NO, (sentence,))

    def together(self, limbs: list[Limb]) -> Limb:
        """The strongest; with the reasons of all that are as strong."""
        verdict = strongest(limbs).verdict
        told = (sentence for limb in limbs if limb.verdict == verdict for sentence in limb.why)
        return Limb(verdict, tuple(dict.fromkeys(told)))

    def name(self, party: str) -> str:
        return self.graph.name(party)
