"""Which of the networks that were there a newly found one is: the one with which it shares most members. Pure.

A network keeps its number as long as it, or the larger part of it, is found again. Where two are found as one, the number of that
with more members in it stays, of equals the older one, and the other is merged into it. Where one is found as several, the
number stays with the part that has most of its members, of equals the one with the smallest number among its members, and the
others are split from it. Everybody is in one network at most, before and after.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Origin(StrEnum):
    """What a found network is: one that was there, split from one, or new."""

    KEPT = "kept"
    SPLIT = "split"
    FOUND = "found"


class End(StrEnum):
    MERGED = "merged"
    SPLIT = "split"
    DISSOLVED = "dissolved"


@dataclass(frozen=True)
class Known:
    """What a found network is. `number` is that of the network it is, or was split from; None where it is new."""

    origin: Origin
    number: int | None = None


@dataclass(frozen=True)
class Ended:
    """How a network ended; `found` is the place of the one that it was merged into, or that has most of it, None where it
    dissolved."""

    why: End
    found: int | None = None


@dataclass(frozen=True)
class Persisted:
    """What each of the found networks is, in their order, and how those ended that were not found again, by number."""

    known: tuple[Known, ...]
    ended: Mapping[int, Ended]


def persisted(before: Mapping[int, Collection[int]], found: Sequence[Collection[int]]) -> Persisted:
    """`before` are members by the number of their network, the older the smaller; `found` are the members of each found one. In
    whatever order either is given, each network becomes the same."""
    return Matching(before, found).persisted()


class Matching:
    """Of networks that were there, by number, with found ones, by place. `shared` counts the members that two have in common."""

    def __init__(self, before: Mapping[int, Collection[int]], found: Sequence[Collection[int]]) -> None:
        self.before, self.found = before, found
        of = {member: number for number, members in before.items() for member in members}
        self.shared = Counter((of[member], place) for place, members in enumerate(found) for member in members if member in of)
        self.first = [min(members) for members in found]
        self.places: dict[int, dict[int, int]] = defaultdict(dict)
        self.numbers: dict[int, dict[int, int]] = defaultdict(dict)
        for (number, place), count in self.shared.items():
            self.places[number][place] = self.numbers[place][number] = count

    def persisted(self) -> Persisted:
        kept = self.identified()
        of_place = {place: number for number, place in kept.items()}
        ended = {number: self.ending(number) for number in self.before if number not in kept}
        begun = (self.beginning(place, kept) for place in range(len(self.found)) if place not in of_place)
        known = (Known(Origin.KEPT, of_place[place]) if place in of_place else next(begun) for place in range(len(self.found)))
        return Persisted(tuple(known), ended)

    def identified(self) -> dict[int, int]:
        """Where each number stays: given out from the largest overlap to the smallest, as long as it is half of the smaller of
        the two, so that a network doesn't live on in one member of it."""
        kept: dict[int, int] = {}
        taken = set()
        for number, place in sorted(self.shared, key=lambda pair: (-self.shared[pair], pair[0], self.first[pair[1]])):
            is_same = 2 * self.shared[number, place] >= min(len(self.before[number]), len(self.found[place]))
            if is_same and number not in kept and place not in taken:
                kept[number] = place
                taken.add(place)
        return kept

    def ending(self, number: int) -> Ended:
        """Merged where half of its members are in one now, split where they are in several, dissolved where they are in none."""
        places, size = self.places[number], len(self.before[number])
        if 2 * sum(places.values()) < size:
            return Ended(End.DISSOLVED)
        largest = max(places, key=lambda place: (places[place], -self.first[place]))
        return Ended(End.MERGED if 2 * places[largest] >= size else End.SPLIT, largest)

    def beginning(self, place: int, kept: Mapping[int, int]) -> Known:
        """Split from the network that had half of its members, where that lives on elsewhere; else new."""
        numbers = self.numbers[place]
        most = max(numbers, key=lambda number: (numbers[number], -number), default=None)
        if most is None or most not in kept or 2 * numbers[most] < len(self.found[place]):
            return Known(Origin.FOUND)
        return Known(Origin.SPLIT, most)
