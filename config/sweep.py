"""Beat without a file: asks the database which queues have a row to do, and wakes their tasks only then."""

import logging
import time
from collections.abc import Callable
from typing import Any

import celery.beat
from django.db import Error, close_old_connections, connection

from accounts import sequencer, snapshots
from config import jobs

logger = logging.getLogger(__name__)
EVERY = 1.0
TICKS_A_SWEEP = 2


class Sweeper(celery.beat.Scheduler):
    """Ticks once a second: new audit events into their tree, a snapshot when something was written, and every second tick a
    look at the queues."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.ticks = 0
        self.audit, self.snapshots, self.queues = jobs.Outage("audit"), jobs.Outage("snapshots"), jobs.Outage("sweeps")
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        self.data: dict[str, Any] = {}

    def tick(self, *args: Any, **kwargs: Any) -> float:
        started = time.monotonic()
        # First, so that the snapshot of this second holds what it writes.
        self.attempt(sequencer.tick, self.audit)
        self.attempt(snapshots.tick, self.snapshots)
        if self.ticks % TICKS_A_SWEEP == 0:
            self.attempt(sweep, self.queues)
        self.ticks += 1
        close_old_connections()
        return max(0.0, EVERY - (time.monotonic() - started))

    def attempt(self, work: Callable[[], object], outage: jobs.Outage) -> None:
        """Outlives whatever the database does, and an error of ours too: the other two go on."""
        try:
            work()
        except Exception as error:
            if not isinstance(error, Error) and not outage.lasts:
                logger.exception("an error of our own in %s", outage.what)
            connection.close()
            outage.goes_on(error)
        else:
            outage.ends()


def sweep() -> list[str]:
    """Wakes the task of every queue that has an eligible row; returns the queues' names."""
    found = [(queue, task) for queue, task in jobs.SWEPT if queue.is_waiting()]
    for _, task in found:
        jobs.publish(task)
    return [queue.name for queue, _ in found]
