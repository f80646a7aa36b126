"""Workers that build networks are killed again and again: what stands in the end was written once, and they leave nothing."""

import dataclasses
import os
import random
import signal
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import pytest

from accounts import scope
from kyc.networks import folders, running
from kyc.networks.network_models import Network, NetworkChange, NetworkMembership, NetworkRun
from tests.chaos.workers import worker
from tests.figures import Measures
from tests.kyc.networks import hands

pytestmark = pytest.mark.chaos
SEED, KILLS, LONGEST, WITHIN = 20261130, 12, 2.0, 120


def waits() -> bool:
    with scope.whole():
        return NetworkRun.objects.filter(state="waiting").exists()


def at_work(folder: Path) -> list[str]:
    """Processes that find networks in a folder beneath this one."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = process.read_bytes()
        except OSError:
            continue
        if b"kyc.networks.building" in command and bytes(folder) in command:
            found.append(process.parent.name)
    return found


@pytest.mark.django_db(transaction=True)
def test_networks_are_built_once_however_often_their_worker_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, measures: Measures
) -> None:
    monkeypatch.setattr(running, "QUEUE", dataclasses.replace(running.QUEUE, lease=timedelta(seconds=0.4)))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    those = hands.accounts(20, "Hand")
    hands.told(hands.alone(hands.accounts(300)), hands.alone(those), hands.hand(those, "one"))
    with scope.whole():
        running.ask()
    draw, killed = random.Random(SEED), 0
    while waits() and killed < KILLS:
        pid = worker(running.run)
        time.sleep(draw.uniform(0.1, LONGEST))
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        killed += os.WIFSIGNALED(status)
    deadline = time.monotonic() + WITHIN
    while waits() and time.monotonic() < deadline:
        os.waitpid(worker(running.run), 0)
        time.sleep(0.1)
    with folders.folder():
        assert len(list(tmp_path.iterdir())) == 1, "what the killed have left is gone"
    with scope.whole():
        assert set(NetworkMembership.objects.live().values_list("organisation", flat=True)) == set(those)
        assert (Network.objects.count(), NetworkChange.objects.count()) == (1, 1)
        assert NetworkRun.objects.get().state == "done"
    assert killed >= 3, "it was done before anybody could be killed"
    assert not at_work(tmp_path)
    measures("workers killed while building networks", killed)
