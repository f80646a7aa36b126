"""A dossier with something in every field, and one with nothing to tell, for what needs no database."""

import copy
import json
from pathlib import Path
from typing import Any

from reports import canonical

FILE = Path(__file__).with_name("specimen.json")
Facts = dict[str, Any]


def facts() -> Facts:
    return json.loads(FILE.read_text())  # type: ignore[no-any-return]  # the file holds an object


def keys() -> Facts:
    """An attribution report with something in every field."""
    return json.loads(FILE.with_name("specimen_keys.json").read_text())  # type: ignore[no-any-return]  # the file holds an object


def control() -> Facts:
    """A report on ownership and control with something in every field."""
    return json.loads(FILE.with_name("specimen_control.json").read_text())  # type: ignore[no-any-return]  # the file holds an object


def bare() -> Facts:
    """The same customer before anything was told: every list is empty but those that stand in each report."""
    emptied = emptied_in(facts())
    for name in ("legal_bases", "not_relied_on", "methodology", "sources", "summary"):
        emptied[name] = facts()[name]
    emptied["completeness"]["not_covered"] = facts()["completeness"]["not_covered"]
    return emptied | {"risk": {}}


def emptied_in(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: emptied_in(inner) for name, inner in value.items()}
    return [] if isinstance(value, list) else 0 if isinstance(value, int) and value < 100 else value


def envelope(found: Facts, **changed: Any) -> Facts:
    """As issued, with a digest that agrees."""
    return {
        "number": "R-03-2026-00017",
        "status": "issued",
        "status_text": "Issued and registered",
        "provider": "Example AI, Inc.",
        "prepared_by": "Astrid Lund",
        "approved_by": "Rui Duarte",
        "approved_at": "2026-11-24T15:40:00.000001Z",
        "addressee": "Bureau of Industry and Security",
        "requested_at": "2026-11-24T15:30:00.000001Z",
        "generated_at": "2026-11-24T15:30:05.123456Z",
        "classification": "Confidential",
        "paper": "A4",
        "signature": "PAdES B-B, by “Reports, Example AI, Inc.”.",
        "sha256": canonical.sha256(canonical.encode(found)),
    } | changed


def with_rows(count: int) -> Facts:
    """A structure of `count` owners, each a party, an interest and a verdict."""
    found = copy.deepcopy(facts())
    party, interest = found["parties"][0], found["ownership"]["interests"][0]
    found["parties"] = [dict(party, id=n, name=f"Owner {n}") for n in range(count)]
    found["ownership"]["interests"] = [dict(interest, owner=f"Owner {n}") for n in range(count)]
    for regime in found["ownership"]["regimes"]:
        verdict = regime["verdicts"][0]
        regime["verdicts"] = [dict(verdict, party=f"Owner {n}") for n in range(count)]
    return found
