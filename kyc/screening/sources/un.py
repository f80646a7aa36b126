"""The Security Council's consolidated list, in the UN's XML."""

import re
from collections.abc import Iterator
from datetime import date

from kyc.screening.birthdates import written
from kyc.screening.entries import Entry
from kyc.screening.sources import elements, gathering
from kyc.screening.sources.elements import Element
from kyc.screening.sources.files import Files, head
from kyc.screening.sources.gathering import Gathered

ROOT = "CONSOLIDATED_LIST"
KINDS = {"INDIVIDUAL": "person", "ENTITY": "company"}
GENERATED = re.compile(r'dateGenerated="(\d{4})-(\d{2})-(\d{2})')
IN_SCRIPT = re.compile(r"in \w+ script: ?(.+)")
# Of several names in one field.
APART = re.compile(r" ?; ")


def published(files: Files) -> date | None:
    found = GENERATED.search(head(files.primary))
    return date(*map(int, found.groups())) if found else None


def read(files: Files) -> Iterator[Entry]:
    found = map(gathered, elements.records(files.primary, root=ROOT, named=KINDS))
    return gathering.entries(found, files.primary.name)


def gathered(record: Element) -> Gathered:
    one = Gathered(record.first("DATAID"), record.line, KINDS[record.tag])
    one.said = list(record.said())
    parts = [record.first(f"{place}_NAME") for place in ("FIRST", "SECOND", "THIRD", "FOURTH")]
    whole = " ".join(filter(None, parts))
    one.names = [whole]
    if one.kind == "company":
        one.aliases += [part for part in APART.split(whole) if part != whole]
    one.aliases += record.texts("NAME_ORIGINAL_SCRIPT")
    for alias in record.every(f"{record.tag}_ALIAS"):
        kept = one.weak if alias.first("QUALITY") == "Low" else one.aliases
        kept += APART.split(alias.first("ALIAS_NAME"))
        kept += [found for note in alias.texts("NOTE") for found in IN_SCRIPT.findall(note)]
        one.births += [written(text) for text in alias.texts("DATE_OF_BIRTH")]
    one.births = [*map(born, record.every(f"{record.tag}_DATE_OF_BIRTH")), *one.births]
    one.programmes = record.texts("UN_LIST_TYPE")
    one.nations = record.texts("NATIONALITY/VALUE")
    one.places = record.texts(f"{record.tag}_ADDRESS/COUNTRY")
    one.numbers = record.texts(f"{record.tag}_DOCUMENT/NUMBER")
    one.remarks = [*record.texts("REFERENCE_NUMBER"), *record.texts("DESIGNATION/VALUE"), *record.texts("COMMENTS1")]
    return one


def born(said: Element) -> str:
    """`TYPE_OF_DATE` says whether it is the day, about then, or between two years."""
    first, last = said.first("FROM_YEAR"), said.first("TO_YEAR")
    text = f"{first} to {last}" if first and last else said.first("DATE")[:10] or said.first("YEAR")
    about = "circa " if said.first("TYPE_OF_DATE") == "APPROXIMATELY" else ""
    return written(about + text) if text else ""
