"""Whether the audit log is the one that was signed: every event against its leaf, every leaf against the tree, the tree
against every head in the database and against those that were kept outside it.

Heads outside are what it rests on: whoever can rewrite the whole database, the signing key in hand, can make it agree with
itself, but not with a head that somebody else keeps.
"""

import base64
import heapq
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from accounts import comparing, heads, merkle, scope, timestamps
from accounts.models import AuditHead, AuditTimestamp

LEAVES = "SELECT index, hash FROM accounts_auditleaf ORDER BY index"
HEADS = "SELECT size, root, at, key, signature, peaks FROM accounts_audithead ORDER BY size"
OUTSIDE = """
SELECT count(*) FILTER (WHERE below), min(id) FILTER (WHERE below), count(*)
FROM (
    SELECT id, (incarnation, xid) < (%(incarnation)s, %(boundary)s::text::xid8) AS below
    FROM accounts_auditevent e WHERE NOT EXISTS (SELECT FROM accounts_auditleaf l WHERE l.event_id = e.id)
) AS outside
"""
STAMPS = 500
# Also what was done in the investigators' compartment has its leaf.
SHOWN = (scope.SAY, tuple(scope.WHOLE))


@dataclass
class Findings:
    """What was checked and what was not as it should be: of each kind the first one, and how many more there are."""

    events: int = 0
    signed: int = 0
    outside: int = 0
    stamps: int = 0
    waiting: int = 0
    last: heads.Head | None = None
    failed: dict[str, dict[str, Any]] = field(default_factory=dict)

    def fail(self, what: str, why: str, **where: Any) -> None:
        if what in self.failed:
            self.failed[what]["more"] += 1
        else:
            self.failed[what] = {"what": what, **where, "why": why, "more": 0}

    def told(self) -> dict[str, Any]:
        last = self.last
        return {
            "sound": not self.failed,
            "checked": {"events": self.events, "heads": self.signed, "outside_heads": self.outside, "timestamps": self.stamps},
            "waiting": self.waiting,
            "head": {name: last.facts()[name] for name in ("size", "root", "at")} if last else None,
            "key": base64.b64encode(heads.raw(heads.signing_key().public_key())).decode(),
            "failed": list(self.failed.values()),
        }


def streamed(statement: str, name: str) -> Iterator[tuple[Any, ...]]:
    """Rows as they come, never all at once."""
    with connection.connection.cursor(name=name) as cursor:
        cursor.itersize = comparing.CHUNK
        cursor.execute(statement)
        yield from cursor


@contextmanager
def one_moment() -> Iterator[None]:
    """All is read as it was at one moment, while others write on."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            # The whole is read, so the plan for the whole is wanted.
            cursor.execute("SET LOCAL cursor_tuple_fraction = 1")
        scope.say(scope.WHOLE)
        yield


class Walk:
    """Down the leaves once, from the first to the last, with the tree growing on the way."""

    def __init__(self, others: Iterable[heads.Head], processes: int = 1) -> None:
        self.processes = processes
        self.findings = Findings()
        self.tree = merkle.Tree()
        self.leaves = streamed(LEAVES, "audit_leaves")
        self.outside = heapq.merge(self.kept(), sorted(others, key=size_of), key=size_of)
        # Before the database is read, so that it holds every head that the file does.
        self.next = next(self.outside, None)

    def kept(self) -> Iterator[heads.Head]:
        """Those of the file, as far as it can be read."""
        try:
            yield from heads.exported()
        except (heads.Unreadable, OSError) as error:
            self.findings.fail("outside file", f"the file of heads can't be read to its end: {error}")

    def run(self) -> Findings:
        with one_moment(), comparing.workers(self.processes, signed_size(), SHOWN) as asked:
            for head, peaks in self.stored():
                self.follow(head.size - 1)
                self.grow(head.size)
                self.compare(head, peaks)
                self.follow(head.size, head)
            self.go_past_the_last_head()
            for some in asked:
                self.take(*some)
            self.look_for_events_outside()
            self.check_stamps()
        return self.findings

    def stored(self) -> Iterator[tuple[heads.Head, bytes]]:
        for size, root, at, key, signature, peaks in streamed(HEADS, "audit_heads"):
            yield heads.Head(size=size, root=bytes(root), at=at, key=key, signature=bytes(signature)), bytes(peaks)

    def follow(self, size: int, stored: heads.Head | None = None, *, growing: bool = True) -> None:
        """Past every head outside of at most this size, each beside the tree as it was then. `stored` is the database's own."""
        while (head := self.next) is not None and head.size <= size:
            self.findings.outside += 1
            if growing:
                self.grow(head.size)
            if head != stored:
                self.judge(head)
            self.next = next(self.outside, None)

    def grow(self, size: int) -> None:
        wanted = size - self.tree.size
        hashes = list(self.placed(islice(self.leaves, max(0, wanted))))
        if len(hashes) < wanted:
            first = self.tree.size + len(hashes)
            self.findings.fail("leaf", "no event stands at this place of the tree any more", index=first)
        self.tree = self.tree.extended(hashes)

    def placed(self, rows: Iterator[tuple[int, bytes]]) -> Iterator[bytes]:
        """The leaf hashes as stored."""
        for number, (index, stored) in enumerate(rows, start=self.tree.size):
            if index != number:
                self.findings.fail("leaf", "no event stands at this place of the tree any more", index=number)
            yield bytes(stored)

    def take(self, count: int, wrong: list[tuple[int, int, str]]) -> None:
        self.findings.events += count
        for index, event, why in wrong:
            self.findings.fail("event", why, event=event, index=index)

    def compare(self, head: heads.Head, peaks: bytes) -> None:
        found = self.findings
        since = found.last.size if found.last else 0
        found.signed, found.last = found.signed + 1, head
        if not heads.is_signed(head):
            found.fail("signature", "this head is not signed by a key of this installation", size=head.size)
        if head.root != self.tree.root or peaks != b"".join(self.tree.peaks):
            why = "the events below this head are not those that were signed"
            found.fail("head", why, size=head.size, between=[since, head.size - 1])

    def judge(self, head: heads.Head) -> None:
        """A head that was kept outside and that the database does not hold."""
        if not heads.is_signed(head):
            self.findings.fail("outside signature", "this head is not signed by a key of this installation", size=head.size)
        elif head.size > self.tree.size:
            self.findings.fail("outside head", f"the log holds {self.tree.size} events and once held more", size=head.size)
        elif head.root != self.tree.root:
            why = "the log's first events are not those that stood there when this head was signed"
            self.findings.fail("outside head", why, size=head.size, between=[0, head.size - 1])
        else:
            self.findings.fail("outside head", "the database does not hold this head any more", size=head.size)

    def go_past_the_last_head(self) -> None:
        signed = self.tree.size
        self.follow(sys.maxsize, growing=False)
        behind = sum(1 for _ in self.leaves)
        if behind:
            self.findings.fail("leaf", "it stands behind the last signed head", index=signed)

    def look_for_events_outside(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT incarnation, boundary FROM accounts_audithead ORDER BY size DESC LIMIT 1")
            incarnation, boundary = cursor.fetchone() or (0, 0)
            cursor.execute(OUTSIDE, {"incarnation": incarnation, "boundary": str(boundary)})
            missed, first, waiting = cursor.fetchone()
        self.findings.waiting = waiting - missed
        if missed:
            why = "it bears an older transaction's number than the tree's last head and stands in no place of the tree"
            self.findings.fail("event outside", why, event=first)
            self.findings.failed["event outside"]["more"] = missed - 1

    def check_stamps(self) -> None:
        """Where the certificates are named by which the authority is believed."""
        if not settings.TIMESTAMP_ROOTS:
            return
        believed = timestamps.believed()
        for some in batched(AuditTimestamp.objects.order_by("size").iterator(chunk_size=STAMPS), STAMPS):
            held = AuditHead.objects.in_bulk([stamped.size for stamped in some])
            for stamped in some:
                self.findings.stamps += 1
                head = held.get(stamped.size)
                why = timestamps.why_not(bytes(stamped.response), head, believed) if head else "the head it was given for is gone"
                if why:
                    self.findings.fail("timestamp", why, size=stamped.size)


def signed_size() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(size), 0) FROM accounts_audithead")
        return int(cursor.fetchone()[0])


def size_of(head: heads.Head) -> int:
    return head.size


def batched(rows: Iterator[Any], count: int) -> Iterator[list[Any]]:
    while some := list(islice(rows, count)):
        yield some


def verify(others: Iterable[heads.Head] = (), *, processes: int = 1) -> Findings:
    """Against the heads in the database, those in the file outside it, and `others` that somebody else has kept."""
    return Walk(others, processes).run()
