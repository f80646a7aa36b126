"""Words of which one may stand for another in a name: John and Ivan, bank and banco; and Misha and Mikhail."""

from collections import defaultdict
from functools import cache
from pathlib import Path

from kyc.screening.normalise import latin

FAMILIES, NICKNAMES = (Path(__file__).with_name(name) for name in ("families.txt", "nicknames.txt"))


def read(text: str) -> dict[str, frozenset[str]]:
    """By each word the others of its families, lower-case ASCII."""
    kin: dict[str, set[str]] = defaultdict(set)
    for line in text.splitlines():
        members = [] if line.startswith("#") else latin(line).split()
        for word in members:
            kin[word].update(members)
    return {word: frozenset(others - {word}) for word, others in kin.items()}


@cache
def known() -> dict[str, frozenset[str]]:
    return read(FAMILIES.read_text())


def of(word: str) -> frozenset[str]:
    """Words that may stand for it; none for most."""
    return known().get(word, frozenset())


@cache
def nicknames() -> dict[str, frozenset[str]]:
    return read(NICKNAMES.read_text())


def called(word: str) -> frozenset[str]:
    """What is short for the name, or what it is short for; none for most."""
    return nicknames().get(word, frozenset())
