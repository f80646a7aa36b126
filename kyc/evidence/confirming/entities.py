"""What the list of legal entities says of a company, against what the company says of itself. Pure.

A difference is a fact to be asked about and refuses nobody: registers write names and numbers in their own way, and a company may
have moved since it last told GLEIF.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from stdnum import lei as iso17442

from kyc.parties import comparing
from kyc.parties.wording import is_same_person, latin_words

# Of an LEI that is kept up. PENDING_* have been asked for and stand meanwhile.
GOOD = ("ISSUED", "PENDING_TRANSFER", "PENDING_ARCHIVAL")
# How the same form is written long and short; nothing else of a name is left out.
FORMS = {
    "limited": "ltd", "incorporated": "inc", "corporation": "corp", "company": "co", "aktiengesellschaft": "ag", "und": "&",
    "aksjeselskap": "as", "allmennaksjeselskap": "asa", "aktiebolag": "ab", "osakeyhtio": "oy", "and": "&", "et": "&",
}  # fmt: skip


class Verdict(StrEnum):
    AGREES = "agrees"
    DIFFERS = "differs"
    UNTOLD = "untold"


@dataclass(frozen=True)
class Declared:
    """Names in whichever script; `country` is that of formation."""

    names: tuple[str, ...]
    country: str = ""
    hq_country: str = ""
    number: str = ""


@dataclass(frozen=True)
class Listed:
    lei: str
    names: tuple[str, ...]
    country: str = ""
    hq_country: str = ""
    jurisdiction: str = ""
    number: str = ""
    status: str = ""
    entity_status: str = ""


@dataclass(frozen=True)
class Compared:
    """Field by field, and what of the LEI itself stands against it: its status, where that is none of GOOD, and `inactive`."""

    verdicts: dict[str, Verdict] = field(default_factory=dict)
    status: str = ""
    is_inactive: bool = False

    @property
    def is_same(self) -> bool:
        """The name agrees, and neither the country of formation nor the number says otherwise."""
        found = self.verdicts
        return found["name"] == Verdict.AGREES and Verdict.DIFFERS not in {found["country"], found["number"]}

    @property
    def is_good(self) -> bool:
        return self.is_same and not self.status and not self.is_inactive


def is_valid(lei: str) -> bool:
    """Whether its check digits agree (ISO 17442, ISO 7064 MOD 97-10)."""
    return bool(iso17442.is_valid(lei))


def compared(declared: Declared, listed: Listed) -> Compared:
    formed = listed.jurisdiction.partition("-")[0] or listed.country
    return Compared(
        verdicts={
            "name": Verdict.AGREES if is_same_name(declared.names, listed.names) else Verdict.DIFFERS,
            "country": verdict(declared.country, formed),
            "hq_country": verdict(declared.hq_country, listed.hq_country),
            "number": verdict(comparing.number(declared.number), comparing.number(listed.number)),
        },
        status="" if listed.status in GOOD else listed.status or "UNKNOWN",
        is_inactive=listed.entity_status == "INACTIVE",
    )


def is_same_name(declared: Iterable[str], listed: Iterable[str]) -> bool:
    """Letter for letter but for case, accents, points, spaces, the script and how the legal form is written."""
    mine = {folded(name) for name in declared if name}
    others = tuple(name for name in listed if name)
    return bool(mine & {folded(name) for name in others}) or any(is_same_person(name, *others) for name in declared if name)


def folded(name: str) -> str:
    """The points of an abbreviation part nothing: A.S. is AS."""
    words = latin_words(name.replace(".", "").replace("&", " and "))
    return "".join(FORMS.get(word, word) for word in words)


def verdict(declared: str, listed: str) -> Verdict:
    if not declared or not listed:
        return Verdict.UNTOLD
    return Verdict.AGREES if declared == listed else Verdict.DIFFERS


@dataclass(frozen=True)
class Owner:
    """A parent as GLEIF tells it, or an owner as it was declared; `lei` is empty where none is known."""

    lei: str
    names: tuple[str, ...]


def undeclared(parents: Iterable[Owner], owners: Iterable[Owner]) -> list[Owner]:
    """Parents that are none of the declared owners, by LEI or by name."""
    known = list(owners)
    return [parent for parent in parents if not any(is_one(parent, owner) for owner in known)]


def is_one(parent: Owner, owner: Owner) -> bool:
    if parent.lei and owner.lei:
        return parent.lei == owner.lei
    return is_same_name(owner.names, parent.names)
