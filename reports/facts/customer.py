"""Sections of the dossier that say who the customer is: identity, parties, ownership, documents, members."""

from fractions import Fraction
from typing import Any

from accounts.models import Membership
from kyc.evidence.models import Document
from kyc.ownership import regimes
from kyc.ownership.models import Determination, Interest
from kyc.ownership.shares import Interval, parse, per_cent, shown
from kyc.parties.models import Party, Role
from reports.facts.reader import Reader, country, day, instant, masked

DECLARED = "declared by the customer"
IDENTITY = (
    ("name", "Legal name", str),
    ("native_name", "Name in its own script", str),
    ("legal_form", "Legal form", str),
    ("registration_number", "Registration number", masked),
    ("country", "Country of formation", country),
    ("hq_country", "Headquarters country", country),
    ("address", "Address", str),
)
VERDICTS = {"yes": "yes", "no": "no", "indeterminate": "can't be decided"}


def identity(reader: Reader) -> list[dict[str, str]]:
    """One row an attribute: its value, since when it was declared so, and what supports it."""
    roles = [role for role in reader.held(Role) if role.kind == Role.Kind.CUSTOMER]
    if not roles or roles[0].party_id not in reader.parties:
        return []
    party = reader.parties[roles[0].party_id]
    events = list(reader.events(Party).filter(pgh_obj_id=party.pgh_obj_id)) or [party]
    rows = []
    for field, label, show in IDENTITY:
        value = getattr(party, field)
        rows.append(
            {
                "attribute": label,
                "value": show(value),
                "since": instant(since(events, field, value)) if value else "",
                "source": DECLARED if value else "",
                "result": "not independently verified" if value else "not given",
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
    held: dict[int, list[Any]] = {}
    for role in reader.held(Role):
        if role.kind != Role.Kind.CUSTOMER and role.party_id in reader.parties:
            held.setdefault(role.party_id, []).append(role)
    return [party_row(reader.parties[pk], roles) for pk, roles in sorted(held.items())]


def party_row(party: Any, roles: list[Any]) -> dict[str, Any]:
    return {
        "id": party.pgh_obj_id,
        "name": party.name,
        "native_name": party.native_name,
        "kind": str(Party.Kind(party.kind).label),
        "roles": [str(Role.Kind(role.kind).label) for role in roles],
        "titles": sorted({role.title for role in roles if role.title}),
        "country": country(party.country),
        "hq_country": country(party.hq_country),
        "birth_year": party.birth_date[:4],
        "registration_number": masked(party.registration_number),
        "since": day(min(role.valid_from for role in roles)),
    }


def ownership(reader: Reader) -> dict[str, Any]:
    interests = [row for row in reader.held(Interest) if {row.owner_id, row.owned_id} <= reader.parties.keys()]
    return {
        "interests": [interest_row(reader, row) for row in interests],
        "unaccounted": unaccounted(reader, interests),
        "regimes": determinations(reader),
    }


def interest_row(reader: Reader, row: Any) -> dict[str, str]:
    share = parse(row.share)
    return {
        "owner": reader.name(row.owner_id),
        "owner_kind": str(Party.Kind(reader.parties[row.owner_id].kind).label),
        "owned": reader.name(row.owned_id),
        "interest": row.kind,
        "share": shown(share),
        "min": str(share.min),
        "max": str(share.max),
        "since": day(row.valid_from),
        "source": DECLARED,
    }


def unaccounted(reader: Reader, interests: list[Any]) -> list[dict[str, str]]:
    """The unstated remainder of each owned company (OWN-05)."""
    holdings = [regimes.Holding(str(row.owner_id), str(row.owned_id), parse(row.share)) for row in interests]
    left = regimes.unaccounted(holdings)
    return [
        {"party": reader.name(int(pk)), "share": shown(part), "min": str(part.min), "max": str(part.max)}
        for pk, part in sorted(left.items(), key=lambda item: int(item[0]))
        if part.max > 0
    ]


def determinations(reader: Reader) -> list[dict[str, Any]]:
    """Each regime's word on each party in the last round, with its line and its arithmetic."""
    rows = Determination.objects.filter(organisation_id=reader.organisation, examination_id=reader.latest)
    found: dict[str, list[Determination]] = {}
    for row in rows.order_by("regime", "party_id"):
        found.setdefault(row.regime, []).append(row)
    return [regime_row(reader, regime, rows) for regime, rows in found.items()]


def regime_row(reader: Reader, regime: str, rows: list[Determination]) -> dict[str, Any]:
    about = reader.pack.regime(regime)
    return {
        "regime": regime,
        "title": about["title"],
        "line": f"{about['line']} {per_cent(Fraction(about['threshold']))}",
        "threshold": about["threshold"],
        "arithmetic": about["arithmetic"],
        "source": about["source"],
        "rule_pack": rows[0].rule_pack,
        "verdicts": [
            {
                "party": reader.name(row.party_id),
                "verdict": VERDICTS.get(row.verdict, row.verdict),
                "share": shown(Interval(Fraction(row.share_min), Fraction(row.share_max))),
                "min": row.share_min,
                "max": row.share_max,
                "why": list(row.why),
            }
            for row in rows
        ],
    }


def documents(reader: Reader) -> list[dict[str, Any]]:
    rows = [row for row in reader.then(Document) if row.removed_at is None]
    names = reader.people(row.uploaded_by_id for row in rows)
    return [
        {
            "kind": str(Document.Kind(row.kind).label),
            "name": row.name,
            "of": reader.name(row.party_id),
            "type": row.content_type,
            "bytes": row.size,
            "sha256": row.sha256,
            "uploaded_at": instant(row.uploaded_at),
            "uploaded_by": names.get(row.uploaded_by_id, ""),
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
