"""Statements written in a few words."""

import hashlib
from typing import Any

TODAY = "2026-11-23"


def statement(record: str, kind: str, details: dict[str, Any], **more: Any) -> dict[str, Any]:
    made = {
        "declarationSubject": "firm",
        "recordId": record,
        "recordType": kind,
        "recordStatus": "new",
        "statementDate": TODAY,
        "recordDetails": details,
    } | more
    made["statementId"] = more.get("statementId", hashlib.sha256(repr(made).encode()).hexdigest())
    return made


def entity(record: str, *, component: bool = False, details: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    found = {"isComponent": component, "entityType": {"type": "registeredEntity"}, "name": record} | (details or {})
    return statement(record, "entity", found, **more)


def person(record: str, *, details: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    found = {"isComponent": False, "personType": "knownPerson", "names": [{"fullName": record}]} | (details or {})
    return statement(record, "person", found, **more)


def interest(share: Any = None, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "shareholding", "directOrIndirect": "direct", "beneficialOwnershipOrControl": False} | more
    if share is not None:
        found["share"] = share if isinstance(share, dict) else {"exact": share}
    return found


def tie(
    owner: Any, owned: Any, *interests: dict[str, Any], component: bool = False, parts: tuple[str, ...] = (), **more: Any
) -> dict[str, Any]:
    details: dict[str, Any] = {"isComponent": component, "subject": owned, "interestedParty": owner, "interests": list(interests)}
    if parts:
        details["componentRecords"] = list(parts)
    record = more.pop("record", f"{owner}>{owned}" if isinstance(owner, str) else f"nobody>{owned}")
    return statement(record, "relationship", details, **more)


def chain() -> list[dict[str, Any]]:
    """Ann holds all of Mid, and Mid 60 per cent of the firm."""
    return [
        entity("firm"),
        person("Ann"),
        entity("Mid", component=True),
        tie("Ann", "Mid", interest(100), component=True),
        tie("Mid", "firm", interest(60), component=True),
        tie(
            "Ann",
            "firm",
            interest(60, directOrIndirect="indirect", beneficialOwnershipOrControl=True),
            parts=("Mid", "Ann>Mid", "Mid>firm"),
        ),
    ]
