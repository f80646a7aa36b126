"""A building as a job: what stands afterwards, once, whatever happens to its worker on the way."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from accounts import scope
from accounts.models import Signal, SignalValue
from config import jobs
from kyc.networks import running, taking
from kyc.networks.network_models import Edge, Network, NetworkChange, NetworkMembership, NetworkRun
from kyc.networks.ruling_models import Ruling
from kyc.networks.rulings import About
from tests import cast
from tests.kyc.networks import hands
from tests.stage import scene

HAND, OTHERS = 20, 300


@scene
def hand() -> list[int]:
    """One of 20 accounts among 300 others."""
    those, others = hands.accounts(HAND, "Hand"), hands.accounts(OTHERS)
    hands.told(hands.alone(others), hands.alone(those), hands.hand(those, "one"))
    return those


def asked() -> NetworkRun:
    with scope.whole():
        return running.ask()


def built() -> NetworkRun:
    run = asked()
    running.run()
    with scope.whole():
        run.refresh_from_db()
    return run


def members() -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    with scope.whole():
        for network, organisation in NetworkMembership.objects.live().values_list("network", "organisation"):
            found.setdefault(network, set()).add(organisation)
    return found


class TestARun:
    def test_finds_the_hand_and_nobody_else(self, hand: list[int]) -> None:
        run = built()
        assert run.failure == "" and run.state == "done"
        assert list(members().values()) == [set(hand)]
        with scope.whole():
            network = Network.objects.get()
            assert network.is_alert and network.found_in == run and 0.9 < network.confidence <= 1
            assert NetworkChange.objects.get().kind == "found"
            edge = Edge.objects.live().first()
            assert edge and len(edge.families) > 1
            shared = {(one["type"], one["value"]) for one in edge.evidence if one["counted"] and one["type"] in Signal.Type}
            mine = Signal.objects.filter(organisation=edge.a_id).values_list("type", "value")
            assert len(shared) > 1 and shared <= {(type, str(value)) for type, value in mine}

    def test_says_of_what_it_is_and_what_it_took(self, hand: list[int]) -> None:
        run = built()
        with scope.whole():
            assert (run.accounts, run.signals, run.networks) == (HAND + OTHERS, Signal.objects.count(), 1)
        assert run.begun_at and run.ended_at and run.begun_at < run.ended_at and run.step == ""
        assert run.cost["seconds"].keys() == {"count", "copy", "read", "find", "write", "keep"} and run.cost["memory"] > 1_000_000
        assert len(run.input_sha256) == len(run.found_sha256) == 64 and run.parameters

    def test_on_the_same_writes_nothing_and_says_that_it_is(self, hand: list[int]) -> None:
        first = built()
        with scope.whole():
            before = [list(model.objects.order_by("pk").values()) for model in (Network, NetworkMembership, Edge, NetworkChange)]
        second = built()
        assert (second.input_sha256, second.found_sha256) == (first.input_sha256, first.found_sha256)
        with scope.whole():
            after = [list(model.objects.order_by("pk").values()) for model in (Network, NetworkMembership, Edge, NetworkChange)]
        assert after == before and second.pk != first.pk

    def test_on_something_else_says_so(self, hand: list[int]) -> None:
        first = built()
        hands.told(hands.alone(hands.accounts(1)))
        second = built()
        assert second.input_sha256 != first.input_sha256 and second.found_sha256 == first.found_sha256

    def test_tells_how_far_it_is(self, hand: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
        steps, at_step = [], running.at_step

        def told(claim: jobs.Claim, step: str, **columns: Any) -> None:
            at_step(claim, step, **columns)
            with scope.whole():
                steps.append(NetworkRun.objects.get().step)

        monkeypatch.setattr(running, "at_step", told)
        built()
        assert steps == ["reading", "finding", "keeping"]

    def test_of_nobody_finds_nothing(self, db: None) -> None:
        assert (built().state, members()) == ("done", {})

    def test_leaves_no_file_behind(self, hand: list[int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        built()
        assert list(tmp_path.iterdir()) == []


class TestWhatOfficersRuled:
    @pytest.fixture(autouse=True)
    def officer(self, hand: list[int]) -> None:
        self.ines = cast.staff("investigator", "Ines")

    def ruled(self, kind: str, about: About, organisations: list[int]) -> None:
        with scope.whole():
            said = {"kind": kind, "reason": "Asked.", "organisations": organisations, "alone_up_to": 100, "ruled_by": self.ines}
            Ruling.objects.create(network=Network.objects.first(), **said, **about.columns)

    def test_to_be_no_hand_is_never_in_one_network(self, hand: list[int]) -> None:
        built()
        a, b = hand[:2]
        self.ruled("coincidence", About(pair=(a, b)), [a, b])
        built()
        assert not any({a, b} <= those for those in members().values())
        with scope.whole():
            (left,) = NetworkChange.objects.filter(kind="left")
        out = a if left.organisations == [a] else b
        assert left.organisations == [out]
        assert left.reason == f"An officer’s ruling keeps it apart from O-{b if out == a else a}, which stays."

    def test_to_be_one_hand_stays_so_in_every_later_building(self, hand: list[int]) -> None:
        built()
        (stranger,) = hands.accounts(1)
        hands.told(hands.alone([stranger]))
        self.ruled("same_controller", About(pair=(hand[0], stranger)), [hand[0], stranger])
        for _night in range(2):
            built()
            assert list(members().values()) == [{*hand, stranger}]
        with scope.whole():
            assert NetworkMembership.objects.live().get(organisation=stranger).how == "ruled"

    def test_to_be_everybodys_ties_nobody(self, hand: list[int]) -> None:
        built()
        with scope.whole():
            values = Signal.objects.filter(organisation__in=hand, type__in=hands.SHARED).values_list("type", "value").distinct()
            values = list(values)
        for value in values:
            self.ruled("shared_infrastructure", About(value=value), hand)
        built()
        assert members() == {}

    def test_so_does_what_a_file_of_ranges_says(self, hand: list[int]) -> None:
        with scope.whole():
            shared = Signal.objects.filter(organisation__in=hand, type__in=hands.SHARED)
            for type, value in shared.values_list("type", "value").distinct():
                hands.everybodys(type, value)
        built()
        assert members() == {}

    @pytest.mark.parametrize("hub", ["office", "carrier_nat"])
    def test_so_does_what_counting_took_for_somebodys(self, hand: list[int], hub: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """The same values link nobody here and when an account arises (tests/kyc/networks/test_arising.py)."""
        monkeypatch.setattr(taking.counting, "count", int)
        with scope.whole():
            shared = Signal.objects.filter(organisation__in=hand, type__in=hands.SHARED)
            for type, value in shared.values_list("type", "value").distinct():
                hands.everybodys(type, value)
            SignalValue.objects.update(hub=hub, is_told=False)
        built()
        assert members() == {}

    def test_unless_an_officer_ruled_it_one_hand(self, hand: list[int]) -> None:
        built()
        with scope.whole():
            shared = list(
                Signal.objects.filter(organisation__in=hand, type__in=hands.SHARED).values_list("type", "value").distinct()
            )
            for type, value in shared:
                hands.everybodys(type, value)
        for value in shared:
            self.ruled("same_controller", About(value=value), hand)
        built()
        assert list(members().values()) == [{*hand}]


class TestAsking:
    def test_twice_is_one(self, db: None) -> None:
        assert asked() == asked()

    def test_is_seen_by_the_sweeper_though_it_is_confined(self, db: None) -> None:
        assert not running.QUEUE.is_waiting()
        asked()
        assert not NetworkRun.objects.exists(), "the worker's own connection is shown none"
        assert running.QUEUE.is_waiting()

    def test_is_the_clocks_once_a_night(self, hand: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
        now = timezone.now()
        assert running.QUEUE.is_waiting()
        running.run()
        assert not running.QUEUE.is_waiting()
        monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=1))
        assert running.QUEUE.is_waiting()
        with scope.whole():
            assert NetworkRun.objects.get().asked_by is None

    def test_is_not_where_there_is_nothing_to_look_at(self, db: None) -> None:
        assert not running.QUEUE.is_waiting()
        running.run()
        with scope.whole():
            assert not NetworkRun.objects.exists()

    @pytest.mark.parametrize(("now", "night"), [
        (datetime(2026, 11, 30, 3, 19, tzinfo=UTC), datetime(2026, 11, 29, 3, 20, tzinfo=UTC)),
        (datetime(2026, 11, 30, 3, 20, tzinfo=UTC), datetime(2026, 11, 30, 3, 20, tzinfo=UTC)),
        (datetime(2026, 12, 1, 0, 0, 1, tzinfo=UTC), datetime(2026, 11, 30, 3, 20, tzinfo=UTC)),
    ])  # fmt: skip
    def test_begins_with_the_night(self, now: datetime, night: datetime) -> None:
        assert running.last_night(now) == night


def lease_expires() -> None:
    with scope.whole():
        NetworkRun.objects.filter(state="waiting").update(claimed_until=Now() - timedelta(seconds=1))


class TestAWorkerThatDies:
    def test_has_written_nothing_and_the_next_begins_anew(self, hand: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
        asked()
        with monkeypatch.context() as patch:
            patch.setattr(running, "keep", self.killed)
            with pytest.raises(KeyboardInterrupt):
                running.run()
        assert members() == {}
        lease_expires()
        running.run()
        assert list(members().values()) == [set(hand)]
        with scope.whole():
            assert (NetworkRun.objects.get().state, Network.objects.count()) == ("done", 1)

    def killed(self, *args: Any) -> None:
        raise KeyboardInterrupt

    def test_and_comes_back_late_writes_nothing(self, hand: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
        """Another has taken the row over while it was away, and is done."""
        asked()
        take = taking.take

        def away(folder: Path) -> taking.Taken:
            taken = take(folder)
            monkeypatch.setattr(taking, "take", take)
            lease_expires()
            running.run()
            return taken

        monkeypatch.setattr(taking, "take", away)
        running.run()
        with scope.whole():
            assert (Network.objects.count(), NetworkChange.objects.count(), NetworkRun.objects.get().state) == (1, 1, "done")


class TestAProcessThatFindsNothing:
    def test_rests_and_then_fails_with_its_reason(self, hand: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(taking, "copy", lambda _, file: file.write_bytes(b"half a fi"))
        run = built()
        assert run.state == "waiting" and run.failure == "Unbuilt: The process that finds networks ended with 1."
        for _attempt in range(2):
            lease_expires()
            running.run()
        with scope.whole():
            run.refresh_from_db()
        assert run.state == "failed" and members() == {}
        monkeypatch.undo()
        assert built().state == "done"
