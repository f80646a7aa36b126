"""Whom data is about, and that subject's key."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q, Subquery
from django.utils.translation import gettext as _

from accounts.refused import Refused
from accounts.vault import boxes, keyring
from accounts.vault.erased import Erased
from accounts.vault.models import SubjectKey

Kind = SubjectKey.Kind


class SubjectErased(Refused):
    """Nothing can be added to what was erased."""


@dataclass(frozen=True)
class Subject:
    """`ref` is the id of the party, organisation, report, inquiry or pack; an inquiry and a pack are of no organisation."""

    kind: str
    ref: int
    organisation: int | None

    @classmethod
    def party(cls, pk: int, organisation: int) -> "Subject":
        return cls(Kind.PARTY, pk, organisation)

    @classmethod
    def of_organisation(cls, organisation: int) -> "Subject":
        return cls(Kind.ORGANISATION, organisation, organisation)

    @classmethod
    def report(cls, pk: int, organisation: int | None) -> "Subject":
        return cls(Kind.REPORT, pk, organisation)

    @classmethod
    def inquiry(cls, pk: int) -> "Subject":
        return cls(Kind.INQUIRY, pk, None)

    @classmethod
    def pack(cls, pk: int) -> "Subject":
        return cls(Kind.PACK, pk, None)


class Held:
    """A key as this process holds it: none when it was destroyed, or is not there at all. Unwrapped when first needed."""

    def __init__(self, row: SubjectKey | None) -> None:
        self.row = row

    @cached_property
    def key(self) -> bytes | None:
        if self.row is None or self.row.destroyed_at:
            return None
        return keyring.unwrap(self.row.wrapped_by, bytes(self.row.wrapped), bound=self.row.bound)

    @property
    def erased(self) -> Erased:
        return Erased(self.row.destroyed_at, self.row.certificate) if self.row else Erased()


class Cache:
    """Keys that were unwrapped lately. Short, so that a key destroyed elsewhere is soon forgotten here too."""

    SECONDS, LARGEST = 60.0, 5000

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock, self.lock = clock, threading.Lock()
        self.held: OrderedDict[int, tuple[float, Held]] = OrderedDict()

    def get(self, pk: int) -> Held | None:
        with self.lock:
            until, found = self.held.get(pk, (0.0, None))
            return found if until > self.clock() else None

    def put(self, pk: int, held: Held) -> None:
        with self.lock:
            self.held[pk] = (self.clock() + self.SECONDS, held)
            self.held.move_to_end(pk)
            while len(self.held) > self.LARGEST:
                self.held.popitem(last=False)

    def forget(self, pk: int | None = None) -> None:
        with self.lock:
            if pk is None:
                self.held.clear()
            else:
                self.held.pop(pk, None)


cache = Cache()


def reading(pk: int) -> Held:
    """The key with that number. The first of an organisation brings the others of it along, since a page shows them together."""
    if found := cache.get(pk):
        return found
    beside = SubjectKey.objects.filter(pk=pk).values("organisation")
    for row in SubjectKey.objects.filter(Q(pk=pk) | Q(organisation=Subquery(beside)) & ~Q(kind=Kind.REPORT)):
        cache.put(row.pk, Held(row))
    return cache.get(pk) or Held(None)


def writing(subject: Subject) -> tuple[SubjectKey, bytes]:
    """The subject's row and key, made at its first value. Asked of the database each time, because what this process remembers
    may have been rolled back. Raises SubjectErased."""
    row = SubjectKey.objects.filter(kind=subject.kind, ref=subject.ref).first() or made(subject)
    known = None if row.destroyed_at else cache.get(row.pk)
    key = (known or Held(row)).key
    if key is None:
        raise SubjectErased(_("These data were erased, and nothing can be added to them."))
    return row, key


def made(subject: Subject) -> SubjectKey:
    version, wrapped = keyring.wrap(boxes.new_key(), bound=f"{subject.kind}:{subject.ref}")
    row, _is_new = SubjectKey.objects.get_or_create(
        kind=subject.kind,
        ref=subject.ref,
        defaults={"organisation_id": subject.organisation, "wrapped": wrapped, "wrapped_by": version},
    )
    return row
