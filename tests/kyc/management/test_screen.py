"""Many compared with the lists by one command: what comes out, and the sentence for each file and option that is refused."""

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from kyc.rules import packs
from kyc.screening import batch, lists, weighing
from kyc.screening.models import Hit

pytestmark = pytest.mark.django_db
HEAD = "id,kind,name,birth_date,country,identifier\n"
PRIMARY = """\
101,"KVALSUND, Arne",individual,"SDGT",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"DOB 07 Oct 1952; Passport A1234567 (Norway)."
102,"KVALSUND SHIPPING LTD",-0- ,"SDGT",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0-
103,"OGUNLEYE, Tunde",individual,"SDGT",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0-
"""


@pytest.fixture
def loaded(tmp_path: Path) -> None:
    for source, text in (("ofac-sdn", PRIMARY), ("ofac-cons", PRIMARY.replace("10", "20", 3))):
        file = tmp_path / f"{source}.csv"
        file.write_text(text)
        lists.load(source, primary=file, published=date(2024, 5, 2))


@pytest.fixture
def file(tmp_path: Path, loaded: None) -> Path:
    return tmp_path / "asked.csv"


def run(file: Path, *options: str) -> list[dict[str, str]]:
    out = file.with_name("found.csv")
    call_command("screen", str(file), "--out", str(out), *options)
    with out.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def refused(file: Path, *options: str) -> str:
    with pytest.raises(CommandError) as ended:
        run(file, *options)
    assert ended.value.returncode == 2
    assert {path.name for path in file.parent.iterdir()} <= {"asked.csv", "ofac-sdn.csv", "ofac-cons.csv"}, "nothing half done"
    return str(ended.value)


class TestScreen:
    def test_gives_a_row_for_each_candidate_best_first(self, file: Path) -> None:
        file.write_text(f"{HEAD}a,person,Arne Kvalsund,1952-10-07,NO,\nb,person,Nobody Atall,,,\n", encoding="utf-8-sig")
        found = run(file, "--lists", "ofac-sdn")
        assert tuple(found[0]) == batch.FOUND
        best = found[0]
        assert (best["id"], best["rank"], best["list"], best["entry_id"]) == ("a", "1", "ofac-sdn", "101")
        assert best["entry_name"] == "Arne KVALSUND" and float(best["score"]) == 1.0 and best["is_hit"] == "true"
        assert "Born on the same day, in 1952." in json.loads(best["reasons"])
        assert [row["rank"] for row in found] == [str(place) for place in range(1, len(found) + 1)]
        assert {row["id"] for row in found} == {"a"}

    def test_also_below_the_line(self, file: Path) -> None:
        file.write_text(f"{HEAD}a,person,Tunde Balogun,,,\n")
        (below,) = run(file, "--lists", "ofac-sdn")
        assert (below["entry_id"], below["is_hit"]) == ("103", "false")
        assert 0 < float(below["score"]) < packs.current().screening_threshold

    def test_by_a_number_alone(self, file: Path) -> None:
        file.write_text(f"{HEAD}a,person,Somebody Else,,,a-1234567\n")
        (found,) = run(file, "--lists", "ofac-sdn")
        assert (found["entry_id"], found["score"], found["is_hit"]) == ("101", "1.000", "true")

    def test_all_active_lists_unless_some_are_named(self, file: Path) -> None:
        file.write_text(f"{HEAD}a,person,Arne Kvalsund,,,\n")
        assert {row["list"] for row in run(file)} == {"ofac-sdn", "ofac-cons"}
        assert {row["list"] for row in run(file, "--lists", "ofac-cons")} == {"ofac-cons"}

    def test_no_more_than_the_limit(self, file: Path) -> None:
        file.write_text(f"{HEAD}a,person,Arne Kvalsund,,,\n")
        assert len(run(file, "--limit", "1")) == 1

    def test_by_earlier_weights_and_the_lists_of_that_day(
        self, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What was asked a month ago is answered as it was then."""
        every = json.loads(weighing.CONFIGURATIONS.read_text())
        earlier = every[weighing.CURRENT] | {"since": "2026-10-01", "line": 0.999}
        changed = tmp_path.parent / f"{tmp_path.name}.json"
        changed.write_text(json.dumps(every | {"2026-10": earlier}))
        monkeypatch.setattr(weighing, "CONFIGURATIONS", changed)
        weighing.versions.cache_clear()
        newer = tmp_path / "ofac-sdn.csv"
        newer.write_text(PRIMARY.replace("KVALSUND, Arne", "QVALSUND, Arnt"))
        lists.load("ofac-sdn", primary=newer, published=date(2024, 6, 1))
        file.write_text(f"{HEAD}a,person,Arne Kvalsunt,,,\n")
        try:
            now = run(file, "--lists", "ofac-sdn")[0]
            then = run(file, "--lists", "ofac-sdn", "--as-of", "2024-05-31", "--configuration", "2026-10")[0]
        finally:
            weighing.versions.cache_clear()
            weighing.configuration.cache_clear()
        assert (now["entry_name"], then["entry_name"]) == ("Arnt QVALSUND", "Arne KVALSUND")
        assert float(then["score"]) < 0.999 and then["is_hit"] == "false"

    def test_unknown_weights_are_refused(self, file: Path) -> None:
        file.write_text(f"{HEAD}a,person,Arne Kvalsund,,,\n")
        known = ", ".join(weighing.versions())
        assert refused(file, "--configuration", "1999-01") == f"--configuration: 1999-01 is not known; there are {known}."

    def test_a_day_before_any_list_is_refused(self, file: Path) -> None:
        file.write_text(f"{HEAD}a,person,Arne Kvalsund,,,\n")
        told = "No list published by 2024-05-01 is loaded; load one with update_lists first."
        assert refused(file, "--as-of", "2024-05-01") == told

    @pytest.mark.parametrize("id", ['=HYPERLINK("http://evil.example")', "+1", "-1+1", "@SUM(A1)"])
    def test_no_spreadsheet_runs_an_id(self, file: Path, id: str) -> None:
        quoted = id.replace('"', '""')
        file.write_text(f'{HEAD}"{quoted}",person,Arne Kvalsund,,,\n')
        assert {row["id"] for row in run(file)} == {f"'{id}"}

    def test_nor_what_a_list_says(self, tmp_path: Path) -> None:
        listed, file = tmp_path / "own.csv", tmp_path / "asked.csv"
        listed.write_text("id,kind,name\n=1,company,=Kvalsund Shipping\n")
        lists.load("own", primary=listed, published=date(2024, 5, 2))
        file.write_text(f"{HEAD}a,company,Kvalsund Shipping,,,\n")
        assert [(row["id"], row["entry_id"], row["entry_name"]) for row in run(file)] == [("a", "'=1", "'=Kvalsund Shipping")]

    def test_a_name_in_circles_is_one(self, file: Path) -> None:
        file.write_text(f"{HEAD}a,person,Ⓐⓡⓝⓔ Ⓚⓥⓐⓛⓢⓤⓝⓓ,,,\n")
        assert run(file, "--lists", "ofac-sdn")[0]["entry_id"] == "101"

    def test_twice_the_same_and_nothing_is_recorded(self, file: Path) -> None:
        file.write_text(f"{HEAD}a,person,Arne Kvalsund,,,\nb,company,Kvalsund Shipping,,,\n")
        assert run(file) == run(file)
        assert not Hit.objects.exists()

    def test_without_the_columns_that_may_be_left_out(self, file: Path) -> None:
        file.write_text("name,id,kind\nTunde Ogunleye,x,person\n")
        assert run(file, "--lists", "ofac-sdn")[0]["entry_id"] == "103"


REFUSED: dict[str, tuple[str, str]] = {
    "no name": ("a,person,...,,,\n", "line 2: the name is empty."),
    "no id": (",person,Arne,,,\n", "line 2: the id is empty."),
    "no kind": ("a,,Arne,,,\n", "line 2: the kind (empty) is not known; kinds are person and company."),
    "another kind": ("a,ship,Arne,,,\n", "line 2: the kind ship is not known"),
    "no birth date": ("a,person,Arne,7.10.1952,,\n", "line 2: the birth date 7.10.1952 is none"),
    "no day of the calendar": ("a,person,Arne,1952-02-30,,\n", "line 2: the birth date 1952-02-30 is none"),
    "no country": ("a,person,Arne,,UK,\n", "line 2: the country UK is no code of ISO 3166-1"),
    "too few": ("a,person,Arne\n", "line 2: the row has not as many fields"),
    "after one that is well": ("a,person,Arne,,,\nb,person,,,,\n", "line 3: the name is empty."),
    "too long": (f"a,person,{'x' * 1001},,,\n", "line 2: the name has 1001 characters"),
}


class TestRefused:
    @pytest.mark.parametrize(("text", "sentence"), REFUSED.values(), ids=REFUSED)
    def test_with_file_line_and_reason(self, file: Path, text: str, sentence: str) -> None:
        file.write_text(HEAD + text)
        assert f"{file}, {sentence}" in refused(file)

    def test_columns(self, file: Path) -> None:
        file.write_text("id,name\na,Arne\n")
        assert f"{file}, line 1: the column kind is missing" in refused(file)

    def test_other_encodings(self, file: Path) -> None:
        file.write_bytes(HEAD.encode() + "a,person,Jørn,,,\n".encode("latin-1"))
        assert f"{file}, line 2: is not written in UTF-8." in refused(file)

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            (("--lists", "ofac"), "--lists: ofac is not known; lists are ofac-sdn"),
            (("--limit", "0"), "--limit: 0 is not between 1 and 1000."),
        ],
    )
    def test_options(self, file: Path, options: tuple[str, ...], sentence: str) -> None:
        file.write_text(f"{HEAD}a,person,Arne,,,\n")
        assert sentence in refused(file, *options)

    def test_a_list_that_is_not_loaded(self, tmp_path: Path) -> None:
        asked = tmp_path / "asked.csv"
        asked.write_text(f"{HEAD}a,person,Arne,,,\n")
        assert "No list is loaded" in refused(asked)
        assert "ofac-sdn is not loaded" in refused(asked, "--lists", "ofac-sdn")

    def test_a_file_that_is_not_there(self, file: Path, tmp_path: Path) -> None:
        assert refused(tmp_path / "none.csv").endswith("none.csv: No such file or directory.")

    def test_a_folder_to_write_to_that_is_not_there(self, file: Path) -> None:
        file.write_text(f"{HEAD}a,person,Arne Kvalsund,,,\n")
        out = file.parent / "none" / "found.csv"
        with pytest.raises(CommandError) as ended:
            call_command("screen", str(file), "--out", str(out))
        assert str(ended.value) == f"--out: {out} can't be written, since its folder is not there."

    def test_a_folder_that_is_a_name_of_one(self, file: Path) -> None:
        file.write_text(f"{HEAD}a,person,Arne Kvalsund,,,\n")
        out = file.parent / ("x" * 254)
        with pytest.raises(CommandError, match=f"^--out: {out} can't be written: File name too long"):
            call_command("screen", str(file), "--out", str(out))

    def test_to_write_over_what_is_read(self, file: Path) -> None:
        file.write_text(f"{HEAD}a,person,Arne Kvalsund,,,\n")
        with pytest.raises(CommandError, match="names the file that is read"):
            call_command("screen", str(file), "--out", str(file.parent / "." / file.name))
        assert "Arne Kvalsund" in file.read_text()

    def test_and_what_stood_there_before_stays(self, file: Path) -> None:
        out: Any = file.with_name("found.csv")
        out.write_text("before")
        file.write_text(f"{HEAD}a,person,Arne,,,\nb,ship,x,,,\n")
        with pytest.raises(CommandError):
            call_command("screen", str(file), "--out", str(out))
        assert out.read_text() == "before"
