"""Where what a source says of who holds what differs from what was declared. Pure: rows in, differences out.

Who stands in a source is compared both with who holds in name and with whom a nominee holds for: a company's own register names
the one, a register of beneficial owners the other, and either is right (FATF-07).
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from kyc.ownership.graph import SHAREHOLDING
from kyc.ownership.interests import FOLLOWING, has_size
from kyc.ownership.shares import Interval, parse, total

ROUNDING = Fraction(1, 100)


@dataclass(frozen=True)
class Named:
    """Whoever stands on either side: the number of a party, nothing for who is none, and the names it goes by, made alike."""

    party: int | None
    names: frozenset[str]

    def is_same(self, other: "Named") -> bool:
        if self.party is not None and other.party is not None:
            return self.party == other.party
        return bool(self.names & other.names)


@dataclass(frozen=True)
class Told:
    """An interest as declared; `behind` is whom a nominee holds it for."""

    owned: int
    owner: Named
    kind: str
    share: str = ""
    behind: Named | None = None

    def names(self, who: Named) -> bool:
        return who.is_same(self.owner) or bool(self.behind and who.is_same(self.behind))


@dataclass(frozen=True)
class Seen:
    """An observation: of one owner, or with none that the source names nobody besides. `place` is the source itself."""

    pk: int
    place: tuple[str, str]
    owned: int
    on: date
    owner: Named | None = None
    kind: str = SHAREHOLDING
    share: str = ""
    # The source says that the one controls the other, and not by what: any interest that is declared agrees with it.
    is_any_kind: bool = False


@dataclass(frozen=True)
class Difference:
    """Which observation differs from what was declared, in which way (a Discrepancy's kind), about which declared party."""

    observation: int
    kind: str
    party: int | None = None
    declared: str = ""
    observed: str = ""

    @property
    def about(self) -> tuple[int, str, int | None]:
        return self.observation, self.kind, self.party


def counting(seen: Collection[Seen]) -> list[Seen]:
    """Of each source the newest word: on the same owner in the same role, on who all its owners are; and none on an owner that is
    older than a list of all owners. What was recorded later of the same day counts."""
    return [row for row in seen if not any(is_overtaken(row, by) for by in seen if by.pk != row.pk)]


def is_overtaken(row: Seen, by: Seen) -> bool:
    if (row.place, row.owned) != (by.place, by.owned):
        return False
    if by.owner is None:
        return row.on < by.on or (row.owner is None and row.on == by.on and row.pk < by.pk)
    is_of_same = row.owner is not None and row.owner.is_same(by.owner) and row.kind == by.kind
    return is_of_same and (row.on, row.pk) < (by.on, by.pk)


def differences(told: Collection[Told], seen: Collection[Seen]) -> list[Difference]:
    """In the order of the observations."""
    found: list[Difference] = []
    for row in counting(seen):
        declared = [interest for interest in told if interest.owned == row.owned]
        found += owner_differs(row, row.owner, declared) if row.owner else not_in_source(row, declared, seen)
    return found


def owner_differs(row: Seen, owner: Named, declared: Iterable[Told]) -> Iterator[Difference]:
    told = list(declared)
    theirs = [interest for interest in told if interest.names(owner)]
    same = [interest for interest in theirs if row.is_any_kind or interest.kind == read_as(row.kind, told)]
    what = stated(row.kind, row.share)
    if not theirs:
        yield Difference(row.pk, "not_declared", observed=what)
    elif not same:
        kinds = " + ".join(dict.fromkeys(stated(interest.kind, interest.share) for interest in theirs))
        yield Difference(row.pk, "role", party_of(theirs, owner), declared=kinds, observed=what)
    elif has_size(row.kind) and not agrees(row, owner, same):
        shares = " + ".join(stated(interest.kind, interest.share) for interest in same)
        yield Difference(row.pk, "share", party_of(same, owner), declared=shares, observed=what)


def stated(kind: str, share: str) -> str:
    """An interest as a difference keeps it: shares by their size alone, votes and profits by their kind with it, all others by
    their kind."""
    return share if kind == SHAREHOLDING else f"{kind} {share}".strip()


def parted(text: str) -> tuple[str, str]:
    """Back: kind and share of what `stated` wrote."""
    kind, _, share = text.partition(" ")
    return (kind, share) if kind[:1].isalpha() else (SHAREHOLDING, text)


def read_as(kind: str, declared: Iterable[Told]) -> str:
    """Votes and profits of which nobody says anything else follow the shares."""
    return SHAREHOLDING if kind in FOLLOWING and all(one.kind != kind for one in declared) else kind


def agrees(row: Seen, owner: Named, same: Collection[Told]) -> bool:
    """Whether the source says what they hold in name, or what is held for them and by them in all."""
    in_name = [parse(one.share) for one in same if owner.is_same(one.owner)]
    in_all = [parse(one.share) for one in same if owner.is_same(one.behind or one.owner)]
    stated = parse(row.share, zero=True)
    return any(shares and is_compatible(total(shares), stated) for shares in (in_name, in_all))


def is_compatible(one: Interval, other: Interval) -> bool:
    """The same, or one says only more exactly what the other says."""
    return contains(one, other) or contains(other, one)


def may_be_rounding(declared: str, observed: str) -> bool:
    """Whether two shares, as `stated` wrote them, lie no further apart than rounding to a per cent takes them."""
    one, other = (total(parse(parted(text)[1], zero=True) for text in side.split(" + ")) for side in (declared, observed))
    return max(one.min, other.min) - min(one.max, other.max) <= ROUNDING


def contains(outer: Interval, inner: Interval) -> bool:
    from_below = inner.min > outer.min or (inner.min == outer.min and (inner.above or not outer.above))
    return from_below and inner.max <= outer.max


def party_of(theirs: Iterable[Told], owner: Named) -> int | None:
    """The declared party that the source's owner is."""
    sides = [side for interest in theirs for side in (interest.owner, interest.behind) if side and owner.is_same(side)]
    return sides[0].party if sides else None


def not_in_source(row: Seen, declared: Iterable[Told], seen: Collection[Seen]) -> Iterator[Difference]:
    """Declared owners whom a source that names everybody does not name, neither then nor since."""
    there = [one.owner for one in counting(seen) if one.owner and (one.place, one.owned) == (row.place, row.owned)]
    missing: dict[int | None, list[Told]] = {}
    for interest in declared:
        if not any(interest.names(who) for who in there):
            missing.setdefault(interest.owner.party, []).append(interest)
    for party, interests in missing.items():
        what = " + ".join(stated(one.kind, one.share) for one in interests)
        yield Difference(row.pk, "not_in_source", party, declared=what)
