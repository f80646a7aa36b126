"""Golden copies of GLEIF: read in both forms, loaded whole or not at all, versioned by the day they were published."""

import gzip
import io
import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEvent
from kyc.evidence.lei_models import LegalEntity, LegalEntityParent, LeiCopy
from kyc.screening import lei_copies
from kyc.screening.lei_copies import BadCopy
from kyc.screening.sources import gleif
from tests.kyc.screening import golden

pytestmark = pytest.mark.django_db
NAME = "20261101-0000-gleif-goldencopy-lei2-golden-copy.csv"
NORDLYS = golden.row(
    7,
    **{
        "Entity.LegalName": "Nordlys Modelling AS",
        "Entity.OtherEntityNames.OtherEntityName.1": "北極光モデリング",
        "Entity.LegalJurisdiction": "US-DE",
    },
)


def file(folder: Path, data: bytes, name: str = NAME) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


class TestRead:
    def test_three_hundred_rows_are_the_same_in_csv_and_in_xml(self, tmp_path: Path) -> None:
        found = golden.rows(300, NORDLYS | {"LEI": golden.lei(99_999)})
        level, rows = gleif.read(file(tmp_path, golden.as_csv(found)))
        other_level, other = gleif.read(file(tmp_path, golden.as_xml(found), "20261101-lei2.xml"))
        first, second = list(rows), list(other)
        assert level == other_level == "entities" and len(first) == 300
        assert first == second
        assert first[0].names == ("北極光モデリング",) and first[0].jurisdiction == "US-DE"
        assert first[0].renewal_on == "2027-03-01"

    def test_relations_too_and_those_of_funds_are_left_out(self, tmp_path: Path) -> None:
        one, two, three = map(golden.lei, (1, 2, 3))
        found = [
            golden.relation(one, two), golden.relation(one, three, "IS_ULTIMATELY_CONSOLIDATED_BY"),
            golden.relation(two, three, status="INACTIVE"), golden.relation(one, two, "IS_FUND-MANAGED_BY"),
        ]  # fmt: skip
        for data, name in ((golden.as_csv(found, golden.RELATIONS), "rr.csv"), (golden.relations_as_xml(found), "rr.xml")):
            level, rows = gleif.read(file(tmp_path, data, name))
            assert (level, list(rows)) == (
                "parents",
                [(one, two, "direct", True), (one, three, "ultimate", True), (two, three, "direct", False)],
            )

    @pytest.mark.parametrize(
        ("data", "says"),
        [
            (b"", "neither level"),
            (b"a,b\n1,2\n", "neither level"),
            (golden.as_csv([golden.row(1) | {"LEI": "x"}]), "line 2: “x” is no LEI"),
            (golden.as_csv([golden.row(1), golden.row(2) | {"Entity.LegalName": ""}]), "line 3: .* has no name"),
            (golden.as_csv([golden.row(1) | {"Entity.EntityStatus": "<b>"}]), "line 2: “<b>” is no Entity.EntityStatus"),
            (golden.as_csv([golden.row(1)])[:-30], "line 2"),
            (golden.as_csv([golden.row(1)]) + b'"a","b"\n', "line 3: it has 2 values"),
            (golden.as_xml([golden.row(1)])[:-40], "line 1"),
            (b"<html></html>", "expected <LEIData>"),
            (b'<!DOCTYPE x [<!ENTITY a "b">]><LEIData/>', "document type"),
        ],
    )
    def test_what_is_no_golden_copy_says_where_and_why(self, tmp_path: Path, data: bytes, says: str) -> None:
        with pytest.raises(BadCopy, match=says):
            lei_copies.load(file(tmp_path, data))
        assert not LegalEntity.objects.exists() and not LeiCopy.objects.exists()


class TestLoad:
    def test_a_newer_copy_takes_the_place_and_an_older_one_none(self, tmp_path: Path) -> None:
        first = lei_copies.load(file(tmp_path, golden.as_csv(golden.rows(300))))
        assert (first.rows, first.published, LegalEntity.objects.count()) == (300, date(2026, 11, 1), 300)
        changed = golden.rows(200, golden.row(1) | {"Registration.RegistrationStatus": "LAPSED", "LEI": golden.lei(1)})[:1]
        second = lei_copies.load(file(tmp_path, golden.as_csv(changed), "20261102.csv"))
        assert (second.rows, LegalEntity.objects.get().status) == (1, "LAPSED")
        with pytest.raises(BadCopy, match="2026-11-02 is here, which is newer"):
            lei_copies.load(file(tmp_path, golden.as_csv(golden.rows(300))))
        assert LegalEntity.objects.count() == 1

    def test_the_same_file_again_is_silence(self, tmp_path: Path) -> None:
        path = file(tmp_path, golden.as_csv(golden.rows(3)))
        assert lei_copies.load(path) == lei_copies.load(path)
        assert AuditEvent.objects.filter(verb="lei.loaded").count() == 1

    def test_a_file_that_breaks_off_leaves_what_was_there(self, tmp_path: Path) -> None:
        lei_copies.load(file(tmp_path, golden.as_csv(golden.rows(3))))
        bad = golden.as_csv([*golden.rows(5), golden.row(9) | {"LEI": "x"}])
        with pytest.raises(BadCopy):
            lei_copies.load(file(tmp_path, bad, "20261102.csv"))
        assert LegalEntity.objects.count() == 3

    def test_an_lei_that_stands_there_twice_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(BadCopy, match="twice"):
            lei_copies.load(file(tmp_path, golden.as_csv([golden.row(1), golden.row(1)])))

    def test_levels_do_not_take_each_others_place(self, tmp_path: Path) -> None:
        lei_copies.load(file(tmp_path, golden.as_csv(golden.rows(3))))
        relations = golden.as_csv([golden.relation(golden.lei(1), golden.lei(2))] * 2, golden.RELATIONS)
        loaded = lei_copies.load(file(tmp_path, relations, "20261101-rr.csv"))
        assert (loaded.level, loaded.rows) == ("parents", 1)
        assert (LegalEntity.objects.count(), LegalEntityParent.objects.count()) == (3, 1)


def zipped(folder: Path, *inside: tuple[str, bytes]) -> Path:
    path = folder / f"{NAME}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in inside:
            archive.writestr(name, data)
    return path


class TestZip:
    def test_is_read_as_what_is_in_it(self, tmp_path: Path) -> None:
        for data, name in ((golden.as_csv(golden.rows(3)), NAME), (golden.as_xml(golden.rows(3)), "lei2.xml")):
            level, rows = gleif.read(zipped(tmp_path, (name, data)))
            assert (level, len(list(rows))) == ("entities", 3)
        loaded = lei_copies.load(zipped(tmp_path, (NAME, golden.as_csv(golden.rows(3)))))
        assert (loaded.rows, loaded.published) == (3, date(2026, 11, 1))
        assert lei_copies.load(file(tmp_path, golden.as_csv(golden.rows(3)))) == loaded, "packed or not it is the same"

    @pytest.mark.parametrize("inside", [[], [("a.csv", b"1"), ("b.csv", b"2")]])
    def test_of_none_or_several_files_is_refused(self, tmp_path: Path, inside: list[tuple[str, bytes]]) -> None:
        with pytest.raises(BadCopy, match="not one alone"):
            lei_copies.load(zipped(tmp_path, *inside))

    def test_that_is_broken_is_refused(self, tmp_path: Path) -> None:
        path = zipped(tmp_path, (NAME, golden.as_csv(golden.rows(300))))
        whole = path.read_bytes()
        for broken in (b"no zip", whole[:-30], whole[:100] + b"XXXX" + whole[104:]):
            path.write_bytes(broken)
            with pytest.raises(BadCopy, match="cannot be read"):
                lei_copies.load(path)
        assert not LegalEntity.objects.exists()


class TestCommand:
    def test_prints_one_line_of_json(self, tmp_path: Path) -> None:
        out, path = io.StringIO(), tmp_path / "golden.csv.gz"
        path.write_bytes(gzip.compress(golden.as_csv(golden.rows(2))))
        call_command("load_gleif", file=path, published=date(2026, 11, 3), stdout=out)
        told: dict[str, Any] = json.loads(out.getvalue())
        assert {name: told[name] for name in ("level", "published", "rows")} == {
            "level": "entities", "published": "2026-11-03", "rows": 2,
        }  # fmt: skip

    def test_a_day_that_nobody_says_and_a_file_that_is_not_there_are_bad_use(self, tmp_path: Path) -> None:
        for path, says in ((file(tmp_path, golden.as_csv([]), "golden.csv"), "--published"), (tmp_path / NAME, "cannot be read")):
            with pytest.raises(CommandError, match=says) as refused:
                call_command("load_gleif", file=path)
            assert refused.value.returncode == 2
