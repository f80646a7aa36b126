"""OFAC's classic XML (`SDN.XML`, `CONSOLIDATED.XML`), which holds all that the parts of its CSV do. `SDN_ADVANCED.XML` is
another layout (ofac_advanced)."""

import re
from collections.abc import Iterator
from datetime import date

from kyc.screening.birthdates import written
from kyc.screening.entries import Entry
from kyc.screening.sources import elements, gathering
from kyc.screening.sources.elements import Element
from kyc.screening.sources.files import Files, head
from kyc.screening.sources.gathering import Gathered

ROOT, RECORD = "sdnList", "sdnEntry"
PUBLISHED = re.compile(r"<Publish_Date>(\d{2})/(\d{2})/(\d{4})<")
KINDS = {"Individual": "person", "Entity": "company"}
# What names one: of these labels of `idType`, and no phone, gender or programme.
THEIRS = re.compile(
    r"Passport|Cedula|Tax|Registration|Identification|\bID\b|NIT|RUC|RIF|RTN|C\.U\.R\.P|R\.F\.C|D\.N\.I|C\.U\.I|SSN|C\.R\.|I\.F\.E"
    r"|Number|Credit Code|SWIFT|License|Licence|Folio|Matricula|Chamber|V\.A\.T|Fiscal|Credencial|ISIN|BIK"
    r"|Digital Currency Address"
)
# Numbers that name no one: shared, changing, or of a thing.
NOT_THEIRS = re.compile(
    r"Phone|Chinese Commercial Code|Aircraft|Permit|MICEX|Visa|File Number|Transponder|Serial|Gazette|Directive"
)


def published(files: Files) -> date | None:
    found = PUBLISHED.search(head(files.primary))
    return date(int(found[3]), int(found[1]), int(found[2])) if found else None


def read(files: Files) -> Iterator[Entry]:
    return gathering.entries(map(gathered, elements.records(files.primary, root=ROOT, named={RECORD})), files.primary.name)


def gathered(record: Element) -> Gathered:
    kind = KINDS.get(record.first("sdnType"), "other")
    found = Gathered(record.first("uid"), record.line, kind, names=[named(record)])
    found.said = list(record.said())
    for alias in record.every("akaList/aka"):
        (found.weak if alias.first("category") == "weak" else found.aliases).append(named(alias))
    found.births = [written(text) for text in record.texts("dateOfBirthList/dateOfBirthItem/dateOfBirth")]
    found.nations = record.texts("nationalityList/nationality/country") + record.texts("citizenshipList/citizenship/country")
    found.places = record.texts("addressList/address/country") + record.texts("vesselInfo/vesselFlag")
    for one in record.every("idList/id"):
        if is_theirs(one.first("idType")):
            found.numbers.append(one.first("idNumber"))
            found.places.append(one.first("idCountry"))
    found.programmes = record.texts("programList/program")
    found.remarks = record.texts("title") + record.texts("remarks")
    return found


def is_theirs(label: str) -> bool:
    return bool(THEIRS.search(label)) and not NOT_THEIRS.search(label)


def named(said: Element) -> str:
    return " ".join(filter(None, (said.first("firstName"), said.first("lastName"))))
