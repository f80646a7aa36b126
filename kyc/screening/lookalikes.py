"""What a name looks like to who reads it, where it is written so that machines read another: letters of several alphabets in one
name, digits for letters, letters apart."""

import re
import unicodedata
from collections import Counter
from functools import cache
from itertools import islice, product
from pathlib import Path

TABLE = Path(__file__).with_name("lookalikes.txt")
# The sign of a currency is drawn as a letter crossed.
WORD_OR_SIGN = re.compile(r"(?:[^\W\d_]|₽)+")
# Alphabets in which names are written; a word of another that looks Latin is meant to.
READ = frozenset(("GREEK", "CYRILLIC", "ARMENIAN", "GEORGIAN"))
DIGITS = {"0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b"}
MOST = 4
MIXED = re.compile(r"[^\W\d_]+\d|\d+[^\W\d_]")
# As in H o u s e and H.o.u.s.e; fewer than four are initials.
APART = re.compile(r"(?<!\w)\w(?:([ .\-·])\w(?!\w)\.?){3,}")


@cache
def table() -> dict[int, str]:
    """By letters of other alphabets the Latin one that each looks like."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return {ord(one): line[0] for line in lines if not line.startswith("#") for one in line[2:]}


def alphabet(letter: str) -> str:
    """The first word of its Unicode name: LATIN, CYRILLIC."""
    return unicodedata.name(letter, "").partition(" ")[0]


@cache
def into(alphabet_of: str) -> dict[int, str]:
    """By Latin letters, of either case, the letter of that alphabet that each looks like."""
    found: dict[int, str] = {}
    for letter, latin in table().items():
        one = chr(letter).lower()
        if alphabet(one) == alphabet_of:
            found |= dict.fromkeys((ord(latin), ord(latin.upper())), one)
    return found


def seen(name: str) -> str:
    """As it shows: a word of letters of several alphabets in that of most of them, and in Latin ones a word that looks so whole,
    beside Latin words or in letters that hardly anybody is named in."""
    if name.isascii():
        return name
    letters = {letter: alphabet(letter) for letter in name if letter.isalpha() or ord(letter) in table()}
    has_latin = "LATIN" in letters.values()
    return WORD_OR_SIGN.sub(lambda found: seen_word(found[0], letters, has_latin=has_latin), name)


def seen_word(word: str, letters: dict[str, str], *, has_latin: bool) -> str:
    latin = [letter for letter in word if letters.get(letter) == "LATIN"]
    others = [letter for letter in word if letter not in latin]
    if not others:
        return word
    if latin:
        most, count = Counter(letters.get(letter, "") for letter in others).most_common(1)[0]
        return word.translate(into(most) if count > len(latin) else table())
    is_whole = all(ord(letter) in table() for letter in word)
    return word.translate(table()) if is_whole and (has_latin or letters[word[0]] not in READ) else word


def without_gaps(name: str) -> str:
    """The letters of words that stand apart put together: four and more single letters in a row, a new word with each capital
    behind a small letter."""
    return APART.sub(lambda found: re.sub(r"(?<=[a-z])(?=[A-Z])", " ", re.sub(r"[ .\-·]", "", found[0])), name)


def spelt(name: str) -> list[str]:
    """With letters for digits inside words, in each way that a digit is read; as it is where there are none."""
    if not MIXED.search(name):
        return [name]
    return ["".join(way) for way in islice(product(*(DIGITS.get(one, one) for one in name)), MOST)]


def readings(name: str, *, is_person: bool) -> list[str]:
    """Other names that it may be meant to be seen as; none for nearly all, at most MOST. Of a company digits and letters that
    stand apart are its name."""
    whole = unicodedata.normalize("NFKC", name)
    shown = seen(whole)
    return [one for one in (spelt(without_gaps(shown)) if is_person else [shown]) if one != whole]
