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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from json.encoder import encode_basestring as quoted
from typing import Any, NamedTuple

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


# As the database is asked for them, the JSON among them as its text.
COLUMNS = (
    "id", "incarnation", "xid::text", "at", "verb", "actor_id", "actor", "on_behalf_of", "target_type", "target_id",
    "organisation_id", "reason", "details::text", "request_id", "salts::text", "erased::text",
)  # fmt: skip


class Row(NamedTuple):
    """The columns of an audit row, without what a model's object costs; where a person waits, an AuditEvent has the same."""

    id: int
    incarnation: int
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


def row_of(columns: Sequence[Any]) -> Row:
    """From the values of COLUMNS."""
    number, incarnation, xid, *plain, details, request, salts, erased = columns
    kept = json.loads(erased) if erased else None
    return Row._make([number, incarnation, int(xid), *plain, json.loads(details), request, json.loads(salts), kept])


def is_plain(name: str, value: object) -> bool:
    return value is None or isinstance(value, bool) or (name in PLAIN and isinstance(value, (str, int)))


def personal(event: Row) -> Iterator[tuple[str, Any]]:
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


def commitment(name: str, value: Any, salt: str) -> str:
    """The name is part of it, so that two values of one event can't be exchanged."""
    # Of text the same bytes as the library's, many times faster: there are several in every leaf.
    said = f"[{quoted(name)},{quoted(value)}]".encode() if isinstance(value, str) else rfc8785.dumps([name, exact(value)])
    return hmac.digest(bytes.fromhex(salt), said, "sha256").hex()


def commitments(event: Row) -> dict[str, str]:
    """Of every personal value; of an erased one what was kept of it. A row that was written without salts, by hand, is
    committed to all the same."""
    made = {name: commitment(name, value, event.salts.get(name, "")) for name, value in personal(event)}
    return made | event.erased if event.erased else made


def leaf(event: Row) -> bytes:
    kept = event.erased or {}
    plain = {
        name: exact(value) for name, value in event.details.items() if is_plain(name, value) and f"details.{name}" not in kept
    }
    made = commitments(event)
    if not all(map(str.isascii, event.details)):
        # RFC 8785 sorts names as UTF-16, which only the library does.
        return rfc8785.dumps(json.loads(written(event, plain, made)))
    return written(event, plain, made).encode()


def written(event: Row, plain: dict[str, Any], made: dict[str, str]) -> str:
    """What the library makes of it, at the speed that a million leaves want; the names stand in their order."""
    return (
        f'{{"actor_id":{scalar(event.actor_id)},"at":"{event.at.isoformat(timespec="microseconds")[:26]}Z",'
        f'"commitments":{flat(made)},"details":{flat(plain)},"id":{event.id},"incarnation":{event.incarnation},'
        f'"organisation_id":{scalar(event.organisation_id)},"request_id":{quoted(event.request_id)},'
        f'"target_id":{quoted(event.target_id)},"target_type":{quoted(event.target_type)},"verb":{quoted(event.verb)},'
        f'"version":{VERSION},"xid":"{event.xid}"}}'
    )


def scalar(value: str | int | None) -> str:
    if isinstance(value, str):
        return quoted(value)
    return "null" if value is None else str(value).lower()


def flat(values: Mapping[str, str | int | None]) -> str:
    return f"{{{','.join([f'{quoted(name)}:{scalar(values[name])}' for name in sorted(values)])}}}"


def erased(event: Row, names: Iterable[str]) -> dict[str, str]:
    """What `erased` must hold before these values and their salts are overwritten."""
    made: Mapping[str, str] = commitments(event)
    return {**(event.erased or {}), **{name: made[name] for name in names if name in made}}
