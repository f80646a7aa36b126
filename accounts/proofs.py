"""Proof that one event stands in the signed audit tree, for whoever is shown that event and neither the others nor the database.

A proof holds the event's leaf, the values that the leaf only commits to with their salts, the way from the leaf to the root,
and the newest signed head. It says who did what and why; and that this stood in the log, unchanged, when that head was signed.
Of an erased value the commitment stays, and the proof holds as before. accounts/proving.py checks it.
"""

import base64
import json
from collections.abc import Collection, Iterable
from typing import Any

import rfc8785
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts import heads, leaves, merkle, proving, sequencer
from accounts.heads import Head
from accounts.models import AuditEvent, AuditHead, AuditLeaf
from accounts.refused import Refused

HASHES = "SELECT hash FROM accounts_auditleaf WHERE index >= %s AND index < %s ORDER BY index"
A_FETCH = 20_000


class NoProof(Refused):
    """None can be had of this event, or not now."""


class NoSuchHead(Refused):
    """No head of that size was signed."""


def place(event: AuditEvent) -> int | None:
    return AuditLeaf.objects.filter(event_id=event.pk).values_list("index", flat=True).first()


def placed(event: AuditEvent) -> tuple[int, Head]:
    """Its place under the newest head. Raises NoProof."""
    index, row = place(event), sequencer.last_head()
    if index is None or row is None or index >= row.size:
        raise NoProof(_("The event has no place in the signed log yet. Try again in a few seconds."))
    return index, sequencer.said(row)


@transaction.atomic
def proof(event: AuditEvent, *, since: int | None = None, shown: Collection[str] | None = None) -> bytes:
    """The event under the newest head, as a file; with `since` also that the tree goes on from the head of that size. Of the
    values that the leaf commits to only those `shown` stand in it, by default all. Reads the hash of every leaf once, and twice
    with `since`. Raises NoProof, NoSuchHead."""
    index, head = placed(event)
    key = heads.known_keys().get(head.key)
    if key is None:
        raise NoProof(_("The newest head is signed by a key that is not set up here any more."))
    told = {
        "version": proving.VERSION,
        "leaf": leaves.leaf(event).decode(),
        "values": {
            name: {"value": leaves.exact(value), "salt": event.salts.get(name, "")}
            for name, value in leaves.personal(event)
            if name not in (event.erased or {}) and (shown is None or name in shown)
        },
        "index": index,
        "path": paths(merkle.siblings(index, head.size)),
        "head": json.loads(head.line()),
        "public_key": base64.b64encode(heads.raw(key)).decode(),
        "since": None if since is None else grown(since, head),
    }
    file = rfc8785.dumps(told) + b"\n"
    try:
        proving.proved(file.decode(), keys=[head.key])
    except proving.Disproved:
        raise NoProof(_("The event is not what it was when it came into the signed log. Run verify_audit.")) from None
    return file


def grown(since: int, head: Head) -> dict[str, Any]:
    row = AuditHead.objects.filter(size=since).first() if 0 < since <= head.size else None
    if row is None:
        raise NoSuchHead(_("No head of %(size)s events was signed.") % {"size": since})
    return {"head": json.loads(sequencer.said(row).line()), "path": paths(merkle.growth(since, head.size))}


def paths(subtrees: Iterable[tuple[int, int]]) -> list[str]:
    return [root_of(first, end).hex() for first, end in subtrees]


def root_of(first: int, end: int) -> bytes:
    """Of the subtree over these places."""
    with connection.connection.cursor(name="audit_hashes") as cursor:
        cursor.itersize = A_FETCH
        cursor.execute(HASHES, [first, end])
        return merkle.Tree().extended(bytes(hash) for (hash,) in cursor).root
