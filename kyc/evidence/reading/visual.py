"""What a travel document says above its zone, where Tesseract can read it, beside what the zone says. Pure.

That something is not found there says nothing: print over a pattern is read badly. Only what was read clearly, and is nearly the
zone's and not it, speaks against the document.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rapidfuzz.distance import OSA

from kyc.evidence.reading import papers
from kyc.evidence.reading.papers import Spot
from kyc.evidence.reading.programs import Word

# Tesseract's own certainty of a word, below which it is no word against anybody.
CLEARLY = 0.9
# In how many characters a number may differ and still be meant as the same.
NEAR = 2


class Beside(StrEnum):
    SAME = "same"
    DIFFERS = "differs"
    UNREAD = "unread"


@dataclass(frozen=True)
class Seen:
    beside: Beside
    spot: Spot | None = None


def compared(words: Sequence[Word], fields: Mapping[str, str], today: date) -> dict[str, Seen]:
    """By name of the field: `surname`, `given`, `number` and the dates, as the zone has them, whole and ISO."""
    above = [word for word in words if "<" not in word.text]
    found = {name: Seen(Beside.SAME, spot) for name, spot in said(above, fields, today)}
    number = fields.get("number", "")
    if number and "number" not in found and (near := nearly(above, number)):
        found["number"] = Seen(Beside.DIFFERS, near)
    return {name: found.get(name, Seen(Beside.UNREAD)) for name in fields}


def said(words: Sequence[Word], fields: Mapping[str, str], today: date) -> Iterator[tuple[str, Spot]]:
    """What stands there as in the zone."""
    for name in ("surname", "given"):
        if fields.get(name) and (spot := papers.name(words, fields[name])):
            yield name, spot
    if fields.get("number") and (spot := papers.number(words, fields["number"])):
        yield "number", spot
    days = {found.isoformat(): spot for found, spot in papers.dates(words, date(today.year + 50, 12, 31))}
    for name in ("birth_date", "expiry_date"):
        if fields.get(name) in days:
            yield name, days[fields[name]]


def nearly(words: Sequence[Word], number: str) -> Spot | None:
    """A word that was read clearly, is as long as the number, has figures, and is another in few characters."""
    asked = papers.plain(number)
    for word in words:
        there = papers.plain(word.text)
        if word.certainty < CLEARLY or len(there) != len(asked) or sum(map(str.isdigit, there)) < 3:
            continue
        if 0 < OSA.distance(there, asked) <= NEAR:
            return papers.spot([word])
    return None
