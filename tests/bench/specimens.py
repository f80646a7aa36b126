"""Documents with a machine-readable zone as photographs show them: turned, in perspective, blurred, noisy and compressed, all of
it at once. Zones are written by tests' own code, drawn with Debian's fonts-ocr-b on a textured ground."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from tests.kyc.evidence.reading import made
from tests.kyc.evidence.reading.made import Bearer

DOTS = 200 / 25.4
FINE = 2
# Millimetres: wide, high, where the first line's middle is above the lower edge, and how far lines are apart.
SIZES = {
    "TD1": (85.6, 54.0, 17.9),
    "TD2": (105.0, 74.0, 14.9),
    "TD3": (125.0, 88.0, 15.1),
    "MRV-A": (120.0, 80.0, 15.1),
    "MRV-B": (105.0, 74.0, 14.9),
}
APART, PITCH, LEFT = 6.35, 2.54, 4.0
OCR_B = "/usr/share/fonts/opentype/ocr-b/OCRB.otf"
# Capitals are as high as a cell is wide; their middle, from the top of the line, in sizes of the type.
SIZE, MIDDLE = PITCH / 0.72297, 0.593
TURN, PERSPECTIVE, QUALITY = 15.0, 0.08, 40
BLUR, NOISE = (0.5, 1.5), (5.0, 12.0)
Picture = NDArray[np.uint8]

SURNAMES = """ERIKSSON MUELLER DE<LA<CRUZ NGUYEN OKONKWO KOWALSKA PAPADOPOULOS VAN<DER<BERG FERNANDEZ<GARCIA AL<MASRI IVANOVA
KIM TANAKA O<BRIEN SMITH QUISPE XAVIER ZHANG JOVANOVIC HAMMARSKJOELD BJOERNSTJERNE WOLFESCHLEGELSTEINHAUSENBERGER""".split()
GIVEN = """ANNA<MARIA JUAN<CARLOS WEI QUYNH KWAME ZOFIA GEORGIOS JAN<WILLEM FATIMA OLGA MINJUN YUKI SEAN JOHN XIMENA JACQUES
IZOLDA FREDERIKKE HUGO VICTORIA<ELISABETH<CHARLOTTE""".split()
STATES = "D FRA GBR USA CHN IND BRA NGA UTO SWE POL GRC NLD ESP EGY RUS KOR JPN IRL PER MEX".split()


@dataclass(frozen=True)
class Specimen:
    form: str
    seed: int
    lines: tuple[str, ...]
    jpeg: bytes


def specimen(form: str, seed: int, quality: int = QUALITY, *, says: Callable[[Bearer], Sequence[str]] | None = None) -> Specimen:
    """`says` is what stands above the zone of whose document it is; words by chance, where it is not given."""
    random = Random(f"{form} {seed}")
    grain = np.random.default_rng([seed, *form.encode()])
    of = bearer(form, random)
    lines = made.zone(form, of)
    page = drawn(form, lines, random, grain, says(of) if says else ())
    return Specimen(form, seed, tuple(lines), photographed(page, random, grain, quality))


def bearer(form: str, random: Random) -> Bearer:
    def some(least: int, most: int) -> str:
        return "".join(random.choice(made.ORDER) for _ in range(random.randint(least, most)))

    def day(years: range) -> str:
        return f"{random.choice(years) % 100:02}{random.randint(1, 12):02}{random.randint(1, 28):02}"

    state = random.choice(STATES)
    is_long = form in ("TD1", "TD2") and random.random() < 0.15
    return Bearer(
        surname=random.choice(SURNAMES).replace("<", " "),
        given=random.choice(GIVEN).replace("<", " "),
        number=some(10, 11) if is_long else some(6, 9),
        issuer=state,
        nationality=state if random.random() < 0.8 else random.choice(STATES),
        birth_date=day(range(1940, 2020)),
        sex=random.choice("MF<"),
        expiry_date=day(range(2020, 2036)),
        optional=some(3, 7) if random.random() < 0.4 and not is_long else "",
    )


def drawn(form: str, lines: list[str], random: Random, grain: np.random.Generator, says: Sequence[str] = ()) -> Picture:
    """The document, flat and sharp, FINE times as many dots as the photograph."""
    wide, high, first = SIZES[form]
    scale = DOTS * FINE
    shape = (round(high * scale), round(wide * scale))
    image = Image.fromarray(textured(shape, random, grain))
    draw = ImageDraw.Draw(image)
    portrait(draw, high, first, scale, random)
    visual(draw, wide, high, first, scale, random, says)
    font, ink = ImageFont.truetype(OCR_B, SIZE * scale), random.randint(15, 60)
    for row, line in enumerate(lines):
        middle = (high - first + row * APART) * scale
        for column, one in enumerate(line):
            draw.text(((LEFT + column * PITCH) * scale, middle - MIDDLE * font.size), one, ink, font=font)
    return np.asarray(image)


def textured(shape: tuple[int, int], random: Random, grain: np.random.Generator) -> Picture:
    """Paper with guilloches: bundles of fine waves that cross one another."""
    y, x = np.mgrid[0 : shape[0] // FINE, 0 : shape[1] // FINE].astype(np.float32)
    paper = np.full(x.shape, random.uniform(185, 235), np.float32)
    for _ in range(random.randint(2, 4)):
        angle, length = random.uniform(0, np.pi), random.uniform(7, 25)
        along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
        wave = np.sin(2 * np.pi * (along + random.uniform(2, 10) * np.sin(across / random.uniform(10, 45))) / length)
        paper -= random.uniform(6, 16) * (wave > random.uniform(0.3, 0.9))
    paper = cv2.resize(paper, shape[::-1], interpolation=cv2.INTER_LINEAR)
    cloud = cv2.resize(grain.normal(0, 5, (9, 13)).astype(np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.clip(paper + cloud, 0, 255).astype(np.uint8)


def portrait(draw: ImageDraw.ImageDraw, high: float, first: float, scale: float, random: Random) -> None:
    bottom = high - first - 6
    box = [5 * scale, 8 * scale, (5 + (bottom - 8) * 0.78) * scale, bottom * scale]
    draw.rectangle(box, fill=random.randint(120, 180))
    draw.ellipse([box[0] + 40, box[1] + 30, box[2] - 40, box[3] - 60], fill=random.randint(60, 110))


def visual(
    draw: ImageDraw.ImageDraw, wide: float, high: float, first: float, scale: float, random: Random, says: Sequence[str]
) -> None:
    """Words in another type above the zone: what a reader must not take for it."""
    told = iter(says)
    font = ImageFont.load_default(2.6 * scale)
    top, left = 8.0, wide * 0.45
    while top < high - first - 8:
        words = (
            next(told, "")
            if says
            else "".join(random.choice("ABCDEFGHIKLMNOPRSTU /.0123456789") for _ in range(random.randint(6, 18)))
        )
        draw.text((left * scale, top * scale), words, random.randint(20, 90), font=font)
        top += random.uniform(4, 6)


def by_chance(random: Random) -> str:
    return "".join(random.choice("ABCDEFGHIKLMNOPRSTU /.0123456789") for _ in range(random.randint(6, 18)))


def photographed(page: Picture, random: Random, grain: np.random.Generator, quality: int) -> bytes:
    high, wide = page.shape[0] / FINE, page.shape[1] / FINE
    # Each corner is moved by at most that share of the sides, then all is turned about the middle.
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]])
    moved = corners + np.array([[random.uniform(-1, 1) * wide, random.uniform(-1, 1) * high] for _ in corners]) * PERSPECTIVE
    angle = np.radians(random.uniform(-TURN, TURN))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    placed = (moved - [wide / 2, high / 2]) @ turn.T
    margin = random.uniform(20, 80)
    placed += margin - placed.min(axis=0)
    size = tuple(int(side) for side in np.ceil(placed.max(axis=0) + margin))
    way = cv2.getPerspectiveTransform((corners * FINE).astype(np.float32), placed.astype(np.float32))
    soft = cv2.GaussianBlur(page, (0, 0), FINE / 2.5).astype(np.float32)
    desk = np.full(size[::-1], random.uniform(40, 160), np.float32)
    desk += cv2.resize(grain.normal(0, 12, (7, 9)).astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    inside = cv2.warpPerspective(np.ones_like(soft), way, size)
    picture = desk * (1 - inside) + cv2.warpPerspective(soft, way, size) * inside
    light = np.linspace(random.uniform(0.8, 1), random.uniform(0.8, 1), size[0], dtype=np.float32)
    picture = cv2.GaussianBlur(picture * light, (0, 0), random.uniform(*BLUR))
    picture += random.uniform(*NOISE) * grain.standard_normal(picture.shape, np.float32)
    done, coded = cv2.imencode(".jpg", np.clip(picture, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return coded.tobytes()
