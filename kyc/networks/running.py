"""Building networks, as a job: each night, and when an investigator asks. A row is the queue, and one is built at a time.

What goes in is read, and what comes out is written, by the worker that holds the row; found it is by a process of its own
(kyc/networks/building.py), which takes gigabytes for a minute and gives them back. A worker that is killed has written nothing:
its process ends with it, and the next one begins anew.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import scope
from accounts.models import Signal
from config import jobs
from kyc.networks import folders, given, keeping, taking, tying
from kyc.networks.given import Told, Watch
from kyc.networks.keeping import Keeping
from kyc.networks.network_models import NetworkRun
from kyc.networks.taking import Taken
from kyc.networks.tying import Tying

# After what a night erases (accounts/planning.py), in UTC.
AT = clock(3, 20)
# Between two looks at what another is doing.
PAUSE = 0.5
State, Step = NetworkRun.State, NetworkRun.Step


class Unbuilt(Exception):
    """The process that finds networks ended without having found any; the message says how."""


class Buildings(jobs.Queue):
    """Networks to be built, and the night for which they are not built yet."""

    def is_waiting(self) -> bool:
        with scope.whole():
            return self.eligible().exists() or is_due()


QUEUE = Buildings(
    name="networks.build",
    model=NetworkRun,
    field="state",
    ready=State.WAITING,
    failed=State.FAILED,
    lease=timedelta(minutes=1),
    since="asked_at",
    sight=scope.whole,
)


def last_night(now: datetime) -> datetime:
    """The last time that it was due."""
    today = now.replace(hour=AT.hour, minute=AT.minute, second=0, microsecond=0)
    return today if today <= now else today - timedelta(days=1)


def is_due() -> bool:
    """Whether nobody has asked since the last night; never where there are no signals."""
    return not NetworkRun.objects.filter(asked_at__gte=last_night(timezone.now())).exists() and Signal.objects.exists()


def ask() -> NetworkRun:
    """The run that waits, made where there is none. In a scope that sees the compartment."""
    made = NetworkRun(state=State.WAITING)
    NetworkRun.objects.bulk_create([made], ignore_conflicts=True)
    return NetworkRun.objects.get(state=State.WAITING)


def run() -> None:
    with scope.whole():
        if is_due():
            ask()
    for claim in QUEUE.claims():
        with claim:
            build(claim)


def now() -> NetworkRun:
    """At once, for whoever asks at the machine; where a worker is at it already, once that is done. Raises Unbuilt."""
    with scope.whole():
        asked = ask()
    while asked.state == State.WAITING:
        claim = QUEUE.claim()
        if claim is None:
            time.sleep(PAUSE)
        else:
            with claim:
                build(claim)
        with scope.whole():
            asked.refresh_from_db()
        if asked.failure:
            raise Unbuilt(asked.failure)
    return asked


def build(claim: jobs.Claim) -> None:
    """Finds outside any transaction, and writes all of it in the finishing one."""
    with folders.folder() as folder:
        begun = timezone.now()
        with claim.kept_up():
            at_step(claim, Step.READING, begun_at=begun)
            taken = taking.take(folder)
            told = found(claim, folder)
            at_step(claim, Step.KEEPING)
        columns = {"accounts": told.accounts, "signals": told.signals, "networks": told.networks, "parameters": parameters()}
        hashes = {"input_sha256": told.input_sha256, "found_sha256": told.found_sha256}
        with claim.finish(state=State.DONE, ended_at=timezone.now(), step="", step_at=None, **columns, **hashes):
            watch = Watch()
            keep(NetworkRun.objects.get(pk=claim.row.pk), folder, taken)
            watch.has("keep")
            seconds = {**taken.seconds, **told.seconds, **watch.seconds}
            NetworkRun.objects.filter(pk=claim.row.pk).update(cost={"seconds": seconds, "memory": told.memory})


def at_step(claim: jobs.Claim, step: str, **columns: Any) -> None:
    """For the page that shows how far it is. Raises Fenced."""
    with transaction.atomic(), scope.whole():
        if not claim.mine().update(step=step, step_at=timezone.now(), **columns):
            raise jobs.Fenced(QUEUE.name)


def parameters() -> dict[str, Any]:
    return {"version": given.VERSION}


def found(claim: jobs.Claim, folder: Path) -> Told:
    """What the process found, while its steps are told on. Raises Unbuilt, Fenced."""
    with process(folder) as finder:
        for line in cast(Iterator[bytes], finder.stdout):
            said = json.loads(line)
            if told := said.get("told"):
                return Told(**told)
            at_step(claim, said["step"])
        raise Unbuilt(f"The process that finds networks ended with {finder.wait()}.")


@contextmanager
def process(folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """It gets none of our secrets, and ends when this one does."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    command = [sys.executable, "-m", "kyc.networks.building", str(folder)]
    base = str(settings.BASE_DIR)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=base, env=kept) as finder:
        try:
            yield finder
        finally:
            cast(Any, finder.stdin).close()


def keep(row: NetworkRun, folder: Path, taken: Taken) -> None:
    """What was found becomes what stands, in the transaction around it."""
    taking.patiently()
    networks = Keeping(row, keeping.read(folder / given.MEMBERS), taken.seen, timezone.now(), taken.ruled, taken.apart)
    now = networks.keep()
    Tying(row, networks.at, now, frozenset(networks.meanwhile)).tie(tying.read(folder / given.EDGES))
