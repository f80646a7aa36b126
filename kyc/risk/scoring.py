"""A score is the sum of the factors that fired, each with its sentence, under one rule pack."""

from collections.abc import Collection
from dataclasses import dataclass

from kyc.rules.packs import Pack

HIGHEST = 100


@dataclass(frozen=True)
class Reason:
    """One factor that fired: code in the pack, points, sentence."""

    code: str
    points: int
    sentence: str


@dataclass(frozen=True)
class Result:
    """value 0 to 100, band low, medium or high, and the reasons, heaviest first."""

    value: int
    band: str
    reasons: tuple[Reason, ...]


def score(codes: Collection[str], pack: Pack) -> Result:
    reasons = sorted((Reason(code, *pack.factor(code)) for code in set(codes)), key=lambda reason: (-reason.points, reason.code))
    value = max(0, min(HIGHEST, sum(reason.points for reason in reasons)))
    return Result(value, pack.band(value), tuple(reasons))
