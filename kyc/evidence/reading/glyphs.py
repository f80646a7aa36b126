"""Which character of OCR-B stands in a cell: a small network of three layers over the grey values of the cell. Pure.

The weights are fitted by tests/bench/fit_glyphs.py to cells that it renders from Debian's fonts-ocr-b, whose drawing is public
domain and whose outlines of Norbert Schwarz may be used freely; they are part of this product and under its licence. It knows no
other type, no handwriting, and no print whose cells are less than about twelve pixels wide.
"""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from kyc.evidence.reading.mrz import ALPHABET

FILE = Path(__file__).with_name("glyphs.npz")
# Last of all a cell without print.
CLASSES = ALPHABET + " "
# Pixels of a cell as the network sees it: PITCH wide from one character to the next, with a margin of the neighbours.
WIDE, HIGH, PITCH = 20, 24, 16
# Of 255, below which a cell's contrast is the ground's own.
FAINTEST = 4.0

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]


@cache
def weights() -> list[tuple[Floats, Floats]]:
    with np.load(FILE) as kept:
        layers = len(kept.files) // 2
        return [(kept[f"w{at}"].astype(np.float32), kept[f"b{at}"].astype(np.float32)) for at in range(layers)]


def normal(cells: NDArray[np.generic]) -> Floats:
    """Cells of (n, HIGH, WIDE) as rows of the network's input: neither light nor contrast matters."""
    flat = cells.reshape(len(cells), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    return np.asarray(flat / np.maximum(flat.std(axis=1, keepdims=True), FAINTEST), np.float32)


def scores(cells: NDArray[np.generic]) -> Floats:
    """Natural logarithms of the probability of each of CLASSES, a row for each cell."""
    values = normal(cells)
    for place, (matrix, bias) in enumerate(weights()):
        values = values @ matrix + bias
        if place + 1 < len(weights()):
            values = np.maximum(values, 0)
    values -= values.max(axis=1, keepdims=True)
    return np.asarray(values - np.log(np.exp(values).sum(axis=1, keepdims=True)), np.float32)


def cut(grey: Grey, line: NDArray[np.float64], *, columns: int, first: int = 0) -> Grey:
    """The cells of a line as (columns, HIGH, WIDE). `line` is the homography from (column, 0), the cells' centres at whole
    numbers, to the picture; its units are as high as wide."""
    # All cells in one strip, so that the picture is sampled once.
    strip = np.array([[1 / PITCH, 0, first - (WIDE / 2 - 0.5) / PITCH], [0, 1 / PITCH, -(HIGH / 2 - 0.5) / PITCH], [0, 0, 1]])
    width = PITCH * (columns - 1) + WIDE
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    drawn = cv2.warpPerspective(grey, line @ strip, (width, HIGH), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.stack([drawn[:, at * PITCH : at * PITCH + WIDE] for at in range(columns)])


def below(units: float) -> NDArray[np.float64]:
    """From a line to one that is so far below it."""
    return np.array([[1, 0, 0], [0, 1, units], [0, 0, 1.0]])
