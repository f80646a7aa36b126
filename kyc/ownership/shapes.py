"""The shapes of an ownership picture as SVG writes them: lines with their arrows, an outline for each kind of party, marks."""

from collections.abc import Sequence
from itertools import pairwise

from kyc.ownership.layout import Point, Spot
from kyc.ownership.picture import BAD, FOLDED, PERSON, STATE, TRUST, WARN
from kyc.ownership.sheet import Size

CORNER, ROUNDEST = 6.0, 23.0
ARROW_LENGTH, ARROW_HALF = 7.0, 3.8
# How far the sides of a trust's box run to a point, a state's second border inside the first, and a fold's sheet beneath.
POINTED, BORDER, BENEATH = 12.0, 3.0, 4.0
# A mark sits on the upper edge; so far from the left it does so whatever the shape.
MARK_IN = 16.0
# Round the point 0 0: a disc and its cross, a triangle and its exclamation mark.
MARKS = {
    BAD: ("M-7 0A7 7 0 1 1 7 0A7 7 0 1 1 -7 0Z", "M-2.6 -2.6L2.6 2.6M2.6 -2.6L-2.6 2.6"),
    WARN: ("M0 -7L8 6L-8 6Z", "M0 -2.6L0 1.6M0 3.4L0 4.2"),
}


def number(value: float) -> str:
    """One decimal at most, the same for nothing and for minus nothing."""
    told = f"{value:.1f}".removesuffix(".0")
    return "0" if told == "-0" else told


def path(points: Sequence[Point]) -> str:
    """Through the points, upright at each; sideways only as an S from one height to the next."""
    parts = [f"M{number(points[0][0])} {number(points[0][1])}"]
    for (x, y), (to_x, to_y) in pairwise(points):
        if abs(to_x - x) < 0.5 or abs(to_y - y) < 0.5:
            parts.append(f"L{number(to_x)} {number(to_y)}")
        else:
            half = number((y + to_y) / 2)
            parts.append(f"C{number(x)} {half} {number(to_x)} {half} {number(to_x)} {number(to_y)}")
    return "".join(parts)


def polygon(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points) + "Z"


def arrow(points: Sequence[Point]) -> tuple[list[Point], list[Point]]:
    """The line cut short, and the three corners of the head at its end."""
    (before_x, before_y), (x, y) = points[-2], points[-1]
    if abs(y - before_y) >= abs(x - before_x):
        step = ARROW_LENGTH if y >= before_y else -ARROW_LENGTH
        return [*points[:-1], (x, y - step)], [(x - ARROW_HALF, y - step), (x + ARROW_HALF, y - step), (x, y)]
    step = ARROW_LENGTH if x >= before_x else -ARROW_LENGTH
    return [*points[:-1], (x - step, y)], [(x - step, y - ARROW_HALF), (x - step, y + ARROW_HALF), (x, y)]


def rectangle(size: Size, spot: Spot, corner: float) -> str:
    return (
        f'x="{number(spot.x - size.width / 2)}" y="{number(spot.y - size.height / 2)}" '
        f'width="{number(size.width)}" height="{number(size.height)}" rx="{number(corner)}"'
    )


def outline(kind: str, size: Size, spot: Spot, style: str) -> str:
    """A box in the shape of its kind."""
    if kind == TRUST:
        return f'<path {style} d="{polygon(pointed(size, spot))}"/>'
    beneath = f'<path {style} d="{polygon(under(size, spot))}"/>' if kind == FOLDED else ""
    within = f'<path {style} d="{polygon(inset(size, spot))}"/>' if kind == STATE else ""
    corner = {PERSON: min(size.height / 2, ROUNDEST), STATE: 0.0, FOLDED: 0.0}.get(kind, CORNER)
    return f"{beneath}<rect {style} {rectangle(size, spot, corner)}/>{within}"


def pointed(size: Size, spot: Spot) -> list[Point]:
    left, right, top, foot = edges(size, spot)
    from_left, from_right = left + POINTED, right - POINTED
    return [(left, spot.y), (from_left, top), (from_right, top), (right, spot.y), (from_right, foot), (from_left, foot)]


def inset(size: Size, spot: Spot) -> list[Point]:
    left, right, top, foot = edges(Size(size.width - 2 * BORDER, size.height - 2 * BORDER), spot)
    return [(left, top), (right, top), (right, foot), (left, foot)]


def under(size: Size, spot: Spot) -> list[Point]:
    """What looks out beneath a sheet that lies on another, above and to the right of it."""
    _left, right, top, _foot = edges(size, spot)
    its_left, its_right, its_top, its_foot = edges(size, Spot(spot.x + BENEATH, spot.y - BENEATH))
    return [(its_left, top), (its_left, its_top), (its_right, its_top), (its_right, its_foot), (right, its_foot), (right, top)]


def edges(size: Size, spot: Spot) -> tuple[float, float, float, float]:
    return spot.x - size.width / 2, spot.x + size.width / 2, spot.y - size.height / 2, spot.y + size.height / 2


def mark(tone: str, size: Size, spot: Spot) -> tuple[str, str, str]:
    """Where the mark of a tone stands, its ground and its sign."""
    left, _right, top, _foot = edges(size, spot)
    return (f'transform="translate({number(left + MARK_IN)} {number(top)})"', *MARKS[tone])
