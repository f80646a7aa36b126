"""Loading list versions, and the index of the active ones."""

import gzip
import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from io import TextIOWrapper
from pathlib import Path
from threading import Lock

from django.db import transaction

from accounts import audit
from kyc.screening.entries import BadList, Entry
from kyc.screening.match import Index
from kyc.screening.models import ListEntry, ListVersion
from kyc.screening.sources import ofac

SHIPPED = Path(__file__).parent / "lists"
SHIPPED_DATE = date(2024, 5, 2)
SHIPPED_FILES = (SHIPPED / "ofac-sdn_2024-05-02.csv.gz", SHIPPED / "ofac-sdn_2024-05-02_alt.csv.gz")


@dataclass(frozen=True)
class Loaded:
    """What a load did, counted against the version of that source published before it."""

    version: int
    published: str
    added: int
    changed: int
    removed: int


def lines(path: Path | None) -> list[str]:
    if path is None:
        return []
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            return TextIOWrapper(file, encoding="utf-8", errors="replace", newline="").read().splitlines(keepends=True)  # type: ignore[arg-type]
    except OSError as error:
        raise BadList(f"{path}: {error.strerror or 'cannot be read'}.") from error


def digest(paths: Iterable[Path | None]) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths if path)).hexdigest()


def contents(version: ListVersion | None) -> dict[str, tuple[object, ...]]:
    if version is None:
        return {}
    fields = ("kind", "name", "aliases", "programmes", "birth_dates", "countries", "identifiers")
    return {row[0]: tuple(map(str, row[1:])) for row in version.entries.values_list("entry_id", *fields)}


@transaction.atomic
def load(source: str, *, primary: Path, aliases: Path | None = None, published: date) -> Loaded:
    """Stores a publisher's file as a version. The newest by date is active; an older one is stored only. The same file
    again changes nothing. Raises BadList."""
    entries = list(ofac.read(lines(primary), lines(aliases), file=primary.name, alias_file=aliases.name if aliases else ""))
    sha256 = digest([primary, aliases])
    known = ListVersion.objects.filter(source=source, sha256=sha256).first()
    before = ListVersion.objects.filter(source=source, published__lt=published).order_by("-published", "-pk").first()
    version = known or store(source, entries, sha256, published)
    return compared(version, contents(before))


def store(source: str, entries: list[Entry], sha256: str, published: date) -> ListVersion:
    newest = ListVersion.objects.filter(source=source, is_active=True).first()
    activate = newest is None or newest.published <= published
    if newest and activate:
        newest.is_active = False
        newest.save(update_fields=["is_active"])
    version = ListVersion.objects.create(
        source=source, published=published, sha256=sha256, entries_count=len(entries), is_active=activate
    )
    rows = []
    for entry in entries:
        values = asdict(entry)
        rows.append(ListEntry(version=version, entry_id=values.pop("id"), **values))
    ListEntry.objects.bulk_create(rows, batch_size=2000)
    audit.record("list.loaded", target=version, by=None, source=source, published=str(published), entries=len(entries))
    return version


def compared(version: ListVersion, old: dict[str, tuple[object, ...]]) -> Loaded:
    new = contents(version)
    changed = sum(1 for key in new.keys() & old.keys() if new[key] != old[key])
    return Loaded(version.pk, str(version.published), len(new.keys() - old.keys()), changed, len(old.keys() - new.keys()))


_index: tuple[tuple[int, ...], Index] = ((), Index([]))
_building = Lock()


def active_versions() -> list[ListVersion]:
    return list(ListVersion.objects.filter(is_active=True).order_by("source"))


def active_index() -> Index:
    """The index of all active lists, built once a process and again when a version changes."""
    global _index
    ids = tuple(ListVersion.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True))
    with _building:
        if _index[0] != ids:
            fields = ("entry_id", "kind", "name", "aliases", "programmes", "birth_dates", "countries", "identifiers")
            rows = ListEntry.objects.filter(version__in=ids).order_by("pk").values_list(*fields)
            _index = (ids, Index(Entry(*row[:3], *map(tuple, row[3:])) for row in rows.iterator(chunk_size=5000)))
        return _index[1]
