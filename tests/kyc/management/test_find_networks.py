"""Networks in a file by one command: what comes out, and the sentence for each file and option that is refused."""

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from django.core.management import CommandError, call_command

from tests.kyc.networks.finding.tables import sharing, signals

HEAD = "account,type,value,first_seen,last_seen,count\n"
ROW = "1,device,d,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,3\n"
ROWS = sharing("abcd", ("payment", "p"), ("document", "i"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "signals.csv"


def run(file: Path, *options: str) -> list[dict[str, str]]:
    out = file.with_name("found.csv")
    call_command("find_networks", "--signals", str(file), "--out", str(out), *options)
    with out.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def refused(file: Path, *options: str) -> str:
    with pytest.raises(CommandError) as ended:
        run(file, *options)
    assert ended.value.returncode == 2
    assert {path.suffix for path in file.parent.iterdir()} <= {".csv", ".parquet"}, "nothing half done"
    return str(ended.value)


class TestFindNetworks:
    @pytest.mark.parametrize("kind", ["csv", "parquet"])
    def test_tells_of_whom_is_in_a_network(self, file: Path, kind: str) -> None:
        file = file.with_suffix(f".{kind}")
        table = signals(*ROWS)
        pyarrow.csv.write_csv(table, file) if kind == "csv" else pyarrow.parquet.write_table(table, file)
        found = run(file)
        assert [row["account"] for row in found] == ["a", "b", "c", "d"]
        assert found[0]["network"] == "0" and found[0]["via"] == "identity+payment" and 0.9 < float(found[0]["confidence"]) <= 1

    def test_accounts_that_are_numbers(self, file: Path) -> None:
        table = signals(*ROWS)
        numbers = pa.array([int.from_bytes(account.encode()[-7:]) for account in table["account"].to_pylist()], pa.int64())
        file = file.with_suffix(".parquet")
        pyarrow.parquet.write_table(table.set_column(0, "account", numbers), file)
        assert [row["account"] for row in run(file)] == ["97", "98", "99", "100"]

    def test_a_declared_agency(self, file: Path) -> None:
        pyarrow.csv.write_csv(signals(*ROWS), file)
        declared = file.with_name("declared.csv")
        declared.write_text("account,group\na,x\nb,x\nc,x\nd,x\n")
        assert run(file, "--declared", str(declared)) == []

    def test_nobody(self, file: Path) -> None:
        file.write_text(HEAD + ROW)
        assert run(file) == []


class TestRefused:
    @pytest.mark.parametrize(
        ("row", "told"),
        [
            (ROW.replace("device", "devices"), "line 3: the type devices is not known; types are email,"),
            (ROW.replace("1,device", ",device"), "line 3: the account is empty."),
            (ROW.replace(",d,", ",,"), "line 3: the value is empty."),
            (
                ROW.replace("2026-01-01T", "yesterday"),
                "line 3: first_seen yesterday00:00:00Z can't be read; write an instant such as",
            ),
            (ROW.replace("2026-01-02", "2025-01-02"), "line 3: last_seen (2025-01-02T00:00:00Z) is before first_seen"),
            (ROW.replace(",3", ",0"), "line 3: the count 0 is no whole number from 1 on."),
            (ROW.replace(",3", ""), "line 3: the row has not as many fields as the first line."),
        ],
    )
    def test_a_row_that_is_none(self, file: Path, row: str, told: str) -> None:
        file.write_text(HEAD + ROW + row)
        assert f"{file}, {told}" in refused(file)

    def test_a_row_of_a_parquet_file(self, file: Path) -> None:
        file = file.with_suffix(".parquet")
        table = signals(*ROWS)
        pyarrow.parquet.write_table(
            table.set_column(1, "type", pa.array(["device"] * 4 + ["x"] + ["device"] * (len(table) - 5))), file
        )
        assert f"{file}, row 5: the type x is not known" in refused(file)

    def test_a_column_that_is_missing(self, file: Path) -> None:
        file.write_text("account,type,value\n")
        assert f"{file}, line 1: the column first_seen is missing; the columns are {HEAD.strip()}." in refused(file)

    def test_no_file(self, file: Path) -> None:
        assert refused(file) == f"{file}: No such file or directory."

    def test_a_file_that_is_no_parquet(self, file: Path) -> None:
        file = file.with_suffix(".parquet")
        file.write_text(HEAD + ROW)
        assert f"{file}: can't be read as Parquet" in refused(file)

    def test_not_in_utf_8(self, file: Path) -> None:
        file.write_bytes((HEAD + ROW).encode() + "1,device,é,,,1\n".encode("latin-1"))
        assert f"{file}, line 3: is not written in UTF-8." in refused(file)

    @pytest.mark.parametrize(
        ("text", "told"),
        [("account,groups\n", "line 1: the column group is missing"), ("account,group\n1,\n", "line 2: the group is empty."),
         ("account,group\n1,a\n1,b\n", "line 3: the account 1 stands in two groups.")],
    )  # fmt: skip
    def test_declarations_that_are_none(self, file: Path, text: str, told: str) -> None:
        file.write_text(HEAD + ROW)
        declared = file.with_name("declared.csv")
        declared.write_text(text)
        assert f"{declared}, {told}" in refused(file, "--declared", str(declared))

    def test_out_that_is_read(self, file: Path) -> None:
        file.write_text(HEAD + ROW)
        with pytest.raises(CommandError, match="names a file that is read; name another"):
            call_command("find_networks", "--signals", str(file), "--out", str(file))
        assert file.read_text() == HEAD + ROW
