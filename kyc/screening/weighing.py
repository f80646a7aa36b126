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
CURRENT = "2026-12"
# The code that takes names apart and compares them; another number with each change of it that may change a score.
ENGINE = "keyholder-names-4"
# The weight of a word that stands in no list.
RAREST = 10.0
# Many a bank and office bears the name of its state, and is another for all that: of its name so much has to agree.
OF_A_STATE, BELOW = 0.8, 0.9
# No name that is not the same is as good as one that is.
MOST = 0.99


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
    # How words are paired: 1 until November 2026; 2 with other forms, first letters, and what kyc/screening/index.py says.
    pairing: int = 1
    # How many names are compared in full.
    compared: int = 120

    def strength(self, agreement: Agreement, kind: str) -> float:
        """0 at the line, in units of the logarithm of odds; more is likelier."""
        weights = self.weights["person" if kind == "person" else "company"]
        return sum(weights[name] * value for name, value in figures(agreement).items() if name in weights) - weights["at"]

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
    weights = {kind: found[kind] for kind in ("person", "company")}
    return Configuration(version, found["line"], found["slope"], weights, found.get("pairing", 1), found.get("compared", 120))
