"""The measured promise: nine of ten spoiled names are found, and hardly an ordinary one is stopped.

Names are spoiled and made by a seed; the figures are printed in every run. A matcher that only knows equal names, and one
that stops whoever shares a name, fail the same lines.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kyc.rules import packs
from kyc.screening import lists
from kyc.screening.entries import Entry
from kyc.screening.index import Index
from kyc.screening.match import Match, Subject
from kyc.screening.normalise import telling
from kyc.screening.sources import ofac
from tests.figures import Measures
from tests.kyc.screening import ordinary, spoiled

LEAST_FOUND, MOST_STOPPED = 0.90, 0.05
SEED, COUNT = 20240502, 200
LINE = packs.current().screening_threshold

Finder = Callable[[Subject], Iterable[Match]]


@dataclass
class Measured:
    """How many of how many, in all and by kind of spoiling, and who was missed or stopped."""

    of: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    names: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        return self.found.total() / self.of.total()

    def __str__(self) -> str:
        kinds = ", ".join(f"{kind} {self.found[kind]}/{count}" for kind, count in self.of.items())
        return f"{self.found.total()} of {self.of.total()} ({self.share:.1%}): {kinds}"


def found(entries: list[Entry], find: Finder, *, seed: int, count: int) -> Measured:
    """Spoiled names whose own entry is a hit."""
    measured = Measured()
    for one in spoiled.sample(entries, count, seed=seed):
        is_found = any(hit.entry.id == one.entry.id and hit.score >= LINE for hit in find(one.subject))
        measured.of[one.kind] += 1
        measured.found[one.kind] += is_found
        measured.names += [] if is_found else [f"{one.subject.name} for {one.entry.name}"]
    return measured


def stopped(find: Finder, *, seed: int, count: int) -> Measured:
    """Ordinary names with any hit."""
    measured = Measured()
    for subject in ordinary.subjects(count, seed=seed):
        is_stopped = any(hit.score >= LINE for hit in find(subject))
        measured.of[subject.kind] += 1
        measured.found[subject.kind] += is_stopped
        measured.names += [subject.name] if is_stopped else []
    return measured


class TestTheShippedList:
    def test_at_least_nine_of_ten_spoiled_names_are_found(
        self, shipped: list[Entry], shipped_index: Index, measures: Measures
    ) -> None:
        measured = found(shipped, shipped_index.find, seed=SEED, count=COUNT)
        measures("spoiled names found", measured)
        assert measured.share >= LEAST_FOUND, measured.names

    def test_at_most_one_of_twenty_ordinary_names_is_stopped(self, shipped_index: Index, measures: Measures) -> None:
        measured = stopped(shipped_index.find, seed=SEED, count=COUNT)
        measures("ordinary names stopped", measured)
        assert measured.share <= MOST_STOPPED, measured.names

    @pytest.mark.parametrize(
        ("how", "name", "entry"),
        [
            ("misspelt", "Aymen al-Zawahri", "2676"),
            ("reordered", "Putin Vladimirovich Vladimir", "35096"),
            ("aliased", "Serkan Kaya", "46230"),
        ],
    )
    def test_a_listed_person_is_a_hit(self, shipped_index: Index, how: str, name: str, entry: str) -> None:
        first = shipped_index.find(Subject(name))[0]
        assert (first.entry.id, first.score >= LINE) == (entry, True)

    @pytest.mark.parametrize(
        ("name", "shared"), [("Anna Putin", "putin"), ("Hassan Schneider", "hassan"), ("Ismail Kaya", "kaya")]
    )
    def test_a_namesake_is_none(self, shipped: list[Entry], shipped_index: Index, name: str, shared: str) -> None:
        assert any(shared in telling(listed, is_person=True) for entry in shipped for listed in entry.names)
        assert [hit.name for hit in shipped_index.find(Subject(name)) if hit.score >= LINE] == []


class TestControls:
    """The same measure over matchers that are too strict and too lax."""

    def test_equal_names_alone_miss_the_line(self, shipped: list[Entry], measures: Measures) -> None:
        listed: dict[str, list[Match]] = {}
        for entry in shipped:
            for name in entry.names:
                listed.setdefault(name.casefold().strip("'"), []).append(Match(entry, name, 1.0, ()))
        measured = found(shipped, lambda subject: listed.get(subject.name.casefold(), []), seed=SEED, count=COUNT)
        measures("equal names alone would find", measured)
        assert measured.found["aliased"] == measured.of["aliased"]
        assert measured.share < LEAST_FOUND

    def test_any_shared_word_stops_too_many(self, shipped: list[Entry], measures: Measures) -> None:
        listed = {word: entry for entry in shipped for name in entry.names for word in telling(name)}

        def find(subject: Subject) -> list[Match]:
            return [Match(listed[word], word, 1.0, ()) for word in telling(subject.name) if word in listed]

        measured = stopped(find, seed=SEED, count=COUNT)
        measures("any shared word would stop", measured)
        assert measured.share > MOST_STOPPED


@pytest.mark.soak
class TestThePublishersWholeFiles:
    """The SDN and consolidated lists with aliases, addresses and comments, where they lie on this machine."""

    FILES = (
        ("sdn_2024-05-02.csv", "alt.csv", "add.csv", "sdn_comments.csv"),
        ("cons_prim.csv", "cons_alt.csv", "cons_add.csv", "cons_comments.csv"),
    )
    COUNT = 2000

    @pytest.fixture
    def entries(self) -> list[Entry]:
        folder = os.environ.get("KEYHOLDER_DATA")
        if not folder:
            pytest.skip(f"KEYHOLDER_DATA names no folder, so OFAC's whole files and {self.COUNT} names stay unmeasured.")
        return [
            entry for files in self.FILES for entry in ofac.read(*(lists.lines(Path(folder) / "ofac" / name) for name in files))
        ]

    def test_hold_the_same_promise(self, entries: list[Entry], measures: Measures) -> None:
        index = Index(entries)
        spoilt = found(entries, index.find, seed=SEED, count=self.COUNT)
        common = stopped(index.find, seed=SEED, count=self.COUNT)
        measures(f"of {len(entries)} entries: spoiled names found", spoilt)
        measures(f"of {len(entries)} entries: ordinary names stopped", common)
        assert spoilt.share >= LEAST_FOUND, spoilt.names
        assert common.share <= MOST_STOPPED, common.names
