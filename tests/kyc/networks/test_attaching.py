"""An account that shows what a network has is attached to it or proposed; nothing is merged, and no request waits."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from accounts import scope, signals
from accounts.models import Organisation, SignalArrival
from accounts.signals import Seen
from config import jobs
from kyc.networks import attaching, joining
from kyc.networks.network_models import Attachment, Edge, Network, NetworkChange, NetworkMembership, NetworkRun
from tests import cast
from tests.kyc.networks import hands
from tests.networked import network_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def networks(transactional_db: None) -> list[Network]:
    """Two networks of nine accounts; nobody is waiting."""
    made = []
    for name in ("Kestrel", "Merlin"):
        those = hands.accounts(9, name)
        hands.told(hands.alone(those))
        made.append(network_of(list(Organisation.objects.filter(pk__in=those).order_by("pk")), {}))
    hands.told(hands.alone(hands.accounts(60)))
    with scope.whole():
        NetworkRun.objects.update(accounts=1000)
        SignalArrival.objects.all().delete()
    return made


@pytest.fixture
def new(networks: list[Network]) -> int:
    return Organisation.objects.get(name="Customer 0").pk


def members(network: Network) -> list[int]:
    with scope.whole():
        live = NetworkMembership.objects.live().filter(network=network).order_by("organisation")
        return list(live.values_list("organisation", flat=True))


def share(organisation: int, other: int, *types: str) -> None:
    at = hands.BEGAN + timedelta(hours=other % 1000)
    signals.leave_all([Seen(organisation, type, hands.value(type, "own", other), at, at) for type in types])


def waiting() -> bool:
    with scope.whole():
        return SignalArrival.objects.exists()


def changes(network: Network) -> list[tuple[str, list[int]]]:
    with scope.whole():
        found = NetworkChange.objects.filter(network=network).exclude(kind="found").order_by("pk")
        return list(found.values_list("kind", "organisations"))


def attachments() -> list[tuple[int, int, str]]:
    with scope.whole():
        return list(Attachment.objects.order_by("pk").values_list("network", "organisation", "outcome"))


class TestRun:
    def test_attaches_to_what_it_is_certainly_of(self, networks: list[Network], new: int) -> None:
        kestrel, _ = networks
        other = members(kestrel)[2]
        share(new, other, "phone", "payment", "device")
        attaching.run()
        assert new in members(kestrel)
        with scope.whole():
            row = NetworkMembership.objects.live().get(organisation=new)
            edge = Edge.objects.live().get(network=kestrel)
            kestrel.refresh_from_db()
            told = NetworkChange.objects.latest("pk")
        assert (row.how, row.run, row.via) == ("attached", None, ["payment", "device", "contact"])
        assert {edge.a_id, edge.b_id} == {new, other} and {one["type"] for one in edge.evidence} >= {"phone", "payment"}
        assert (kestrel.size, kestrel.is_alert) == (10, True)
        assert changes(kestrel) == [("attached", [new])]
        assert told.reason.startswith(f"It has in common with account {other}, which is in it: ")
        assert not waiting()

    def test_run_twice_does_it_once(self, networks: list[Network], new: int) -> None:
        share(new, members(networks[0])[2], "phone", "payment", "device")
        attaching.run()
        signals.look_again(new)
        attaching.run()
        assert changes(networks[0]) == [("attached", [new])]

    def test_leaves_alone_who_has_nothing_in_common(self, networks: list[Network], new: int) -> None:
        share(new, members(networks[0])[2], "phone")
        attaching.run()
        assert [changes(network) for network in networks] == [[], []]
        assert not waiting()

    def test_never_merges_and_proposes_where_two_networks_are_likely(self, networks: list[Network], new: int) -> None:
        for network in networks:
            share(new, members(network)[2], "phone", "payment", "device")
        attaching.run()
        assert [len(members(network)) for network in networks] == [9, 9]
        assert len(attachments()) == 1
        assert sorted(changes(networks[0]) + changes(networks[1])) == [("proposed", [new])]
        signals.look_again(new)
        attaching.run()
        assert len(attachments()) == 1, "proposed already, it is silence"

    def test_proposes_what_is_likely_only(self, networks: list[Network], new: int) -> None:
        with scope.whole():
            NetworkRun.objects.update(accounts=60_000)
        # A number that one account has, and a program: more likely than not, and not certain.
        kestrel = networks[0]
        one = members(kestrel)[0]
        at, values = hands.BEGAN, [("phone", hands.value("phone", "k")), ("user_agent", hands.value("user_agent", "k"))]
        signals.leave_all([Seen(one, type, value, at, at) for type, value in values])
        attaching.run()
        signals.leave_all([Seen(new, type, value, at, at) for type, value in values])
        attaching.run()
        assert new not in members(kestrel)
        assert attachments() == [(kestrel.pk, new, "")]
        assert changes(kestrel) == [("proposed", [new])]

    def test_of_what_several_have_no_edge_is_written(self, networks: list[Network], new: int) -> None:
        kestrel = networks[0]
        for place, type in enumerate(("phone", "payment", "device")):
            share(new, members(kestrel)[place], type)
        attaching.run()
        assert new in members(kestrel) and changes(kestrel) == [("attached", [new])]
        with scope.whole():
            assert not Edge.objects.exists()
            row = NetworkMembership.objects.live().get(organisation=new)
        assert (row.how, row.via) == ("attached", ["payment", "device", "contact"]) and row.confidence > 0.9

    def test_does_not_bring_up_again_what_an_officer_declined(self, networks: list[Network], new: int) -> None:
        for network in networks:
            share(new, members(network)[2], "phone", "payment", "device")
        attaching.run()
        ines = cast.staff("investigator", "Ines")
        with scope.of_officer(ines):
            joining.decline(Attachment.objects.get(), reason="Two brothers.", by=ines)
        signals.look_again(new)
        attaching.run()
        declined, *others = attachments()
        assert declined[2] == "declined"
        # Only the other network is left, of which it is certain.
        other = next(network for network in networks if network.pk != declined[0])
        assert new in members(other) and others == []


class TestQueue:
    def test_what_comes_while_it_is_looked_is_looked_at_after(
        self, networks: list[Network], new: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other, looked = members(networks[0])[2], []
        share(new, other, "phone")
        first = attaching.arising.ties

        def slowly(organisation: int) -> Any:
            found = first(organisation)
            if not looked:
                share(new, other, "payment", "device")
            looked.append(found)
            return found

        monkeypatch.setattr(attaching.arising, "ties", slowly)
        attaching.run()
        assert len(looked) == 2 and new in members(networks[0])

    def test_is_swept_and_woken(self) -> None:
        assert "kyc.attach_accounts" in {task.name for task in jobs.WAKES["signal.arrived"]}
        assert "signals.attach" in {queue.name for queue, _ in jobs.SWEPT}

    def test_two_at_once_attach_once(self, networks: list[Network], new: int) -> None:
        """The second finds it done when it comes to write."""
        share(new, members(networks[0])[2], "phone", "payment", "device")
        with scope.whole():
            ties = attaching.arising.ties(new)
            for _ in range(2):
                with transaction.atomic():
                    attaching.answer(new, ties)
        assert changes(networks[0]) == [("attached", [new])]
        assert timedelta(seconds=1) < attaching.QUEUE.lease
