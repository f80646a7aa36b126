"""In which script a name is written, in words."""

import unicodedata

# By the first word of the Unicode name of a letter; every other script is called by it.
CALLED = {
    "CJK": "Chinese characters",
    "HANGUL": "Korean letters",
    "HIRAGANA": "Japanese letters",
    "KATAKANA": "Japanese letters",
    "LATIN": "Latin letters",
}


def is_latin(name: str) -> bool:
    return of(name) in (CALLED["LATIN"], "")


def of(name: str) -> str:
    """Of its first letter that is not Latin, since a name in two scripts is read from that one; empty where it has no letter."""
    every = (unicodedata.name(letter, "").partition(" ")[0] for letter in unicodedata.normalize("NFKC", name) if letter.isalpha())
    # A modifier stands beside letters of any script.
    letters = [script for script in every if script not in ("MODIFIER", "")]
    found = next((script for script in letters if script != "LATIN"), next(iter(letters), ""))
    return CALLED.get(found, f"{found.capitalize()} letters" if found else "")
