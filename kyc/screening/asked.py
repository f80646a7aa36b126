"""Somebody who is asked about beside any case, and what the lists say of him: as it is sealed, and as pages and files read it."""

import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kyc.parties import wording
from kyc.screening.index import Index
from kyc.screening.match import Match, Subject

# As which kinds of a list's entries one of each kind may stand there.
KINDS: dict[str, tuple[str, ...]] = {
    "person": ("person",),
    "company": ("company",),
    "vessel": ("other",),
    "unknown": ("person", "company", "other"),
}
# Matches that are told of one, at most; and of one asked about alone those that came nearest below the line.
MOST, NEAREST = 50, 3
# Below this nothing is near.
NEAR = 0.6


@dataclass(frozen=True)
class Asked:
    """Under which names; `kind` of KINDS; birth date YYYY, YYYY-MM or full; country ISO 3166-1 alpha-2; `reference` is what the
    file calls him and `line` where he stands in it."""

    names: tuple[str, ...]
    kind: str = "unknown"
    birth_date: str = ""
    country: str = ""
    identifiers: tuple[str, ...] = ()
    reference: str = ""
    line: int = 0

    @property
    def name(self) -> str:
        return self.names[0]

    def subjects(self) -> Iterator[Subject]:
        """He under each of his names, as each of the kinds that he may be."""
        for name in self.names:
            for kind in KINDS[self.kind]:
                yield Subject(name, kind, self.birth_date, self.identifiers, self.country)


@dataclass(frozen=True)
class Part:
    """One reason of a score; `change` is by how much it moved it beside the names."""

    code: str
    sentence: str
    change: float = 0.0


@dataclass(frozen=True)
class Found:
    """A list entry that he may be: in which version (its number and its source), the name of it that came closest, and why.
    `alike` is what the names alone are worth, 0 to 1."""

    version: int
    source: str
    entry: str
    name: str
    matched: str
    kind: str
    topics: tuple[str, ...]
    score: float
    alike: float
    parts: tuple[Part, ...]
    is_hit: bool
    is_strong: bool

    @property
    def moved(self) -> tuple[Part, ...]:
        """What moved the score beside the names."""
        return tuple(part for part in self.parts if part.change)

    @property
    def limited(self) -> float:
        """By how much the score was held at one of its limits, or raised by a number of his own."""
        return round(self.score - self.alike - sum(part.change for part in self.parts), 3)


@dataclass(frozen=True)
class Answer:
    """The hits, best first, and after them those that came nearest; `is_cut` where there are more hits than are told."""

    found: tuple[Found, ...] = ()
    is_cut: bool = False

    @property
    def hits(self) -> tuple[Found, ...]:
        return tuple(one for one in self.found if one.is_hit)

    @property
    def nearest(self) -> tuple[Found, ...]:
        return tuple(one for one in self.found if not one.is_hit)

    @property
    def is_strong(self) -> bool:
        return any(one.is_strong for one in self.found)


def is_shown(text: str) -> bool:
    """Whether all of it is seen where it is read, and none turns what follows it."""
    return all(map(wording.is_shown, text))


def is_name(text: str) -> bool:
    """Whether there is a letter or a number in it, if only in a circle."""
    return any(map(str.isalnum, unicodedata.normalize("NFKC", text)))


def closest(index: Index, asked: Asked, *, least: float) -> list[Match]:
    """The entries that he may be, best first, each once. Whose kind is not known is compared with each entry as what that is."""
    best: dict[tuple[int, str], Match] = {}
    for subject in asked.subjects():
        for match in index.find(subject, least=least, limit=MOST + 1):
            entry = match.entry
            if asked.kind == "unknown" and entry.kind != subject.kind:
                continue
            known = best.get((entry.version, entry.id))
            if known is None or match.score > known.score:
                best[entry.version, entry.id] = match
    return sorted(best.values(), key=lambda match: (-match.score, match.entry.id, match.entry.version))


def answered(
    index: Index, asked: Asked, *, sources: dict[int, str], line: float, strong: float, with_nearest: bool = False
) -> Answer:
    """`sources` names the list of each version; `line` and `strong` are the scores from which a match is a hit, and a strong
    one."""
    matches = closest(index, asked, least=NEAR if with_nearest else line)
    hits = [match for match in matches if match.score >= line]
    near = [match for match in matches if match.score < line][:NEAREST]
    told = [found(match, sources[match.entry.version], line=line, strong=strong) for match in [*hits[:MOST], *near]]
    return Answer(tuple(told), is_cut=len(hits) > MOST)


def found(match: Match, source: str, *, line: float, strong: float) -> Found:
    entry = match.entry
    return Found(
        version=entry.version,
        source=source,
        entry=entry.id,
        name=entry.name,
        matched=match.name,
        kind=entry.kind,
        topics=entry.topics,
        score=match.score,
        alike=match.alike,
        parts=tuple(Part(ground.code, ground.sentence, ground.change) for ground in match.grounds),
        is_hit=match.score >= line,
        is_strong=match.score >= strong,
    )


def written(rows: Iterable[Any]) -> str:
    """Of these dataclasses, as they are sealed."""
    return json.dumps([asdict(row) for row in rows], ensure_ascii=False, separators=(",", ":"))


def subjects_of(text: str) -> list[Asked]:
    return [Asked(**(row | {name: tuple(row[name]) for name in ("names", "identifiers")})) for row in json.loads(text)]


def answers_of(text: str) -> list[Answer]:
    return [Answer(tuple(map(found_of, row["found"])), row["is_cut"]) for row in json.loads(text)]


def found_of(row: dict[str, Any]) -> Found:
    parts = tuple(Part(**part) for part in row["parts"])
    return Found(**(row | {"parts": parts, "topics": tuple(row["topics"])}))


def in_parts(rows: Sequence[Asked], size: int) -> Iterator[tuple[int, Sequence[Asked]]]:
    """So many at a time, with the place of the first, from 1."""
    for start in range(0, len(rows), size):
        yield start + 1, rows[start : start + size]
