"""The edges of a world whose signals lie in ClickHouse or in Spark, beside those that this machine finds: as many, and how long.

Both are large and no part of the pinned packages: `pip install chdb pyspark` brings them, and a Java runtime is needed for Spark.
Which of them is not there is told.
"""

import os
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from kyc.networks.finding import expressed, reading
from tests import figures
from tests.bench import networks, worlds

pytestmark = pytest.mark.bench
ACCOUNTS, SEED = int(os.environ.get("ELSEWHERE_ACCOUNTS", "100000")), 101


def in_duckdb(file: Path, accounts: int) -> int:
    with duckdb.connect() as engine:
        engine.execute(f"SET threads = 2; CREATE VIEW shares AS SELECT * FROM '{file}'")
        return len(engine.execute(expressed.sql(accounts, dialect="duckdb")).fetchall())


def in_clickhouse(file: Path, accounts: int) -> int:
    """ClickHouse as a library."""
    from chdb import session  # only where it is installed

    engine: Any = session.Session()
    engine.query("CREATE DATABASE world")
    engine.query("USE world")
    engine.query(f"CREATE TABLE shares ENGINE = Memory AS SELECT * FROM file('{file}')")
    asked = expressed.sql(accounts, dialect="clickhouse")
    return int(str(engine.query(f"SELECT count() FROM ({asked}) SETTINGS max_threads = 2", "CSV")))


def in_spark(file: Path, accounts: int) -> int:
    from pyspark.sql import SparkSession  # only where it is installed

    settings = {
        "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1", "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "8", "spark.driver.memory": "4g",
    }  # fmt: skip
    session = SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
    session.read.parquet(str(file)).createOrReplaceTempView("shares")
    try:
        return int(session.sql(expressed.sql(accounts, dialect="databricks")).count())
    finally:
        session.stop()


ENGINES: dict[str, tuple[str, Callable[[Path, int], int]]] = {
    "DuckDB": ("duckdb", in_duckdb), "ClickHouse (chDB)": ("chdb", in_clickhouse), "Spark": ("pyspark", in_spark),
}  # fmt: skip


class TestEdges:
    def test_are_as_many_elsewhere(self, tmp_path: Path) -> None:
        worlds.make(ACCOUNTS, seed=SEED).write(tmp_path / "signals.parquet")
        read = reading.read(tmp_path / "signals.parquet")
        pq.write_table(networks.shares(read), tmp_path / "shares.parquet")
        begun = time.monotonic()
        expected = len(networks.edges(read))
        told: dict[str, Any] = {"here": f"{expected} edges, {time.monotonic() - begun:.1f} s"}
        counted = {}
        for name, (package, count) in ENGINES.items():
            if not find_spec(package):
                told[name] = "not installed, left out"
                continue
            begun = time.monotonic()
            counted[name] = count(tmp_path / "shares.parquet", read.accounts)
            told[name] = f"{counted[name]} edges, {time.monotonic() - begun:.1f} s"
        figures.keep("elsewhere", seeds=[SEED], figures={"accounts": ACCOUNTS, **told})
        assert counted == dict.fromkeys(counted, expected)
