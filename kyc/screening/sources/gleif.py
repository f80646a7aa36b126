"""GLEIF's golden copies, as they are published: level 1 (LEI-CDF 3) and level 2 (RR-CDF 2), CSV or XML, each also gzipped or in a
ZIP. One row at a time, however long the file.

    https://www.gleif.org/en/lei-data/gleif-golden-copy
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from kyc.screening.entries import BadList
from kyc.screening.sources.elements import Element, records
from kyc.screening.sources.files import head, lines

ENTITIES, PARENTS = "entities", "parents"
LEI = re.compile(r"[A-Z0-9]{18}[0-9]{2}", re.ASCII)
CODE = re.compile(r"[A-Z0-9_-]{0,40}", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
NAMED = re.compile(r"(20\d{2})-?(\d{2})-?(\d{2})", re.ASCII)
KINDS = {"IS_DIRECTLY_CONSOLIDATED_BY": "direct", "IS_ULTIMATELY_CONSOLIDATED_BY": "ultimate"}
MOST_NAMES, LONGEST_NAME, LONGEST_NUMBER = 10, 500, 200


class Entity(NamedTuple):
    lei: str
    name: str
    names: tuple[str, ...]
    country: str
    hq_country: str
    jurisdiction: str
    authority: str
    number: str
    entity_status: str
    status: str
    renewal_on: str


class Parent(NamedTuple):
    child: str
    parent: str
    kind: str
    is_active: bool


Rows = Iterator[Entity] | Iterator[Parent]
# By what each is to us, the columns of the CSV; the XML has the same names as a path.
ENTITY = {
    "lei": "LEI",
    "name": "Entity.LegalName",
    "country": "Entity.LegalAddress.Country",
    "hq_country": "Entity.HeadquartersAddress.Country",
    "jurisdiction": "Entity.LegalJurisdiction",
    "authority": "Entity.RegistrationAuthority.RegistrationAuthorityID",
    "number": "Entity.RegistrationAuthority.RegistrationAuthorityEntityID",
    "entity_status": "Entity.EntityStatus",
    "status": "Registration.RegistrationStatus",
    "renewal_on": "Registration.NextRenewalDate",
}
RELATION = {
    "child": "Relationship.StartNode.NodeID",
    "parent": "Relationship.EndNode.NodeID",
    "type": "Relationship.RelationshipType",
    "status": "Relationship.RelationshipStatus",
}
NAMES = (
    "Entity.OtherEntityNames.OtherEntityName",
    "Entity.TransliteratedOtherEntityNames.TransliteratedOtherEntityName",
)
OTHER = re.compile(
    r"Entity\.OtherEntityNames\.OtherEntityName\.\d+"
    r"|Entity\.TransliteratedOtherEntityNames\.TransliteratedOtherEntityName\.\d+"
)


def published(path: Path) -> date | None:
    """By the file's name, as GLEIF gives it: 20260101-0000-gleif-goldencopy-lei2-golden-copy.csv."""
    found = NAMED.search(path.name)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def read(path: Path) -> tuple[str, Rows]:
    """Of which level it is, and its rows. Raises BadList, from the rows too."""
    if not head(path).lstrip().startswith("<"):
        return of_csv(path)
    root = "RelationshipData" if "RelationshipData" in head(path)[:2000] else "LEIData"
    record = "RelationshipRecord" if root == "RelationshipData" else "LEIRecord"
    found = map(partial(of_element, path), records(path, root=root, named=[record]))
    return (ENTITIES, map(entity, found)) if root == "LEIData" else (PARENTS, parents(found))


class Row(NamedTuple):
    """A record, whichever way it was written: how its values are asked for, and where it stands."""

    value: Callable[[str], str]
    names: tuple[str, ...]
    place: str


def of_element(path: Path, element: Element) -> Row:
    def value(name: str) -> str:
        return element.first(name.replace(".", "/"))

    others = chain.from_iterable(element.texts(name.replace(".", "/")) for name in NAMES)
    return Row(value, tuple(others), f"{path.name}, line {element.line}")


def of_csv(path: Path) -> tuple[str, Rows]:
    rows = csv.reader(lines(path), strict=True)
    try:
        header = [name.lstrip("\ufeff") for name in next(rows, [])]
    except csv.Error as error:
        raise BadList(f"{path.name}, line 1: {error}.") from None
    if set(ENTITY.values()) <= set(header):
        return ENTITIES, map(entity, told(path, rows, header))
    if set(RELATION.values()) <= set(header):
        return PARENTS, parents(told(path, rows, header))
    raise BadList(f"{path.name}, line 1: the columns of neither level of a golden copy are there.")


def told(path: Path, rows: "Iterator[list[str]]", header: list[str]) -> Iterator[Row]:
    at = {name: number for number, name in enumerate(header)}
    others = [number for name, number in at.items() if OTHER.fullmatch(name)]
    # csv.reader's own count, of lines and not of rows.
    count = rows.line_num  # type: ignore[attr-defined]  # of csv.reader alone
    try:
        for row in rows:
            count = rows.line_num  # type: ignore[attr-defined]  # of csv.reader alone
            if len(row) != len(header):
                raise BadList(f"{path.name}, line {count}: it has {len(row)} values, and the first line {len(header)}.")
            yield Row(partial(cell, row, at), tuple(filter(None, (row[n].strip() for n in others))), f"{path.name}, line {count}")
    except csv.Error as error:
        raise BadList(f"{path.name}, line {count + 1}: {error}.") from None


def cell(row: list[str], at: Mapping[str, int], name: str) -> str:
    return row[at[name]].strip()


def entity(row: Row) -> Entity:
    """Raises BadList."""
    found = {name: row.value(column) for name, column in ENTITY.items()}
    if not LEI.fullmatch(found["lei"]):
        raise BadList(f"{row.place}: “{found['lei'][:40]}” is no LEI.")
    if not found["name"]:
        raise BadList(f"{row.place}: {found['lei']} has no name.")
    for name in ("country", "hq_country", "jurisdiction", "authority", "entity_status", "status"):
        if not CODE.fullmatch(found[name]):
            raise BadList(f"{row.place}: “{found[name][:40]}” is no {ENTITY[name]}.")
    day = DAY.match(found["renewal_on"])
    found |= {
        "renewal_on": day[0] if day else "",
        "name": found["name"][:LONGEST_NAME],
        "number": found["number"][:LONGEST_NUMBER],
        "country": found["country"][:2],
        "hq_country": found["hq_country"][:2],
        "jurisdiction": found["jurisdiction"][:10],
        "authority": found["authority"][:20],
        "entity_status": found["entity_status"][:20],
    }
    names = tuple(dict.fromkeys(name[:LONGEST_NAME] for name in row.names if name != found["name"]))
    return Entity(**found, names=names[:MOST_NAMES])


def parents(rows: Iterator[Row]) -> Iterator[Parent]:
    """Who consolidates whom; what else stands there, such as of funds, is left out. Raises BadList."""
    for row in rows:
        found = {name: row.value(column) for name, column in RELATION.items()}
        kind = KINDS.get(found["type"])
        if kind is None:
            continue
        for name in ("child", "parent"):
            if not LEI.fullmatch(found[name]):
                raise BadList(f"{row.place}: “{found[name][:40]}” is no LEI.")
        if found["child"] != found["parent"]:
            yield Parent(found["child"], found["parent"], kind, found["status"] == "ACTIVE")
