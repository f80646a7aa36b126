"""Currencies by their ISO 4217 codes: those that are money somewhere today, as Unicode's CLDR has it."""

from functools import cache

from babel.core import get_global


@cache
def codes() -> frozenset[str]:
    """Of each country what is in use: no money of the past, and no code that means none."""
    told = get_global("territory_currencies")
    return frozenset(code for rows in told.values() for code, _, until, is_tender in rows if until is None and is_tender)


def is_currency(code: str) -> bool:
    return code in codes()
