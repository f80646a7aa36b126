"""Korean names in Latin letters as lists write them, KIM, Jong Un: of a name in Korean letters, or in Chinese characters, which
are read otherwise in Korea than in China; and which syllables of the many romanisations are one, Che-Son and Je-Son."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

LONGEST = 4
HANGUL = re.compile(r"[\uac00-\ud7a3]{2,4}")
HANJA = re.compile(r"[\u4e00-\u9fff]{2,4}")
FIRST = ord("가")
INITIALS = ("k", "kk", "n", "t", "tt", "r", "m", "p", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h")
MEDIALS = (
    *("a", "ae", "ya", "yae", "o", "e", "yo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we", "wi", "yu", "u", "ui", "i"),
)
FINALS = (
    *("", "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "p", "t", "t", "p", "l", "m", "p", "p", "t", "t", "ng", "t", "t"),
    *("k", "t", "p", "t"),
)
# Family names that are not read as the table says, and those that have a beginning in the north that the south leaves out.
NAMED = {"金": "김", "車": "차", "车": "차", "沈": "심"}
NORTHERN = {"이": "리", "임": "림", "유": "류", "노": "로", "나": "라", "여": "려"}
FAMILIES = frozenset(
    "김리이박최정조강윤장림임한오서신권황안송류유홍전고문양량손배백허남심노로하곽성차주우구민진지엄채원천방공현함변염여려추도소"
    "석선설마길연위표명기반라나왕옥육인맹제모탁국어은편용태호계"
)
# Of two syllables; only with these a name has four.
TWO = frozenset(("남궁", "황보", "제갈", "선우", "독고", "사공", "서문", "동방"))


# Of 400 common Chinese names with their country 14 match the shipped list by the Chinese reading, and 38 with the Korean one.
ELSEWHERE = frozenset(("CN", "HK", "JP", "MO", "MY", "SG", "TW"))


SYLLABLE = re.compile(
    r"(kk|k|g|n|tt|t|d|r|l|m|pp|p|bb|b|ss|s|sh|jj|j|tch|ch|h|)(y|w|)"
    r"(ae|ai|a|eo|eu|ee|ei|e|oe|oi|oo|ou|o|ui|u|i|)(ng|n|k|g|l|r|m|p|b|t|h|)"
)
# Of the sounds that McCune-Reischauer, the South's and the North's rules and people's own habits write differently.
BEGINS = {"g": "k", "d": "t", "b": "p", "bb": "p", "ch": "j", "tch": "j", "l": "r", "sh": "s"} | {one * 2: one for one in "ktpsj"}
SOUNDS = {"ae": "e", "ai": "e", "ei": "e", "oe": "e", "oi": "e", "eo": "o", "eu": "u", "oo": "u", "ou": "u", "ee": "i", "ui": "i"}
ENDS = {"g": "k", "r": "l", "b": "p", "h": ""}
# Those that are written as no rule says.
OWN = {
    "lee": "ri",
    "yi": "ri",
    "rhee": "ri",
    "park": "pak",
    "woo": "u",
    "roh": "no",
    "noh": "no",
    "yoo": "yu",
    "ryoo": "yu",
    "ryu": "yu",
}
# Words that a name in Korea has two to four of.
SYLLABLES = range(2, 5)


@cache
def characters() -> dict[str, str]:
    """Chinese characters with the syllable that each is read as."""
    lines = (Path(__file__).parent / "hanja.txt").read_text(encoding="utf-8").splitlines()
    return {one: line[0] for line in lines if not line.startswith("#") for one in line[1:]}


def latin(syllable: str) -> str:
    place = ord(syllable) - FIRST
    return INITIALS[place // 588] + MEDIALS[place % 588 // 28] + FINALS[place % 28]


@lru_cache(maxsize=10_000)
def read(name: str, country: str = "") -> str:
    """The name in Latin letters, a word a syllable; empty where it is no Korean name by its script and its family name, or the
    country (ISO 3166-1 alpha-2) is one in which Chinese characters are read otherwise."""
    if name.isascii():
        return ""
    bare = re.sub(r"[\s·・]", "", name)
    if HANGUL.fullmatch(bare):
        syllables = bare
    elif HANJA.fullmatch(bare) and country not in ELSEWHERE:
        known = characters()
        syllables = NAMED.get(bare[0], known.get(bare[0], "")) + "".join(known.get(one, "") for one in bare[1:])
    else:
        return ""
    if len(syllables) != len(bare) or not (syllables[:2] in TWO or (syllables[0] in FAMILIES and len(bare) < LONGEST)):
        return ""
    return " ".join(map(latin, NORTHERN.get(syllables[0], syllables[0]) + syllables[1:]))


@lru_cache(maxsize=50_000)
def sound(word: str) -> str:
    """One spelling for all romanisations of a Korean syllable; empty where it is none."""
    found = SYLLABLE.fullmatch(OWN.get(word, word))
    if not found or not (found[2] or found[3]):
        return ""
    begins, glide, vowel, ends = found.groups()
    sounds = "o" if vowel == "u" and ends in ("n", "ng") else SOUNDS.get(vowel, vowel)
    return BEGINS.get(begins, begins) + glide + sounds + ENDS.get(ends, ends)


@cache
def family_sounds() -> frozenset[str]:
    every = {NORTHERN.get(family, family) for family in FAMILIES} | FAMILIES
    return frozenset(sound(latin(family)) for family in every) - {""}


def is_name(words: Sequence[str]) -> bool:
    """Whether all are syllables, one of them a family name's, as Korean names are written in Latin letters."""
    if len(words) not in SYLLABLES:
        return False
    sounds = [sound(word) for word in words]
    return all(sounds) and not family_sounds().isdisjoint(sounds)
