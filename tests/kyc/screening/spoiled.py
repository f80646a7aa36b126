"""Names of a list, spoiled as they come in: by typing errors, other order, a word left out, another transliteration, doubled
letters, or under an alias."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from kyc.screening.entries import Entry
from kyc.screening.match import Subject

LETTERS = "abcdefghijklmnopqrstuvwxyz"
# One-way respellings found between published romanisations of Russian, Arabic, Chinese and European names.
RESPELT = [
    pair.split(">")
    for pair in """kh>h ei>ey iy>y ou>u oo>u ks>x x>ks ph>f q>k yev>ev zh>j ee>i w>v sh>sch mm>m
    ss>s dj>j ai>ay u>ou y>i aa>a ck>k v>w e>i o>u c>k z>s a>e s>z i>y""".split()
]


@dataclass(frozen=True)
class Spoiled:
    entry: Entry
    kind: str
    subject: Subject


def somewhere(word: str, random: Random) -> int:
    return random.randrange(len(word))


def mistyped(word: str, random: Random) -> str:
    """One letter replaced, left out, added or swapped with the next."""
    at = somewhere(word, random)
    how = random.choice(["replace", "drop", "add", "swap"])
    if how == "replace":
        return word[:at] + random.choice(LETTERS) + word[at + 1 :]
    if how == "drop" and len(word) > 3:
        return word[:at] + word[at + 1 :]
    if how == "swap" and at + 1 < len(word):
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + random.choice(LETTERS) + word[at:]


def with_longest(name: str, change: Callable[[str, Random], str], random: Random, *, count: int = 1) -> str:
    """Changes one or more of the words with more than three letters."""
    parts = name.split(" ")
    long = [place for place, part in enumerate(parts) if len(part) > 3 and part.isalpha()]
    for place in random.sample(long, min(count, len(long))):
        parts[place] = change(parts[place].lower(), random).title()
    return " ".join(parts)


def typo(entry: Entry, random: Random) -> str:
    return with_longest(entry.name, mistyped, random, count=random.choice([1, 1, 2]))


def doubled(entry: Entry, random: Random) -> str:
    def twice(word: str, random: Random) -> str:
        at = somewhere(word, random)
        return word[:at] + word[at] + word[at:]

    return with_longest(entry.name, twice, random)


def reordered(entry: Entry, random: Random) -> str:
    parts = entry.name.replace(",", "").split()
    random.shuffle(parts)
    return " ".join(parts)


def shortened(entry: Entry, random: Random) -> str:
    """One word less, where at least two stay."""
    parts = entry.name.split()
    if len(parts) > 2:
        parts.pop(random.randrange(len(parts)))
    return " ".join(parts)


def respelt(entry: Entry, random: Random) -> str:
    """Two other spellings of a sound, the first word's and the last word's."""
    parts = entry.name.lower().split()
    for place in sorted({0, len(parts) - 1}):
        usable = [pair for pair in RESPELT if pair[0] in parts[place]]
        if usable and len(parts[place]) > 3:
            parts[place] = parts[place].replace(*random.choice(usable), 1)
    return " ".join(parts).title()


def aliased(entry: Entry, random: Random) -> str:
    return random.choice(entry.aliases or (entry.name,)).strip("'")


KINDS = {"typo": typo, "doubled": doubled, "reordered": reordered, "shortened": shortened, "respelt": respelt, "aliased": aliased}


def sample(entries: list[Entry], count: int, *, seed: int) -> list[Spoiled]:
    """As many of each kind; people and companies as the list has them."""
    random = Random(seed)
    usable = [entry for entry in entries if entry.kind in {"person", "company"}]
    chosen = random.sample(usable, count)
    kinds = [list(KINDS)[place % len(KINDS)] for place in range(count)]
    return [
        Spoiled(entry, kind, Subject(KINDS[kind](entry, random), entry.kind)) for entry, kind in zip(chosen, kinds, strict=True)
    ]
