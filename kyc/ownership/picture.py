"""What an ownership picture shows: boxes, lines and words that the caller chose. kyc.ownership.drawing draws it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

PERSON, COMPANY, TRUST, STATE, UNKNOWN, UNDECLARED = "person", "company", "trust", "state", "unknown", "undeclared"
# Owners that stand in one box together (kyc.ownership.folding).
FOLDED = "folded"
GOOD, WARN, BAD = "good", "warn", "bad"
# More than this is no picture any more, but a wall.
MOST = 200


@dataclass(frozen=True)
class Box:
    """A party, or of kind `undeclared` what nobody is named for, or of kind `folded` owners without a box of their own. `role`
    says in a word what it is besides, `note` in a few what matters about it, in the tone good, warn or bad, of which the last
    two have a mark besides the colour."""

    id: str
    name: str
    kind: str = COMPANY
    country: str = ""
    native_name: str = ""
    role: str = ""
    note: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Line:
    """`owner` holds `share`, as it shall be read, of `owned`: dashed while it is open, dashes and dots where it runs in a
    circle."""

    owner: str
    owned: str
    share: str
    is_open: bool = False
    tone: str = ""
    is_circular: bool = False


@dataclass(frozen=True)
class Picture:
    """What is drawn; `customer` is the box that stands at the foot, `sentence` says all of it to who can't see it."""

    customer: str
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    sentence: str


def narrowed(picture: Picture) -> Picture:
    """Of a picture too large to read: the customer, every box in a tone that warns, and all that stands between."""
    flagged = [box.id for box in picture.boxes if box.tone in (WARN, BAD) and box.kind != UNDECLARED]
    above = reached([picture.customer], [(line.owned, line.owner) for line in picture.lines])
    below = reached(flagged, [(line.owner, line.owned) for line in picture.lines])
    kept = (above & below) | {picture.customer}
    return replace(
        picture,
        boxes=tuple(box for box in picture.boxes if box.id in kept),
        lines=tuple(line for line in picture.lines if {line.owner, line.owned} <= kept),
    )


def reached(starts: Iterable[str], steps: Collection[tuple[str, str]]) -> set[str]:
    following: dict[str, list[str]] = {}
    for one, other in steps:
        following.setdefault(one, []).append(other)
    queue = list(starts)
    found = set(queue)
    for one in queue:
        new = [other for other in following.get(one, ()) if other not in found]
        found.update(new)
        queue += new
    return found
