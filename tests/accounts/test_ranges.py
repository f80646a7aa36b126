"""Whose addresses are, from an administrator's file."""

import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts import organisations, ranges, scope, signals
from accounts.models import AuditEvent, Organisation, Range, RangeList, Signal, SignalValue
from accounts.signals import Seen
from tests import cast

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def loaded(tmp_path: Path, text: str, *, source: str = "vpns", **options: str) -> dict[str, object]:
    file, out = tmp_path / "ranges.txt", StringIO()
    file.write_text(text)
    call_command("update_ranges", source=source, file=file, stdout=out, **options)
    told: dict[str, object] = json.loads(out.getvalue())
    return told


def standing() -> list[tuple[str | None, int | None, str, str]]:
    return list(Range.objects.order_by("pk").values_list("network", "asn", "hub", "name"))


class TestLoad:
    def test_takes_a_network_a_line(self, tmp_path: Path) -> None:
        text = "# VPNs\n203.0.113.0/24 ; one\n\n2001:db8::/32\nAS64500 # an operator\n203.0.113.0/24\n198.51.100.7\n"
        assert loaded(tmp_path, text, as_class="vpn") == {
            "source": "vpns", "rows": 4, "sha256": RangeList.objects.get().sha256
        }  # fmt: skip
        assert standing() == [
            ("203.0.113.0/24", None, "vpn", ""), ("2001:db8::/32", None, "vpn", ""), (None, 64500, "vpn", ""),
            ("198.51.100.7/32", None, "vpn", ""),
        ]  # fmt: skip

    @pytest.mark.parametrize("head", ["cidr,class,name", "CIDR,Class,Name"])
    def test_takes_a_table(self, tmp_path: Path, head: str) -> None:
        loaded(tmp_path, f'{head}\n203.0.113.0/24,VPN,"Nord, AS"\n192.0.2.0/24,hosting,\n198.51.100.0/24,CGNAT,Telia\n')
        assert standing() == [
            ("203.0.113.0/24", None, "vpn", "Nord, AS"), ("192.0.2.0/24", None, "cloud", ""),
            ("198.51.100.0/24", None, "carrier_nat", "Telia"),
        ]  # fmt: skip

    def test_takes_a_table_without_names(self, tmp_path: Path) -> None:
        loaded(tmp_path, "cidr,class\n203.0.113.0/24,tor\n")
        assert standing() == [("203.0.113.0/24", None, "proxy", "")]

    def test_in_place_of_the_one_before_it_of_the_same_source(self, tmp_path: Path) -> None:
        loaded(tmp_path, "203.0.113.0/24\n", as_class="vpn")
        loaded(tmp_path, "192.0.2.0/24\n", as_class="cloud", source="clouds")
        loaded(tmp_path, "198.51.100.0/24\n", as_class="vpn")
        assert {network for network, *_ in standing()} == {"192.0.2.0/24", "198.51.100.0/24"}
        told = AuditEvent.objects.filter(verb="ranges.loaded").latest("pk")
        assert (told.details["source"], told.details["rows"], told.target_type) == ("vpns", 1, "accounts.rangelist")

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("cidr,class,name\n203.0.113.0/24,vpn\n", "line 2: It has not as many values as the first line"),
            ("cidr,class,name\n203.0.113.1/24,vpn,x\n", "line 2: 203.0.113.1/24 is no network in CIDR"),
            ("cidr,class,name\n203.0.113.0/24,castle,x\n", "line 2: castle is no class"),
            ("cidr,class,name\n203.0.113.0/24,,x\n", "line 2: “” is no class"),
            ("cidr,class,name\nAS99999999999,vpn,x\n", "line 2: AS99999999999 is no network"),
            ("cidr,class,name\nAS4294967296,vpn,x\n", "line 2: AS4294967296 is no number of an operator"),
            (f"cidr,class,name\n203.0.113.0/24,vpn,{'x' * 201}\n", "line 2: The name is longer than 200"),
            ("cidr,class,name\n203.0.113.0/24,vpn,x\n\n203.0.113.0/24,cloud,y\n", "line 4: 203.0.113.0/24 stands in line 2"),
            ("cidr,class,country\n203.0.113.0/24,vpn,x\n", "line 1: The columns are: cidr,class,name"),
            ("203.0.113.0/24\n", "say with --class"),
            ("cidr,class\n" + '"' + "x" * 140_000 + '",vpn\n', "line .*field larger"),
        ],
    )
    def test_a_bad_file_is_told_by_its_line_and_changes_nothing(self, tmp_path: Path, text: str, why: str) -> None:
        loaded(tmp_path, "198.51.100.0/24\n", as_class="vpn")
        with pytest.raises(CommandError, match=why) as refused:
            loaded(tmp_path, text)
        assert refused.value.returncode == 2
        assert [network for network, *_ in standing()] == ["198.51.100.0/24"]

    @pytest.mark.parametrize("options", [{"source": "A VPN"}, {"source": ""}, {"as_class": "castle"}])
    def test_a_bad_name_or_class(self, tmp_path: Path, options: dict[str, str]) -> None:
        with pytest.raises(CommandError):
            loaded(tmp_path, "198.51.100.0/24\n", **{"as_class": "vpn", **options})

    @pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
    def test_no_file_and_no_text(self, tmp_path: Path, content: bytes | None) -> None:
        file = tmp_path / "x"
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(ranges.BadRanges, match=str(file)):
            ranges.load(file, source="vpns", as_class="vpn")


class TestTold:
    """Of a value when it is seen, by the most exact range that has it."""

    @pytest.fixture
    def nordlys(self, tmp_path: Path) -> Organisation:
        loaded(tmp_path, "cidr,class,name\n203.0.113.0/24,cloud,Big\n203.0.113.64/26,vpn,Small\n2001:db8::/32,vpn,Six\n")
        loaded(tmp_path, "AS64500\n", source="operators", as_class="proxy")
        return organisations.create(name="Nordlys", by=cast.customer())

    def hub(self, type: str) -> tuple[str, str] | None:
        with scope.whole():
            return SignalValue.objects.filter(type=type).values_list("hub", "why").first()

    @pytest.mark.parametrize(
        ("address", "hub"),
        [
            ("203.0.113.7", ("cloud", "vpns: Big")),
            ("203.0.113.70", ("vpn", "vpns: Small")),
            ("::ffff:203.0.113.70", ("vpn", "vpns: Small")),
            ("2001:db8::7", ("vpn", "vpns: Six")),
            ("192.0.2.7", None),
        ],
    )
    def test_an_address(self, nordlys: Organisation, address: str, hub: tuple[str, str] | None) -> None:
        signals.leave(nordlys.pk, {Signal.Type.LOGIN_IP: [address]})
        assert self.hub("login_ip") == hub

    def test_what_comes_by_an_operator(self, nordlys: Organisation) -> None:
        value = signals.value("api_ip", "5f1d7a84db00d2fce00b31a7fc73224f")
        assert value
        cast.opened(nordlys, days=1000)
        signals.leave_all([Seen(nordlys.pk, "api_ip", value, NOON, NOON, asn=64500)])
        assert self.hub("api_ip") == ("proxy", "operators")
