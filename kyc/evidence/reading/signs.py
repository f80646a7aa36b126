"""Signs that a document was made or changed on a computer. Each is a reason to look and never a verdict: people scan, crop and
send pictures of their screens. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
PNG = "image/png"
# Names that programs leave in what they write; scanners, cameras and offices do not draw over a document.
EDITORS = tuple(
    """photoshop|gimp|canva|affinity|pixelmator|illustrator|inkscape|coreldraw|photopea|snapseed|picsart|sejda|ilovepdf|smallpdf
    |pdfescape|foxit phantom|acrobat pro|nitro|pdf-xchange editor""".replace("\n    ", "").split("|")
)
# Of telephones, tablets and monitors, upright; a photograph or a scan has none of these by chance.
SCREENS = frozenset(
    tuple(map(int, size.split("x")))
    for size in """640x1136 750x1334 828x1792 1080x1920 1125x2436 1170x2532 1179x2556 1206x2622 1242x2208 1242x2688 1284x2778
    1290x2796 1320x2868 1080x2160 1080x2220 1080x2280 1080x2310 1080x2316 1080x2340 1080x2376 1080x2400 1080x2408 1080x2412
    1080x2460 1220x2712 1240x2772 1344x2992 1440x2560 1440x2880 1440x2960 1440x3040 1440x3088 1440x3120 1440x3200 1600x2560
    1536x2048 1620x2160 1640x2360 1668x2224 1668x2388 2048x2732 768x1024 768x1366 800x1280 900x1440 900x1600 1050x1680 1200x1920
    1440x3440 1664x2560 1800x2880 1964x3024 2160x3840 2234x3456""".split()
)
# Grey values of 255: a camera's picture has more noise, what a program draws has none.
LEAST_NOISE = 0.7
BLOCK = 32
# A region is told from the rest where its noise is that share of the picture's, over so many blocks side by side.
QUIET, MOST_QUIET, NOISY = 0.3, 6, 2.0
# Blocks that are burnt out or black have no noise in any photograph.
LIGHTEST, DARKEST = 243, 12


class Sign(StrEnum):
    EDITOR = "editor"
    SCREENSHOT = "screenshot"
    PATCH = "patch"
    CHECK_DIGITS = "check_digits"
    VISUAL_ZONE = "visual_zone"
    SPECIMEN = "specimen"
    NO_STATE = "no_state"
    EXPIRED = "expired"
    EXPIRES_SOON = "expires_soon"


def editor(origin: Mapping[str, str]) -> str:
    """The editor that the file names among what it says of itself, such as Producer, Creator and Software; empty for none."""
    for told in origin.values():
        if any(name in str(told).casefold() for name in EDITORS):
            return str(told)[:80]
    return ""


def is_screenshot(grey: Grey, content_type: str) -> bool:
    """Exactly as large as a screen, and either without a camera's noise or in the format that telephones keep screens in."""
    high, wide = grey.shape
    if (min(wide, high), max(wide, high)) not in SCREENS:
        return False
    return content_type == PNG or noise(grey) < LEAST_NOISE


def noise(grey: Grey) -> float:
    """The standard deviation of the noise, by the quieter half of the picture's blocks."""
    blocks = noises(grey)
    kept = blocks[~np.isnan(blocks)]
    return float(np.percentile(kept, 30)) if len(kept) else 0.0


def noises(grey: Grey) -> NDArray[np.float64]:
    """Of each block by its second differences, which lines and shades hardly have (Immerkaer 1996); NaN of what is burnt out."""
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    rough = cv2.filter2D(grey, cv2.CV_32F, kernel, borderType=cv2.BORDER_REFLECT)
    # Four bytes a pixel, of forty million at most: each further copy is 160 MB of a worker.
    np.abs(rough, out=rough)
    high, wide = grey.shape[0] // BLOCK * BLOCK, grey.shape[1] // BLOCK * BLOCK

    def blocks(values: NDArray[Any]) -> NDArray[Any]:
        return values[:high, :wide].reshape(high // BLOCK, BLOCK, wide // BLOCK, BLOCK).swapaxes(1, 2).reshape(-1, BLOCK * BLOCK)

    # The median, so that the edges of print don't count.
    found: NDArray[np.float64] = np.median(blocks(rough), axis=1, overwrite_input=True).astype(np.float64) / 0.6745 / 6
    mean = blocks(grey).mean(axis=1)
    found[(mean > LIGHTEST) | (mean < DARKEST)] = np.nan
    return found.reshape(high // BLOCK, wide // BLOCK)


def patch(grey: Grey) -> tuple[float, float, float, float] | None:
    """The largest region without the noise that the rest has, as what is drawn over a photograph: left, top, right and bottom in
    fractions of the picture. None where there is none, or the whole has hardly any."""
    blocks = noises(grey)
    if blocks.size == 0 or np.isnan(blocks).all() or (usual := float(np.nanmedian(blocks))) < NOISY:
        return None
    quiet = (np.nan_to_num(blocks, nan=np.inf) < QUIET * usual).astype(np.uint8)
    _, _, boxes, _ = cv2.connectedComponentsWithStats(quiet, connectivity=4)
    if len(boxes) < 2:
        return None
    left, top, wide, high, area = (int(one) for one in max(boxes[1:], key=lambda box: box[cv2.CC_STAT_AREA]))
    if area < MOST_QUIET:
        return None
    rows, columns = blocks.shape
    return left / columns, top / rows, (left + wide) / columns, (top + high) / rows
