"""Audit events beside their leaves: the part of a verification that takes its time, range by range, in several processes where
there are several processors. All read the same moment."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import starmap
from multiprocessing import get_context
from typing import Any

from django.db import connection, transaction

from accounts import leaves, merkle

RANGE = 20_000
CHUNK = 5_000
ROWS = f"""
SELECT l.index, l.event_id, l.hash, {", ".join(f"e.{name}" for name in leaves.COLUMNS)}
FROM accounts_auditleaf l LEFT JOIN accounts_auditevent e ON e.id = l.event_id
WHERE l.index >= %s AND l.index < %s ORDER BY l.index
"""  # noqa: S608  # nosec B608  # names of our own
DELETED, CHANGED = "it was deleted", "it is not what it was when it came into the tree"

# How many events were compared, and of those that are not their leaf's: place, event and why.
Compared = tuple[int, list[tuple[int, int, str]]]
# The statement of accounts/scope.py and what it says, as a process takes it that has not yet loaded our models.
Said = tuple[str, tuple[str, ...]]


def compared(first: int, end: int) -> Compared:
    """The places of the tree from `first` on and before `end`."""
    count, wrong = 0, []
    with connection.connection.cursor(name=f"audit_{first}") as cursor:
        cursor.itersize = CHUNK
        cursor.execute(ROWS, [first, end])
        for index, event, stored, *columns in cursor:
            count += 1
            if columns[0] is None:
                wrong.append((index, event, DELETED))
            elif merkle.leaf_hash(leaves.leaf(leaves.row_of(columns))) != bytes(stored):
                wrong.append((index, event, CHANGED))
    return count, wrong


def begun(database: dict[str, Any]) -> None:
    """A process of the pool, on the database that the asking one is on."""
    import django

    django.setup()
    connection.settings_dict.update(database)


def compared_elsewhere(first: int, end: int, snapshot: str, scope: Said) -> Compared:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET TRANSACTION SNAPSHOT %s", [snapshot])
            cursor.execute("SET LOCAL cursor_tuple_fraction = 1")
            cursor.execute(*scope)
        return compared(first, end)


@contextmanager
def workers(processes: int, size: int, scope: Said) -> Iterator[Iterator[Compared]]:
    """Every range of a tree of that size, in order, compared meanwhile. To be opened inside a transaction, which all others read
    with, and in whose `scope`. With one process it is this one, and a range is compared when it is asked for: a task of Celery
    may start no others."""
    ranges = [(first, min(first + RANGE, size)) for first in range(0, size, RANGE)]
    processes = min(processes, len(ranges))
    if processes < 2:
        yield starmap(compared, ranges)
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
    database = {name: connection.settings_dict[name] for name in ("NAME", "USER", "OPTIONS")}
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=begun, initargs=(database,)) as pool:
        futures = [pool.submit(compared_elsewhere, *some, snapshot, scope) for some in ranges]
        yield (future.result() for future in futures)
