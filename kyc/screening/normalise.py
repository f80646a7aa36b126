"""Names as comparable words: any script to Latin, no case, accents or marks; legal forms, titles and linking words apart.

Three depths of sameness: the word, its `fold` (one spelling for the usual transliterations) and its `skeleton` (what is
left when vowels, which vary most between languages, are taken out).
"""

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

LEGAL_FORMS = frozenset(
    "ltd limited llc lc inc incorporated corp corporation co company plc gmbh mbh ag sa sarl sas srl sl spa bv nv oy oyj ab as aps "
    "asa oao ooo zao pao ao tov doo dd ad kg kft zrt rt eood ood kd ohg ev se sca scs snc pvt pte pty kk bhd sdn cv sapi lda ltda "
    "eirl sirketi sti anonim aktiengesellschaft gesellschaft jsc ojsc cjsc pjsc pllc fze fzco fzc fzllc llp lp wll psc dmcc est "
    "saoc saog spc limitada obshchestvo aktsionernoe publichnoe aktsionernoye otvetstvennostyu ogranichennoi".split()
)
FORM_PHRASES = re.compile(
    r"\b(?:(?:public |open |closed |private )?joint stock company|(?:limited|unlimited) liability (?:company|partnership)"
    r"|(?:private|public) (?:limited company|limited|company limited)|free zone (?:company|establishment)"
    r"|obshchestvo s ogranichenno[iy] otvetstvennost[iy]?u|(?:publichnoe |otkrytoe |zakrytoe )?aktsionernoe obshchestvo"
    r"|sociedad anonima(?: de capital variable)?|sociedad de responsabilidad limitada|societe anonyme"
    r"|gesellschaft mit beschrankter haftung|s a de c v|s a|s r l|s p a|b v|n v|l l c|g m b h|a s|s l|f z e|f z c)\b"
)
TITLES = frozenset(
    "mr mrs ms miss dr prof professor eng engineer sir shaykh sheikh sheik shaikh hajji haji hajj mullah mawlawi maulavi maulana "
    "qari ayatollah sayyid sayyed sayed general colonel brigadier lieutenant captain commander".split()
)
LINKING = frozenset("the of and for de la las los del do da dos das di du le les y e und et van von der den bin ibn bint ben al el ul ud ad".split())
WORD = re.compile(r"[a-z0-9]+")
HAN = re.compile(r"([\u3400-\u9fff\uf900-\ufaff])")
APOSTROPHES = re.compile(r"['’‘ʼʻ`´ʿʾ]")

# Spellings that stand for one sound in the romanisations of Russian, Arabic, Persian, Greek, German and Chinese names.
SOUNDS = (
    (re.compile(r"(.)\1+"), r"\1"),
    (re.compile(r"^(?:mohamed|mohamad|muhamed|muhamet|mohamet|mohammad|muhamad|mohd|mehmed|magomed)$"), "muhamad"),
    (re.compile(r"^(?:abd|abdu|abdel|abdal|abdol|abdoul|abdur|abdus|abdul)$"), "abdul"),
    (re.compile(r"shch|sch|sh"), "S"),
    (re.compile(r"tch|tsch|ch"), "C"),
    (re.compile(r"kh|gh|q|ck"), "k"),
    (re.compile(r"ph|ff"), "f"),
    (re.compile(r"th"), "t"),
    (re.compile(r"dh"), "d"),
    (re.compile(r"dzh|dj|zh|j"), "J"),
    (re.compile(r"x"), "ks"),
    (re.compile(r"w"), "v"),
    (re.compile(r"ou|oo|ue"), "u"),
    (re.compile(r"oe"), "o"),
    (re.compile(r"(?<=[oe])f$"), "v"),
    (re.compile(r"^(?:ye|je|JE)"), "e"),
    (re.compile(r"iye|ije|ie|ee|ea"), "i"),
    (re.compile(r"(?:iy|yi|iJ|yJ|ii|ey|ei|ai|ay|yy|i|y|J)$"), "i"),
    (re.compile(r"c(?=[eiy])"), "s"),
    (re.compile(r"c"), "k"),
    (re.compile(r"y|J"), "i"),
    (re.compile(r"tz"), "ts"),
    (re.compile(r"h$"), ""),
    (re.compile(r"(.)\1+"), r"\1"),
)
COARSE = str.maketrans({"z": "s", "S": "s", "C": "s", "p": "b", "t": "d", "g": "k", "w": "v", "f": "v", "h": "", "i": "", "u": "", "a": "", "e": "", "o": ""})


def latin(name: str) -> str:
    """`name` in lower-case ASCII; Chinese characters become a word each."""
    spaced = HAN.sub(r" \1 ", unicodedata.normalize("NFKC", name))
    return APOSTROPHES.sub("", anyascii(APOSTROPHES.sub("", spaced))).lower()


def words(name: str) -> list[str]:
    """All words of a name in their order: `AL-ZAWAHIRI, Dr. Ayman` gives al, zawahiri, dr, ayman."""
    return WORD.findall(latin(name))


def telling(name: str) -> tuple[str, ...]:
    """The words that tell one name from another, sorted; all words when nothing else is left."""
    every = words(name)
    bare = WORD.findall(FORM_PHRASES.sub(" ", " ".join(every)))
    kept = [word for word in bare if word not in LEGAL_FORMS | TITLES | LINKING]
    return tuple(sorted(kept or every))


@lru_cache(maxsize=200_000)
def fold(word: str) -> str:
    """One spelling for the usual transliterations: yevgeniy, evgeni and jewgenij are one. Never empty for a word."""
    folded = word
    for pattern, sound in SOUNDS:
        folded = pattern.sub(sound, folded)
    return folded.lower() or word


@lru_cache(maxsize=200_000)
def skeleton(word: str) -> str:
    """The consonants of the folded word, the alike ones as one; a first vowel is kept as `a`."""
    folded = fold(word)
    first = "a" if folded[0] in "aeiou" else ""
    return first + re.sub(r"(.)\1+", r"\1", folded.translate(COARSE))


def number(text: str) -> str:
    """An identification number as compared: letters and digits only, upper case; empty if it could not tell anyone."""
    bare = re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text)).upper()
    return bare if len(bare) >= 5 and any(character.isdigit() for character in bare) else ""
