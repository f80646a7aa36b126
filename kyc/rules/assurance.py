"""What each guideline asks for to be sure of a person or an entity, and what a kind of evidence counts for (IDA-01 to IDA-09,
FIN-10 to FIN-13). Data, not code."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
CURRENT = "2026.11"
PERSON, ENTITY, BOTH = "person", "entity", "both"
# Of a strength in words, as IDA-01 has them, the number that guidelines compare.
STRENGTHS = {"fair": 1, "strong": 2, "superior": 3}


class UnknownAssurance(LookupError):
    """No rules of assurance of that version."""


@dataclass(frozen=True)
class Kind:
    """One kind of evidence: whom it may be `about`, the kinds of documents that it may rest on (none: a confirmation without
    one), by which ways a person is verified to be its owner, and what it counts for by how it was validated: part to score."""

    code: str
    title: str
    about: str
    documents: tuple[str, ...]
    verified: tuple[str, ...]
    scores: Mapping[str, Mapping[str, int]]

    def fits(self, about: str) -> bool:
        return self.about in (about, BOTH)

    def strength(self, validation: str) -> str:
        """Fair, strong, superior, or empty where it is none of them."""
        reached = self.scores.get(validation, {}).get("strength", 0)
        return next((word for word, number in STRENGTHS.items() if number == reached), "")


@dataclass(frozen=True)
class Verification:
    """A way in which it is made sure that the person is whom the evidence is about."""

    code: str
    title: str
    scores: Mapping[str, int]


@dataclass(frozen=True)
class Slot:
    """One piece of evidence that is asked for: of one of `kinds` (any: empty) with at least these scores, and verified in one of
    these ways (empty: in none)."""

    least: Mapping[str, int]
    kinds: frozenset[str]
    verified: frozenset[str]


@dataclass(frozen=True)
class Way:
    """One combination by which a level is reached: each slot by another item, the best score of each part of `least` over all
    items, and what has to be told."""

    code: str
    slots: tuple[Slot, ...]
    least: Mapping[str, int]
    told: tuple[str, ...]


@dataclass(frozen=True)
class Level:
    code: str
    title: str
    ways: tuple[Way, ...]


@dataclass(frozen=True)
class Guideline:
    """Its levels, the lowest first. `status` as the rule packs have it, `certainty` how its text was read."""

    code: str
    title: str
    version: str
    about: str
    status: str
    since: str
    source: str
    certainty: str
    notes: tuple[str, ...]
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Assurance:
    """One version. `aim` is the level that is asked of a person and of an entity: guideline and level."""

    version: str
    sha256: str
    source: str
    aim: Mapping[str, tuple[str, str]]
    validations: Mapping[str, str]
    verifications: Mapping[str, Verification]
    told: Mapping[str, str]
    kinds: Mapping[str, Kind]
    guidelines: tuple[Guideline, ...]
    reminded_days: tuple[int, ...]
    most_organisations: int
    reasons: Mapping[str, Mapping[str, str]]

    def guideline(self, code: str) -> Guideline:
        return next(one for one in self.guidelines if one.code == code)

    def of(self, about: str) -> list[Guideline]:
        return [one for one in self.guidelines if one.about == about]

    def kinds_about(self, about: str) -> Iterator[Kind]:
        return (kind for kind in self.kinds.values() if kind.fits(about))


def load(version: str = CURRENT) -> Assurance:
    """Raises UnknownAssurance."""
    if version not in versions():
        raise UnknownAssurance(version)
    return read(version)


def of_pack(version: str) -> Assurance:
    """Those that go with a rule pack: the newest that are not newer than it, or the first that there are."""
    return load(max((one for one in versions() if one <= version), default=min(versions())))


def versions() -> set[str]:
    return {path.stem.removeprefix("assurance_").replace("_", ".") for path in FOLDER.glob("assurance_*.json")}


@cache
def read(version: str) -> Assurance:
    content = (FOLDER / f"assurance_{version.replace('.', '_')}.json").read_bytes()
    return told(json.loads(content), hashlib.sha256(content).hexdigest())


def told(data: dict[str, Any], sha256: str = "") -> Assurance:
    return Assurance(
        version=data["version"],
        sha256=sha256,
        source=data["source"],
        aim={about: (guideline, level) for about, (guideline, level) in data["aim"].items()},
        validations=data["validations"],
        verifications={code: Verification(code, one["title"], one["scores"]) for code, one in data["verifications"].items()},
        told=data["told"],
        kinds={code: kind(code, one) for code, one in data["kinds"].items()},
        guidelines=tuple(guideline(code, one) for code, one in data["guidelines"].items()),
        reminded_days=tuple(data["expiry"]["reminded_days"]),
        most_organisations=data["sharing"]["most_organisations"],
        reasons=data["reasons"],
    )


def kind(code: str, one: dict[str, Any]) -> Kind:
    return Kind(code, one["title"], one["about"], tuple(one["documents"]), tuple(one["verified"]), one["scores"])


def guideline(code: str, one: dict[str, Any]) -> Guideline:
    plain = {name: one[name] for name in ("title", "version", "about", "status", "since", "source", "certainty")}
    return Guideline(code=code, notes=tuple(one["notes"]), levels=tuple(map(level, one["levels"])), **plain)


def level(one: dict[str, Any]) -> Level:
    return Level(one["code"], one["title"], tuple(way(code, each) for code, each in one["ways"].items()))


def way(code: str, one: dict[str, Any]) -> Way:
    return Way(code, tuple(map(slot, one["items"])), one["least"], tuple(one.get("told", ())))


def slot(one: dict[str, Any]) -> Slot:
    return Slot(one.get("least", {}), frozenset(one.get("kinds", ())), frozenset(one.get("verified", ())))
