"""The machine-readable zone of travel documents as text (ICAO Doc 9303, parts 3 to 7). Pure.

Positions are counted from 0 here, from 1 in the standard. `parse` judges no picture: it says what stands where, and which check
digits agree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

FILLER = "<"
DIGITS, LETTERS = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ALPHABET = DIGITS + LETTERS + FILLER
WEIGHTS = (7, 3, 1)
VALUES = {character: place for place, character in enumerate(DIGITS + LETTERS)} | {FILLER: 0}
# Nobody's document is valid for longer; a year of expiry further ahead is one of the century before.
LONGEST_VALIDITY = 50


class NotAZone(ValueError):
    """The lines are of none of the five formats."""


class Span(NamedTuple):
    line: int
    start: int
    end: int


@dataclass(frozen=True)
class Format:
    """`spans` says where each field stands, `checks` where its check digit is and what it is reckoned over, in that order."""

    name: str
    lines: int
    width: int
    spans: Mapping[str, Span]
    checks: Mapping[str, tuple[Span, tuple[Span, ...]]]

    @property
    def is_visa(self) -> bool:
        return self.name.startswith("MRV")


def of_two_lines(name: str, width: int, *, has_composite: bool, optional_has_check: bool = False) -> Format:
    """TD2, TD3 and the visas differ in width, and in the check digits at the end of the second line."""
    optional = Span(1, 28, width - has_composite - optional_has_check)
    spans = {
        "type": Span(0, 0, 2),
        "issuer": Span(0, 2, 5),
        "names": Span(0, 5, width),
        "number": Span(1, 0, 9),
        "nationality": Span(1, 10, 13),
        "birth_date": Span(1, 13, 19),
        "sex": Span(1, 20, 21),
        "expiry_date": Span(1, 21, 27),
        "optional": optional,
    }
    checks: dict[str, tuple[Span, tuple[Span, ...]]] = {
        "number": (Span(1, 9, 10), (spans["number"],)),
        "birth_date": (Span(1, 19, 20), (spans["birth_date"],)),
        "expiry_date": (Span(1, 27, 28), (spans["expiry_date"],)),
    }
    if optional_has_check:
        checks["optional"] = (Span(1, optional.end, optional.end + 1), (optional,))
    if has_composite:
        covered = (Span(1, 0, 10), Span(1, 13, 20), Span(1, 21, width - 1))
        checks["composite"] = (Span(1, width - 1, width), covered)
    return Format(name, 2, width, spans, checks)


TD1 = Format(
    "TD1",
    3,
    30,
    {
        "type": Span(0, 0, 2),
        "issuer": Span(0, 2, 5),
        "number": Span(0, 5, 14),
        "optional": Span(0, 15, 30),
        "birth_date": Span(1, 0, 6),
        "sex": Span(1, 7, 8),
        "expiry_date": Span(1, 8, 14),
        "nationality": Span(1, 15, 18),
        "optional_2": Span(1, 18, 29),
        "names": Span(2, 0, 30),
    },
    {
        "number": (Span(0, 14, 15), (Span(0, 5, 14),)),
        "birth_date": (Span(1, 6, 7), (Span(1, 0, 6),)),
        "expiry_date": (Span(1, 14, 15), (Span(1, 8, 14),)),
        "composite": (Span(1, 29, 30), (Span(0, 5, 30), Span(1, 0, 7), Span(1, 8, 15), Span(1, 18, 29))),
    },
)
TD2 = of_two_lines("TD2", 36, has_composite=True)
TD3 = of_two_lines("TD3", 44, has_composite=True, optional_has_check=True)
MRV_A = of_two_lines("MRV-A", 44, has_composite=False)
MRV_B = of_two_lines("MRV-B", 36, has_composite=False)
FORMATS = (TD1, TD2, TD3, MRV_A, MRV_B)


@dataclass(frozen=True)
class Zone:
    """What a zone says. `number` is whole and without fillers; dates are six characters, as they stand; `checks` says of each
    check digit whether it agrees. `is_truncated` where the names fill their field to its last place, so that more may follow."""

    format: Format
    lines: tuple[str, ...]
    type: str
    issuer: str
    number: str
    nationality: str
    birth_date: str
    sex: str
    expiry_date: str
    optional: str
    surname: str
    given: str
    is_truncated: bool
    checks: Mapping[str, bool]

    @property
    def is_sound(self) -> bool:
        return all(self.checks.values())

    def born(self, today: date) -> str:
        return birth(self.birth_date, today)

    def expires(self, today: date) -> str:
        return expiry(self.expiry_date, today)


def check_digit(text: str) -> str:
    """Of 9303-3, 4.9: weights 7, 3, 1 over the values of the characters, modulo ten."""
    return str(sum(VALUES[one] * WEIGHTS[place % 3] for place, one in enumerate(text)) % 10)


def format_of(lines: Sequence[str]) -> Format:
    """By the count and width of the lines, and the first letter, which is V on visas alone. Raises NotAZone."""
    sizes = {len(line) for line in lines}
    for form in FORMATS:
        if len(lines) == form.lines and sizes == {form.width} and (lines[0][0] == "V") == form.is_visa:
            return form
    raise NotAZone(f"{len(lines)} lines of {sorted(sizes)} characters are no machine-readable zone.")


def parse(lines: Sequence[str]) -> Zone:
    """Of lines in capitals, digits and fillers. Raises NotAZone, for what is of no format or holds other characters."""
    form = format_of(lines)
    if odd := set("".join(lines)) - set(ALPHABET):
        raise NotAZone(f"{sorted(odd)} cannot stand in a machine-readable zone.")
    fields = {name: taken(lines, span) for name, span in form.spans.items()}
    checks = {name: agrees(lines, name, *check) for name, check in form.checks.items()}
    number, optional = fields["number"], fields["optional"]
    if long := long_number(lines, form):
        number, optional, checks["number"] = long.number, long.rest, long.agrees
    surname, _, given = fields["names"].partition(FILLER * 2)
    return Zone(
        format=form,
        lines=tuple(lines),
        type=bare(fields["type"]),
        issuer=bare(fields["issuer"]),
        number=bare(number).replace(FILLER, ""),
        nationality=bare(fields["nationality"]),
        birth_date=fields["birth_date"],
        sex=fields["sex"],
        expiry_date=fields["expiry_date"],
        optional=bare(optional + fields.get("optional_2", "")),
        surname=words(surname),
        given=words(given),
        is_truncated=not fields["names"].endswith(FILLER),
        checks=checks,
    )


class LongNumber(NamedTuple):
    number: str
    rest: str
    agrees: bool


def long_number(lines: Sequence[str], form: Format) -> LongNumber | None:
    """On cards a number of more than nine characters goes on in the optional field, its check digit at its end; a filler then
    stands where the check digit would (9303-5, 4.2.4; 9303-6, 4.2.4)."""
    if form not in (TD1, TD2) or taken(lines, form.checks["number"][0]) != FILLER:
        return None
    head, _, rest = taken(lines, form.spans["optional"]).partition(FILLER)
    if len(head) < 2:
        return None
    number = taken(lines, form.spans["number"]) + head[:-1]
    return LongNumber(number, rest, head[-1] == check_digit(number))


def agrees(lines: Sequence[str], name: str, digit: Span, covered: Sequence[Span]) -> bool:
    text, found = "".join(taken(lines, span) for span in covered), taken(lines, digit)
    # An empty optional field of a passport may bear a filler instead of the nought.
    if found == FILLER and name == "optional":
        return not text.strip(FILLER)
    return found == check_digit(text)


def taken(lines: Sequence[str], span: Span) -> str:
    return lines[span.line][span.start : span.end]


def bare(text: str) -> str:
    return text.rstrip(FILLER)


def words(text: str) -> str:
    return " ".join(text.replace(FILLER, " ").split())


def birth(text: str, today: date) -> str:
    """YYMMDD as YYYY-MM-DD, or as YYYY-MM or YYYY where fillers stand for what is not known: in the last hundred years up to
    today. Empty where it is no date."""
    year = century(text, latest=today.year)
    if year is not None and dated(year, text) > today.isoformat():
        year -= 100
    return dated(year, text) if year is not None else ""


def expiry(text: str, today: date) -> str:
    """As `birth`, at most LONGEST_VALIDITY years ahead."""
    year = century(text, latest=today.year + LONGEST_VALIDITY)
    return dated(year, text) if year is not None else ""


def century(text: str, *, latest: int) -> int | None:
    """The last year of those two digits that is not after `latest`."""
    return latest - (latest - int(text[:2])) % 100 if text[:2].isascii() and text[:2].isdigit() else None


def dated(year: int, text: str) -> str:
    month, day = text[2:4], text[4:6]
    if month == FILLER * 2 and day == FILLER * 2:
        return f"{year:04}"
    if day == FILLER * 2:
        return f"{year:04}-{month}" if month.isdigit() and 1 <= int(month) <= 12 else ""
    try:
        return date(year, int(month), int(day)).isoformat()
    except ValueError:
        return ""
