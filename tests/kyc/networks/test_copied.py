"""The file in which the database copies all signals out."""

from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from struct import pack
from uuid import UUID

import pytest

from accounts.models import Signal
from kyc.networks import copied
from kyc.networks.copied import EPOCH, HEADER, NotWhole

Row = tuple[int, int, UUID, datetime, datetime, int]
AT, LATER = datetime(2026, 9, 1, 9, tzinfo=UTC), datetime(2026, 11, 30, 12, 0, 0, 123, tzinfo=UTC)
ROWS: list[Row] = [
    (7, 1, UUID(int=1), AT, LATER, 3),
    (7, 13, UUID(int=2**127 + 5), AT, AT, 1),
    (2**40, 8, UUID(int=1), LATER, LATER, 2**33),
]


def micros(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000) - EPOCH


def written(folder: Path, rows: list[Row]) -> Path:
    """As PostgreSQL would."""
    file = folder / "signals"
    told = b"".join(
        pack(">hiqihi16siqiqiq", 6, 8, account, 2, type, 16, value.bytes, 8, micros(first), 8, micros(last), 8, count)
        for account, type, value, first, last, count in rows
    )
    file.write_bytes(b"\0" * HEADER + told + pack(">h", -1))
    return file


class TestTheTable:
    def test_has_what_stands_in_the_file(self, tmp_path: Path) -> None:
        rows = copied.table(written(tmp_path, ROWS)).to_pylist()
        assert [tuple(row.values()) for row in rows] == [
            (account, copied.TYPES[type - 1], value, first, last, count) for account, type, value, first, last, count in ROWS
        ]

    def test_of_nothing_is_empty(self, tmp_path: Path) -> None:
        assert copied.table(written(tmp_path, [])).num_rows == 0

    def test_knows_the_types_that_signals_have(self) -> None:
        assert list(copied.TYPES) == Signal.Type.values

    @pytest.mark.parametrize("keep", [5, HEADER + 10, -1])
    def test_of_a_file_that_was_cut_off_is_none(self, tmp_path: Path, keep: int) -> None:
        file = written(tmp_path, ROWS)
        file.write_bytes(file.read_bytes()[:keep])
        with pytest.raises(NotWhole):
            copied.table(file)


class TestTheFingerprint:
    def test_goes_by_no_order(self, tmp_path: Path) -> None:
        assert len({copied.fingerprint(written(tmp_path, list(rows))) for rows in permutations(ROWS)}) == 1

    def test_in_parts_is_the_same(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        whole = copied.fingerprint(written(tmp_path, ROWS))
        monkeypatch.setattr(copied, "A_PART", 2)
        assert copied.fingerprint(written(tmp_path, ROWS)) == whole

    @pytest.mark.parametrize("column", range(6))
    def test_goes_by_every_column(self, tmp_path: Path, column: int) -> None:
        changed: list[object] = list(ROWS[0])
        changed[column] = [8, 2, UUID(int=3), LATER, AT, 4][column]
        other = [tuple(changed), *ROWS[1:]]
        assert copied.fingerprint(written(tmp_path, other)) != copied.fingerprint(written(tmp_path, ROWS))  # type: ignore[arg-type]

    def test_tells_twice_the_same_from_once(self, tmp_path: Path) -> None:
        one, two, none = ([ROWS[0]] * count for count in (1, 2, 0))
        assert len({copied.fingerprint(written(tmp_path, rows)) for rows in (one, two, none)}) == 3

    def test_tells_what_two_rows_have_exchanged(self, tmp_path: Path) -> None:
        swapped = [(ROWS[1][0], *ROWS[0][1:5], ROWS[1][5]), (ROWS[0][0], *ROWS[1][1:5], ROWS[0][5]), ROWS[2]]
        assert copied.fingerprint(written(tmp_path, swapped)) != copied.fingerprint(written(tmp_path, ROWS))
