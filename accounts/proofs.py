"""Proof that one event stands in the signed audit tree, for whoever is shown that event and neither the others nor the database.

A proof holds the event's leaf, the values that the leaf only commits to with their salts, the way from the leaf to the root,
and the newest signed head. It says who did what and why; and that this stood in the log, unchanged, when that head was signed.
Of an erased value the commitment stays, and the proof holds as before.
"""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection
from django.utils.translation import gettext as _

from accounts import heads, leaves, merkle, sequencer
from accounts.heads import Head
from accounts.models import AuditEvent, AuditHead, AuditLeaf
from accounts.refused import Refused

VERSION = 1
HASHES = "SELECT hash FROM accounts_auditleaf WHERE index >= %s AND index < %s ORDER BY index"


class NotInTree(Refused):
    """The event waits for its place."""


class NoSuchHead(Refused):
    """No head of that size was signed, or a newer one is asked to be the older."""


class Disproved(ValueError):
    """The file proves nothing; says why."""


def root_of(first: int, end: int) -> bytes:
    """Of the subtree over these places."""
    with connection.cursor() as cursor:
        cursor.execute(HASHES, [first, end])
        return merkle.Tree().extended(bytes(hash) for (hash,) in cursor).root


def proof(event: AuditEvent, *, since: int | None = None) -> dict[str, Any]:
    """The event under the newest head, as JSON; with `since` also that the tree goes on from the head of that size. Raises
    NotInTree, NoSuchHead."""
    index = AuditLeaf.objects.filter(event_id=event.pk).values_list("index", flat=True).first()
    row = sequencer.last_head()
    if index is None or row is None or index >= row.size:
        raise NotInTree(_("The event has no place in the signed log yet. Try again in a few seconds."))
    head = sequencer.said(row)
    key = heads.known_keys()[head.key]
    return {
        "version": VERSION,
        "leaf": leaves.leaf(event).decode(),
        "values": {
            name: {"value": leaves.exact(value), "salt": event.salts.get(name, "")}
            for name, value in leaves.personal(event)
            if name not in (event.erased or {})
        },
        "index": index,
        "path": paths(merkle.siblings(index, head.size)),
        "head": json.loads(head.line()),
        "public_key": base64.b64encode(heads.raw(key)).decode(),
        "since": None if since is None else grown(since, head),
    }


def grown(since: int, head: Head) -> dict[str, Any]:
    row = AuditHead.objects.filter(size=since).first() if 0 < since <= head.size else None
    if row is None:
        raise NoSuchHead(_("No head of %(size)s events was signed.") % {"size": since})
    return {"head": json.loads(sequencer.said(row).line()), "path": paths(merkle.growth(since, head.size))}


def paths(subtrees: Iterable[tuple[int, int]]) -> list[str]:
    return [root_of(first, end).hex() for first, end in subtrees]


@dataclass(frozen=True)
class Proved:
    """What a proof says: the leaf's columns, the values of which it is shown, and the head that it stands under."""

    event: dict[str, Any]
    values: dict[str, Any]
    hidden: list[str]
    head: Head

    def told(self) -> dict[str, Any]:
        return {"event": self.event, "values": self.values, "hidden": self.hidden, "head": self.head.facts()}


def proved(text: str, *, kept: Iterable[Head] = ()) -> Proved:
    """What the file proves, by nothing but itself and the heads that the reader has `kept`: with those, its own head must be one
    of them. Raises Disproved."""
    try:
        return checked(json.loads(text), list(kept))
    except Disproved:
        raise
    except (heads.Unreadable, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise Disproved(f"it is no proof as Keyholder writes them ({type(error).__name__})") from None


def checked(file: dict[str, Any], kept: list[Head]) -> Proved:
    if file["version"] != VERSION:
        raise Disproved(f"version {file['version']!r} is not known here")
    head = heads.parsed(json.dumps(file["head"]))
    signed_by(head, file["public_key"])
    if kept and head not in kept:
        goes_on(file["since"], head, kept)
    leaf, path = merkle.leaf_hash(file["leaf"].encode()), hashes(file["path"])
    if not merkle.is_included(leaf, index=file["index"], size=head.size, proof=path, root=head.root):
        raise Disproved("the leaf does not lead to the root of its head")
    event = json.loads(file["leaf"])
    made = event.pop("commitments")
    values = {name: shown["value"] for name, shown in file["values"].items()}
    for name, shown in file["values"].items():
        if leaves.commitment(name, shown["value"], shown["salt"]) != made.get(name):
            raise Disproved(f"{name} is not what the leaf commits to")
    return Proved(event=event, values=values, hidden=sorted(made.keys() - values.keys()), head=head)


def goes_on(since: dict[str, Any] | None, head: Head, kept: list[Head]) -> None:
    """The proof's head from one of those that the reader has kept."""
    if since is None:
        raise Disproved("its head is none of those that were kept")
    earlier = heads.parsed(json.dumps(since["head"]))
    if earlier not in kept:
        raise Disproved("neither its head nor the one that it goes on from is one of those that were kept")
    path = hashes(since["path"])
    if not merkle.is_consistent(earlier=earlier.size, earlier_root=earlier.root, size=head.size, root=head.root, proof=path):
        raise Disproved(f"its head does not go on from the kept one of {earlier.size} events")


def hashes(path: list[str]) -> list[bytes]:
    return [bytes.fromhex(one) for one in path]


def signed_by(head: Head, written: str) -> None:
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(written, validate=True))
    if heads.fingerprint(key) != head.key:
        raise Disproved("its public key is not the one that its head names")
    try:
        key.verify(head.signature, head.signed_bytes())
    except InvalidSignature:
        raise Disproved("its head does not bear out its signature") from None


def written(event: AuditEvent, *, since: int | None = None) -> bytes:
    """The same as a file."""
    return rfc8785.dumps(proof(event, since=since)) + b"\n"
