"""How alike two names are, and why. Order-free, tolerant of typing errors, heavier for rare words.

Every word of the asked name is paired with its best counterpart; the score is the weight of what is paired over the
weight of all words on both sides. 1 means the same words.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from kyc.screening.entries import Entry
from kyc.screening.normalise import telling, words

CLOSE_WORD = 0.84
ENOUGH = 0.5
YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True)
class Subject:
    """Whom to look for; birth date YYYY, YYYY-MM or full, or empty."""

    name: str
    kind: str = "person"
    birth_date: str = ""
    identifiers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Match:
    """An entry that may be the subject: score 0 to 1 and the reasons in sentences."""

    entry: Entry
    name: str
    score: float
    reasons: tuple[str, ...]


def likeness(one: str, other: str) -> float:
    """0 or from CLOSE_WORD to 1 for two words; short words must agree more."""
    if one == other:
        return 1.0
    if min(len(one), len(other)) < 4:
        return 0.0
    value = max(DamerauLevenshtein.normalized_similarity(one, other), JaroWinkler.similarity(one, other) - 0.06)
    return value if value >= CLOSE_WORD - 0.06 else 0.0


class Index:
    """All names of all entries of the active lists, found by their words."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.names: list[tuple[Entry, str, tuple[str, ...]]] = []
        self.having: dict[str, list[int]] = defaultdict(list)
        self.numbers: dict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            self.add(entry)
        self.words = list(self.having)
        counts = Counter({word: len(found) for word, found in self.having.items()})
        total = max(2, len(self.names))
        self.weights = {word: math.log(total / count) + 1 for word, count in counts.items()}
        self.rare = math.log(total) + 1

    def add(self, entry: Entry) -> None:
        for name in (entry.name, *entry.aliases):
            key = telling(name)
            for word in set(key):
                self.having[word].append(len(self.names))
            self.names.append((entry, name, key))
        for number in entry.identifiers:
            self.numbers[number.upper()].append(entry)

    def weight(self, word: str) -> float:
        return self.weights.get(word, self.rare)

    def near(self, word: str) -> list[str]:
        """Words of the lists that may be meant by `word`."""
        if len(word) < 4:
            return [word] if word in self.having else []
        found = process.extract(word, self.words, scorer=JaroWinkler.similarity, score_cutoff=CLOSE_WORD, limit=60)
        return [match[0] for match in found]

    def candidates(self, key: tuple[str, ...]) -> set[int]:
        """Names that share enough weight with `key` to be worth comparing."""
        found: Counter[int] = Counter()
        for word in set(key):
            seen: set[int] = set()
            for near in self.near(word):
                seen.update(self.having[near])
            for position in seen:
                found[position] += self.weight(word)  # type: ignore[assignment]  # a Counter of weights
        needed = ENOUGH * sum(self.weight(word) for word in set(key))
        return {position for position, weight in found.items() if weight >= needed}

    def score(self, asked: tuple[str, ...], listed: tuple[str, ...]) -> tuple[float, list[tuple[str, str, float]]]:
        pairs, left, total = [], list(listed), 0.0
        ranked = sorted(
            ((likeness(a, b), a, i, b) for a in asked for i, b in enumerate(listed)), key=lambda t: (-t[0], t[1], t[2])
        )
        open_asked, used = Counter(asked), set()
        for value, a, i, b in ranked:
            if value == 0 or not open_asked[a] or i in used:
                continue
            open_asked[a] -= 1
            used.add(i)
            left.remove(b)
            pairs.append((a, b, value))
            total += value**2 * (self.weight(a) + self.weight(b))
        everything = sum(map(self.weight, asked)) + sum(map(self.weight, listed))
        return (total / everything if everything else 0.0), pairs

    def find(self, subject: Subject, *, limit: int = 10) -> list[Match]:
        """The likeliest entries, best first, each entry once with its best name."""
        key = telling(subject.name)
        joined = "".join(sorted(words(subject.name)))
        best: dict[str, Match] = {}
        for position in self.candidates(key):
            entry, name, listed = self.names[position]
            score, pairs = self.score(key, listed)
            if score < 1 and joined == "".join(sorted(words(name))):
                score = 1.0
            found = judged(subject, entry, name, score, pairs)
            if entry.id not in best or found.score > best[entry.id].score:
                best[entry.id] = found
        for number in subject.identifiers:
            for entry in self.numbers.get(number.upper(), []):
                best[entry.id] = Match(entry, entry.name, 1.0, (f"The number {number[:2]}… is the entry's own.",))
        return sorted(best.values(), key=lambda match: (-match.score, match.entry.id))[:limit]


def judged(subject: Subject, entry: Entry, name: str, score: float, pairs: list[tuple[str, str, float]]) -> Match:
    """The name's score, moved by what else is known, with the reasons."""
    reasons = []
    if name != entry.name:
        reasons.append(f"Compared with the alias “{name}”.")
    same = [listed for _, listed, value in pairs if value == 1]
    if same:
        reasons.append(f"Same words: {', '.join(same)}.")
    reasons += [f"“{asked}” is close to “{listed}”." for asked, listed, value in pairs if value < 1]
    if entry.kind in {"person", "company"} and entry.kind != subject.kind:
        score -= 0.1
        reasons.append(f"The entry is a {entry.kind}, the party is a {subject.kind}.")
    years = {year for text in entry.birth_dates for year in YEAR.findall(text)}
    asked_year = YEAR.match(subject.birth_date)
    if years and asked_year:
        near = min(abs(int(asked_year[0]) - int(year)) for year in years)
        score += 0.02 if near == 0 else -0.12 if near > 2 else 0
        reasons.append("Born in the same year." if near == 0 else f"Years of birth are {near} apart.")
    return Match(entry, name, round(max(0.0, min(1.0, score)), 3), tuple(reasons))
