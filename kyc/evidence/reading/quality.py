"""Why a picture can't be read, by measuring it: what to do better is told at once. Pure.

Thresholds were set on rendered documents of another seed than those that the bench reads: of those that can be read none is
complained of, and each fault alone is found (tests/kyc/evidence/reading/test_quality.py).
"""

from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
# The longer side to which a picture is made smaller before it is measured.
SIDE = 1200
SMALLEST = 500
DARKEST, DULLEST = 55.0, 30.0
BLURRED = 0.09
# Of the picture, how much may be burnt out in one piece that is not the ground itself.
MOST_GLARE = 0.02
# Of an edge of the picture, how much of it writing may touch.
MOST_TOUCHED = 0.008


class Fault(StrEnum):
    TOO_SMALL = "too_small"
    TOO_DARK = "too_dark"
    BLURRED = "blurred"
    GLARE = "glare"
    CUT_OFF = "cut_off"


def faults(grey: Grey) -> list[Fault]:
    """The likeliest reason first; none where nothing is wrong with the picture itself."""
    if max(grey.shape) < SMALLEST or min(grey.shape) < SMALLEST / 2:
        return [Fault.TOO_SMALL]
    scale = min(1.0, SIDE / max(grey.shape))
    small: Grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else grey  # type: ignore[assignment]
    found = []
    if is_dark(small):
        found.append(Fault.TOO_DARK)
    if sharpness(small) < BLURRED:
        found.append(Fault.BLURRED)
    if glare(small) > MOST_GLARE:
        found.append(Fault.GLARE)
    if touched(small) > MOST_TOUCHED:
        found.append(Fault.CUT_OFF)
    return found


def is_dark(grey: Grey) -> bool:
    """Whether even the lighter parts are dark, or hardly lighter than the darker ones."""
    low, high = np.percentile(grey, (5, 90))
    return bool(high < DARKEST or high - low < DULLEST)


def sharpness(grey: Grey) -> float:
    """How steep the steepest edges are, as a share of the picture's contrast a pixel; noise is taken out first."""
    soft = cv2.GaussianBlur(grey, (0, 0), 1.2).astype(np.float32)
    across, down = cv2.Sobel(soft, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(soft, cv2.CV_32F, 0, 1, scale=0.125)
    low, high = np.percentile(soft, (2, 98))
    steepest = float(np.percentile(np.hypot(across, down), 99.5))
    return steepest / max(float(high - low), 1.0) if high > low else 0.0


def glare(grey: Grey) -> float:
    """The share of the picture that is burnt out in one piece amid what is not: a lamp or a window that shines back."""
    burnt = (cv2.GaussianBlur(grey, (0, 0), 2) >= 253).astype(np.uint8)
    if burnt.mean() > 0.4:
        return 0.0
    _, _, boxes, _ = cv2.connectedComponentsWithStats(burnt, connectivity=8)
    return float(boxes[1:, cv2.CC_STAT_AREA].max(initial=0)) / grey.size


def touched(grey: Grey) -> float:
    """How much of the worst edge of the picture is crossed by marks of the size of characters: the document goes on outside."""
    depth = cv2.blur(grey, (31, 31)).astype(np.int16) - cv2.GaussianBlur(grey, (0, 0), 1.0)
    dark = (depth > max(25.0, 4 * float(np.median(np.abs(depth))))).astype(np.uint8)
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    fits = (boxes[:, 2] < 60) & (boxes[:, 3] < 60) & (boxes[:, 4] >= 12)
    fits[0] = False
    kept = fits[labels]
    edges = (kept[1], kept[-2], kept[:, 1], kept[:, -2])
    return max(float(edge.mean()) for edge in edges)
