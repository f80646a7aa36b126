"""What has changed of keys, for gateways that keep a replica: in an order in which nothing is ever skipped.

Triggers write that a key changed (KeyChange), each row with its transaction's number. A reader is given rows only of transactions
older than every one that is still open, in the order of (incarnation, transaction, row), so that a transaction which began early
and commits late comes after whatever was read before it (as in accounts/sequencer.py). The price is that the feed is behind by as
long as the longest transaction that writes; the question itself (introspection) never is.

What is told of a key is its state when it is read, so of several changes the last is enough, and one that is read twice is the
same. After KEPT the rows go; a reader that was away for longer, or that comes with a cursor of a database that was since restored
from a backup, begins anew with a snapshot."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from accounts import scope
from kyc.keys.asking import OF_KEY, ROUND_KEY
from kyc.keys.introspection import Row, why_not
from kyc.keys.models import KeyChange

KEPT = timedelta(days=7)
# The rows go together once the oldest is so much older.
TOGETHER = timedelta(hours=6)
PAGE = 500
WRITTEN = re.compile(r"([0-9]{1,9})\.([0-9]{1,18})\.([0-9]{1,18})")


class BadCursor(ValueError):
    """It is none of ours."""


class Gone(Exception):
    """What came after this cursor is not known any more: begin with a snapshot."""


class Position(NamedTuple):
    """Every change up to and with this one is behind its reader."""

    incarnation: int
    xid: int
    row: int

    def __str__(self) -> str:
        return ".".join(map(str, self))


def parsed(text: str) -> Position:
    found = WRITTEN.fullmatch(text)
    if found is None:
        raise BadCursor("A cursor is what an answer or a snapshot gave as one.")
    return Position(*map(int, found.groups()))


@dataclass(frozen=True)
class Page:
    """`cursor` is where to go on; `is_full` that there is more already."""

    changes: list[dict[str, Any]]
    cursor: Position
    is_full: bool


STATE = f"""
SELECT {OF_KEY}, k.allowed_networks, floor(extract(epoch FROM e.valid_from))::bigint AS valid_from FROM {{keys}} {ROUND_KEY}
"""  # noqa: S608  # nosec B608  # expressions of ours
CHANGED = """
SELECT c.incarnation, c.xid::text::bigint, c.id, c.key_id, c.prefix, c.at FROM kyc_keychange c
JOIN accounts_organisation o ON o.id = c.organisation_id
WHERE (c.incarnation, c.xid, c.id) > (%(incarnation)s, %(xid)s::text::xid8, %(row)s)
    AND (c.incarnation, c.xid) < (%(now)s, %(xmin)s::text::xid8) AND (o.sandbox <> '') = %(for_test)s
ORDER BY c.incarnation, c.xid, c.id LIMIT %(limit)s
"""
NOW = "SELECT kh_incarnation(), pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
IS_GONE = """
SELECT EXISTS (
    SELECT FROM kyc_keychange c WHERE c.is_horizon AND (c.incarnation, c.xid, c.id) > (%s, %s::text::xid8, %s)
)
"""


def end() -> Position:
    """Behind which everything is that is known now."""
    with connection.cursor() as cursor:
        cursor.execute(NOW)
        incarnation, xmin = cursor.fetchone()
    return Position(incarnation, xmin, 0)


def read(after: Position | None, *, for_test: bool, limit: int = PAGE) -> Page:
    """What changed since; without a cursor from the oldest change on that is kept. Raises Gone."""
    with scope.everything():
        now = end()
        if after is not None:
            refuse_gone(after, now)
        since = after or Position(0, 0, 0)
        with connection.cursor() as cursor:
            asked = {**since._asdict(), "now": now.incarnation, "xmin": now.xid, "for_test": for_test, "limit": limit}
            cursor.execute(CHANGED, asked)
            rows = cursor.fetchall()
        is_full = len(rows) == limit
        # Of a key that changed several times the last change is enough.
        latest = {key: (Position(*position), prefix, at) for *position, key, prefix, at in rows}
        states = states_of(list(latest))
    changes = [
        told(str(position), prefix, states.get(key)) | {"at": int(at.timestamp())}
        for key, (position, prefix, at) in sorted(latest.items(), key=lambda one: one[1][0])
    ]
    return Page(changes, Position(*rows[-1][:3]) if is_full else max(now, since), is_full)


def is_behind(organisation: int, key: int) -> bool:
    """Whether something of that key has changed that replicas are not told of yet: a transaction before it is still open."""
    changes = KeyChange.objects.filter(organisation=organisation, key_id=key).order_by("incarnation", "xid", "pk")
    last = changes.values_list("incarnation", "xid", "pk").last()
    return last is not None and Position(*last) >= end()


def refuse_gone(after: Position, now: Position) -> None:
    if after.incarnation != now.incarnation:
        raise Gone("The database was restored from a backup since. Begin with a snapshot.")
    if after.xid > now.xid:
        raise Gone("This cursor lies ahead of the database. Begin with a snapshot.")
    with connection.cursor() as cursor:
        cursor.execute(IS_GONE, after)
        if cursor.fetchone()[0]:
            raise Gone("What came after this cursor is kept no longer. Begin with a snapshot.")


def rows_of(statement: str, *values: Any) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def states_of(keys: list[int]) -> dict[int, Row]:
    if not keys:
        return {}
    found = rows_of(STATE.format(keys="kyc_key k") + "WHERE k.id = ANY (%s)", keys)
    return {row["key"]: row for row in found}


def told(cursor: str, prefix: str, row: Row | None) -> dict[str, Any]:
    """What a replica is told of a key: whether and why not it may act at this moment, from when to when it may, and what it may.
    Never the secret, nor what could prove one."""
    if row is None:
        return {"cursor": cursor, "key": prefix, "active": False, "reason": "key_unknown"}
    reason = why_not(row)
    found: dict[str, Any] = {"cursor": cursor, "key": prefix, "active": not reason, "organisation": row["organisation"]}
    if reason:
        found["reason"] = reason
    if row["reference"] is not None:
        ends = [end for end in (row["expires_at"], row["valid_until"]) if end is not None]
        found |= {"entity": row["reference"], "assurance": row["assurance"], "nbf": row["valid_from"], "exp": min(ends)}
    return found | {
        "project": row["project"],
        "scope": " ".join(row["scopes"]),
        "tiers": row["tiers"],
        "networks": row["allowed_networks"],
        "cnf": as_json(row["confirmation"]),
    }


def as_json(value: Any) -> Any:
    """Django leaves JSON of a statement of one's own as its text."""
    return json.loads(value) if isinstance(value, str) else value


def every(*, for_test: bool, part: int = 2_000) -> Iterator[dict[str, Any]]:
    """The states of all keys that are not revoked, in the order of their numbers, each part as it is when it is read: what
    changes meanwhile comes after the cursor that was taken before."""
    last = 0
    while True:
        with scope.everything():
            keys = "kyc_key k JOIN accounts_organisation w ON w.id = k.organisation_id AND (w.sandbox <> '') = %s"
            where = "WHERE k.id > %s AND k.state <> 'revoked' ORDER BY k.id LIMIT %s"
            rows = rows_of(STATE.format(keys=keys) + where, for_test, last, part)
        for row in rows:
            yield {name: value for name, value in told("", row["prefix"], row).items() if name != "cursor"}
        if len(rows) < part:
            return
        last = rows[-1]["key"]


class OldChanges:
    """For the sweeper."""

    name = "keys.changes_kept"

    def is_waiting(self) -> bool:
        return KeyChange.objects.filter(at__lt=timezone.now() - KEPT - TOGETHER, is_horizon=False).exists()


QUEUE = OldChanges()
COMPACT = """
WITH last AS (
    SELECT c.id, c.incarnation, c.xid FROM kyc_keychange c
    WHERE c.at < %(before)s AND (c.incarnation, c.xid) < (kh_incarnation(), pg_snapshot_xmin(pg_current_snapshot()))
    ORDER BY c.incarnation DESC, c.xid DESC, c.id DESC LIMIT 1
), marked AS (
    UPDATE kyc_keychange c SET is_horizon = true FROM last WHERE c.id = last.id
)
DELETE FROM kyc_keychange c USING last WHERE (c.incarnation, c.xid, c.id) < (last.incarnation, last.xid, last.id)
"""


def compact() -> int:
    """Takes out what is older than KEPT but for its last row, which says that there was more; how many rows. Twice is once."""
    with scope.everything(), connection.cursor() as cursor:
        cursor.execute(COMPACT, {"before": timezone.now() - KEPT})
        return int(cursor.rowcount)
