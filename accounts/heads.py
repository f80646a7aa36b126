"""Signed heads of the audit tree: what is signed, with which key, and the file outside the database that they go to.

A head says how many events the tree holds and what its root is. Whoever keeps one can tell for ever whether the events below
it are still those: `manage.py verify_audit --head FILE`.
"""

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import IO

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

VERSION = 1
# So that the same key can sign nothing else that would pass for a head.
PURPOSE = b"Keyholder audit head\n"
FILE = "heads.jsonl"


class Unreadable(ValueError):
    """A line that is no head; says why."""


@dataclass(frozen=True)
class Head:
    """What a signed head says. `key` is the fingerprint of the public key."""

    size: int
    root: bytes
    at: datetime
    key: str
    signature: bytes = b""

    def facts(self) -> dict[str, object]:
        at = self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return {"version": VERSION, "size": self.size, "root": self.root.hex(), "at": at, "key": self.key}

    def signed_bytes(self) -> bytes:
        return PURPOSE + rfc8785.dumps(self.facts())

    def line(self) -> str:
        signature = base64.b64encode(self.signature).decode()
        return json.dumps({**self.facts(), "signature": signature}) + "\n"


def parsed(line: str) -> Head:
    try:
        found = json.loads(line)
        if found["version"] != VERSION:
            raise Unreadable(f"version {found['version']!r} is not known here")
        head = Head(
            size=found["size"],
            root=bytes.fromhex(found["root"]),
            at=datetime.strptime(found["at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC),
            key=found["key"],
            signature=base64.b64decode(found["signature"], validate=True),
        )
    except Unreadable:
        raise
    except KeyError as error:
        raise Unreadable(f"it has no {error}") from None
    except (ValueError, TypeError):
        raise Unreadable("it is not a head as Keyholder writes them") from None
    if type(head.size) is not int or head.size < 1 or type(head.key) is not str or len(head.root) != 32:
        raise Unreadable("it is not a head as Keyholder writes them")
    return head


def read(lines: Iterable[str]) -> Iterator[Head]:
    """The heads in a file; names the line that is none."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield parsed(line)
            except Unreadable as error:
                raise Unreadable(f"line {number}: {error}") from None


def raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def fingerprint(key: Ed25519PublicKey) -> str:
    return sha256(raw(key)).hexdigest()


def signing_key() -> Ed25519PrivateKey:
    """From the environment, or in demo mode from a file of this installation's own."""
    return loaded(settings.AUDIT_SIGNING_KEY or kept(settings.AUDIT_KEY_FILE))


@cache
def loaded(written: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(written))


def kept(path: Path) -> str:
    """Made at its first use. Linked into place whole, so that of two processes that come at once both read one key."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        with open(fresh, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()


def known_keys() -> dict[str, Ed25519PublicKey]:
    """By fingerprint: today's, and those that signed before it."""
    past = [Ed25519PublicKey.from_public_bytes(base64.b64decode(one)) for one in settings.AUDIT_PAST_KEYS]
    return {fingerprint(key): key for key in [signing_key().public_key(), *past]}


def signed(*, size: int, root: bytes, at: datetime) -> Head:
    key = signing_key()
    plain = Head(size=size, root=root, at=at, key=fingerprint(key.public_key()))
    return Head(**{**vars(plain), "signature": key.sign(plain.signed_bytes())})


def is_signed(head: Head) -> bool:
    """By a key that this installation knows as its own."""
    key = known_keys().get(head.key)
    if key is None:
        return False
    try:
        key.verify(head.signature, head.signed_bytes())
    except InvalidSignature:
        return False
    return True


def path() -> Path:
    return Path(settings.AUDIT_HEADS_DIR) / FILE


@contextmanager
def opened() -> Iterator[IO[bytes]]:
    """The file, in the hands of one process at a time."""
    folder = Path(settings.AUDIT_HEADS_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(path(), "a+b", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def last_exported(file: IO[bytes]) -> Head | None:
    """The last whole line. What a process that died in the middle of a line has left behind it is cut off."""
    end = file.seek(0, os.SEEK_END)
    block, found = b"", end
    while found and block.count(b"\n") < 2:
        step = min(4096, found)
        found = file.seek(found - step)
        block = file.read(step) + block
    whole, _, torn = block.rpartition(b"\n")
    if torn:
        file.truncate(end - len(torn))
    last = whole.rpartition(b"\n")[2]
    return parsed(last.decode(errors="replace")) if last else None


def exported() -> Iterator[Head]:
    """The heads in the file outside the database as it is when the first one is asked for, from the smallest on: what is written
    to it meanwhile, and a line that a process did not come to the end of, are left out. Raises Unreadable, OSError."""
    if not path().exists():
        return
    with open(path(), "rb") as file:
        end, size = os.fstat(file.fileno()).st_size, 0
        try:
            for head in read(line.decode() for line in until(file, end)):
                if head.size <= size:
                    raise Unreadable(f"the head of {head.size} events stands behind one of {size}")
                size = head.size
                yield head
        except UnicodeDecodeError:
            raise Unreadable(f"behind the head of {size} events it is no text") from None


def until(file: IO[bytes], end: int) -> Iterator[bytes]:
    for line in file:
        end -= len(line)
        if end < 0 or not line.endswith(b"\n"):
            return
        yield line


def append(file: IO[bytes], heads: Iterable[Head]) -> int:
    """Writes them behind the others and waits until the disk has them."""
    data = "".join(head.line() for head in heads).encode()
    file.write(data)
    file.flush()
    os.fsync(file.fileno())
    return len(data)
