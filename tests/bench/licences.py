"""Backs of American and Canadian licences as photographs show them, disturbed as the documents with a zone are. The barcode is
written by tests' own code, in modules of fifteen thousandths of an inch, the largest that the AAMVA's standard allows."""

from dataclasses import dataclass
from random import Random

import cv2
import numpy as np
import zxingcpp

from tests.bench import specimens
from tests.kyc.evidence.reading import cards

# Millimetres: the card, a module, and how far from the upper edge the code stands.
WIDE, HIGH, MODULE, TOP = 85.6, 54.0, 0.381, 6.0
PLACES = {"VA": "USA", "CA": "USA", "NY": "USA", "TX": "USA", "ON": "CAN", "BC": "CAN"}


@dataclass(frozen=True)
class Licence:
    """What its barcode tells, by the AAMVA's names of elements, and its photograph."""

    told: dict[str, str]
    jpeg: bytes


def specimen(seed: int) -> Licence:
    random, grain = Random(f"AAMVA {seed}"), np.random.default_rng([seed, *b"AAMVA"])
    told = bearer(random)
    card = specimens.textured((dots(HIGH), dots(WIDE)), random, grain)
    place(card, cards.text(told, version=random.randint(2, 10)), random)
    return Licence(told, specimens.photographed(card, random, grain, specimens.QUALITY))


def bearer(random: Random) -> dict[str, str]:
    state = random.choice(list(PLACES))
    day = f"{random.randint(1, 12):02}{random.randint(1, 28):02}"
    years = {"DBB": random.randint(1940, 2008), "DBD": random.randint(2018, 2026), "DBA": random.randint(2027, 2034)}
    is_canadian = PLACES[state] == "CAN"
    days = {name: f"{year}{day}" if is_canadian else f"{day}{year}" for name, year in years.items()}
    return cards.BEARER | days | {
        "DAQ": random.choice("ABDGHK") + "".join(random.choice("0123456789") for _ in range(random.randint(7, 12))),
        "DCS": random.choice(specimens.SURNAMES).replace("<", " "),
        "DAC": random.choice(specimens.GIVEN).partition("<")[0],
        "DAJ": state,
        "DCG": PLACES[state],
    }  # fmt: skip


def place(card: specimens.Picture, content: str, random: Random) -> None:
    made = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.PDF417)
    drawn = np.asarray(zxingcpp.write_barcode_to_image(made, scale=1, add_quiet_zones=False))
    drawn = drawn.reshape(drawn.shape[:2])
    high, wide = dots(drawn.shape[0] * MODULE), dots(drawn.shape[1] * MODULE)
    code = cv2.resize(drawn, (wide, high), interpolation=cv2.INTER_NEAREST)
    top, left, quiet = dots(TOP), (card.shape[1] - wide) // 2, dots(2 * MODULE)
    card[top - quiet : top + high + quiet, left - quiet : left + wide + quiet] = 250
    card[top : top + high, left : left + wide] = np.where(code > 0, 250, random.randint(10, 40))


def dots(millimetres: float) -> int:
    return round(millimetres * specimens.DOTS * specimens.FINE)
