"""Wake-ups over a real Valkey of the test's own, awake, frozen and gone."""

import json
import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from kombu.exceptions import OperationalError
from redis import Redis

from config import installation, jobs, valkey, wake
from config.celery import CONSUMING, Keyholder, app

PATIENCE = 1.0


class Broker:
    def __init__(self, folder: Path) -> None:
        self.socket = folder / "valkey.sock"
        self.start()

    def start(self) -> None:
        command = [valkey.command()[0], "--port", "0", "--unixsocket", str(self.socket), "--save", ""]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=self.socket.parent)
        deadline = time.monotonic() + 10
        while not installation.answers(self.socket) and time.monotonic() < deadline:
            time.sleep(0.02)

    def freeze(self) -> None:
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)

    def die(self) -> None:
        self.process.kill()
        self.process.wait()
        self.socket.unlink(missing_ok=True)

    def waiting(self) -> list[dict[str, Any]]:
        return [json.loads(message) for message in Redis(unix_socket_path=str(self.socket)).lrange("celery", 0, -1)]


@pytest.fixture
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    valkey = Broker(tmp_path_factory.mktemp("v"))
    yield valkey
    valkey.die()


@pytest.fixture
def task(broker: Broker) -> Any:
    """A task of an app set up as the product's, over the test's own broker."""
    probe = Keyholder("probe", broker=f"redis+socket://{broker.socket}", set_as_current=False)
    probe.conf.update({**{name: app.conf[name] for name in ("task_ignore_result", "task_publish_retry")}})
    probe.conf.broker_transport_options = CONSUMING

    @probe.task(name="probe.work", shared=False)
    def work() -> None: ...

    yield work
    probe.close()


def timed(task: Any) -> tuple[bool, float]:
    """Whether a publisher with no memory of failure sent the wake-up, and in how many seconds it came back."""
    started = time.monotonic()
    sent = jobs.Publisher().send(task)
    return sent, time.monotonic() - started


class TestPublishing:
    def test_a_wake_up_carries_nothing(self, broker: Broker, task: Any) -> None:
        assert timed(task)[0]
        (message,) = broker.waiting()
        assert message["content-type"] == "application/json"
        assert message["headers"]["task"] == "probe.work"
        assert message["headers"]["argsrepr"] == "()"
        assert message["headers"]["kwargsrepr"] == "{}"

    @pytest.mark.parametrize("is_warm", [True, False])
    def test_a_frozen_broker_costs_less_than_a_second(self, broker: Broker, task: Any, is_warm: bool) -> None:
        if is_warm:
            assert timed(task)[0]
        broker.freeze()
        tries = [timed(task) for _ in range(3)]
        broker.thaw()
        assert [sent for sent, _ in tries] == [False] * 3
        assert median(seconds for _, seconds in tries) < PATIENCE, tries
        assert timed(task)[0], "it publishes again once the broker answers"

    @pytest.mark.parametrize("is_warm", [True, False])
    def test_a_broker_that_is_gone_costs_less_than_a_second(self, broker: Broker, task: Any, is_warm: bool) -> None:
        if is_warm:
            assert timed(task)[0]
        broker.die()
        tries = [timed(task) for _ in range(3)]
        assert [sent for sent, _ in tries] == [False] * 3
        assert median(seconds for _, seconds in tries) < PATIENCE, tries
        broker.start()
        assert timed(task)[0], "it publishes again once the broker is back"

    @pytest.mark.soak
    def test_with_the_worker_s_own_patience_it_would_block(self, broker: Broker, task: Any) -> None:
        """The negative control: it shows that the tests before this one can fail."""
        task.app.__class__ = type("Patient", (Keyholder,), {"connection_for_write": Keyholder.connection_for_read})
        broker.freeze()
        _, seconds = timed(task)
        broker.thaw()
        assert seconds > PATIENCE


class TestConsuming:
    def test_a_worker_is_back_within_seconds_of_a_long_outage(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """As its consumer asks, which leaves the pauses to the connection."""
        monkeypatch.setattr("kombu.utils.functional.sleep", lambda seconds: None)
        pauses: list[float] = []
        with pytest.raises(OperationalError):
            app.connection_for_read(f"redis+socket://{tmp_path}/none").ensure_connection(
                lambda error, pause: pauses.append(pause), 20
            )
        assert len(pauses) == 20 and max(pauses) == pauses[-1] == 5


class TestApp:
    def test_every_thread_of_the_web_server_publishes_through_it(self) -> None:
        found: list[Any] = []
        thread = threading.Thread(target=lambda: found.append(wake.link_key.app))
        thread.start()
        thread.join()
        assert found == [app]

    def test_it_reads_patiently_and_writes_impatiently(self) -> None:
        reading, writing = app.connection_for_read(), app.connection_for_write()
        assert reading.transport_options["socket_timeout"] == 5
        assert "max_retries" not in reading.transport_options
        assert writing.transport_options["socket_timeout"] < PATIENCE / 2
        assert writing.transport_options["max_retries"] == 1

    def test_a_wake_up_is_gone_once_a_worker_has_it_and_leaves_no_result(self) -> None:
        assert not app.conf.task_acks_late
        assert app.conf.result_backend is None
        assert app.conf.accept_content == ["json"]
        assert all(task.ignore_result for tasks in jobs.WAKES.values() for task in tasks)

    def test_it_leaves_the_log_to_django(self) -> None:
        assert not app.conf.worker_hijack_root_logger
        assert logging.getLogger().handlers
