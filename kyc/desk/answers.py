"""What the lists say of somebody who was asked about, as an officer reads it: what was asked beside what the list says, and the
score in its parts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from config.numbers import rounded
from kyc.desk import comparing, words
from kyc.desk.inquiry_forms import KINDS
from kyc.desk.summary import Used, used_on
from kyc.parties.masks import MASKS
from kyc.screening import asked as asking
from kyc.screening import lists
from kyc.screening.asked import Answer, Asked, Found
from kyc.screening.models import Inquiry, InquiryPart, ListEntry, ListVersion

KIND_WORDS = dict(KINDS)


@dataclass(frozen=True)
class Beside:
    """One entry beside whom it was found for. `parts` are what the score is made of, by name and number."""

    found: Found
    version: ListVersion | None
    entry: ListEntry | None
    rows: list[tuple[Any, Any, str]]
    parts: list[tuple[Any, str]]

    @property
    def tone(self) -> str:
        return "bad" if self.found.is_strong else "warn" if self.found.is_hit else "neutral"

    @property
    def topics(self) -> list[str]:
        return [comparing.topic(code) for code in self.found.topics]

    @property
    def link(self) -> str:
        """The publisher's own page of it, if it names one."""
        link = self.entry.link if self.entry else ""
        return link if link.startswith(("https://", "http://")) else ""


@dataclass(frozen=True)
class Told:
    """One who was asked about; `place` is his row, from 1."""

    asked: Asked
    facts: list[tuple[Any, str]]
    hits: list[Beside]
    nearest: list[Beside]
    is_cut: bool
    place: int = 1


def masked(asked: Asked, inquiry: Inquiry, reader: User) -> Asked:
    """Birth date and numbers are whole to who asked, and to others as far as they tell one from another."""
    if inquiry.asked_by_id == reader.pk:
        return asked
    born = MASKS["birth_date"](asked.birth_date) if asked.birth_date else ""
    return replace(asked, birth_date=born, identifiers=tuple(map(MASKS["registration_number"], asked.identifiers)))


def kind(code: str) -> str:
    return str(KIND_WORDS.get(code, code))


def declared(asked: Asked) -> dict[str, str]:
    return {
        "name": "; ".join(asked.names),
        "kind": kind(asked.kind),
        "birth_date": asked.birth_date,
        "country": words.country(asked.country),
        "registration_number": "; ".join(asked.identifiers),
    }


def told(asked: Asked, answer: Answer, place: int = 1) -> Told:
    """Ready to be drawn, with two queries however many entries."""
    known = declared(asked)
    facts = [(comparing.FACTS[name], value) for name, value in known.items() if value]
    shown = list(beside(known, answer.found))
    hits = [one for one in shown if one.found.is_hit]
    return Told(asked, facts, hits, [one for one in shown if not one.found.is_hit], answer.is_cut, place)


def beside(known: dict[str, str], every: Iterable[Found]) -> Iterator[Beside]:
    found = list(every)
    versions = ListVersion.objects.in_bulk({one.version for one in found})
    rows = ListEntry.objects.filter(version__in=versions, entry_id__in={one.entry for one in found})
    entries = {(row.version_id, row.entry_id): row for row in rows}
    for one in found:
        entry = entries.get((one.version, one.entry))
        yield Beside(one, versions.get(one.version), entry, comparing.side_by_side(known, one.name, entry), parts(one))


def parts(found: Found) -> list[tuple[Any, str]]:
    """They add up to the score."""
    made = [(_("The names alone"), rounded(found.alike, 3))]
    made += [(part.sentence, signed(part.change)) for part in found.moved]
    if found.limited:
        made.append((limit(found), signed(found.limited)))
    return made


def limit(found: Found) -> str:
    if any(part.code == "same_identifier" for part in found.parts):
        return _("A number of the entry’s own decides, whatever the name")
    if found.limited > 0:
        return _("Birth date and country never take a name below the line")
    return _("No name that is not the same word for word is worth more")


def signed(change: float) -> str:
    return f"{'+' if change > 0 else '−'}{rounded(abs(change), 3)}"


def used(inquiry: Inquiry) -> list[Used]:
    """The lists that were asked, as old as they were when it began."""
    if inquiry.begun_at is None:
        return []
    versions = ListVersion.objects.in_bulk([one["id"] for one in inquiry.lists])
    return [used_on(versions[one["id"]], inquiry.begun_at.date()) for one in inquiry.lists]


def has_newer(inquiry: Inquiry) -> bool:
    """Whether other versions are in use by now."""
    return {one["id"] for one in inquiry.lists} != {version.pk for version in lists.active_versions()}


def of_part(part: InquiryPart) -> list[tuple[int, Asked, Answer]]:
    """Each row of it that is answered, with its place."""
    pairs = zip(asking.subjects_of(part.subjects), asking.answers_of(part.answers), strict=True)
    return [(place, asked, answer) for place, (asked, answer) in enumerate(pairs, start=part.first)]
