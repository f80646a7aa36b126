"""How high everybody stands in an ownership picture: owners above what they own, circles opened."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Levels:
    """How high everybody stands, and which lines, by their place, must lead upwards because holdings run in circles."""

    level: Mapping[str, int]
    upward: frozenset[int]


def levels(ids: Iterable[str], lines: Sequence[tuple[str, str]], *, bottom: str) -> Levels:
    """`lines` are owner and owned. An owner stands one above the highest of what it owns. Circles are opened as
    seen from `bottom`."""
    owners: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for place, (owner, owned) in enumerate(lines):
        if owner != owned:
            owners[owned].append((place, owner))
    finished, upward = climbed(dict.fromkeys([bottom, *ids]), owners)
    level = dict.fromkeys(finished, 0)
    for owned in reversed(finished):
        for place, owner in owners[owned]:
            if place not in upward:
                level[owner] = max(level[owner], level[owned] + 1)
    return Levels(level, frozenset(upward))


def climbed(starts: Iterable[str], owners: Mapping[str, Sequence[tuple[int, str]]]) -> tuple[list[str], set[int]]:
    """Everybody, owners before what they own; and the lines whose owner was on the way when they were met."""
    finished: list[str] = []
    upward: set[int] = set()
    entered: set[str] = set()
    done: set[str] = set()
    for start in starts:
        way = [] if start in entered else [(start, iter(owners.get(start, ())))]
        entered.add(start)
        while way:
            owned, left = way[-1]
            for place, owner in left:
                if owner not in entered:
                    entered.add(owner)
                    way.append((owner, iter(owners.get(owner, ()))))
                    break
                if owner not in done:
                    upward.add(place)
            else:
                way.pop()
                done.add(owned)
                finished.append(owned)
    return finished, upward
