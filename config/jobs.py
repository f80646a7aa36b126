"""How work moves: a state in a row is the job, a wake-up carries nothing, a fencing token guards every finish.

A worker claims a row with a lease, works outside any transaction, and writes effect and new state in one transaction
that first checks the token. So a second delivery does nothing, a killed worker loses nothing, and a poison row ends in
its failed state with the reason.
"""

import dataclasses
import logging
import os
import socket
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce
from threading import Event, Thread
from types import TracebackType
from typing import Any, Protocol

from amqp.exceptions import AMQPError
from django.db import InterfaceError, OperationalError, connection, models, transaction
from django.db.models import Count, Min, Q
from django.db.models.constants import LOOKUP_SEP
from django.db.models.functions import Now
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

# A row that waits while workers are killed all around it dies often without being to blame.
MAX_DEATHS = 20
MAX_ERRORS = 3
LONGEST_REST = timedelta(hours=1)
QUIET_AFTER_FAILURE = 2.0
# Whoever works longer than this on one row hangs, and another worker shall have it.
LONGEST_WORK = timedelta(minutes=30)

# One statement, so that a row is taken and told apart by its token in one step; the clock is the database's.
CLAIM = """
UPDATE {table}
SET job_token = nextval('kh_job_token'), claimed_until = statement_timestamp() + %(lease)s, claims = claims + 1,
    claimed_by = %(worker)s
WHERE {key} = (
    SELECT {key} FROM {table}
    WHERE {field} = %(ready)s AND (claimed_until IS NULL OR claimed_until < statement_timestamp())
    ORDER BY {order} LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING *
"""


class Fenced(Exception):
    """Another worker has taken the row over; nothing was written."""


class Outage:
    """Tells the log when trouble starts and when it ends: one line each, however often it is tried between."""

    def __init__(self, what: str) -> None:
        self.what, self.lasts = what, False

    def goes_on(self, error: Exception) -> None:
        if not self.lasts:
            logger.warning("trouble with %s: %s", self.what, told(error))
        self.lasts = True

    def ends(self) -> None:
        if self.lasts:
            logger.warning("no more trouble with %s", self.what)
        self.lasts = False


DATABASE_IS_AWAY = (OperationalError, InterfaceError)
database = Outage("claims")


class Claimable(models.Model):
    """A row that is its own job.

    `claims` counts how often it was taken since it was last finished, `errors` how often the work then raised; the
    difference is how often a worker died on it. `claimed_by` is the process that last took it, host and process id.
    `failure` says why it last rested or ended.
    """

    job_token = models.BigIntegerField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    claimed_by = models.CharField(max_length=80, blank=True, editable=False)
    claims = models.PositiveSmallIntegerField(default=0, editable=False)
    errors = models.PositiveSmallIntegerField(default=0, editable=False)
    failure = models.TextField(blank=True, editable=False)

    class Meta:
        abstract = True


def indexes(name: str, ready: str) -> list[models.Index]:
    """Of a table of jobs whose `state` says where each stands: those to be done, and those that have failed."""
    return [
        models.Index(name=f"{name}_waiting", fields=["id"], condition=Q(state=ready)),
        models.Index(name=f"{name}_failed", fields=["id"], condition=Q(state="failed")),
    ]


class Standing(StrEnum):
    """Where a row that is its own job stands at a moment."""

    WAITING = "waiting"
    HELD = "held"
    RESTING = "resting"
    # Its worker's lease has run out, with neither an end nor an error.
    SILENT = "silent"


def standing(row: Claimable, now: datetime) -> Standing:
    is_over = row.claimed_until is None or row.claimed_until <= now
    if not is_over:
        return Standing.RESTING if row.errors and row.job_token is None else Standing.HELD
    return Standing.SILENT if row.claimed_until is not None and not row.errors else Standing.WAITING


@dataclass(frozen=True)
class Census:
    """How many rows of a queue wait, are in a worker's hands, rest after an error and have failed for good; `oldest` is when
    the oldest that is not done was asked for."""

    waiting: int
    held: int
    resting: int
    failed: int
    oldest: datetime | None

    def counts(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in ("waiting", "held", "resting", "failed")}


@dataclass(frozen=True)
class Queue:
    """Rows of `model` whose `field` is `ready`; one that can't be done ends in `failed`. `lease` is about four times the
    normal time of one job. A row rests 2, 4, 8... seconds after an error, an hour at most, until `max_errors`. `since` is the
    column that says when it was asked for. Rows are taken in the order of their keys, or of `first` before that."""

    name: str
    model: type[Any]
    field: str
    ready: str
    failed: str
    lease: timedelta
    since: str
    max_errors: int = MAX_ERRORS
    first: str = ""
    # With each so-many-th sweep alone it is looked for what no row stands for yet, where that takes long and may wait.
    sweeps: int = 1
    # What else a row's columns become when it fails for good.
    at_failure: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    # Opened around whatever a worker reads or writes of its rows, where its connection is not shown them by itself.
    sight: Callable[[], AbstractContextManager[None]] = nullcontext

    def rows(self) -> models.QuerySet[Any]:
        return self.model._base_manager.filter(**{self.field: self.ready})

    def eligible(self) -> models.QuerySet[Any]:
        return self.rows().filter(Q(claimed_until__isnull=True) | Q(claimed_until__lt=Now()))

    def is_ready(self) -> bool:
        """Whether a row can be taken now."""
        with self.sight():
            return self.eligible().exists()

    def is_waiting(self) -> bool:
        """The same, and in some queues whether there is something to do for which no row stands yet."""
        return self.is_ready()

    def failures(self) -> models.QuerySet[Any]:
        return self.model._base_manager.filter(**{self.field: self.failed})

    def listed(self) -> models.QuerySet[Any]:
        """Failed rows with all that `asked_at` and `why_not` read of other rows."""
        related = self.since.rpartition(LOOKUP_SEP)[0]
        return self.failures().select_related(related) if related else self.failures()

    def why_failed(self, row: Any) -> str:
        """As people may read it who see neither customers nor their mail."""
        return str(row.failure)

    def asked_at(self, row: Any) -> datetime:
        at: datetime = reduce(getattr, self.since.split(LOOKUP_SEP), row)
        return at

    def why_not(self, row: Any) -> str:
        """Why a failed row, one of `listed`, can't be tried again, in a sentence; empty where it can."""
        return ""

    def when_failed(self, row: Any, failure: str) -> None:
        """What else is written when a row fails for good: before its state, in the same transaction, which is undone where
        another worker has taken the row."""

    def put_back(self, row: Any) -> None:
        """A failed row is as if it had never been tried."""
        fresh = {self.field: self.ready, "job_token": None, "claimed_until": None, "claims": 0, "errors": 0}  # nosec B105  # None is no password
        self.failures().filter(pk=row.pk).update(**fresh)

    def census(self, now: datetime) -> Census:
        is_away = Q(claimed_until__gt=now)
        is_resting = is_away & Q(errors__gt=0, job_token__isnull=True)
        found = self.rows().aggregate(
            all=Count("pk"),
            away=Count("pk", filter=is_away),
            resting=Count("pk", filter=is_resting),
            oldest=Min(self.since),
        )
        return Census(
            waiting=found["all"] - found["away"],
            held=found["away"] - found["resting"],
            resting=found["resting"],
            failed=self.failures().count(),
            oldest=found["oldest"],
        )

    def claims(self) -> "Iterator[Claim]":
        """One claim after the other until no row is eligible, or the database is away: then the sweeper comes back."""
        try:
            while claim := self.claim():
                yield claim
        except DATABASE_IS_AWAY as error:
            database.goes_on(error)
        else:
            database.ends()

    def claim(self) -> "Claim | None":
        """Takes one eligible row, or None. Rows on which workers died too often are failed on the way."""
        while row := self.take():
            claim = Claim(self, row)
            if row.claims - row.errors <= MAX_DEATHS:
                return claim
            claim.fail(f"Workers died on it {MAX_DEATHS} times. {row.failure}".strip())
        return None

    def take(self) -> Any | None:
        meta, quote = self.model._meta, connection.ops.quote_name
        key, field = quote(meta.pk.column), quote(meta.get_field(self.field).column)
        order = f"{quote(meta.get_field(self.first).column)}, {key}" if self.first else key
        statement = CLAIM.format(table=quote(meta.db_table), key=key, field=field, order=order)
        values = {"lease": self.lease, "ready": self.ready, "worker": worker()}
        with self.sight():
            return next(iter(self.model._base_manager.raw(statement, values)), None)


def worker() -> str:
    """This process, as claims name it."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}"


class Claim:
    """One row in one worker's hands. Used as a context manager: what is raised inside is recorded, and the row rests."""

    def __init__(self, queue: Queue, row: Any) -> None:
        self.queue, self.row, self.token, self.finished = queue, row, row.job_token, False

    def mine(self) -> models.QuerySet[Any]:
        return self.queue.rows().filter(pk=self.row.pk, job_token=self.token)

    def renew(self) -> None:
        """Heartbeat of long work; raises Fenced when the row is no longer ours."""
        with self.queue.sight():
            if not self.mine().update(claimed_until=Now() + self.queue.lease):
                raise Fenced(self.queue.name)

    @contextmanager
    def kept_up(self) -> Iterator[None]:
        """Renews the lease while the work inside goes on. Ends with the process, so that a dead worker's row is free when its
        lease has run out."""
        stopped = Event()
        thread = Thread(target=self.keep_up, args=(stopped,), name=f"lease of {self.queue.name} {self.row.pk}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join()

    def keep_up(self, stopped: Event) -> None:
        pause = self.queue.lease / 4
        try:
            for _ in range(LONGEST_WORK // pause):
                if stopped.wait(pause.total_seconds()):
                    return
                try:
                    self.renew()
                except DATABASE_IS_AWAY as error:
                    database.goes_on(error)
                    connection.close()
        except Fenced:
            # The work finds out when it writes.
            return
        finally:
            connection.close()

    @contextmanager
    def finish(self, *, state: str, **columns: Any) -> Iterator[None]:
        """The transaction of the effect: first the state and `columns`, guarded by the token, then what stands inside.
        Raises Fenced before anything is written when another worker has taken the row."""
        done = {self.queue.field: state, "claimed_until": None, "claims": 0, "errors": 0, "failure": "", **columns}
        with transaction.atomic(), self.queue.sight():
            if not self.mine().update(**done):
                raise Fenced(self.queue.name)
            yield
        self.finished = True

    def __enter__(self) -> "Claim":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        """The one place that catches whatever work may raise. A process that is told to end is no error of the row."""
        if isinstance(error, Fenced):
            logger.warning("%s %s: taken over by another worker, nothing written", self.queue.name, self.row.pk)
            return True
        if isinstance(error, Exception):
            logger.error("%s %s: %s\n%s", self.queue.name, self.row.pk, told(error), "".join(traceback.format_tb(trace)))
            self.rest(told(error))
            return True
        if error is None and not self.finished:
            logger.error("%s %s: the work ended without finishing it", self.queue.name, self.row.pk)
            self.rest("The work ended without finishing it.")
        return False

    def put_down(self, pause: timedelta) -> None:
        """What the work needs is away, which is no fault of the row: it is as it was, and is not taken again for a while."""
        with self.queue.sight():
            self.mine().update(job_token=None, claimed_until=Now() + pause, claims=0)
        self.finished = True

    def rest(self, failure: str) -> None:
        """Counts an error: the row waits longer each time, and fails for good when there were too many."""
        try:
            self.count_error(failure)
        except DATABASE_IS_AWAY as error:
            # Then the lease runs out, as if the worker had died.
            database.goes_on(error)

    def count_error(self, failure: str) -> None:
        errors = self.row.errors + 1
        if errors >= self.queue.max_errors:
            self.fail(failure, errors=errors)
            return
        pause = min(timedelta(seconds=2**errors), LONGEST_REST)
        with self.queue.sight():
            self.mine().update(job_token=None, claimed_until=Now() + pause, errors=errors, failure=failure)

    def fail(self, failure: str, **columns: Any) -> None:
        """What else is to be written when it fails may itself fail: then the row fails without it."""
        try:
            self.end(self.queue.when_failed, failure, **columns)
        except DATABASE_IS_AWAY:
            raise
        except Exception as error:
            trace = "".join(traceback.format_tb(error.__traceback__))
            logger.error(
                "%s %s failed, and with it what is written then: %s\n%s", self.queue.name, self.row.pk, told(error), trace
            )
            self.end(None, failure, **columns)

    def end(self, when_failed: Callable[[Any, str], None] | None, failure: str, **columns: Any) -> None:
        ended = {self.queue.field: self.queue.failed, **self.queue.at_failure, **columns}
        with transaction.atomic(), self.queue.sight():
            if when_failed:
                when_failed(self.row, failure)
            if not self.mine().update(**ended, claimed_until=None, failure=failure):
                transaction.set_rollback(True)


def told(error: BaseException) -> str:
    """Class and first line: the further lines of a database's answer quote whole rows, which belong in no log."""
    return ": ".join([type(error).__name__, *str(error).splitlines()[:1]])[:300]


class Swept(Protocol):
    """What the sweeper asks: a queue, or whatever else finds rows that the passing of time has made due."""

    @property
    def name(self) -> str: ...

    def is_waiting(self) -> bool: ...


WAKES: dict[str, list[Any]] = {}
SWEPT: list[tuple[Swept, Any]] = []


def on(event: str, task: Any) -> None:
    """Registers that `event` wakes `task`; called at start-up only."""
    WAKES.setdefault(event, []).append(task)


def sweep(queue: Swept, task: Any) -> None:
    """Registers `queue` with the sweeper, which wakes `task` for rows whose wake-up was lost."""
    SWEPT.append((queue, task))


def woke(event: str) -> None:
    """Wakes on commit whatever waits for `event`. Never decides whether the request succeeds."""
    transaction.on_commit(lambda: wake(event), robust=True)


def wake(event: str) -> None:
    for task in WAKES.get(event, []):
        publish(task)


class Publisher:
    """Sends wake-ups. After a failure it stays quiet for two seconds, because the sweeper finds the row anyway."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock, self.quiet_until, self.broker = clock, 0.0, Outage("the broker")

    def send(self, task: Any) -> bool:
        """Whether it was sent; raises nothing and blocks for less than a second, whatever the broker does."""
        if self.clock() < self.quiet_until:
            return False
        try:
            task.apply_async(retry=False, ignore_result=True)
        except (KombuError, RedisError, AMQPError, OSError) as error:
            self.quiet_until = self.clock() + QUIET_AFTER_FAILURE
            self.broker.goes_on(error)
            return False
        self.broker.ends()
        return True


publish = Publisher().send
