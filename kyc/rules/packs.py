"""Versioned rule packs: thresholds, country sets, factors and legal bases, each with its source and dates. Data, not code."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
CURRENT = "2026.11"
# What a legal basis can be to a provider, and the words a report prints for it (PR-00).
STATUSES = {
    "in_force": "in force",
    "proposed": "proposed, binds nobody",
    "suspended": "suspended",
    "bill": "bill, not law",
    "voluntary": "voluntary",
    "contract": "contract",
    "codified_unenforced": "codified, not enforced",
    "model": "model, followed by choice",
    "unknown": "no status known for this date",
}


class UnknownPack(LookupError):
    """No rule pack of that version."""


@dataclass(frozen=True)
class Threshold:
    """A share at which a regime's verdict turns; `inclusive` when the share itself already counts."""

    share: Fraction
    inclusive: bool
    source: str

    def reached(self, share: Fraction) -> bool:
        return share >= self.share if self.inclusive else share > self.share


@dataclass(frozen=True)
class Pack:
    """One version of the rules as reviewed on a day; `sha256` is the digest of the file it was read from."""

    version: str
    data: dict[str, Any]
    sha256: str = ""

    @property
    def reviewed_on(self) -> str:
        return str(self.data["reviewed_on"])

    def threshold(self, regime: str) -> Threshold:
        found = self.data["ownership"][regime]
        return Threshold(Fraction(found["threshold"]), found["inclusive"], found["source"])

    def regime(self, regime: str) -> dict[str, str]:
        """title, threshold (a fraction as text), line (at or above, above), arithmetic, since, source."""
        found = self.data["ownership"][regime]
        line = "at or above" if found["inclusive"] else "above"
        return {name: str(found[name]) for name in ("title", "threshold", "arithmetic", "since", "source")} | {"line": line}

    def legal_bases(self, report: str, *, on: date | None = None) -> list[dict[str, str]]:
        """What a report of that kind rests on, each with the status it had on that day (PR-00), by default the day of
        review: instrument, citation, status, status_text, since, until, note, source, certainty."""
        day = str(on or self.reviewed_on)
        return [self.legal_basis(code, day) for code in self.data["legal_bases"][report]]

    def not_relied_on(self, report: str, *, on: date) -> list[dict[str, str]]:
        """Rules that a reader may look for in a report of that kind and that it gives no verdict under, as `legal_bases`."""
        return [self.legal_basis(code, str(on)) for code in self.data["not_relied_on"][report]]

    def regime_basis(self, regime: str, *, on: date) -> dict[str, str] | None:
        """The legal basis of a regime on that day; None where it rests on no instrument of the pack."""
        code = self.data["ownership"][regime].get("instrument")
        return self.legal_basis(code, str(on)) if code else None

    def legal_basis(self, code: str, day: str) -> dict[str, str]:
        found = self.data["instruments"][code]
        held = [s for s in found["statuses"] if s["since"] <= day and day < s.get("until", "9999")]
        status = held[-1] if held else {"status": "unknown", "since": "", "note": "The pack records no status for this date."}
        return {
            "instrument": found["instrument"],
            "citation": found["citation"],
            "status": status["status"],
            "status_text": STATUSES[status["status"]],
            "since": status["since"],
            "until": status.get("until", ""),
            "note": status["note"],
            "source": found["source"],
            "certainty": self.data["certainty"][found["certainty"]],
        }

    def countries(self, name: str) -> frozenset[str]:
        return frozenset(self.data["country_sets"][name]["countries"])

    def factor(self, code: str) -> tuple[int, str]:
        found = self.data["risk"]["factors"][code]
        return found["points"], found["sentence"]

    def band(self, value: int) -> str:
        bands = self.data["risk"]["bands"]
        return "high" if value >= bands["high"] else "medium" if value >= bands["medium"] else "low"

    def entity_days(self, band: str) -> int:
        return int(self.data["entity_days"][band])

    @property
    def unaccounted_line(self) -> Fraction:
        """The part of a company's shares from which it counts that nobody is stated to hold it."""
        return Fraction(self.data["risk"]["lines"]["unaccounted"])

    @property
    def deep_chain(self) -> int:
        """The levels of owners above the customer from which a chain counts as deep."""
        return int(self.data["risk"]["lines"]["deep_chain"])

    @property
    def screening_threshold(self) -> float:
        return float(self.data["screening"]["threshold"])

    @property
    def list_days(self) -> int:
        """The age in days from which a list that was used is called old."""
        return int(self.data["screening"]["list_days"])

    @property
    def notice_version(self) -> str:
        return str(self.data["notice"]["version"])


@cache
def get(version: str) -> Pack:
    """The pack of that version; raises UnknownPack."""
    path = FOLDER / f"pack_{version.replace('.', '_')}.json"
    if not path.exists():
        raise UnknownPack(version)
    content = path.read_bytes()
    return Pack(version, json.loads(content), hashlib.sha256(content).hexdigest())


def current() -> Pack:
    return get(CURRENT)
