"""How many real names that a list doesn't give are found, how many ordinary ones are stopped, and what that costs.

With KEYHOLDER_LOGIC_V2 naming a Python that has nomenklatura, its logic-v2 is asked the same of the same candidates beside it:
for each name the fifty entries that our index holds likeliest, and its own among them.
"""

import json
import os
import resource
import subprocess
import time
from collections import Counter
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Any, NamedTuple

import pytest

from kyc.screening import batch, weighing
from kyc.screening.entries import Entry
from kyc.screening.index import Index
from kyc.screening.match import Subject
from tests import figures
from tests.kyc.screening import heldout, ordinary, spoiled

pytestmark = pytest.mark.bench
SEED, COUNT, ORDINARY, CANDIDATES = 20261129, 1200, 9000, 50
LINE = weighing.configuration().line
MOST_STOPPED = 0.01
KINDS = ("person", "company")
SCRIPT = Path(__file__).with_name("logic_v2.py")
PLACES = dict(enumerate(heldout.FILES))
Key = tuple[int, str]


class Answer(NamedTuple):
    """Of one name: how high its own entry scores, and how high the best of all; ordinary names have no entry of their own."""

    split: str
    own: float
    best: float
    candidates: list[Key]
    whose: Key | None = None


def key(entry: Entry) -> Key:
    return entry.version, entry.id


def answered(index: Index, split: str, subject: Subject, own: Entry | None) -> Answer:
    found = {key(match.entry): match.score for match in index.find(subject, limit=CANDIDATES)}
    candidates = [*found]
    if own and key(own) not in found:
        candidates.append(key(own))
    whose = key(own) if own else None
    return Answer(split, found.get(whose, 0.0) if whose else 0.0, max(found.values(), default=0.0), candidates, whose)


def screened(index: Index, subject: Subject) -> float:
    """Milliseconds of processor that a row of the command `screen` takes."""
    started = time.process_time()
    list(batch.found(index, "1", subject, lists=PLACES, line=LINE, limit=10))
    return (time.process_time() - started) * 1000


def of_the_un(entries: list[Entry], index: Index) -> str:
    """Names of the UN's list in another order and transliteration: how many are hits."""
    random, un = Random(SEED), [one for one in entries if PLACES[one.version] == "un-sc" and one.kind in batch.KINDS]
    asked = [(one, Subject(change(one, random), one.kind)) for one in un for change in (spoiled.reordered, spoiled.respelt)]
    found = sum(answered(index, "un", subject, one).own >= LINE for one, subject in asked)
    return f"{found / len(asked):.1%} of {len(asked)}"


def spelt_elsewhere(entries: list[Entry], index: Index) -> tuple[str, float]:
    """The names under which other publishers list whom the UN lists too, asked of the UN's entries: how many are hits. One that
    bears no like word is somebody else of the same number or day, or can't be known by a name: counted apart."""
    un = [one for one in entries if PLACES[one.version] == "un-sc" and one.kind in batch.KINDS]
    pairs = heldout.spelt_elsewhere(un, [one for one in entries if PLACES[one.version] in {"ofac-sdn", "us-csl"}])
    scores = [answered(index, "un", Subject(other.name, other.kind), one).own for one, other in pairs]
    can = [score for score in scores if score]
    share = sum(score >= LINE for score in can) / len(can)
    return f"{share:.1%} of {len(can)}; {len(scores) - len(can)} more share no word", share


def line_at(stopped: list[float], share: float) -> float:
    """The lowest line at which no more than that share of ordinary names is stopped."""
    return sorted(stopped, reverse=True)[int(len(stopped) * share)] + 1e-6


def shares(answers: list[Answer], line: float) -> str:
    of, found = Counter(one.split for one in answers), Counter(one.split for one in answers if one.own >= line)
    return ", ".join(f"{split} {found[split] / count:.1%}" for split, count in of.items())


def told(name: str, asked: list[Answer], free: list[Answer], line: float) -> dict[str, str]:
    stopped = [one.best for one in free]
    same = line_at(stopped, MOST_STOPPED)
    each = {kind: line_at([one.best for one in free if one.split == kind], MOST_STOPPED) for kind in KINDS}
    lines = ", ".join(f"{kind} {at:.3f}" for kind, at in each.items())
    apart = [shares([one for one in asked if kind_of(one) == kind], at) for kind, at in each.items()]
    return {
        f"{name}, at its line {line:.2f}": f"{shares(asked, line)}; stops {sum(x >= line for x in stopped) / len(free):.2%}",
        f"{name}, at 1 % stopped (line {same:.3f})": shares(asked, same),
        f"{name}, at 1 % of each kind stopped ({lines})": ", ".join(apart),
    }


def kind_of(one: Answer) -> str:
    """Of which ordinary names the line is: who is asked for in another script is mostly a person, as who is spoiled."""
    return "company" if one.split == "company" else "person"


def by_logic_v2(python: str, entries: dict[Key, Entry], subjects: list[Subject], answers: list[Answer]) -> list[Answer]:
    """The same questions of the same candidates."""
    wanted = {one for answer in answers for one in answer.candidates}
    given = {
        "entities": {f"{v} {id}": [entries[v, id].kind, [n.strip("'") for n in entries[v, id].names]] for v, id in wanted},
        "asked": [
            [subject.kind, subject.name, [f"{v} {id}" for v, id in answer.candidates]]
            for subject, answer in zip(subjects, answers, strict=True)
        ],
    }
    run = subprocess.run([python, str(SCRIPT)], input=json.dumps(given), capture_output=True, text=True, check=True)
    scores: list[list[float]] = json.loads(run.stdout)
    return [rescored(answer, found) for answer, found in zip(answers, scores, strict=True)]


def rescored(answer: Answer, found: list[float]) -> Answer:
    own = found[answer.candidates.index(answer.whose)] if answer.whose else 0.0
    return answer._replace(own=own, best=max(found, default=0.0))


class TestMatching:
    def test_of_names_that_no_list_gives(self) -> None:
        folder = os.environ.get("KEYHOLDER_DATA")
        if not folder:
            pytest.skip("KEYHOLDER_DATA names no folder with publishers' lists.")
        entries = heldout.published(Path(folder))
        listed, asked = heldout.left_out(entries, COUNT, seed=SEED, odd=True)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.process_time()
        index = Index(listed)
        building = time.process_time() - started
        more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
        free = heldout.ordinary(ORDINARY, seed=SEED)
        took = [screened(index, subject) for subject in free]
        stopped = [answered(index, subject.kind, subject, None) for subject in free]
        answers = [answered(index, one.split, one.subject, one.entry) for one in asked]
        common = [answered(index, "common", subject, None).best for subject in ordinary.subjects(1000, seed=SEED)]
        perturbed = [answered(index, "spoiled", one.subject, one.entry) for one in spoiled.sample(listed, COUNT, seed=SEED)]
        elsewhere, found_elsewhere = spelt_elsewhere(listed, index)
        unfound = Counter(one.split for one in answers if not one.own)
        of = Counter(one.split for one in answers)
        people = [one.best for one, subject in zip(stopped, free, strict=True) if subject.kind == "person"]
        known = {
            "entries": len(entries),
            "names": sum(len(entry.names) for entry in entries),
            **told("ours", [*answers, *perturbed], stopped, LINE),
            "ours, ordinary names stopped at the line": f"people {sum(x >= LINE for x in people) / len(people):.2%}",
            "ours, commonest names stopped at the line": f"{sum(x >= LINE for x in common) / len(common):.2%}",
            "names of the UN reordered or respelt, at the line": of_the_un(listed, index),
            "names of the UN as other publishers spell them, at the line": elsewhere,
            "not even a candidate": ", ".join(f"{split} {unfound[split] / of[split]:.1%}" for split in of),
            "index": f"built in {building:.1f} s of processor, {more / 1024:.0f} MiB more",
            "questions": f"{1000 * len(took) / sum(took):.0f} a second, 95 % in {quantiles(took, n=20)[-1]:.1f} ms of processor",
        }
        if python := os.environ.get("KEYHOLDER_LOGIC_V2"):
            known |= self.beside(python, listed, free, asked, answers, stopped)
        figures.keep("matching", seeds=[SEED], figures=known)
        assert found_elsewhere >= 0.99
        assert sum(one.best >= LINE for one in stopped) <= 1.5 * MOST_STOPPED * len(stopped)

    def beside(
        self,
        python: str,
        listed: list[Entry],
        free: list[Subject],
        asked: list[heldout.Asked],
        answers: list[Answer],
        stopped: list[Answer],
    ) -> dict[str, Any]:
        subjects = [*(one.subject for one in asked), *free]
        theirs = by_logic_v2(python, {key(entry): entry for entry in listed}, subjects, [*answers, *stopped])
        own, strangers = theirs[: len(asked)], theirs[len(asked) :]
        least = line_at([one.best for one in strangers], MOST_STOPPED)
        # What neither finds and we don't even compare shares nothing with any name of its entry.
        can = [i for i, (mine, its) in enumerate(zip(answers, own, strict=True)) if mine.own or its.own >= least]
        return {
            **told("logic-v2", own, strangers, 0.7),
            **told("of what can be found, ours", [answers[i] for i in can], stopped, LINE),
            **told("of what can be found, logic-v2", [own[i] for i in can], strangers, 0.7),
        }
