"""A file as what it says: a zone, a barcode or words, where each stands, and why nothing could be read. Pure: no Django."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from io import BytesIO

import cv2
import numpy as np
import pikepdf
from numpy.typing import NDArray

from kyc.evidence.reading import licences, papers, programs, quality, signs, states, visual, zones
from kyc.evidence.reading.papers import Spot
from kyc.evidence.reading.signs import Sign

Grey = NDArray[np.uint8]
Corners = list[tuple[float, float]]
PDF = "application/pdf"
MOST_PAGES = 3
# A document that ends within so many days does so while a review of it may still be open.
REVIEW_DAYS = 30


class Outcome(StrEnum):
    READ = "read"
    UNREADABLE = "unreadable"
    NOT_HERE = "not_here"


class Source(StrEnum):
    NONE = ""
    ZONE = "zone"
    BARCODE = "barcode"
    TEXT = "text"


@dataclass(frozen=True)
class Field:
    """What a document says, and where: `corners` in fractions of the page. `certainty` from 0 to 1; `is_checked` whether a check
    digit agrees, None where none covers it; `beside` what stands above the zone; `is_cut` that a name had no room to go on."""

    name: str
    value: str
    page: int
    corners: Corners
    certainty: float
    is_checked: bool | None = None
    beside: str = ""
    is_cut: bool = False


@dataclass(frozen=True)
class Read:
    """`form` is the zone's format, or the barcode's version. `signs` by kind, with what there is to say of each."""

    outcome: Outcome
    source: Source = Source.NONE
    form: str = ""
    fields: list[Field] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    signs: dict[str, str] = field(default_factory=dict)

    def written(self) -> list[dict[str, object]]:
        return [asdict(one) for one in self.fields]


def pages(data: bytes, content_type: str) -> Iterator[Grey]:
    """In grey, at most MOST_PAGES. Raises programs.NotHere and Failed, for a PDF."""
    if content_type != PDF:
        grey = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
        if grey is not None:
            yield np.asarray(grey, np.uint8)
        return
    with pikepdf.open(BytesIO(data)) as pdf:
        last = min(len(pdf.pages), MOST_PAGES)
    for page in range(1, last + 1):
        grey = programs.picture(data, page)
        if grey is None:
            return
        yield grey


def identity(data: bytes, content_type: str, *, origin: Mapping[str, str], today: date) -> Read:
    """Of a passport, a card or a licence. Raises programs.Failed."""
    faults: list[str] = []
    try:
        for number, grey in enumerate(pages(data, content_type), start=1):
            seen = looks(grey, content_type, origin)
            if zone := zones.read(grey):
                return of_zone(zone, grey, number, seen, today)
            if barcode := licences.read(grey):
                return of_licence(barcode, number, seen, today)
            faults = faults or [str(fault) for fault in quality.faults(grey)]
    except programs.NotHere:
        return Read(Outcome.NOT_HERE)
    return Read(Outcome.UNREADABLE, faults=faults)


def paper(data: bytes, content_type: str, *, origin: Mapping[str, str], wanted: Mapping[str, str], today: date) -> Read:
    """Of any other document: what of `name`, `number` and `address` stands on it, and its day. Raises programs.Failed."""
    faults: list[str] = []
    told: dict[str, str] = {}
    words: list[programs.Word] = []
    try:
        if content_type == PDF:
            words = programs.words_of_pdf(data, MOST_PAGES)
        if not words:
            for number, grey in enumerate(pages(data, content_type), start=1):
                told = told or looks(grey, content_type, origin)
                faults = faults or [str(fault) for fault in quality.faults(grey)]
                words += programs.words_of_picture(grey, number)
    except programs.NotHere:
        return Read(Outcome.NOT_HERE)
    if name := signs.editor(origin):
        told[Sign.EDITOR] = name
    if not words:
        return Read(Outcome.UNREADABLE, faults=faults, signs=told)
    return Read(Outcome.READ, Source.TEXT, fields=[*searched(words, wanted, today)], signs=told)


def searched(words: Sequence[programs.Word], wanted: Mapping[str, str], today: date) -> Iterator[Field]:
    found: dict[str, Spot | None] = {
        "name": papers.name(words, wanted.get("name", "")),
        "number": papers.number(words, wanted.get("number", "")),
        "address": papers.address(words, wanted.get("address", "")),
    }
    for name, spot in found.items():
        if spot:
            yield Field(name, spot.text, spot.page, boxed(spot), spot.certainty)
    if last := papers.latest(words, today):
        day, spot = last
        yield Field("date", day.isoformat(), spot.page, boxed(spot), spot.certainty)


def boxed(spot: Spot) -> Corners:
    left, top, right, bottom = spot.box
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def looks(grey: Grey, content_type: str, origin: Mapping[str, str]) -> dict[str, str]:
    """The signs that the picture itself shows."""
    found: dict[str, str] = {}
    if name := signs.editor(origin):
        found[Sign.EDITOR] = name
    if content_type != PDF and signs.is_screenshot(grey, content_type):
        found[Sign.SCREENSHOT] = ""
    if signs.patch(grey):
        found[Sign.PATCH] = ""
    return found


def of_zone(found: zones.Found, grey: Grey, page: int, seen: dict[str, str], today: date) -> Read:
    zone, spans = found.zone, found.zone.format.spans
    values = {
        "surname": zone.surname,
        "given": zone.given,
        "number": zone.number,
        "birth_date": zone.born(today),
        "sex": zone.sex.replace("<", ""),
        "nationality": zone.nationality,
        "issuer": zone.issuer,
        "expiry_date": zone.expires(today),
    }
    beside = above(found.straight(grey), values, today)
    fields = []
    for name, value in values.items():
        span = spans["names" if name in {"surname", "given"} else name]
        margin = min(found.certainty[span.line][span.start : span.end])
        standing = beside.get(name, visual.Seen(visual.Beside.UNREAD)).beside
        certainty = 1 - math.exp(-margin)
        cut = zone.is_truncated and span is spans["names"]
        fields.append(Field(name, value, page, found.corners(span), certainty, zone.checks.get(name), str(standing), cut))
    signed = seen | of_values(values, today)
    if not zone.is_sound:
        signed[Sign.CHECK_DIGITS] = ", ".join(sorted(name for name, agrees in zone.checks.items() if not agrees))
    if differing := sorted(name for name, one in beside.items() if one.beside == visual.Beside.DIFFERS):
        signed[Sign.VISUAL_ZONE] = ", ".join(differing)
    return Read(Outcome.READ, Source.ZONE, zone.format.name, fields, signs=signed)


def above(grey: Grey, values: Mapping[str, str], today: date) -> dict[str, visual.Seen]:
    """Of a picture that lies straight. Nothing where Tesseract is missing or gives up: the zone was read without it."""
    try:
        return visual.compared(programs.words_of_picture(grey, 1), values, today)
    except (programs.NotHere, programs.Failed):
        return {}


def of_values(values: Mapping[str, str], today: date) -> dict[str, str]:
    found: dict[str, str] = {}
    if states.is_specimen(values["issuer"]):
        found[Sign.SPECIMEN] = ""
    elif wrong := [values[name] for name in ("issuer", "nationality") if states.of(values[name]) is None]:
        found[Sign.NO_STATE] = ", ".join(wrong)
    return found | ending(values["expiry_date"], today)


def ending(expires: str, today: date) -> dict[str, str]:
    if not expires:
        return {}
    if expires < today.isoformat():
        return {Sign.EXPIRED: ""}
    return {Sign.EXPIRES_SOON: ""} if expires <= (today + timedelta(days=REVIEW_DAYS)).isoformat() else {}


def of_licence(found: licences.Found, page: int, seen: dict[str, str], today: date) -> Read:
    licence = found.licence
    values = {
        "surname": licence.surname,
        "given": licence.given,
        "number": licence.number,
        "birth_date": licence.birth_date,
        "sex": licence.sex,
        "issuer": " ".join(one for one in (licence.country, licence.jurisdiction) if one),
        "expiry_date": licence.expiry_date,
        "address": licence.address,
    }
    # A barcode is read whole or not at all: it corrects itself.
    fields = [Field(name, value, page, found.corners, 1.0) for name, value in values.items() if value]
    return Read(Outcome.READ, Source.BARCODE, f"AAMVA {licence.version}", fields, signs=seen | ending(licence.expiry_date, today))
