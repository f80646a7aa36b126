"""What words that agree are worth: how many of either name, how rare they are, and how well the worst of them fits.

Two names that share their only two words say little where half a list bears these words, and much where one entry does. The
weights stand in a versioned configuration, so that what was found with an earlier one can be found again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import exp, log, log1p
from pathlib import Path
from typing import NamedTuple

CONFIGURATIONS = Path(__file__).parent / "configurations.json"
CURRENT = "2026-12-2"
# The code that takes names apart and compares them; another number with each change of it that may change a score.
ENGINE = "keyholder-names-5"
# The weight of a word that stands in no list.
RAREST = 10.0
# Many a bank and office bears the name of its state, and is another for all that: of its name so much has to agree.
OF_A_STATE, BELOW = 0.8, 0.9
# No name that is not the same is as good as one that is.
MOST = 0.99


class Chance(NamedTuple):
    """How likely strangers agree as much (kyc/screening/chance.py): what agrees by how rarely people bear it, and by that or by
    how rare it is in the lists, whichever is less; how many pairs of words agree and how many of these are near only; how many
    words of the listed name are missing, where a title or a patronymic is less than one."""

    borne: float = 0.0
    rarest: float = 0.0
    agreeing: int = 0
    near: int = 0
    missing: float = 0.0


class Agreement(NamedTuple):
    """Of a pair of names: which part of either's weight agrees, how much weight that is, how much of the listed name is
    missing in all and in its heaviest word, and how alike the least alike of the words that agree are. Weights up to RAREST a
    word."""

    asked_share: float
    listed_share: float
    weight: float
    missing: float
    heaviest_missing: float
    worst: float
    # Whether one word is all that agrees.
    is_single: bool = False
    # How many words are other forms only, and whether first letters agree; whether the first word of the listed family name has
    # no counterpart, and whether one of the names is read from another script than the other.
    kin: int = 0
    is_acronym: bool = False
    is_family_missing: bool = False
    is_read: bool = False
    # Of a name read by its syllables (match.Syllables).
    unpaired: int = 0
    unlike: int = 0
    is_family_other: bool = False
    chance: Chance = Chance()
    # Whether the asked name is written in another script than Latin.
    is_native: bool = False

    @property
    def is_whole(self) -> bool:
        return not self.is_read and min(self.asked_share, self.listed_share, self.worst) >= 1 - 1e-9


NONE = Agreement(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Configuration:
    """`line` is the score from which on a candidate is a hit."""

    version: str
    line: float
    slope: float
    weights: Mapping[str, Mapping[str, float]]
    # How words are paired: 1 until November 2026; 2 with other forms, first letters, and what kyc/screening/index.py says; 3 with
    # Korean syllables as they are written elsewhere, and with how often people bear a word.
    pairing: int = 1
    # How many names are compared in full.
    compared: int = 120

    def strength(self, agreement: Agreement, kind: str) -> float:
        """0 at the line, in units of the logarithm of odds; more is likelier."""
        weights = self.weights[self.weighed_as(agreement, kind)]
        return sum(weights[name] * value for name, value in figures(agreement).items() if name in weights) - weights["at"]

    def weighed_as(self, agreement: Agreement, kind: str) -> str:
        """Of a person who is asked for in another script how common the words are is not known well."""
        if kind != "person":
            return "company"
        return "native" if agreement.is_native and "native" in self.weights else "person"

    def alike(self, agreement: Agreement, kind: str, strength: float | None = None) -> float:
        """0 to 1, and 1 for the same words alone; `strength` where it is known already."""
        if not agreement.weight:
            return 0.0
        if agreement.is_whole:
            return 1.0
        strength = self.strength(agreement, kind) if strength is None else strength
        found = min(MOST, 1 / (1 + exp(-(self.slope * strength + log(self.line / (1 - self.line))))))
        return min(found, BELOW * self.line) if kind == "state" and agreement.listed_share < OF_A_STATE else found


def figures(agreement: Agreement) -> dict[str, float]:
    """What the weights are of, by their names in a configuration; one that it doesn't name weighs nothing there."""
    return {
        "asked_share": agreement.asked_share,
        "listed_share": agreement.listed_share,
        "lesser_share": min(agreement.asked_share, agreement.listed_share),
        "weight": log1p(agreement.weight),
        "missing": log1p(agreement.missing),
        "heaviest_missing": agreement.heaviest_missing,
        "worst": agreement.worst,
        "one_unlike_word": float(agreement.is_single and agreement.worst < 1),
        "kin": float(agreement.kin),
        "acronym": float(agreement.is_acronym),
        "family_missing": float(agreement.is_family_missing),
        "read": float(agreement.is_read),
        "unpaired": float(agreement.unpaired),
        "unlike": float(agreement.unlike),
        "family_other": float(agreement.is_family_other),
        "borne": log1p(agreement.chance.borne),
        "rarest": agreement.chance.rarest,
        "agreeing": float(agreement.chance.agreeing),
        "near": float(agreement.chance.near),
        "missing_words": agreement.chance.missing,
    }


@cache
def versions() -> tuple[str, ...]:
    """All that there are, oldest first."""
    every = json.loads(CONFIGURATIONS.read_text())
    return tuple(sorted(every, key=lambda version: (every[version]["since"], version)))


@cache
def configuration(version: str = CURRENT) -> Configuration:
    """Raises KeyError where there is none of that version."""
    found = json.loads(CONFIGURATIONS.read_text())[version]
    weights = {kind: found[kind] for kind in ("person", "company", "native") if kind in found}
    return Configuration(version, found["line"], found["slope"], weights, found.get("pairing", 1), found.get("compared", 120))
