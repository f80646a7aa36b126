"""Puts audit events into the audit tree: in the order of (incarnation, transaction, number), each once, and signs the tree.

An event is taken only when no transaction with an older number is still open, because that one may yet bring an event that
belongs before it. Place, hash and head of a batch are one transaction under an advisory lock, so that any number of
processes may try, one acts, and one that is killed leaves nothing half done. Signed heads then go to a file outside the
database; what a killed process left unwritten the next one writes.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts import heads, leaves, merkle, scope
from accounts.models import AuditHead
from config import jobs

logger = logging.getLogger(__name__)

BATCH = 2_000
# A tick of the sweeper, which does this beside others, takes no longer than this by itself.
MOST_SECONDS = 0.5
LATE = timedelta(seconds=10)
HASH = 32
# Below every transaction's number that there will ever be.
LARGEST = 2**63 - 1

WAITING = """
FROM accounts_auditevent e
WHERE (e.incarnation, e.xid) >= (%(after)s, %(since)s::text::xid8)
    AND (e.incarnation, e.xid) < (%(incarnation)s, %(xmin)s::text::xid8)
    AND NOT EXISTS (SELECT FROM accounts_auditleaf l WHERE l.event_id = e.id)
"""

TAKE = f"SELECT {', '.join(f'e.{name}' for name in leaves.COLUMNS)} {WAITING} ORDER BY e.incarnation, e.xid, e.id LIMIT %(batch)s"
STORE = """
INSERT INTO accounts_auditleaf (index, event_id, hash)
SELECT %s + taken.place - 1, taken.event_id, taken.hash
FROM unnest(%s::bigint[], %s::bytea[]) WITH ORDINALITY AS taken (event_id, hash, place)
"""


class Altered(Exception):
    """The tree in the database is not the one that was signed. Nothing is signed on top of it."""


@dataclass(frozen=True)
class Window:
    """Which transactions' events may be taken now: from `since` of incarnation `after` on, below `xmin` of `incarnation`."""

    after: int
    since: int
    incarnation: int
    xmin: int

    def parameters(self) -> dict[str, Any]:
        return {**vars(self), "since": str(self.since), "xmin": str(self.xmin), "batch": BATCH}


def window(last: AuditHead | None) -> Window:
    with connection.cursor() as cursor:
        cursor.execute("SELECT kh_incarnation(), pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        incarnation, xmin = cursor.fetchone()
    after, since = (last.incarnation, last.boundary) if last else (0, 0)
    return Window(after=after, since=since, incarnation=incarnation, xmin=xmin)


def last_head() -> AuditHead | None:
    return AuditHead.objects.order_by("-size").first()


def said(row: AuditHead) -> heads.Head:
    return heads.Head(size=row.size, root=bytes(row.root), at=row.at, key=row.key, signature=bytes(row.signature))


def tree_of(last: AuditHead | None) -> merkle.Tree:
    """What to go on from; refuses one that this installation has not signed."""
    if last is None:
        return merkle.Tree()
    peaks = bytes(last.peaks)
    try:
        tree = merkle.Tree(last.size, tuple(peaks[at : at + HASH] for at in range(0, len(peaks), HASH)))
    except merkle.NotATree as error:
        raise Altered(f"the head of {last.size} events is none: {error}") from None
    if tree.root != bytes(last.root) or not heads.is_signed(said(last)):
        raise Altered(f"the head of {last.size} events does not bear out its signature")
    return tree


def is_alone() -> bool:
    """Until the end of the transaction nobody else is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('keyholder'), hashtext('audit sequencer'))")
        return bool(cursor.fetchone()[0])


@transaction.atomic(durable=True)
def sequence() -> int:
    """One batch into the tree; how many events it took. None while another process does it."""
    if not is_alone():
        return 0
    last = last_head()
    now = window(last)
    # Also what was done in the compartment has its place.
    with scope.whole(), connection.cursor() as cursor:
        cursor.execute(TAKE, now.parameters())
        events = list(map(leaves.row_of, cursor.fetchall()))
    if events:
        is_full = len(events) == BATCH
        # Of a transaction that is only half taken the rest comes with the next batch.
        newest = events[-1]
        reached = (newest.incarnation, newest.xid) if is_full else (now.incarnation, now.xmin)
        store(events, tree_of(last), reached=reached)
    return len(events)


def store(events: list[leaves.Row], tree: merkle.Tree, *, reached: tuple[int, int]) -> None:
    hashes = [merkle.leaf_hash(leaves.leaf(event)) for event in events]
    with connection.cursor() as cursor:
        cursor.execute(STORE, [tree.size, [event.id for event in events], hashes])
    grown = tree.extended(hashes)
    head = heads.signed(size=grown.size, root=grown.root, at=timezone.now())
    incarnation, boundary = reached
    AuditHead.objects.create(**vars(head), peaks=b"".join(grown.peaks), incarnation=incarnation, boundary=boundary)


class Exporter:
    """Keeps the file of heads up with the database. A folder that can't be written to holds up no event."""

    def __init__(self) -> None:
        self.done: tuple[str, int] | None = None
        self.trouble = jobs.Outage("the file of audit heads")

    def export(self) -> None:
        try:
            self.catch_up()
        except OSError as error:
            self.trouble.goes_on(error)
        else:
            self.trouble.ends()

    def catch_up(self) -> None:
        last = last_head()
        here = (str(settings.AUDIT_HEADS_DIR), last.size if last else 0)
        if here == self.done or (last is None and not heads.path().exists()):
            return
        with heads.opened() as file:
            before = heads.last_exported(file)
            if before is not None:
                self.compare(before)
            rows = AuditHead.objects.filter(size__gt=before.size if before else 0).order_by("size")
            heads.append(file, map(said, rows.iterator()))
        self.done = here

    def compare(self, before: heads.Head) -> None:
        row = AuditHead.objects.filter(size=before.size).first()
        if row is None or said(row) != before:
            raise Altered(
                f"the file of heads holds one of {before.size} events that the database does not have. After a restore move "
                f"{heads.path()} away and keep it; else the audit log was changed"
            )


exporter = Exporter()
trouble, lateness = jobs.Outage("the audit log"), jobs.Outage("the order of audit events")


def tick() -> int:
    """What the sweeper does every second: takes in what has ended, batch by batch, and writes the heads out."""
    started, taken, batch = time.monotonic(), 0, BATCH
    try:
        # What a killed process left unwritten; and nothing is signed on top of a tree that contradicts the file.
        exporter.export()
        while batch == BATCH and time.monotonic() - started < MOST_SECONDS:
            batch = sequence()
            taken += batch
        exporter.export()
    except (Altered, heads.Unreadable) as error:
        trouble.goes_on(error)
    else:
        trouble.ends()
    watch()
    return taken


def oldest_waiting() -> datetime | None:
    """When the event was written that comes into the tree next, of those that are shown here."""
    now = window(last_head())
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT e.at {WAITING} ORDER BY e.incarnation, e.xid, e.id LIMIT 1", {**now.parameters(), "xmin": str(LARGEST)}
        )
        row = cursor.fetchone()
    return row[0] if row else None


class Late(Exception):
    """Events wait for a transaction that doesn't end."""


def watch() -> None:
    """A long transaction can't hold the tree up unseen: the log tells when that begins and when it ends."""
    with scope.whole():
        oldest = oldest_waiting()
    waits = timezone.now() - oldest if oldest else timedelta()
    if waits > LATE:
        lateness.goes_on(Late(f"the oldest outside the tree waits {waits.total_seconds():.0f} s{blocker()}"))
    else:
        lateness.ends()


def blocker() -> str:
    """The process whose transaction is open longest, as its server names it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, extract(epoch FROM clock_timestamp() - xact_start)::int FROM pg_stat_activity "
            "WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() ORDER BY xact_start LIMIT 1"
        )
        row = cursor.fetchone()
    return f"; a transaction of database process {row[0]} is open for {row[1]} s" if row else ""
