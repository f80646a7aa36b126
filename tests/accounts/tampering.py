"""What somebody can do to the audit log who owns its tables, or has become superuser."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from tests.conftest import owner

TABLES = ("accounts_auditevent", "accounts_auditleaf", "accounts_audithead")


def changed(*statements: str) -> None:
    """By who owns the tables, and switches their triggers off."""
    with owner(), connection.cursor() as cursor:
        for switch in ("DISABLE", "ENABLE"):
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} {switch} TRIGGER USER")
            for statement in statements if switch == "DISABLE" else ():
                cursor.execute(statement)


@contextmanager
def altered(*statements: str) -> Iterator[None]:
    """Changed for as long as the block lasts."""
    copies = {table: f"kh_copy_{table}" for table in TABLES}
    changed(*(f"CREATE TABLE {copy} AS TABLE {table}" for table, copy in copies.items()), *statements)
    try:
        yield
    finally:
        back = [(f"DELETE FROM {table}", f"INSERT INTO {table} TABLE {copy}") for table, copy in copies.items()]
        changed(*(statement for pair in back for statement in pair), *(f"DROP TABLE {copy}" for copy in copies.values()))
