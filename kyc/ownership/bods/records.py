"""A party as the standard describes it, in the fields of `recordDetails`. By default without addresses and numbers of people, and
of their birth dates only the year (BODS-13)."""

from typing import Any

from accounts.vault.erased import Unreadable
from kyc.parties import countries
from kyc.parties.models import Party

# Codes of org-id.guide, by the country in which a company was formed. A register without one is named in words.
SCHEMES = {
    "BE": "BE-BCE_KBO",
    "CN": "CN-SAIC",
    "DE": "DE-CR",
    "DK": "DK-CVR",
    "FI": "FI-PRO",
    "FR": "FR-RCS",
    "GB": "GB-COH",
    "IE": "IE-CRO",
    "JP": "JP-JCN",
    "NL": "NL-KVK",
    "NO": "NO-BRC",
    "SE": "SE-BLV",
    "SG": "SG-ACRA",
}
LEI = "XI-LEI"
ENTITY_TYPES: dict[str, dict[str, str]] = {
    Party.Kind.COMPANY: {"type": "registeredEntity"},
    Party.Kind.TRUST: {"type": "arrangement", "subtype": "trust"},
    Party.Kind.STATE: {"type": "stateBody"},
}
# What holds for one person what another owns (FATF-07).
NOMINATION = {"type": "arrangement", "subtype": "nomination"}


def is_entity(party: Any) -> bool:
    return party.kind in ENTITY_TYPES


def described(party: Any, *, full: bool = False) -> dict[str, Any]:
    """Of a party or a row of its history."""
    return entity(party, full=full) if is_entity(party) else person(party, full=full)


def entity(party: Any, *, full: bool) -> dict[str, Any]:
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
        identifiers=identifiers(party),
        addresses=places(party, full=full),
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
    home = readable(party.address) if full else ""
    return given(
        personType="knownPerson",
        names=names,
        nationalities=[country(party.country)] if party.country else [],
        birthDate=born if full else born[:4],
        addresses=[{"type": "residence", "address": home}] if home else [],
    )


def identifiers(party: Any) -> list[dict[str, str]]:
    found = []
    if number := readable(party.registration_number):
        found.append({"id": number} | register(party.country))
    if party.lei:
        found.append({"id": party.lei, "scheme": LEI, "schemeName": "Global Legal Entity Identifier Index"})
    return found


def register(country_code: str) -> dict[str, str]:
    if country_code in SCHEMES:
        return {"scheme": SCHEMES[country_code]}
    return {"schemeName": f"Register of companies, {country_name(country_code) or 'country not stated'}"}


def places(party: Any, *, full: bool) -> list[dict[str, Any]]:
    """Where it is run from, and where it is registered if that is elsewhere. By default of the first only the country."""
    run_from = given(address=readable(party.address) if full else "", country=country(party.hq_country))
    registered = given(address=readable(party.registered_address) if full else "")
    found = [("business", run_from), ("registered", registered)]
    return [{"type": kind} | place for kind, place in found if place]


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
