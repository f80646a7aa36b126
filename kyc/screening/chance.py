"""How much of what agrees strangers share by chance: words that many people bear say little, however few a list has of them.

`borne.txt` says how often ordinary people of many countries bear a word; tests/bench/count_words.py writes it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from math import log
from pathlib import Path
from typing import NamedTuple

from kyc.screening.match import INITIAL, JOINED, OTHER_SPELLING, Name, Pair
from kyc.screening.normalise import fold
from kyc.screening.weighing import RAREST, Chance

BORNE = Path(__file__).with_name("borne.txt")
# A word that every tenth bears tells nobody.
COMMONEST = 0.1
# Fewer have it by a slip of the pen, or of the generator.
LEAST = 2


class Words(NamedTuple):
    """The words of one name that are weighed: by how rare they are in the lists, and among people."""

    name: Name
    listed: Sequence[float]
    borne: Sequence[float]


def rarities(counts: Mapping[str, int], people: int) -> dict[str, float]:
    """By folded words, from how many of so many people bear them: 0 for the commonest; a word that isn't there weighs RAREST."""
    every = log(people * COMMONEST)
    return {word: max(0.0, RAREST * (1 - log(count + 1) / every)) for word, count in counts.items() if count >= LEAST}


@cache
def known() -> dict[str, float]:
    people, counts = read(BORNE.read_text(encoding="utf-8"))
    return rarities(counts, people)


def read(text: str) -> tuple[int, Counter[str]]:
    """Of how many people, and how many of them bear each word, by its fold: the first line's number, and a line for each number
    of bearers with the words that have so many."""
    counts: Counter[str] = Counter()
    (people, *_), *lines = (line.split() for line in text.splitlines() if not line.startswith("#"))
    for count, *words in lines:
        for word in words:
            counts[fold(word)] += int(count)
    return int(people), counts


def of(pairs: Sequence[Pair], asked: Words, listed: Words) -> Chance:
    """What agrees, by how rare it is among people, and by that or in the lists, whichever is less; and what of the listed name is
    missing."""
    borne = rarest = 0.0
    near = 0
    for value, mine, its in pairs:
        one, other = sum(asked.borne[i] for i in mine), sum(listed.borne[j] for j in its)
        shared = min(one, other) if len(mine) == len(its) else max(one, other)
        borne += value * shared
        rarest += value * min(shared, sum(asked.listed[i] for i in mine), sum(listed.listed[j] for j in its))
        near += value not in (1, OTHER_SPELLING, JOINED, INITIAL)
    told = {j for pair in pairs for j in pair.listed}
    missing = [word for j, word in enumerate(listed.name.words) if j not in told]
    return Chance(borne, rarest, len(pairs), near, sum(map(listed.name.lightness, missing)))
