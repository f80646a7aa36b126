"""All names of all entries of some lists, found by their words, by their sound, and by their numbers.

A list of 36,000 names has 24,000 different words: comparing an asked word with each of them in C takes about a
millisecond, less than looking up its trigrams in Python, and misses nothing within the distance.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from heapq import nlargest
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from kyc.screening import match, reasons, weighing
from kyc.screening.entries import Entry
from kyc.screening.match import Match, Name, Pair, Subject
from kyc.screening.normalise import bones, fold, number, readings, skeleton
from kyc.screening.weighing import RAREST, Agreement

# As many names are compared in full; the others are left behind by what their shared words can reach at most.
COMPARED = 120
LEAST = 0.45
REMEMBERED = 20_000
# Whoever bears an entry's number stands before all who bear its name only.
OWN_NUMBER = 1000.0


class Found(NamedTuple):
    """One entry with the name of it that came closest; `moved` is what is known beside the name."""

    score: float
    alike: float
    strength: float
    moved: float
    entry: Entry
    listed: Name
    pairs: list[Pair]


class Index:
    """Built once from entries, then only read; safe to share between threads."""

    def __init__(self, entries: Iterable[Entry], *, weighed_as: "Index | None" = None) -> None:
        """`weighed_as` is the index of a whole of which these are a part: by its words the same names score the same."""
        self.names: list[tuple[Entry, Name]] = []
        self.having: dict[str, list[int]] = defaultdict(list)
        self.joined: dict[str, list[int]] = defaultdict(list)
        self.folded: dict[str, list[str]] = defaultdict(list)
        self.sounding: dict[str, list[str]] = defaultdict(list)
        self.sized: dict[int, list[str]] = defaultdict(list)
        # By their consonants: words that have their vowels, and words of names whose script leaves them out.
        self.boned: dict[str, list[str]] = defaultdict(list)
        self.vowelless: dict[str, list[str]] = defaultdict(list)
        self.numbers: dict[str, list[Entry]] = defaultdict(list)
        self.near_words: dict[str, dict[str, float]] = {}
        counts: Counter[str] = Counter()
        unvowelled: set[str] = set()
        for entry in entries:
            counts.update(self.add(entry, unvowelled))
            counts[""] += 1
        for word in self.having:
            self.folded[fold(word)].append(word)
            self.sounding[skeleton(word)].append(word)
            self.sized[len(word)].append(word)
            self.boned[bones(word)].append(word)
        for word in unvowelled:
            for reading in readings(word):
                self.vowelless[reading].append(word)
        rarest = math.log(max(2, counts.pop("", 0))) + 1
        self.weights = {word: RAREST * (1 - math.log(count) / rarest) for word, count in counts.items()}
        if weighed_as is not None:
            self.weights = weighed_as.weights
        self.sizes = [sum(name.weights(self.weight)) for _, name in self.names]

    def add(self, entry: Entry, unvowelled: set[str]) -> set[str]:
        """Returns the entry's words, folded; notes those that are written without short vowels."""
        own: set[str] = set()
        for text in entry.names:
            name, position = Name(text, entry.kind == "person"), len(self.names)
            own.update(name.folds)
            for word in set(name.sought):
                self.having[word].append(position)
                if name.is_consonantal:
                    unvowelled.add(word)
            for both in match.listed_joins(text):
                self.joined[both].append(position)
            self.names.append((entry, name))
        for found in entry.identifiers:
            self.numbers[number(found)].append(entry)
        return own

    def weight(self, folded: str) -> float:
        return self.weights.get(folded, RAREST)

    def near(self, word: str, *, is_consonantal: bool = False) -> dict[str, float]:
        """Words of the lists that may be meant by `word`, with their likeness."""
        remembered = f"{word} " if is_consonantal else word
        known = self.near_words.get(remembered)
        if known is not None:
            return known
        close = {**self.of_bones(word, is_consonantal=is_consonantal), word: 1.0}
        for other in (*self.within_reach(word), *self.sounding.get(skeleton(word), ())):
            if (value := match.likeness(word, other)) > close.get(other, 0.0):
                close[other] = value
        if len(self.near_words) < REMEMBERED:
            self.near_words[remembered] = close
        return close

    def of_bones(self, word: str, *, is_consonantal: bool) -> dict[str, float]:
        """Words with the same consonants where one of the two leaves vowels out; a single consonant tells nobody, and against a
        list that gives no vowels four are needed."""
        asked, listed = (readings(word), self.boned) if is_consonantal else ({bones(word)}, self.vowelless)
        found: dict[str, float] = {}
        for reading in asked:
            size = min(len(reading), max(match.SAME_BONES))
            if size in match.SAME_BONES and (is_consonantal or size == max(match.SAME_BONES)):
                found |= dict.fromkeys(listed.get(reading, ()), match.SAME_BONES[size])
        return found

    def within_reach(self, word: str) -> Iterator[str]:
        """Words of the lists with so few letters changed that they may be alike; only lengths that can be are looked at."""
        for size, words in self.sized.items():
            most = int((1 - match.CLOSE) * max(size, len(word)) + 1e-9)
            if abs(size - len(word)) <= most:
                yield from (
                    found[0] for found in process.extract(word, words, scorer=OSA.distance, score_cutoff=most, limit=None)
                )

    def candidates(self, asked: Name, joins: match.Joins) -> list[int]:
        """Positions of the names whose shared words could bring them furthest."""
        shared: dict[int, float] = defaultdict(float)
        weights = dict(zip(asked.words, asked.weights(self.weight), strict=True))
        for word in dict.fromkeys(asked.sought):
            best: dict[int, float] = {}
            for other, value in self.near(word, is_consonantal=asked.is_consonantal).items():
                for position in self.having.get(other, ()):
                    best[position] = max(best.get(position, 0.0), value)
            for position in self.joined.get(fold(word), ()):
                best[position] = 2 * match.JOINED
            for position, value in best.items():
                shared[position] += value * weights[word]
        for folded, parts in joins.items():
            for other in self.folded.get(folded, ()):
                for position in self.having[other]:
                    shared[position] += sum(self.weight(fold(part)) for part in parts)
        size = sum(asked.weights(self.weight))
        reach = {position: 2 * weight / (size + self.sizes[position]) for position, weight in shared.items()}
        return nlargest(COMPARED, (p for p, value in reach.items() if value >= LEAST), key=lambda p: (reach[p], -p))

    def compare(self, asked: Name, listed: Name, joins: match.Joins) -> tuple[Agreement, list[Pair]]:
        near = {word: self.near(word, is_consonantal=asked.is_consonantal) for word in asked.words}
        pairs = match.paired([*match.possible(asked, listed, near, joins), *match.possible_joins(asked, listed)])
        return match.agreed(pairs, asked.weights(self.weight), listed.weights(self.weight)), pairs

    def find(self, subject: Subject, *, limit: int = 10, version: str = weighing.CURRENT, least: float = 0.0) -> list[Match]:
        """The likeliest entries by that version of the weights, best first, each once with the name of it that came closest, and
        none whose score is below `least`. Of equal scores the stronger agreement stands first: rarer words, then what is known
        beside the name."""
        asked, joins = Name(subject.name, subject.kind == "person"), match.asked_joins(subject.name)
        by = weighing.configuration(version)
        best: dict[tuple[int, str], Found] = {}
        for position in sorted(self.candidates(asked, joins)):
            entry, listed = self.names[position]
            agreement, pairs = self.compare(asked, listed, joins)
            alike, strength = by.alike(agreement, subject.kind), by.strength(agreement, subject.kind)
            score, moved = reasons.weighed(subject, entry, listed.text, alike, line=by.line)
            key = (entry.version, entry.id)
            if key not in best or (score, alike, strength) > best[key][:3]:
                best[key] = Found(score, alike, strength, moved, entry, listed, pairs)
        for entry in self.owners(subject):
            known = best.get((entry.version, entry.id), Found(0.0, 0.0, 0.0, 0.0, entry, Name(entry.name), []))
            best[entry.version, entry.id] = known._replace(score=1.0, strength=OWN_NUMBER)
        ranked = sorted(best.values(), key=lambda one: (-one.score, -one.strength, -one.moved, one.entry.id, one.entry.version))
        return [
            reasons.explained(subject, asked, one.entry, one.listed, one.score, one.pairs, configuration=version)
            for one in ranked[:limit]
            if one.score >= least
        ]

    def owners(self, subject: Subject) -> list[Entry]:
        """Entries that bear one of the subject's numbers."""
        asked = {number(text) for text in subject.identifiers} - {""}
        return [entry for one in sorted(asked) for entry in self.numbers.get(one, ())]
