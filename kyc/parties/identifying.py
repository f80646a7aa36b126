"""By which numbers a party is known elsewhere: its LEI, its number in a register, its tax number."""

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kyc.parties import countries, registers, taxes, wording
from kyc.parties.models import Party
from kyc.parties.wording import BadText, checked


def identify(party: Party, *, lei: str | None, register: str | None, tax_number: str | None, tax_country: str | None) -> None:
    """Sets those that are given, once it is said where the party was formed. Raises BadText."""
    if lei is not None:
        party.lei = wording.lei("lei", lei)
    if register is not None:
        party.register = register_of(party, register)
    if tax_number is not None:
        party.tax_number, party.tax_country = taxed(party, tax_number, tax_country or "")


def register_of(party: Party, code: str) -> str:
    """Empty where it is the one that companies of the country stand in anyway, so that a corrected country takes it along."""
    if not code:
        return ""
    found = registers.known().get(code)
    if found is None:
        raise BadText("register", _("Choose a register from the list."))
    if found.country != party.country:
        told = {"register": found.name, "country": named(found.country), "formed": named(party.country)}
        sentence = _("%(register)s is a register of %(country)s, and what stands here was formed in %(formed)s.")
        raise BadText("register", sentence % told)
    return "" if found.main else code


def taxed(party: Party, number: str, country: str) -> tuple[str, str]:
    """The number as that country writes it, and the country; by default the one where the party is from."""
    number = checked("tax_number", number, limit=40)
    if not number:
        return "", ""
    country = country or party.country
    if not countries.is_country(country):
        raise BadText("tax_country", _("Choose a country from the list."))
    if not taxes.is_possible(number, country):
        sentence = _("This cannot be a tax number of %(country)s: its form or its check digits do not agree. Look for a slip.")
        raise BadText("tax_number", sentence % {"country": named(country)})
    return taxes.compact(number, country), country


def scheme(party: Party) -> str:
    """What the registration number is a number of (kyc.parties.registers.scheme), of a party or a row of its history."""
    return registers.scheme(party.register, party.country) if party.kind != Party.Kind.PERSON else ""


def named(country: str) -> str:
    return countries.name(country, get_language() or "en")


def register_name(party: Party) -> str:
    """The register in words, with its code where it has one."""
    code = scheme(party)
    if not code:
        return ""
    found = registers.known().get(code)
    return f"{found.name} ({code})" if found else _("register of %(country)s") % {"country": named(party.country)}
