"""A publisher's name of a country as its ISO 3166-1 alpha-2 code."""

from functools import cache

from babel import Locale

# Names that publishers of lists use and the CLDR does not.
OTHERWISE = {
    "burma": "MM",
    "myanmar": "MM",
    "bosnia and herzegovina": "BA",
    "cabo verde": "CV",
    "congo, democratic republic of the": "CD",
    "congo, republic of the": "CG",
    "cote d ivoire": "CI",
    "cote d'ivoire": "CI",
    "czech republic": "CZ",
    "hong kong": "HK",
    "korea, north": "KP",
    "korea, south": "KR",
    "macau": "MO",
    "north macedonia, the republic of": "MK",
    "palestinian": "PS",
    "region: gaza": "PS",
    "west bank": "PS",
    "region: crimea": "UA",
    "the bahamas": "BS",
    "bahamas, the": "BS",
    "the gambia": "GM",
    "trinidad and tobago": "TT",
    "turkey": "TR",
    "saint kitts and nevis": "KN",
    "saint vincent and the grenadines": "VC",
    "st. vincent and the grenadines": "VC",
    "antigua and barbuda": "AG",
    "virgin islands, british": "VG",
}


# Codes of the CLDR that name no country.
NO_COUNTRY = {"EU", "EZ", "UN", "XA", "XB", "ZZ"}


@cache
def english() -> dict[str, str]:
    return {code: str(name) for code, name in Locale("en").territories.items() if len(code) == 2 and code not in NO_COUNTRY}


@cache
def known() -> dict[str, str]:
    return {name.lower(): code for code, name in english().items()} | OTHERWISE


def code(name: str) -> str:
    """`Russia` as RU; empty for what is no country."""
    return known().get(name.strip().lower(), "")


def named(code: str) -> str:
    """The English name of a code, or the code itself."""
    return english().get(code, code)
