"""A world of tests/bench/worlds.py in the database: each account an organisation, what it leaves behind its signals."""

import duckdb
import numpy as np
import pyarrow as pa
from django.db import connection
from numpy.typing import NDArray

from accounts.models import Organisation
from tests.bench.worlds import TYPES, World
from tests.conftest import owner

PEOPLE = """
INSERT INTO accounts_organisation (name, sandbox, closing_reason, created_at)
SELECT 'Account ' || n, '', '', now() FROM generate_series(0, %s) AS n ORDER BY n
"""
SIGNALS = "COPY accounts_signal (organisation_id, type, value, first_seen, last_seen, count) FROM STDIN (FORMAT csv)"
# As worlds.World.write names values, which is a UUID as well.
ROWS = """
SELECT $base + account, names.name, md5(type::TEXT || ':' || value::TEXT)::UUID, to_timestamp(first)::TIMESTAMP || 'Z',
    to_timestamp(last)::TIMESTAMP || 'Z', count
FROM rows JOIN names ON names.place = rows.type
"""


def settle(world: World) -> int:
    """All accounts, without a signal yet. The number of the first, from which on they are numbered."""
    with owner(), connection.cursor() as cursor:
        cursor.execute(PEOPLE, [world.accounts - 1])
        cursor.execute("ANALYZE accounts_organisation")
    first = Organisation.objects.order_by("pk").first()
    assert first and Organisation.objects.count() == world.accounts
    return int(first.pk)


def leave(world: World, base: int, rows: NDArray[np.bool_] | None = None) -> int:
    """These rows of its signals, past the function that lets customers leave theirs. How many there are."""
    chosen = np.ones(len(world.signals["account"]), np.bool_) if rows is None else rows
    table = pa.table({name: world.signals[name][chosen] for name in ("account", "type", "value", "first", "last", "count")})
    with duckdb.connect() as db, owner(), connection.cursor() as cursor:
        db.register("rows", table)
        db.execute("CREATE TABLE names AS SELECT unnest(?) AS name, unnest(range(?)) AS place", [list(TYPES), len(TYPES)])
        found = db.execute(ROWS, {"base": base})
        cursor.execute("SET statement_timeout = 0")
        with cursor.copy(SIGNALS) as copy:
            while part := found.fetchmany(50_000):
                copy.write("".join(",".join(map(str, row)) + "\n" for row in part))
        cursor.execute("ANALYZE accounts_signal")
    return table.num_rows
