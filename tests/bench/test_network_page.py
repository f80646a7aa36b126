"""How long an investigator waits for the pages of a network of five thousand accounts, found by a building among others.

`NETWORK_PAGE_MEMBERS=500` looks at a smaller one."""

import os
import time
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import scope
from accounts.models import Organisation, User
from kyc.desk import network_words as words
from kyc.networks import building, controlling, keeping, standing, tying
from kyc.networks.controller_models import Controller
from kyc.networks.finding import finder
from kyc.networks.network_models import Edge, Network, NetworkMembership
from tests import cast, figures, networked
from tests.bench import worlds

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]
SEED, MEMBERS = 20261130, int(os.environ.get("NETWORK_PAGE_MEMBERS", "5000"))
TIMES, MOST_SECONDS = 3, 1.0


@pytest.fixture
def network(transactional_db: None, tmp_path: Path) -> Network:
    """Of a careless hand, which shares the most, as a building finds it among twelve times as many accounts. Only its own are in
    the database."""
    world = worlds.make(12 * MEMBERS, seed=SEED, networks=1, least=MEMBERS, most=MEMBERS)
    world.write(tmp_path / "signals.parquet")
    building.written(tmp_path, finder.find(tmp_path / "signals.parquet"))
    largest = max(keeping.read(tmp_path / building.MEMBERS), key=len)
    made = Organisation.objects.bulk_create(Organisation(name=f"Account {number}") for number in range(len(largest)))
    numbers = dict(zip(largest, (one.pk for one in made), strict=True))
    network = networked.network_of(made, {})
    ties = sorted(
        (
            {**tie, "a": numbers[tie["a"]], "b": numbers[tie["b"]]}
            for tie in tying.read(tmp_path / building.EDGES)
            if tie["a"] in numbers
        ),
        key=lambda tie: (tie["a"], tie["b"]),
    )
    with scope.whole():
        now = dict.fromkeys(numbers.values(), network.pk)
        tying.Tying(network.found_in, network.found_at, now).tie(ties)
    return network


@pytest.fixture
def ines() -> User:
    return cast.staff("investigator", "Ines Caldeira")


@pytest.fixture
def controller(network: Network, ines: User) -> Controller:
    with scope.of_officer(ines):
        members = Organisation.objects.filter(pk__in=network.memberships.live().values("organisation"))
        made = controlling.propose(
            name="Kestrel", why="One hand.", reason="conduct", members=list(members), network=network, by=ines
        )
        return controlling.take(made, by=cast.staff("investigator", "Inga Berg"))


@pytest.fixture
def pages(network: Network, controller: Controller) -> dict[str, str]:
    with scope.whole():
        account = network.memberships.live().order_by("pk")[0].organisation_id
        busiest = standing.shared(network, most=1).values[0]
        edge = Edge.objects.live().filter(network=network).order_by("-bits")[0]
    ledger, members = (reverse(f"desk:network_{name}", args=[network.pk]) for name in ("ledger", "members"))
    value = reverse("desk:network_value", args=[network.pk, busiest.type, words.handle(busiest.value)])
    return {
        "overview": reverse("desk:network", args=[network.pk]),
        "accounts": members,
        "accounts, the last page": f"{members}?page={MEMBERS // 50}",
        "ledger": ledger,
        "ledger, page 400": f"{ledger}?page=400",
        "ledger of one account": f"{ledger}?account={account}",
        "an edge": reverse("desk:network_edge", args=[network.pk, edge.pk]),
        "the value that most share": value,
        "what became of it": reverse("desk:network_changes", args=[network.pk]),
        "picture": reverse("desk:network_picture", args=[network.pk]),
        "a controller to propose": reverse("desk:controller_new", args=[network.pk]),
        "controller": reverse("desk:controller", args=[controller.pk]),
        "a measure to propose": reverse("desk:measure_new", args=[controller.pk]),
        "controllers": reverse("desk:controllers"),
        "networks": reverse("desk:networks"),
    }


class Taken(NamedTuple):
    """Seconds on the clock, and of the processor: of this process and of the database's that answers it, which is what it takes
    on a machine that does nothing else."""

    wait: float
    work: float
    queries: int
    size: int


def of_database(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def asked(page: Client, path: str) -> Taken:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    with CaptureQueriesContext(connection) as queries:
        began, work = time.perf_counter(), time.process_time() + of_database(pid)
        answer = page.get(path)
        content = answer.content
        taken = time.perf_counter() - began, time.process_time() + of_database(pid) - work
    assert answer.status_code == 200, path
    return Taken(*taken, len(queries), len(content))


def test_the_pages_of_a_large_network(pages: dict[str, str], network: Network, ines: User) -> None:
    page = cast.signed_in(ines)
    with scope.whole():
        size, edges = NetworkMembership.objects.live().filter(network=network).count(), Edge.objects.live().count()
    told: dict[str, Any] = {"members": f"{size:,}", "edges": f"{edges:,}", "load average": os.getloadavg()[0]}
    works = {}
    for name, path in pages.items():
        asked(page, path)
        found = [asked(page, path) for _ in range(TIMES)]
        works[name] = median(one.work for one in found)
        wait, last = min(one.wait for one in found), found[-1]
        told[name] = f"{works[name]:.2f} s of work, {wait:.2f} s waited, {last.queries} queries, {last.size / 1024:,.0f} KB"
    figures.keep("network-page", seeds=[SEED], figures=told)
    assert size >= 0.95 * MEMBERS
    assert {name: work for name, work in works.items() if work > MOST_SECONDS} == {}
