"""The structure that a file of statements describes on a day, for the arithmetic (BODS-09).

Of each record the last statement by that day counts, unless it closes the record. An indirect interest whose components are
stated is not counted beside them: they say the same, step by step. Who is nominated is looked through: what an arrangement of
nomination holds, its nominator holds.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from kyc.ownership import graph
from kyc.ownership.bods import shares
from kyc.ownership.bods.statements import CLOSED, ENTITY, PERSON, RELATIONSHIP, Statement, fields, items, text
from kyc.ownership.graph import SHAREHOLDING, Graph, Holding, Party
from kyc.ownership.interests import BODS_TYPES
from kyc.ownership.shares import UNKNOWN, Interval
from kyc.ownership.table import day_after, first_day

NOMINATOR, NOMINEE = "nominator", "nominee"
# Said of an interest, these leave open what it is. It may be shares, and as those of unknown size it counts.
UNTYPED = ("", "unknownInterest", "unpublishedInterest")
# Said of an interested party, these mean that there is none. All other reasons mean one who is not named.
NOBODY = ("noBeneficialOwners", "subjectExemptFromDisclosure")
NAMELESS = ("anonymousEntity", "unknownEntity", "anonymousPerson", "unknownPerson")


class BadStatement(ValueError):
    """The message names statement and reason."""


def current(statements: Iterable[Statement], on: date) -> dict[str, Statement]:
    """By record, in the order in which each first stands there."""
    found: dict[str, Statement] = {}
    for statement in statements:
        if statement.record and day_of(statement, statement.day) <= on:
            found[statement.record] = statement
    return {record: statement for record, statement in found.items() if statement.status != CLOSED}


def structure(statements: Iterable[Statement], *, on: date) -> Graph:
    """Raises BadStatement."""
    live = current(statements, on)
    parties = {record: party(statement) for record, statement in live.items() if statement.type in (ENTITY, PERSON)}
    nominators = nominations(live.values(), on)
    unnamed: list[Party] = []
    holdings: list[Holding] = []
    for statement in (s for s in live.values() if s.type == RELATIONSHIP and s.subject in parties):
        for kind, share in counted(statement, on):
            if kind in (NOMINATOR, NOMINEE) or not share.max:
                continue
            owner = owner_of(statement, parties, unnamed)
            holders = nominators.get(owner, [owner])
            # A nomination for several does not say how they share.
            part = share if len(holders) == 1 else UNKNOWN
            holdings += [Holding(holder, statement.subject, part, kind) for holder in holders if holder]
    return Graph.of(holdings, [*parties.values(), *unnamed])


def counted(statement: Statement, on: date) -> Iterator[tuple[str, Interval]]:
    """Kind and share of each interest that holds on the day."""
    stated = statement.interests or [{}]
    for interest in stated:
        if not holds(statement, interest, on) or (interest.get("directOrIndirect") == "indirect" and statement.components):
            continue
        kind = text(interest.get("type"))
        if kind in UNTYPED:
            yield SHAREHOLDING, UNKNOWN
            continue
        if kind not in BODS_TYPES:
            raise BadStatement(f"statement {statement.index + 1}: the interest {kind} is not known.")
        try:
            yield kind, shares.stated(fields(interest.get("share")))
        except ValueError as bad:
            raise BadStatement(f"statement {statement.index + 1}: {bad}") from None


def holds(statement: Statement, interest: Mapping[str, Any], on: date) -> bool:
    start, end = text(interest.get("startDate"))[:10], text(interest.get("endDate"))[:10]
    return (not start or day_of(statement, start) <= on) and (not end or on < day_of(statement, end, after=True))


def day_of(statement: Statement, day: str, *, after: bool = False) -> date:
    try:
        return (day_after if after else first_day)(day)
    except ValueError as bad:
        raise BadStatement(f"statement {statement.index + 1}: {bad}") from None


def owner_of(statement: Statement, parties: Mapping[str, Party], unnamed: list[Party]) -> str:
    """Empty where nobody holds it."""
    if statement.party:
        return statement.party if statement.party in parties else ""
    if text(fields(statement.details.get("interestedParty")).get("reason")) in NOBODY:
        return ""
    unnamed.append(Party(f"(not known, {statement.record})", graph.UNKNOWN_OWNER))
    return unnamed[-1].id


def nominations(live: Iterable[Statement], on: date) -> dict[str, list[str]]:
    """Arrangements of nomination with those for whom they are."""
    found: dict[str, list[str]] = defaultdict(list)
    for statement in live:
        if statement.type == RELATIONSHIP and statement.party and any(kind == NOMINATOR for kind, _ in counted(statement, on)):
            found[statement.subject].append(statement.party)
    return found


def party(statement: Statement) -> Party:
    details = statement.details
    kind = graph.ENTITY if statement.type == ENTITY else graph.PERSON
    if type_of(statement) in NAMELESS:
        kind = graph.UNKNOWN_OWNER
    return Party(statement.record, kind, headquarters(details), name_of(statement))


def type_of(statement: Statement) -> str:
    """The kind of entity or person, in the standard's words."""
    details = statement.details
    return text(fields(details.get("entityType")).get("type")) or text(details.get("personType"))


def name_of(statement: Statement) -> str:
    names = [text(fields(name).get("fullName")) for name in items(statement.details.get("names"))]
    return text(statement.details.get("name")) or next(filter(None, names), "")


def headquarters(details: Mapping[str, Any]) -> str:
    """The country of an entity's business address. Where it was formed or is registered does not say where it is run from."""
    places = [fields(place) for place in items(details.get("addresses"))]
    found = (text(fields(place.get("country")).get("code")) for place in places if place.get("type") == "business")
    return next(filter(None, found), "").upper()
