"""A party as the standard describes it, in the fields of `recordDetails`. By default without addresses, without numbers of people
and tax numbers, and of birth dates only the year (BODS-13)."""

from typing import Any

from accounts.vault.erased import Unreadable
from kyc.parties import addresses, countries, identifying
from kyc.parties.models import Party

LEI = "XI-LEI"
# org-id.guide's code of the one tax number that it lists and that is no number of a register too. Others are named in words.
EIN = "US-EIN"
TAX_NUMBER = "Tax number"
ENTITY_TYPES: dict[str, dict[str, str]] = {
    Party.Kind.COMPANY: {"type": "registeredEntity"},
    Party.Kind.TRUST: {"type": "arrangement", "subtype": "trust"},
    Party.Kind.STATE: {"type": "stateBody"},
}
# What holds for one person what another owns (FATF-07).
NOMINATION = {"type": "arrangement", "subtype": "nomination"}


def is_entity(party: Any) -> bool:
    return party.kind in ENTITY_TYPES


def described(party: Any, *, full: bool = False, run_from: str | None = None) -> dict[str, Any]:
    """Of a party or a row of its history; `run_from` is the country of its headquarters, if it is another."""
    if not is_entity(party):
        return person(party, full=full)
    return entity(party, full=full, run_from=party.hq_country if run_from is None else run_from)


def entity(party: Any, *, full: bool, run_from: str) -> dict[str, Any]:
    kind = dict(ENTITY_TYPES[party.kind])
    if party.kind == Party.Kind.STATE and party.name == country_name(party.country):
        kind = {"type": "state"}
    if party.legal_form:
        kind["details"] = party.legal_form
    return given(
        entityType=kind,
        name=party.name,
        alternateNames=[party.native_name] if party.native_name else [],
        jurisdiction=country(party.country),
        identifiers=identifiers(party, full=full),
        addresses=places(party, full=full, run_from=run_from),
        uri=f"https://{party.domain}" if party.domain else "",
    )


def person(party: Any, *, full: bool) -> dict[str, Any]:
    if party.kind != Party.Kind.PERSON:
        details = {"reason": "informationUnknownToPublisher", "description": party.name}
        return {"personType": "unknownPerson", "unspecifiedPersonDetails": details}
    names = [{"type": "legal", "fullName": party.name}]
    if party.native_name:
        names.append({"type": "alternative", "fullName": party.native_name})
    born = readable(party.birth_date)
    home = postal(party, "address") if full else {}
    return given(
        personType="knownPerson",
        names=names,
        identifiers=taxed(party) if full else [],
        nationalities=[country(party.country)] if party.country else [],
        birthDate=born if full else born[:4],
        addresses=[{"type": "residence"} | home] if home else [],
    )


def identifiers(party: Any, *, full: bool) -> list[dict[str, str]]:
    found = []
    if number := readable(party.registration_number):
        found.append({"id": number} | register(party))
    if party.lei:
        found.append({"id": party.lei, "scheme": LEI, "schemeName": "Global Legal Entity Identifier Index"})
    return [*found, *taxed(party)] if full else found


def register(party: Any) -> dict[str, str]:
    """A register without a code is named in words."""
    code = identifying.scheme(party)
    if code and not code.endswith("-"):
        return {"scheme": code}
    return {"schemeName": f"Register of companies, {country_name(party.country) or 'country not stated'}"}


def taxed(party: Any) -> list[dict[str, str]]:
    number = readable(party.tax_number)
    if not number:
        return []
    told = {"id": number, "schemeName": f"{TAX_NUMBER}, {country_name(party.tax_country)}"}
    return [told | ({"scheme": EIN} if is_entity(party) and party.tax_country == "US" else {})]


def places(party: Any, *, full: bool, run_from: str) -> list[dict[str, Any]]:
    """Where it is run from, and where it is registered if that is elsewhere. By default of the first only the country."""
    headquarters = {"country": country(run_from)} if run_from else {}
    headquarters = (postal(party, "address") if full else {}) | headquarters
    registered = postal(party, "registered_address") if full else {}
    found = [("business", headquarters), ("registered", registered)]
    return [{"type": kind} | place for kind, place in found if place]


def postal(party: Any, field: str) -> dict[str, Any]:
    """A code and a country that stand apart are given apart, as the standard asks; what was told in one piece stays so."""
    known = addresses.of(party, field)
    if known is None:
        return given(address=readable(getattr(party, field)))
    return given(address=known.lines(without=["postal_code"]), postCode=known.postal_code, country=country(known.country))


def readable(value: Any) -> str:
    """Nothing of what was erased, or can't be opened."""
    return "" if isinstance(value, Unreadable) else str(value or "")


def country(code: str) -> dict[str, str]:
    return {"name": country_name(code), "code": code} if code else {}


def country_name(code: str) -> str:
    return countries.name(code, "en") if code else ""


def given(**fields: Any) -> dict[str, Any]:
    """Those that say something."""
    return {name: value for name, value in fields.items() if value}
