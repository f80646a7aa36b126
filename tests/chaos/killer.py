"""Whoever kills and freezes processes of a running installation, in an order and at moments drawn by a seed."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterable

import psycopg

from tests.chaos.load import Row, database
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
            if victim in ("child", "parent", "group"):
                self.strike_workers(victim)
            elif victim.startswith("frozen "):
                self.freeze(victim.removeprefix("frozen "))
            else:
                self.kill([self.draw.choice(self.found(victim))])
            self.struck[victim] += 1

    def found(self, program: str) -> list[int]:
        return until(within=60, what=f"a {program} runs", ask=lambda: self.running(program))

    def running(self, program: str) -> list[int]:
        return sorted(pid for pid in descendants(self.root) if PROGRAMS[program] in command_line(pid))

    def kill(self, pids: Iterable[int], by: signal.Signals = signal.SIGKILL) -> None:
        for pid in pids:
            try:
                os.kill(pid, by)
            except ProcessLookupError:
                continue

    def strike_workers(self, which: str) -> None:
        parent, children = until(within=60, what="a worker runs", ask=self.worker)
        working = self.working(children)
        child = self.draw.choice(sorted(working if working and self.aims else children))
        self.at_work += child in working if which == "child" else bool(working)
        self.kill({"child": [child], "parent": [parent], "group": [parent, *children]}[which])

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
        try:
            with database(self.installation) as app:
                while not (working := self.holders(app) & children) and time.monotonic() < deadline:
                    time.sleep(0.02)
                return working
        except psycopg.OperationalError:
            # It was killed a moment ago.
            pass
        return set()

    def holders(self, app: "psycopg.Connection[Row]") -> set[int]:
        return {int(row["claimed_by"].rpartition(":")[2]) for row in app.execute(AT_WORK)}

    def freeze(self, program: str) -> None:
        main = min(self.found(program))
        pids = [main, *descendants(main)]
        self.kill(pids, signal.SIGSTOP)
        time.sleep(FROZEN_SECONDS)
        self.kill(pids, signal.SIGCONT)
