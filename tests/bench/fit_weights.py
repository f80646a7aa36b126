"""Finds the weights of a configuration anew, from the even half of the entries and the locales TUNED and MORE; prints them.

    KEYHOLDER_DATA=… .venv/bin/python -m tests.bench.fit_weights [person|company]

One name of each entry is left out of the list and asked for; a logistic regression tells own entries from strangers: of the asked
name's own entry the likeliest name is one, of an ordinary name the two likeliest of all are zero. Which these are the weights
decide, so it is done three times. Of people no figure is fitted that would speak for what it should speak against: how many words
of the asked name are left over spoke for an alias, since the ordinary names are made shorter. In the end each kind's `at` is set
so that the line stops the share STOPPED of its ordinary names. People who are asked for in another script keep the weights of
NATIVE: how common a word of theirs is, is not known well.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from math import exp, log
from pathlib import Path
from typing import NamedTuple

from kyc.screening import chance, reasons, weighing
from kyc.screening.entries import Entry
from kyc.screening.index import Index
from kyc.screening.match import Subject
from kyc.screening.normalise import fold, is_latin
from kyc.screening.weighing import Agreement, Configuration, figures
from tests.bench import count_words
from tests.kyc.screening import heldout, ordinary, spoiled

SEED, LEFT_OUT, SPOILED, ORDINARY, WORDY = 7, 1000, 400, 6000, 2000
ROUNDS, STEPS, RIVALS, RIDGE = 3, 6, 2, 0.001
STOPPED = 0.009
FREELY = {
    "person": (
        *("asked_share", "lesser_share", "worst", "one_unlike_word", "kin", "family_missing"),
        *("borne", "rarest", "agreeing", "near", "missing_words"),
    ),
    "company": (
        *("asked_share", "listed_share", "weight", "worst", "one_unlike_word", "kin", "acronym", "family_missing", "read"),
    ),
}
EARLIER, NATIVE = "2026-11", "2026-12"
SPOILED_WEIGHT = 0.5
# Of people in three parts, each with words counted without its locales.
ALL, PARTS, MANY = 10**6, 3, 9000
Vector = list[float]


class Candidate(NamedTuple):
    """A listed name beside an asked one; `change` is what is added for the kind of name and entry."""

    agreement: Agreement
    change: float


class Asked(NamedTuple):
    kind: str
    weight: float
    is_own: bool
    candidates: list[Candidate]


class Row(NamedTuple):
    values: Vector
    is_own: bool
    weight: float


def asked(index: Index, by: Configuration, subject: Subject, own: Entry | None, weight: float = 1.0) -> Asked:
    found = []
    for question in index.questions(subject, by):
        for position in index.candidates(question):
            entry, name = index.names[position]
            if own is None or (entry.version, entry.id) == (own.version, own.id):
                change = sum(moved for moved, _ in reasons.of_kind(subject, entry, name.text))
                found.append(Candidate(index.compare(question, position)[0], change))
    return Asked(subject.kind, weight, own is not None, found)


def companies(folder: Path, by: Configuration) -> list[Asked]:
    listed, left = heldout.left_out(heldout.published(folder), LEFT_OUT, seed=SEED, odd=False)
    index = Index(listed)
    even = [entry for entry in listed if not heldout.is_odd(entry)]
    free = heldout.ordinary(ORDINARY, seed=SEED, locales=[*heldout.TUNED, *heldout.MORE])
    free += ordinary.companies(WORDY, seed=SEED, words=ordinary.TUNED)
    found = [asked(index, by, one.subject, one.entry) for one in left if one.split == "company"]
    for one in spoiled.sample(even, SPOILED, seed=SEED):
        if one.kind == "company":
            found.append(asked(index, by, one.subject, one.entry, SPOILED_WEIGHT))
    return found + [asked(index, by, subject, None) for subject in free if subject.kind == "company"]


def people(folder: Path, by: Configuration) -> list[Asked]:
    """Every person of the even half who has another name, and strangers, in Latin letters. How common a word is, is counted
    in locales that these strangers are not from, so that the weights hold for people whom nobody has counted."""
    listed, left = heldout.left_out(heldout.published(folder), ALL, seed=SEED, odd=False, splits=["person"])
    even = [entry for entry in listed if entry.kind == "person" and not heldout.is_odd(entry)]
    locales = [*heldout.TUNED, *heldout.MORE]
    counts = count_words.counted(locales)
    found = []
    for third in range(PARTS):
        others = [locale for place, locale in enumerate(locales) if place % PARTS != third]
        borne = folded(sum((counts[locale] for locale in others), Counter()))
        index = Index(listed, borne=chance.rarities(borne, count_words.EACH * len(others)))
        free = heldout.ordinary(MANY, seed=SEED + third, locales=[one for one in locales if one not in others])
        found += [asked(index, by, one.subject, one.entry) for one in left[third::PARTS]]
        few = spoiled.sample(even, SPOILED // PARTS, seed=SEED + third)
        found += [asked(index, by, one.subject, one.entry, SPOILED_WEIGHT) for one in few]
        found += [asked(index, by, subject, None) for subject in free if subject.kind == "person" and is_latin(subject.name)]
    return found


def folded(counts: Counter[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for word, count in counts.items():
        found[fold(word)] += count
    return found


def rows(every: list[Asked], by: Configuration, kind: str) -> Iterator[Row]:
    """What tells an own entry from a stranger's; names that are the same decide by themselves."""
    for one in every:
        unlike = [found.agreement for found in one.candidates if found.agreement.weight and not found.agreement.is_whole]
        unlike.sort(key=lambda agreement: -by.strength(agreement, kind))
        for agreement in unlike[: 1 if one.is_own else RIVALS]:
            known = figures(agreement)
            yield Row([known[name] for name in FREELY[kind]], one.is_own, one.weight)


def fitted(found: list[Row]) -> Vector:
    """Weights and, last, what is added: by Newton's method, of figures of mean 0 and spread 1, with a small ridge."""
    columns = list(zip(*(row.values for row in found), strict=True))
    means = [sum(column) / len(column) for column in columns]
    spreads = [
        (sum((x - mean) ** 2 for x in column) / len(column)) ** 0.5 or 1.0 for column, mean in zip(columns, means, strict=True)
    ]
    scaled = [[*((x - m) / s for x, m, s in zip(row.values, means, spreads, strict=True)), 1.0] for row in found]
    size, ridge = len(means) + 1, RIDGE * len(found)
    weights = [0.0] * size
    for _ in range(STEPS):
        slopes = [-ridge * weight for weight in weights[:-1]] + [0.0]
        curves = [[ridge if i == j < size - 1 else 0.0 for j in range(size)] for i in range(size)]
        for row, values in zip(found, scaled, strict=True):
            likely = 1 / (1 + exp(-sum(map(float.__mul__, weights, values))))
            off, bent = row.weight * (row.is_own - likely), row.weight * likely * (1 - likely)
            for i, x in enumerate(values):
                slopes[i] += off * x
                curve, share = curves[i], bent * x
                for j in range(i, size):
                    curve[j] += share * values[j]
        full = [[curves[min(i, j)][max(i, j)] for j in range(size)] for i in range(size)]
        weights = [weight + step for weight, step in zip(weights, solved(full, slopes), strict=True)]
    unscaled = [weight / spread for weight, spread in zip(weights[:-1], spreads, strict=True)]
    return [*unscaled, weights[-1] - sum(map(float.__mul__, unscaled, means))]


def solved(matrix: list[Vector], right: Vector) -> Vector:
    """x of matrix x = right, by elimination; the matrix is positive definite."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for i, pivot in enumerate(rows):
        for other in rows[i + 1 :]:
            share = other[i] / pivot[i]
            other[i:] = [x - share * y for x, y in zip(other[i:], pivot[i:], strict=True)]
    found = [0.0] * len(rows)
    for i in reversed(range(len(rows))):
        found[i] = (rows[i][-1] - sum(rows[i][j] * found[j] for j in range(i + 1, len(rows)))) / rows[i][i]
    return found


def score(one: Asked, by: Configuration) -> float:
    return max((by.alike(found.agreement, one.kind) + found.change for found in one.candidates), default=0.0)


def moved(by: Configuration, kind: str, more: float) -> Configuration:
    given = by.weights[kind]
    return replace(by, weights={**by.weights, kind: {**given, "at": round(given["at"] + more, 2)}})


def lowest(is_enough: Callable[[float], bool]) -> float:
    low, high = -30.0, 30.0
    while high - low > 0.01:
        low, high = (low, (low + high) / 2) if is_enough((low + high) / 2) else ((low + high) / 2, high)
    return high


def weights_of(every: list[Asked], by: Configuration, kind: str) -> dict[str, float]:
    *found, more = fitted(list(rows(every, by, kind)))
    return {name: round(weight, 2) for name, weight in zip(("at", *FREELY[kind]), (-more, *found), strict=True)}


def refitted(every: list[Asked], by: Configuration, kind: str) -> Configuration:
    for _ in range(ROUNDS):
        by = replace(by, weights={**by.weights, kind: weights_of(every, by, kind)})
    free = [one for one in every if not one.is_own]
    return moved(by, kind, lowest(partial(stops_few, free, by, kind)))


def stops_few(free: list[Asked], by: Configuration, kind: str, more: float) -> bool:
    by = moved(by, kind, more)
    return sum(score(one, by) >= by.line for one in free) <= STOPPED * len(free)


def main() -> None:
    folder = Path(os.environ["KEYHOLDER_DATA"])
    earlier = weighing.configuration(EARLIER).weights
    native = weighing.configuration(NATIVE).weights["person"]
    by = replace(weighing.configuration(), weights={**earlier, "native": native})
    for kind in sys.argv[1:] or FREELY:
        every = {"person": people, "company": companies}[kind](folder, by)
        by = refitted(every, by, kind)
        of = [one for one in every if one.is_own and one.weight == 1]
        print(f"{kind}: {sum(score(one, by) >= by.line for one in of) / len(of):.1%} of {len(of)} found")
        print(json.dumps(by.weights[kind]))
    print(f"line {by.line}, slope {by.slope}, odds at the line {log(by.line / (1 - by.line)):.2f}")


if __name__ == "__main__":
    main()
