"""Draws an invented passport or identity card, flat and sharp: a silhouette, what stands above the zone, and the zone.

Measures are in millimetres of ICAO Doc 9303, parts 4 and 5. The zone is in OCR-B where Debian's fonts-ocr-b is installed; in
another face, one character a cell, it looks like one, and whether it can be read is nobody's promise.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from demo.bearers import Bearer, chance

Picture = NDArray[np.uint8]
SCALE = 10.0
# Wide and high; of a card the front stands above the back, as they lie on a scanner.
PASSPORT, CARD, BETWEEN = (125.0, 88.0), (85.6, 54.0), 6.0
# How far the middle of the zone's first line is above the lower edge, and how far lines and characters are apart.
ABOVE, APART, PITCH, LEFT = {2: 15.1, 3: 17.9}, 6.35, 2.54, 4.0
FONTS = Path("/usr/share/fonts")
OCR_B = FONTS / "opentype/ocr-b/OCRB.otf"
MONO = FONTS / "truetype/noto/NotoSansMono-Regular.ttf"
LATIN = FONTS / "opentype/inter/Inter-Medium.otf"
# By the first word of a letter's name in Unicode.
SCRIPTS = {
    "ARABIC": FONTS / "truetype/noto/NotoSansArabic-Regular.ttf",
    "HEBREW": FONTS / "truetype/noto/NotoSansHebrew-Regular.ttf",
    "DEVANAGARI": FONTS / "truetype/noto/NotoSansDevanagari-Regular.ttf",
    "CJK": FONTS / "opentype/noto/NotoSansCJK-Regular.ttc",
    "HANGUL": FONTS / "opentype/noto/NotoSansCJK-Regular.ttc",
}
# Capitals of OCR-B are as high as a cell is wide; their middle, from the top of the line, in sizes of the type.
SIZE, MIDDLE = PITCH / 0.72297, 0.593
INK, PALE, STAMP = (38, 38, 52), (104, 104, 122), (196, 92, 92)


def has_type() -> bool:
    """Whether a zone that is drawn here can be read."""
    return OCR_B.exists()


def page(bearer: Bearer) -> Picture:
    """In colour, red first, SCALE dots a millimetre."""
    if bearer.is_card:
        front, back = ground(CARD, bearer, "front"), ground(CARD, bearer, "back")
        visual(front, bearer, CARD[1] - 4)
        zone(back, bearer.zone)
        gap = np.full((round(BETWEEN * SCALE), front.width, 3), 244, np.uint8)
        return np.vstack([np.asarray(front), gap, np.asarray(back)])
    whole = ground(PASSPORT, bearer, "page")
    visual(whole, bearer, PASSPORT[1] - ABOVE[2] - 6)
    zone(whole, bearer.zone)
    return np.asarray(whole)


def ground(size: tuple[float, float], bearer: Bearer, side: str) -> Image.Image:
    """Paper of the country's own colour and waves, and of the bearer's own clouds, so that no two are one picture."""
    wide, high = (round(length * SCALE) for length in size)
    # Half as fine: the waves are soft, and most of the time would go into them.
    y, x = 2 * np.mgrid[0 : high // 2, 0 : wide // 2].astype(np.float32)
    grey = np.zeros(x.shape, np.float32)
    for number in range(3):
        turn = np.pi * chance(bearer.country, f"wave {number}", 100) / 100
        length, swing = 70 + chance(bearer.country, f"length {number}", 80), 40 + chance(bearer.country, f"swing {number}", 60)
        along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
        grey -= 9 * (np.sin(2 * np.pi * (along + swing * np.sin(across / 90)) / length) > 0.8)
    grain = np.random.default_rng([chance(bearer.name, side, 2**31)])
    grey = cv2.resize(grey, (wide, high), interpolation=cv2.INTER_LINEAR)
    grey += cv2.resize(grain.normal(0, 9, (6, 8)).astype(np.float32), (wide, high), interpolation=cv2.INTER_CUBIC)
    tint = np.array([214 + chance(bearer.country, f"tint {one}", 26) for one in range(3)], np.float32)
    return Image.fromarray(np.clip(grey[..., None] + tint, 0, 255).astype(np.uint8))


def visual(paper: Image.Image, bearer: Bearer, bottom: float) -> None:
    """Everything above the zone; `bottom` is how far down there is room."""
    draw = ImageDraw.Draw(paper)
    text(draw, bearer.state.upper(), 5, 3.2, 3.4)
    text(draw, bearer.title, 5, 7.6, 2.6, PALE)
    right = min(5 + (bottom - 13) * 0.76, 36)
    silhouette(draw, (5, 12.5, right, 12.5 + (right - 5) / 0.76), bearer)
    stamp(paper, bottom)
    tops = np.linspace(12.0, bottom - 5.5, 5)
    for row, cells in zip(tops, rows(bearer), strict=True):
        for place, (label, value) in enumerate(cells):
            left = right + 3.5 + place * 25
            text(draw, label, left, row, 1.6, PALE)
            text(draw, value, left, row + 2.1, 2.7)


def rows(bearer: Bearer) -> Iterator[tuple[tuple[str, str], ...]]:
    surname, given = bearer.parts
    yield (("Surname", surname.upper()),)
    yield (("Given names", given.upper()),)
    yield (("In its own script", bearer.native),) if bearer.native else (("Place of birth", bearer.state),)
    yield ("Date of birth", f"{bearer.born:%d.%m.%Y}"), ("Number", bearer.number)
    yield ("Date of issue", f"{bearer.issued:%d.%m.%Y}"), ("Date of expiry", f"{bearer.expires:%d.%m.%Y}")


def text(draw: ImageDraw.ImageDraw, words: str, left: float, top: float, size: float, ink: tuple[int, int, int] = INK) -> None:
    draw.text((left * SCALE, top * SCALE), words, ink, font=face(words, size * SCALE))


def face(words: str, size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """That has the letters of the words; Pillow's own where it is not installed."""
    script = next((unicodedata.name(one, "").split()[0] for one in words if one.isalpha()), "")
    path = SCRIPTS.get(script, LATIN)
    return ImageFont.truetype(path, size) if path.exists() else ImageFont.load_default(size)


def silhouette(draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float], bearer: Bearer) -> None:
    """Head and shoulders in one grey: nobody's face."""
    left, top, right, bottom = (place * SCALE for place in box)
    wide, high = right - left, bottom - top
    shade = 128 + chance(bearer.name, "shade", 50)
    draw.rectangle([left, top, right, bottom], fill=(shade + 58, shade + 62, shade + 66))
    figure = (shade - 34, shade - 30, shade - 24)
    middle = left + wide * (0.46 + chance(bearer.name, "middle", 9) / 100)
    head = wide * (0.17 + chance(bearer.name, "head", 5) / 100)
    draw.ellipse([middle - head, top + high * 0.18, middle + head, top + high * 0.18 + head * 2.5], fill=figure)
    draw.pieslice([left + wide * 0.1, top + high * 0.66, right - wide * 0.1, bottom + high * 0.34], 180, 360, fill=figure)


def stamp(paper: Image.Image, bottom: float) -> None:
    """That it is no document of any state."""
    font = face("SPECIMEN", 8.5 * SCALE)
    layer = Image.new("L", paper.size)
    ImageDraw.Draw(layer).text((paper.width * 0.56, bottom * SCALE * 0.55), "SPECIMEN", 56, font=font, anchor="mm")
    layer = layer.rotate(14, center=(paper.width * 0.56, bottom * SCALE * 0.55))
    paper.paste(Image.new("RGB", paper.size, STAMP), mask=layer)


def zone(paper: Image.Image, lines: Sequence[str]) -> None:
    draw, size = ImageDraw.Draw(paper), SIZE * SCALE
    path = OCR_B if has_type() else MONO
    font = ImageFont.truetype(path, size) if path.exists() else ImageFont.load_default(size)
    first = paper.height / SCALE - ABOVE[len(lines)]
    for row, line in enumerate(lines):
        top = (first + row * APART) * SCALE - MIDDLE * size
        for column, one in enumerate(line):
            draw.text(((LEFT + column * PITCH) * SCALE, top), one, INK, font=font)
