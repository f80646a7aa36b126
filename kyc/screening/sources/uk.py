"""The United Kingdom's lists: the UK Sanctions List of the Foreign Office (XML and CSV), the only one kept up since January 2026,
and the consolidated list of OFSI before it (XML and CSV, 2022 format).

Every row is one name of an entry; those of one entry share its number: `Unique ID` there, `Group ID` here.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from kyc.screening.birthdates import written
from kyc.screening.entries import BadList, Entry
from kyc.screening.sources import elements, gathering, tables
from kyc.screening.sources.elements import Element
from kyc.screening.sources.files import Files, head
from kyc.screening.sources.gathering import Gathered

Row = Mapping[str, list[str]]

KINDS = {"individual": "person", "entity": "company", "ship": "other"}
DATED = re.compile(
    r"(?:<DateGenerated>|Last Updated:?,|Report Date:? ?,? ?)(\d{1,2})[/-](\d{2}|[A-Z][a-z]{2})[/-](\d{4})", re.IGNORECASE
)
LAID_OUT = re.compile(r"<(?:\w+:)?(Designations|ArrayOfFinancialSanctionsTarget)\b")
RECORDS = {"Designations": "Designation", "ArrayOfFinancialSanctionsTarget": "FinancialSanctionsTarget"}
DAY = re.compile(r"^(\d{2}|dd)/(\d{2}|mm)/(\d{4})$")
SPACES = re.compile(r"[^a-z0-9]")
# What each fact is called in the four layouts, in small letters and without anything between them.
NAMED = {
    "id": ("uniqueid", "groupid"),
    "kind": ("individualentityship", "designationtype", "grouptype", "grouptypedescription"),
    "type": ("nametype", "aliastype"),
    "quality": ("aliasstrength", "aliasquality"),
    "script": ("namenonlatinscript",),
    "born": ("dob", "individualdateofbirth", "dateofbirth"),
    "nation": ("nationality", "nationalityies", "individualnationality"),
    "place": ("addresscountry", "country", "currentbelievedflagofship", "shipflag", "shipcurrentbelievedflagofship"),
    "number": (
        "passportnumber", "nationalidentifiernumber", "nationalidentificationnumber", "individualpassportnumber",
        "individualnationalidentificationnumber", "individualninumber", "businessregistrationnumber",
        "businessregistrationnumbers", "entitybusinessregnumber", "entitybusinessregistrationnumber",
        "imonumber", "shipimonumber",
    ),
    "programme": ("regimename", "regime"),
    "told": ("position", "individualposition", "ukstatementofreasons", "otherinformation", "sanctionsimposed"),
}  # fmt: skip
PARTS = ("name1", "name2", "name3", "name4", "name5", "name6")
# OFSI's CSV writes it for an empty part of a name.
EMPTY = "0"


def published(files: Files) -> date | None:
    found = DATED.search(head(files.primary))
    day = written(" ".join(found.groups())) if found and found[2].isalpha() else found and f"{found[3]}-{found[2]}-{found[1]:0>2}"
    return date.fromisoformat(day) if day else None


def read(files: Files) -> Iterator[Entry]:
    """Which of the four layouts it is, its beginning says."""
    path, start = files.primary, head(files.primary)
    layout = LAID_OUT.search(start)
    if layout:
        records = elements.records(path, root=layout[1], named={RECORDS[layout[1]]})
        rows: Iterable[tuple[int, Row, list[Row]]] = (designated(record) for record in records)
    elif start.lstrip().startswith("<"):
        raise BadList(f"{path.name}, line 1: expected the UK's list, found another document.")
    else:
        rows = ((line, spread(row), [spread(row)]) for line, row in table(files, start))
    return gathering.entries(grouped(rows).values(), path.name)


def table(files: Files, start: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Above the header stands a line with the day."""
    first = start.partition("\n")[0]
    number = "Unique ID" if "Unique ID" in start else "Group ID"
    return tables.rows(files.primary, (number, "Name 6"), before=0 if number in first else 1)


def key(name: str) -> str:
    return SPACES.sub("", name.lower())


def spread(row: Mapping[str, str]) -> dict[str, list[str]]:
    return {key(name): [value.strip()] if value.strip() else [] for name, value in row.items()}


def designated(record: Element) -> tuple[int, Row, list[Row]]:
    """All that stands in a record by its names, and its names one by one."""
    facts: dict[str, list[str]] = {}
    waiting = list(record.children)
    names: list[Row] = []
    while waiting:
        one = waiting.pop(0)
        if one.tag == "Name" and one.children:
            names.append({key(part.tag): [part.text] for part in one.children if part.text})
            continue
        if one.text:
            facts.setdefault(key(one.tag), []).append(one.text)
        waiting = one.children + waiting
    facts["said"] = list(record.said())
    return record.line, facts, names or [facts]


def said(row: Row, fact: str) -> list[str]:
    return [text for name in NAMED[fact] for text in row.get(name, ())]


def grouped(rows: Iterable[tuple[int, Row, list[Row]]]) -> dict[str, Gathered]:
    found: dict[str, Gathered] = {}
    for line, facts, names in rows:
        number = next(iter(said(facts, "id")), "")
        kind = next(iter(said(facts, "kind")), "")
        one = found.setdefault(number, Gathered(number, line, KINDS.get(kind.lower(), "company")))
        for name in names:
            add_name(one, name)
        add_facts(one, facts)
    return found


def add_name(one: Gathered, row: Row) -> None:
    parts = [text for part in PARTS for text in row.get(part, ()) if text != EMPTY]
    kind = next(iter(said(row, "type")), "").lower()
    is_weak = "low" in next(iter(said(row, "quality")), "").lower()
    kept = one.names if kind == "primary name" else one.weak if is_weak else one.aliases
    kept.append(" ".join(parts))


def add_facts(one: Gathered, facts: Row) -> None:
    one.aliases += said(facts, "script")
    one.births += map(born, said(facts, "born"))
    one.nations += parted(said(facts, "nation"))
    one.places += parted(said(facts, "place"))
    one.numbers += parted(said(facts, "number"))
    one.programmes += said(facts, "programme")
    one.remarks += said(facts, "told")
    one.said += facts.get("said") or [f"{name}={value}" for name, values in sorted(facts.items()) for value in values]


def parted(texts: Iterable[str]) -> list[str]:
    """`(1) Russia (2) Ukraine` are two."""
    return [part.strip(" .,;") for text in texts for part in re.split(r"\(\d+\)|;", text) if part.strip(" .,;")]


def born(text: str) -> str:
    """`dd/03/1958` and `00/03/1958` are a month of that year."""
    found = DAY.match(text)
    if not found:
        return ""
    day, month, year = (part if part.isdecimal() and int(part) else "" for part in found.groups())
    return written("-".join(filter(None, (year, month, day if month else ""))))
