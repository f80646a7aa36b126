"""Sealed files: chunks of AES-256-GCM, written and read one at a time, so that no whole file stands in memory.

A file's own key is made of its subject's key and a salt. Each chunk is bound to the file's name, its own place and whether it
is the last, so a file that was cut, mixed up or put in another's place is found out.
"""

import io
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext as _

from accounts.refused import Refused
from accounts.vault import boxes, subjects, veils
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


class Sealing(File):
    """A file on its way to the disk."""

    def __init__(self, content: Any, key: bytes, name: str) -> None:
        super().__init__(content, name)
        self.content, self.key, self.sealed_name = content, key, name

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        salt = os.urandom(SALT)
        cutter = Cutter(self.key, salt, self.sealed_name)
        yield MAGIC + salt
        self.content.seek(0)
        part, number = self.content.read(CHUNK), 0
        while following := self.content.read(CHUNK):
            yield cutter.seal(number, part, is_last=False)
            part, number = following, number + 1
        yield cutter.seal(number, part, is_last=True)


class Unsealing(io.RawIOBase):
    """A sealed file as it was: readable from any place, one chunk at a time."""

    def __init__(self, path: Path, key: bytes, name: str) -> None:
        self.sealed = path.open("rb")
        head, size = self.sealed.read(HEAD), path.stat().st_size - HEAD
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
class VaultStorage(FileSystemStorage):
    """Private files under names that say nothing but whose key opens them; never served by URL, only by views that check the
    reader."""

    def __init__(self) -> None:
        super().__init__(location=settings.VAULT_DIR, file_permissions_mode=0o600, directory_permissions_mode=0o700)

    def url(self, name: str | None) -> str:
        raise ValueError("This file is not accessible via a URL.")

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
        return super()._save(name, Sealing(content, self.key_of(name), name))

    def _open(self, name: str, mode: str = "rb") -> File:
        if mode != "rb":
            raise ValueError("A sealed file is written once, and as a whole.")
        if veils.drawn.get():
            raise veils.NotShown("No file is opened for who looks at another's pages.")
        return File(io.BufferedReader(Unsealing(Path(self.path(name)), self.key_of(name), name), CHUNK), name)

    def size(self, name: str) -> int:
        sealed = Path(self.path(name)).stat().st_size - HEAD
        return sealed - -(-sealed // (CHUNK + TAG)) * TAG
