"""The CSV form of a structure: `owner,owned,interest,share,owner_kind,owner_country,from,to`.

A row says what one party holds in another; with an empty `owned` it gives a party's kind and country only; with an empty
`owner` it says that somebody who isn't known holds the share. An interest is a BODS type; an empty one is a shareholding.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from accounts.tables import BadTable, rows
from kyc.ownership import shares
from kyc.ownership.graph import ENTITY, PERSON, SHAREHOLDING, UNKNOWN_OWNER, Graph, Holding, Party
from kyc.ownership.interests import BODS_TYPES
from kyc.parties import countries

COLUMNS = ("owner", "owned", "interest", "share", "owner_kind", "owner_country", "from", "to")
NEEDED = ("owner", "owned", "share")
DAY = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", re.ASCII)


@dataclass
class Told:
    """What the rows read so far say of the parties, and where each kind and country stood first."""

    kinds: dict[str, tuple[str, int]] = field(default_factory=dict)
    countries: dict[str, tuple[str, int]] = field(default_factory=dict)
    nameless: list[str] = field(default_factory=list)


def first_day(text: str) -> date:
    """The first day of YYYY, YYYY-MM or YYYY-MM-DD. Raises ValueError."""
    found = DAY.fullmatch(text)
    if found is None:
        raise ValueError(f"{text} is no date; write YYYY, YYYY-MM or YYYY-MM-DD.")
    try:
        return date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        raise ValueError(f"{text} is no date of the calendar.") from None


def day_after(text: str) -> date:
    """The first day on which something that ended in YYYY, YYYY-MM or on YYYY-MM-DD surely holds no more."""
    day = first_day(text)
    if len(text) == 4:
        return date.max if day.year == date.max.year else date(day.year + 1, 1, 1)
    if len(text) == 7:
        return (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return day


def read(lines: Iterable[str], *, source: str, on: date) -> Graph:
    """The structure as it stood `on` a day. `source` is the file's name as it shall stand in messages. Raises BadTable."""
    told = Told()
    holdings: list[Holding] = []
    names: dict[str, None] = {}
    for line, row in rows(lines, columns=COLUMNS, needed=NEEDED, source=source):
        try:
            holdings += holding_of(row, line, told, names, on)
        except ValueError as bad:
            raise BadTable(f"{source}, line {line}: {bad}") from None
    parties = [Party(id, told.kinds.get(id, ("", 0))[0], told.countries.get(id, ("", 0))[0]) for id in names]
    return Graph.of(holdings, [*parties, *(Party(id, UNKNOWN_OWNER) for id in told.nameless)])


def holding_of(row: Mapping[str, str], line: int, told: Told, names: dict[str, None], on: date) -> list[Holding]:
    """The row's holding if it held on the day; notes what the row says of the parties. Raises ValueError."""
    owner, owned = row["owner"], row["owned"]
    kind, country = row.get("owner_kind", ""), row.get("owner_country", "").upper()
    if not owner and not owned:
        raise ValueError("neither owner nor owned is named.")
    names |= dict.fromkeys(filter(None, (owner, owned)))
    starts, ends = row.get("from", ""), row.get("to", "")
    share = shares.parse(row["share"], zero=True)
    interest = interest_of(row.get("interest", ""))
    is_live = (not starts or first_day(starts) <= on) and (not ends or on < day_after(ends))
    if starts and ends and first_day(starts) > first_day(ends):
        raise ValueError(f"it ends ({ends}) before it starts ({starts}).")
    if owner:
        note(owner, kind, country, line, told)
    if not owned:
        if row["share"]:
            raise ValueError(f"{owner} holds {row['share']} of nobody: owned is empty.")
        return []
    if not owner:
        owner = f"(not known, line {line})"
        told.nameless.append(owner)
    return [Holding(owner, owned, share, interest)] if is_live and share.max else []


def interest_of(word: str) -> str:
    """A word that no regime knows would leave the row out of every verdict, so it is refused. Raises ValueError."""
    if word and word not in BODS_TYPES:
        raise ValueError(f"the interest {word} is not known; interests are those of BODS: {', '.join(BODS_TYPES)}.")
    return word or SHAREHOLDING


def note(party: str, kind: str, country: str, line: int, told: Told) -> None:
    """Raises ValueError where the rows contradict each other."""
    if kind and kind not in (PERSON, ENTITY):
        raise ValueError(f"the kind {kind} is not known; kinds are {PERSON} and {ENTITY}.")
    if country and not countries.is_country(country):
        raise ValueError(f"the country {country} is no code of ISO 3166-1; write two letters, such as DE.")
    for what, value, known in (("kind", kind, told.kinds), ("country", country, told.countries)):
        before = known.setdefault(party, (value, line)) if value else (value, line)
        if before[0] != value:
            raise ValueError(f"the {what} of {party} is {value} here and {before[0]} in line {before[1]}.")
