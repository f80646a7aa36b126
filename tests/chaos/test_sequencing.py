"""Sixteen write audit events, each at its own pace, while sequencers are killed: none is missed, none taken twice."""

import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, transaction

from accounts import audit, heads, sequencer, verification
from accounts.models import AuditEvent, AuditHead, AuditLeaf, User
from config.installation import DATA
from tests import cast
from tests.figures import Measures
from tests.running import BASE, environment

WRITERS, SEQUENCERS, SEED = 16, 2, 1
# What beat does every second, without the second between, and in small batches, so that a kill meets one in the middle.
SEQUENCES = """
import sys
import django
django.setup()
from django.conf import settings
from django.db import connection
from accounts import sequencer
connection.settings_dict["NAME"], settings.AUDIT_HEADS_DIR = sys.argv[1:]
sequencer.BATCH = 40
print("ready", flush=True)
while True:
    sequencer.tick()
"""


class Writer(threading.Thread):
    """Events in transactions of a few, some kept open for a while, some taken back."""

    def __init__(self, number: int, count: int, by: User) -> None:
        super().__init__(daemon=True)
        self.draw, self.left, self.by = random.Random(f"{SEED} {number}"), count, by
        self.written: list[int] = []

    def run(self) -> None:
        try:
            while self.left > 0:
                self.write(min(self.left, self.draw.randint(1, 4)))
        finally:
            connection.close()

    def write(self, count: int) -> None:
        with transaction.atomic():
            made = [
                audit.record("test.done", target=self.by, by=self.by, reason=str(self.draw.random())).pk for _ in range(count)
            ]
            if self.draw.random() < 0.1:
                time.sleep(self.draw.random() * 0.05)
            if self.draw.random() < 0.05:
                transaction.set_rollback(True)
                return
        self.written += made
        self.left -= count


class Killer:
    """Keeps so many sequencers at work, and kills now one, now another."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.draw, self.kills = folder, random.Random(SEED), 0
        self.running = [self.started() for _ in range(SEQUENCERS)]

    def started(self) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", SEQUENCES, str(connection.settings_dict["NAME"]), str(self.folder)]
        env = environment(DATA, DJANGO_SETTINGS_MODULE="config.settings")
        return subprocess.Popen(command, cwd=BASE, env=env, stdout=subprocess.PIPE, text=True)

    def kill(self) -> None:
        victim = self.running.pop(self.draw.randrange(SEQUENCERS))
        assert victim.stdout and victim.stdout.readline() == "ready\n"
        time.sleep(self.draw.random() * 0.5)
        assert victim.poll() is None, "it ended by itself"
        self.end(victim)
        self.running.append(self.started())
        self.kills += 1

    def end(self, process: "subprocess.Popen[str]") -> None:
        process.kill()
        process.communicate()

    @classmethod
    @contextmanager
    def at_work(cls, folder: Path) -> Iterator["Killer"]:
        killer = cls(folder)
        try:
            yield killer
        finally:
            for process in killer.running:
                killer.end(process)


def missing() -> int:
    return AuditEvent.objects.count() - AuditLeaf.objects.count()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("count", "kills"), [(2_400, 3), pytest.param(100_000, 100, marks=pytest.mark.chaos)], ids=["short", "whole"]
)
def test_none_of_the_events_is_missed_or_taken_twice(heads_folder: Path, measures: Measures, count: int, kills: int) -> None:
    alice = cast.customer()
    writers = [Writer(number, count // WRITERS, alice) for number in range(WRITERS)]
    started = time.monotonic()
    with Killer.at_work(heads_folder) as killer:
        for writer in writers:
            writer.start()
        while killer.kills < kills or any(writer.is_alive() for writer in writers):
            killer.kill()
        took = time.monotonic() - started
    deadline = time.monotonic() + 60
    while missing():
        sequencer.tick()
        assert time.monotonic() < deadline, f"{missing()} are still outside the tree"

    written = {pk for writer in writers for pk in writer.written}
    assert len(written) == count
    order = list(AuditLeaf.objects.order_by("index").values_list("index", "event_id"))
    assert [index for index, _ in order] == list(range(count))
    assert {event for _, event in order} == written
    assert [event for _, event in order] == list(AuditEvent.objects.order_by("xid", "pk").values_list("pk", flat=True))
    exported = list(heads.read(heads.path().read_text().splitlines()))
    assert exported == [sequencer.said(row) for row in AuditHead.objects.order_by("size")]
    assert verification.verify(exported).failed == {}
    measures(
        "audit events written while sequencers were killed", f"{count} in {took:.0f} s, {killer.kills} kills, 0 missed or doubled"
    )
