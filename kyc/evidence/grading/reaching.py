"""Which level of a guideline items reach. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from kyc.rules.assurance import Assurance, Guideline, Level, Slot, Way


@dataclass(frozen=True)
class Item:
    """One piece of evidence that counts today: `number` tells it from others, `validation` and `verification` are how it was
    found good, empty where it was not."""

    number: int
    kind: str
    validation: str = ""
    verification: str = ""


@dataclass(frozen=True)
class Reached:
    """A level, the way in which it is reached, and the numbers of the items that it takes."""

    level: Level
    way: Way
    items: tuple[int, ...]


def scores(item: Item, rules: Assurance) -> Mapping[str, int]:
    """What it counts for, by part. What was not validated counts for nothing, whoever showed it."""
    kind = rules.kinds[item.kind]
    if item.validation not in kind.scores:
        return {}
    by_person = rules.verifications[item.verification].scores if item.verification in kind.verified else {}
    return {**kind.scores[item.validation], **by_person}


def fills(item: Item, slot: Slot, rules: Assurance) -> bool:
    counted = scores(item, rules)
    kind = rules.kinds[item.kind]
    if item.validation not in kind.scores or (slot.kinds and item.kind not in slot.kinds):
        return False
    if slot.verified and (item.verification not in kind.verified or item.verification not in slot.verified):
        return False
    return all(counted.get(part, 0) >= least for part, least in slot.least.items())


def matched(items: Sequence[Item], slots: Sequence[Slot], rules: Assurance) -> dict[int, Item]:
    """Each slot that can be filled, by its place, with an item of its own: as many as there can be."""
    held: dict[int, int] = {}

    def placed(slot: int, tried: set[int]) -> bool:
        for place, item in enumerate(items):
            if place not in tried and fills(item, slots[slot], rules):
                tried.add(place)
                before = next((one for one, by in held.items() if by == place), None)
                if before is None or placed(before, tried):
                    held[slot] = place
                    return True
        return False

    for slot in range(len(slots)):
        placed(slot, set())
    return {slot: items[place] for slot, place in sorted(held.items())}


def best(items: Iterable[Item], part: str, rules: Assurance) -> tuple[int, Item | None]:
    """The highest score of a part, and the first item that has it."""
    found: tuple[int, Item | None] = (0, None)
    for item in items:
        score = scores(item, rules).get(part, 0)
        if score > found[0]:
            found = score, item
    return found


def by(way: Way, items: Sequence[Item], told: Collection[str], rules: Assurance) -> tuple[int, ...] | None:
    """The numbers of the items by which the way is gone; None where it is not."""
    if not set(way.told) <= set(told):
        return None
    held = matched(items, way.slots, rules)
    if len(held) < len(way.slots):
        return None
    used = {item.number for item in held.values()}
    for part, least in way.least.items():
        score, item = best([one for one in items if one.number in used], part, rules)
        if score < least:
            score, item = best(items, part, rules)
        if score < least:
            return None
        if item is not None:
            used.add(item.number)
    return tuple(sorted(used))


def reached(guideline: Guideline, items: Sequence[Item], told: Collection[str], rules: Assurance) -> Reached | None:
    """The highest level; None where not even the lowest is."""
    for level in reversed(guideline.levels):
        for way in level.ways:
            numbers = by(way, items, told, rules)
            if numbers is not None:
                return Reached(level, way, numbers)
    return None


def following(guideline: Guideline, found: Reached | None) -> Level | None:
    """The level above; None at the top."""
    places = [level.code for level in guideline.levels]
    place = places.index(found.level.code) + 1 if found else 0
    return guideline.levels[place] if place < len(places) else None
