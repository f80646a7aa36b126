"""A publisher's name of a country as its ISO 3166-1 alpha-2 code."""

from functools import cache

from kyc.parties import countries

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
    # The United Nations' own.
    "bolivia (plurinational state of)": "BO",
    "brunei darussalam": "BN",
    "china, hong kong special administrative region": "HK",
    "china, macao special administrative region": "MO",
    "congo": "CG",
    "côte d'ivoire": "CI",
    "czechia": "CZ",
    "democratic people's republic of korea": "KP",
    "democratic republic of the congo": "CD",
    "iran (islamic republic of)": "IR",
    "lao people's democratic republic": "LA",
    "micronesia (federated states of)": "FM",
    "occupied palestinian territory": "PS",
    "republic of korea": "KR",
    "republic of moldova": "MD",
    "russian federation": "RU",
    "state of palestine": "PS",
    "syrian arab republic": "SY",
    "united kingdom of great britain and northern ireland": "GB",
    "united republic of tanzania": "TZ",
    "united states of america": "US",
    "venezuela (bolivarian republic of)": "VE",
    "viet nam": "VN",
    # The United Kingdom's and the European Union's own.
    "congo (democratic republic)": "CD",
    "north korea (democratic people's republic of korea)": "KP",
    "korea (democratic people's republic of)": "KP",
    "north korea": "KP",
    "south korea": "KR",
    "ivory coast": "CI",
    "united states": "US",
    "usa": "US",
    "uk": "GB",
}


@cache
def known() -> dict[str, str]:
    return {name.lower(): code for code, name in countries.names("en").items()} | OTHERWISE


def code(name: str) -> str:
    """`Russia` as RU; empty for what is no country."""
    return known().get(name.strip().lower().replace("’", "'"), "")


def named(code: str) -> str:
    """The English name of a code, or the code itself."""
    return countries.name(code, "en")
