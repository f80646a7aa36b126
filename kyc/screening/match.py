"""How alike two names are, order-free, tolerant of typing errors, heavier for rare words.

Every word of the asked name is paired with its best counterpart; what that is worth says kyc/screening/weighing.py.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise, permutations
from typing import NamedTuple

from rapidfuzz.distance import OSA

from kyc.screening import korean
from kyc.screening.entries import Entry
from kyc.screening.normalise import (
    HAN,
    LEGAL_FORMS,
    LINKING,
    TITLES,
    fold,
    is_consonantal,
    is_latin,
    skeleton,
    told,
    without_forms,
    words,
)
from kyc.screening.weighing import NONE, Agreement

OTHER_SPELLING = 0.98
# By how many there are: the same consonants, where one of the two is written without short vowels.
SAME_BONES = {2: 0.82, 3: 0.88, 4: 0.93}
JOINED = 0.97
# The same Korean syllable in another romanisation.
SYLLABLE = 0.94
# Another form of the name, or the same word in another language; first letters of words that stand beside one another.
KIN = 0.951
ACRONYM = 0.851
# So many letters of an acronym that is a name by itself, and beside another word of the name.
LEAST_ACRONYM, LEAST_PART = 4, 2
INITIAL = 0.8
CLOSE = 0.7
SHORT = 3
MOST_JOINED = 7
SHARPNESS = 1.2
PATRONYMIC = re.compile(r"(?:[oe]vi(?:ch|c|tch)|[oe]vn[ay]|ichna|inichna)$")
PATRONYMIC_WEIGHT = 0.5
INITIAL_WEIGHT = 0.3
SYLLABIC = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\uac00-\ud7a3]")
TITLE_WEIGHT = 0.3
LINKING_WEIGHT = 0.1


@dataclass(frozen=True)
class Subject:
    """Whom to look for; `kind` is person, company or state. `birth_date` YYYY, YYYY-MM or full, `country` ISO 3166-1 alpha-2; all
    but the name may be empty."""

    name: str
    kind: str = "person"
    birth_date: str = ""
    identifiers: tuple[str, ...] = ()
    country: str = ""


@dataclass(frozen=True)
class Ground:
    """One reason of a score: a code for machines, a sentence that an officer can defend; by how much it moved the score, where
    it is no part of the names' own."""

    code: str
    sentence: str
    change: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class Match:
    """An entry that may be the subject: the name of it that came closest, a score from 0 to 1, why, by which weights. `alike` is
    what the names alone are worth."""

    entry: Entry
    name: str
    score: float
    grounds: tuple[Ground, ...]
    configuration: str = ""
    alike: float = field(default=0.0, compare=False)

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(ground.sentence for ground in self.grounds)


@dataclass(frozen=True)
class Name:
    """A name prepared for comparing: its telling words, and their folds. `written` is what stood there, where `text` is a reading
    of that."""

    text: str
    is_person: bool = True
    written: str = ""

    @cached_property
    def every(self) -> tuple[str, ...]:
        """All words in their order."""
        return tuple(words(self.text))

    @cached_property
    def words(self) -> tuple[str, ...]:
        return told(self.every, is_person=self.is_person)

    @cached_property
    def is_consonantal(self) -> bool:
        return is_consonantal(self.text)

    @cached_property
    def is_latin(self) -> bool:
        return is_latin(self.written or self.text)

    @cached_property
    def folds(self) -> tuple[str, ...]:
        return tuple(map(fold, self.words))

    @cached_property
    def joins(self) -> dict[str, tuple[int, ...]]:
        """Where the words stand of which two neighbours are written as one, by the fold of both."""
        return {both: places(self, parts) for both, parts in neighbours(self.every).items()}

    @cached_property
    def initials(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """First letters of a company's words in their order, with where the words stand: of all, and without of and the."""
        if self.is_person:
            return ()
        spelt = [word for word in without_forms(list(self.every)) if word.isalpha()]
        read = [spelt, [word for word in spelt if word not in LINKING]]
        return tuple(("".join(word[0] for word in one), tuple(map(self.words.index, one))) for one in read)

    @cached_property
    def family(self) -> int | None:
        """Where the first word of a person's family name stands, if the list writes that name, and only that, in capitals: of
        two it is the one that is kept."""
        found = [word for word in capitals(self.text) if word not in LINKING] if self.is_person else []
        return self.words.index(found[0]) if found else None

    @cached_property
    def is_korean(self) -> bool:
        """Whether it is a person's, and every word one that a Korean syllable may be written as, one of them a family name."""
        return self.is_person and self.is_latin and korean.is_name(self.every)

    @cached_property
    def is_syllabic(self) -> bool:
        """Whether it is a person's name in Chinese or Korean letters: a word a syllable, of which none is left out, the family
        name first."""
        return self.is_person and SYLLABIC.search(self.written or self.text) is not None

    def weights(self, weight: Callable[[str], float]) -> list[float]:
        """Heavier for rare words; lighter for what people leave out: al and de, initials, titles, patronymics."""
        return [weight(folded) * self.lightness(word) for word, folded in zip(self.words, self.folds, strict=True)]

    @cached_property
    def sought(self) -> tuple[str, ...]:
        """The words by which to look for a name: without al and de, unless it has no others."""
        return tuple(word for word in self.words if word not in LINKING) or self.words

    def lightness(self, word: str) -> float:
        if word in LINKING:
            return LINKING_WEIGHT
        if not self.is_person:
            return 1.0
        if len(word) == 1:
            return INITIAL_WEIGHT
        if word in TITLES:
            return TITLE_WEIGHT
        return PATRONYMIC_WEIGHT if len(self.sought) > 2 and PATRONYMIC.search(word) else 1.0


Joins = Mapping[str, tuple[str, ...]]


def capitals(name: str) -> list[str]:
    """Words of a family name in their order, where a list writes these, and only these, in capitals."""
    if not any(character.islower() for character in name):
        return []
    return [word for token in name.split() if token.isupper() for word in words(token)]


def letters_lightened(name: Name, weights: Sequence[float]) -> Sequence[float]:
    """Of a company too a single letter says little: S, R and O of what is no legal form that is known."""
    if name.is_person or not any(len(word) == 1 for word in name.words):
        return weights
    return [weight * (INITIAL_WEIGHT if len(word) == 1 else 1) for word, weight in zip(name.words, weights, strict=True)]


def joined(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Folds of two words written as one, with those words."""
    return {fold(one + other): (one, other) for one, other in pairs}


def asked_joins(text: str) -> dict[str, tuple[str, ...]]:
    """In either order, so that the order of a name never matters; of a long name the shortest words, which are split sooner."""
    every = [word for word in words(text) if word not in LEGAL_FORMS]
    if HAN.search(text):
        # A syllable each, whose order tells names apart.
        return joined(pairwise(every))
    shortest = sorted(every, key=lambda word: (len(word), word))
    return joined(permutations(shortest[:MOST_JOINED], 2))


def listed_joins(text: str) -> dict[str, tuple[str, ...]]:
    """Neighbours: al Zawahiri as alzawahiri, Abdul Rahman as abdulrahman, Techno Prom as technoprom."""
    return neighbours(words(text))


def neighbours(every: Iterable[str]) -> dict[str, tuple[str, ...]]:
    return joined(pairwise(word for word in every if word not in LEGAL_FORMS))


def likeness(one: str, other: str) -> float:
    """0, or from CLOSE to 1, for two words; of short ones at most one letter is missing."""
    if one == other:
        return 1.0
    mine, its = fold(one), fold(other)
    if mine == its:
        return OTHER_SPELLING
    if min(len(one), len(other)) <= SHORT and abs(len(one) - len(other)) != 1:
        return 0.0
    value: float = max(OSA.normalized_similarity(one, other), OSA.normalized_similarity(mine, its))
    if skeleton(one) == skeleton(other):
        value = 0.4 + 0.6 * value
    return value if value >= CLOSE else 0.0


class Pair(NamedTuple):
    """Words of the asked name that stand for words of the listed one, by position."""

    value: float
    asked: tuple[int, ...]
    listed: tuple[int, ...]


def places(name: Name, chosen: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(name.words.index(word) for word in dict.fromkeys(chosen) if word in name.words)


def possible(asked: Name, listed: Name, near: Mapping[str, Mapping[str, float]], joins: Joins) -> Iterator[Pair]:
    for i, word in enumerate(asked.words):
        close = near[word]
        for j, other in enumerate(listed.words):
            if other in close:
                yield Pair(close[other], (i,), (j,))
            elif asked.is_person and listed.is_person and 1 in (len(word), len(other)) and word[0] == other[0]:
                yield Pair(INITIAL, (i,), (j,))
    for j, its_fold in enumerate(listed.folds):
        if its_fold in joins and (found := places(asked, joins[its_fold])):
            yield Pair(JOINED, found, (j,))


def possible_joins(asked: Name, listed: Name) -> Iterator[Pair]:
    for its_fold, found in listed.joins.items():
        if its_fold in asked.folds and found:
            yield Pair(JOINED, (asked.folds.index(its_fold),), found)


def possible_initials(asked: Name, listed: Name) -> Iterator[Pair]:
    """A word of one company's name that is the first letters of neighbours in the other."""
    for letters, where in listed.initials:
        for i, word in enumerate(asked.words):
            if (at := spelt_in(word, letters, is_alone=len(asked.words) == 1)) >= 0:
                yield Pair(ACRONYM, (i,), where[at : at + len(word)])
    for letters, where in asked.initials:
        for j, word in enumerate(listed.words):
            if (at := spelt_in(word, letters, is_alone=len(listed.words) == 1)) >= 0:
                yield Pair(ACRONYM, where[at : at + len(word)], (j,))


def spelt_in(word: str, letters: str, *, is_alone: bool) -> int:
    """Where in these first letters the word stands, -1 if nowhere. Where it is all of a name, it is all first letters, and four
    at least; two tell something beside other words."""
    if word in LINKING or len(word) < (LEAST_ACRONYM if is_alone else LEAST_PART):
        return -1
    return letters.find(word) if not is_alone or word == letters else -1


def by_value(pair: Pair) -> tuple[float, int, tuple[int, ...], tuple[int, ...]]:
    return -pair.value, -len(pair.asked) - len(pair.listed), pair.asked, pair.listed


def paired(pairs: list[Pair]) -> list[Pair]:
    """The best pairs of which no two share a word."""
    used_asked: set[int] = set()
    used_listed: set[int] = set()
    chosen = []
    for pair in sorted(pairs, key=by_value):
        if used_asked.isdisjoint(pair.asked) and used_listed.isdisjoint(pair.listed):
            used_asked.update(pair.asked)
            used_listed.update(pair.listed)
            chosen.append(pair)
    return chosen


class Syllables(NamedTuple):
    """Of a name that is read by its syllables beside a Latin one: how many words of either have no counterpart there, how many
    syllables have one that is only near or stands elsewhere, and whether the family name has none in the other's."""

    unpaired: int = 0
    unlike: int = 0
    is_family_other: bool = False


NO_SYLLABLES = Syllables()


def syllables(pairs: Sequence[Pair], asked: Name, listed: Name) -> Syllables:
    if not asked.is_syllabic or not listed.is_latin or not asked.every:
        return NO_SYLLABLES
    first = asked.words.index(asked.every[0])
    family = next((pair.listed for pair in pairs if first in pair.asked), ())
    is_own = listed.family in family if listed.family is not None else bool(family)
    given = sorted(
        (pair for pair in pairs if first not in pair.asked), key=lambda pair: asked.every.index(asked.words[pair.asked[0]])
    )
    at = [listed.every.index(listed.words[pair.listed[0]]) for pair in given]
    over = len(asked.words) + len(listed.words) - sum(len(pair.asked) + len(pair.listed) for pair in pairs)
    unlike = sum(pair.value < OTHER_SPELLING and pair.value != JOINED for pair in pairs) + sum(b < a for a, b in pairwise(at))
    return Syllables(over, unlike, not is_own)


def agreed(
    pairs: Sequence[Pair],
    asked: Sequence[float],
    listed: Sequence[float],
    *,
    family: int | None = None,
    is_read: bool = False,
    read: Syllables = NO_SYLLABLES,
) -> Agreement:
    """What the pairs come to; `asked` and `listed` are the words' weights, `family` says where the listed family name begins,
    `is_read` that one of the two is read from another script. A misspelt word weighs what the word meant does."""
    asked = list(asked)
    for pair in pairs:
        if pair.value < 1 and pair.value != INITIAL and len(pair.asked) == len(pair.listed) == 1:
            asked[pair.asked[0]] = listed[pair.listed[0]]
    all_asked, all_listed = sum(asked), sum(listed)
    if not pairs or not all_asked or not all_listed:
        return NONE
    kept_asked = sum(pair.value**SHARPNESS * asked[i] for pair in pairs for i in pair.asked)
    kept_listed = sum(pair.value**SHARPNESS * listed[j] for pair in pairs for j in pair.listed)
    paired_listed = {j for pair in pairs for j in pair.listed}
    return Agreement(
        asked_share=kept_asked / all_asked,
        listed_share=kept_listed / all_listed,
        weight=(kept_asked + kept_listed) / 2,
        missing=all_listed - kept_listed,
        heaviest_missing=max((weight for j, weight in enumerate(listed) if j not in paired_listed), default=0.0),
        worst=min(pair.value for pair in pairs),
        is_single=len(pairs) == 1 and len(pairs[0].asked) == 1,
        kin=sum(pair.value == KIN for pair in pairs),
        is_acronym=any(pair.value == ACRONYM for pair in pairs),
        is_family_missing=family is not None and family not in paired_listed,
        is_read=is_read,
        unpaired=read.unpaired,
        unlike=read.unlike,
        is_family_other=read.is_family_other,
    )
