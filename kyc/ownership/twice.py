"""What two customers declared differently of one company, once an officer has ruled that it is one. For the desk alone: none of
the two is told, in a question or otherwise, what the other declared. It stands for as long as the ruling does and they differ."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from kyc.ownership.differing import Named, Seen, Told, differences
from kyc.ownership.models import Discrepancy, Interest
from kyc.ownership.reconciling import named
from kyc.ownership.shares import Interval, parse, text, total
from kyc.parties.identifying import scheme
from kyc.parties.masks import over
from kyc.parties.models import Party, PersonStatus
from kyc.parties.sameness import Pair
from kyc.parties.wording import alike

K = Discrepancy.Kind
# In the order in which they are told.
FIELDS = ("kind", "legal_form", "country", "hq_country", "registration_number", "lei", "tax_number")
OWNER = "owner"
MARKS = re.compile(r"\W")


@dataclass(frozen=True)
class Point:
    """One thing that they tell differently: a field, the axis of a person status, or what `owner` holds, as
    kyc.ownership.differing writes it; None on the side that names no such owner."""

    what: str
    mine: str | None
    theirs: str | None
    owner: str = ""


@dataclass(frozen=True)
class Account:
    """All that one customer told of the company."""

    party: Party
    interests: tuple[Interest, ...] = ()
    statuses: tuple[PersonStatus, ...] = ()


def points(pairs: Collection[Pair]) -> dict[tuple[int, int], list[Point]]:
    """Of each pair that is ruled to be one company, by the numbers of both. In two queries, however many there are."""
    same = [pair for pair in pairs if pair.is_same]
    told = accounts({party.pk: party for pair in same for party in (pair.party, pair.other)})
    return {(pair.party.pk, pair.other.pk): compared(told[pair.party.pk], told[pair.other.pk]) for pair in same}


def accounts(parties: Mapping[int, Party]) -> dict[int, Account]:
    if not parties:
        return {}
    held: dict[int, list[Interest]] = defaultdict(list)
    live = Interest.objects.live().filter(owned__in=parties)
    for row in live.select_related("owner", "held_for").order_by("pk"):
        held[row.owned_id].append(row)
    statuses: dict[int, list[PersonStatus]] = defaultdict(list)
    for status in PersonStatus.objects.live().filter(party__in=parties).order_by("axis"):
        statuses[status.party_id].append(status)
    return {pk: Account(party, tuple(held[pk]), tuple(statuses[pk])) for pk, party in parties.items()}


def compared(mine: Account, theirs: Account) -> list[Point]:
    """Where only one of them says anything, nothing differs."""
    return [*of_fields(mine.party, theirs.party), *of_statuses(mine, theirs), *of_owners(mine.interests, theirs.interests)]


def of_fields(mine: Party, theirs: Party) -> Iterable[Point]:
    for field in FIELDS:
        one, other = getattr(mine, field), getattr(theirs, field)
        if one and other and not (mine.is_erased or theirs.is_erased) and meant(mine, field) != meant(theirs, field):
            shown = (over(mine, field, one), over(theirs, field, other)) if field == "tax_number" else (str(one), str(other))
            yield Point(field, *shown)


def meant(party: Party, field: str) -> tuple[str, ...]:
    """What makes two of them the same: numbers without their marks, of one register or country."""
    value = str(getattr(party, field))
    if field == "registration_number":
        return MARKS.sub("", value).casefold(), scheme(party)
    if field == "tax_number":
        return MARKS.sub("", value).casefold(), party.tax_country
    return (alike(value).replace(".", ""),) if field == "legal_form" else (value,)


def of_statuses(mine: Account, theirs: Account) -> Iterable[Point]:
    known = {status.axis: status.standing for status in theirs.statuses}
    for status in mine.statuses:
        if status.axis in known and known[status.axis] != status.standing:
            yield Point(status.axis, status.standing, known[status.axis])


def of_owners(mine: Collection[Interest], theirs: Collection[Interest]) -> list[Point]:
    """Their word is read as that of a source that names everybody."""
    if not (mine and theirs):
        return []
    names = {party.pk: party.name for row in mine for party in (row.owner, row.held_for) if party}
    told = [Told(0, known(row.owner), row.kind, row.share, known(row.held_for) if row.held_for else None) for row in mine]
    seen = said(theirs)
    every = Seen(len(seen), ("", ""), 0, date.min)
    called = {one.pk: name for name, one in seen}
    return [
        Point(
            OWNER,
            None if found.kind == K.NOT_DECLARED else found.declared,
            None if found.kind == K.NOT_IN_SOURCE else found.observed,
            names.get(found.party or 0) or called.get(found.observation, ""),
        )
        for found in differences(told, [*(one for _name, one in seen), every])
    ]


def known(party: Party) -> Named:
    """By its names, and by its own numbers where it has any: spelled otherwise it is the same."""
    found = named(party)
    numbers = {f"{party.kind} lei {party.lei}"} if party.lei else set()
    if party.is_entity and party.registration_number and scheme(party):
        numbers.add(f"{party.kind} {scheme(party)} {MARKS.sub('', party.registration_number).casefold()}")
    return replace(found, party=party.pk, names=found.names | numbers)


def said(rows: Iterable[Interest]) -> list[tuple[str, Seen]]:
    """What each owner holds of one kind in all, behind his nominees."""
    held: dict[tuple[int, str], list[Interest]] = defaultdict(list)
    for row in rows:
        held[(row.held_for or row.owner).pk, row.kind].append(row)
    found = []
    for number, ((_pk, kind), parts) in enumerate(held.items()):
        owner = parts[0].held_for or parts[0].owner
        who = replace(known(owner), party=None)
        found.append((owner.name, Seen(number, ("", ""), 0, date.min, who, kind, added(parts))))
    return found


def added(parts: list[Interest]) -> str:
    if len(parts) == 1:
        return parts[0].share
    whole: Interval = total(parse(row.share) for row in parts)
    return text(whole.min) if whole.is_exact and whole.max <= 1 else ""
