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

CONFIGURATIONS = Path(__file__).parent / "configurations.json"
CURRENT = "2026-11"
# The code that takes names apart and compares them; another number with each change of it that may change a score.
ENGINE = "keyholder-names-1"
# The weight of a word that stands in no list.
RAREST = 10.0
# Many a bank and office bears the name of its state, and is another for all that: of its name so much has to agree.
OF_A_STATE, BELOW = 0.8, 0.9
# No name that is not the same is as good as one that is.
MOST = 0.99


@dataclass(frozen=True)
class Agreement:
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

    @property
    def is_whole(self) -> bool:
        return min(self.asked_share, self.listed_share, self.worst) >= 1 - 1e-9


NONE = Agreement(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Configuration:
    """`line` is the score from which on a candidate is a hit."""

    version: str
    line: float
    slope: float
    weights: Mapping[str, Mapping[str, float]]

    def strength(self, agreement: Agreement, kind: str) -> float:
        """0 at the line, in units of the logarithm of odds; more is likelier."""
        weights = self.weights["person" if kind == "person" else "company"]
        return (
            weights["asked_share"] * agreement.asked_share
            + weights["listed_share"] * agreement.listed_share
            + weights["weight"] * log1p(agreement.weight)
            + weights["missing"] * log1p(agreement.missing)
            + weights["heaviest_missing"] * agreement.heaviest_missing
            + weights["worst"] * agreement.worst
            + (weights["one_unlike_word"] if agreement.is_single and agreement.worst < 1 else 0)
            - weights["at"]
        )

    def alike(self, agreement: Agreement, kind: str) -> float:
        """0 to 1, and 1 for the same words alone."""
        if not agreement.weight:
            return 0.0
        if agreement.is_whole:
            return 1.0
        found = min(MOST, 1 / (1 + exp(-(self.slope * self.strength(agreement, kind) + log(self.line / (1 - self.line))))))
        return min(found, BELOW * self.line) if kind == "state" and agreement.listed_share < OF_A_STATE else found


@cache
def versions() -> tuple[str, ...]:
    """All that there are, oldest first."""
    every = json.loads(CONFIGURATIONS.read_text())
    return tuple(sorted(every, key=lambda version: (every[version]["since"], version)))


@cache
def configuration(version: str = CURRENT) -> Configuration:
    """Raises KeyError where there is none of that version."""
    found = json.loads(CONFIGURATIONS.read_text())[version]
    return Configuration(version, found["line"], found["slope"], {kind: found[kind] for kind in ("person", "company")})
