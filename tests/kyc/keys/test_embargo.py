"""Where networks are, from an administrator's file."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import AuditEvent
from kyc.keys import embargo
from kyc.keys.models import Place, PlaceList

pytestmark = pytest.mark.django_db
HEAD = "network,country,region\n"


def loaded(tmp_path: Path, text: str) -> dict[str, object]:
    file, out = tmp_path / "places.csv", StringIO()
    file.write_text(HEAD + text)
    call_command("load_places", str(file), stdout=out)
    return json.loads(out.getvalue())


class TestLoad:
    def test_takes_a_file_in_place_of_the_one_before_it(self, tmp_path: Path) -> None:
        assert loaded(tmp_path, "192.0.2.0/24,IR,\n2001:db8::/32,UA,UA-43\n")["rows"] == 2
        assert loaded(tmp_path, "198.51.100.0/24,CU,\n")["rows"] == 1
        assert list(Place.objects.values_list("network", "country", "region")) == [("198.51.100.0/24", "CU", "")]
        assert list(PlaceList.objects.order_by("pk").values_list("rows", flat=True)) == [2, 1]
        told = AuditEvent.objects.filter(verb="places.loaded").latest("pk")
        assert told.details["rows"] == 1 and told.details["sha256"] == PlaceList.objects.latest("pk").sha256

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("192.0.2.0/24,IR\n", "line 2: A line has three values."),
            ("192.0.2.1/24,IR,\n", "line 2: 192.0.2.1/24 is no network in CIDR"),
            ("192.0.2.0/24,XX,\n", "line 2: XX is no country"),
            ("192.0.2.0/24,ir,\n", "line 2: ir is no country"),
            ("192.0.2.0/24,UA,RU-43\n", "line 2: RU-43 is no region of UA"),
            ("192.0.2.0/24,UA,UA-43000\n", "line 2: UA-43000 is no region"),
            ("192.0.2.0/24,IR,\n\n192.0.2.0/24,CU,\n", "line 4: 192.0.2.0/24 stands in line 2 already."),
        ],
    )
    def test_a_bad_file_is_told_by_its_line_and_changes_nothing(self, tmp_path: Path, text: str, why: str) -> None:
        loaded(tmp_path, "198.51.100.0/24,CU,\n")
        with pytest.raises(CommandError, match=why) as refused:
            loaded(tmp_path, text)
        assert refused.value.returncode == 2
        assert Place.objects.get().country == "CU"

    def test_a_file_without_the_names_of_its_columns(self, tmp_path: Path) -> None:
        (tmp_path / "x.csv").write_text("192.0.2.0/24,IR,\n")
        with pytest.raises(embargo.BadPlaces, match="The first line must be: network,country,region"):
            embargo.load(tmp_path / "x.csv")

    @pytest.mark.parametrize("content", [None, b"\xff\xfe"])
    def test_no_file_and_no_text(self, tmp_path: Path, content: bytes | None) -> None:
        if content:
            (tmp_path / "x.csv").write_bytes(content)
        with pytest.raises(embargo.BadPlaces, match=r"x\.csv: "):
            embargo.load(tmp_path / "x.csv")
