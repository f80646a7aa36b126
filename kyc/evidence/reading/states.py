"""Issuers and nationalities as travel documents code them (ICAO Doc 9303-3, section 5): ISO's alpha-3 and its own. Pure."""

from functools import cache
from typing import NamedTuple

from babel.core import get_global

from kyc.parties import countries

# Codes that only travel documents use, with the country whose they are, if any (9303-3, section 5, parts B to D).
OWN = {
    "D": "DE",
    "GBD": "GB",
    "GBN": "GB",
    "GBO": "GB",
    "GBP": "GB",
    "GBS": "GB",
    "RKS": "XK",
    "EUE": "",
    "UNO": "",
    "UNA": "",
    "UNK": "",
    "XAA": "",
    "XBA": "",
    "XIM": "",
    "XCC": "",
    "XCE": "",
    "XCO": "",
    "XDC": "",
    "XEC": "",
    "XES": "",
    "XMP": "",
    "XOM": "",
    "XPO": "",
    "IAO": "",
    "XXA": "",
    "XXB": "",
    "XXC": "",
    "XXX": "",
}
# Bearers without a nationality: stateless, refugees by the Convention of 1951 and others, and of unspecified nationality.
OF_NO_NATIONALITY = frozenset({"XXA", "XXB", "XXC", "XXX"})
# What the standard prints on its specimens; no state issues such a document.
SPECIMEN = "UTO"
# Codes of alpha-3 that ISO has withdrawn; CLDR still knows them.
WITHDRAWN = frozenset({"ANT", "BUR", "DDR", "FXX", "MEL", "NTZ", "PCI", "PUS", "ROM", "SCG", "SUN", "TMP", "YMD", "YUG", "ZAR"})


class State(NamedTuple):
    """`country` is ISO 3166-1 alpha-2, empty for an organisation and for nobody's nationality."""

    code: str
    country: str


@cache
def by_code() -> dict[str, str]:
    found = {
        code: targets[0]
        for code, targets in get_global("territory_aliases").items()
        if len(code) == 3 and code.isalpha() and code not in WITHDRAWN and countries.is_country(targets[0])
    }
    return found | OWN


def of(code: str) -> State | None:
    """Of a code as it stands in the zone, without fillers; None for what is none."""
    return State(code, by_code()[code]) if code in by_code() else None


def is_specimen(code: str) -> bool:
    return code == SPECIMEN
