"""OFAC's `SDN_ADVANCED.XML` and `CONS_ADVANCED.XML`, in the Advanced Sanctions Data Model of the UN's 1267/1988 Security Council
Committee: the names in their scripts and parts, and all else by number, in sets that stand elsewhere in the file.

What an entry's numbers lead to stands before it (countries, documents) and behind it (programmes, relations), so the file is read
twice: once for these, of which little is kept, once for the entries.
"""

import re
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from kyc.screening.birthdates import written
from kyc.screening.entries import BadList, Entry, digested
from kyc.screening.sources import elements, gathering, ofac_xml
from kyc.screening.sources.elements import Element
from kyc.screening.sources.files import Files, head
from kyc.screening.sources.gathering import Gathered

ROOT, PARTY = "Sanctions", "DistinctParty"
AROUND = ("ReferenceValueSets", "Location", "IDRegDocument", PARTY, "ProfileRelationship", "SanctionsEntry")
ISSUED = re.compile(r"<DateOfIssue[^>]*>\s*<Year>(\d{4})</Year>\s*<Month>(\d{1,2})</Month>\s*<Day>(\d{1,2})</Day>")
KINDS = {"Individual": "person", "Entity": "company"}
# Of a person's name, what stands before the rest, as in `FIRST Middle LAST`.
FIRST = ("First Name", "Middle Name")
BORN, TITLE = "Birthdate", "Title"
NATIONS = ("Nationality Country", "Citizenship Country")
PLACES = ("Location", "Vessel Flag", "Other Vessel Flag")


def published(files: Files) -> date | None:
    found = ISSUED.search(head(files.primary))
    return date(*map(int, found.groups())) if found else None


def read(files: Files) -> Iterator[Entry]:
    around = Around(files.primary.name)
    for record in elements.records(files.primary, root=ROOT, named=AROUND):
        around.note(record)
    records = elements.records(files.primary, root=ROOT, named={PARTY})
    return gathering.entries(map(around.gathered, records), files.primary.name)


@dataclass(frozen=True)
class Paper:
    """A document's number where it names somebody, the country that gave it, and a digest of all that is said of it."""

    number: str
    country: str
    said: str


@dataclass(frozen=True)
class Place:
    """A location's countries, and a digest of all that is said of it."""

    countries: list[str]
    said: str


@dataclass
class Around:
    """What stands round the entries, by number. `values` are the reference values by their element's name; `about` the parties'
    programmes, relations and digests of what is said beside them, by profile."""

    file: str
    values: dict[str, dict[str, Element]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    papers: dict[str, list[Paper]] = field(default_factory=lambda: defaultdict(list))
    names: dict[str, str] = field(default_factory=dict)
    programmes: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    relations: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    beside: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def note(self, record: Element) -> None:
        match record.tag:
            case "ReferenceValueSets":
                self.values = {
                    one.tag: {row.get("ID"): row for row in of.children} for of in record.children for one in of.children[:1]
                }
            case "Location":
                found = [self.country(one, "CountryID") for one in record.every("LocationCountry")]
                self.places[record.get("ID")] = Place(found, digested(record.said()))
            case "IDRegDocument":
                self.papers[record.get("IdentityID")].append(self.paper(record))
            case "DistinctParty":
                self.names[profile_of(record)] = next(iter(self.named(record)[0]), "")
            case "ProfileRelationship":
                of, to = record.get("From-ProfileID"), record.get("To-ProfileID")
                self.relations[of].append((self.word(record, "RelationType"), to))
            case "SanctionsEntry":
                measures = list(record.every("SanctionsMeasure"))
                stated = [one.first("Comment") for one in measures if self.word(one, "SanctionsType") == "Program"]
                self.programmes[record.get("ProfileID")] += filter(None, stated)
                self.beside[record.get("ProfileID")].append(digested(record.said()))

    def value(self, said: Element, kind: str, by: str = "") -> Element:
        """The reference value that an attribute, by default `KINDID`, names. Raises BadList where none has that number."""
        number = said.get(by or f"{kind}ID")
        found = self.values.get(kind, {}).get(number)
        if found is None:
            raise BadList(f"{self.file}, line {said.line}: {kind} {number!r} is none of the file's own reference values.")
        return found

    def word(self, said: Element, kind: str) -> str:
        return self.value(said, kind).text

    def country(self, said: Element, by: str) -> str:
        found = self.value(said, "Country", by)
        return found.get("ISO2") or found.text

    def paper(self, record: Element) -> Paper:
        label, place = self.word(record, "IDRegDocType"), "IssuedBy-CountryID"
        is_theirs = ofac_xml.is_theirs(label)
        country = self.country(record, place) if is_theirs and record.get(place) else ""
        return Paper(record.first("IDRegistrationNo") if is_theirs else "", country, digested(record.said()))

    def kind(self, record: Element) -> str:
        profile = next(record.every("Profile"), record)
        sub = self.value(profile, "PartySubType")
        return KINDS.get(self.word(sub, "PartyType"), "other")

    def named(self, record: Element) -> tuple[list[str], list[str]]:
        """Names, the one that it is listed by first, and weak aliases."""
        listed, others, weak = list[str](), list[str](), list[str]()
        for identity in record.every("Profile/Identity"):
            groups = {one.get("ID"): one for one in identity.every("NamePartGroups/MasterNamePartGroup/NamePartGroup")}
            for alias in identity.every("Alias"):
                is_weak, is_listed = is_true(alias, "LowQuality"), is_true(identity, "Primary") and is_true(alias, "Primary")
                kept = weak if is_weak else listed if is_listed else others
                # Of one alias in several scripts each is a name.
                kept += [self.spelt(name, groups) for name in alias.every("DocumentedName")]
        return [*listed, *others], weak

    def spelt(self, name: Element, groups: dict[str, Element]) -> str:
        first, rest = list[str](), list[str]()
        for part in name.every("DocumentedNamePart/NamePartValue"):
            group = groups.get(part.get("NamePartGroupID"))
            if group is None:
                told = f"a part of a name is of the group {part.get('NamePartGroupID')!r}, which its identity does not have"
                raise BadList(f"{self.file}, line {part.line}: {told}.")
            (first if self.word(group, "NamePartType").title() in FIRST else rest).append(part.text)
        return " ".join(filter(None, (*first, *rest)))

    def gathered(self, record: Element) -> Gathered:
        number = profile_of(record)
        found = Gathered(record.get("FixedRef"), record.line, self.kind(record))
        found.names, found.weak = self.named(record)
        papers = [paper for one in record.every("Profile/Identity") for paper in self.papers.get(one.get("ID"), ())]
        found.numbers += [paper.number for paper in papers]
        found.places += [paper.country for paper in papers]
        for feature in record.every("Profile/Feature"):
            self.take(feature, found)
        found.programmes = self.programmes.get(number, [])
        found.remarks += [f"{label} {self.names.get(to, to)}" for label, to in self.relations.get(number, ())]
        found.remarks += [text for path in ("Comment", "Profile/Comment") for text in record.texts(path)]
        found.said += [*record.said(), *(paper.said for paper in papers), *self.beside.get(number, ())]
        found.said += [*found.nations, *found.places, *found.remarks]
        return found

    def take(self, feature: Element, found: Gathered) -> None:
        """One fact of an entry, which may have several versions."""
        label = self.word(feature, "FeatureType")
        for version in feature.every("FeatureVersion"):
            texts = [detail for one in version.every("VersionDetail") if (detail := self.detail(one))]
            places = [self.located(one) for one in version.every("VersionLocation")]
            countries = [country for place in places for country in place.countries]
            found.said += [place.said for place in places]
            if label == BORN:
                found.births += [born(period) for period in version.every("DatePeriod")]
            elif label in NATIONS:
                found.nations += countries or texts
            elif label in PLACES:
                found.places += countries or texts
            elif ofac_xml.is_theirs(label):
                found.numbers += texts
            else:
                found.remarks += [text if label == TITLE else f"{label.rstrip(': ')}: {text}" for text in texts]

    def detail(self, said: Element) -> str:
        return self.word(said, "DetailReference") if said.get("DetailReferenceID") else said.text

    def located(self, said: Element) -> Place:
        number = said.get("LocationID")
        if number not in self.places:
            raise BadList(f"{self.file}, line {said.line}: Location {number!r} stands nowhere in the file.")
        return self.places[number]


def profile_of(record: Element) -> str:
    return next((one.get("ID") for one in record.every("Profile")), "")


def is_true(said: Element, name: str) -> bool:
    return said.get(name).lower() == "true"


def born(period: Element) -> str:
    """A day, a month, a year, about a year, or from one year to another: a period has a first and a last day, each of which may
    itself be from one day to another."""
    first, last = day_of(period, "Start/From"), day_of(period, "End/To")
    if first is None or last is None:
        return ""
    about = any(is_true(one, "Approximate") for path in ("Start", "End") for one in period.every(path))
    return written(("circa " if about else "") + between(first, last))


def day_of(period: Element, path: str) -> date | None:
    for one in period.every(path):
        try:
            month, day = (int(one.first(part) or 0) or 1 for part in ("Month", "Day"))
            return date(int(one.first("Year")), month, day)
        except ValueError:
            return None
    return None


def between(first: date, last: date) -> str:
    if first == last:
        return first.isoformat()
    is_whole_months = first.day == 1 and last.day == monthrange(last.year, last.month)[1]
    if is_whole_months and (first.year, first.month) == (last.year, last.month):
        return f"{first:%Y-%m}"
    return f"{first.year}" if first.year == last.year else f"{first.year} to {last.year}"
