"""Where on a picture the lines of a machine-readable zone stand: as a grid of cells of equal pitch. Pure.

Marks that are as high and as wide as characters are joined to rows; rows of many at one pitch are lines of a zone, and two or
three of them give the homography of the whole grid, whatever the turn and the perspective of the photograph.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from operator import itemgetter

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Floats = NDArray[np.float64]
# Pixels; a character below can't be told from the noise, one above is no print of a zone.
LOWEST, HIGHEST = 8, 90
# A line of a zone has at least thirty characters, of which some may have run into the ground.
FEWEST = 16
# From one character to the next, in heights of a capital; of the pitch, how far a mark may be beside its place.
NEAREST, FURTHEST, BESIDE = 0.6, 1.7, 0.32
# From one line to the next, in pitches.
CLOSEST, WIDEST = 1.4, 3.4
MOST_GAP = 4
# Of all marks, how many must lie on one grid.
LEAST_KEPT = 0.7
# The height of a mark, blurred as it is, where a cell is one wide.
MARK = 1.06


@dataclass(frozen=True)
class Row:
    """Marks of one line in their order: `columns` whole numbers from any start; `centres`, `pitch` and `height`,
    which is that of a mark, in pixels."""

    columns: NDArray[np.int64]
    centres: Floats
    pitch: float
    height: float

    @property
    def middle(self) -> Floats:
        return np.asarray(np.median(self.centres, axis=0))

    @property
    def direction(self) -> Floats:
        way = self.centres[-1] - self.centres[0]
        return np.asarray(way / np.hypot(*way))


@dataclass(frozen=True)
class Grid:
    """`homography` leads from (column, row) to pixels; `apart` is the distance of two lines in pitches, `marks` the column
    of each mark that was seen."""

    homography: Floats
    lines: int
    apart: float
    marks: NDArray[np.int64]

    @property
    def first(self) -> int:
        return int(self.marks.min())

    @property
    def last(self) -> int:
        return int(self.marks.max())

    def share_outside(self, start: int, end: int) -> float:
        """Of the marks, how many stand before or behind those columns."""
        return float(((self.marks < start) | (self.marks >= end)).mean())


def grids(grey: Grey) -> Iterator[Grid]:
    """The likeliest first. Rows are looked for twice: as the picture is, which tells its turn, and then along them, since only
    of upright marks the height is known."""
    found = groups([*rows_of(marks(grey))])
    if not found:
        return
    way = found[0][0].direction
    turned, turn = straightened(grey, float(np.degrees(np.arctan2(way[1], way[0]))))
    back = np.linalg.inv(turn)
    for group in groups([*rows_of(marks(turned))]):
        for grid in fitted(group):
            yield replace(grid, homography=back @ grid.homography)


def straightened(grey: Grey, degrees: float) -> tuple[Grey, Floats]:
    """The picture turned back by so much, whole, and the way from its pixels to those of the turned one."""
    high, wide = grey.shape
    turn = np.vstack([cv2.getRotationMatrix2D((wide / 2, high / 2), degrees, 1.0), [0, 0, 1]])
    corners = cv2.perspectiveTransform(np.array([[[0, 0], [wide, 0], [wide, high], [0, high]]], float), turn)[0]
    turn = np.array([[1, 0, -corners[:, 0].min()], [0, 1, -corners[:, 1].min()], [0, 0, 1]]) @ turn
    size = tuple(int(side) for side in np.ceil(np.ptp(corners, axis=0)))
    return cv2.warpPerspective(grey, turn, size, borderMode=cv2.BORDER_REPLICATE), turn  # type: ignore[return-value]


def marks(grey: Grey) -> Floats:
    """What is dark on lighter ground and may be a character: rows of x, y (its centre), width and height in pixels."""
    soft = cv2.GaussianBlur(grey, (0, 0), 1.0)
    window = 31
    mean = cv2.blur(soft, (window, window)).astype(np.int16)
    depth = mean - soft
    # Noise is as often lighter as darker than its surroundings, print only darker.
    floor = max(8.0, 3.0 * float(np.median(np.abs(depth))))
    dark = (depth > floor).astype(np.uint8)
    _, _, boxes, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    boxes = boxes[1:].astype(np.float64)
    wide, high, area = boxes[:, 2], boxes[:, 3], boxes[:, 4]
    kept = (high >= LOWEST) & (high <= HIGHEST) & (wide >= 2) & (wide <= 1.6 * high) & (area >= 0.12 * wide * high)
    boxes = boxes[kept]
    return np.column_stack([boxes[:, 0] + boxes[:, 2] / 2 - 0.5, boxes[:, 1] + boxes[:, 3] / 2 - 0.5, boxes[:, 2:4]])


def rows_of(found: Floats) -> Iterator[Row]:
    """Rows of at least FEWEST marks at one pitch, longest first."""
    following = neighbours(found)
    behind = {after: before for before, after in following.items()}
    chains = []
    for start in following.keys() - behind.keys():
        chain = [start]
        while chain[-1] in following and len(chain) < 200:
            chain.append(following[chain[-1]])
        if len(chain) >= 5:
            chains.append(chain)
    taken: set[int] = set()
    for chain in sorted(chains, key=len, reverse=True):
        if taken.isdisjoint(chain) and (whole := grown(found, chain)) is not None:
            members, row = whole
            taken |= members
            yield row


def neighbours(found: Floats) -> dict[int, int]:
    """Of each mark the nearest to its right of like height, where that has no nearer one to its left."""
    if len(found) > 6000:
        return {}
    best: dict[int, tuple[float, int]] = {}
    order = np.argsort(found[:, 0])
    xs = found[order, 0]
    right: dict[int, tuple[float, int]] = {}
    for place in order:
        x, y, _, high = found[place]
        near = order[np.searchsorted(xs, x + NEAREST * high) : np.searchsorted(xs, x + FURTHEST * high)]
        if not len(near):
            continue
        others = found[near]
        across, like = np.abs(others[:, 1] - y), others[:, 3] / high
        fits = (across < 0.45 * (others[:, 0] - x)) & (like > 0.6) & (like < 1.65)
        if fits.any():
            away = np.where(fits, others[:, 0] - x + 2 * across, np.inf)
            nearest = int(away.argmin())
            right[int(place)] = (float(away[nearest]), int(near[nearest]))
    for place, (distance, after) in right.items():
        if after not in best or distance < best[after][0]:
            best[after] = (distance, place)
    return {before: after for after, (_, before) in best.items()}


def grown(found: Floats, chain: Sequence[int]) -> tuple[set[int], Row] | None:
    """The chain and what continues it on both sides, in steps of its pitch; some steps may be empty."""
    steps = np.diff(found[chain, :2], axis=0)
    pitch = float(np.median(np.hypot(steps[:, 0], steps[:, 1])))
    columns, members = [0], [chain[0]]
    for before, after in pairwise(chain):
        step = round(float(np.hypot(*(found[after, :2] - found[before, :2]))) / pitch)
        columns.append(columns[-1] + max(step, 1))
        members.append(after)
    height = float(np.median(found[chain, 3]))
    extended(found, columns, members, height, forward=True)
    extended(found, columns, members, height, forward=False)
    centres = found[members, :2]
    if len(members) < FEWEST:
        return None
    return set(members), Row(np.array(columns), centres, pitch, float(np.median(found[members, 3])))


def extended(found: Floats, columns: list[int], members: list[int], height: float, *, forward: bool) -> None:
    """Adds marks beyond one end, in place."""
    misses, way = 0, 1 if forward else -1
    while misses < MOST_GAP:
        near = slice(-9, None) if forward else slice(0, 9)
        at, spots = np.array(columns[near], float), found[members[near], :2]
        next_column = (columns[-1] if forward else columns[0]) + way * (misses + 1)
        guess = np.array([np.polyval(np.polyfit(at, spots[:, axis], 1), next_column) for axis in (0, 1)])
        pitch = float(np.hypot(*(spots[-1] - spots[0]))) / (at[-1] - at[0])
        away = np.hypot(found[:, 0] - guess[0], found[:, 1] - guess[1])
        away[(found[:, 3] < 0.6 * height) | (found[:, 3] > 1.6 * height)] = np.inf
        nearest = int(away.argmin())
        if away[nearest] > BESIDE * pitch or nearest in members:
            misses += 1
            continue
        misses = 0
        place = len(members) if forward else 0
        members.insert(place, nearest)
        columns.insert(place, next_column)


def groups(rows: Sequence[Row]) -> list[list[Row]]:
    """Two or three rows that are parallel, of one pitch and near one another, from top to bottom: the lowest first."""
    down = sorted(rows, key=lambda row: row.middle[1])
    found = []
    for count in (3, 2):
        for start in range(len(down)):
            group = [down[start]]
            for row in down[start + 1 :]:
                if len(group) < count and follows(group[-1], row):
                    group.append(row)
            if len(group) == count:
                found.append(group)
    return sorted(found, key=lambda group: len(group) * min(len(row.columns) for row in group), reverse=True)


def follows(upper: Row, lower: Row) -> bool:
    down = beneath(upper, lower) / upper.pitch
    leaning = abs(float(upper.direction[0] * lower.direction[1] - upper.direction[1] * lower.direction[0]))
    return CLOSEST < down < WIDEST and leaning < 0.1 and 0.85 < upper.pitch / lower.pitch < 1.18


def fitted(group: Sequence[Row]) -> list[Grid]:
    """One homography for all rows, of each way in which their columns may lie below those of the first, the best first. How far
    the rows are apart is told in heights of their marks, so that characters are as high in their cells whatever the
    perspective."""
    first = group[0]
    height = float(np.mean([row.height for row in group])) / MARK
    distance = float(np.mean([beneath(upper, lower) for upper, lower in pairwise(group)])) / height
    spots = np.concatenate([row.centres for row in group])
    found = []
    for shifts in product(*(shifted(first, row) for row in group)):
        columns = np.concatenate([row.columns + ahead for row, ahead in zip(group, shifts, strict=True)])
        down = np.repeat([number * distance for number in range(len(group))], [len(row.columns) for row in group])
        way, kept = cv2.findHomography(np.column_stack([columns, down]), spots, cv2.RANSAC, 0.22 * first.pitch)
        if way is not None and kept.sum() >= LEAST_KEPT * len(spots):
            grid = Grid(np.asarray(way, float), len(group), distance, columns)
            found.append((-int(kept.sum()), grid.last - grid.first, grid))
    return [grid for *_, grid in sorted(found, key=itemgetter(0, 1))]


def beneath(upper: Row, lower: Row) -> float:
    """Pixels from one row to the next, straight across."""
    away, way = lower.middle - upper.middle, upper.direction
    return abs(float(way[0] * away[1] - way[1] * away[0]))


def shifted(first: Row, row: Row) -> list[int]:
    """What to add to the row's columns, so that they are those of the first row: rows of a zone begin and end together, and in
    perspective what is below is not straight below, so that there may be more than one answer."""
    if row is first:
        return [0]
    one, other = np.polyfit(first.columns, first.centres, 1), np.polyfit(row.columns, row.centres, 1)
    ahead = float((other[1] - one[1]) @ one[0] / (one[0] @ one[0]))
    ends = {int(first.columns[0] - row.columns[0]), int(first.columns[-1] - row.columns[-1])}
    return sorted({end for end in ends if abs(end - ahead) < 1.5} or {math.floor(ahead), math.ceil(ahead)})
