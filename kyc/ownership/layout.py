"""Where the boxes and lines of an ownership picture stand: owners above what they own, a row for each level.

Rows, heights and the shape of lines are made here; kyc.ownership.sheet has the places from left to right.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from kyc.ownership.levels import levels
from kyc.ownership.sheet import LOOP, Line, Sheet, Size

MARGIN = 8.0
# From a row down: to its shares, the shares themselves, on to the next row; the last grows with the widest line in it.
DROP, SHARE_HEIGHT, FALL, SLOPE, DEEPEST = 12.0, 18.0, 30.0, 0.05, 96.0
# The straight end of a line, for its arrow.
STUB = 9.0
PORT, INSET = 26.0, 16.0

Point = tuple[float, float]


@dataclass(frozen=True)
class Spot:
    """The middle of something drawn."""

    x: float
    y: float


@dataclass(frozen=True)
class Course:
    """A line through points, upright at each; the share stands at `share`, the arrow at the last point."""

    points: tuple[Point, ...]
    share: Spot


@dataclass(frozen=True)
class Layout:
    width: float
    height: float
    boxes: Mapping[str, Spot]
    courses: tuple[Course, ...]


@dataclass
class Rows:
    """Heights: the middle of each level, the middle of the shares beneath it."""

    sheet: Sheet

    @cached_property
    def by_level(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = defaultdict(list)
        for party, level in self.sheet.levels.level.items():
            found[level].append(party)
        return dict(sorted(found.items(), reverse=True))

    @cached_property
    def widest(self) -> dict[int, float]:
        """Beneath each level, how far a line runs sideways after the shares."""
        found: dict[int, float] = defaultdict(float)
        x = self.sheet.x
        for place, thread in self.sheet.threads.items():
            lower = self.sheet.ids[self.sheet.ends(place)[1]]
            for item, following in zip(thread, [*thread[1:], lower], strict=True):
                if item.startswith("s"):
                    level = int(item.rpartition("_")[2])
                    found[level] = max(found[level], abs(x[item] - x[following]))
        return found

    @cached_property
    def middles(self) -> dict[int, tuple[float, float, float]]:
        """For each level its upper edge, its lower edge and the middle of the shares beneath."""
        found, y = {}, MARGIN
        for level, parties in self.by_level.items():
            height = max(self.sheet.sizes[party].height for party in parties)
            shares = y + height + DROP + SHARE_HEIGHT / 2
            found[level] = (y, y + height, shares)
            y = shares + SHARE_HEIGHT / 2 + min(DEEPEST, FALL + SLOPE * self.widest.get(level, 0.0))
        return found

    @property
    def bottom(self) -> float:
        return max(lower for _upper, lower, _shares in self.middles.values()) + MARGIN


def ports(wanted: Sequence[float], middle: float, width: float, *, gathered: bool) -> list[float]:
    """Where lines meet a box that stands at `middle`, in the order of `wanted`, where they come from: gathered round its
    middle, or straight below one another."""
    room = max(0.0, width / 2 - INSET)
    if not gathered or len(wanted) == 1:
        return [min(middle + room, max(middle - room, x)) for x in wanted]
    step = min(PORT, 2 * room / (len(wanted) - 1))
    return [middle + (number - (len(wanted) - 1) / 2) * step for number in range(len(wanted))]


def layout(sizes: Mapping[str, Size], lines: Sequence[Line], *, bottom: str, narrow: Collection[str] = ()) -> Layout:
    """Places for boxes of these sizes and for the lines between them; `bottom` stands beneath its owners, and lines meet
    those that are `narrow` in their middle alone. Raises Undrawable."""
    sheet = Sheet(sizes, lines, levels(sizes, [(line.owner, line.owned) for line in lines], bottom=bottom))
    sheet.place()
    rows = Rows(sheet)
    boxes = {}
    for party, level in sheet.levels.level.items():
        upper, lower, _shares = rows.middles[level]
        boxes[party] = Spot(sheet.x[sheet.ids[party]], (upper + lower) / 2)
    meeting = met(sheet, boxes, narrow)
    courses = tuple(
        looped(sheet, boxes, place) if line.owner == line.owned else course(sheet, rows, boxes, meeting, place)
        for place, line in enumerate(lines)
    )
    return shifted(sheet, boxes, courses, rows.bottom)


def met(sheet: Sheet, boxes: Mapping[str, Spot], narrow: Collection[str]) -> dict[tuple[int, str], float]:
    """For each line and each of its ends, where from left to right it meets the box."""
    above: dict[str, list[tuple[float, int]]] = defaultdict(list)
    below: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for place, thread in sheet.threads.items():
        upper, lower = sheet.ends(place)
        below[upper].append((sheet.x[thread[0]], place))
        above[lower].append((sheet.x[thread[-1]], place))
    found: dict[tuple[int, str], float] = {}
    for side, gathered in ((below, False), (above, True)):
        for party, wanted in side.items():
            wanted.sort()
            width = 0.0 if party in narrow else sheet.sizes[party].width
            places = ports([x for x, _ in wanted], boxes[party].x, width, gathered=gathered)
            found |= {(place, party): x for (_, place), x in zip(wanted, places, strict=True)}
    return found


def course(sheet: Sheet, rows: Rows, boxes: Mapping[str, Spot], meeting: Mapping[tuple[int, str], float], place: int) -> Course:
    upper, lower = sheet.ends(place)
    points: list[Point] = [(meeting[place, upper], boxes[upper].y + sheet.sizes[upper].height / 2)]
    is_upward = place in sheet.levels.upward
    points.append((points[0][0], rows.middles[sheet.levels.level[upper]][1] + (STUB if is_upward else 0)))
    share = Spot(0, 0)
    for item in sheet.threads[place]:
        top, foot, shares = rows.middles[int(item.rpartition("_")[2])]
        x = sheet.x[item]
        points += (
            [(x, top), (x, foot)] if item.startswith("p") else [(x, shares - SHARE_HEIGHT / 2), (x, shares + SHARE_HEIGHT / 2)]
        )
        if item == sheet.share_item(place):
            share = Spot(x, shares)
    last = meeting[place, lower]
    points += [
        (last, rows.middles[sheet.levels.level[lower]][0] - (0 if is_upward else STUB)),
        (last, boxes[lower].y - sheet.sizes[lower].height / 2),
    ]
    way = [point for point, before in zip(points, [None, *points], strict=False) if point != before]
    return Course(tuple(reversed(way) if is_upward else way), share)


def looped(sheet: Sheet, boxes: Mapping[str, Spot], place: int) -> Course:
    """What a party holds in itself: a line out of its side and back."""
    party = sheet.lines[place].owner
    spot, size = boxes[party], sheet.sizes[party]
    number = sheet.loops[party].index(place)
    before = sum(LOOP + sheet.lines[other].width for other in sheet.loops[party][:number])
    side = spot.x + size.width / 2
    out = side + before + LOOP / 2
    points = ((side, spot.y + 9), (out, spot.y + 9), (out, spot.y - 9), (side, spot.y - 9))
    return Course(points, Spot(out + 4 + sheet.lines[place].width / 2, spot.y))


def shifted(sheet: Sheet, boxes: Mapping[str, Spot], courses: Sequence[Course], bottom: float) -> Layout:
    """Everything moved so that nothing lies left of the margin."""
    rights = [boxes[p].x + sheet.sizes[p].width / 2 + sheet.aside(p) for p in boxes]
    lefts = [boxes[p].x - sheet.sizes[p].width / 2 for p in boxes]
    for place, found in enumerate(courses):
        half = sheet.lines[place].width / 2
        rights += [found.share.x + half, *(x for x, _ in found.points)]
        lefts += [found.share.x - half, *(x for x, _ in found.points)]
    by = MARGIN - min(lefts)
    return Layout(
        width=max(rights) + by + MARGIN,
        height=bottom,
        boxes={party: Spot(spot.x + by, spot.y) for party, spot in boxes.items()},
        courses=tuple(
            Course(tuple((x + by, y) for x, y in found.points), Spot(found.share.x + by, found.share.y)) for found in courses
        ),
    )
