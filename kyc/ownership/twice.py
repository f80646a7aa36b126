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
NUMBERS = {"registration_number", "tax_number"}
OWNER = "owner"
MARKS = re.compile(r"\W")


@dataclass(frozen=True)
class Point:
    """One thing that they tell differently: a field, the axis of a person status, or what `owner` holds, as
    kyc.ownership.differing writes it; None on the side that names no such owner. Numbers are masked. `party` is one that stands
    for the owner whichever of the two is asked about first."""

    what: str
    mine: str | None
    theirs: str | None
    owner: str = ""
    party: int | None = None


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
            shown = (over(mine, field, one), over(theirs, field, other)) if field in NUMBERS else (str(one), str(other))
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
    named_ones = {party.pk: party for row in (*mine, *theirs) for party in (row.owner, row.held_for) if party}
    one_of, names = told_apart(named_ones.values()), called(named_ones.values())

    def who(party: Party, pk: int | None = None) -> Named:
        return Named(pk, frozenset({str(one_of[party.pk])}))

    told = [
        Told(0, who(row.owner, row.owner_id), row.kind, row.share, who(row.held_for, row.held_for_id) if row.held_for else None)
        for row in mine
    ]
    # What each owner holds of one kind in all, behind his nominees.
    held: dict[tuple[int, str], list[Interest]] = defaultdict(list)
    for row in theirs:
        held[one_of[(row.held_for or row.owner).pk], row.kind].append(row)
    owners = [parts[0].held_for or parts[0].owner for parts in held.values()]
    seen = [
        Seen(number, ("", ""), 0, date.min, who(owners[number]), kind, added(parts))
        for number, ((_one, kind), parts) in enumerate(held.items())
    ]
    every = Seen(len(seen), ("", ""), 0, date.min)
    points: dict[int, Point] = {}
    for found in differences(told, [*seen, every]):
        pk = found.party or owners[found.observation].pk
        one = Point(
            OWNER,
            None if found.kind == K.NOT_DECLARED else found.declared,
            None if found.kind == K.NOT_IN_SOURCE else found.observed,
            names[pk],
            one_of[pk],
        )
        before = points.get(one_of[pk])
        points[one_of[pk]] = joined(before, one) if before else one
    return list(points.values())


def joined(one: Point, more: Point) -> Point:
    """Of one owner who holds several kinds of interest all that differs."""
    sides = ((one.mine, more.mine), (one.theirs, more.theirs))
    mine, theirs = (
        None if both == (None, None) else " + ".join(dict.fromkeys(part for side in both if side for part in side.split(" + ")))
        for both in sides
    )
    return replace(one, mine=mine, theirs=theirs)


@dataclass(frozen=True)
class Marked:
    """By what parties are told apart: names made alike, own numbers as (register, number), birth days."""

    parties: frozenset[int]
    names: frozenset[str]
    numbers: frozenset[tuple[str, str]] = frozenset()
    born: frozenset[str] = frozenset()

    def is_same(self, other: "Marked") -> bool:
        """One number makes them one, however they are spelled; what both say of themselves, and differently, makes them two."""
        if self.numbers & other.numbers:
            return True
        mine, theirs = dict(self.numbers), dict(other.numbers)
        differ = any(mine[register] != theirs[register] for register in mine.keys() & theirs.keys())
        return bool(self.names & other.names) and not differ and (self.born == other.born or not (self.born and other.born))

    def with_(self, others: Iterable["Marked"]) -> "Marked":
        """All of them as one, whom only that still tells from others which every one of them says."""
        every = (self, *others)
        return Marked(
            frozenset.union(*(one.parties for one in every)),
            frozenset.union(*(one.names for one in every)),
            frozenset.intersection(*(one.numbers for one in every)),
            frozenset.intersection(*(one.born for one in every)),
        )


def marked(party: Party) -> Marked:
    numbers = {("lei", party.lei)} if party.lei else set()
    if party.is_entity and party.registration_number and (register := scheme(party)):
        numbers.add((register, MARKS.sub("", party.registration_number).casefold()))
    born = {party.birth_date} if party.born else set()
    return Marked(frozenset({party.pk}), named(party).names, frozenset(numbers), frozenset(born))


def told_apart(parties: Iterable[Party]) -> dict[int, int]:
    """Which of them, of both customers, are one: each by the first of those whom nothing tells from it."""
    found: list[Marked] = []
    for party in parties:
        one = marked(party)
        while same := [other for other in found if other.is_same(one)]:
            found, one = [other for other in found if other not in same], one.with_(same)
        found.append(one)
    return {pk: min(one.parties) for one in found for pk in one.parties}


def called(parties: Iterable[Party]) -> dict[int, str]:
    """What each is called, with what tells him from others of his name where there are any."""
    every = [(party, marked(party)) for party in parties]
    return {
        party.pk: distinct(party) if any(me.names & him.names and not me.is_same(him) for _party, him in every) else party.name
        for party, me in every
    }


def distinct(party: Party) -> str:
    tells = over(party, "birth_date", party.birth_date) if party.born else party.lei or party.registration_number
    return f"{party.name} ({tells})" if tells else party.name


def added(parts: list[Interest]) -> str:
    if len(parts) == 1:
        return parts[0].share
    whole: Interval = total(parse(row.share) for row in parts)
    return text(whole.min) if whole.is_exact and whole.max <= 1 else ""
