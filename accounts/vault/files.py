"""Sealed files: chunks of AES-256-GCM, written and read one at a time, so that no whole file stands in memory.

A file's own key is made of its subject's key and a salt. Each chunk is bound to the file's name, its own place and whether it
is the last, so a file that was cut, mixed up or put in another's place is found out.
"""

import io
import os
import secrets
from collections.abc import Iterator
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.files import File
from django.core.files.storage import Storage
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext as _

from accounts.refused import Refused
from accounts.vault import boxes, places, subjects, veils
from accounts.vault.boxes import NONCE, TAG, Tampered

MAGIC = b"KHV1"
SALT = 32
HEAD = len(MAGIC) + SALT
CHUNK = 64 * 1024


class FileErased(Refused):
    """The key of whom the file is about was destroyed."""


class Cutter:
    """Seals and opens the chunks of one file."""

    def __init__(self, key: bytes, salt: bytes, name: str) -> None:
        self.aead, self.name = AESGCM(boxes.derived(key, "file", salt=salt)), name

    def bound(self, number: int, is_last: bool) -> bytes:
        return f"{self.name} {number} {'last' if is_last else 'more'}".encode()

    def seal(self, number: int, plain: bytes, *, is_last: bool) -> bytes:
        return self.aead.encrypt(number.to_bytes(NONCE, "big"), plain, self.bound(number, is_last))

    def open(self, number: int, box: bytes, *, is_last: bool) -> bytes:
        try:
            return self.aead.decrypt(number.to_bytes(NONCE, "big"), box, self.bound(number, is_last))
        except InvalidTag as error:
            raise Tampered(f"Part {number} of the file {self.name} was changed, or belongs elsewhere.") from error


class Sealing(io.RawIOBase):
    """A file on its way to where it lies: what is read of it is sealed already."""

    def __init__(self, content: Any, key: bytes, name: str) -> None:
        self.content, self.parts, self.left = content, self.sealed(Cutter(key, salt := os.urandom(SALT), name), salt), b""

    def sealed(self, cutter: Cutter, salt: bytes) -> Iterator[bytes]:
        yield MAGIC + salt
        self.content.seek(0)
        part, number = self.content.read(CHUNK), 0
        while following := self.content.read(CHUNK):
            yield cutter.seal(number, part, is_last=False)
            part, number = following, number + 1
        yield cutter.seal(number, part, is_last=True)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.left = self.left or next(self.parts, b"")
        part, self.left = self.left[: len(buffer)], self.left[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


class Unsealing(io.RawIOBase):
    """A sealed file as it was: readable from any place, one chunk at a time."""

    def __init__(self, sealed: File, key: bytes, name: str) -> None:
        self.sealed = sealed
        size = self.sealed.seek(0, io.SEEK_END) - HEAD
        self.sealed.seek(0)
        head = self.sealed.read(HEAD)
        if len(head) < HEAD or not head.startswith(MAGIC) or size < TAG:
            raise Tampered(f"The file {name} is not sealed.")
        self.count = -(-size // (CHUNK + TAG))
        self.size = size - self.count * TAG
        self.cutter, self.at = Cutter(key, head[len(MAGIC) :], name), 0
        self.number, self.part = -1, b""
        # One that was cut does not end with its last part: found before anything of it is handed out.
        self.chunk(self.count - 1)

    def chunk(self, number: int) -> bytes:
        if number != self.number:
            self.sealed.seek(HEAD + number * (CHUNK + TAG))
            box = self.sealed.read(CHUNK + TAG)
            self.part, self.number = self.cutter.open(number, box, is_last=number == self.count - 1), number
        return self.part

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        self.at = max(0, start + offset)
        return self.at

    def readinto(self, buffer: Any) -> int:
        if self.at >= self.size:
            return 0
        number, inside = divmod(self.at, CHUNK)
        found = self.chunk(number)[inside : inside + len(buffer)]
        buffer[: len(found)] = found
        self.at += len(found)
        return len(found)

    def close(self) -> None:
        self.sealed.close()
        super().close()


@deconstructible
class VaultStorage(Storage):
    """Private files under names that say nothing but whose key opens them, wherever they lie (places.py); never served by URL,
    only by views that check the reader."""

    def __init__(self) -> None:
        self.place = places.place()

    def url(self, name: str | None) -> str:
        raise ValueError("This file is not accessible via a URL.")

    @property
    def location(self) -> str:
        """Of the folder, where they lie in one."""
        return str(self.place.location)  # type: ignore[attr-defined]  # of both

    def path(self, name: str) -> str:
        return self.place.path(name)

    def exists(self, name: str) -> bool:
        return self.place.exists(name)

    def delete(self, name: str) -> None:
        self.place.delete(name)

    def name_for(self, subject: subjects.Subject) -> str:
        """A new name for a file of the subject's."""
        row, _key = subjects.writing(subject)
        token = secrets.token_hex(16)
        return f"{row.pk}/{token[:2]}/{token}"

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Names are drawn by `name_for` and hold for one file."""
        self.key_of(name)
        return name

    def key_of(self, name: str) -> bytes:
        number, _slash, rest = name.partition("/")
        if not number.isdecimal() or not rest:
            raise ValueError("A file in the vault belongs to a subject: its name comes from name_for.")
        held = subjects.reading(int(number))
        if held.key is None:
            raise FileErased(_("The file is %(erased)s.") % {"erased": held.erased})
        return held.key

    def _save(self, name: str, content: Any) -> str:
        return self.place.save(name, File(io.BufferedReader(Sealing(content, self.key_of(name), name), CHUNK), name))

    def _open(self, name: str, mode: str = "rb") -> File:
        if mode != "rb":
            raise ValueError("A sealed file is written once, and as a whole.")
        if veils.drawn.get():
            raise veils.NotShown("No file is opened for who looks at another's pages.")
        # The key first: of an erased file nothing is opened, and whether it still lies there is no matter.
        key = self.key_of(name)
        return File(io.BufferedReader(Unsealing(self.place.open(name), key, name), CHUNK), name)

    def size(self, name: str) -> int:
        sealed = self.place.size(name) - HEAD
        return sealed - -(-sealed // (CHUNK + TAG)) * TAG
