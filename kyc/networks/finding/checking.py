"""Whether a file or table of signals is one, and the sentence where it is not."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from accounts.tables import BadTable, check_columns, named_columns, numbered, undecodable_line
from kyc.networks.finding.families import NAMES

COLUMNS = ("account", "type", "value", "first_seen", "last_seen", "count")
WHOLE = ("BIGINT", "INTEGER", "SMALLINT", "TINYINT", "UBIGINT", "UINTEGER", "USMALLINT", "UTINYINT", "HUGEINT")
HOW = "write an instant such as 2026-11-30T09:15:00Z, or nothing where it is not known"


class BadSignals(ValueError):
    """What was given are no signals; the message names file, line (of a Parquet file the row) and reason."""


def called(source: Path | pa.Table) -> str:
    return str(source) if isinstance(source, Path) else "The table"


@contextmanager
def refusing(db: duckdb.DuckDBPyConnection, source: Path | pa.Table) -> Iterator[None]:
    """What DuckDB can't read, as BadSignals."""
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise BadSignals(f"{called(source)}: is too much for the memory that was given.") from None
    except (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException) as bad:
        raise BadSignals(explained(source, str(bad))) from None


def explained(source: Path | pa.Table, bad: str) -> str:
    """Of a CSV file our own reading tells the line; else what DuckDB says, in one sentence."""
    if isinstance(source, Path) and source.suffix.lower() != ".parquet":
        for sentence in faults(source):
            return sentence
    kind = "Parquet" if isinstance(source, Path) and source.suffix.lower() == ".parquet" else "CSV"
    return f"{called(source)}: can't be read as {kind} ({bad.splitlines()[0].rstrip('.')})."


def relation(db: duckdb.DuckDBPyConnection, source: Path | pa.Table) -> str:
    """What FROM reads. The columns of a CSV file are text."""
    if isinstance(source, pa.Table):
        db.register("given", source)
        return "given"
    if not source.is_file():
        raise BadSignals(f"{source}: {'is a folder' if source.is_dir() else 'No such file or directory'}.")
    name = str(source).replace("'", "''")
    if source.suffix.lower() == ".parquet":
        return f"read_parquet('{name}')"
    head(source)
    return f"read_csv('{name}', header=true, all_varchar=true, delim=',', quote='\"', escape='\"', strict_mode=true)"


def head(source: Path) -> None:
    try:
        with source.open(encoding="utf-8-sig", newline="") as lines:
            check_columns(named_columns(csv.DictReader(lines), str(source)), COLUMNS, COLUMNS, str(source))
    except UnicodeDecodeError:
        raise BadSignals(f"{source}, line {undecodable_line(source)}: is not written in UTF-8.") from None
    except OSError as bad:
        raise BadSignals(f"{source}: {bad.strerror}.") from bad
    except BadTable as bad:
        raise BadSignals(str(bad)) from bad


def checked(db: duckdb.DuckDBPyConnection, source: Path | pa.Table, rows: str) -> tuple[str, dict[str, str]]:
    """What FROM reads, and how its instants become seconds. Raises BadSignals."""
    described = {name: str(type) for name, type, *_ in db.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()}  # noqa: S608  # nosec B608  # our own words
    if missing := [name for name in COLUMNS if name not in described]:
        known = ",".join(COLUMNS)
        raise BadSignals(f"{called(source)}: the column {missing[0]} is missing; the columns are {known}.")
    instant = {name: seconds(name, described[name]) for name in ("first_seen", "last_seen")}
    wrong = fault(described, instant)
    bad = db.execute(f"SELECT count(*) FROM {rows} WHERE {wrong} <> ''").fetchone()  # noqa: S608  # nosec B608  # our own words
    if bad and bad[0]:
        raise BadSignals(first_fault(db, source, rows, wrong))
    return rows, instant


def seconds(name: str, type: str) -> str:
    """SQL for seconds since 1970: numbers are such seconds already."""
    if type in WHOLE:
        return f"{name}::BIGINT"
    if type == "VARCHAR":
        return f"floor(epoch(try_cast(nullif(trim({name}), '') AS TIMESTAMPTZ)))::BIGINT"
    return f"floor(epoch({name}))::BIGINT"


def fault(described: dict[str, str], instant: dict[str, str]) -> str:
    """SQL for the reason why a row is none, empty where it is one. The reasons are those of `reason`, by their first word."""
    known = ", ".join(f"'{name}'" for name in NAMES)
    unread = " ".join(
        f"WHEN {instant[name]} IS NULL AND coalesce(trim({name}::TEXT), '') <> '' THEN '{name}'"
        for name in ("first_seen", "last_seen")
    )
    return f"""(CASE WHEN coalesce(account::TEXT, '') = '' THEN 'account' WHEN coalesce(type, '') NOT IN ({known}) THEN 'type'
        WHEN coalesce(value::TEXT, '') = '' THEN 'value' {unread}
        WHEN coalesce({instant["last_seen"]} < {instant["first_seen"]}, false) THEN 'order'
        WHEN coalesce(try_cast(count AS BIGINT), 0) < 1 THEN 'count' ELSE '' END)"""


def reason(what: str, row: dict[str, Any]) -> str:
    """What is wrong with a row, in words."""
    said = {
        "account": "the account is empty.",
        "type": f"the type {row['type'] or '(empty)'} is not known; types are {', '.join(NAMES)}.",
        "value": "the value is empty.",
        "order": f"last_seen ({row['last_seen']}) is before first_seen ({row['first_seen']}).",
        "count": f"the count {row['count'] if row['count'] is not None else '(empty)'} is no whole number from 1 on.",
    }
    return said.get(what) or f"{what} {row[what]} can't be read; {HOW}."


def first_fault(db: duckdb.DuckDBPyConnection, source: Path | pa.Table, rows: str, wrong: str) -> str:
    if isinstance(source, Path) and source.suffix.lower() != ".parquet":
        for sentence in faults(source):
            return sentence
    db.execute("SET preserve_insertion_order=true; SET threads=1")
    columns = ", ".join(COLUMNS)
    found = db.execute(
        f"""SELECT * FROM (SELECT row_number() OVER () AS number, {wrong} AS wrong, {columns} FROM {rows}) WHERE wrong <> ''
            ORDER BY number LIMIT 1"""  # noqa: S608  # nosec B608  # our own words
    ).fetchall()
    number, what, *cells = found[0]
    return f"{called(source)}, row {number}: {reason(what, dict(zip(COLUMNS, cells, strict=True)))}"


def faults(source: Path) -> Iterator[str]:
    """Of a CSV file, each row that is none, with its line. By a database of its own, since this way tells the line."""
    described = dict.fromkeys(COLUMNS, "VARCHAR")
    wrong = fault(described, {name: seconds(name, "VARCHAR") for name in ("first_seen", "last_seen")})
    try:
        with source.open(encoding="utf-8-sig", newline="") as lines, duckdb.connect() as db:
            for line, row in numbered(csv.DictReader(lines, strict=True), str(source)):
                given = {name: row[name] for name in COLUMNS}
                asked = ", ".join(f"${name} AS {name}" for name in COLUMNS)
                found = db.execute(f"SELECT {wrong} FROM (SELECT {asked})", given).fetchall()  # noqa: S608  # nosec B608  # our own words
                if what := found[0][0]:
                    yield f"{source}, line {line}: {reason(what, given)}"
    except UnicodeDecodeError:
        yield f"{source}, line {undecodable_line(source)}: is not written in UTF-8."
    except BadTable as bad:
        yield str(bad)
