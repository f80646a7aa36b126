"""What a verification service says, in our own words, and whether it changes what is known. Pure.

Messages come late, twice and out of order. What counts is the service's own time of each: an older one never changes what a newer
one said, and nothing changes what is final.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

STARTED, PROCESSING, INPUT_NEEDED, VERIFIED, REFUSED, CANCELLED = (
    "started", "processing", "input_needed", "verified", "refused", "cancelled",
)  # fmt: skip
FINAL = (VERIFIED, REFUSED, CANCELLED)
# Of two that bear the same instant, such as where a service counts in seconds, the later one.
ORDER = (STARTED, PROCESSING, INPUT_NEEDED, CANCELLED, REFUSED, VERIFIED)
# What is kept of the evidence; never a number, a name, a date of birth or a picture (PRV-06).
KEPT = {"type": 60, "issuing_country": 3, "expires_on": 10, "report": 200, "error": 60}


class Unreadable(Exception):
    """It is signed and says nothing that is understood."""


@dataclass(frozen=True)
class Person:
    """As the service read it, to be compared and not kept; empty where it does not say."""

    name: str = field(default="", repr=False)
    birth_date: str = field(default="", repr=False)


@dataclass(frozen=True)
class Told:
    """One message. `state` is empty where it is of a kind that changes nothing."""

    event: str
    kind: str
    at: datetime
    reference: str
    state: str
    descriptors: Mapping[str, str] = field(default_factory=dict)
    person: Person = field(default_factory=Person)


def changes(state: str, told_at: datetime | None, told: Told) -> bool:
    if not told.state or state in FINAL:
        return False
    if told_at is None or told.at > told_at:
        return True
    return told.at == told_at and ORDER.index(told.state) > ORDER.index(state)


def descriptors(found: Mapping[str, Any]) -> dict[str, str]:
    """Of the kinds that are kept, each of them short and of plain letters."""
    texts = {name: str(found[name]) for name in KEPT if isinstance(found.get(name), str | int)}
    return {name: text for name, text in texts.items() if text.isprintable() and 0 < len(text) <= KEPT[name]}


def text(found: Any, name: str, *, longest: int = 200) -> str:
    """Raises Unreadable."""
    value = found.get(name) if isinstance(found, dict) else None
    if not isinstance(value, str) or not value or len(value) > longest or not value.isprintable():
        raise Unreadable(name)
    return value


def mapping(found: Any, name: str) -> dict[str, Any]:
    """Empty where there is none. Raises Unreadable."""
    value = found.get(name) or {} if isinstance(found, dict) else None
    if not isinstance(value, dict):
        raise Unreadable(name)
    return value


def instant(seconds: Any) -> datetime:
    """Raises Unreadable."""
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds < 2**32:
        raise Unreadable("created")
    return datetime.fromtimestamp(seconds, UTC)


def day(found: Any) -> str:
    """Of {"year", "month", "day"}; empty where it is none."""
    parts = [found.get(name) for name in ("year", "month", "day")] if isinstance(found, dict) else []
    try:
        return date(*parts).isoformat()  # type: ignore[arg-type]  # what is no number raises TypeError
    except (TypeError, ValueError):
        return ""
