"""What a building goes by is taken out of the database: all signals, and what is said beside them.

It sees every account and the compartment, and puts what it saw into a folder that nobody else can read; of values that is keyed
hashes alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from psycopg import sql

from accounts import counting, scope
from accounts.models import Signal, SignalValue
from accounts.signal_models import LINKING
from kyc.evidence import agencies
from kyc.networks import declared, given, rulings
from kyc.networks.given import Given, Watch
from kyc.networks.network_models import NetworkMembership
from kyc.networks.ruling_models import Ruling

# As long as the work on one run may take (config/jobs.py), and half of that for one statement.
PATIENCE = "15min"

SIGNALS = sql.SQL(given.COPY).format(types=sql.Literal(list(given.TYPES)), table=sql.Identifier(Signal._meta.db_table))


def hubs() -> sql.Composable:
    """Of values that are everybody's, by files of ranges and by counting: as whoever arises is compared (arising.py)."""
    return sql.SQL(given.COPY_HUBS).format(
        values=sql.Identifier(SignalValue._meta.db_table),
        rulings=sql.Identifier(Ruling._meta.db_table),
        linking=sql.Literal([str(one) for one in LINKING]),
        lapsed=sql.Literal(sorted(rulings.lapsed())),
    )


@dataclass(frozen=True)
class Taken:
    """`seen` are the memberships that stood before the signals were read; `ruled` are accounts that must be with another, `apart`
    pairs that may not be together."""

    seen: frozenset[int]
    ruled: frozenset[int]
    seconds: Mapping[str, float]
    apart: tuple[rulings.Pair, ...] = ()


def take(folder: Path) -> Taken:
    watch = Watch()
    # By these whoever arises until the next building is compared (kyc/networks/arising.py).
    counting.count()
    watch.has("count")
    with scope.whole():
        declared.mark()
        # First, so that whoever is attached later is known to be.
        seen = frozenset(NetworkMembership.objects.live().values_list("pk", flat=True))
        said = beside()
        (folder / given.GIVEN).write_text(said.written())
        copy(SIGNALS, folder / given.SIGNALS)
        copy(hubs(), folder / given.HUBS)
    watch.has("copy")
    return Taken(seen, frozenset(account for pair in said.must for account in pair), watch.seconds, said.cannot)


def beside() -> Given:
    """What officers ruled, and who runs accounts for others."""
    ruled = rulings.for_run()
    uncounted = tuple(sorted((type, str(value)) for type, value in ruled.uncounted))
    return Given(declared=agencies.groups(), must=ruled.must, cannot=ruled.cannot, uncounted=uncounted)


def copy(asked: sql.Composable, file: Path) -> None:
    patiently()
    with file.open("wb") as out, connection.cursor() as cursor, cursor.copy(asked) as rows:
        for row in rows:
            out.write(row)


def patiently() -> None:
    """To the end of the transaction a statement may take longer than any request waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [PATIENCE])
