"""The fewest further acts by which a level is reached. Pure.

An act is one thing that somebody does: an item is added and validated, an item at hand is validated in another way, a person is
verified to be whom an item is about, or something is told. Each slot is filled by an item at hand or by a new one, in every way
that costs no more than another and gives no less besides; what the items then lack together takes one act more for each part.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from kyc.evidence.grading.reaching import Item, best, by, fills, scores
from kyc.rules.assurance import Assurance, Kind, Level, Slot, Way

VERIFICATION = "verification"


class Do(StrEnum):
    ADD = "add"
    VALIDATE = "validate"
    VERIFY = "verify"
    TELL = "tell"


@dataclass(frozen=True)
class Act:
    """`item` is the number of the item at hand, below nought one that is added; `kind` what is added or told; `how` the way of
    validating or verifying. `instead` are the others that would do, as kind and how."""

    do: Do
    item: int = 0
    kind: str = ""
    how: str = ""
    instead: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Path:
    """How a level is reached: the way gone, and what is left to do."""

    level: Level
    way: Way
    acts: tuple[Act, ...]


@dataclass(frozen=True)
class Filling:
    """A slot filled: by which item as it then is, at what cost, and what that gives of the parts that the way asks for."""

    item: Item
    cost: int
    gives: tuple[int, ...]


def shortest(
    level: Level, items: Sequence[Item], told: Collection[str], rules: Assurance, about: str, *, most: int = 99
) -> Path | None:
    """The shortest way to the level, the first of the equally short ones; None where every one takes more than `most` acts or no
    kind of evidence could go it."""
    found: Path | None = None
    for way in level.ways:
        acts = lacking(way, items, told, rules, about)
        if acts is not None and len(acts) <= most and (found is None or len(acts) < len(found.acts)):
            found = Path(level, way, tuple(acts))
    return replace(found, acts=tuple(with_others(found, items, told, rules, about))) if found else None


def lacking(way: Way, items: Sequence[Item], told: Collection[str], rules: Assurance, about: str) -> list[Act] | None:
    """What is left to do of one way, each act once; None where it can't be gone."""
    parts = tuple(way.least)
    kinds = list(rules.kinds_about(about))
    options = [fillings(slot, place, items, kinds, way, rules) for place, slot in enumerate(way.slots)]
    fewest: list[Act] | None = None
    for chosen in chosen_once(options):
        cost = sum(filling.cost for filling in chosen)
        if fewest is not None and cost >= len(fewest):
            continue
        acts = [act for filling in chosen for act in acts_for(filling.item, items)]
        more = completing(parts, way, chosen, items, kinds, rules)
        if more is not None and (fewest is None or cost + len(more) < len(fewest)):
            fewest = [*acts, *more]
    if fewest is None:
        return None
    return [*(Act(Do.TELL, kind=what) for what in way.told if what not in told), *fewest]


def chosen_once(options: Sequence[Sequence[Filling]], used: frozenset[int] = frozenset()) -> Iterator[tuple[Filling, ...]]:
    """A filling of each slot, no item in two of them."""
    if not options:
        yield ()
        return
    for filling in options[0]:
        if filling.item.number not in used:
            for rest in chosen_once(options[1:], used | {filling.item.number}):
                yield (filling, *rest)


def fillings(slot: Slot, place: int, items: Sequence[Item], kinds: Sequence[Kind], way: Way, rules: Assurance) -> list[Filling]:
    """Of each item at hand, and of a new one, those that none other of it is better than."""
    found: list[Filling] = []
    for item in items:
        found += frontier(filling(item, made, way, rules) for made in remade(item, rules) if fills(made, slot, rules))
    new = Item(-1 - place, "")
    made = (one for kind in kinds for one in remade(replace(new, kind=kind.code), rules))
    return found + frontier(filling(new, one, way, rules) for one in made if fills(one, slot, rules))


def remade(item: Item, rules: Assurance) -> Iterator[Item]:
    """The item as it is, and as it would be once validated or verified otherwise."""
    kind = rules.kinds[item.kind]
    for validation in dict.fromkeys((item.validation, *kind.scores)):
        for verification in dict.fromkeys((item.verification, "", *kind.verified)):
            if not (item.verification and not verification):
                yield replace(item, validation=validation, verification=verification)


def filling(item: Item, made: Item, way: Way, rules: Assurance) -> Filling:
    is_new = item.number < 0
    cost = int(is_new or made.validation != item.validation) + int(made.verification != item.verification)
    counted = scores(made, rules)
    return Filling(made, cost, tuple(min(counted.get(part, 0), least) for part, least in way.least.items()))


def frontier(every: Iterable[Filling]) -> list[Filling]:
    kept: list[Filling] = []
    for one in every:
        if not any(is_as_good(other, one) for other in kept):
            kept = [other for other in kept if not is_as_good(one, other)] + [one]
    return kept


def is_as_good(one: Filling, other: Filling) -> bool:
    return one.cost <= other.cost and all(mine >= its for mine, its in zip(one.gives, other.gives, strict=True))


def acts_for(made: Item, items: Sequence[Item]) -> list[Act]:
    before = next((item for item in items if item.number == made.number), None)
    acts = []
    if before is None:
        acts.append(Act(Do.ADD, made.number, made.kind, made.validation))
    elif before.validation != made.validation:
        acts.append(Act(Do.VALIDATE, made.number, made.kind, made.validation))
    if made.verification != (before.verification if before else ""):
        acts.append(Act(Do.VERIFY, made.number, made.kind, made.verification))
    return acts


def completing(
    parts: Sequence[str],
    way: Way,
    chosen: Sequence[Filling],
    items: Sequence[Item],
    kinds: Sequence[Kind],
    rules: Assurance,
) -> list[Act] | None:
    """What the chosen items lack together with all the others, part by part; None where nothing gives it."""
    made = {filling.item.number: filling.item for filling in chosen}
    at_hand = [*(made.get(item.number, item) for item in items), *(item for item in made.values() if item.number < 0)]
    acts: list[Act] = []
    number = -1 - len(way.slots)
    for part in parts:
        least = way.least[part]
        if best(at_hand, part, rules)[0] >= least:
            continue
        more = (
            verifying(least, at_hand, kinds, number, rules) if part == VERIFICATION else adding(part, least, kinds, number, rules)
        )
        if more is None:
            return None
        acts += more
        number -= 1
    return acts


def adding(part: str, least: int, kinds: Sequence[Kind], number: int, rules: Assurance) -> list[Act] | None:
    fit = ((kind.code, how) for kind in reversed(kinds) for how, given in kind.scores.items() if given.get(part, 0) >= least)
    found = sorted(fit, key=lambda one: rules.kinds[one[0]].scores[one[1]].get(part, 0))
    return [Act(Do.ADD, number, *found[0])] if found else None


def verifying(least: int, at_hand: Sequence[Item], kinds: Sequence[Kind], number: int, rules: Assurance) -> list[Act] | None:
    """By an item that is good already, else by a new one."""
    for item in at_hand:
        how = way_of(rules.kinds[item.kind], least, rules) if item.validation in rules.kinds[item.kind].scores else ""
        if how and not item.verification:
            return [Act(Do.VERIFY, item.number, item.kind, how)]
    for item in at_hand:
        how = way_of(rules.kinds[item.kind], least, rules) if item.validation in rules.kinds[item.kind].scores else ""
        if how:
            return [Act(Do.VERIFY, item.number, item.kind, how)]
    for kind in kinds:
        if (how := way_of(kind, least, rules)) and kind.scores:
            return [Act(Do.ADD, number, kind.code, next(iter(kind.scores))), Act(Do.VERIFY, number, kind.code, how)]
    return None


def way_of(kind: Kind, least: int, rules: Assurance) -> str:
    return next((how for how in kind.verified if rules.verifications[how].scores.get(VERIFICATION, 0) >= least), "")


def applied(items: Sequence[Item], told: Collection[str], acts: Iterable[Act]) -> tuple[list[Item], set[str]]:
    """What there is once the acts are done."""
    made: dict[int, Item] = {item.number: item for item in items}
    said = set(told)
    for act in acts:
        if act.do == Do.TELL:
            said.add(act.kind)
        elif act.do == Do.ADD:
            made[act.item] = Item(act.item, act.kind, act.how)
        elif act.do == Do.VALIDATE:
            made[act.item] = replace(made[act.item], validation=act.how)
        else:
            made[act.item] = replace(made[act.item], verification=act.how)
    return list(made.values()), said


def with_others(path: Path, items: Sequence[Item], told: Collection[str], rules: Assurance, about: str) -> Iterator[Act]:
    """Each act with those that would do in its place, the others being as they are."""
    for place, act in enumerate(path.acts):
        would_do: list[tuple[str, str]] = []
        for kind, how in possible(act, rules, about):
            other = replace(act, kind=kind, how=how)
            acts = [*path.acts[:place], other, *path.acts[place + 1 :]]
            if by(path.way, *applied(items, told, acts), rules) is not None:
                would_do.append((kind, how))
        yield replace(act, instead=tuple(one for one in would_do if one != (act.kind, act.how)))


def possible(act: Act, rules: Assurance, about: str) -> Iterator[tuple[str, str]]:
    if act.do == Do.ADD:
        yield from ((kind.code, how) for kind in rules.kinds_about(about) for how in kind.scores)
    elif act.do == Do.VALIDATE:
        yield from ((act.kind, how) for how in rules.kinds[act.kind].scores)
    elif act.do == Do.VERIFY:
        yield from ((act.kind, how) for how in rules.kinds[act.kind].verified)
