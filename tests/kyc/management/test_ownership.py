"""A structure in a file, by one command: its verdicts, and the sentence for each file and option that is refused."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from kyc.ownership.interests import BODS_TYPES

HEAD = "owner,owned,interest,share,owner_kind,owner_country,from,to\n"
OFAC = ("--subject", "S", "--regime", "ofac-50")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "s.csv"


def run(file: Path, *options: str) -> dict[str, Any]:
    out = StringIO()
    call_command("ownership", str(file), *(options or OFAC), stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def refused(file: Path, *options: str) -> str:
    with pytest.raises(CommandError) as ended:
        run(file, *options)
    assert ended.value.returncode == 2
    return str(ended.value)


class TestOwnership:
    @pytest.mark.parametrize("word", ["", "shareholding"])
    def test_half_held_by_a_listed_party_blocks(self, file: Path, word: str) -> None:
        file.write_text(f"{HEAD}A,S,{word},50,person,de,2020,\n", encoding="utf-8-sig")
        assert run(file, *OFAC, "--listed", "A")["parties"]["S"]["verdict"] == "yes"

    @pytest.mark.parametrize("word", BODS_TYPES)
    def test_knows_every_interest_of_bods(self, file: Path, word: str) -> None:
        file.write_text(f"{HEAD}A,S,{word},50,person,DE,,\n")
        assert run(file)["errors"] == []

    @pytest.mark.parametrize("word", ["shares", "equity", "voting", "voting-rights", "Shareholding"])
    def test_refuses_an_interest_that_no_regime_would_read(self, file: Path, word: str) -> None:
        file.write_text(f"{HEAD}A,S,,50,person,DE,,\nA,S,{word},50,person,DE,,\n")
        assert f"{file}, line 3: the interest {word} is not known; interests are" in refused(file, *OFAC, "--listed", "A")

    @pytest.mark.parametrize("country", ["ZZ", "UK", "EU", "DEU"])
    def test_refuses_a_country_that_is_none(self, file: Path, country: str) -> None:
        file.write_text(f"{HEAD}A,S,,50,entity,{country},,\n")
        assert f"{file}, line 2: the country {country} is no code of ISO 3166-1" in refused(file)

    def test_refuses_a_kind_that_is_none(self, file: Path) -> None:
        file.write_text(f"{HEAD}A,S,,50,company,DE,,\n")
        assert f"{file}, line 2: the kind company is not known" in refused(file)

    def test_refuses_listed_parties_that_occur_nowhere(self, file: Path) -> None:
        file.write_text(f"{HEAD}A,S,,50,person,DE,,\n")
        assert refused(file, *OFAC, "--listed", "A,Q,P") == f"{file}: P, Q after --listed occurs in no line."

    @pytest.mark.parametrize("day", ["1500", "9999-12-31", "2026-02-30", "yesterday"])
    def test_refuses_a_day_that_nobody_means(self, file: Path, day: str) -> None:
        file.write_text(f"{HEAD}A,S,,50,person,DE,,\n")
        assert refused(file, *OFAC, "--as-of", day).startswith(f"--as-of: {day} is no")

    @pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
    def test_names_the_line_that_is_not_utf_8(self, file: Path, mark: bytes) -> None:
        rows = "".join(f"A{row},S,,0.001,person,DE,,\n" for row in range(2, 2000)) + "Müller,S,,1,person,DE,,\n"
        file.write_bytes(mark + HEAD.encode() + rows.encode("latin-1"))
        assert refused(file) == f"{file}, line 2000: is not written in UTF-8."

    @pytest.mark.parametrize("content", [b"\x7fELF\x02\xff\xfe", HEAD.encode("utf-16")])
    def test_refuses_what_is_no_text(self, file: Path, content: bytes) -> None:
        file.write_bytes(content)
        assert refused(file) == f"{file}, line 1: is not written in UTF-8."

    def test_refuses_a_first_line_that_is_no_csv(self, file: Path) -> None:
        file.write_text('"owner"x,owned,share\n')
        assert refused(file).startswith(f"{file}, line 1: can't be read as CSV")
