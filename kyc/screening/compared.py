"""What of a party is compared with lists; and what of a pair has changed since it was compared before.

A match keeps what was compared as long as a screened transaction is to be evidenced, which is longer than the party's own data
are kept. So dates of birth and numbers stand in it as they stand in its reasons, by the year and the last letters, and are told
from others by a keyed hash.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.vault import Erased
from accounts.vault.searching import fingerprint
from kyc.parties.masks import MASKS
from kyc.parties.models import Party
from kyc.screening.match import Subject
from kyc.screening.models import Hit, ListEntry

FACTS = ("name", "native_name", "kind", "birth_date", "country", "hq_country", "registration_number")
SEALED = ("birth_date", "registration_number")
PURPOSE = "screening"
# What an entry says that is kept in columns of its own, but for its names.
OF_ENTRY = ("kind", "birth_dates", "countries", "identifiers", "programmes", "topics", "remarks")


@dataclass(frozen=True)
class Change:
    """One fact of one side (party, entry) with what is gone and what came; both empty where it is known only that something
    else did."""

    side: str
    what: str
    gone: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


def known(value: str) -> str:
    """Nothing is compared with what was erased."""
    return "" if isinstance(value, Erased) else str(value)


def subjects(party: Party) -> list[Subject]:
    """The party under each of its names."""
    number, born = known(party.registration_number), known(party.birth_date)
    country = party.hq_country or party.country
    names = filter(None, (party.name, party.native_name))
    return [Subject(name, party.screened_as, born, (number,) if number else (), country) for name in names]


def facts(party: Party) -> dict[str, str]:
    """As exactly as they are compared."""
    return {name: known(getattr(party, name)) for name in FACTS}


def digest(exact: Mapping[str, str]) -> str:
    return fingerprint(json.dumps(exact, sort_keys=True, ensure_ascii=False), purpose=PURPOSE)


def kept(exact: Mapping[str, str]) -> dict[str, Any]:
    """As a match keeps them: `marks` tell the sealed ones from others."""
    shown = dict(exact) | {name: MASKS[name](exact[name]) for name in SEALED if exact[name]}
    return shown | {"marks": {name: fingerprint(exact[name], purpose=PURPOSE) for name in SEALED if exact[name]}}


def of_party(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    """Between what two matches keep; nothing where that was erased."""
    if not before or not after:
        return
    marks = before.get("marks", {}), after.get("marks", {})
    for name in FACTS:
        old, new = before.get(name, ""), after.get(name, "")
        if old != new or marks[0].get(name) != marks[1].get(name):
            yield Change("party", name, tuple(filter(None, [old])), tuple(filter(None, [new])))


def of_entry(before: ListEntry | None, after: ListEntry | None) -> Iterator[Change]:
    """Between what two versions say of one entry; nothing where one of them does not have it."""
    if before is None or after is None or before.content == after.content:
        return
    told = [*named(before, after)]
    for name in OF_ENTRY:
        old, new = said(before, name), said(after, name)
        if gone_or_new := moved(old, new):
            told.append(Change("entry", name, *gone_or_new))
    yield from told or [Change("entry", "other")]


def named(before: ListEntry, after: ListEntry) -> Iterator[Change]:
    if found := moved([before.name, *before.aliases], [after.name, *after.aliases]):
        yield Change("entry", "names", *found)
    elif before.name != after.name:
        yield Change("entry", "names", (before.name,), (after.name,))


def said(entry: ListEntry, name: str) -> list[str]:
    value = getattr(entry, name)
    return value if isinstance(value, list) else [value] if value else []


def moved(old: list[str], new: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    gone, added = tuple(one for one in old if one not in new), tuple(one for one in new if one not in old)
    return (gone, added) if gone or added else None


def ruled_before(hit: Hit) -> Hit | None:
    """The newest of the pair that somebody has ruled on, or else the one just before; None of the first."""
    before = hit.before
    while before is not None and before.is_match and before.ruling not in (Hit.Ruling.TRUE, Hit.Ruling.FALSE):
        if before.before is None:
            return hit.before
        before = before.before
    return before
