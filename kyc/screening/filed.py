"""Whom a file asks about: CSV as spreadsheets save it, by whatever its columns are called; errors row by row."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO

from django.utils.translation import gettext as _

from accounts.tables import BadTable, decoded, separator
from kyc.parties.countries import is_country
from kyc.screening import birthdates
from kyc.screening.asked import Asked, is_name, is_shown
from kyc.screening.countries import code

LARGEST, MOST_ROWS, LONGEST = 15_000_000, 50_000, 300
# Under how many names one is compared: each is compared as each kind that he may be.
MOST_NAMES = 5
# By what people call them, in small letters and with spaces for other marks.
COLUMNS: dict[str, tuple[str, ...]] = {
    "name": ("name", "full name", "legal name", "company name", "company", "customer", "customer name", "entity name"),
    "first": ("first name", "given name", "given names", "forename", "vorname"),
    "last": ("last name", "surname", "family name", "nachname"),
    "other_names": (
        "other names", "other name", "alias", "aliases", "aka", "also known as", "native name", "name in its own script",
    ),
    "kind": ("kind", "type", "entity type", "party type", "customer type", "art"),
    "birth_date": ("birth date", "birthdate", "date of birth", "dob", "born", "birth year", "year of birth", "geburtsdatum"),
    "country": ("country", "country code", "nationality", "citizenship", "land", "staat", "country of formation"),
    "identifier": (
        "identifier", "identifiers", "id number", "number", "passport", "passport number", "registration number", "tax number",
        "imo", "imo number", "document number",
    ),
    "reference": ("id", "reference", "ref", "customer id", "account", "account id", "row"),
}  # fmt: skip
CALLED = {spelt: column for column, spellings in COLUMNS.items() for spelt in spellings}
KINDS = {
    "person": "person", "individual": "person", "natural person": "person", "natural": "person", "human": "person", "p": "person",
    "company": "company", "entity": "company", "organisation": "company", "organization": "company", "corporate": "company",
    "legal entity": "company", "legal person": "company", "business": "company", "firma": "company", "c": "company",
    "vessel": "vessel", "ship": "vessel", "aircraft": "vessel", "v": "vessel",
    "": "unknown", "unknown": "unknown", "other": "unknown", "?": "unknown",
}  # fmt: skip
DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
SAMPLE = (
    ("id", "name", "kind", "birth_date", "country", "identifier"),
    ("1", "Ana Lima", "person", "1984-03-07", "PT", ""),
    ("2", "北方钢铁有限公司", "company", "", "CN", "91110000802100433B"),
    ("3", "MV Nordlys Star", "vessel", "", "", "IMO 9104550"),
)


@dataclass(frozen=True)
class Fault:
    """Why a row can't be asked about, in a sentence."""

    line: int
    sentence: str


@dataclass(frozen=True)
class Filed:
    """Whom the file asks about, the rows that can't be, and its columns that are not read."""

    asked: list[Asked] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    unread: tuple[str, ...] = ()


def read(content: bytes) -> Filed:
    """Raises BadTable with the line and the reason where the file as a whole can't be read."""
    if len(content) > LARGEST:
        raise BadTable(too_large())
    text = decoded(content)
    rows = csv.reader(StringIO(text, newline=""), delimiter=separator(text), strict=True)
    filed, columns = Filed(), list[str]()
    try:
        for row in rows:
            if not any(map(str.strip, row)):
                continue
            if not columns:
                columns = understood(row)
                filed = Filed(unread=tuple(name.strip() for name, column in zip(row, columns, strict=True) if not column))
                continue
            if len(filed.asked) + len(filed.faults) >= MOST_ROWS:
                raise BadTable(_("The file has more than %(most)s rows. Ask in parts.") % {"most": f"{MOST_ROWS:,}"})
            enter(filed, rows.line_num, columns, row)
    except csv.Error as bad:
        told = {"line": rows.line_num + 1, "reason": bad}
        raise BadTable(_("Line %(line)s can’t be read as CSV: %(reason)s.") % told) from None
    if not filed.asked and not filed.faults:
        raise BadTable(_("The file has no rows. The first line names the columns, and each line below it is somebody."))
    return filed


def too_large() -> str:
    return _("The file is larger than %(most)s MB. Ask in parts.") % {"most": LARGEST // 1_000_000}


def understood(header: list[str]) -> list[str]:
    """By place, which of our columns stands there; empty for one that is not read."""
    found = [CALLED.get(re.sub(r"[\s_\-./]+", " ", name).strip(" \ufeff").casefold(), "") for name in header]
    if "name" not in found and "last" not in found:
        raise BadTable(_("No column is called “name”. The first line names the columns; download the sample to see which."))
    if twice := next((name for name in found if name and found.count(name) > 1), ""):
        called = [header[place].strip() for place, name in enumerate(found) if name == twice]
        raise BadTable(_("The columns “%(one)s” and “%(other)s” mean the same. Leave one of them out.") % {
            "one": called[0], "other": called[1],
        })  # fmt: skip
    return found


def enter(filed: Filed, line: int, columns: list[str], row: list[str]) -> None:
    if len(row) != len(columns):
        told = _("The row has %(values)s values, and the first line %(columns)s.")
        filed.faults.append(Fault(line, told % {"values": len(row), "columns": len(columns)}))
        return
    values = {column: " ".join(value.split()) for column, value in zip(columns, row, strict=True) if column}
    if wrong := next(faults(values), ""):
        filed.faults.append(Fault(line, wrong))
    else:
        filed.asked.append(asked_of(values, line))


def names_of(values: Mapping[str, str]) -> tuple[str, ...]:
    """The name, or first and last name, and then the others, which stand with semicolons between."""
    own = values.get("name") or f"{values.get('first', '')} {values.get('last', '')}".strip()
    others = [part.strip() for part in values.get("other_names", "").split(";")]
    return tuple(dict.fromkeys(filter(None, [own, *others])))


def born(written: str) -> str:
    """As ISO 8601 has it, which `07.10.1952` is turned into; what can't be read stays."""
    if found := DOTTED.fullmatch(written):
        day, month, year = found.groups()
        return f"{year}-{int(month):02}-{int(day):02}"
    return written


def country_of(written: str) -> str:
    """A code stays, a name is turned into one; empty where it is none."""
    return written.upper() if is_country(written.upper()) else code(written)


def faults(values: Mapping[str, str]) -> Iterator[str]:
    names = names_of(values)
    if not names or not is_name(names[0]):
        yield _("The name is empty.")
    if len(names) > MOST_NAMES:
        yield _("The row has %(names)s names; at most %(most)s are compared.") % {"names": len(names), "most": MOST_NAMES}
    if not all(map(is_shown, values.values())):
        yield _("The row holds characters that cannot be shown. Type it anew rather than pasting it.")
    if any(len(name) > LONGEST for name in names):
        yield _("A name has more than %(most)s characters.") % {"most": LONGEST}
    kind, birth, land = values.get("kind", ""), values.get("birth_date", ""), values.get("country", "")
    if kind.casefold() not in KINDS:
        yield _("The kind “%(kind)s” is not known; write person, company or vessel, or nothing.") % {"kind": kind[:40]}
    if birth and birthdates.ends(born(birth)) is None:
        yield _("The birth date “%(day)s” can’t be read; write 1952, 1952-10 or 1952-10-07.") % {"day": birth[:40]}
    if land and not country_of(land):
        yield _("The country “%(land)s” is not known; write two letters, such as DE.") % {"land": land[:40]}
    if any(len(values.get(name, "")) > LONGEST for name in ("identifier", "reference")):
        yield _("A number has more than %(most)s characters.") % {"most": LONGEST}


def asked_of(values: Mapping[str, str], line: int) -> Asked:
    numbers = tuple(part.strip() for part in values.get("identifier", "").split(";") if part.strip())
    return Asked(
        names=names_of(values),
        kind=KINDS[values.get("kind", "").casefold()],
        birth_date=born(values.get("birth_date", "")),
        country=country_of(values.get("country", "")),
        identifiers=numbers,
        reference=values.get("reference", ""),
        line=line,
    )
