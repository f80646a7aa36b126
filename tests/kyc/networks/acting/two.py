"""Two verified customers in one network, and the officers who rule on them."""

from django.utils import timezone

from accounts import scope
from accounts.models import Organisation, User
from kyc.networks import controlling, measuring
from kyc.networks.controller_models import Controller
from kyc.networks.measure_models import Measure
from kyc.networks.network_models import Edge, Network, NetworkMembership
from tests.cast import staff
from tests.rows import of_network

EVIDENCE = [
    {"type": "payment", "value": "a" * 32, "family": "payment", "bits": 9.5, "counted": True, "why": ""},
    {"type": "device", "value": "b" * 32, "family": "device", "bits": 4.5, "counted": True, "why": ""},
    {"type": "api_ip", "value": "c" * 32, "family": "network", "bits": 0, "counted": False, "why": "an exit of a VPN"},
]


def network_of(*organisations: Organisation) -> Network:
    """As a building found it, with an edge between each and the next."""
    first, *others = sorted(organisations, key=lambda one: one.pk)
    of_network(first, staff("investigator"))
    network, now = Network.objects.get(memberships__organisation=first), timezone.now()
    run = network.found_in
    for one in others:
        NetworkMembership.objects.create(
            network=network, organisation=one, via=["payment", "device"], confidence=0.9, since=now, how="run", run=run
        )
    for a, b in zip([first, *others], others, strict=False):
        Edge.objects.create(
            network=network, a=a, b=b, bits=14, families=["payment", "device"], evidence=EVIDENCE, since=now, run=run
        )
    return network


def proposed(*organisations: Organisation, by: User) -> Controller:
    return controlling.propose(
        name="Mirror", why="One card pays for both.", reason="payment", members=organisations,
        network=network_of(*organisations), by=by,
    )  # fmt: skip


def ruled(*organisations: Organisation, by: User, second: User) -> Controller:
    with scope.of_officer(by):
        return controlling.take(proposed(*organisations, by=by), by=second)


def measured(controller: Controller, *, by: User, second: User | None = None, **more: object) -> Measure:
    """Taken where there is a second officer."""
    asked = {"kind": "hold", "told": "account", "why": "It copies answers.", "reason": "harm", "left_out": {}} | more
    with scope.of_officer(by):
        made = measuring.propose(controller, **asked, by=by)  # type: ignore[arg-type]  # as the test gives it
        return measuring.take(made, by=second) if second else made
