"""Whoever kills and freezes processes of a running installation, in an order and at moments drawn by a seed."""

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterable

import psycopg

from tests.chaos.load import database
from tests.chaos.window import until
from tests.running import Installation, command_line, descendants, parents

PROGRAMS = {"worker": "config.celery worker", "beat": "config.celery beat", "postgres": "/postgres -D", "valkey": "valkey-server"}
# For so long a frozen server answers nobody.
FROZEN_SECONDS = 20
AT_WORK = " UNION ALL ".join(
    f"SELECT claimed_by FROM {table} WHERE claimed_until > clock_timestamp() AND job_token IS NOT NULL"
    for table in ("kyc_key", "kyc_examination", "reports_report")
)


class Killer:
    """`kills` says how often each is struck in about `lasts` seconds: a worker's `child`, its `parent`, the `group` of both,
    `beat`, `postgres`, `valkey`, and the two servers `frozen`. For `aims` seconds the killer
    waits for a worker with a job in its hands."""

    def __init__(self, installation: Installation, *, kills: dict[str, int], lasts: float, aims: float, seed: int) -> None:
        self.aims = aims
        self.installation, self.root, self.kills, self.lasts = installation, installation.process.pid, kills, lasts
        self.draw, self.struck, self.at_work = random.Random(seed), Counter[str](), 0

    def spree(self) -> None:
        victims = [victim for victim, times in self.kills.items() for _ in range(times)]
        self.draw.shuffle(victims)
        for victim in victims:
            time.sleep(self.lasts / len(victims) * self.draw.uniform(0.3, 1.2))
            # Whoever was chosen may have ended by himself a moment before.
            while not self.strike(victim):
                time.sleep(0.1)
            self.struck[victim] += 1

    def strike(self, victim: str) -> bool:
        """Whether anybody was struck."""
        if victim in ("child", "parent", "group"):
            return self.strike_workers(victim)
        if victim.startswith("frozen "):
            return self.freeze(victim.removeprefix("frozen "))
        return bool(self.send(signal.SIGKILL, [self.draw.choice(self.found(victim))]))

    def found(self, program: str) -> list[int]:
        return until(within=60, what=f"a {program} runs", ask=lambda: self.running(program))

    def running(self, program: str) -> list[int]:
        return sorted(pid for pid in descendants(self.root) if PROGRAMS[program] in command_line(pid))

    def send(self, what: signal.Signals, pids: Iterable[int]) -> list[int]:
        """Those of them that were there to get it."""
        got = []
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, what)
                got.append(pid)
        return got

    def strike_workers(self, which: str) -> bool:
        parent, children = until(within=60, what="a worker runs", ask=self.worker)
        working = self.working(children) if self.aims else set()
        child = self.draw.choice(sorted(working or children))
        got = self.send(signal.SIGKILL, {"child": [child], "parent": [parent], "group": [parent, *children]}[which])
        # A parent's children end what they have in their hands, or die of it.
        self.at_work += bool(self.holding() & set(got if which != "parent" else children))
        return bool(got)

    def worker(self) -> tuple[int, set[int]] | None:
        """The worker's parent and its children, when it has any."""
        pids, above = set(self.running("worker")), parents()
        for parent in pids:
            if children := {pid for pid in pids if above.get(pid) == parent}:
                return parent, children
        return None

    def working(self, children: set[int]) -> set[int]:
        """Those with a job in their hands."""
        deadline = time.monotonic() + self.aims
        while not (working := self.holding() & children) and time.monotonic() < deadline:
            time.sleep(0.02)
        return working

    def holding(self) -> set[int]:
        """Processes under whose lease a job stands; nobody where the database was killed a moment ago."""
        try:
            with database(self.installation) as app:
                return {int(row["claimed_by"].rpartition(":")[2]) for row in app.execute(AT_WORK)}
        except psycopg.OperationalError:
            return set()

    def freeze(self, program: str) -> bool:
        main = min(self.found(program))
        frozen = self.send(signal.SIGSTOP, [main, *descendants(main)])
        try:
            time.sleep(FROZEN_SECONDS)
        finally:
            self.send(signal.SIGCONT, frozen)
        return bool(frozen)
