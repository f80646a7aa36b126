"""The edges that a warehouse computes are those that one machine finds."""

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from kyc.networks.finding import expressed, reading
from kyc.networks.finding.reading import Signals
from tests.bench import networks, worlds
from tests.kyc.networks.finding.tables import sharing, signals


def by_warehouse(read: Signals) -> set[tuple[int, int]]:
    with duckdb.connect() as db:
        db.register("told", networks.shares(read))
        return {(a, b) for a, b, _ in db.sql(expressed.sql(read.accounts, dialect="duckdb", table="told")).fetchall()}


class TestEdges:
    @pytest.mark.parametrize("seed", [3, 4])
    def test_are_the_same_to_the_last_pair(self, seed: int, tmp_path: Path) -> None:
        worlds.make(8000, seed=seed, networks=20).write(tmp_path / "signals.parquet")
        read = reading.read(tmp_path / "signals.parquet")
        expected = networks.edges(read)
        assert len(expected) > 5000
        assert by_warehouse(read) == expected

    @pytest.mark.parametrize(
        ("accounts", "values", "edges"),
        [
            ("abcd", [("payment", "p"), ("document", "i")], 6),
            ("abcd", [("payment", "p")], 0),
            # One roof, one reason.
            ("abcd", [("login_ip", "l"), ("address", "s"), ("domain", "m"), ("user_agent", "u")], 0),
            # What stands under the roof is no second reason beside what stands outside it in the same family.
            ("abcd", [("device", "d"), ("user_agent", "u")], 0),
            ("abcd", [("device", "d"), ("login_ip", "l")], 6),
            # Of many who agree on the same two values each is compared with some: those 1, 2, 4, 8 and 16 places on.
            ("".join(map(chr, range(0x400, 0x400 + 30))), [("payment", "p"), ("document", "i")], 29 + 28 + 26 + 22 + 14),
        ],
    )
    def test_of_small_tables(self, accounts: str, values: Any, edges: int) -> None:
        read = reading.read(signals(*sharing(accounts, *values)))
        assert len(networks.edges(read)) == edges
        assert by_warehouse(read) == networks.edges(read)

    def test_of_what_passed_from_hand_to_hand(self) -> None:
        """The telephone number of two who had it one after the other weighs less, and a day unknown says nothing."""
        table = signals(*sharing("ab", ("phone", "n"), ("device", "d")))
        late = table.set_column(
            3, "first_seen", pa.array([at.replace(year=2028) if who == "b" else at for who, at in zip(
                table["account"].to_pylist(), table["first_seen"].to_pylist(), strict=True)])
        )  # fmt: skip
        unknown = late.set_column(4, "last_seen", pa.nulls(late.num_rows, late["last_seen"].type))
        for one in (table, late.set_column(4, "last_seen", late["first_seen"]), unknown):
            read = reading.read(one)
            assert by_warehouse(read) == networks.edges(read)
