"""Of a party with very many owners a picture shows so many, and the others in one box with their number. Who matters is never
folded away: the caller's `kept`, whoever one of them stands behind, and every holding whose size is open or runs in a circle."""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from kyc.ownership.picture import UNDECLARED, Box, Line, Picture, reached

MOST_OWNERS = 12


@dataclass(frozen=True)
class Fold:
    """What stands in one box: holdings of `owned`, and who is not drawn because he stands behind these alone."""

    owned: str
    lines: tuple[Line, ...]
    behind: tuple[str, ...]

    @property
    def id(self) -> str:
        return f"fold-{self.owned}"


def folded(picture: Picture, *, kept: Collection[str], told: Callable[[Fold], tuple[Box, Line]]) -> Picture:
    """`told` makes a fold's box and line. Of several owners those that stand first in the picture's lines stay."""
    gone = set(places(picture, kept))
    if not gone:
        return picture
    above = [(line.owned, line.owner) for line in picture.lines]
    left = [step for place, step in enumerate(above) if place not in gone]
    hidden = reached([picture.customer], above) - reached([picture.customer], left)
    folds = [fold(picture, owned, lines, hidden) for owned, lines in by_owned(picture, gone).items() if owned not in hidden]
    drawn = [told(one) for one in folds]
    lines = (line for place, line in enumerate(picture.lines) if place not in gone and not {line.owner, line.owned} & hidden)
    return replace(
        picture,
        boxes=(*(box for box in picture.boxes if box.id not in hidden), *(box for box, _line in drawn)),
        lines=(*lines, *(line for _box, line in drawn)),
    )


def fold(picture: Picture, owned: str, lines: list[Line], hidden: set[str]) -> Fold:
    owners = [line.owner for line in lines]
    above = reached(owners, [(line.owned, line.owner) for line in picture.lines])
    behind = (box.id for box in picture.boxes if box.id in (above & hidden) - set(owners) and box.kind != UNDECLARED)
    return Fold(owned, tuple(lines), tuple(behind))


def by_owned(picture: Picture, places: Collection[int]) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = defaultdict(list)
    for place, line in enumerate(picture.lines):
        if place in places:
            found[line.owned].append(line)
    return found


def places(picture: Picture, kept: Collection[str]) -> list[int]:
    """Which lines are folded, by their place."""
    undeclared = {box.id for box in picture.boxes if box.kind == UNDECLARED}
    needed = reached([*kept, picture.customer], [(line.owner, line.owned) for line in picture.lines])
    owners: dict[str, list[int]] = defaultdict(list)
    for place, line in enumerate(picture.lines):
        if line.owner not in undeclared:
            owners[line.owned].append(place)
    gone = []
    for held in owners.values():
        free = [place for place in held if is_free(picture.lines[place], needed)]
        beyond = len(held) - MOST_OWNERS
        gone += free[-beyond:] if beyond > 0 else []
    return gone


def is_free(line: Line, needed: Collection[str]) -> bool:
    return line.owner not in needed and not line.is_open and not line.is_circular
