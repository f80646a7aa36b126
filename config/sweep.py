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
LONGEST_PAUSE = 4


class Sweeper(celery.beat.Scheduler):
    """Ticks once a second: new audit events into their tree, a snapshot when something was written, and every second tick a
    look at the queues."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.ticks, self.waker = 0, Waker()
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
            self.attempt(self.waker.sweep, self.queues)
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


class Waker:
    """Wakes the task of every queue that has an eligible row: at once, and as long as it goes on having one after two, four, and
    then every eight seconds. Where all workers are busy a further wake-up only waits behind the others. What takes a queue
    long to find is looked for seldom, and as long as it was found each time."""

    def __init__(self) -> None:
        self.sweeps = 0
        # From which sweep on a queue is woken again, and after how many the next time.
        self.again: dict[str, tuple[int, int]] = {}

    def sweep(self) -> list[str]:
        """The names of the queues whose task was woken."""
        self.sweeps += 1
        waiting = [(queue.name, task) for queue, task in jobs.SWEPT if self.is_waiting(queue)]
        self.again = {name: self.again[name] for name, _ in waiting if name in self.again}
        return [name for name, task in waiting if self.wakes(name, task)]

    def is_waiting(self, queue: jobs.Swept) -> bool:
        is_ready_alone = isinstance(queue, jobs.Queue) and (self.sweeps - 1) % queue.sweeps and queue.name not in self.again
        return queue.is_ready() if is_ready_alone else queue.is_waiting()

    def wakes(self, name: str, task: Any) -> bool:
        due, pause = self.again.get(name, (0, 1))
        if self.sweeps < due or not jobs.publish(task):
            return False
        self.again[name] = (self.sweeps + pause, min(2 * pause, LONGEST_PAUSE))
        return True
