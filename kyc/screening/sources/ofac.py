"""OFAC's CSV files: no header, `-0-` for empty, persons as `LAST, First`, a control-Z at the end."""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from kyc.screening.entries import BadList, Entry

EMPTY = "-0-"
PRIMARY_COLUMNS, ALIAS_COLUMNS = 12, 5
BORN = re.compile(r"DOB ((?:circa )?(?:\d{1,2} )?(?:[A-Z][a-z]{2} )?\d{4})")
NUMBER = re.compile(r"(?:Passport|National ID No\.|Tax ID No\.|Registration (?:ID|Number)|Identification Number) ([A-Z0-9-]{5,})")
NATION = re.compile(r"(?:nationality|citizen) ([A-Z][A-Za-z ]+?)(?:;|\.|$)")
WEAK = re.compile(r"a\.k\.a\. '([^']{3,})'")
KINDS = {"individual": "person", "": "company"}


def clean(value: str) -> str:
    value = value.strip()
    return "" if value == EMPTY else value


def rows(lines: Iterable[str], columns: int, file: str) -> Iterator[list[str]]:
    """Rows with at least `columns` values; raises BadList with file and line."""
    for number, row in enumerate(csv.reader(line for line in lines if line.strip("\x1a\r\n ")), start=1):
        if len(row) < columns or not row[0].strip().isdigit():
            raise BadList(f"{file}, line {number}: expected {columns} columns beginning with a number, found {row[:2]}.")
        yield [clean(value) for value in row]


def turned(name: str, kind: str) -> str:
    """`LAST, First` as First LAST; companies keep their commas."""
    last, comma, first = name.partition(", ")
    return f"{first} {last}" if kind == "person" and comma else name


def read(
    primary: Iterable[str], aliases: Iterable[str] = (), *, file: str = "primary", alias_file: str = "aliases"
) -> Iterator[Entry]:
    """Entries in the file's order."""
    others: dict[str, list[str]] = defaultdict(list)
    for row in rows(aliases, ALIAS_COLUMNS, alias_file):
        others[row[0]].append(row[3])
    for row in rows(primary, PRIMARY_COLUMNS, file):
        kind = KINDS.get(row[2], "other")
        remarks = row[11]
        names = [*others[row[0]], *WEAK.findall(remarks)]
        yield Entry(
            id=row[0],
            kind=kind,
            name=turned(row[1], kind),
            aliases=tuple(dict.fromkeys(turned(name, kind) for name in names)),
            programmes=tuple(part.strip() for part in row[3].replace("] [", "];[").split(";") if part.strip()),
            birth_dates=tuple(BORN.findall(remarks)),
            countries=tuple(NATION.findall(remarks)),
            identifiers=tuple(NUMBER.findall(remarks)),
        )
