"""Whether a paper of a company, a bill or a statement says what was declared: name, number, address and its date are looked for
among its words, and shown where they stand. Pure.

That something is not found says little: the paper may call it otherwise, or be read badly. A number counts only when every figure
of it stands there.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from anyascii import anyascii
from babel import Locale
from rapidfuzz.distance import OSA

from kyc.evidence.reading.programs import Word

# Two words this alike are one, read or written a little differently.
ALIKE = 0.8
# Of an address, how many of its words must stand together.
MOST_OF_IT = 0.7
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "nb", "sv", "da", "fi", "cs", "ro")
ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b", re.ASCII)
POINTED = re.compile(r"\b(\d{1,2})[./-](\d{1,2})[./-](\d{4})\b", re.ASCII)
NAMED = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th|er|\.|º)?\s+(?:de\s+|of\s+)?([^\W\d]{3,})\.?,?\s+(?:de\s+)?(\d{4})\b")
MONTH_FIRST = re.compile(r"\b([^\W\d]{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b")
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Spot:
    """Where something stands: `text` as the paper has it."""

    text: str
    page: int
    box: Box
    certainty: float


def plain(text: str) -> str:
    return "".join(one for one in anyascii(unicodedata.normalize("NFKC", text)).casefold() if one.isalnum())


def spot(words: Sequence[Word]) -> Spot:
    lefts, tops, rights, bottoms = zip(*(word.box for word in words), strict=True)
    box = (min(lefts), min(tops), max(rights), max(bottoms))
    return Spot(" ".join(word.text for word in words), words[0].page, box, min(word.certainty for word in words))


def name(words: Sequence[Word], wanted: str) -> Spot | None:
    """Its words next to one another and in their order."""
    asked = [one for one in map(plain, wanted.split()) if one]
    there = [plain(word.text) for word in words]
    for start in range(len(there) - len(asked) + 1):
        beside = there[start : start + len(asked)]
        if asked and all(one == other or are_alike(one, other) for one, other in zip(asked, beside, strict=True)):
            return spot(words[start : start + len(asked)])
    return None


def are_alike(one: str, other: str) -> bool:
    return len(one) >= 4 and OSA.normalized_similarity(one, other) >= ALIKE


def number(words: Sequence[Word], wanted: str) -> Spot | None:
    """Every letter and figure of it, however it is spaced; of nothing that is longer."""
    asked = plain(wanted)
    if len(asked) < 4:
        return None
    there = [plain(word.text) for word in words]
    for start in range(len(there)):
        whole = ""
        for end in range(start, min(start + 6, len(there))):
            whole += there[end]
            if whole == asked and not goes_on(words, start, -1) and not goes_on(words, end, 1):
                return spot(words[start : end + 1])
            if len(whole) > len(asked) + 2:
                break
    return None


def goes_on(words: Sequence[Word], place: int, way: int) -> bool:
    """Whether more figures stand right beside that word on its line."""
    beside = place + way
    if not 0 <= beside < len(words) or (words[beside].page, words[beside].line) != (words[place].page, words[place].line):
        return False
    return words[beside].text.isdigit()


def address(words: Sequence[Word], wanted: str) -> Spot | None:
    """The place where most of its words stand within few lines."""
    asked = {one for one in map(plain, re.split(r"[\s,]+", wanted)) if one}
    there = [plain(word.text) for word in words]
    reach, best, where = 2 * len(asked) + 4, 0, None
    for start in (place for place, one in enumerate(there) if one in asked):
        near = [place for place in range(start, min(start + reach, len(there))) if there[place] in asked]
        count = len({there[place] for place in near})
        if words[near[-1]].page == words[start].page and count > best:
            best, where = count, near
    if where is None or best < MOST_OF_IT * len(asked) or best < 2:
        return None
    return spot([words[place] for place in where])


def dates(words: Sequence[Word], today: date) -> Iterator[tuple[date, Spot]]:
    """Days that stand on the paper, none in the future and none before 1950; what may be two days is read day first."""
    for line in lines(words):
        text, ends = "", []
        for word in line:
            text += (" " if text else "") + word.text
            ends.append(len(text))
        for start, end, found in days(text):
            if date(1950, 1, 1) <= found <= today:
                chosen = [word for word, stop in zip(line, ends, strict=True) if stop > start and stop - len(word.text) < end]
                yield found, spot(chosen)


def latest(words: Sequence[Word], today: date) -> tuple[date, Spot] | None:
    """Of a paper's days the last is most likely its own."""
    return max(dates(words, today), key=lambda pair: pair[0], default=None)


def lines(words: Sequence[Word]) -> Iterator[list[Word]]:
    by_line: dict[tuple[int, ...], list[Word]] = {}
    for word in words:
        by_line.setdefault((word.page, *word.line), []).append(word)
    yield from by_line.values()


def days(text: str) -> Iterator[tuple[int, int, date]]:
    for found in ISO.finditer(text):
        yield from at(found, *found.groups())
    for found in POINTED.finditer(text):
        first, second, year = found.groups()
        yield from at(found, year, *((first, second) if int(second) > 12 else (second, first)))
    for found in NAMED.finditer(text):
        day, month, year = found.groups()
        yield from at(found, year, str(months().get(plain(month), 0)), day)
    for found in MONTH_FIRST.finditer(text):
        month, day, year = found.groups()
        yield from at(found, year, str(months().get(plain(month), 0)), day)


def at(found: re.Match[str], year: str, month: str, day: str) -> Iterator[tuple[int, int, date]]:
    try:
        yield found.start(), found.end(), date(int(year), int(month), int(day))
    except ValueError:
        return


@cache
def months() -> dict[str, int]:
    """Names of months in LANGUAGES, whole and cut, and their numbers."""
    found: dict[str, int] = {}
    for language in LANGUAGES:
        for width in ("wide", "abbreviated"):
            for number, month in Locale(language).months["format"][width].items():
                found.setdefault(plain(month), number)
    return found
