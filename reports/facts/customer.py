"""Sections of the dossier that say who the customer is: identity, parties, ownership, documents, members."""

from collections.abc import Iterable
from typing import Any

from accounts.models import Membership
from kyc.evidence.confirmation_models import Confirmation
from kyc.evidence.models import Document
from kyc.ownership import regimes, trusts
from kyc.ownership.interests import has_size, weight
from kyc.ownership.models import Interest, holdings
from kyc.ownership.shares import ONE, exactly, parse, shown
from kyc.parties import identifying
from kyc.parties.models import Party, Role
from reports.facts.assured import confirmed_now
from reports.facts.determined import determinations
from reports.facts.observed import discrepancies, observed, rule
from reports.facts.reader import Reader, country, day, instant, masked

W = Confirmation.What
DECLARED = "declared by the customer"
DIRECTLY, INDIRECTLY = "directly", "through others who are not named"
BY_LINK = "the person, by invitation"
IDENTITY = (
    ("name", "Legal name", str),
    ("native_name", "Name in its own script", str),
    ("legal_form", "Legal form", str),
    ("registration_number", "Registration number", str),
    ("register", "Register", str),
    ("country", "Country of formation", country),
    ("hq_country", "Headquarters country", country),
    ("address", "Address", str),
    ("registered_address", "Registered address", str),
    ("phone", "Telephone", masked),
    ("domain", "Web domain", str),
    ("lei", "LEI", str),
    ("tax_number", "Tax number", masked),
)
# By what a confirmation is of them.
CONFIRMED: dict[str, str] = {
    "registration_number": W.REGISTRATION,
    "address": W.ADDRESS,
    "phone": W.PHONE,
    "domain": W.DOMAIN,
    "lei": W.LEI,
}


def identity(reader: Reader) -> list[dict[str, str]]:
    """One row an attribute: its value, when it was recorded so, and what supports it."""
    party = reader.customer
    if party is None:
        return []
    events = list(reader.events(Party).filter(pgh_obj_id=party.pgh_obj_id)) or [party]
    confirmed, rows = confirmed_now(reader), []
    for field, label, show in IDENTITY:
        value = getattr(party, field)
        recorded_at = instant(since(events, field, value)) if value else ""
        if field == "register":
            value = identifying.register_name(party) if party.registration_number else ""
        elif field == "hq_country":
            value = reader.headquarters(party)
        told = reader.masked(value) if show is masked else show(value)
        rows.append(
            {
                "attribute": label,
                "value": f"{told}, {country(party.tax_country)}" if value and field == "tax_number" else told,
                "recorded_at": recorded_at,
                "source": DECLARED if value else "",
                "result": confirmed.get(CONFIRMED.get(field, ""), "not independently verified") if value else "not given",
            }
        )
    return rows


def since(events: list[Any], field: str, value: str) -> Any:
    """When the value was first recorded in the run of events that ends with it."""
    moment = events[-1].pgh_created_at
    for event in reversed(events):
        if getattr(event, field) != value:
            break
        moment = event.pgh_created_at
    return moment


def parties(reader: Reader) -> list[dict[str, Any]]:
    """Everyone with a live role other than the customer itself, with all roles in one row."""
    held = {pk: [role for role in roles if role.kind != Role.Kind.CUSTOMER] for pk, roles in reader.roles.items()}
    return [party_row(reader, reader.parties[pk], roles) for pk, roles in sorted(held.items()) if roles]


def number_of(reader: Reader, party: Any) -> str:
    """A company's number stands in a public register; a person's is of a document."""
    is_person = party.kind == Party.Kind.PERSON
    return reader.masked(party.registration_number) if is_person else str(party.registration_number)


def party_row(reader: Reader, party: Any, roles: list[Any]) -> dict[str, Any]:
    return {
        "id": party.pgh_obj_id,
        "name": party.name,
        "native_name": party.native_name,
        "kind": str(Party.Kind(party.kind).label),
        "roles": [str(Role.Kind(role.kind).label) for role in roles],
        "titles": sorted({role.title for role in roles if role.title}),
        "country": country(party.country),
        "hq_country": country(reader.headquarters(party)),
        "born": reader.born(party),
        "address": str(party.address) if reader.is_full else "",
        "email": str(party.email) if reader.is_full else "",
        "registration_number": number_of(reader, party),
        "register": identifying.scheme(party).removesuffix("-") if party.registration_number else "",
        "tax_number": reader.masked(party.tax_number),
        "tax_country": party.tax_country,
        "phone": reader.masked(party.phone),
        "domain": party.domain,
        "lei": party.lei,
        "declared_on": day(min(role.valid_from for role in roles)),
    }


def ownership(reader: Reader) -> dict[str, Any]:
    interests = [row for row in reader.held(Interest) if {row.owner_id, row.owned_id} <= reader.parties.keys()]
    return {
        "interests": [interest_row(reader, row) for row in interests],
        "weights": weights(reader, interests),
        "unaccounted": unaccounted(reader, interests),
        "observed": observed(reader),
        "discrepancies": discrepancies(reader),
        "discrepancy_rule": rule(reader),
        "regimes": determinations(reader),
    }


def interest_row(reader: Reader, row: Any) -> dict[str, str]:
    share = parse(row.share)
    is_sized = has_size(row.kind)
    return {
        "owner_id": row.owner_id,
        "owner": reader.name(row.owner_id),
        "owner_about": reader.about(row.owner_id),
        "owned_id": row.owned_id,
        "owned": reader.name(row.owned_id),
        "owned_about": reader.about(row.owned_id),
        "interest": str(Interest.Kind(row.kind).label),
        "type": row.kind,
        "held": INDIRECTLY if row.is_indirect else DIRECTLY,
        "held_for_id": row.held_for_id or 0,
        "held_for": reader.name(row.held_for_id),
        "held_for_about": reader.about(row.held_for_id),
        "share": shown(share) if is_sized else "",
        "min": str(share.min) if is_sized else "",
        "max": str(share.max) if is_sized else "",
        "since": row.held_since,
        "declared_on": day(row.valid_from),
        "source": DECLARED,
    }


def weights(reader: Reader, interests: list[Any]) -> list[dict[str, Any]]:
    """What each declared kind of interest counts for under each regime of the rule pack; none where all are shares."""
    kinds = {row.kind for row in interests}
    if not kinds - {Interest.Kind.SHAREHOLDING}:
        return []
    found = [weight(kind, reader.pack) for kind in Interest.Kind.values if kind in kinds]
    return [
        {
            "interest": str(Interest.Kind(row.kind).label),
            "owned": titles(reader, row.owned),
            "controls": titles(reader, row.controls),
            "role": titles(reader, row.role),
            "nothing": titles(reader, row.nothing),
        }
        for row in found
    ]


def titles(reader: Reader, regimes: Iterable[str]) -> list[str]:
    return [reader.pack.regime(regime)["title"] for regime in regimes]


def unaccounted(reader: Reader, interests: list[Any]) -> list[dict[str, str]]:
    """The unstated remainder of each company (OWN-05); the whole of one for which nobody is named."""
    companies = (pk for pk in sorted(reader.roles) if reader.parties[pk].kind == Party.Kind.COMPANY)
    left = dict.fromkeys(map(str, companies), exactly(ONE)) | regimes.unaccounted(trusts.shares_only(holdings(interests)))
    return [
        {
            "party_id": int(pk),
            "party": reader.brief(int(pk)),
            "share": shown(part),
            "min": str(part.min),
            "max": str(part.max),
        }
        for pk, part in sorted(left.items(), key=lambda item: int(item[0]))
        if part.max > 0
    ]


def documents(reader: Reader) -> list[dict[str, Any]]:
    rows = [row for row in reader.then(Document) if row.removed_at is None]
    names = reader.people(row.uploaded_by_id for row in rows)
    return [
        {
            "kind": str(Document.Kind(row.kind).label),
            "name": row.name,
            "of": reader.brief(row.party_id),
            "type": row.content_type,
            "bytes": row.size,
            "sha256": row.sha256,
            "uploaded_at": instant(row.uploaded_at),
            "uploaded_by": names.get(row.uploaded_by_id, "") if row.uploaded_by_id else BY_LINK,
        }
        for row in rows
    ]


def members(reader: Reader) -> list[dict[str, str]]:
    rows = list(reader.then(Membership))
    names = reader.people(row.user_id for row in rows)
    return [
        {"name": names.get(row.user_id, ""), "role": str(Membership.Role(row.role).label), "since": instant(row.since)}
        for row in rows
    ]
