"""A publisher's files: unpacked, decoded, and one SHA-256 over all of them."""

import gzip
import hashlib
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from kyc.screening.entries import BadList

CHUNK = 64 * 1024
HEAD = 4096
# A ZIP that is encrypted says so by a RuntimeError, and one packed in a way that is not known by a NotImplementedError.
UNREADABLE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)


@dataclass(frozen=True)
class Files:
    """The others are OFAC's, whose CSV has one for each kind of fact."""

    primary: Path
    aliases: Path | None = None
    addresses: Path | None = None
    comments: Path | None = None

    def each(self) -> tuple[Path | None, ...]:
        return self.primary, self.aliases, self.addresses, self.comments


def decoded(raw: bytes) -> str:
    """A line in UTF-8, or, as older publications were, in Windows' Western code page."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


@contextmanager
def unpacked(path: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    """The file as it was before it was packed; of a ZIP the one file in it. Raises BadList besides what reading raises."""
    if path.suffix == ".gz":
        with gzip.open(path) as file:
            yield cast("IO[bytes]", file)
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            inside = [one for one in archive.infolist() if not one.is_dir()]
            if len(inside) != 1:
                raise BadList(f"{path}: holds {len(inside)} files, and not one alone. Unpack it first.")
            with archive.open(inside[0]) as file:
                yield file
    else:
        with path.open("rb") as file:
            yield file


def lines(path: Path | None) -> Iterator[str]:
    """The file's lines, unpacked where it is compressed. Raises BadList."""
    if path is None:
        return
    try:
        with unpacked(path) as file:
            yield from map(decoded, file)
    except UNREADABLE as error:
        raise unread(path, error) from error


def chunks(path: Path) -> Iterator[bytes]:
    """The file's bytes, unpacked where it is compressed. Raises BadList."""
    try:
        with unpacked(path) as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except UNREADABLE as error:
        raise unread(path, error) from error


def unread(path: Path, error: Exception) -> BadList:
    return BadList(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error}).")


def head(path: Path) -> str:
    """The file's beginning, for telling one layout from another."""
    return decoded_part(next(chunks(path), b"")[:HEAD])


def decoded_part(raw: bytes) -> str:
    """Bytes that may end within a letter."""
    return raw.decode("utf-8", errors="replace").lstrip("\ufeff")


def digest(paths: Iterable[Path | None]) -> str:
    """SHA-256 of the unpacked file; of several, over theirs, each in its place. So packing one changes nothing and mixing two
    up does."""
    each = [sha256(path) if path else "" for path in paths]
    if not any(each[1:]):
        return each[0]
    return hashlib.sha256("\n".join(each).encode()).hexdigest()


def sha256(path: Path) -> str:
    found = hashlib.sha256()
    for chunk in chunks(path):
        found.update(chunk)
    return found.hexdigest()
