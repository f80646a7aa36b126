"""The US Consolidated Screening List, in the International Trade Administration's CSV: sanctions and export lists together.

What stands on several of its lists under one `_id` is one entry.
"""

import re
from collections.abc import Iterator, Mapping

from kyc.screening.birthdates import written
from kyc.screening.entries import Entry, Topic
from kyc.screening.normalise import telling, words
from kyc.screening.sources import gathering, ofac_xml, tables
from kyc.screening.sources.files import Files
from kyc.screening.sources.gathering import Gathered
from kyc.screening.sources.ofac import turned

NEEDED = ("_id", "source", "name", "type")
KINDS = {"Individual": "person", "Entity": "company"}
# Of lists that don't say whether an entry is a person: those on which most are.
OF_PEOPLE = re.compile(r"\((?:DPL|DTC)\)")
# Words of companies' names that are no legal form.
OF_BUSINESS = frozenset(
    """airlines airways aviation aerospace wings cargo trading trade import imports export exports technology technologies tech
    electronics electric systems solutions services international industries industrial industry group enterprise enterprises
    company engineering institute academy university laboratory center centre factory plant bank shipping logistics freight
    transport supply marine instruments components software computer computers communications telecom energy oil gas petroleum
    holding holdings partners associates consulting consultants research development products equipment tools arms ammunition
    security global technik""".split()
)
EXPORT = re.compile(r"\((?:EL|DPL|UVL|MEU|DTC)\)|Entity List|Denied Persons|Unverified|Military End User|Debarred")
LISTED = re.compile(r"^(.+?)(?: - .*)?$")
PLACE = re.compile(r"(?:^|, )([A-Z]{2})$")
TOLD = (
    "title", "remarks", "license_requirement", "license_policy", "federal_register_notice", "standard_order", "start_date",
    "end_date", "vessel_type", "vessel_owner", "call_sign",
)  # fmt: skip


def read(files: Files) -> Iterator[Entry]:
    found: dict[str, Gathered] = {}
    for line, row in tables.rows(files.primary, NEEDED):
        one = found.setdefault(row["_id"], Gathered(row["_id"], line, kind(row)))
        add(one, row)
    return gathering.entries(found.values(), files.primary.name)


def several(text: str) -> list[str]:
    return [part.strip().removeprefix("and ") for part in text.split(";") if part.strip()]


def kind(row: Mapping[str, str]) -> str:
    """Where the list doesn't say, a name on a list of people is a person's that has no legal form and no word of business."""
    if row["type"]:
        return KINDS.get(row["type"], "other")
    if not OF_PEOPLE.search(row["source"]):
        return "company"
    every = words(row["name"])
    return "company" if OF_BUSINESS.intersection(every) or len(telling(row["name"])) < len(every) else "person"


def add(one: Gathered, row: Mapping[str, str]) -> None:
    one.names.append(turned(row["name"].strip(), one.kind))
    one.aliases += [turned(name, one.kind) for name in several(row.get("alt_names", ""))]
    one.births += [written(text) for text in several(row.get("dates_of_birth", ""))]
    one.nations += several(row.get("nationalities", "")) + several(row.get("citizenships", ""))
    one.places += [found[1] for text in several(row.get("addresses", "")) if (found := PLACE.search(text))]
    one.places.append(row.get("vessel_flag", ""))
    for text in several(row.get("ids", "")):
        identified(one, text)
    listed = LISTED.match(row["source"])
    one.programmes += [listed[1] if listed else row["source"], *several(row.get("programs", ""))]
    one.topics.append(Topic.EXPORT.value if EXPORT.search(row["source"]) else Topic.SANCTION.value)
    one.remarks += [f"{name.replace('_', ' ').capitalize()}: {row[name].strip()}" for name in TOLD if row.get(name, "").strip()]
    one.link = one.link or row.get("source_list_url", "") or row.get("source_information_url", "")
    one.said += [f"{name}={value}" for name, value in sorted(row.items())]


def identified(one: Gathered, text: str) -> None:
    """`RU, 4005504207, Passport`, with the country or without."""
    country, comma, rest = text.partition(", ")
    if not comma:
        return
    has_country = len(country) == 2 and country.isalpha()
    found, _, label = (rest if has_country else text).partition(", ")
    if ofac_xml.is_theirs(label) or label.startswith("Vessel"):
        one.numbers.append(found)
        if has_country:
            one.places.append(country)
