"""Reads the machine-readable zone of a picture. Pure: grey values in, a zone and where it stands out."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kyc.evidence.reading import deciding, finding, glyphs, mrz
from kyc.evidence.reading.deciding import Reading
from kyc.evidence.reading.finding import Grid
from kyc.evidence.reading.mrz import Format, Span, Zone

# Longer sides, in pixels, to which a picture is made smaller before a zone is looked for, one after the other.
SIDES = (1500, 2600)
MOST_GRIDS = 8
# By how many columns the first mark that was seen may be beside the first of the zone.
BEFORE = 5
# Of the marks, how many may stand beside the zone: a shorter zone is no part of a longer one.
MOST_OUTSIDE = 0.08
# Pixels of a column of the zone at which Tesseract reads the print above it, and how many times larger a picture is made for it.
COLUMN, MOST_LARGER = 24.0, 2.0
Grey = NDArray[np.uint8]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """`corners` says of any span of the zone where it is on the picture."""

    zone: Zone
    certainty: tuple[tuple[float, ...], ...]
    homography: Floats
    apart: float
    size: tuple[int, int]

    def corners(self, span: Span) -> list[tuple[float, float]]:
        """The four corners of a span, in fractions of the picture's width and height."""
        top, bottom = span.line * self.apart - 0.62, span.line * self.apart + 0.62
        box = np.array([[span.start - 0.5, top], [span.end - 0.5, top], [span.end - 0.5, bottom], [span.start - 0.5, bottom]])
        spots = cv2.perspectiveTransform(box[None], self.homography)[0]
        return [(float(x) / self.size[0], float(y) / self.size[1]) for x, y in spots]

    def straight(self, grey: Grey) -> Grey:
        """The picture that the zone was read from, turned so that its lines lie level and upright, and as large as print is read
        best; nothing of it is cut off."""
        part = self.zone.format.width - 1
        ends = cv2.perspectiveTransform(np.array([[[0.0, 0.0], [part, 0.0]]]), self.homography)[0]
        along = (ends[1] - ends[0]) / part * (grey.shape[1] / self.size[0])
        column = float(np.hypot(*along))
        scale = min(COLUMN / column, MOST_LARGER)
        cosine, sine = along / column * scale
        turn = np.array([[cosine, sine], [-sine, cosine]])
        high, wide = grey.shape
        corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]]) @ turn.T
        least = corners.min(axis=0)
        size = tuple(int(side) for side in np.ceil(corners.max(axis=0) - least))
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        way = np.hstack([turn, -least[:, None]])
        return np.asarray(cv2.warpAffine(grey, way, size, flags=how, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def read(grey: Grey) -> Found | None:
    """The zone of a picture that is upright or turned by quarters, within about fifteen degrees. None where none is found, or
    none that can mean one thing only."""
    for side in SIDES:
        scale = min(1.0, side / max(grey.shape))
        small = (
            np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8) if scale < 1 else grey
        )
        for quarters in range(4):
            turned = np.ascontiguousarray(np.rot90(small, quarters))
            if (found := upright(turned)) is not None:
                return placed(found, turned.shape, quarters)
        if scale == 1.0:
            break
    return None


def upright(grey: Grey) -> tuple[Reading, Floats, Grid] | None:
    for place, grid in enumerate(finding.grids(grey)):
        if place == MOST_GRIDS:
            break
        if (found := decided(grey, grid)) is not None:
            return found
    return None


def decided(grey: Grey, grid: Grid) -> tuple[Reading, Floats, Grid] | None:
    """The zone of a grid, if one format at one place alone can be read there."""
    start, columns = grid.first - BEFORE, grid.last - grid.first + 1 + 2 * BEFORE
    scores = scored(grey, grid, start, columns)
    readings = []
    for form, offset in placings(scores, grid):
        if (reading := deciding.decided(scores[:, offset : offset + form.width], form)) is not None:
            readings.append((reading, grid.homography @ across(start + offset), grid))
    readings = [one for one in readings if one[0].zone.is_sound] or readings
    return readings[0] if len(readings) == 1 else None


def scored(grey: Grey, grid: Grid, start: int, columns: int) -> NDArray[np.float32]:
    lines = [grid.homography @ glyphs.below(line * grid.apart) for line in range(grid.lines)]
    cells = np.concatenate([glyphs.cut(grey, line, columns=columns, first=start) for line in lines])
    return glyphs.scores(cells).reshape(grid.lines, columns, -1)


def placings(scores: NDArray[np.float32], grid: Grid) -> Iterator[tuple[Format, int]]:
    """Formats of as many lines, where in the cells they may begin; a blank inside a zone rules a place out, and much print beside
    it."""
    blank = scores[:, :, -1] > np.log(0.5)
    for form in mrz.FORMATS:
        if form.lines != grid.lines:
            continue
        for offset in range(scores.shape[1] - form.width + 1):
            start = grid.first - BEFORE + offset
            if grid.share_outside(start, start + form.width) > MOST_OUTSIDE:
                continue
            if not blank[:, offset : offset + form.width].any():
                yield form, offset


def across(columns: int) -> Floats:
    return np.array([[1, 0, columns], [0, 1, 0], [0, 0, 1.0]])


def placed(found: tuple[Reading, Floats, Grid], shape: tuple[int, ...], quarters: int) -> Found:
    """Back on the picture as it was before it was turned."""
    reading, homography, grid = found
    high, wide = shape
    size = (wide, high) if quarters % 2 == 0 else (high, wide)
    back = {
        0: np.eye(3),
        1: np.array([[0, -1, high - 1], [1, 0, 0], [0, 0, 1.0]]),
        2: np.array([[-1, 0, wide - 1], [0, -1, high - 1], [0, 0, 1.0]]),
        3: np.array([[0, 1, 0], [-1, 0, wide - 1], [0, 0, 1.0]]),
    }[quarters]
    return Found(reading.zone, reading.certainty, back @ homography, grid.apart, size)
