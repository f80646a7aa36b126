"""The promises of config/jobs.py, on the real database, with mails as the work."""

import dataclasses
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from amqp.exceptions import AccessRefused
from django.db import IntegrityError, close_old_connections, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Message
from config import jobs

QUEUE = jobs.Queue(
    name="test.mails",
    model=Message,
    field="state",
    ready="queued",
    failed="failed",
    lease=timedelta(seconds=20),
    since="queued_at",
)


def queued(**columns: Any) -> Message:
    return Message.objects.create(**{"to": "alice@example.com", "subject": "Hello", "text": "Hello Alice", **columns})


def claimed() -> jobs.Claim:
    claim = QUEUE.claim()
    assert claim is not None
    return claim


def lease_expires() -> None:
    Message.objects.update(claimed_until=Now() - timedelta(seconds=1))


def in_threads(count: int, work: Callable[[], None]) -> None:
    """Runs `work` in threads, each with a connection of its own, all starting together."""
    together = threading.Barrier(count, timeout=10)
    raised: list[BaseException] = []

    def run() -> None:
        together.wait()
        try:
            work()
        except BaseException as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert not raised
    assert not any(thread.is_alive() for thread in threads)


class Task:
    """What `on` registers, as far as publishing knows it."""

    name = "test.task"

    def __init__(self, *failures: Exception) -> None:
        self.failures, self.sent = list(failures), 0

    def apply_async(self, **options: Any) -> None:
        assert options == {"retry": False, "ignore_result": True}
        if self.failures:
            raise self.failures.pop(0)
        self.sent += 1


@pytest.mark.django_db(transaction=True)
class TestClaimsOfManyWorkers:
    def test_every_row_is_taken_by_exactly_one_of_four(self) -> None:
        rows = {queued().pk for _ in range(40)}
        taken: list[int] = []

        def work() -> None:
            for claim in QUEUE.claims():
                taken.append(claim.row.pk)
                with claim, claim.finish(state="sent"):
                    pass

        in_threads(4, work)
        assert sorted(taken) == sorted(rows)
        assert set(Message.objects.values_list("state", flat=True)) == {"sent"}

    def test_a_row_locked_by_another_transaction_is_stepped_over_without_waiting(self) -> None:
        first, second = queued(), queued()
        found: list[int] = []
        with transaction.atomic():
            Message.objects.select_for_update().get(pk=first.pk)
            in_threads(1, lambda: found.append(claimed().row.pk))
        assert found == [second.pk]

    def test_of_two_that_hold_the_same_row_only_the_later_writes(self) -> None:
        queued()
        slow = claimed()
        lease_expires()
        quick: list[jobs.Claim] = []

        def overtake() -> None:
            with claimed() as claim, claim.finish(state="sent", subject="by the quick one"):
                quick.append(claim)

        in_threads(1, overtake)
        with slow, slow.finish(state="sent", subject="by the slow one"):
            queued(subject="written twice")
        assert quick[0].token > slow.token
        assert list(Message.objects.values_list("subject", flat=True)) == ["by the quick one"]

    def test_a_worker_outlives_an_absent_database_and_leaves_its_row_to_the_lease(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        message = queued()
        with monkeypatch.context() as patch:
            for claim in QUEUE.claims():
                patch.setitem(connection.settings_dict, "HOST", "/nowhere")
                connection.close()
                with claim, claim.finish(state="sent"):
                    pass
            assert [*QUEUE.claims()] == []
        connection.close()
        message.refresh_from_db()
        assert (message.state, message.claims, message.errors) == ("queued", 1, 0)
        assert [*QUEUE.claims()] == [], "the lease of the lost claim still runs"
        lines = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
        assert [line.split(":")[0] for line in lines] == [
            "trouble with claims",
            "no more trouble with claims",
        ]


class Sight:
    """Says whether it is open, and counts what of a queue's table is read or written while it is not."""

    def __init__(self) -> None:
        self.is_open, self.outside = False, 0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        self.is_open = True
        yield
        self.is_open = False

    def watch(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.outside += Message._meta.db_table in sql and not self.is_open
        return execute(sql, params, many, context)


@pytest.mark.django_db
class TestSight:
    """Of rows that a worker's connection is not shown by itself."""

    def test_is_open_around_whatever_is_done_with_a_row(self) -> None:
        sight = Sight()
        queue = dataclasses.replace(QUEUE, sight=sight)
        queued(), queued(), queued()
        with connection.execute_wrapper(sight.watch):
            assert queue.is_waiting()
            for work in (self.finished, self.rested, self.failed):
                claim = queue.claim()
                assert claim
                work(claim)
        assert sight.outside == 0
        assert list(Message.objects.order_by("pk").values_list("state", "failure")) == [
            ("sent", ""), ("queued", "no paper"), ("failed", "no ink"),
        ]  # fmt: skip

    def finished(self, claim: jobs.Claim) -> None:
        claim.renew()
        with claim.finish(state="sent"):
            pass

    def rested(self, claim: jobs.Claim) -> None:
        claim.rest("no paper")

    def failed(self, claim: jobs.Claim) -> None:
        claim.fail("no ink")


@pytest.mark.django_db
class TestClaim:
    def test_the_row_names_the_process_that_took_it(self) -> None:
        queued()
        claimed()
        assert Message.objects.get().claimed_by == f"{socket.gethostname()[:60]}:{os.getpid()}"

    def test_nothing_waits_so_nothing_is_claimed(self) -> None:
        queued(state="sent")
        assert QUEUE.claim() is None
        assert not QUEUE.is_waiting()

    def test_it_leases_the_oldest_row_for_as_long_as_the_queue_says(self) -> None:
        first, _ = queued(), queued()
        claim = claimed()
        assert claim.row == first
        assert claim.row.claims == 1
        assert timedelta(seconds=15) < claim.row.claimed_until - timezone.now() < timedelta(seconds=21)

    def test_a_live_lease_keeps_others_away(self) -> None:
        queued()
        claimed()
        assert QUEUE.claim() is None
        assert not QUEUE.is_waiting()

    def test_an_expired_lease_lets_another_take_it_with_a_later_token(self) -> None:
        queued()
        dead = claimed()
        lease_expires()
        assert QUEUE.is_waiting()
        assert claimed().token > dead.token

    def test_a_row_on_which_too_many_workers_died_fails_with_the_reason_and_the_next_is_taken(self) -> None:
        poison, sound = queued(), queued(state="sent")
        for _ in range(jobs.MAX_DEATHS):
            assert claimed().row == poison
            lease_expires()
        Message.objects.filter(pk=sound.pk).update(state="queued", claimed_until=None)
        assert claimed().row == sound
        poison.refresh_from_db()
        assert (poison.state, poison.claimed_until) == ("failed", None)
        assert poison.failure == f"Workers died on it {jobs.MAX_DEATHS} times."

    def test_errors_are_no_deaths(self) -> None:
        queued(claims=jobs.MAX_DEATHS + 1, errors=2)
        assert claimed().row.claims == jobs.MAX_DEATHS + 2

    def test_it_leaves_nothing_in_the_history(self) -> None:
        queued()
        events = Message.pgh_event_model.objects.all()
        assert events.count() == 1
        claim = claimed()
        claim.renew()
        assert events.count() == 1
        with claim, claim.finish(state="sent"):
            pass
        assert events.count() == 2


@pytest.mark.django_db
class TestFinish:
    def test_state_columns_and_effect_are_written_together(self) -> None:
        message = queued(claims=4, errors=1, failure="SMTPException: busy")
        with claimed() as claim, claim.finish(state="sent", sent_at=timezone.now()):
            queued(subject="effect", state="sent")
        message.refresh_from_db()
        assert (message.state, message.claimed_until, message.claims, message.errors, message.failure) == ("sent", None, 0, 0, "")
        assert message.sent_at
        assert Message.objects.filter(subject="effect").count() == 1

    def test_an_effect_that_fails_takes_the_state_back(self) -> None:
        message = queued()
        with claimed() as claim, claim.finish(state="sent"):
            queued(subject="effect", state="sent")
            raise ValueError("no")
        message.refresh_from_db()
        assert (message.state, message.errors, message.failure) == ("queued", 1, "ValueError: no")
        assert not Message.objects.filter(subject="effect").exists()

    def test_a_fenced_writer_writes_nothing_and_counts_no_error(self) -> None:
        message = queued()
        slow = claimed()
        lease_expires()
        claimed()
        with slow:
            with slow.finish(state="sent"):
                queued(subject="effect", state="sent")
            pytest.fail("went on after it was fenced")
        message.refresh_from_db()
        assert (message.state, message.errors) == ("queued", 0)
        assert not Message.objects.filter(subject="effect").exists()

    def test_without_the_guard_the_same_writes_twice(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The negative control: it shows that the test before this one can fail."""
        monkeypatch.setattr(jobs.Claim, "mine", lambda claim: Message.objects.filter(pk=claim.row.pk))
        queued()
        slow = claimed()
        lease_expires()
        for claim in (claimed(), slow):
            with claim, claim.finish(state="sent"):
                queued(subject="effect", state="sent")
        assert Message.objects.filter(subject="effect").count() == 2

    def test_a_row_that_somebody_else_has_settled_is_left_as_it_is(self) -> None:
        message = queued()
        claim = claimed()
        Message.objects.update(state="failed")
        with claim, claim.finish(state="sent"):
            pass
        message.refresh_from_db()
        assert message.state == "failed"


@pytest.mark.django_db
class TestRenew:
    def test_it_extends_the_lease(self) -> None:
        message = queued()
        claim = claimed()
        lease_expires()
        claim.renew()
        message.refresh_from_db()
        assert message.claimed_until > timezone.now() + timedelta(seconds=15)

    def test_it_tells_a_worker_that_was_overtaken(self) -> None:
        queued()
        slow = claimed()
        lease_expires()
        claimed()
        with pytest.raises(jobs.Fenced):
            slow.renew()


@pytest.mark.django_db(transaction=True)
class TestKeptUp:
    """The renewals are written over a connection of their own."""

    LEASE = 0.6

    @pytest.fixture(autouse=True)
    def quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(globals(), "QUEUE", dataclasses.replace(QUEUE, lease=timedelta(seconds=self.LEASE)))

    def renewing(self, message: Message) -> int:
        return sum(thread.name == f"lease of test.mails {message.pk}" for thread in threading.enumerate())

    def test_what_is_worked_on_for_longer_than_the_lease_is_nobody_elses(self) -> None:
        queued()
        with claimed().kept_up():
            time.sleep(2 * self.LEASE)
            assert QUEUE.claim() is None
        time.sleep(1.2 * self.LEASE)
        assert QUEUE.claim() is not None, "the negative control"

    def test_one_that_hangs_is_let_go(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(jobs, "LONGEST_WORK", timedelta(seconds=self.LEASE))
        queued()
        with claimed().kept_up():
            time.sleep(2.2 * self.LEASE)
            assert QUEUE.claim() is not None

    def test_it_ends_with_the_work_and_when_the_row_is_lost(self) -> None:
        message = queued()
        with claimed().kept_up():
            assert self.renewing(message) == 1
            lease_expires()
            claimed()
            time.sleep(self.LEASE)
            assert self.renewing(message) == 0
        lease_expires()
        with claimed() as claim, claim.kept_up():
            raise ZeroDivisionError("whatever work raises")
        assert self.renewing(message) == 0


@pytest.mark.django_db
class TestErrors:
    def fail_once(self, error: Exception) -> Message:
        with claimed():
            raise error
        return Message.objects.get()

    def test_a_row_rests_longer_each_time_and_then_fails_with_its_reason(self) -> None:
        queued()
        rests = []
        for _ in range(2):
            message = self.fail_once(ValueError("no"))
            rests.append(round((message.claimed_until - timezone.now()).total_seconds()))
            assert not QUEUE.is_waiting()
            lease_expires()
        message = self.fail_once(ValueError("still no"))
        assert rests == [2, 4]
        assert (message.state, message.errors, message.claimed_until) == ("failed", 3, None)
        assert message.failure == "ValueError: still no"

    def test_a_queue_may_be_more_patient(self) -> None:
        queued(errors=15)
        patient = dataclasses.replace(QUEUE, max_errors=20)
        claim = patient.claim()
        assert claim is not None
        with claim:
            raise ValueError("no")
        message = Message.objects.get()
        assert (message.state, message.errors) == ("queued", 16)
        assert round((message.claimed_until - timezone.now()).total_seconds()) == 3600

    def test_what_is_written_then_may_fail_and_leaves_nothing(self, caplog: pytest.LogCaptureFixture) -> None:
        class Strict(jobs.Queue):
            def when_failed(self, row: Any, failure: str) -> None:
                queued(subject="It failed")
                raise IntegrityError(f"no room for {failure}")

        queued(errors=QUEUE.max_errors - 1)
        claim = Strict(**{field.name: getattr(QUEUE, field.name) for field in dataclasses.fields(QUEUE)}).claim()
        assert claim is not None
        with claim:
            raise ValueError("no")
        message = Message.objects.get()
        assert (message.state, message.claimed_until, message.failure) == ("failed", None, "ValueError: no")
        assert "no room for ValueError: no" in caplog.text

    def test_work_that_ends_without_finishing_counts_as_an_error(self) -> None:
        queued()
        with claimed():
            pass
        message = Message.objects.get()
        assert (message.errors, message.failure) == (1, "The work ended without finishing it.")

    @pytest.mark.parametrize("told_to_end", [SystemExit, KeyboardInterrupt])
    def test_a_process_told_to_end_counts_no_error(self, told_to_end: type[BaseException]) -> None:
        queued()
        with pytest.raises(told_to_end), claimed():
            raise told_to_end
        message = Message.objects.get()
        assert (message.errors, message.failure) == (0, "")
        assert message.claimed_until > timezone.now()

    def test_a_row_whose_effect_stands_is_not_failed_by_what_comes_after(self) -> None:
        queued()
        with claimed() as claim:
            with claim.finish(state="sent"):
                pass
            raise ValueError("too late")
        message = Message.objects.get()
        assert (message.state, message.errors, message.failure) == ("sent", 0, "")

    def test_what_a_database_quotes_of_a_row_reaches_neither_row_nor_log(self, caplog: pytest.LogCaptureFixture) -> None:
        message = queued()
        with claimed() as claim, claim.finish(state="sent"), connection.cursor() as cursor:
            cursor.execute("INSERT INTO accounts_message SELECT * FROM accounts_message WHERE id = %s", [message.pk])
        message.refresh_from_db()
        assert message.failure.startswith(f"{IntegrityError.__name__}: duplicate key value violates unique constraint")
        assert f"({message.pk})" not in message.failure + caplog.text
        assert "test_what_a_database_quotes" in caplog.text, "the log shows where it was raised"

    def test_a_reason_is_short(self) -> None:
        assert len(jobs.told(ValueError("x" * 1000))) == 300
        assert jobs.told(ValueError()) == "ValueError"


@pytest.fixture
def task(monkeypatch: pytest.MonkeyPatch) -> Task:
    """A task woken by "test.event", over a publisher that has not failed yet."""
    waker = Task()
    monkeypatch.setitem(jobs.WAKES, "test.event", [waker])
    monkeypatch.setattr(jobs, "publish", jobs.Publisher().send)
    return waker


class TestStanding:
    @pytest.mark.parametrize(
        ("columns", "stands"),
        [
            ({}, "waiting"),
            ({"claimed_until": 5, "job_token": 1}, "held"),
            ({"claimed_until": 5, "job_token": 1, "errors": 2}, "held"),
            ({"claimed_until": 5, "errors": 1}, "resting"),
            ({"claimed_until": -5, "errors": 1}, "waiting"),
            ({"claimed_until": 0, "job_token": 1}, "silent"),
        ],
    )
    def test_a_row_waits_or_is_held_or_rests_or_its_worker_is_silent(self, columns: dict[str, Any], stands: str) -> None:
        now = timezone.now()
        if "claimed_until" in columns:
            columns = columns | {"claimed_until": now + timedelta(seconds=columns["claimed_until"])}
        assert jobs.standing(Message(**columns), now) == stands


@pytest.mark.django_db(transaction=True)
class TestWoke:
    @pytest.fixture(autouse=True)
    def fresh_connection(self) -> Iterator[None]:
        yield
        close_old_connections()

    def test_nothing_leaves_before_the_commit(self, task: Task) -> None:
        with transaction.atomic():
            jobs.woke("test.event")
            assert task.sent == 0
        assert task.sent == 1

    def test_nothing_leaves_after_a_rollback(self, task: Task) -> None:
        with transaction.atomic():
            jobs.woke("test.event")
            transaction.set_rollback(True)
        assert task.sent == 0

    def test_an_event_that_wakes_nobody_is_no_error(self, task: Task) -> None:
        jobs.woke("test.other")
        assert task.sent == 0

    @pytest.mark.parametrize("failure", [ConnectionRefusedError(), jobs.RedisError(), jobs.KombuError(), ValueError("a bug")])
    def test_whatever_publishing_raises_the_request_goes_on(self, task: Task, failure: Exception) -> None:
        task.failures = [failure]
        with transaction.atomic():
            queued()
            jobs.woke("test.event")
        assert task.sent == 0
        assert Message.objects.count() == 1


class TestPublisher:
    @pytest.mark.parametrize("failure", [ConnectionRefusedError(), jobs.RedisError(), jobs.KombuError(), AccessRefused()])
    def test_trouble_with_whatever_broker_is_no_error_of_who_publishes(self, failure: Exception) -> None:
        """The sweeper publishes outside any request, so what escaped here would end it."""
        assert not jobs.Publisher().send(Task(failure))

    def test_after_a_failure_it_stays_quiet_for_two_seconds(self) -> None:
        now = [100.0]
        publisher, task = jobs.Publisher(clock=lambda: now[0]), Task(ConnectionRefusedError())
        assert not publisher.send(task)
        now[0] += 1.9
        assert not publisher.send(task)
        assert task.sent == 0
        now[0] += 0.2
        assert publisher.send(task)
        assert task.sent == 1

    def test_it_logs_one_line_when_the_broker_goes_and_one_when_it_returns(self, caplog: pytest.LogCaptureFixture) -> None:
        now = [0.0]
        publisher, task = jobs.Publisher(clock=lambda: now[0]), Task(*[ConnectionRefusedError()] * 3)
        for _ in range(8):
            now[0] += 1.5
            publisher.send(task)
        assert [record.getMessage() for record in caplog.records] == [
            "trouble with the broker: ConnectionRefusedError",
            "no more trouble with the broker",
        ]
