"""Tax numbers: whether one can be of the country that is said to have given it, by its form and its check digits."""

from types import ModuleType

from stdnum.util import get_cc_module

# Of each country every number by which somebody pays tax there, as python-stdnum calls it.
KINDS: dict[str, tuple[str, ...]] = {
    "AR": ("cuit",),
    "AT": ("uid", "tin"),
    "AU": ("abn", "tfn"),
    "BE": ("vat", "nn"),
    "BG": ("vat",),
    "BR": ("cnpj", "cpf"),
    "CA": ("bn", "sin"),
    "CH": ("vat", "uid"),
    "CL": ("rut",),
    "CN": ("uscc", "ric"),
    "CO": ("nit",),
    "CY": ("vat",),
    "CZ": ("dic", "rc"),
    "DE": ("vat", "stnr", "idnr"),
    "DK": ("cvr", "cpr"),
    "EE": ("kmkr", "registrikood", "ik"),
    "ES": ("nif",),
    "FI": ("alv", "ytunnus", "hetu"),
    "FR": ("tva", "siren", "siret", "nif"),
    "GB": ("vat", "utr"),
    "GR": ("vat",),
    "HR": ("oib",),
    "HU": ("anum",),
    "IE": ("vat", "pps"),
    "IL": ("hp", "idnr"),
    "IN": ("gstin", "pan"),
    "IT": ("iva", "codicefiscale"),
    "JP": ("cn",),
    "KR": ("brn",),
    "LT": ("pvm", "asmens"),
    "LU": ("tva",),
    "LV": ("pvn",),
    "MT": ("vat",),
    "MX": ("rfc",),
    "NL": ("btw", "bsn"),
    "NO": ("mva", "orgnr", "fodselsnummer"),
    "NZ": ("ird",),
    "PL": ("nip", "pesel"),
    "PT": ("nif",),
    "RO": ("cf", "cnp"),
    "RU": ("inn",),
    "SE": ("vat", "orgnr", "personnummer"),
    "SG": ("uen",),
    "SI": ("ddv",),
    "SK": ("dph", "rc"),
    "TR": ("vkn", "tckimlik"),
    "TW": ("ubn",),
    "UA": ("edrpou", "rntrc"),
    "US": ("tin",),
    "ZA": ("tin",),
}


def rules(country: str) -> list[ModuleType]:
    found = (get_cc_module(country.lower(), kind) for kind in KINDS.get(country, ()))
    return [module for module in found if module is not None]


def is_possible(number: str, country: str) -> bool:
    """Of a country of whose numbers no rule is known, any is."""
    known = rules(country)
    return not known or any(module.is_valid(number) for module in known)


def compact(number: str, country: str) -> str:
    """Without what makes no other number: spaces, dots, the country in front of it."""
    valid = [module for module in rules(country) if module.is_valid(number)]
    return str(valid[0].compact(number)) if valid else " ".join(number.split())
