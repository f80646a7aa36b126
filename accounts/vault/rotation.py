"""Brings every subject's key under the newest key-encryption key, while the product goes on and however often it is begun."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import models, transaction

from accounts.vault import keyring
from accounts.vault.models import SubjectKey

BATCH = 100


@dataclass(frozen=True)
class Progress:
    version: str
    done: int
    left: int


def waiting(version: str) -> models.QuerySet[SubjectKey]:
    return SubjectKey.objects.filter(destroyed_at__isnull=True).exclude(wrapped_by=version)


def rotate(*, batch: int = BATCH) -> Iterator[Progress]:
    """A transaction a batch: what was done stays done, and a row says by its version whether it was. Others may rotate beside;
    what they have in hand is waited for at the end, since they may leave it undone."""
    version, done = keyring.current(), 0
    for beside in (True, False):
        while moved := moved_batch(version, batch, skip_locked=beside):
            done += moved
            yield Progress(version, done, waiting(version).count())


@transaction.atomic
def moved_batch(version: str, batch: int, *, skip_locked: bool) -> int:
    rows = list(waiting(version).select_for_update(skip_locked=skip_locked).order_by("pk")[:batch])
    for row in rows:
        key = keyring.unwrap(row.wrapped_by, bytes(row.wrapped), bound=row.bound)
        row.wrapped_by, row.wrapped = keyring.wrap(key, bound=row.bound)
        row.save(update_fields=["wrapped_by", "wrapped"])
    return len(rows)
