"""Loading list versions, and the index of the active ones."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from threading import Lock

from django.db import transaction
from django.db.models import Exists, Max, Min, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.refused import Refused
from config import jobs
from kyc.parties.models import Party
from kyc.rules import packs
from kyc.screening import dating, sources
from kyc.screening.entries import Entry
from kyc.screening.index import Index
from kyc.screening.models import Hit, ListEntry, ListVersion, Rescreening
from kyc.screening.sources.files import Files, digest
from kyc.screening.sources.files import lines as lines

SHIPPED = Path(__file__).parent / "lists"
SHIPPED_DATE = date(2024, 5, 2)
SHIPPED_FILES = (SHIPPED / "ofac-sdn_2024-05-02.csv.gz", SHIPPED / "ofac-sdn_2024-05-02_alt.csv.gz")
# What an index knows of an entry, in the order of Entry's fields.
CONTENTS = ("kind", "name", "aliases", "programmes", "birth_dates", "countries", "identifiers")
BATCH = 2000
# Parties that one worker compares at a time, by their numbers.
STRETCH = 1000


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
    # Whether it is in use: an older one than that in use is stored only.
    active: bool


@transaction.atomic
def load(
    source: str,
    *,
    primary: Path,
    aliases: Path | None = None,
    addresses: Path | None = None,
    comments: Path | None = None,
    published: date | None = None,
    may_shrink: bool = False,
) -> Loaded:
    """Stores a publisher's files as a version, checks it, and makes it the active one, in one step. The newest by date is active;
    an older one is stored only. The day is the one named, or the one that the file names, or today. The same files again with
    that day, or with none, change nothing; a day named that is another corrects it, or, where another version has taken their
    place meanwhile, is that on which they were given out again. Raises BadList, and Shrunk unless `may_shrink`."""
    files = Files(primary, aliases, addresses, comments)
    sha256 = digest(files.each())
    on = dating.checked(published or sources.published(source, files) or timezone.now().date(), primary)
    version = dating.known(source, sha256, on, is_told=published is not None)
    if version is None:
        return loaded(store(source, sources.read(source, files), sha256, on, may_shrink=may_shrink))
    if published and version.published != published:
        correct_day(version, published, may_shrink=may_shrink)
    version.added, version.changed, version.removed = compared(version)
    return loaded(version)


def loaded(version: ListVersion) -> Loaded:
    counts = version.added, version.changed, version.removed
    return Loaded(version.pk, str(version.published), *counts, active=version.is_active)


def in_use(source: str) -> ListVersion | None:
    """Held, so that two versions of a source come one after the other."""
    return ListVersion.objects.select_for_update().filter(source=source, is_active=True).first()


def correct_day(version: ListVersion, published: date, *, may_shrink: bool) -> None:
    """Which one is active is decided anew. Raises Shrunk."""
    active, earlier = in_use(version.source), version.published
    version.published = published
    version.save(update_fields=["published"])
    newest = ListVersion.objects.filter(source=version.source).order_by("-published", "-pk")[0]
    if newest != active:
        if active and not may_shrink:
            check_shrunk(active, newest)
        activate(newest, instead_of=active)
        newest.save(update_fields=["is_active"])
    version.refresh_from_db()
    version.added, version.changed, version.removed = compared(version)
    version.save(update_fields=["added", "changed", "removed"])
    if version.is_active:
        # What was examined names the day.
        jobs.woke("list.activated")
    details = {"source": version.source, "published": str(published), "instead_of": str(earlier), "active": version.is_active}
    audit.record("list.day_corrected", target=version, by=None, **details)


def store(source: str, entries: Iterable[Entry], sha256: str, published: date, *, may_shrink: bool) -> ListVersion:
    newest = in_use(source)
    version = ListVersion.objects.create(source=source, published=published, sha256=sha256, entries_count=0)
    version.entries_count = sum(stored(version, batch) for batch in batches(entries))
    if newest is None or newest.published <= published:
        if newest and not may_shrink:
            check_shrunk(newest, version)
        activate(version, instead_of=newest)
    version.added, version.changed, version.removed = compared(version)
    version.save(update_fields=["entries_count", "is_active", "added", "changed", "removed"])
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
    if version.entries_count < (1 - packs.current().list_shrinkage) * newest.entries_count:
        sentence = _("The new version has %(new)s entries, the active one %(old)s. Is the file complete?")
        raise Shrunk(sentence % {"new": version.entries_count, "old": newest.entries_count})


def activate(version: ListVersion, *, instead_of: ListVersion | None) -> None:
    if instead_of:
        instead_of.is_active = False
        instead_of.save(update_fields=["is_active"])
    version.is_active = True
    ask_to_compare(version, since=instead_of)
    jobs.woke("list.activated")


def ask_to_compare(version: ListVersion, *, since: ListVersion | None) -> None:
    """Everybody there is, in stretches; whoever comes later is compared with the lists in use then."""
    ends = Party.objects.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is not None:
        Rescreening.objects.bulk_create(
            Rescreening(version=version, since=since, first=first, last=min(first + STRETCH - 1, ends["last"]))
            for first in range(ends["first"], ends["last"] + 1, STRETCH)
        )


def before(version: ListVersion) -> ListVersion | None:
    """The one of that source published before it."""
    older = ListVersion.objects.filter(source=version.source, published__lte=version.published)
    earlier = older.filter(published__lt=version.published) | older.filter(published=version.published, pk__lt=version.pk)
    return earlier.order_by("-published", "-pk").first()


def compared(version: ListVersion) -> tuple[int, int, int]:
    """Entries added, changed and removed against the one before it, by what the publisher says of each."""
    old, new = entries_of(before(version)), entries_of(version)
    same_id = {"entry_id": OuterRef("entry_id")}
    added = new.exclude(Exists(old.filter(**same_id)))
    changed = new.filter(Exists(old.filter(**same_id).exclude(content=OuterRef("content"))))
    removed = old.exclude(Exists(new.filter(**same_id)))
    return added.count(), changed.count(), removed.count()


def gone(hits: Iterable[Hit]) -> dict[int, ListVersion]:
    """Of these matches, by number, those whose entry the list in use has no more, with the version since which it is missing."""
    active = {version.source: version for version in active_versions()}
    asked = [hit for hit in hits if hit.source in active]
    there = ListEntry.objects.filter(version__in=active.values(), entry_id__in={hit.entry_id for hit in asked})
    listed = set(there.values_list("version__source", "entry_id"))
    return {hit.pk: missing_since(hit, active[hit.source]) for hit in asked if (hit.source, hit.entry_id) not in listed}


def missing_since(hit: Hit, until: ListVersion) -> ListVersion:
    """The first version after the last that had the entry."""
    versions = ListVersion.objects.filter(source=hit.source, published__lte=until.published).order_by("-published", "-pk")
    having = set(ListEntry.objects.filter(version__in=versions, entry_id=hit.entry_id).values_list("version", flat=True))
    found = until
    for version in versions:
        if version.pk in having:
            break
        found = version
    return found


def moved(version: ListVersion, since: ListVersion | None) -> tuple[set[str], set[str]]:
    """The publisher's numbers of entries that are new or changed since, and of those that are gone."""
    now, then = entries_of(version), entries_of(since)
    same_id = {"entry_id": OuterRef("entry_id")}
    stands = then.filter(**same_id, content=OuterRef("content"))
    touched = now.exclude(Exists(stands)).values_list("entry_id", flat=True)
    gone = then.exclude(Exists(now.filter(**same_id))).values_list("entry_id", flat=True)
    return set(touched), set(gone)


def entries_of(version: ListVersion | None) -> QuerySet[ListEntry]:
    return ListEntry.objects.filter(version=version) if version else ListEntry.objects.none()


# Of the lists in use, and of the other versions that were asked for last. Most processes never ask for one, and even an empty
# one reads how rare words are.
_index: tuple[tuple[int, ...], Index] | None = None
_earlier: tuple[tuple[int, ...], Index] | None = None
_building = Lock()


def active_versions() -> list[ListVersion]:
    return list(ListVersion.objects.filter(is_active=True).order_by("source"))


def published_by(day: date) -> list[ListVersion]:
    """Of each source the newest version that was published by that day."""
    rows = ListVersion.objects.filter(published__lte=day).order_by("source", "-published", "-pk").distinct("source")
    return list(rows)


def built(versions: Collection[int], *, of: Collection[str] | None = None, weighed_as: Index | None = None) -> Index:
    """An index over the entries of those versions, or those `of` these numbers; each entry names its version."""
    fields = ("entry_id", *CONTENTS, "version_id", "topics")
    entries = ListEntry.objects.filter(version__in=versions)
    chosen = entries if of is None else entries.filter(entry_id__in=of)
    rows = chosen.order_by("pk").values_list(*fields).iterator(chunk_size=5000)
    found = (Entry(*row[:3], *map(tuple, row[3:8]), row[8], topics(row[9])) for row in rows)
    return Index(found, weighed_as=weighed_as)


def topics(found: list[str]) -> tuple[str, ...]:
    """One object for each combination, however many entries have it."""
    return TOPICS.setdefault(tuple(found), tuple(found))


TOPICS: dict[tuple[str, ...], tuple[str, ...]] = {}


def active_index() -> Index:
    """The index of all active lists, built once a process and again when a version changes."""
    global _index
    ids = tuple(ListVersion.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True))
    with _building:
        if _index is None or _index[0] != ids:
            _index = (ids, built(ids))
        return _index[1]


def index_of(versions: Collection[int]) -> Index:
    """The index of these versions: that of all active lists where they are these."""
    global _earlier
    ids = tuple(sorted(versions))
    if set(ids) == {version.pk for version in active_versions()}:
        return active_index()
    with _building:
        if _earlier is None or _earlier[0] != ids:
            _earlier = (ids, built(ids))
        return _earlier[1]
