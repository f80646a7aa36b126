"""What the audit tree says of one event: its leaf, canonical JSON (RFC 8785), the same for as long as the event is.

The tree must outlive the people in it. So a leaf holds as they are only the columns that say nothing about a person: number,
transaction, instant, verb, ids, request, and those details that are codes, counts or switches. Every other value is there as
a commitment, an HMAC-SHA-256 under a random salt of its own: who acted and for whom (names), why (free text, and people write
names into it), and each detail that is not listed in PLAIN, so that a new one is committed to until somebody says that it is
harmless. An id alone is no name: it leads to a person only through rows that are erased with him.

The salts stand in the event's row beside the values and in no leaf. To erase a value, its commitment is put into `erased`, and
value and salt are overwritten: the leaf stays the same to the byte, every proof still holds, and nobody can try names against
a commitment whose salt is gone.
"""

import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

import rfc8785

VERSION = 1
SALT_BYTES = 16
# Details that are codes of the product's own, counts or switches, whatever event they stand in.
PLAIN = frozenset(
    {
        "choice",
        "code",
        "count",
        "downloaded",
        "kind",
        "mailed",
        "outcome",
        "role",
        "rule_pack",
        "ruling",
        "size",
        "source",
        "version",
    }
)
NAMES = ("actor", "on_behalf_of", "reason")
LARGEST = 2**53 - 1


class Event(Protocol):
    """The columns of an audit row, as the database gives them."""

    id: int
    xid: int
    at: datetime
    verb: str
    actor_id: int | None
    actor: str
    on_behalf_of: str
    target_type: str
    target_id: str
    organisation_id: int | None
    reason: str
    details: dict[str, Any]
    request_id: str
    salts: dict[str, str]
    erased: dict[str, str] | None


def is_plain(name: str, value: object) -> bool:
    return value is None or isinstance(value, bool) or (name in PLAIN and isinstance(value, (str, int)))


def personal(event: Event) -> Iterator[tuple[str, Any]]:
    """The values that a leaf only commits to; an empty text says nothing and needs none."""
    yield from ((name, value) for name in NAMES if (value := getattr(event, name)))
    yield from ((f"details.{name}", value) for name, value in event.details.items() if not is_plain(name, value))


def salted(names: Iterable[str], random: bytes) -> dict[str, str]:
    """A salt for each name, cut from `random`."""
    return {name: random[at * SALT_BYTES : (at + 1) * SALT_BYTES].hex() for at, name in enumerate(names)}


def exact(value: Any) -> Any:
    """The same value without numbers that programs round each in its own way: those are written as text."""
    if isinstance(value, float) or (isinstance(value, int) and not -LARGEST <= value <= LARGEST):
        return repr(value)
    if isinstance(value, list):
        return [exact(one) for one in value]
    if isinstance(value, dict):
        return {name: exact(one) for name, one in value.items()}
    return value


def compact(value: Any) -> bytes:
    """What RFC 8785 makes of text, whole numbers and objects with ASCII names, many times faster."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def commitment(name: str, value: Any, salt: str) -> str:
    """The name is part of it, so that two values of one event can't be exchanged."""
    said = compact([name, value]) if isinstance(value, str) else rfc8785.dumps([name, exact(value)])
    return hmac.digest(bytes.fromhex(salt), said, "sha256").hex()


def commitments(event: Event) -> dict[str, str]:
    """Of every personal value; of an erased one what was kept of it. A row that was written without salts, by hand, is
    committed to all the same."""
    made = {name: commitment(name, value, event.salts.get(name, "")) for name, value in personal(event)}
    return made | event.erased if event.erased else made


def leaf(event: Event) -> bytes:
    kept = event.erased or {}
    plain = {
        name: exact(value) for name, value in event.details.items() if is_plain(name, value) and f"details.{name}" not in kept
    }
    facts: dict[str, Any] = {
        "version": VERSION,
        "id": event.id,
        "xid": str(event.xid),
        "at": event.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "verb": event.verb,
        "actor_id": event.actor_id,
        "target_type": event.target_type,
        "target_id": event.target_id,
        "organisation_id": event.organisation_id,
        "request_id": event.request_id,
        "details": plain,
        "commitments": commitments(event),
    }
    return compact(facts) if all(map(str.isascii, event.details)) else rfc8785.dumps(facts)


def erased(event: Event, names: Iterable[str]) -> dict[str, str]:
    """What `erased` must hold before these values and their salts are overwritten."""
    made: Mapping[str, str] = commitments(event)
    return {**(event.erased or {}), **{name: made[name] for name in names if name in made}}
