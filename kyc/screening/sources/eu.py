"""The European Union's consolidated financial sanctions list, XML 1.1 of its Financial Sanctions Files."""

import re
from collections.abc import Iterator
from datetime import date

from kyc.screening.birthdates import written
from kyc.screening.entries import Entry
from kyc.screening.sources import elements, gathering
from kyc.screening.sources.elements import Element
from kyc.screening.sources.files import Files, head
from kyc.screening.sources.gathering import Gathered

ROOT, RECORD = "export", "sanctionEntity"
GENERATED = re.compile(r'generationDate="(\d{4})-(\d{2})-(\d{2})')
# The code of what has no country.
NOWHERE = "00"
OWN_LANGUAGE = {"", "EN"}


def published(files: Files) -> date | None:
    found = GENERATED.search(head(files.primary))
    return date(*map(int, found.groups())) if found else None


def read(files: Files) -> Iterator[Entry]:
    return gathering.entries(map(gathered, elements.records(files.primary, root=ROOT, named={RECORD})), files.primary.name)


def gathered(record: Element) -> Gathered:
    is_person = any(one.get("code") == "person" or one.get("classificationCode") == "P" for one in record.every("subjectType"))
    found = Gathered(
        record.get("euReferenceNumber") or record.get("logicalId"), record.line, "person" if is_person else "company"
    )
    found.said = list(record.said())
    names = list(record.every("nameAlias"))
    # None is marked as the first one; those in the list's own language come before translations.
    for alias in sorted(names, key=lambda one: (is_weak(one), one.get("nameLanguage") not in OWN_LANGUAGE)):
        (found.weak if is_weak(alias) else found.aliases).append(named(alias))
    found.births = [born(one) for one in record.every("birthdate")]
    found.nations = places(record, "citizenship")
    found.places = places(record, "address")
    found.numbers = [one.get(name) for one in record.every("identification") for name in ("number", "latinNumber")]
    found.programmes = [one.get("programme") for one in record.every("regulation")]
    told = [record.get("designationDetails"), *(one.get("function") for one in names)]
    found.remarks = [record.get("unitedNationId"), *told, *record.texts("remark"), *record.texts("identification/remark")]
    found.link = record.first("regulation/publicationUrl")
    return found


def is_weak(alias: Element) -> bool:
    return alias.get("strong") == "false"


def named(alias: Element) -> str:
    return alias.get("wholeName") or " ".join(filter(None, map(alias.get, ("firstName", "middleName", "lastName"))))


def born(said: Element) -> str:
    first, last = said.get("yearRangeFrom"), said.get("yearRangeTo")
    day = said.get("birthdate")
    if not day and said.get("year"):
        parts = [said.get("year"), *(f"{int(part):02}" for part in dated(said))]
        day = "-".join(parts)
    text = day or (f"{first} to {last}" if first and last else "")
    return written(f"circa {text}" if said.get("circa") == "true" else text) if text else ""


def dated(said: Element) -> list[str]:
    """The month, and the day in it, as far as they are known."""
    month, day = said.get("monthOfYear"), said.get("dayOfMonth")
    return [part for part in ([month, day] if month.isdecimal() and day.isdecimal() else [month]) if part.isdecimal()]


def places(record: Element, tag: str) -> list[str]:
    every = list(record.every(tag))
    return [
        one.get("countryIso2Code") if one.get("countryIso2Code") != NOWHERE else one.get("countryDescription") for one in every
    ]
