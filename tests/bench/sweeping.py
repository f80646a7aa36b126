"""How long the database takes for each question of the sweeper in the installation that KEYHOLDER_STATE names: milliseconds, the
best of some, and how often it is put, as one line of JSON."""

import json
import time
from collections.abc import Callable

import django
from django.db import connection

TRIES = 3


def best(work: Callable[[], object]) -> float:
    return min(taken(work) for _ in range(TRIES))


def taken(work: Callable[[], object]) -> float:
    each: list[float] = []

    def timed(execute: Callable[..., object], *asked: object) -> object:
        began = time.perf_counter()
        try:
            return execute(*asked)
        finally:
            each.append(1000 * (time.perf_counter() - began))

    with connection.execute_wrapper(timed):
        work()
    return sum(each)


def told() -> dict[str, dict[str, float]]:
    from config import jobs, wake  # noqa: F401  # importing it registers

    found = {}
    for queue, _task in jobs.SWEPT:
        sweeps = queue.sweeps if isinstance(queue, jobs.Queue) else 1
        ready = best(queue.is_ready) if isinstance(queue, jobs.Queue) and sweeps > 1 else 0.0
        found[queue.name] = {"ms": best(queue.is_waiting), "sweeps": sweeps, "between_ms": ready}
    return found


if __name__ == "__main__":
    django.setup()
    print(json.dumps(told()))
