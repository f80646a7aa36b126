"""The section of the dossier that tells every change: when, who, what, from which value to which."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import models

from accounts import history
from accounts.audit import OFFICER, PRODUCT
from accounts.models import Membership, User
from accounts.permissions import StaffRole
from kyc.cases.models import Case, Entity, Examination, Requirement
from kyc.evidence.models import AttributeProof, AuthorityProof, Document, ExclusionRuling, Invitation, StatusProof
from kyc.keys.models import Hold, Key, Link
from kyc.ownership.interests import has_size
from kyc.ownership.models import Discrepancy, Interest, Observation
from kyc.ownership.shares import parse, shown
from kyc.parties.models import Attribute, Exclusion, Party, PaymentMeans, PersonStatus, Profile, Questionnaire, Role
from kyc.rules import packs
from kyc.screening.models import Hit
from reports.facts.reader import Reader, country, instant, told_apart

# So many of the newest are printed; report.json holds all.
PRINTED = 1000
# Direct identifiers of people: that they changed is told, what they were is not.
SEALED = {"birth_date", "address", "email", "registration_number", "tax_number"}
# What a new row is called by already.
NAMING = {"name", "role", "share"}
COUNTRIES = {"country", "hq_country", "tax_country"}
LABELS = {
    "hq_country": "headquarters country",
    "tax_country": "country of the tax number",
    "valid_to": "ended on",
    "valid_until": "valid until",
}
# Stands for the product among the ids of users.
PRODUCT_ITSELF = -1
# No person has this number: one who is told of by no name.
UNNAMED = 0
Tell = Callable[[Reader, Any], str]
NAMED = (
    "name", "native_name", "legal_form", "country", "hq_country", "registration_number", "register", "lei", "tax_country",
    "domain", "email",
)  # fmt: skip
PAID = ("institution", "country", "source", "source_details", "valid_to")
PRIVATE = ("birth_date", "address", "registered_address", "phone", "tax_number")
TOLD: tuple[tuple[type[models.Model], str, Tell, tuple[str, ...]], ...] = (
    (Party, "party", lambda reader, row: told_apart(row), ("kind", *NAMED, *PRIVATE, "removed_on")),
    (
        Profile,
        "class",
        lambda reader, row: str(Profile.CustomerClass(row.customer_class).label),
        ("programme", "programme_run_by"),
    ),
    (Role, "role", lambda reader, row: f"{Role.Kind(row.kind).label}: {reader.brief(row.party_id)}", ("title", "valid_to")),
    (Interest, "interest", lambda reader, row: interest(reader, row), ("share", "valid_to")),
    (
        Observation,
        "source read",
        lambda reader, row: read(reader, row),
        ("found_in", "stated_on", "withdrawn_at", "withdrawn_because"),
    ),
    (
        Discrepancy,
        "difference",
        lambda reader, row: differs(reader, row),
        ("declared", "observed", "due_on", "resolution", "reason", "reference"),
    ),
    (PersonStatus, "person status", lambda reader, row: status(reader, row), ("standing", "basis", "valid_to")),
    (StatusProof, "proof of status", lambda reader, row: proof(reader, row), ("valid_until",)),
    (AuthorityProof, "proof of authority", lambda reader, row: authority(reader, row), ()),
    (Attribute, "origin", lambda reader, row: origin(reader, row), ("since", "valid_from", "valid_to")),
    (AttributeProof, "proof of origin", lambda reader, row: origin_proved(reader, row), ()),
    (Exclusion, "exclusion claimed", lambda reader, row: exclusion(reader, row), ("reference", "valid_to")),
    (
        ExclusionRuling,
        "word on an exclusion",
        lambda reader, row: excluded(reader, row),
        ("ruling", "valid_until", "reason", "superseded_at"),
    ),
    (Invitation, "invitation", lambda reader, row: reader.brief(row.party_id), ("expires_at", "used_at", "ended_at")),
    (Questionnaire, "intended use", lambda reader, row: f"version {row.version}", ("signed_name", "expires_on", "superseded_at")),
    (PaymentMeans, "payment", lambda reader, row: means(row), ("holder", "network", *PAID)),
    (Document, "document", lambda reader, row: row.name, ("kind", "removed_at")),
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


def status(reader: Reader, row: Any) -> str:
    return f"{reader.brief(row.party_id)}, {PersonStatus.Axis(row.axis).label}"


def proof(reader: Reader, row: Any) -> str:
    found = reader.statuses.get(row.status_id)
    return status(reader, found) if found else ""


def authority(reader: Reader, row: Any) -> str:
    """Whose it is, also of one who may sign no more."""
    role = reader.all_events(Role).filter(pgh_obj_id=row.role_id).first()
    return reader.brief(role.party_id) if role else ""


def origin(reader: Reader, row: Any) -> str:
    value = reader.brief(row.parent_id) if row.parent_id else country(row.country)
    return f"{Attribute.What(row.what).label} of {reader.brief(row.party_id)}: {value}"


def origin_proved(reader: Reader, row: Any) -> str:
    found = reader.all_events(Attribute).filter(pgh_obj_id=row.attribute_id).first()
    return origin(reader, found) if found else ""


def exclusion(reader: Reader, row: Any) -> str:
    return f"{reader.brief(row.party_id)}: {packs.get(row.rule_pack).exclusions[row.ground].title}"


def excluded(reader: Reader, row: Any) -> str:
    found = reader.all_events(Exclusion).filter(pgh_obj_id=row.exclusion_id).first()
    return exclusion(reader, found) if found else ""


def means(row: Any) -> str:
    return ", ".join(filter(None, (str(PaymentMeans.Kind(row.kind).label), row.last_four and f"•••• {row.last_four}")))


def interest(reader: Reader, row: Any) -> str:
    held_for = f", held for {reader.brief(row.held_for_id)}" if row.held_for_id else ""
    return f"{reader.brief(row.owner_id)} in {reader.brief(row.owned_id)}, {share(row)}{held_for}"


def read(reader: Reader, row: Any) -> str:
    """What a source said."""
    if row.is_all:
        return f"{reader.brief(row.owned_id)}: no other owner"
    return f"{reader.brief(row.owner_id) or row.owner_name} in {reader.brief(row.owned_id)}, {share(row)}"


def differs(reader: Reader, row: Any) -> str:
    """In what, and from which source."""
    seen = reader.all_events(Observation).filter(pgh_obj_id=row.observation_id).first()
    return f"{Discrepancy.Kind(row.kind).label}: {read(reader, seen)}" if seen else str(Discrepancy.Kind(row.kind).label)


def share(row: Any) -> str:
    """The size of a shareholding; of another interest what it is, with the size of one that has any."""
    found = shown(parse(row.share, zero=True)) if has_size(row.kind) else ""
    kind = "" if row.kind == Interest.Kind.SHAREHOLDING else str(Interest.Kind(row.kind).label).lower()
    return ": ".join(filter(None, (kind, found)))


def changes(reader: Reader) -> dict[str, Any]:
    """Oldest first: those recorded by the effective instant, then `later` ones that are known at the cut. `earliest` is when
    anything was first recorded."""
    found = []
    for order, (model, what, tell, fields) in enumerate(TOLD):
        before: dict[int, Any] = {}
        for row in reader.all_events(model):
            told = details(before.get(row.pgh_obj_id), row, fields, tell(reader, row), is_full=reader.is_full)
            before[row.pgh_obj_id] = row
            if told is not None:
                found.append((row.pgh_created_at, place(row) or 0, order, row.pgh_id, what, tell(reader, row), told, row))
    found.sort(key=lambda item: item[:4])
    actors = Actors.of(reader, [item[-1] for item in found])
    rows = [
        {"at": instant(at), "what": what, "which": which, "change": told, **actors.told(row)}
        for at, *_, what, which, told, row in found
    ]
    then = sum(1 for at, *_ in found if at <= reader.valid_at)
    earliest = rows[0]["at"] if rows else ""
    return printed(rows[:then]) | {"earliest": earliest, "later": printed(rows[then:])}


def printed(rows: list[dict[str, str]]) -> dict[str, Any]:
    return {"total": len(rows), "printed": min(len(rows), PRINTED), "rows": rows}


@dataclass(frozen=True)
class Actors:
    """Who did what was done in each transaction, or at a place in one that several people share: name and, as it was then,
    role."""

    by: Mapping[tuple[int, int], int | None]
    names: Mapping[int | None, str]
    roles: Mapping[int, list[tuple[datetime, str]]]

    @classmethod
    def of(cls, reader: Reader, rows: list[Any]) -> "Actors":
        """The audit row stands in the transaction of the change. Without one, it was the person whose request it was. Where
        several people share a transaction, each row says whose it is."""
        asked = {transaction_of(row): user(row) for row in rows if place(row) is None}
        audited = reader.audited().values_list("incarnation", "xid", "actor_id", "actor")
        acted = {(inc, xid): person or nobody(name) for inc, xid, person, name in audited}
        by = asked | {which: person for which, person in acted.items() if which in asked}
        people = [person for person in (*by.values(), *(user(row) for row in rows)) if person]
        return cls(by, reader.people(people) | {PRODUCT_ITSELF: PRODUCT, UNNAMED: OFFICER}, roles_of(reader, people))

    def told(self, row: Any) -> dict[str, str]:
        person = self.by.get(transaction_of(row)) if place(row) is None else user(row) or PRODUCT_ITSELF
        held = [role for at, role in self.roles.get(person or 0, []) if at <= row.pgh_created_at]
        return {"by": self.names.get(person, ""), "role": held[-1] if held else ""}


def nobody(actor: str) -> int:
    """Who it was where the audit row points to no person."""
    return UNNAMED if actor == OFFICER else PRODUCT_ITSELF


def transaction_of(row: Any) -> tuple[int, int]:
    return row.pgh_incarnation, row.pgh_xid


def user(row: Any) -> int | None:
    return (row.pgh_context or {}).get("user")


def place(row: Any) -> int | None:
    """Within a transaction that several people share (accounts.acting.in_turns)."""
    return (row.pgh_context or {}).get("place")


def roles_of(reader: Reader, people: Iterable[int]) -> dict[int, list[tuple[datetime, str]]]:
    """Each person's roles with since when, oldest first: as staff, else in the organisation."""
    found: dict[int, list[tuple[datetime, str]]] = {}
    for row in history.changes(User, reader.snapshot).filter(pgh_obj_id__in=set(people)):
        if row.staff_role:
            found.setdefault(row.pgh_obj_id, []).append((row.pgh_created_at, str(StaffRole(row.staff_role).label).lower()))
    for row in reader.all_events(Membership):
        role = f"{Membership.Role(row.role).label.lower()} of the account"
        found.setdefault(row.user_id, []).append((row.pgh_created_at, role))
    return {person: sorted(roles, key=lambda role: role[0]) for person, roles in found.items()}


def details(before: Any, row: Any, fields: tuple[str, ...], which: str = "", *, is_full: bool = False) -> str | None:
    """What happened to the row in words, of people's identifiers what they were only in a full report; None when nothing that a
    reader asks for."""
    if row.pgh_label == "delete":
        return "deleted"
    if before is None:
        values = [(field, shown_as(row, field)) for field in fields]
        shown = [(field, found) for field, found in values if found and not (field in NAMING and str(found) in which)]
        told = [first(row, field, found, is_full=is_full) for field, found in shown]
        return "; ".join(["recorded", *told])
    changed = [difference(row, field, shown_as(before, field), shown_as(row, field), is_full=is_full) for field in fields]
    return "; ".join(filter(None, changed)) or None


def shown_as(row: Any, field: str) -> Any:
    """A choice by its label, as everywhere else in the report."""
    found = getattr(row, field)
    return str(dict(row._meta.get_field(field).flatchoices).get(found, found)) if found and isinstance(found, str) else found


def is_sealed(row: Any, field: str) -> bool:
    """A person's identifiers, and every telephone and tax number; a company's other ones stand in public registers."""
    return field in {"phone", "tax_number"} or (field in SEALED and getattr(row, "kind", "") == Party.Kind.PERSON)


def first(row: Any, field: str, found: Any, *, is_full: bool = False) -> str:
    return f"{label(field)} (not shown)" if is_sealed(row, field) and not is_full else f"{label(field)}: {value(field, found)}"


def difference(row: Any, field: str, old: Any, new: Any, *, is_full: bool = False) -> str:
    if old == new:
        return ""
    if is_sealed(row, field) and not is_full:
        return f"{label(field)} changed (not shown)"
    return f"{label(field)}: {value(field, old) or 'none'} → {value(field, new) or 'none'}"


def label(field: str) -> str:
    return LABELS.get(field, field.replace("_", " "))


def value(field: str, found: Any) -> str:
    if field == "share":
        return shown(parse(found))
    if field in COUNTRIES:
        return country(found)
    if isinstance(found, datetime):
        return found.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    if isinstance(found, date):
        return found.isoformat()
    return str(found) if found is not None else ""
