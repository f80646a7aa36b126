"""Sections of the dossier that say what the customer may use: entities, keys, links, holds."""

from typing import Any

from accounts.audit import OFFICER
from accounts.models import Project
from kyc.cases.models import Entity
from kyc.keys import holds
from kyc.keys.models import Hold, Key, Link
from reports.facts.reader import Reader, instant


def access(reader: Reader) -> dict[str, Any]:
    entities = {row.pgh_obj_id: row for row in reader.then(Entity)}
    keys = {row.pgh_obj_id: row for row in reader.then(Key)}
    return {
        "entities": [entity_row(reader, row) for row in entities.values()],
        "keys": key_rows(reader, keys),
        "links": [link_row(reader, row, keys, entities) for row in reader.then(Link)],
        "holds": hold_rows(reader, keys, entities),
        "active": sum(1 for row in keys.values() if row.state == Key.State.ACTIVE),
    }


def shown(key: Any) -> str:
    """A key by its prefix and last four characters; the rest is not known to the product."""
    return f"{key.prefix}…{key.last_four}"


def entity_row(reader: Reader, row: Any) -> dict[str, str]:
    return {
        "reference": row.reference,
        "name": row.name,
        "assurance": row.assurance,
        "state": entity_state(reader, row),
        "from": instant(row.valid_from),
        "until": instant(row.valid_until),
        "ended_at": instant(row.ended_at),
        "end_reason": row.end_reason,
    }


def entity_state(reader: Reader, row: Any) -> str:
    if row.ended_at:
        return "ended"
    return "live" if row.valid_from <= reader.valid_at < row.valid_until else "expired"


def key_rows(reader: Reader, keys: dict[int, Any]) -> list[dict[str, str]]:
    projects = {row.pgh_obj_id: row.name for row in reader.then(Project)}
    names = reader.people(pk for row in keys.values() for pk in (row.issued_by_id, row.revoked_by_id))
    return [
        {
            "key": shown(row),
            "name": row.name,
            "project": projects.get(row.project_id, ""),
            "responsible": reader.brief(row.responsible_id),
            "state": str(Key.State(row.state).label),
            "issued_at": instant(row.issued_at),
            "issued_by": names.get(row.issued_by_id, ""),
            "revoked_at": instant(row.revoked_at),
            "revoked_by": names.get(row.revoked_by_id, ""),
        }
        for row in keys.values()
    ]


def link_row(reader: Reader, row: Any, keys: dict[int, Any], entities: dict[int, Any]) -> dict[str, str]:
    return {
        "key": shown(keys[row.key_id]) if row.key_id in keys else "",
        "entity": entities[row.entity_id].reference if row.entity_id in entities else "",
        "responsible": reader.brief(row.responsible_id),
        "from": instant(row.valid_from),
        "to": instant(row.valid_to),
        "because": row.because,
        "ended_because": row.ended_because,
    }


def hold_rows(reader: Reader, keys: dict[int, Any], entities: dict[int, Any]) -> list[dict[str, str]]:
    rows = list(reader.then(Hold))
    names = reader.people(pk for row in rows for pk in (row.placed_by_id, row.lifted_by_id))
    return [
        {
            "on": held_thing(row, keys, entities),
            "source": holds.plain(row.source),
            "reason": row.reason,
            "from": instant(row.placed_at),
            "placed_by": named(row, row.placed_by_id, names),
            "to": instant(row.lifted_at),
            "lifted_by": named(row, row.lifted_by_id, names),
            "lift_reason": row.lift_reason,
        }
        for row in rows
    ]


def named(hold: Any, person: int | None, names: dict[int | None, str]) -> str:
    """Whoever placed or lifted it, as far as it is told outside the compartment."""
    return OFFICER if person and hold.source == Hold.RESTRICTION else names.get(person, "")


def held_thing(row: Any, keys: dict[int, Any], entities: dict[int, Any]) -> str:
    if row.key_id in keys:
        return f"key {shown(keys[row.key_id])}"
    if row.entity_id in entities:
        return f"entity {entities[row.entity_id].reference}"
    return "the organisation"
