"""Where services may not go (SAN-04): countries and regions with their legal basis, its source and its dates. Data, not code."""

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "embargoes_2026_11.json"


@dataclass(frozen=True)
class Embargo:
    """`regions` are ISO 3166-2 codes of the country's parts; with none it is the whole country. `until` is the day on which it
    held no more, empty while it holds."""

    code: str
    country: str
    regions: tuple[str, ...]
    since: str
    basis: str
    source: str
    status: str
    until: str = ""
    note: str = ""

    def holds(self, on: str) -> bool:
        return self.since <= on and (not self.until or on < self.until)

    def covers(self, country: str, region: str) -> bool:
        return country == self.country and (not self.regions or region in self.regions)


@cache
def every() -> tuple[Embargo, ...]:
    found = json.loads(FILE.read_text())
    return tuple(Embargo(**{**one, "regions": tuple(one["regions"])}) for one in found["embargoes"])


def of(country: str, region: str = "", *, on: date) -> Embargo | None:
    """The embargo that covers the place on that day."""
    return holding(country, region, on.isoformat()) if country else None


@cache
def countries() -> frozenset[str]:
    return frozenset(one.country for one in every())


def holding(country: str, region: str, on: str) -> Embargo | None:
    # Most places are in no country of the list, and this is asked with every question of a gateway.
    if country not in countries():
        return None
    return next((one for one in every() if one.covers(country, region) and one.holds(on)), None)
