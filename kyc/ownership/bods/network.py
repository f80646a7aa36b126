"""What no schema sees: whether the statements of a file fit each other and the calendar (BODS-02 to BODS-10)."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from typing import Any

from jsonpointer import JsonPointer, JsonPointerException

from kyc.ownership.bods.statements import (
    CLOSED,
    ENTITY,
    NEW,
    PERSON,
    RELATIONSHIP,
    Statement,
    fields,
    items,
    read,
    text,
)

EARLIEST_BIRTH = "1800"
# Nobody is known to have lived so long.
LONGEST_LIFE = 130


@dataclass(frozen=True)
class Finding:
    """`rule` is the requirement's id; `statement` counts from 0."""

    rule: str
    statement: int
    record: str
    message: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


Found = Iterator[tuple[str, Statement, str]]


def findings(statements: Any, *, today: date) -> list[Finding]:
    """In the order of the file."""
    network = Network(tuple(read(statements)), today.isoformat())
    found = [Finding(rule, at.index, at.record, message) for check in CHECKS for rule, at, message in check(network)]
    return sorted(dict.fromkeys(found), key=lambda finding: (finding.statement, finding.rule, finding.message))


@dataclass(frozen=True)
class Network:
    statements: tuple[Statement, ...]
    today: str

    @cached_property
    def series(self) -> Mapping[str, list[Statement]]:
        """All statements on one record, in order."""
        found: dict[str, list[Statement]] = defaultdict(list)
        for statement in self.statements:
            if statement.record:
                found[statement.record].append(statement)
        return found

    @cached_property
    def relationships(self) -> list[Statement]:
        return [statement for statement in self.statements if statement.type == RELATIONSHIP]

    @cached_property
    def referenced(self) -> Mapping[str, list[Statement]]:
        """Which relationships name a record as a component."""
        found: dict[str, list[Statement]] = defaultdict(list)
        for statement in self.relationships:
            for record in statement.components:
                found[record].append(statement)
        return found

    @cached_property
    def primary_owners(self) -> set[str]:
        """Of whom a relationship that is no component says that they are beneficial owners."""
        return {statement.party for statement in self.relationships if statement.makes_owner and not statement.is_component}

    def first(self, record: str) -> Statement | None:
        return self.series[record][0] if record in self.series else None


def identifiers(network: Network) -> Found:
    counted = Counter(statement.id for statement in network.statements if statement.id)
    for statement in network.statements:
        if counted[statement.id] > 1:
            yield "BODS-02", statement, f"The statementId {statement.id} stands there more than once."


def series(network: Network) -> Found:
    for record, found in network.series.items():
        for status in (NEW, CLOSED):
            for statement in [s for s in found if s.status == status][1:]:
                yield "BODS-02", statement, f"The record {record} is {status} more than once."
        for statement in found[1:]:
            if statement.status == NEW:
                yield "BODS-02", statement, f"The record {record} is new here, but an earlier statement is about it."
            if statement.type != found[0].type:
                yield "BODS-02", statement, f"The record {record} is a {statement.type} here and was a {found[0].type} before."
            if statement.about != found[0].about:
                yield (
                    "BODS-03",
                    statement,
                    f"The record {record} belongs to {statement.about} here and to {found[0].about} before.",
                )
            yield from moved(found[0], statement)
        for statement in found[:-1]:
            if statement.status == CLOSED:
                yield "BODS-02", statement, f"The record {record} is closed here, but a later statement is about it."


def moved(first: Statement, later: Statement) -> Found:
    """A relationship between others is another record."""
    for what in ("subject", "interestedParty"):
        before, now = text(first.details.get(what)), text(later.details.get(what))
        if before and now and before != now:
            yield "BODS-02", later, f"The {what} of {later.record} is {now} here and was {before} before: that is a new record."


def declared(network: Network) -> Found:
    for statement in network.statements:
        subject = network.first(statement.about)
        if statement.about and subject is None:
            yield "BODS-04", statement, f"Nothing is stated of the declarationSubject {statement.about}."
        elif subject is not None and subject.type not in (ENTITY, PERSON):
            yield "BODS-04", statement, f"The declarationSubject {statement.about} is a {subject.type}."
    for statement in network.relationships:
        for record in filter(None, (statement.subject, statement.party, *statement.components)):
            other = network.first(record)
            if other is not None and other.about != statement.about:
                yield "BODS-04", statement, f"{record} belongs to another declaration, that of {other.about}."


def ends(network: Network) -> Found:
    for statement in network.relationships:
        for what, record, kinds in (
            ("subject", statement.subject, (ENTITY,)),
            ("interestedParty", statement.party, (ENTITY, PERSON)),
        ):
            other = network.first(record)
            if not record:
                continue
            if other is None:
                yield "BODS-10", statement, f"Nothing is stated of the {what} {record}."
            elif other.type not in kinds:
                yield "BODS-10", statement, f"The {what} {record} is a {other.type}."
            elif other.index > statement.index:
                yield "BODS-06", statement, f"The {what} {record} is stated later than the relationship."


def owners(network: Network) -> Found:
    for statement in network.relationships:
        if not statement.makes_owner:
            continue
        party = network.first(statement.party)
        if party is not None and party.type == ENTITY:
            yield "BODS-10", statement, f"{statement.party} is an entity and so no beneficial owner."
        if statement.is_component and statement.party not in network.primary_owners:
            yield "BODS-05", statement, f"That {statement.party} is a beneficial owner is stated of a component only."
        for interest in statement.interests:
            if interest.get("beneficialOwnershipOrControl") is True and not interest.get("directOrIndirect"):
                yield "BODS-05", statement, "Whether this interest of a beneficial owner is direct or indirect is not stated."


def components(network: Network) -> Found:
    for statement in network.relationships:
        for record in statement.components:
            found = network.series.get(record)
            if found is None:
                yield "BODS-05", statement, f"Nothing is stated of the component {record}."
                continue
            if not any(other.index < statement.index for other in found):
                yield "BODS-05", statement, f"The component {record} is stated later than what it is a component of."
            if not found[-1].is_component:
                yield "BODS-05", statement, f"{record} is named as a component, but says of itself that it is none."
        if statement.components and statement.is_component:
            yield "BODS-05", statement, "A relationship with components can't be a component itself."
    for statement in network.statements:
        if statement.is_component and statement.record not in network.referenced:
            yield "BODS-05", statement, f"{statement.record} is a component, but of nothing that is stated."


def shares(network: Network) -> Found:
    for statement in network.relationships:
        for interest in statement.interests:
            yield from (("BODS-10", statement, told) for told in share(fields(interest.get("share"))))
            start, end = text(interest.get("startDate"))[:10], text(interest.get("endDate"))[:10]
            if start and end and end < start:
                yield "BODS-10", statement, f"An interest ends ({end}) before it starts ({start})."


def share(of: Mapping[str, Any]) -> Iterator[str]:
    bounds = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
    if "exact" in of and any(bound in of for bound in bounds):
        yield "A share is stated exactly and by its bounds."
    for kind in ("inimum", "aximum"):
        if f"m{kind}" in of and f"exclusiveM{kind}" in of:
            yield f"A share has both a m{kind} and an exclusiveM{kind}."
    least, most = (next((of[b] for b in pair if is_number(of.get(b))), None) for pair in (bounds[:2], bounds[2:]))
    if least is not None and most is not None and most <= least:
        yield f"The most of a share ({most}) is not more than the least ({least})."


def is_number(value: Any) -> bool:
    return not isinstance(value, bool) and not isinstance(value, str) and hasattr(value, "real")


def moments(network: Network) -> Found:
    """What was said, published or looked up can't lie ahead."""
    for statement in network.statements:
        for what, value in (
            ("statementDate", statement.raw.get("statementDate")),
            ("publicationDate", fields(statement.raw.get("publicationDetails")).get("publicationDate")),
            ("retrievedAt", fields(statement.raw.get("source")).get("retrievedAt")),
            *(("creationDate", fields(note).get("creationDate")) for note in items(statement.raw.get("annotations"))),
        ):
            if text(value)[:10] > network.today:
                yield "BODS-10", statement, f"The {what} {text(value)} lies in the future."


def people(network: Network) -> Found:
    for statement in of_type(network, PERSON):
        born, died = text(statement.details.get("birthDate"))[:10], text(statement.details.get("deathDate"))[:10]
        for what, day in (("birthDate", born), ("deathDate", died)):
            if day > network.today:
                yield "BODS-10", statement, f"The {what} {day} lies in the future."
            elif day and day < EARLIEST_BIRTH:
                yield "BODS-10", statement, f"The {what} {day} lies before the year {EARLIEST_BIRTH}."
        length = min(len(born), len(died))
        if born and died and died[:length] < born[:length]:
            yield "BODS-10", statement, f"Died {died}, before being born {born}."
        elif born[:4].isdigit() and died[:4].isdigit() and int(died[:4]) - int(born[:4]) > LONGEST_LIFE:
            yield "BODS-10", statement, f"Lived from {born} to {died}, longer than anybody."


def entities(network: Network) -> Found:
    for statement in of_type(network, ENTITY):
        founded, dissolved = (text(statement.details.get(what))[:10] for what in ("foundingDate", "dissolutionDate"))
        if founded and dissolved and dissolved < founded:
            yield "BODS-10", statement, f"Dissolved ({dissolved}) before it was founded ({founded})."
        if founded > network.today:
            yield "BODS-10", statement, f"The foundingDate {founded} lies in the future."
        yield from listing(statement)


def listing(statement: Statement) -> Found:
    listed = fields(statement.details.get("publicListing"))
    traces = [what for what in ("companyFilingsURLs", "securitiesListings") if items(listed.get(what))]
    if listed.get("hasPublicListing") is False and traces:
        yield "BODS-10", statement, f"It has no public listing, and yet {' and '.join(traces)}."
    for security in map(fields, items(listed.get("securitiesListings"))):
        if bool(security.get("marketIdentifierCode")) != bool(security.get("operatingMarketIdentifierCode")):
            yield "BODS-10", statement, "Of the market's two identifier codes only one is stated."


def annotations(network: Network) -> Found:
    for statement in network.statements:
        for note in map(fields, items(statement.raw.get("annotations"))):
            pointer = note.get("statementPointerTarget")
            if isinstance(pointer, str) and not resolves(pointer, statement.raw):
                yield "BODS-10", statement, f"The annotation points at {pointer}, which is not there."


def resolves(pointer: str, statement: Mapping[str, Any]) -> bool:
    try:
        JsonPointer(pointer).resolve(statement)
    except (JsonPointerException, ValueError, TypeError):
        return False
    return True


def of_type(network: Network, kind: str) -> Iterable[Statement]:
    return (statement for statement in network.statements if statement.type == kind)


CHECKS: tuple[Callable[[Network], Found], ...] = (
    identifiers,
    series,
    declared,
    ends,
    owners,
    components,
    shares,
    moments,
    people,
    entities,
    annotations,
)
