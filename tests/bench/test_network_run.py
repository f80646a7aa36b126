"""What a building of networks from the database costs: by default in a small world; with NETWORK_ACCOUNTS=70000 there are a
million signals."""

import os
import resource
from collections import Counter

import numpy as np
import pytest
from django.utils import timezone

from accounts import scope
from accounts.models import SignalArrival
from kyc.networks import attaching, running
from kyc.networks.network_models import Attachment, Edge, Network, NetworkChange, NetworkMembership, NetworkRun
from tests import figures
from tests.bench import peopled, worlds

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]
SEED, ACCOUNTS = 20261130, int(os.environ.get("NETWORK_ACCOUNTS", 10_000))
MB = 2**20


def mine() -> int:
    """The most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def built() -> NetworkRun:
    run = running.now()
    assert run.state == "done", run.failure
    return run


def told(run: NetworkRun) -> str:
    parts = ", ".join(f"{what} {seconds:.1f} s" for what, seconds in run.cost["seconds"].items())
    return f"{sum(run.cost['seconds'].values()):.1f} s ({parts}); the finding process {run.cost['memory'] / MB:,.0f} MB"


def alerts(world: worlds.World, base: int) -> Counter[str]:
    """What the alerts are: of one hand for nine tenths; of an agency's clients, which nobody has declared here; others."""
    by_network: dict[int, list[int]] = {}
    with scope.whole():
        rows = NetworkMembership.objects.live().filter(network__is_alert=True).values_list("network", "organisation")
        for network, organisation in rows:
            by_network.setdefault(network, []).append(organisation - base)
    found = Counter[str]()
    for those in by_network.values():
        (hand, many), *_ = Counter(int(world.network[account]) for account in those).most_common(1)
        (agency, clients), *_ = Counter(int(world.declared[account]) for account in those).most_common(1)
        is_hand, is_agency = hand >= 0 and many >= 0.9 * len(those), agency >= 0 and clients >= 0.5 * len(those)
        found["hands" if is_hand else "agencies" if is_agency else "others"] += 1
    return found


class TestARun:
    def test_costs(self) -> None:
        world = worlds.make(ACCOUNTS, seed=SEED)
        base = peopled.settle(world)
        signals = peopled.leave(world, base)
        before = mine()
        first = built()
        grown = mine() - before
        second = built()
        kinds = alerts(world, base)
        with scope.whole():
            shown = {
                "accounts": f"{first.accounts:,}",
                "signals": f"{first.signals:,}",
                "networks": f"{Network.objects.count():,}",
                "alerts": ", ".join(f"{what} {many}" for what, many in sorted(kinds.items())),
                "memberships": f"{NetworkMembership.objects.count():,}",
                "edges": f"{Edge.objects.count():,}",
                "the first run": told(first),
                "the worker beside it grew by": f"{grown / MB:,.0f} MB",
                "a second on the same": told(second),
            }
            changes = NetworkChange.objects.count()
            assert changes == Network.objects.count(), "the second has told of nothing"
        figures.keep("network-run", seeds=[SEED], figures=shown)
        assert first.signals == signals and first.accounts <= world.accounts
        assert (second.input_sha256, second.found_sha256) == (first.input_sha256, first.found_sha256)
        assert kinds["hands"] >= 0.8 * (kinds["hands"] + kinds["others"]) > 0


def networks() -> dict[int, int]:
    """The network of each account that is in one."""
    with scope.whole():
        return dict(NetworkMembership.objects.live().values_list("organisation", "network"))


class TestWhatIsAttachedBetweenTwoBuildings:
    """A part of each network comes after a building, and as large a part of everybody else; they are answered one account at a
    time, then the next building sees all."""

    PART, LEAST = float(os.environ.get("NETWORK_LATE", "0.05")), 0.95

    def test_agrees_with_the_next_building(self) -> None:
        world = worlds.make(ACCOUNTS, seed=SEED + 1)
        base, late = peopled.settle(world), world.late(self.PART, seed=SEED)
        is_late = late[world.signals["account"]]
        peopled.leave(world, base, ~is_late)
        built()
        before = networks()
        peopled.leave(world, base, is_late)
        came = [base + int(account) for account in np.flatnonzero(late)]
        with scope.whole():
            now = timezone.now()
            SignalArrival.objects.bulk_create(SignalArrival(organisation_id=one, arrived_at=now) for one in came)
        attaching.run()
        online = networks()
        with scope.whole():
            proposed = dict(Attachment.objects.open().values_list("organisation", "network"))
        built()
        nightly = networks()
        same = sum(1 for account, network in nightly.items() if online.get(account) == network)
        new = {account: network for account, network in nightly.items() if account not in before and network in before.values()}
        attached = {account: network for account, network in online.items() if account not in before}
        right = sum(1 for account, network in attached.items() if nightly.get(account) == network)
        likely = sum(1 for account, network in new.items() if account not in attached and proposed.get(account) == network)
        shown = {
            "memberships of the building": f"{len(nightly):,}",
            "the same before it": f"{same:,}, {same / len(nightly):.1%}",
            "accounts that came": f"{len(came):,}",
            "of them in networks that stood": f"{len(new):,}, of which {right:,} were attached before and {likely:,} proposed",
            "attached": f"{len(attached):,}, of which the building holds {right / max(1, len(attached)):.1%} there",
            "proposed besides": f"{len(proposed):,}",
        }
        figures.keep("network-agreement", seeds=[SEED + 1], figures=shown)
        assert same >= self.LEAST * len(nightly)
