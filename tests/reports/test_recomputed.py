"""A report told at one time is told the same, byte for byte, at any later one: over pairs of instants on a life of changes, with
a transaction that was open when it was told, and in another process on other settings."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import organisations, snapshots
from accounts.models import Organisation, Snapshot
from kyc.parties.models import Party
from reports import canonical
from tests import cast
from tests.reports import processes, story

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., dict[str, Any]]
KINDS: dict[str, Make] = {"R-03": story.dossier_of, "R-04": story.control_of, "R-06": story.attribution_of}
A_MOMENT = timedelta(microseconds=1)
Pair = tuple[str, datetime, int]

ELSEWHERE = """
import json, os, sys
from datetime import datetime
import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()
from accounts.models import Organisation, Snapshot
from reports import canonical
from tests.reports import story

KINDS = {"R-03": story.dossier_of, "R-04": story.control_of, "R-06": story.attribution_of}
for kind, organisation, valid_at, snapshot in json.loads(sys.argv[1]):
    facts = KINDS[kind](
        Organisation.objects.get(pk=organisation), valid_at=datetime.fromisoformat(valid_at),
        snapshot=Snapshot.objects.get(pk=snapshot),
    )
    print(canonical.sha256(canonical.encode(facts)))
"""


@dataclass
class Told:
    """Every report as it was told at each knowledge cut, by kind, effective instant and the cut's number."""

    organisation: Organisation
    snapshots: dict[int, Snapshot]
    bytes_of: dict[Pair, bytes]

    def again(self, pair: Pair) -> bytes:
        kind, valid_at, cut = pair
        return told(kind, self.organisation, valid_at, self.snapshots[cut])


def told(kind: str, organisation: Organisation, valid_at: datetime, snapshot: Snapshot) -> bytes:
    return canonical.encode(KINDS[kind](organisation, valid_at=valid_at, snapshot=snapshot))


@contextmanager
def open_transaction(change: Callable[[], None]) -> Iterator[None]:
    """Somebody's change, made before what is inside and committed after it."""
    made, may_end = threading.Event(), threading.Event()

    def run() -> None:
        try:
            with transaction.atomic():
                change()
                made.set()
                may_end.wait(60)
        finally:
            made.set()
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert made.wait(30)
    yield
    may_end.set()
    thread.join()


def lived(folder: Path) -> Told:
    """At each stage a cut is stored, and all is told of it at every instant so far and between: what was told stands as bytes."""
    instants: list[datetime] = []
    found = Told(Organisation(), {}, {})

    def cut() -> None:
        snapshot = snapshots.take()
        found.snapshots[snapshot.pk] = snapshot
        instants.extend([snapshot.taken_at - A_MOMENT, snapshot.taken_at])
        # The oldest, the newest, and what stands in between, for every kind.
        for valid_at in {instants[0], instants[-2], instants[-1], instants[len(instants) // 2]}:
            for kind in KINDS:
                found.bytes_of[kind, valid_at, snapshot.pk] = told(kind, found.organisation, valid_at, snapshot)

    story.load_list(folder)
    alice = cast.customer()
    found.organisation = organisations.create(name="Nordlys Modelling AS", by=alice)
    cut()
    one = story.declared(alice)
    story.examine()
    cut()
    with open_transaction(lambda: renamed(one.fund)):
        story.approve(one)
        cut()
    story.hold(one)
    cut()
    story.afterwards(one, folder)
    return found


def renamed(fund: Party) -> None:
    """As a colleague's page does it, whose transaction takes its time."""
    Party.objects.filter(pk=fund.pk).update(name="Fjord Invest ASA", legal_form="ASA")


@pytest.fixture
def a_life(tmp_path: Path) -> Told:
    return lived(tmp_path)


def test_recomputed_is_stored_whatever_was_written_since(a_life: Told) -> None:
    """The negative control stands beside it: known now, each tells otherwise."""
    pairs = sorted(a_life.bytes_of, key=str)
    assert len({pair[2] for pair in pairs}) == 4 and len(pairs) >= 36

    @given(st.sampled_from(pairs))
    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def holds(pair: Pair) -> None:
        assert a_life.again(pair) == a_life.bytes_of[pair]

    holds()
    now = snapshots.take()
    for kind, valid_at, cut in pairs[::9]:
        assert told(kind, a_life.organisation, valid_at, now) != a_life.bytes_of[kind, valid_at, cut]

    # What was open when the third cut was stored is known since, and to none of what was told of that cut.
    third = sorted(a_life.snapshots)[2]
    of_third = [a_life.bytes_of[pair].decode() for pair in pairs if pair[2] == third]
    assert of_third and not any("Fjord Invest ASA" in text for text in of_third)
    assert "Fjord Invest ASA" in told("R-04", a_life.organisation, now.taken_at, now).decode()
    elsewhere(a_life, pairs[::7])


def elsewhere(life: Told, pairs: list[Pair]) -> None:
    """The same of another process, with another hash seed, time zone, language and settings."""
    asked = [[kind, life.organisation.pk, valid_at.isoformat(), cut] for kind, valid_at, cut in pairs]
    done = processes.python("-c", ELSEWHERE, json.dumps(asked))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [canonical.sha256(life.bytes_of[pair]) for pair in pairs]
    assert {pair[0] for pair in pairs} == set(KINDS)
