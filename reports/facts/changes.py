"""The section of the dossier that tells every change: when, who, what, from which value to which."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from django.db import models

from accounts.audit import PRODUCT
from accounts.models import Membership
from kyc.cases.models import Case, Entity, Examination, Requirement
from kyc.evidence.models import Document
from kyc.keys.models import Hold, Key, Link
from kyc.ownership.models import Interest
from kyc.ownership.shares import parse, shown
from kyc.parties.models import Party, Role
from kyc.screening.models import Hit
from reports.facts.reader import Reader, instant

# So many of the newest are printed; report.json holds all.
PRINTED = 1000
# Direct identifiers: that they changed is told, what they were is not.
SEALED = {"birth_date", "address", "registration_number"}
Tell = Callable[[Reader, Any], str]
NAMED = ("name", "native_name", "legal_form", "country", "hq_country", "registration_number", "birth_date", "address")
TOLD: tuple[tuple[type[models.Model], str, Tell, tuple[str, ...]], ...] = (
    (Party, "party", lambda reader, row: row.name, (*NAMED, "removed_on")),
    (Role, "role", lambda reader, row: f"{Role.Kind(row.kind).label}: {reader.name(row.party_id)}", ("title", "valid_to")),
    (Interest, "interest", lambda reader, row: interest(reader, row), ("share", "valid_to")),
    (Document, "document", lambda reader, row: row.name, ("removed_at",)),
    (Membership, "member", lambda reader, row: f"{Membership.Role(row.role).label}: {member(reader, row)}", ("role",)),
    (Case, "case", lambda reader, row: case_number(row), ("state", "submitted_at", "declared_true_at")),
    (Examination, "examination", lambda reader, row: f"round {row.pgh_obj_id}", ("state",)),
    (Hit, "possible match", lambda reader, row: f"{row.party_name}, entry {row.entry_id}", ("ruling", "ruling_reason")),
    (Requirement, "requirement", lambda reader, row: row.sentence, ("met_at",)),
    (Entity, "entity", lambda reader, row: row.reference, ("valid_until", "ended_at", "end_reason")),
    (Key, "key", lambda reader, row: f"{row.prefix}…{row.last_four}", ("state", "name", "revoked_at")),
    (Link, "link", lambda reader, row: row.because, ("valid_to", "ended_because")),
    (Hold, "hold", lambda reader, row: row.reason, ("lifted_at", "lift_reason")),
)


def case_number(row: Any) -> str:
    return Case(pk=row.pgh_obj_id, opened_at=row.opened_at).number


def member(reader: Reader, row: Any) -> str:
    return reader.people([row.user_id]).get(row.user_id, "")


def interest(reader: Reader, row: Any) -> str:
    return f"{reader.name(row.owner_id)} in {reader.name(row.owned_id)}, {shown(parse(row.share))}"


def changes(reader: Reader) -> dict[str, Any]:
    """Oldest first; only changes recorded by the effective instant."""
    found = []
    for order, (model, what, tell, fields) in enumerate(TOLD):
        before: dict[int, Any] = {}
        for row in reader.events(model):
            told = details(before.get(row.pgh_obj_id), row, fields)
            before[row.pgh_obj_id] = row
            if told is not None:
                found.append((row.pgh_created_at, order, row.pgh_id, what, tell(reader, row), told, row))
    found.sort(key=lambda item: item[:3])
    by = people(reader, [item[-1] for item in found])
    rows = [
        {"at": instant(at), "what": what, "which": which, "change": told, "by": by[row.pgh_xid]}
        for at, _, _, what, which, told, row in found
    ]
    return {"total": len(rows), "printed": min(len(rows), PRINTED), "rows": rows}


def people(reader: Reader, rows: list[Any]) -> dict[int, str]:
    """Who did it, by transaction: the audit row stands in the transaction of the change. Without one, the person whose
    request it was."""
    asked = {row.pgh_xid: (row.pgh_context or {}).get("user") for row in rows}
    acted = dict(reader.audited().values_list("xid", "actor_id"))
    names = reader.people([*asked.values(), *acted.values()])
    by = {xid: names.get(person, "") if person else PRODUCT for xid, person in acted.items()}
    return {xid: by.get(xid, names.get(person, "")) for xid, person in asked.items()}


def details(before: Any, row: Any, fields: tuple[str, ...]) -> str | None:
    """What happened to the row in words; None when nothing that a reader asks for."""
    if row.pgh_label == "delete":
        return "deleted"
    if before is None:
        return "recorded"
    changed = [difference(field, shown_as(before, field), shown_as(row, field)) for field in fields]
    return "; ".join(filter(None, changed)) or None


def shown_as(row: Any, field: str) -> Any:
    """A choice by its label, as everywhere else in the report."""
    found = getattr(row, field)
    return str(dict(row._meta.get_field(field).flatchoices).get(found, found)) if found and isinstance(found, str) else found


def difference(field: str, old: Any, new: Any) -> str:
    if old == new:
        return ""
    label = field.replace("_", " ")
    if field in SEALED:
        return f"{label} changed (not shown)"
    return f"{label}: {value(field, old) or 'none'} → {value(field, new) or 'none'}"


def value(field: str, found: Any) -> str:
    if field == "share":
        return shown(parse(found))
    if isinstance(found, datetime):
        return found.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    if isinstance(found, date):
        return found.isoformat()
    return str(found) if found is not None else ""
