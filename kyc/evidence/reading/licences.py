"""American and Canadian driving licences by the barcode on their back: PDF417 by the AAMVA's card design standard, versions 1 to
10. Pure.

Dates are month first in the United States, year first in Canada; the first version wrote years first everywhere.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

MAGIC = re.compile(r"ANSI (?P<issuer>\d{6})(?P<version>\d{2})")
# Issuers that the first version wrote with no version of the jurisdiction.
CANADA = frozenset(
    {"604428", "636012", "636013", "636016", "636017", "636028", "636048", "604426", "604427", "604429", "604432", "604433"}
)
ELEMENT = re.compile(r"D[A-D][A-Z]")
COUNTRIES = {"USA": "US", "CAN": "CA"}
SEXES = {"1": "M", "2": "F", "9": "X", "M": "M", "F": "F", "X": "X"}
# Words of which several versions make one field: the surname, then the given names.
SURNAME, GIVEN, WHOLE = ("DCS", "DAB"), ("DAC", "DCT"), "DAA"
NOT_TOLD = frozenset({"", "NONE", "UNAVL", "UNK"})
PDF417 = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.PDF417)
Grey = NDArray[np.uint8]
# The longer side, in pixels, to which a picture is made smaller; by how many degrees it is turned.
LARGEST = 1800
TURNS = (0, -5, 5, -10, 10, -15, 15, -2.5, 2.5, -7.5, 7.5, -12.5, 12.5)


class NotALicence(ValueError):
    """The barcode's text is none of the AAMVA's."""


@dataclass(frozen=True)
class Licence:
    """`country` is ISO alpha-2; `jurisdiction` two letters as on the card; dates ISO, empty where there is none."""

    version: int
    issuer: str
    country: str
    jurisdiction: str
    number: str
    surname: str
    given: str
    birth_date: str
    sex: str
    issue_date: str
    expiry_date: str
    address: str


@dataclass(frozen=True)
class Found:
    """`corners` in fractions of the picture's width and height."""

    licence: Licence
    corners: list[tuple[float, float]]


def read(grey: Grey) -> Found | None:
    """The first barcode of the picture that is a licence's."""
    high, wide = grey.shape
    scale = min(1.0, LARGEST / max(grey.shape))
    for picture, back in prepared(grey, scale):
        for barcode in zxingcpp.read_barcodes(picture, formats=PDF417):
            try:
                licence = parse(barcode.bytes.decode("latin-1"))
            except NotALicence:
                continue
            spot = barcode.position
            places = (spot.top_left, spot.top_right, spot.bottom_right, spot.bottom_left)
            corners = cv2.transform(np.array([[[place.x, place.y] for place in places]], float), back)[0]
            return Found(licence, [(float(x) / wide, float(y) / high) for x, y in corners])
    return None


def prepared(grey: Grey, scale: float) -> Iterator[tuple[Grey, NDArray[np.float64]]]:
    """The picture without its noise, turned a little and then larger as well, each with the way back: the reader finds codes at
    any turn where they are clean, and noisy ones only where they lie straight."""
    soft = cv2.GaussianBlur(grey, (0, 0), 0.8 / scale)
    high, wide = grey.shape
    for larger in (1.0, 2.0):
        size = round(wide * scale * larger), round(high * scale * larger)
        for degrees in TURNS:
            way = cv2.getRotationMatrix2D((wide / 2, high / 2), degrees, scale * larger)
            way[:, 2] += (size[0] - wide) / 2, (size[1] - high) / 2
            turned = cv2.warpAffine(soft, way, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
            yield np.asarray(turned, np.uint8), np.asarray(cv2.invertAffineTransform(way), float)


def parse(text: str) -> Licence:
    """Of the barcode's text. Raises NotALicence."""
    head = MAGIC.search(text)
    if head is None:
        raise NotALicence("The barcode does not begin as a licence's does.")
    version = int(head["version"])
    told = elements(text[head.end() :])
    if not (told.keys() & {"DAQ", "DBJ"}):
        raise NotALicence("The barcode has no number of a licence.")
    country = COUNTRIES.get(told.get("DCG", ""), "CA" if head["issuer"] in CANADA else "US")
    surname, given = named(told)
    return Licence(
        version=version,
        issuer=head["issuer"],
        country=country,
        jurisdiction=told.get("DAJ", ""),
        number=told.get("DAQ") or told.get("DBJ", ""),
        surname=surname,
        given=given,
        birth_date=day(told.get("DBB", ""), version, country),
        sex=SEXES.get(told.get("DBC", ""), ""),
        issue_date=day(told.get("DBD", ""), version, country),
        expiry_date=day(told.get("DBA", ""), version, country),
        address=addressed(told),
    )


def elements(text: str) -> dict[str, str]:
    """Three letters and what follows them, one a line. The first stands behind the mark of its subfile, DL or ID."""
    found: dict[str, str] = {}
    for line in re.split(r"[\n\r\x1e]+", text):
        line = re.sub(r"^.*?(?:DL|ID)(?=D[A-D][A-Z])", "", line) if not ELEMENT.match(line) else line
        # The directory of subfiles ends where the first of them begins, with nothing between.
        line = re.sub(r"^(?:DL|ID)\d{8}.*?(?=D[A-D][A-Z])", "", line)
        if ELEMENT.match(line):
            value = line[3:].strip()
            found.setdefault(line[:3], "" if value.upper() in NOT_TOLD else value)
    return found


def named(told: Mapping[str, str]) -> tuple[str, str]:
    """Surname and given names: apart from version 2 on, before that in one field, parted by commas and surname first."""
    surname = next((told[key] for key in SURNAME if told.get(key)), "")
    given = next((told[key] for key in GIVEN if told.get(key)), "")
    if not surname and told.get(WHOLE):
        surname, _, given = told[WHOLE].partition(",")
    return plain(surname), plain(" ".join(part for part in (given, told.get("DAD", "")) if part))


def plain(name: str) -> str:
    return " ".join(name.replace(",", " ").replace("@", " ").replace("$", " ").split())


def day(text: str, version: int, country: str) -> str:
    """Eight figures: year first in the first version and in Canada, month first else. Empty where it is no date."""
    if not re.fullmatch(r"\d{8}", text, re.ASCII):
        return ""
    is_year_first = version <= 1 or country == "CA"
    year, month, of_month = (text[:4], text[4:6], text[6:]) if is_year_first else (text[4:], text[:2], text[2:4])
    try:
        return date(int(year), int(month), int(of_month)).isoformat()
    except ValueError:
        return ""


def addressed(told: Mapping[str, str]) -> str:
    street = " ".join(told[key] for key in ("DAG", "DAH") if told.get(key))
    place = " ".join(told[key] for key in ("DAI", "DAJ") if told.get(key))
    code = told.get("DAK", "").strip()
    # Five figures and nine that are noughts for unknown.
    code = code[:5] if re.fullmatch(r"\d{5}0{4}", code) else code
    return ", ".join(part for part in (street, " ".join((place, code)).strip()) if part)
