"""A drawn paper as somebody sends it: photographed on a desk, laid on a scanner, or in a PDF."""

from enum import StrEnum
from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from demo.bearers import chance
from demo.drawing import Picture

Light = NDArray[np.float32]

# Dots of ground around the paper; of the longer side, how far a corner may be out of its place.
MARGIN, ASKEW = 70, 0.015
# Sigma in dots: a camera's own softness, and one that was not held still; in grey values: a camera's noise, and a scanner's.
SOFT, SHAKEN, NOISE, FAINT = 0.7, 13.0, 4.0, 1.2
QUALITY = 84


class How(StrEnum):
    PHOTOGRAPH = "photograph"
    SCAN = "scan"
    PDF = "pdf"


def taken(page: Picture, who: str, *, how: How = How.PHOTOGRAPH, is_shaken: bool = False) -> bytes:
    """JPEG, PNG or PDF; `who` decides how it lies, always in the same way."""
    if how == How.PHOTOGRAPH:
        image, form = photographed(page, who, SHAKEN if is_shaken else SOFT), "JPEG"
    else:
        image, form = scanned(page, who), "PDF" if how == How.PDF else "PNG"
    out = BytesIO()
    Image.fromarray(image).save(out, form, quality=QUALITY, resolution=200)
    return out.getvalue()


def photographed(page: Picture, who: str, blur: float) -> Picture:
    """Turned by a few degrees, a little from the side, in uneven light, with a camera's noise."""
    high, wide = page.shape[:2]
    grain = np.random.default_rng([chance(who, "grain", 2**31)])
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float64)
    placed = corners + grain.uniform(-ASKEW, ASKEW, (4, 2)) * max(wide, high)
    turn = np.radians(grain.uniform(-4.5, 4.5))
    placed = (placed - [wide / 2, high / 2]) @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    room = grain.uniform(MARGIN, 2.5 * MARGIN, 4)
    placed += room[:2] - placed.min(axis=0)
    size = tuple(int(side) for side in np.ceil(placed.max(axis=0) + room[2:]))
    way = cv2.getPerspectiveTransform(corners.astype(np.float32), placed.astype(np.float32))
    inside = cv2.warpPerspective(np.ones((high, wide), np.float32), way, size)[..., None]
    picture = desk(size, grain) * (1 - inside) + cv2.warpPerspective(page.astype(np.float32), way, size) * inside
    light = np.outer(np.linspace(*grain.uniform(0.86, 1, 2), size[1]), np.linspace(*grain.uniform(0.86, 1, 2), size[0]))
    return finished(picture * light[..., None], blur, NOISE, grain)


def desk(size: tuple[int, ...], grain: np.random.Generator) -> Light:
    """Of wood or cloth, darker here and there."""
    clouds = cv2.resize(grain.normal(0, 14, (7, 9)).astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    colour = grain.uniform(70, 120) + np.array([22, 6, -14], np.float32)
    return np.asarray(clouds[..., None] + colour, np.float32)


def scanned(page: Picture, who: str) -> Picture:
    """Straight, on white, with little noise; where on the glass it lay differs."""
    grain = np.random.default_rng([chance(who, "glass", 2**31)])
    above, below, left, right = (int(side) for side in grain.uniform(MARGIN, 3 * MARGIN, 4))
    whole = np.full((page.shape[0] + above + below, page.shape[1] + left + right, 3), 248, np.float32)
    whole[above : above + page.shape[0], left : left + page.shape[1]] = page
    return finished(whole, SOFT, FAINT, grain)


def finished(picture: Light, blur: float, noise: float, grain: np.random.Generator) -> Picture:
    soft = cv2.GaussianBlur(picture, (0, 0), blur)
    soft = soft + noise * grain.standard_normal(soft.shape[:2], np.float32)[..., None]
    return np.clip(soft, 0, 255).astype(np.uint8)
