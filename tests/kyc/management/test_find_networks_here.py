"""`find_networks` without a file: the networks of the database, built now."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts import scope
from kyc.networks import running, taking
from kyc.networks.network_models import Network, NetworkMembership, NetworkRun
from tests.kyc.networks import hands
from tests.stage import scene


@scene
def hand() -> list[int]:
    those, others = hands.accounts(20, "Hand"), hands.accounts(300)
    hands.told(hands.alone(others), hands.alone(those), hands.hand(those, "one"))
    return those


def printed(**options: object) -> str:
    out = StringIO()
    call_command("find_networks", stdout=out, **options)
    return out.getvalue()


class TestTheDatabase:
    def test_is_looked_at_now_and_all_in_a_network_are_told(self, hand: list[int]) -> None:
        rows = list(csv.DictReader(StringIO(printed())))
        with scope.whole():
            network, run = Network.objects.get(), NetworkRun.objects.get()
            assert run.state == "done" and run.asked_by is None
            assert [int(row["account"]) for row in rows] == sorted(hand)
            assert {row["network"] for row in rows} == {network.number}
            standing = NetworkMembership.objects.get(organisation=hand[0])
        first = next(row for row in rows if int(row["account"]) == hand[0])
        assert first["via"].split("+") == standing.via and float(first["confidence"]) == standing.confidence

    def test_goes_into_a_file_as_well_and_twice_is_the_same(self, hand: list[int], tmp_path: Path) -> None:
        out = tmp_path / "out.csv"
        assert printed(out=out) == ""
        assert out.read_text() == printed()
        assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]

    def test_without_anybody_in_it_has_no_networks(self, db: None) -> None:
        assert printed() == "account,network,via,confidence\n"

    def test_has_its_own_declarations(self, db: None, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="--declared: goes with --signals") as refused:
            printed(declared=tmp_path / "declared.csv")
        assert refused.value.returncode == 2

    def test_says_why_it_could_not(self, hand: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(taking, "copy", lambda asked, file: file.write_bytes(b"half a fi"))
        with pytest.raises(CommandError, match=r"could not be built: Unbuilt: .* ended with 1"):
            printed(out=tmp_path / "out.csv")
        assert not list(tmp_path.iterdir())

    def test_waits_for_a_worker_that_is_at_it(self, hand: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
        with scope.whole():
            running.ask()
        claim = running.QUEUE.claim()
        assert claim

        def worked(seconds: float) -> None:
            with claim:
                running.build(claim)

        monkeypatch.setattr(running.time, "sleep", worked)
        assert printed().count("\n") == 21
