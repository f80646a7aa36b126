"""How long the rule pack asks for what to be kept, as the engine (accounts/retention.py) takes it."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from accounts.retention import Basis, Rule
from kyc.rules import packs


def rule(code: str) -> Rule:
    """The current pack's."""
    found = packs.current().retention_rules[code]

    def bases(on: date) -> tuple[Basis, ...]:
        return tuple(basis(found, name, on) for name in found["instruments"]) or (policy(),)

    return Rule(
        code=code,
        title=found["title"],
        years=int(found["years"]),
        clock=found["clock"],
        bases=bases,
        note=found.get("note", ""),
        only=found.get("only", ""),
    )


def basis(found: dict[str, Any], instrument: str, on: date) -> Basis:
    known = packs.current().legal_basis(instrument, str(on))
    return Basis(
        citation=found.get("citation") or known["citation"],
        instrument=known["instrument"],
        status=known["status"],
        status_text=known["status_text"],
        note=known["note"],
    )


def policy() -> Basis:
    return Basis(citation=_("our own policy"), status_text=_("asked by no law"))
