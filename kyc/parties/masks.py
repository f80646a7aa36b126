"""What is shown of an identifier in place of the whole: enough to tell one from another."""

from collections.abc import Callable
from typing import Any

NOTHING = "•••"


def year_only(day: str) -> str:
    return day[:4] + "-••" * day.count("-")


def ending(number: str) -> str:
    return f"{NOTHING} {number[-3:]}" if len(number) > 5 else NOTHING


def place_only(address: str) -> str:
    """The last part, which is the town or the country."""
    parts = [part.strip() for line in address.splitlines() for part in line.split(",")]
    return f"{NOTHING}, {parts[-1]}" if len(parts) > 1 and not any(map(str.isdigit, parts[-1])) else NOTHING


MASKS: dict[str, Callable[[str], str]] = {
    "birth_date": year_only,
    "address": place_only,
    "registered_address": place_only,
    "phone": ending,
    "registration_number": ending,
    "tax_number": ending,
    "reference": ending,
}


def over(instance: Any, field: str, value: str) -> str:
    """Of any sealed value; nothing of one that has no mask of its own."""
    return MASKS[field](value) if field in MASKS else NOTHING
