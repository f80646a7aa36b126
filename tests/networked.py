"""Networks for tests, as a building leaves them: accounts, edges with their evidence, and the change that begins them."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import combinations
from typing import Any
from uuid import UUID, uuid5

from django.utils import timezone

from accounts import scope
from accounts.models import Organisation
from kyc.networks.network_models import ALERT_SIZE, Edge, Network, NetworkChange, NetworkMembership, NetworkRun

SPACE = UUID(int=7)
PHONE, CARD, CARRIER = ("phone", "phone 1"), ("payment", "card 1"), ("api_ip", "carrier")
FAMILIES = {"phone": "contact", "payment": "payment", "api_ip": "network", "device": "device"}
BITS = {"phone": 9.1, "payment": 13.4, "device": 6.0}


def hashed(name: str) -> UUID:
    return uuid5(SPACE, name)


def shares(kind: str, name: str, *, why: str = "", bits: float | None = None) -> dict[str, Any]:
    """One value in the evidence of an edge; `why` it was not counted."""
    worth = 0.0 if why else BITS.get(kind, 5.0) if bits is None else bits
    return {
        "type": kind, "value": str(hashed(name)), "family": FAMILIES.get(kind, "behaviour"), "bits": worth,
        "first_seen": "2026-10-02T08:00:00+00:00", "last_seen": "2026-11-20T21:30:00+00:00", "counted": not why, "why": why,
    }  # fmt: skip


def network_of(organisations: Sequence[Organisation], ties: dict[tuple[int, int], list[dict[str, Any]]], **about: Any) -> Network:
    """`ties` has for places in `organisations` what the two share."""
    now = about.pop("at", timezone.now())
    hashes = {"input_sha256": "0" * 64, "found_sha256": "0" * 64}
    with scope.whole():
        run = NetworkRun.objects.create(
            state="done", begun_at=now - timedelta(minutes=2), ended_at=now, accounts=1000, signals=9000, networks=1, **hashes
        )
        told = {"found_in": run, "found_at": now, "size": len(organisations), "confidence": 0.94} | about
        network = Network.objects.create(is_alert=len(organisations) >= ALERT_SIZE, **told)
        NetworkChange.objects.create(
            network=network, kind="found", at=now, reason="They share a card and a phone number.", run=run,
            organisations=[one.pk for one in organisations],
        )  # fmt: skip
        NetworkMembership.objects.bulk_create(
            NetworkMembership(
                network=network, organisation=one, via=["contact", "payment"], confidence=0.9, since=now, how="run", run=run
            )
            for one in organisations
        )
        Edge.objects.bulk_create(
            edge(network, run, organisations[a], organisations[b], evidence, now) for (a, b), evidence in ties.items()
        )
    return network


def edge(network: Network, run: NetworkRun, a: Organisation, b: Organisation, evidence: list[dict[str, Any]], now: Any) -> Edge:
    first, second = sorted((a, b), key=lambda one: one.pk)
    counted = [one for one in evidence if one["counted"]]
    return Edge(
        network=network, run=run, a=first, b=second, evidence=evidence, since=now, bits=sum(one["bits"] for one in counted),
        families=sorted({one["family"] for one in counted}),
    )  # fmt: skip


def ended(network: Network) -> None:
    """Nothing is left of it; who was in it stands no more."""
    now = timezone.now()
    with scope.whole():
        NetworkMembership.objects.live().filter(network=network).update(until=now)
        NetworkChange.objects.create(network=network, kind="dissolved", at=now, reason="Nothing ties them any more.")
        Network.objects.filter(pk=network.pk).update(ended_at=now, end_reason="dissolved")


def accounts(count: int, name: str = "Kestrel {} Ltd") -> list[Organisation]:
    return Organisation.objects.bulk_create(Organisation(name=name.format(number)) for number in range(1, count + 1))


def six() -> Network:
    """All six share a phone number; the first four a card; the last three an address of a mobile carrier, which counts for
    nothing."""
    ties = {}
    for a, b in combinations(range(6), 2):
        told = [shares(*PHONE)]
        told += [shares(*CARD)] if b < 4 else []
        told += [shares(*CARRIER, why="A mobile carrier's shared address: 4,200 accounts have it.")] if a > 2 else []
        ties[a, b] = told
    return network_of(accounts(6), ties)
