"""What is indicated of use, by how many points at most, and against whom it is measured (USX-05, DST-04). Data, not code."""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
CURRENT = "2026.11"


class UnknownIndicators(LookupError):
    """No rules of indicators of that version."""


@dataclass(frozen=True)
class Head:
    """One of the four that an incident collects evidence under; `unmeasured` says what no indicator of it sees."""

    code: str
    title: str
    unmeasured: tuple[str, ...]


@dataclass(frozen=True)
class Indicator:
    """A figure, and by how much it must stand out for all its `points`. It begins to count above what nine of ten peers have, and
    above `floor` in any case; all of it counts at `span` times that (scale ratio), or `span` above it (scale share)."""

    code: str
    head: str
    unit: str
    scale: str
    floor: float
    span: float
    points: int
    label: str
    sentence: str
    # Why there may be no figure.
    lacking: str
    networks_only: bool = False


@dataclass(frozen=True)
class Indicators:
    """One version; `part` of the peers have at most what counts as usual; `rungs` are the ways of grouping peers, the closest
    first, of which the first with `least_peers` others is taken. `listed_from` points on, what was indicated of a key is kept."""

    version: str
    sha256: str
    source: str
    since: str
    window_days: int
    least_requests: int
    listed_from: int
    most_a_head: int
    most: int
    least_peers: int
    part: float
    ages: tuple[int, ...]
    rungs: tuple[tuple[str, ...], ...]
    hour_part: float
    hours_after_release: int
    days_around_release: int
    synchrony_hours: int
    most_controls: int
    heads: tuple[Head, ...]
    every: tuple[Indicator, ...]

    def indicator(self, code: str) -> Indicator:
        return next(one for one in self.every if one.code == code)


def load(version: str = CURRENT) -> Indicators:
    """Raises UnknownIndicators."""
    if version not in versions():
        raise UnknownIndicators(version)
    return read(version)


def versions() -> set[str]:
    return {path.stem.removeprefix("indicators_").replace("_", ".") for path in FOLDER.glob("indicators_*.json")}


@cache
def read(version: str) -> Indicators:
    content = (FOLDER / f"indicators_{version.replace('.', '_')}.json").read_bytes()
    return told(json.loads(content), hashlib.sha256(content).hexdigest())


def told(data: dict[str, Any], sha256: str = "") -> Indicators:
    peers = data["peers"]
    return Indicators(
        version=data["version"], sha256=sha256, source=data["source"], since=data["since"], window_days=data["window_days"],
        least_requests=data["least_requests"], listed_from=data["listed_from"], most_a_head=data["most_a_head"],
        most=data["most"], least_peers=peers["least"], part=peers["part"], ages=tuple(peers["ages"]),
        rungs=tuple(map(tuple, peers["rungs"])), hour_part=data["hours"]["of_day_part"],
        hours_after_release=data["hours"]["after_release"], days_around_release=data["days"]["around_release"],
        synchrony_hours=data["synchrony"]["least_hours"], most_controls=data["synchrony"]["most_controls"],
        heads=tuple(Head(code, one["title"], tuple(one["unmeasured"])) for code, one in data["heads"].items()),
        every=tuple(Indicator(code=code, **one) for code, one in data["indicators"].items()),
    )  # fmt: skip
