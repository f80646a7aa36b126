import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import fields
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import messages, sequencer, snapshots
from accounts.models import Message, Snapshot
from accounts.tasks import send_messages
from config import jobs, sweep
from config.celery import app


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tasks that were woken, in order."""
    names: list[str] = []

    def publish(task: Any) -> bool:
        names.append(task.name)
        return True

    monkeypatch.setattr(jobs, "publish", publish)
    return names


class Dear(jobs.Queue):
    """Looks for what no message stands for yet, which takes long."""

    def is_waiting(self) -> bool:
        LOOKED.append(True)
        return super().is_waiting() or FOUND[0]


LOOKED: list[bool] = []
FOUND = [False]


@pytest.fixture
def dear(monkeypatch: pytest.MonkeyPatch, published: list[str]) -> Dear:
    queue = Dear(**{each.name: getattr(messages.QUEUE, each.name) for each in fields(messages.QUEUE)} | {"sweeps": 5})
    monkeypatch.setattr(jobs, "SWEPT", [(queue, send_messages)])
    LOOKED.clear()
    FOUND[0] = False
    return queue


def queued() -> Message:
    return Message.objects.create(to="alice@example.com", subject="Hello", text="Hello Alice")


def sweeper() -> sweep.Sweeper:
    return sweep.Sweeper(app=app, lazy=False)


@pytest.mark.django_db
@pytest.mark.usefixtures("heads_folder")
class TestSweep:
    def test_it_publishes_nothing_when_nothing_waits(self, published: list[str]) -> None:
        assert sweep.Waker().sweep() == []
        assert published == []

    def test_it_wakes_the_task_of_a_queue_whose_wake_up_was_lost(self, published: list[str]) -> None:
        queued()
        assert sweep.Waker().sweep() == ["messages.send"]
        assert published == ["accounts.send_messages"]

    def test_it_leaves_a_row_alone_that_a_worker_holds(self, published: list[str]) -> None:
        queued()
        assert messages.QUEUE.claim()
        assert sweep.Waker().sweep() == []

    def test_it_wakes_a_queue_that_goes_on_waiting_less_and_less_often(self, published: list[str]) -> None:
        queued()
        waker = sweep.Waker()
        assert [number for number in range(16) if waker.sweep()] == [0, 1, 3, 7, 11, 15]

    def test_one_that_had_nothing_to_do_meanwhile_is_woken_at_once(self, published: list[str]) -> None:
        queued()
        waker = sweep.Waker()
        for _ in range(6):
            waker.sweep()
        claim = messages.QUEUE.claim()
        assert claim and waker.sweep() == []
        claim.rest("The server is away.")
        Message.objects.update(claimed_until=None)
        assert waker.sweep() == ["messages.send"]

    def test_what_takes_long_to_find_is_looked_for_seldom(self, dear: Dear) -> None:
        waker, looked_in = sweep.Waker(), []
        for number in range(12):
            waker.sweep()
            looked_in += [number] * len(LOOKED)
            LOOKED.clear()
        assert looked_in == [0, 5, 10]

    def test_and_as_long_as_it_is_found(self, dear: Dear) -> None:
        waker = sweep.Waker()
        FOUND[0] = True
        woken = [number for number in range(5) if waker.sweep()]
        FOUND[0] = False
        assert (woken, len(LOOKED)) == ([0, 1, 3], 5)
        assert [waker.sweep() for _ in range(4)] == [[]] * 4 and len(LOOKED) == 6

    def test_but_a_row_that_stands_there_is_seen_with_the_next_sweep(self, dear: Dear) -> None:
        waker = sweep.Waker()
        waker.sweep()
        queued()
        assert waker.sweep() == [dear.name]

    def test_a_wake_up_that_could_not_be_sent_is_sent_at_the_next(self, monkeypatch: pytest.MonkeyPatch) -> None:
        queued()
        waker = sweep.Waker()
        monkeypatch.setattr(jobs, "publish", lambda task: False)
        assert [waker.sweep() for _ in range(4)] == [[]] * 4
        monkeypatch.setattr(jobs, "publish", lambda task: True)
        assert waker.sweep() == ["messages.send"]

    def test_it_asks_no_more_however_much_is_waiting(self, published: list[str], django_assert_num_queries: Any) -> None:
        queued()
        with CaptureQueriesContext(connection) as asked:
            sweep.Waker().sweep()
        # Where a worker's connection is not shown the rows, its sight is opened and closed around the question.
        apart = sum(getattr(swept, "sight", nullcontext) is not nullcontext for swept, _task in jobs.SWEPT)
        assert len(jobs.SWEPT) <= len(asked) <= 2 * len(jobs.SWEPT) + 6 * apart
        for _ in range(30):
            queued()
        with django_assert_num_queries(len(asked)):
            sweep.Waker().sweep()


@pytest.mark.django_db(transaction=True)
class TestSweeper:
    @pytest.fixture(autouse=True)
    def reconnected(self, heads_folder: Path) -> Iterator[None]:
        yield
        connection.close()

    def test_it_sweeps_every_second_tick(self, published: list[str]) -> None:
        queued()
        beat = sweeper()
        for _ in range(4):
            beat.tick()
        assert published == ["accounts.send_messages"] * 2

    def test_it_ticks_once_a_second_however_long_a_tick_took(self, published: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(snapshots, "tick", lambda: time.sleep(0.3))
        assert 0 < sweeper().tick() < 0.71
        monkeypatch.setattr(snapshots, "tick", lambda: time.sleep(1.1))
        assert sweeper().tick() == 0

    def test_it_stores_a_snapshot_once_something_was_written(self, published: list[str]) -> None:
        beat = sweeper()
        beat.tick()
        before = Snapshot.objects.count()
        queued()
        beat.tick()
        assert Snapshot.objects.count() == before + 1

    def test_it_does_not_even_notice_a_lost_connection(self, published: list[str], caplog: pytest.LogCaptureFixture) -> None:
        queued()
        beat = sweeper()
        beat.tick()
        pid = connection.connection.info.backend_pid
        wanted = ("dbname", "user", "host", "port", "password")
        parameters = {name: value for name, value in connection.get_connection_params().items() if name in wanted and value}
        with psycopg.connect(**parameters) as other:
            assert other.execute("SELECT pg_terminate_backend(%s)", [pid]).fetchone() == (True,)
        beat.tick()
        beat.tick()
        assert published == ["accounts.send_messages"] * 2
        assert not caplog.records

    def test_it_outlives_an_absent_database_with_a_line_at_each_end(
        self, published: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        queued()
        beat = sweeper()
        with monkeypatch.context() as patch:
            patch.setitem(connection.settings_dict, "HOST", "/nowhere")
            connection.close()
            for _ in range(4):
                beat.tick()
            assert published == []
        beat.tick()
        assert published == ["accounts.send_messages"]
        lines = [record.getMessage() for record in caplog.records]
        assert [line.split(":")[0] for line in lines] == [
            "trouble with audit",
            "trouble with snapshots",
            "trouble with sweeps",
            "no more trouble with audit",
            "no more trouble with snapshots",
            "no more trouble with sweeps",
        ]

    def test_it_outlives_an_error_of_its_own_and_tells_where_it_is(
        self, published: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        queued()
        monkeypatch.setattr(sequencer, "tick", lambda: [][0])
        beat = sweeper()
        for _ in range(3):
            beat.tick()
        assert published == ["accounts.send_messages"] * 2 and Snapshot.objects.exists()
        assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
        assert caplog.records[0].exc_info

    def test_trouble_with_snapshots_keeps_no_queue_waiting(
        self, published: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        queued()
        beat = sweeper()

        def refuse() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT * FROM no_such_table")

        monkeypatch.setattr(snapshots, "tick", refuse)
        for _ in range(5):
            beat.tick()
        assert len(published) == 2
        assert len(caplog.records) == 1
