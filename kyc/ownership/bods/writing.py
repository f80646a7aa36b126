"""A structure as the standard's statements: who is a component of what, in which order, under which ids (BODS-02 to BODS-08)."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from kyc.ownership.bods.statements import ENTITY, NEW, PERSON, RELATIONSHIP, UPDATED

VERSION = "0.4"
CONTROLLER = "seniorManagingOfficial"
# Held of office; of these only who controls the whole is an owner by it.
OFFICES = frozenset({CONTROLLER, "boardMember", "boardChair", "nominee"})


@dataclass(frozen=True)
class Said:
    """When the newest state of something was declared, and whether it had another before."""

    on: date
    anew: bool = False

    def with_(self, others: Iterable["Said"]) -> "Said":
        """Of what is put together from several."""
        parts = [self, *others]
        newest = max(part.on for part in parts)
        return Said(newest, any(part.anew for part in parts) or any(part.on != newest for part in parts))


@dataclass(frozen=True)
class Element:
    """A person or entity; `key` tells it from the others and stays its own for ever."""

    key: str
    type: str
    details: Mapping[str, Any]
    said: Said


@dataclass(frozen=True)
class Tie:
    """What one element holds directly in another; `owner` may be empty where nobody is named, and `reason` says why."""

    owner: str
    owned: str
    interests: tuple[Mapping[str, Any], ...]
    said: Said
    reason: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.owner or 'nobody'}>{self.owned}"


@dataclass(frozen=True)
class Owner:
    """A person who is, or may be, a beneficial owner: by what he holds (`holds`: yes, no, or None where it can't be told), or
    because he `controls` the customer. `through` is what he holds through others, empty where all is direct."""

    key: str
    holds: bool | None
    controls: bool = False
    through: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_sure(self) -> bool:
        return self.controls or self.holds is True

    def by(self, interest: str) -> bool | None:
        """Whether he is one by an interest of that type."""
        if interest in OFFICES:
            return self.controls and interest == CONTROLLER
        return self.holds


@dataclass(frozen=True)
class Word:
    """What was decided of somebody: on which day, in a sentence, by whom, and of which source the statement is since."""

    on: date
    sentence: str
    by: str
    source: Mapping[str, Any]

    def note(self, details: Mapping[str, Any]) -> dict[str, Any]:
        """The standard's annotation of that, on what it is about."""
        return {
            "statementPointerTarget": f"/recordDetails{'/interests' if 'interests' in details else ''}",
            "motivation": "commenting",
            "creationDate": self.on.isoformat(),
            "createdBy": {"name": self.by},
            "description": self.sentence,
        }


@dataclass(frozen=True)
class Structure:
    """All of one customer. `seed` tells it from every other customer of every installation."""

    seed: str
    subject: str
    elements: Mapping[str, Element]
    ties: tuple[Tie, ...]
    owners: Mapping[str, Owner]
    source: Mapping[str, Any]
    publication: Mapping[str, Any]
    # By the key of an element or a tie.
    words: Mapping[str, Word] = field(default_factory=dict)

    def statements(self) -> list[dict[str, Any]]:
        """In an order in which everything stands before what speaks of it (BODS-06)."""
        customer, *others = self.subject, *sorted(self.elements.keys() - {self.subject}, key=self.place)
        ordered = [self.elements[key] for key in (customer, *others)]
        found = [self.statement(e.key, e.type, e.said, {**self.component(e.key), **e.details}) for e in ordered]
        parts = {key for chain in self.chains.values() for key in chain}
        found += [self.relationship(tie, {"isComponent": True}) for tie in self.ties if tie.key in parts]
        found += [self.relationship(tie, {"isComponent": False}) for tie in self.ties if self.is_apart(tie, parts)]
        return [*found, *self.primaries()]

    def place(self, element: str) -> tuple[bool, str]:
        """People first."""
        return self.elements[element].type == ENTITY, element

    def component(self, element: str) -> dict[str, Any]:
        return {"isComponent": element in self.intermediate}

    def is_apart(self, tie: Tie, parts: set[str]) -> bool:
        return tie.key not in parts and not (tie.owner in self.owners and tie.owned == self.subject)

    @cached_property
    def chains(self) -> dict[str, list[str]]:
        """The ties between each owner and the subject, without one that leads there at once."""
        return {owner: [tie.key for tie in self.between(owner)] for owner in self.owners}

    @cached_property
    def intermediate(self) -> set[str]:
        return {end for owner in self.owners for tie in self.between(owner) for end in (tie.owner, tie.owned)} - {
            self.subject,
            *self.owners,
        }

    def between(self, owner: str) -> list[Tie]:
        onward = [tie for tie in self.ties if tie.owner != self.subject]
        above, below = {self.subject}, {owner}
        grow(above, [(tie.owned, tie.owner) for tie in onward])
        grow(below, [(tie.owner, tie.owned) for tie in onward])
        inside = above & below
        at_once = (owner, self.subject)
        return [tie for tie in onward if {tie.owner, tie.owned} <= inside and (tie.owner, tie.owned) != at_once]

    def primaries(self) -> Iterator[dict[str, Any]]:
        """For each beneficial owner the one relationship with the subject, with its components (BODS-05)."""
        direct = {tie.owner: tie for tie in self.ties if tie.owned == self.subject}
        ties = {tie.key: tie for tie in self.ties}
        for owner in sorted(self.owners.values(), key=lambda owner: owner.key):
            own = direct.get(owner.key)
            parts = [ties[key] for key in self.chains[owner.key]]
            interests = [*(own.interests if own else ()), *([owner.through] if owner.through else ())]
            saids = [*([own.said] if own else ()), *(part.said for part in parts)] or [self.elements[owner.key].said]
            tie = Tie(owner.key, self.subject, tuple(interests), saids[0].with_(saids[1:]))
            ends = dict.fromkeys(end for part in parts for end in (part.owner, part.owned) if end in self.intermediate)
            named = [self.record(key) for key in (*ends, *(part.key for part in parts))]
            yield self.relationship(tie, {"isComponent": False} | ({"componentRecords": named} if named else {}), owner)

    def relationship(self, tie: Tie, details: Mapping[str, Any], owner: Owner | None = None) -> dict[str, Any]:
        party: Any = self.record(tie.owner) if tie.owner else dict(tie.reason)
        interests = [{**interest, **owning(owner, interest)} for interest in tie.interests]
        body = {**details, "subject": self.record(tie.owned), "interestedParty": party}
        return self.statement(tie.key, RELATIONSHIP, tie.said, body | ({"interests": interests} if interests else {}))

    def statement(self, key: str, kind: str, said: Said, details: Mapping[str, Any]) -> dict[str, Any]:
        """Its id is made of all that it says, so whoever says the same again says it under the same id (BODS-02)."""
        word = self.words.get(key)
        said = said.with_([Said(word.on, anew=True)]) if word else said
        body = {
            "declarationSubject": self.record(self.subject),
            "recordId": self.record(key),
            "recordType": kind,
            "recordStatus": UPDATED if said.anew else NEW,
            "statementDate": said.on.isoformat(),
            "source": dict(word.source if word else self.source),
            "recordDetails": dict(details),
        } | ({"annotations": [word.note(details)]} if word else {})
        written = json.dumps(body, sort_keys=True, ensure_ascii=False)
        return {
            "statementId": digest(f"{self.seed}/{written}"),
            **body,
            "publicationDetails": dict(self.publication),
        }

    def record(self, key: str) -> str:
        """Stable, and another for the same company in another customer's structure (BODS-03)."""
        return digest(f"{self.seed}/{key}")[:32]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def owning(owner: Owner | None, interest: Mapping[str, Any]) -> dict[str, bool]:
    """Of an interest by which somebody may be a beneficial owner nothing is claimed."""
    found = owner.by(interest["type"]) if owner else False
    return {} if found is None else {"beneficialOwnershipOrControl": found}


def grow(found: set[str], steps: Iterable[tuple[str, str]]) -> None:
    """Adds all that the steps lead to."""
    following: dict[str, list[str]] = {}
    for one, other in steps:
        following.setdefault(one, []).append(other)
    queue = list(found)
    for one in queue:
        new = [other for other in following.get(one, ()) if other not in found]
        found.update(new)
        queue += new


def element(key: str, details: Mapping[str, Any], said: Said) -> Element:
    return Element(key, PERSON if "personType" in details else ENTITY, details, said)
