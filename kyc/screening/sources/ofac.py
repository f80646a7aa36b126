"""OFAC's CSV files: no header, `-0-` for empty, persons as `LAST, First`, a control-Z at the end.

Birth dates, nationalities, numbers and weak aliases stand in the remarks, which OFAC cuts at 1,000 characters and goes on
with in a file of their own.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from kyc.screening.birthdates import written
from kyc.screening.countries import code
from kyc.screening.entries import LONGEST_NAME, BadList, Entry, digested, strong, weak
from kyc.screening.normalise import number
from kyc.screening.sources.files import Files, lines
from kyc.screening.sources.gathering import once

EMPTY = "-0-"
# OFAC cuts remarks here, be it within a word, and goes on in the comments file.
CUT = 1000
PRIMARY_COLUMNS, ALIAS_COLUMNS, ADDRESS_COLUMNS, COMMENT_COLUMNS = 12, 5, 6, 2
NOTHING = "\x1a\r\n\ufeff "
ENTITY = re.compile(r"[0-9]{1,20}\Z")
KINDS = {"individual": "person", "": "company"}

BORN = re.compile(r"^(?:alt\. )?DOB (.+)$")
NATION = re.compile(r"^(?:alt\. )?(?:nationality|citizen) (?:possibly )?(.+)$")
WALLET = re.compile(r"^(?:alt\. )?Digital Currency Address - \w+ (?P<number>\w+)$")
WEAK = re.compile(r"^(?:a|f|n)\.k\.a\. ('.{2,}')$")
LABELS = (
    "Passport|Cedula|ID|Number|SSN|C.U.R.P.|R.F.C.|D.N.I.|C.U.I.T.|C.U.I.|NIT|RUC|RIF|RTN|I.F.E.|US FEIN|Fiscal Code|SWIFT/BIC"
    "|C.R.|License|Folio Mercantil|Matricula Mercantil|Chamber of Comm.|IMO|USCC|Numero de Identidad|Credencial electoral|Code"
).replace(".", r"\.")
NUMBERED = re.compile(
    rf"^(?:alt\. )?(?P<label>(?:[A-Z][\w. /'&-]*? )?(?:{LABELS}))(?: \([A-Z]+\))?(?: No\.?)? (?:# ?)?"
    r"(?P<number>[A-Z0-9][\w./-]*(?: [\w./-]*\d[\w./-]*)*)(?: \((?P<country>[^)]+)\))?"
)
# Numbers that name no one: shared, changing, or of a thing.
NOT_THEIRS = re.compile(r"Phone|Chinese Commercial Code|Aircraft|Permit|MICEX|Visa|File Number|Transponder|Serial")


def clean(value: str) -> str:
    value = value.strip(NOTHING)
    return "" if value == EMPTY else value


def rows(lines: Iterable[str], columns: int, file: str) -> Iterator[tuple[int, list[str]]]:
    """Rows of `columns` values as they stand, each with its line; raises BadList with file and line. Strict, so that a file
    cut off within quotes is noticed."""
    reader = csv.reader(lines, strict=True)
    try:
        for row in reader:
            if any(value.strip(NOTHING) for value in row):
                if wrong := fault(row, columns):
                    raise BadList(f"{file}, line {reader.line_num}: {wrong}.")
                yield reader.line_num, row
    except csv.Error as error:
        raise BadList(f"{file}, line {reader.line_num}: {error}.") from error


def fault(row: list[str], columns: int) -> str:
    if len(row) != columns or not ENTITY.match(clean(row[0])):
        return f"expected {columns} columns beginning with a number, found: {', '.join(row)[:60]!r}"
    return "a zero byte stands in it" if any("\0" in value for value in row) else ""


def turned(name: str, kind: str) -> str:
    """`LAST, First` as First LAST; companies keep their commas."""
    last, comma, first = name.partition(", ")
    return f"{first} {last}" if kind == "person" and comma else name


def facts(remarks: str) -> Iterator[str]:
    """The remarks, one fact at a time."""
    return (fact.strip().rstrip(".") if fact.strip().endswith("'.") else fact.strip() for fact in remarks.rstrip(". ").split(";"))


@dataclass(frozen=True)
class More:
    """What the other files say, by entity number: aliases, countries of addresses, the rest of long remarks."""

    aliases: dict[str, list[str]]
    addresses: dict[str, list[str]]
    comments: dict[str, list[str]]

    def said(self, entity: str) -> list[str]:
        """All of it, in an order of its own, for the entry's digest."""
        return [said for part in (self.aliases, self.addresses, self.comments) for said in ("", *sorted(part.get(entity, ())))]


def whole(remarks: str, rest: list[str]) -> str:
    """Remarks with their comments: these go on where remarks were cut, and otherwise, from another day's file, stand apart."""
    if len(remarks) >= CUT:
        return remarks + "".join(rest)
    return "; ".join(filter(None, [clean(remarks).rstrip(". "), "".join(rest)]))


def described(row: list[str], more: More) -> Entry:
    entity, listed, kind_of, programmes = map(clean, row[:4])
    kind = KINDS.get(kind_of, "other")
    remarks = whole(row[11], more.comments.get(entity, []))
    told = list(facts(remarks))
    low = [weak(turned(found[1].strip("'"), kind)) for fact in told if (found := WEAK.match(fact))]
    numbered = [found for fact in told if (found := NUMBERED.match(fact)) and not NOT_THEIRS.search(found["label"])]
    wallets = [found["number"] for fact in told if (found := WALLET.match(fact))]
    nations = [found[1] for fact in told if (found := NATION.match(fact))]
    if kind == "company":
        nations += [found["country"] or "" for found in numbered] + more.addresses.get(entity, [])
    return Entry(
        id=entity,
        kind=kind,
        name=strong(turned(listed, kind)),
        aliases=once((*(strong(turned(clean(name), kind)) for name in more.aliases.get(entity, ())), *low)),
        programmes=once(part.strip(" []") for part in programmes.split("] [")),
        birth_dates=once(written(found[1]) for fact in told if (found := BORN.match(fact))),
        countries=once(map(code, nations)),
        identifiers=once(map(number, (*(found["number"] for found in numbered), *wallets))),
        remarks="; ".join(filter(None, (clean(row[4]), clean(remarks)))),
        content=digested((*map(clean, row), *more.said(entity))),
    )


def gathered(lines: Iterable[str], columns: int, column: int, file: str) -> dict[str, list[str]]:
    """What a second file says, by entity number."""
    found: dict[str, list[str]] = defaultdict(list)
    for _, row in rows(lines, columns, file):
        found[clean(row[0])].append(row[column].strip("\r\n\x1a"))
    return found


def load(files: Files) -> Iterator[Entry]:
    named = {"primary": files.primary, "aliases": files.aliases, "addresses": files.addresses, "comments": files.comments}
    return read(*map(lines, files.each()), files={kind: path.name for kind, path in named.items() if path})


def read(
    primary: Iterable[str],
    aliases: Iterable[str] = (),
    addresses: Iterable[str] = (),
    comments: Iterable[str] = (),
    *,
    files: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Entry]:
    """Entries in the file's order; what the other files say of an entity without its entry is left out. `files` names the
    files for messages. Raises BadList."""
    more = More(
        gathered(aliases, ALIAS_COLUMNS, 3, files.get("aliases", "aliases")),
        gathered(addresses, ADDRESS_COLUMNS, 4, files.get("addresses", "addresses")),
        gathered(comments, COMMENT_COLUMNS, 1, files.get("comments", "comments")),
    )
    file = files.get("primary", "primary")
    seen: set[str] = set()
    for line, row in rows(primary, PRIMARY_COLUMNS, file):
        entry = described(row, more)
        if wrong := unfit(entry, seen):
            raise BadList(f"{file}, line {line}: {wrong}.")
        seen.add(entry.id)
        yield entry
    if not seen:
        raise BadList(f"{file}, line 1: no entry was found.")


def unfit(entry: Entry, seen: set[str]) -> str:
    """Why an entry can't be kept; empty if it can."""
    if not entry.name:
        return f"the entity number {entry.id} has no name"
    if len(entry.name) > LONGEST_NAME:
        return f"a name of {len(entry.name)} characters, where {LONGEST_NAME} are the most"
    return f"the entity number {entry.id} stands twice" if entry.id in seen else ""
