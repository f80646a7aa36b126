"""Countries as people choose them: ISO 3166-1 alpha-2 codes, named in the reader's language."""

import re
from functools import cache

from babel import Locale, UnknownLocaleError

# Codes that Unicode names but ISO 3166-1 assigns to no country. Kosovo's XK is kept: lists and registers use it.
NO_COUNTRIES = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})
# What content delivery networks send where they know no country, and of Tor.
UNTOLD = frozenset({"XX", "T1"})
CODE = re.compile(r"[A-Z]{2}", re.ASCII)


def locale_of(language: str) -> Locale:
    """Babel's locale for Django's language code; English when there is none."""
    try:
        return Locale.parse(language, sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale("en")


@cache
def names(language: str) -> dict[str, str]:
    """Code to name, in the order of the names."""
    found = {
        code: str(name)
        for code, name in locale_of(language).territories.items()
        if CODE.fullmatch(code) and code not in NO_COUNTRIES
    }
    return dict(sorted(found.items(), key=lambda pair: pair[1]))


def name(code: str, language: str) -> str:
    """The country's name, or the code itself when it is none."""
    return names(language).get(code, code)


def is_country(code: str) -> bool:
    return code in names("en")
