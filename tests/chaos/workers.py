"""Workers without an installation, in processes of our own, so that a kill comes at any moment of the work."""

import os
import random
import signal
import time
from collections.abc import Callable

from django.db import connection
from django.db.models import QuerySet

KILLS, WITHIN = 12, 60


def worker(run: Callable[[], object]) -> int:
    """The process id of a new worker, with connections of its own."""
    connection.close()
    if pid := os.fork():
        return pid
    try:
        run()
    finally:
        os._exit(0)


def names(count: int) -> list[str]:
    """So many, of which none is like another."""
    return [f"Qvalsund{chr(97 + n // 26)}{chr(97 + n % 26)} Brettspil" for n in range(count)]


def listed(named: list[str]) -> str:
    """Lines of OFAC's file that have them, numbered from 9500."""
    return "".join(f'{9500 + n},"{name}","individual","SDGT"' + ",-0- " * 8 + "\n" for n, name in enumerate(named))


def killed_and_done(run: Callable[[], object], waiting: QuerySet, *, seed: int) -> tuple[int, int]:  # type: ignore[type-arg]  # of any rows
    """Kills workers while anything is waiting, and then lets them end it; how many were killed, and what was left then."""
    draw, killed = random.Random(seed), 0
    while killed < KILLS and waiting.exists():
        pid = worker(run)
        time.sleep(draw.uniform(0.05, 0.8))
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        killed += os.WIFSIGNALED(status)
    left, deadline = waiting.count(), time.monotonic() + WITHIN
    while waiting.exists() and time.monotonic() < deadline:
        os.waitpid(worker(run), 0)
        time.sleep(0.1)
    assert killed >= 3, "it was all done before anybody could be killed"
    return killed, left
