"""All names of all entries of some lists, found by their words, by their sound, and by their numbers.

A list of 36,000 names has 24,000 different words: comparing an asked word with each of them in C takes about a
millisecond, less than looking up its trigrams in Python, and misses nothing within the distance.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from heapq import nlargest
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from kyc.screening import chance, families, korean, lookalikes, match, reasons, weighing
from kyc.screening.entries import Entry
from kyc.screening.match import Match, Name, Pair, Subject
from kyc.screening.normalise import begun, bones, fold, number, readings, skeleton, without_article
from kyc.screening.weighing import RAREST, Agreement

# As many names are compared in full; the others are left behind by what their shared words can reach at most.
COMPARED = 120
LEAST = 0.45
REMEMBERED = 20_000
# Whoever bears an entry's number stands before all who bear its name only.
OWN_NUMBER = 1000.0


class Question(NamedTuple):
    """Whom to look for, prepared once: with the words' weights and the listed words that may be meant by each."""

    asked: Name
    joins: match.Joins
    weights: list[float]
    near: dict[str, dict[str, float]]
    by: weighing.Configuration
    # How rarely people bear each word, of a person.
    borne: tuple[float, ...] = ()


def reached(word: str, sized: Mapping[int, list[str]]) -> Iterator[str]:
    """Those of the words, by their length, that have so few letters changed that they may be alike."""
    for size, words in sized.items():
        most = int((1 - match.CLOSE) * max(size, len(word)) + 1e-9)
        if abs(size - len(word)) <= most:
            yield from (found[0] for found in process.extract(word, words, scorer=OSA.distance, score_cutoff=most, limit=None))


class Found(NamedTuple):
    """One entry with the name of it that came closest; `moved` is what is known beside the name."""

    score: float
    alike: float
    strength: float
    moved: float
    entry: Entry
    asked: Name
    listed: Name
    pairs: list[Pair]


class Index:
    """Built once from entries, then only read; safe to share between threads."""

    def __init__(
        self, entries: Iterable[Entry], *, weighed_as: "Index | None" = None, borne: Mapping[str, float] | None = None
    ) -> None:
        """`weighed_as` is the index of a whole of which these are a part: by its words the same names score the same. `borne`
        says how rare words are among people, where it is not what kyc/screening/chance.py knows."""
        self.names: list[tuple[Entry, Name]] = []
        self.having: dict[str, list[int]] = defaultdict(list)
        self.joined: dict[str, list[int]] = defaultdict(list)
        self.folded: dict[str, list[str]] = defaultdict(list)
        self.sounding: dict[str, list[str]] = defaultdict(list)
        # By their beginning and their length, and without their first letter.
        self.begun: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
        self.tailed: dict[str, list[str]] = defaultdict(list)
        # By what is left without the article; names by the first letters of their words.
        self.articled: dict[str, list[str]] = defaultdict(list)
        self.abbreviations: dict[str, list[int]] = defaultdict(list)
        # By their consonants: words that have their vowels, and words of names whose script leaves them out.
        self.boned: dict[str, list[str]] = defaultdict(list)
        self.vowelless: dict[str, list[str]] = defaultdict(list)
        # Of Korean names, by the syllable that a word is.
        self.syllables: dict[str, list[str]] = defaultdict(list)
        self.numbers: dict[str, list[Entry]] = defaultdict(list)
        self.near_words: dict[tuple[str, bool, int], dict[str, float]] = {}
        counts: Counter[str] = Counter()
        unvowelled: set[str] = set()
        in_korean: set[str] = set()
        for entry in entries:
            counts.update(self.add(entry, unvowelled, in_korean))
            counts[""] += 1
        for word in self.having:
            self.folded[fold(word)].append(word)
            self.sounding[skeleton(word)].append(word)
            self.begun[begun(word)][len(word)].append(word)
            if len(word) > match.SHORT:
                self.tailed[word[1:]].append(word)
                self.tailed[word].append(word)
            if bare := without_article(word):
                self.articled[fold(bare)].append(word)
            self.boned[bones(word)].append(word)
        for word in unvowelled:
            for reading in readings(word):
                self.vowelless[reading].append(word)
        for word in sorted(in_korean):
            self.syllables[korean.sound(word)].append(word)
        self.borne = chance.known() if borne is None else borne
        rarest = math.log(max(2, counts.pop("", 0))) + 1
        self.weights = {word: RAREST * (1 - math.log(count) / rarest) for word, count in counts.items()}
        if weighed_as is not None:
            self.weights = weighed_as.weights
        self.weighed = [tuple(name.weights(self.weight)) for _, name in self.names]
        self.sizes = [sum(weights) for weights in self.weighed]
        self.bearing = [tuple(name.weights(self.rarity)) for _, name in self.names]

    def add(self, entry: Entry, unvowelled: set[str], in_korean: set[str]) -> set[str]:
        """Returns the entry's words, folded; notes those that are written without short vowels, and those of Korean names."""
        own: set[str] = set()
        for text in entry.names:
            name, position = Name(text, entry.kind == "person"), len(self.names)
            own.update(name.folds)
            for word in set(name.sought):
                self.having[word].append(position)
                if name.is_consonantal:
                    unvowelled.add(word)
            if name.is_korean:
                in_korean.update(name.words)
            for both in name.joins:
                self.joined[both].append(position)
            if not name.is_person:
                for letters in {letters for letters, _ in name.initials if len(letters) >= match.LEAST_ACRONYM}:
                    self.abbreviations[letters].append(position)
            self.names.append((entry, name))
        for found in entry.identifiers:
            self.numbers[number(found)].append(entry)
        return own

    def weight(self, folded: str) -> float:
        return self.weights.get(folded, RAREST)

    def rarity(self, folded: str) -> float:
        """How rarely people bear it."""
        return self.borne.get(folded, RAREST)

    def near(self, word: str, *, is_consonantal: bool = False, pairing: int = 1) -> dict[str, float]:
        """Words of the lists that may be meant by `word`, with their likeness."""
        remembered = (word, is_consonantal, pairing)
        known = self.near_words.get(remembered)
        if known is not None:
            return known
        close = {**self.of_bones(word, is_consonantal=is_consonantal), word: 1.0}
        reached = self.within_reach(word) if pairing < 2 else self.begun_alike(word)
        for other in (*reached, *self.sounding.get(skeleton(word), ())):
            if (value := match.likeness(word, other)) > close.get(other, 0.0):
                close[other] = value
        if pairing >= 2:
            for other in self.kin(word, pairing):
                close[other] = max(close.get(other, 0.0), match.KIN)
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
        return (found for sized in self.begun.values() for found in reached(word, sized))

    def begun_alike(self, word: str) -> Iterator[str]:
        """Of these only words that begin alike, or are the same but for the first letter: a tenth of the time for hardly less."""
        yield from reached(word, self.begun[begun(word)])
        yield from self.tailed.get(word[1:], ())
        yield from self.tailed.get(word, ())
        yield from self.tailed.get(word[:1] + word[2:], ())

    def kin(self, word: str, pairing: int) -> Iterator[str]:
        """Words of the lists that are another form of it: of a name, of the same word in another language, with the article."""
        for other in families.of(word) | (families.called(word) if pairing >= 3 else frozenset()):
            yield from self.folded.get(fold(other), ())
        bare = without_article(word)
        if bare:
            yield from self.folded.get(fold(bare), ())
            yield from self.sounding.get(skeleton(bare), ())
        yield from self.articled.get(fold(word), ())

    def candidates(self, question: Question) -> list[int]:
        """Positions of the names whose shared words could bring them furthest."""
        asked, weights = question.asked, dict(zip(question.asked.words, question.weights, strict=True))
        size = sum(question.weights)
        shared: dict[int, float] = {}
        left = 2 * match.JOINED * sum(weights[word] for word in dict.fromkeys(asked.sought))
        # The heaviest first: what light words alone can't bring to LEAST is not begun by them.
        for word in sorted(dict.fromkeys(asked.sought), key=lambda word: (-weights[word], word)):
            best: dict[int, float] = {}
            for value, others in groupby(sorted((v, other) for other, v in question.near[word].items()), key=itemgetter(0)):
                for _, other in others:
                    best.update(dict.fromkeys(self.having.get(other, ()), value))
            best.update(dict.fromkeys(self.joined.get(fold(word), ()), 2 * match.JOINED))
            weight = weights[word]
            if 2 * left < LEAST * size:
                for position in best.keys() & shared.keys():
                    shared[position] += best[position] * weight
            else:
                for position, value in best.items():
                    shared[position] = shared.get(position, 0.0) + value * weight
            left -= 2 * match.JOINED * weight
        for folded, parts in question.joins.items():
            for other in self.folded.get(folded, ()):
                for position in self.having[other]:
                    shared[position] = shared.get(position, 0.0) + sum(self.weight(fold(part)) for part in parts)
        if question.by.pairing >= 2:
            self.abbreviated(asked, size, shared)
        sizes = self.sizes
        reach = {p: 2 * weight / (size + sizes[p]) for p, weight in shared.items() if 2 * weight >= LEAST * size}
        return nlargest(question.by.compared, (p for p, value in reach.items() if value >= LEAST), key=lambda p: (reach[p], -p))

    def abbreviated(self, asked: Name, size: float, shared: dict[int, float]) -> None:
        """Companies of which the whole name is the other's first letters reach as far as any."""
        if asked.is_person:
            return
        found = [p for word in asked.words if len(asked.words) == 1 for p in self.abbreviations.get(word, ())]
        for letters, _ in asked.initials:
            if len(letters) >= match.LEAST_ACRONYM:
                found += [p for p in self.having.get(letters, ()) if len(self.names[p][1].words) == 1]
        for position in found:
            shared[position] = (size + self.sizes[position]) / 2

    def compare(self, question: Question, position: int) -> tuple[Agreement, list[Pair]]:
        asked, listed = question.asked, self.names[position][1]
        possible = [*match.possible(asked, listed, question.near, question.joins), *match.possible_joins(asked, listed)]
        is_newer = question.by.pairing >= 2
        if is_newer and not asked.is_person:
            possible += match.possible_initials(asked, listed)
        pairs = match.paired(possible)
        if not is_newer:
            return match.agreed(pairs, question.weights, self.weighed[position]), pairs
        weights = match.letters_lightened(listed, self.weighed[position])
        is_read = asked.is_latin != listed.is_latin
        read = match.syllables(pairs, asked, listed)
        found = match.agreed(pairs, question.weights, weights, family=listed.family, is_read=is_read, read=read)
        if not question.borne or not asked.is_latin:
            return found._replace(is_native=not asked.is_latin), pairs
        mine = chance.Words(asked, question.weights, question.borne)
        its = chance.Words(listed, weights, self.bearing[position])
        return found._replace(chance=chance.of(pairs, mine, its)), pairs

    def questions(self, subject: Subject, by: weighing.Configuration) -> Iterator[Question]:
        """For the name, for what it shows where it is written otherwise, and for how Korea reads it where it may be Korean."""
        is_person = subject.kind == "person"
        yield self.question(Name(subject.name, is_person), by)
        if by.pairing >= 2:
            for shown in lookalikes.readings(subject.name, is_person=is_person):
                yield self.question(Name(shown, is_person, written=subject.name), by)
        if by.pairing >= 2 and subject.kind == "person" and (reading := korean.read(subject.name, subject.country.upper())):
            yield self.question(Name(reading, written=subject.name), by)

    def question(self, asked: Name, by: weighing.Configuration) -> Question:
        near = {word: self.near(word, is_consonantal=asked.is_consonantal, pairing=by.pairing) for word in asked.words}
        weights = asked.weights(self.weight)
        if by.pairing >= 2:
            weights = list(match.letters_lightened(asked, weights))
        if by.pairing < 3:
            return Question(asked, match.asked_joins(asked.text), weights, near, by)
        if asked.is_korean:
            near = {word: self.syllabled(word, close) for word, close in near.items()}
        borne = tuple(asked.weights(self.rarity)) if asked.is_person else ()
        return Question(asked, match.asked_joins(asked.text), weights, near, by, borne)

    def syllabled(self, word: str, close: dict[str, float]) -> dict[str, float]:
        """With the other romanisations of a Korean syllable in Korean names."""
        other = dict.fromkeys(self.syllables.get(korean.sound(word), ()), match.SYLLABLE)
        return close | {one: max(value, close.get(one, 0.0)) for one, value in other.items()}

    def find(self, subject: Subject, *, limit: int = 10, version: str = weighing.CURRENT, least: float = 0.0) -> list[Match]:
        """The likeliest entries by that version of the weights, best first, each once with the name of it that came closest, and
        none whose score is below `least`. Of equal scores the stronger agreement stands first: rarer words, then what is known
        beside the name."""
        by = weighing.configuration(version)
        best: dict[tuple[int, str], Found] = {}
        for question in self.questions(subject, by):
            for position in sorted(self.candidates(question)):
                entry, listed = self.names[position]
                agreement, pairs = self.compare(question, position)
                strength = by.strength(agreement, subject.kind)
                alike = by.alike(agreement, subject.kind, strength)
                score, moved = reasons.weighed(subject, entry, listed.text, alike, line=by.line)
                key = (entry.version, entry.id)
                if key not in best or (score, alike, strength) > best[key][:3]:
                    best[key] = Found(score, alike, strength, moved, entry, question.asked, listed, pairs)
        whole = Name(subject.name, subject.kind == "person")
        for entry in self.owners(subject):
            known = best.get((entry.version, entry.id), Found(0.0, 0.0, 0.0, 0.0, entry, whole, Name(entry.name), []))
            best[entry.version, entry.id] = known._replace(score=1.0, strength=OWN_NUMBER)
        ranked = sorted(best.values(), key=lambda one: (-one.score, -one.strength, -one.moved, one.entry.id, one.entry.version))
        return [
            reasons.explained(
                subject, one.asked, one.entry, one.listed, one.score, one.pairs, configuration=version, alike=one.alike
            )
            for one in ranked[:limit]
            if one.score >= least
        ]

    def owners(self, subject: Subject) -> list[Entry]:
        """Entries that bear one of the subject's numbers."""
        asked = {number(text) for text in subject.identifiers} - {""}
        return [entry for one in sorted(asked) for entry in self.numbers.get(one, ())]
