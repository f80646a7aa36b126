"""A name as a document bears it beside the one that was declared. Pure.

A zone writes names in capitals of Latin letters, surname first, and cuts them where its field ends; a declared name is written as
the bearer writes it, in whatever order. Neither is a reason to doubt: SAME and CUT agree, PARTLY and ALIKE are for an officer.
"""

import re
from collections.abc import Sequence
from enum import StrEnum

from anyascii import anyascii
from rapidfuzz.distance import OSA

from kyc.evidence.reading.transliteration import spellings

APOSTROPHES = re.compile(r"['’‘ʼʻ`´ʿʾ.]")
# In a zone a hyphen is a filler, as a space is.
BETWEEN = re.compile(r"[\s\-‐‑–,/]+")
# Below this likeness two words are no two spellings of one name.
ALIKE = 0.6


class Agreement(StrEnum):
    SAME = "same"
    CUT = "cut"
    PARTLY = "partly"
    ALIKE = "alike"
    DIFFERENT = "different"


def words(name: str) -> list[str]:
    return [word for word in BETWEEN.split(APOSTROPHES.sub("", name)) if word]


def compared(read: str, declared: str, *, cut: bool = False) -> Agreement:
    """`read` is the zone's surname and given names; `cut` says that the field had no more room for them."""
    theirs, ours = words(read.upper()), [[*spellings(word)] for word in words(declared)]
    ours = [forms for forms in ours if forms]
    if not theirs or not ours:
        return Agreement.DIFFERENT
    left, missing = unmatched(theirs, ours)
    if (not left and not missing) or is_joined(theirs, ours, left, missing):
        return Agreement.SAME
    if cut and is_cut(left, missing):
        return Agreement.CUT
    matched = len(theirs) - len(left)
    if (not left or not missing) and matched >= min(2, len(theirs), len(ours)):
        return Agreement.PARTLY
    return Agreement.ALIKE if are_alike(left, missing) else Agreement.DIFFERENT


def unmatched(theirs: Sequence[str], ours: Sequence[list[str]]) -> tuple[list[str], list[list[str]]]:
    """What is left of both when each word is taken out with one that it is a spelling of."""
    left, missing = [], [*ours]
    for word in theirs:
        found = next((place for place, forms in enumerate(missing) if word in forms), None)
        if found is None:
            left.append(word)
        else:
            del missing[found]
    return left, missing


def is_joined(theirs: Sequence[str], ours: Sequence[list[str]], left: Sequence[str], missing: Sequence[list[str]]) -> bool:
    """Whether the one writes together what the other writes apart: AL MASRI and ALMASRI."""
    if not left or not missing:
        return False
    whole = "".join(left)
    return whole in joined(missing) or "".join(theirs) in joined(ours)


def joined(forms: Sequence[list[str]], most: int = 64) -> list[str]:
    found = [""]
    for choices in forms:
        found = [start + choice for start in found for choice in choices][:most]
    return found


def is_cut(left: Sequence[str], missing: Sequence[list[str]]) -> bool:
    """Whether what is left are beginnings of what is missing: 9303-4, 4.2.3 lets issuers cut names, and write initials."""
    open_ones = [*missing]
    for word in left:
        found = next((place for place, forms in enumerate(open_ones) if any(form.startswith(word) for form in forms)), None)
        if found is None:
            return False
        del open_ones[found]
    return True


def are_alike(left: Sequence[str], missing: Sequence[list[str]]) -> bool:
    """Whether each word that is left is a likely other romanisation of one that is missing, such as MOHAMED and MUHAMMAD."""
    if len(left) != len(missing):
        return False
    open_ones = [*missing]
    for word in left:
        best = max(range(len(open_ones)), key=lambda place: likeness(word, open_ones[place]))
        if likeness(word, open_ones[best]) < ALIKE:
            return False
        del open_ones[best]
    return True


def likeness(word: str, forms: Sequence[str]) -> float:
    return max(OSA.normalized_similarity(word, anyascii(form).upper()) for form in forms)
