"""Whom a directive is over: from facts to inside, shown to be outside, or inside for lack of proof. Without any database.

A fact is what is known of one key, its customer or who answers for it: some values, whether they were proved, by what and until
when. What is only declared can put a key inside, and never outside: whoever names a country of the order himself is in it, and
whoever names another one has to show it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kyc.parties import countries

INSIDE, OUTSIDE, UNPROVEN = "inside", "outside", "unproven"

# Facts, by code.
CUSTOMER, RESPONSIBLE = "customer.status", "responsible.status"
HEADQUARTERS, PARENT, FORMED = "customer.headquarters", "customer.parent", "customer.formed"
USED_FROM, CONCERN, OWNERS, WHO = "key.used_from", "customer.concern", "customer.owners", "customer.who"
FACTS = (CUSTOMER, RESPONSIBLE, HEADQUARTERS, PARENT, FORMED, USED_FROM, CONCERN, OWNERS, WHO)
# By which facts a country counts.
BY_COUNTRY = {"headquarters": HEADQUARTERS, "parent": PARENT, "location": USED_FROM}
# What a status or a verdict has to say to put a key inside: undetermined counts as foreign (PersonStatus).
FOREIGN = frozenset({"foreign", "undetermined"})
YES = frozenset({"yes"})
OF_COUNTRY = frozenset({HEADQUARTERS, PARENT, FORMED, USED_FROM})
WORDS = {
    CUSTOMER: frozenset({"us", "foreign", "undetermined"}), RESPONSIBLE: frozenset({"us", "foreign", "undetermined"}),
    CONCERN: frozenset({"yes", "no", "indeterminate"}), OWNERS: frozenset({"yes", "no", "indeterminate"}),
}  # fmt: skip


def is_value(fact: str, value: str) -> bool:
    """Whether the fact can have it; whoever asks for another one asks for nobody."""
    if fact in OF_COUNTRY:
        return countries.is_country(value)
    return value in WORDS[fact] if fact in WORDS else fact == WHO and value.isdecimal()


@dataclass(frozen=True)
class Fact:
    """`values` none where nothing is known. `row` and `evidence` are numbers of the rows it rests on, `until` how long what
    proved it may be relied on."""

    values: frozenset[str] = frozenset()
    is_proved: bool = False
    row: int | None = None
    evidence: int | None = None
    until: datetime | None = None


Facts = Mapping[str, Fact]
UNKNOWN = Fact()


@dataclass(frozen=True)
class Test:
    """One question to one fact: whether it is any of these values."""

    fact: str
    values: frozenset[str]


@dataclass(frozen=True)
class Population:
    """Inside is whoever meets any of the tests, or all of them."""

    tests: tuple[Test, ...]
    is_all: bool = False


@dataclass(frozen=True)
class Verdict:
    """`grounds` are the facts gone by, `missing` codes of those that would show it, were they proved and otherwise than asked;
    `until` how long the proof may be relied on, None for ever."""

    verdict: str
    grounds: tuple[dict[str, Any], ...] = ()
    missing: tuple[str, ...] = ()
    until: datetime | None = None


class BadPopulation(ValueError):
    """What was said of it is none; the text says why."""


def population(kind: str, parameters: Mapping[str, Any]) -> Population:
    """As a directive says it. Raises BadPopulation."""
    if kind == "foreign":
        return Population((Test(CUSTOMER, FOREIGN), Test(RESPONSIBLE, FOREIGN)))
    if kind == "countries":
        asked_of = frozenset(parameters.get("countries", ()))
        by = [fact for name, fact in BY_COUNTRY.items() if name in parameters.get("by", ())]
        if not asked_of or not by:
            raise BadPopulation("A population by country names countries, and by what they count.")
        return Population(tuple(Test(fact, asked_of) for fact in by))
    if kind == "concern":
        return Population((Test(CONCERN, YES),))
    if kind == "listed":
        return Population((Test(OWNERS, YES),))
    if kind == "named":
        named = frozenset(map(str, parameters.get("organisations", ())))
        if not named:
            raise BadPopulation("A named list names somebody.")
        return Population((Test(WHO, named),))
    if kind == "rule":
        rows: Sequence[Mapping[str, Any]] = parameters.get("tests", ())
        if not rows or any(row["fact"] not in FACTS or not row["values"] for row in rows):
            raise BadPopulation("A rule asks of known facts, each for some values.")
        if not all(is_value(row["fact"], value) for row in rows for value in row["values"]):
            raise BadPopulation("A rule asks each fact for values that it can have.")
        return Population(tuple(Test(row["fact"], frozenset(row["values"])) for row in rows), is_all=True)
    raise BadPopulation("This is no kind of population.")


def asked(test: Test, facts: Facts) -> Verdict:
    """One test. A fact that several values hold of is met by any of them."""
    fact = facts.get(test.fact, UNKNOWN)
    ground = {"fact": test.fact, "row": fact.row, "evidence": fact.evidence, "until": fact.until and fact.until.isoformat()}
    if fact.values & test.values:
        return Verdict(INSIDE, (ground,))
    # Nobody is outside by what is not known, however well that was proved.
    if fact.is_proved and fact.values:
        return Verdict(OUTSIDE, (ground,), until=fact.until)
    return Verdict(UNPROVEN, missing=(test.fact,))


def judge(over: Population, facts: Facts, *, now: datetime) -> Verdict:
    """A proof that has run out by `now` is none."""
    told = [asked(test, facts) for test in over.tests]
    told = [Verdict(UNPROVEN, missing=(one.grounds[0]["fact"],)) if is_over(one, now) else one for one in told]
    return all_of(told) if over.is_all else any_of(told)


def is_over(told: Verdict, now: datetime) -> bool:
    return told.verdict == OUTSIDE and told.until is not None and told.until <= now


def any_of(told: Collection[Verdict]) -> Verdict:
    inside = [one for one in told if one.verdict == INSIDE]
    if inside:
        return Verdict(INSIDE, grounds(inside))
    unproven = [one for one in told if one.verdict == UNPROVEN]
    if unproven:
        return Verdict(UNPROVEN, grounds(told), tuple(dict.fromkeys(code for one in unproven for code in one.missing)))
    ends = [one.until for one in told if one.until is not None]
    return Verdict(OUTSIDE, grounds(told), until=min(ends, default=None))


def all_of(told: Collection[Verdict]) -> Verdict:
    """One test that is shown not to be met is enough: the one that may be relied on for longest."""
    outside = [one for one in told if one.verdict == OUTSIDE]
    if outside:
        forever = [one for one in outside if one.until is None]
        return forever[0] if forever else max(outside, key=lambda one: one.until)  # type: ignore[arg-type,return-value]  # none is None
    unproven = [one for one in told if one.verdict == UNPROVEN]
    if unproven:
        return Verdict(UNPROVEN, grounds(told), tuple(dict.fromkeys(code for one in unproven for code in one.missing)))
    return Verdict(INSIDE, grounds(told))


def grounds(told: Iterable[Verdict]) -> tuple[dict[str, Any], ...]:
    return tuple(ground for one in told for ground in one.grounds)


@dataclass
class Counts:
    """Keys by where they stand, and of those inside for lack of proof how many each fact would show to be outside."""

    inside: int = 0
    outside: int = 0
    unproven: int = 0
    missing: dict[str, int] = field(default_factory=dict)

    def add(self, verdict: Verdict) -> None:
        setattr(self, verdict.verdict, getattr(self, verdict.verdict) + 1)
        for code in verdict.missing:
            self.missing[code] = self.missing.get(code, 0) + 1
