"""Signals out of a file or an Arrow table into arrays, by DuckDB."""

from pathlib import Path
from tempfile import gettempdir
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kyc.networks.finding import checking
from kyc.networks.finding.checking import COLUMNS, BadSignals
from kyc.networks.finding.families import ALL, ENDED, NAMES, OPENED
from kyc.networks.finding.signals import UNKNOWN, Signals

Source = Path | pa.Table
# Accounts opened within as many seconds were opened together; and so long an account stays that does not only look round.
TOGETHER, STAYED = 3 * 3600, 2 * 86_400
# An account has fallen silent when nothing was seen of it for so many seconds, a weekend and a day off beside it, and for as many
# times as long as it left between two uses on average; who was seen fewer times has no rhythm that he could have left.
SILENT, RHYTHMS, REGULAR = 4 * 86_400, 3, 5
__all__ = ["COLUMNS", "UNKNOWN", "BadSignals", "Signals", "Source", "read"]


def read(source: Source, *, threads: int = 2, memory: str = "2GB") -> Signals:
    """Raises BadSignals."""
    with database(threads, memory) as db, checking.refusing(db, source):
        rows = checking.relation(db, source)
        return collected(db, *checking.checked(db, source, rows))


def database(threads: int = 2, memory: str = "2GB") -> duckdb.DuckDBPyConnection:
    db = duckdb.connect()
    # What does not fit is laid by where every program may, and gone with the connection.
    db.execute("SET temp_directory=?", [gettempdir()])
    db.execute(f"SET threads={threads}; SET memory_limit='{memory}'; SET preserve_insertion_order=false; SET TimeZone='UTC'")
    return db


def collected(db: duckdb.DuckDBPyConnection, rows: str, instant: dict[str, str]) -> Signals:
    types = ", ".join(f"'{name}'" for name in NAMES)
    first, last = (f"coalesce({instant[name]}, {UNKNOWN})" for name in ("first_seen", "last_seen"))
    db.execute(
        f"""CREATE TEMP TABLE signals AS SELECT account, (list_position([{types}], type) - 1)::TINYINT AS type,
            hash(type, value::TEXT) AS key, {first} AS first, {last} AS last, count::BIGINT AS count FROM {rows}"""  # noqa: S608  # nosec B608  # our own words
    )
    db.execute(
        f"""CREATE TEMP TABLE accounts AS
            SELECT account, (row_number() OVER (ORDER BY account) - 1)::INTEGER AS place, opened, ended, times FROM
            (SELECT account, coalesce(min(first) FILTER (first > {UNKNOWN}), {UNKNOWN}) AS opened, max(last) AS ended,
            max(count) AS times FROM signals GROUP BY account)"""  # noqa: S608  # nosec B608  # our own words
    )
    db.execute(
        """CREATE TEMP TABLE shared AS SELECT key, (row_number() OVER (ORDER BY type, key) - 1)::INTEGER AS place, type
           FROM (SELECT key, any_value(type) AS type FROM signals GROUP BY key HAVING min(account) < max(account))"""
    )
    found = table(
        db,
        """SELECT a.place AS account, s.place AS value, min(first) AS first, max(last) AS last
           FROM signals JOIN shared s USING (key) JOIN accounts a USING (account) GROUP BY ALL""",
    )
    values = table(db, "SELECT key, type FROM shared ORDER BY place")
    accounts = table(db, "SELECT account, opened, ended, times FROM accounts ORDER BY place")
    rows_read = int(column(table(db, "SELECT count(*) AS rows FROM signals"), "rows")[0])
    return put_together(
        accounts["account"].combine_chunks(),
        column(accounts, "opened"),
        fell_silent(*(column(accounts, name) for name in ("opened", "ended", "times"))),
        [column(found, name) for name in ("account", "value", "first", "last")],
        column(values, "type"),
        column(values, "key"),
        rows_read,
    )


def fell_silent(opened: NDArray[np.int64], ended: NDArray[np.int64], times: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of each account when it was last seen; UNKNOWN where it may come again: by its own rhythm, of which its most frequent value
    tells, or because all signals end soon after. Who was gone at once says nothing more by when he went."""
    here = ended - opened
    rhythm = here // np.maximum(times - 1, 1)
    since = ended.max(initial=UNKNOWN) - ended
    is_silent = (here > STAYED) & (times >= REGULAR) & (since >= np.maximum(SILENT, RHYTHMS * rhythm))
    return np.where((opened > UNKNOWN) & is_silent, ended, UNKNOWN)


def put_together(
    names: pa.Array,
    opened: NDArray[np.int64],
    silent: NDArray[np.int64],
    rows: list[NDArray[Any]],
    type: NDArray[np.int8],
    key: NDArray[np.uint64],
    total: int,
) -> Signals:
    """In order, and with the hours in which accounts were opened and fell silent as two more types of value."""
    for name, when in ((OPENED, opened), (ENDED, silent)):
        who = np.flatnonzero(when > UNKNOWN)
        hours, place, many = np.unique(when[who] // TOGETHER, return_inverse=True, return_counts=True)
        number = np.where(many > 1, np.cumsum(many > 1) - 1 + len(type), -1)[place]
        who, number = who[number >= 0], number[number >= 0]
        rows = [np.concatenate(both) for both in zip(rows, (who, number, when[who], when[who]), strict=True)]
        type = np.r_[type, np.full(int((many > 1).sum()), ALL.index(name), np.int8)]
        key = np.r_[key, (hours[many > 1] * TOGETHER).astype(np.uint64)]
    account, value, first, last = rows
    order = np.argsort(account.astype(np.int64) << 32 | value)
    value = value[order].astype(np.int32)
    return Signals(
        names=names,
        account=account[order].astype(np.int32),
        value=value,
        first=first[order],
        last=last[order],
        type=type,
        holders=np.bincount(value, minlength=len(type)).astype(np.int32),
        key=key,
        rows=total,
    )


def table(db: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    return db.sql(query).to_arrow_table()


def column(table: pa.Table, name: str) -> NDArray[Any]:
    found: NDArray[Any] = table[name].combine_chunks().to_numpy(zero_copy_only=False)
    return found


def keys(named: list[tuple[str, str]] | pa.Table) -> NDArray[np.uint64]:
    """The keys of values by type and name, or of a table with both as text."""
    if not len(named):
        return np.zeros(0, np.uint64)
    if not isinstance(named, pa.Table):
        named = pa.table({"type": [type for type, _ in named], "value": [str(value) for _, value in named]})
    with database() as db:
        db.register("named", named)
        return column(table(db, "SELECT hash(type, value) AS key FROM named"), "key")


def values(source: Source, wanted: NDArray[np.uint64]) -> pa.Array:
    """The names of values by their keys, in that order."""
    with database() as db:
        rows = checking.relation(db, source)
        db.register("wanted", pa.table({"key": wanted, "place": np.arange(len(wanted))}))
        found = table(
            db,
            f"""SELECT place, min(name) AS name FROM wanted
                JOIN (SELECT hash(type, value::TEXT) AS key, value::TEXT AS name FROM {rows}) USING (key)
                GROUP BY place ORDER BY place""",  # noqa: S608  # nosec B608  # our own words
        )
        return found["name"].combine_chunks()


def instants(seconds: NDArray[np.int64]) -> pa.Array:
    return pa.array(seconds, pa.timestamp("s", "UTC"), mask=seconds <= UNKNOWN)
