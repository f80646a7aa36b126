"""Owners who own one thing and are owned by nobody stand, where there are many, in two columns beside a common trunk: a row of
them would be wider than any screen. To the layout such a stack is one box with one line."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kyc.ownership.layout import Course, Layout, Spot, layout
from kyc.ownership.sheet import Line, Size

# So many still stand side by side.
MOST_ABREAST = 4
GAP, SHARE_ROOM = 12.0, 16.0


@dataclass(frozen=True)
class Stack:
    """Lines by their place, two in a row from the top. `half` is how wide a column is, `arm` how far its boxes stand from the
    trunk in the middle, `rows` how high each row is."""

    places: tuple[int, ...]
    half: float
    arm: float
    rows: tuple[float, ...]

    @property
    def size(self) -> Size:
        return Size(2 * (self.half + self.arm), sum(self.rows) + GAP * (len(self.rows) - 1))

    def spots(self) -> Iterator[tuple[int, int, float]]:
        """Each line, whether it stands left (-1) or right (1) of the trunk, and its middle below the stack's upper edge."""
        top = 0.0
        for number, height in enumerate(self.rows):
            for place, side in zip(self.places[2 * number : 2 * number + 2], (-1, 1), strict=False):
                yield place, side, top + height / 2
            top += height + GAP


def arranged(sizes: Mapping[str, Size], lines: Sequence[Line], *, bottom: str, alone: Collection[str] = ()) -> Layout:
    """Places for boxes of these sizes and for the lines between them; `bottom` stands beneath its owners, and `alone` are
    those who stand in no stack. Raises Undrawable."""
    piled = {stack.places[0]: stack for stack in stacks(sizes, lines, alone={*alone, bottom})}
    merged, kept, firsts = gathered(sizes, lines, piled)
    found = layout(merged, kept, bottom=bottom, narrow=firsts)
    boxes: dict[str, Spot] = dict(found.boxes)
    courses: dict[int, Course] = {}
    inside = {place for stack in piled.values() for place in stack.places[1:]}
    left = (place for place in range(len(lines)) if place not in inside)
    for place, course in zip(left, found.courses, strict=True):
        if place in piled:
            courses |= spread(piled[place], boxes, sizes, lines, course)
        else:
            courses[place] = course
    return Layout(found.width, found.height, boxes, tuple(courses[place] for place in range(len(lines))))


def gathered(
    sizes: Mapping[str, Size], lines: Sequence[Line], piled: Mapping[int, Stack]
) -> tuple[dict[str, Size], list[Line], set[str]]:
    """Each stack as one box with one line, under the name of its first owner; and these names."""
    firsts = {lines[place].owner: stack.size for place, stack in piled.items()}
    others = {place for stack in piled.values() for place in stack.places[1:]}
    away = {lines[place].owner for place in others}
    kept = [Line(line.owner, line.owned) if place in piled else line for place, line in enumerate(lines) if place not in others]
    return {party: firsts.get(party, size) for party, size in sizes.items() if party not in away}, kept, set(firsts)


def spread(
    stack: Stack, boxes: dict[str, Spot], sizes: Mapping[str, Size], lines: Sequence[Line], course: Course
) -> dict[int, Course]:
    """The boxes of a stack at their places, and the course of each of its lines: to the trunk, down, and on."""
    middle = boxes[lines[stack.places[0]].owner]
    trunk, top = course.points[0][0], middle.y - stack.size.height / 2
    found = {}
    for place, side, below in stack.spots():
        line, y = lines[place], top + below
        near = trunk + side * stack.arm
        boxes[line.owner] = Spot(near + side * sizes[line.owner].width / 2, y)
        found[place] = Course(((near, y), (trunk, y), *course.points), Spot((near + trunk) / 2, y))
    return found


def stacks(sizes: Mapping[str, Size], lines: Sequence[Line], *, alone: Collection[str]) -> list[Stack]:
    """`alone` are those who stand by themselves whatever stands beside them."""
    times = Counter(party for line in lines for party in (line.owner, line.owned))
    found: dict[str, list[int]] = defaultdict(list)
    for place, line in enumerate(lines):
        if times[line.owner] == 1 and line.owner not in alone:
            found[line.owned].append(place)
    return [stack(sizes, lines, places) for places in found.values() if len(places) > MOST_ABREAST]


def stack(sizes: Mapping[str, Size], lines: Sequence[Line], places: Sequence[int]) -> Stack:
    boxes = [sizes[lines[place].owner] for place in places]
    return Stack(
        places=tuple(places),
        half=max(box.width for box in boxes),
        arm=SHARE_ROOM + max(lines[place].width for place in places),
        rows=tuple(max(box.height for box in boxes[at : at + 2]) for at in range(0, len(boxes), 2)),
    )
