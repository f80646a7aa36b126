"""Barcodes of licences as the AAMVA's standard writes them, by tests' own code, and their pictures."""

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

BEARER = {
    "DAQ": "D12345678",
    "DCS": "PUBLIC",
    "DAC": "JOHN",
    "DAD": "QUINCY",
    "DBB": "01311990",
    "DBC": "1",
    "DBD": "02152024",
    "DBA": "02152032",
    "DAG": "123 NORTH STATE ST",
    "DAI": "ANYTOWN",
    "DAJ": "VA",
    "DAK": "222220000  ",
    "DCG": "USA",
}
# A version-1 card writes its names in one field, and days year first.
FIRST = {"DAQ": "D12345678", "DAA": "PUBLIC,JOHN,QUINCY", "DBB": "19900131", "DBC": "M", "DBA": "20320215", "DAJ": "VA"}
CANADIAN = BEARER | {"DCG": "CAN", "DAJ": "ON", "DBB": "19900131", "DBD": "20240215", "DBA": "20320215", "DAK": "M5V 2T6   "}


def text(elements: dict[str, str], *, version: int = 9, issuer: str = "636000", kind: str = "DL") -> str:
    body = kind + "\n".join(name + value for name, value in elements.items()) + "\r"
    later = "00" if version > 1 else ""
    head = f"@\n\x1e\rANSI {issuer}{version:02}{later}01"
    return head + f"{kind}{len(head) + 10:04}{len(body):04}" + body


def photographed(content: str, seed: int, *, turn: float = 8, noise: float = 8) -> NDArray[np.uint8]:
    """The back of a card, turned, blurred and noisy."""
    random = np.random.default_rng(seed)
    made = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.PDF417)
    drawn = np.asarray(zxingcpp.write_barcode_to_image(made, scale=3))
    high, wide = drawn.shape[:2]
    page = np.full((high + 300, wide + 300), 210, np.uint8)
    page[150 : 150 + high, 150 : 150 + wide] = drawn.reshape(high, wide)
    way = cv2.getRotationMatrix2D((page.shape[1] / 2, page.shape[0] / 2), random.uniform(-turn, turn), 1)
    turned = cv2.warpAffine(page, way, page.shape[::-1], borderValue=210)
    soft = cv2.GaussianBlur(turned, (0, 0), random.uniform(0.5, 1.0)).astype(np.float32)
    return np.clip(soft + random.normal(0, noise, soft.shape), 0, 255).astype(np.uint8)
