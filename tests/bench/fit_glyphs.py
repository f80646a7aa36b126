"""Fits the network of kyc/evidence/reading/glyphs.py anew and writes its weights: always the same ones.

    .venv/bin/python -m tests.bench.fit_glyphs

Strips of random characters are rendered from Debian's fonts-ocr-b, turned, put on uneven grounds, blurred, made noisy and saved
as JPEG; cells are cut out of them a little beside their place, as a grid that was found in a picture lies. It shares nothing with
the specimens that the bench reads.
"""

import sys
import time
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from kyc.evidence.reading import glyphs

SEED, STRIPS, LONG, TIMES = 7, 5000, 14, 2
FONTS = [f"/usr/share/fonts/opentype/ocr-b/{name}.otf" for name in ("OCRB", "OCRB", "OCRBF", "OCRBS")]
FINE = 2
LAYERS = (glyphs.WIDE * glyphs.HIGH, 320, 128, len(glyphs.CLASSES))
EPOCHS, BATCH, STEP = 14, 256, 0.0015
Array = NDArray[np.float32]


@cache
def font_of(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


def strip(random: np.random.Generator) -> tuple[NDArray[np.uint8], str, NDArray[np.float64]]:
    """A picture with two lines, the text of the upper, and the homography of its cells."""
    pitch = random.uniform(13, 30)
    font = font_of(FONTS[random.integers(len(FONTS))], round(pitch * FINE / 0.72297))
    pitch = font.getlength("0") / FINE
    # Fillers and blanks are rarer than in a zone, and letters as frequent as digits.
    text = "".join(random.choice([*glyphs.CLASSES], LONG))
    other = "".join(random.choice([*glyphs.CLASSES], LONG))
    apart = random.uniform(1.55, 2.3)
    wide, high = int(pitch * (LONG + 6)), int(pitch * 8)
    ink = Image.new("L", (wide * FINE, high * FINE), 0)
    draw = ImageDraw.Draw(ink)
    left, middle = pitch * 3, high / 2
    size = font.size
    # Capitals stand from 0.23 to 0.955 of the size below the top of the line.
    for line, at in ((text, middle), (other, middle + random.choice([-1, 1]) * apart * pitch)):
        for place, one in enumerate(line):
            draw.text((int((left + place * pitch) * FINE), int(at * FINE - 0.593 * size)), one, 255, font=font)
    mask = np.asarray(ink, np.float32) / 255
    if random.random() < 0.4:
        kernel = np.ones((2, 2), np.uint8)
        mask = cv2.dilate(mask, kernel) if random.random() < 0.6 else cv2.erode(mask, kernel)
    turn = cv2.getRotationMatrix2D((wide / 2, middle), random.uniform(-18, 18), 1)
    turn = np.vstack([turn, [0, 0, 1]])
    lean = np.eye(3) + np.vstack([random.uniform(-0.05, 0.05, (2, 2)) @ np.eye(2, 3), np.zeros(3)])
    placed = turn @ lean
    fine = np.diag([1 / FINE, 1 / FINE, 1.0])
    mask = cv2.warpPerspective(cv2.GaussianBlur(mask, (0, 0), FINE / 2.2), placed @ fine, (wide, high), flags=cv2.INTER_LINEAR)
    cells = placed @ np.array([[pitch, 0, left + pitch / 2], [0, pitch, middle], [0, 0, 1]])
    return degraded(mask, random), text, cells


def ground(shape: tuple[int, int], random: np.random.Generator) -> Array:
    """Paper with waves, blotches and a fall of light."""
    high, wide = shape
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
    paper = np.full(shape, random.uniform(150, 250), np.float32)
    for _ in range(random.integers(0, 4)):
        angle, length = random.uniform(0, np.pi), random.uniform(4, 60)
        bend = random.uniform(0, 4) * np.sin(x / random.uniform(10, 50))
        paper += random.uniform(0, 14) * np.sin((x * np.cos(angle) + y * np.sin(angle) + bend) * 2 * np.pi / length)
    blotches = cv2.resize(random.normal(0, 1, (max(2, high // 9), max(2, wide // 9))).astype(np.float32), (wide, high))
    paper += random.uniform(0, 9) * blotches
    return paper + random.uniform(-25, 25) * (x / wide - 0.5) + random.uniform(-25, 25) * (y / high - 0.5)


def degraded(mask: Array, random: np.random.Generator) -> NDArray[np.uint8]:
    paper = ground(mask.shape, random)
    dark = random.uniform(10, 85)
    picture = paper * (1 - mask) + np.minimum(dark, paper - 40) * mask
    picture = cv2.GaussianBlur(picture, (0, 0), random.uniform(0.4, 1.8))
    picture += random.uniform(2, 14) * random.standard_normal(mask.shape, np.float32)
    done, coded = cv2.imencode(
        ".jpg", np.clip(picture, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(32, 90))]
    )
    assert done
    return cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)


def beside(cells: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """The same grid, found not quite where it is."""
    scale = 1 + random.normal(0, 0.03, 2)
    angle = random.normal(0, 0.02)
    moved = np.array([
        [scale[0] * np.cos(angle), -np.sin(angle), random.normal(0, 0.05)],
        [np.sin(angle), scale[1] * np.cos(angle), random.normal(0, 0.06)],
        [0, 0, 1],
    ])  # fmt: skip
    return cells @ moved


def made(count: int, random: np.random.Generator) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int64]]]:
    for _ in range(count):
        picture, text, cells = strip(random)
        labels = np.array([glyphs.CLASSES.index(one) for one in text])
        for at in [*range(LONG)] * TIMES:
            # Each cell with its own error, which a whole grid would share.
            here = cells @ np.array([[1, 0, at], [0, 1, 0], [0, 0, 1.0]])
            yield glyphs.cut(picture, beside(here, random), columns=1), labels[at : at + 1]


def forward(values: Array, layers: list[list[Array]]) -> list[Array]:
    kept = [values]
    for place, (matrix, bias) in enumerate(layers):
        values = values @ matrix + bias
        if place + 1 < len(layers):
            values = np.maximum(values, 0)
        kept.append(values)
    return kept


def fitted(inputs: Array, labels: NDArray[np.int64], random: np.random.Generator) -> list[list[Array]]:
    layers = [
        [random.normal(0, np.sqrt(2 / before), (before, after)).astype(np.float32), np.zeros(after, np.float32)]
        for before, after in pairwise(LAYERS)
    ]
    first = [[np.zeros_like(part) for part in layer] for layer in layers]
    second = [[np.zeros_like(part) for part in layer] for layer in layers]
    turns, total = 0, EPOCHS * (len(inputs) // BATCH)
    for epoch in range(EPOCHS):
        order, loss = random.permutation(len(inputs)), 0.0
        for start in range(0, len(order) - BATCH + 1, BATCH):
            turns += 1
            step = STEP * 0.5 * (1 + np.cos(np.pi * turns / total))
            chosen = order[start : start + BATCH]
            kept = forward(inputs[chosen], layers)
            odds = np.exp(kept[-1] - kept[-1].max(axis=1, keepdims=True))
            odds /= odds.sum(axis=1, keepdims=True)
            loss -= float(np.log(odds[np.arange(BATCH), labels[chosen]] + 1e-9).mean())
            odds[np.arange(BATCH), labels[chosen]] -= 1
            back = odds / BATCH
            for place in range(len(layers) - 1, -1, -1):
                slopes = [kept[place].T @ back + 1e-5 * layers[place][0], back.sum(axis=0)]
                if place:
                    back = (back @ layers[place][0].T) * (kept[place] > 0)
                for part, slope in enumerate(slopes):
                    one, two = first[place][part], second[place][part]
                    one += 0.1 * (slope - one)
                    two += 0.001 * (slope * slope - two)
                    steady = one / (1 - 0.9**turns) / (np.sqrt(two / (1 - 0.999**turns)) + 1e-8)
                    layers[place][part] -= step * steady.astype(np.float32)
        print(f"{epoch + 1}: {loss / (len(inputs) // BATCH):.4f}", file=sys.stderr, flush=True)
    return layers


def main() -> None:
    cv2.setNumThreads(1)
    random = np.random.default_rng(SEED)
    started = time.monotonic()
    cells, labels = (np.concatenate(part) for part in zip(*made(STRIPS, random), strict=True))
    print(f"{len(labels)} cells in {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    layers = fitted(glyphs.normal(cells), labels, random)
    np.savez_compressed(
        glyphs.FILE,
        **{
            f"{name}{at}": part.astype(np.float16)
            for at, layer in enumerate(layers)
            for name, part in zip("wb", layer, strict=True)
        },
    )
    held, truth = (np.concatenate(part) for part in zip(*made(1000, np.random.default_rng(SEED + 1)), strict=True))
    found = glyphs.scores(held).argmax(axis=1)
    print(f"right: {(found == truth).mean():.4%} of {len(truth)} cells of another seed")


if __name__ == "__main__":
    main()
