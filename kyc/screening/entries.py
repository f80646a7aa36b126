"""What a list says of one person, company or thing."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

LONGEST_ID = 200
LONGEST_NAME = 400


class Topic(StrEnum):
    """Why somebody is on a list."""

    SANCTION = "sanction"
    EXPORT = "export"
    PEP = "pep"
    CRIME = "crime"
    OWN = "own"


def is_sanction(topics: Collection[str]) -> bool:
    """Whether what the entry owns is blocked with it; where nothing is said, a list is one of sanctions."""
    return not topics or Topic.SANCTION in topics


def is_exposure(topics: Collection[str]) -> bool:
    """A politically exposed person, listed for nothing else: that asks for more, and refuses nobody."""
    return set(topics) == {Topic.PEP.value}


@dataclass(frozen=True, slots=True)
class Entry:
    """`kind` is person, company or other. Birth dates as `birthdates` writes them, countries ISO 3166-1 alpha-2, identifiers
    without labels, spaces or marks, addresses of wallets and numbers of vessels among them. A weak alias stands in single
    quotes (`weak`), every other name doesn't begin with one (`strong`). `version` is the id of the list version, 0 outside the
    database. `content` is the SHA-256 of all that the publisher says; an index carries neither it nor remarks and link."""

    id: str
    kind: str
    name: str
    aliases: tuple[str, ...] = ()
    programmes: tuple[str, ...] = ()
    birth_dates: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    version: int = 0
    topics: tuple[str, ...] = (Topic.SANCTION.value,)
    remarks: str = field(default="", compare=False)
    link: str = field(default="", compare=False)
    content: str = field(default="", compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)


class BadList(ValueError):
    """A list file that can't be read; the message names file, line and reason."""


def strong(name: str) -> str:
    """A name whose first letter is an apostrophe gets a typographic one, so that it isn't taken for a weak alias."""
    return f"’{name[1:]}" if name.startswith("'") else name


def weak(name: str) -> str:
    bare = name.strip("'")
    return f"'{bare}'" if bare else ""


def digested(parts: Iterable[str]) -> str:
    """SHA-256 of what a publisher says of one entry."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
