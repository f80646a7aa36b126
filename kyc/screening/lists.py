"""Loading list versions, and the index of the active ones."""

import gzip
import hashlib
import zlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from threading import Lock

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.refused import Refused
from config import jobs
from kyc.screening.entries import BadList, Entry
from kyc.screening.index import Index
from kyc.screening.models import ListEntry, ListVersion
from kyc.screening.sources import ofac

SHIPPED = Path(__file__).parent / "lists"
SHIPPED_DATE = date(2024, 5, 2)
SHIPPED_FILES = (SHIPPED / "ofac-sdn_2024-05-02.csv.gz", SHIPPED / "ofac-sdn_2024-05-02_alt.csv.gz")
CONTENTS = ("kind", "name", "aliases", "programmes", "birth_dates", "countries", "identifiers")
# A newer version with less than this part of the active one's entries is more likely a broken download.
LEAST_KEPT = 0.8
BATCH = 2000


class Shrunk(Refused):
    """A newer version has far fewer entries than the active one."""


@dataclass(frozen=True)
class Loaded:
    """What a load did, counted against the version of that source published before it."""

    version: int
    published: str
    added: int
    changed: int
    removed: int


def decoded(raw: bytes) -> str:
    """A line in UTF-8, or, as older publications were, in Windows' Western code page."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def lines(path: Path | None) -> Iterator[str]:
    """The file's lines, unpacked where it is compressed. Raises BadList."""
    if path is None:
        return
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            yield from map(decoded, file)
    except (OSError, EOFError, zlib.error) as error:
        raise BadList(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error}).") from error


def digest(paths: Iterable[Path | None]) -> str:
    """SHA-256 over the unpacked files, each in its place, so that packing one changes nothing and mixing two up does."""
    sha256 = hashlib.sha256()
    for path in paths:
        for line in lines(path):
            sha256.update(line.encode())
        sha256.update(b"\0")
    return sha256.hexdigest()


def contents(version: ListVersion | None) -> dict[str, tuple[object, ...]]:
    if version is None:
        return {}
    return {row[0]: row[1:] for row in version.entries.values_list("entry_id", *CONTENTS).iterator(chunk_size=BATCH)}


@transaction.atomic
def load(
    source: str,
    *,
    primary: Path,
    aliases: Path | None = None,
    addresses: Path | None = None,
    comments: Path | None = None,
    published: date,
    may_shrink: bool = False,
) -> Loaded:
    """Stores a publisher's files as a version. The newest by date is active; an older one is stored only. The same files
    again change nothing. Raises BadList, and Shrunk unless `may_shrink`."""
    files = {"primary": primary, "aliases": aliases, "addresses": addresses, "comments": comments}
    sha256 = digest(files.values())
    version = ListVersion.objects.filter(source=source, sha256=sha256).first()
    if version is None:
        read = ofac.read(*map(lines, files.values()), files={name: path.name for name, path in files.items() if path})
        version = store(source, read, sha256, published, may_shrink=may_shrink)
    before = ListVersion.objects.filter(source=source, published__lt=version.published).order_by("-published", "-pk").first()
    return compared(version, contents(before))


def store(source: str, entries: Iterable[Entry], sha256: str, published: date, *, may_shrink: bool) -> ListVersion:
    newest = ListVersion.objects.select_for_update().filter(source=source, is_active=True).first()
    version = ListVersion.objects.create(source=source, published=published, sha256=sha256, entries_count=0)
    version.entries_count = sum(stored(version, batch) for batch in batches(entries))
    if newest is None or newest.published <= published:
        if newest and not may_shrink:
            check_shrunk(newest, version)
        activate(version, instead_of=newest)
    version.save(update_fields=["entries_count", "is_active"])
    details = {"source": source, "published": str(published), "entries": version.entries_count, "active": version.is_active}
    audit.record("list.loaded", target=version, by=None, **details)
    return version


def batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    waiting = iter(entries)
    while batch := list(islice(waiting, BATCH)):
        yield batch


def stored(version: ListVersion, batch: list[Entry]) -> int:
    rows = []
    for entry in batch:
        values = asdict(entry)
        rows.append(ListEntry(entry_id=values.pop("id"), **{**values, "version": version}))
    return len(ListEntry.objects.bulk_create(rows))


def check_shrunk(newest: ListVersion, version: ListVersion) -> None:
    if version.entries_count < LEAST_KEPT * newest.entries_count:
        sentence = _("The new version has %(new)s entries, the active one %(old)s. Is the file complete?")
        raise Shrunk(sentence % {"new": version.entries_count, "old": newest.entries_count})


def activate(version: ListVersion, *, instead_of: ListVersion | None) -> None:
    if instead_of:
        instead_of.is_active = False
        instead_of.save(update_fields=["is_active"])
    version.is_active = True
    jobs.woke("list.activated")


def compared(version: ListVersion, old: dict[str, tuple[object, ...]]) -> Loaded:
    new = contents(version)
    changed = sum(1 for key in new.keys() & old.keys() if new[key] != old[key])
    return Loaded(version.pk, str(version.published), len(new.keys() - old.keys()), changed, len(old.keys() - new.keys()))


_index: tuple[tuple[int, ...], Index] = ((), Index([]))
_building = Lock()


def active_versions() -> list[ListVersion]:
    return list(ListVersion.objects.filter(is_active=True).order_by("source"))


def built(versions: Collection[int]) -> Index:
    """An index over the entries of those versions; each entry names its version."""
    fields = ("entry_id", *CONTENTS, "version_id")
    rows = ListEntry.objects.filter(version__in=versions).order_by("pk").values_list(*fields)
    return Index(Entry(*row[:3], *map(tuple, row[3:8]), row[8]) for row in rows.iterator(chunk_size=5000))


def active_index() -> Index:
    """The index of all active lists, built once a process and again when a version changes."""
    global _index
    ids = tuple(ListVersion.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True))
    with _building:
        if _index[0] != ids:
            _index = (ids, built(ids))
        return _index[1]
