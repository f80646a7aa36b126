"""What people ask of a running installation while things are killed: keys, examinations, reports, and a burst of mails."""

import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import psycopg
from psycopg.rows import dict_row
from redis import Redis
from redis.exceptions import RedisError

from config.settings import EVERYTHING
from tests.chaos.window import Window, options
from tests.running import BASE, Installation, asked, environment

Row = dict[str, Any]
EXAMINE = """
INSERT INTO kyc_examination (organisation_id, case_id, state, rule_pack, lists, requested_at, claimed_by, claims, errors, failure)
SELECT c.organisation_id, c.id, 'requested', (SELECT rule_pack FROM kyc_examination ORDER BY id DESC LIMIT 1), '[]', now(),
    '', 0, 0, ''
FROM kyc_case c WHERE c.state = 'review' ORDER BY c.id LIMIT 1 OFFSET %s %% (SELECT count(*) FROM kyc_case WHERE state = 'review')
RETURNING id
"""
# Rows and their wake-ups as a request makes them, all at once.
QUEUES_MAILS = """
import sys
import django
django.setup()
from accounts import messages
for number in range(int(sys.argv[2])):
    messages.queue(to="ingrid@nordlys.example", subject=f"{sys.argv[1]} {number}", text="Still there?")
"""


@contextmanager
def database(installation: Installation) -> "Iterator[psycopg.Connection[Row]]":
    """A connection of our own in the app's role, which sees everything, as soon as the database answers."""
    while True:
        try:
            connection = psycopg.connect(
                installation.database_url("app"), autocommit=True, row_factory=dict_row, options=EVERYTHING
            )
        except psycopg.OperationalError:
            time.sleep(0.2)
        else:
            break
    with connection:
        yield connection


def rows(installation: Installation, query: str, *values: object) -> list[Row]:
    """Asks until the database answers."""
    while True:
        try:
            with database(installation) as app:
                return app.execute(query, values).fetchall()
        except psycopg.OperationalError:
            time.sleep(0.2)


class Load(threading.Thread):
    """Asks for something so often in so many seconds. Where the answer is lost it is asked for again, and may have been heard
    all the same."""

    def __init__(self, installation: Installation, name: str, *, count: int, lasts: float) -> None:
        super().__init__(daemon=True, name=name)
        self.installation, self.count, self.pause = installation, count, lasts / max(1, count)
        self.done = self.failures = 0
        # Seconds that each took, those included that failed.
        self.took: list[float] = []
        self.stopped = threading.Event()
        self.prepare()

    def prepare(self) -> None: ...

    def ask(self) -> None:
        raise NotImplementedError

    def run(self) -> None:
        while self.done < self.count and not self.stopped.is_set():
            started = time.monotonic()
            try:
                self.ask()
                self.done += 1
            except (OSError, AssertionError, psycopg.Error):
                self.failures += 1
                self.stopped.wait(0.2)
            self.took.append(time.monotonic() - started)
            self.stopped.wait(self.pause)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.stopped.set()
        self.join(timeout=60)


class Keys(Load):
    """A customer issues keys; he keeps the secret of each whose page he saw."""

    def prepare(self) -> None:
        self.window, self.secrets = Window(self.installation), list[str]()
        self.window.sign_in_as("ingrid@nordlys.example")

    def ask(self) -> None:
        self.secrets.append(self.window.issue_key(f"{self.name} {self.done}"))


class Examinations(Load):
    """Further rounds for the cases before an officer, each by a row as the product writes it, whose wake-up was lost."""

    def ask(self) -> None:
        with database(self.installation) as app:
            app.execute(EXAMINE, [self.done])


class Reports(Load):
    """An auditor requests dossiers, of one organisation after the other."""

    def prepare(self) -> None:
        self.window = Window(self.installation)
        self.window.sign_in_as("astrid@keyholder.example")
        self.page = self.window.get("/reports/request/")
        self.organisations = itertools.cycle(options(self.page, "organisation")[:8])

    def ask(self) -> None:
        self.window.post("/reports/request/", self.page, kind="R-03", organisation=next(self.organisations))


def burst(installation: Installation, name: str, count: int) -> None:
    env = environment(installation.state, DJANGO_SETTINGS_MODULE="config.settings")
    subprocess.run([sys.executable, "-c", QUEUES_MAILS, name, str(count)], cwd=BASE, env=env, check=True)


class Wire(threading.Thread):
    """Counts the messages that the broker is handed, whoever sends them, over each of its restarts."""

    def __init__(self, installation: Installation) -> None:
        super().__init__(daemon=True)
        self.socket, self.messages = asked(installation.state, "valkey.socket()"), 0
        self.listens, self.stopped = threading.Event(), threading.Event()

    def run(self) -> None:
        while not self.stopped.is_set():
            try:
                with Redis(unix_socket_path=self.socket, socket_timeout=60) as client, client.monitor() as monitor:
                    self.listens.set()
                    for command in monitor.listen():
                        self.messages += str(command["command"]).split(" ")[:2] == ["LPUSH", "celery"]
                        if self.stopped.is_set():
                            return
            except (RedisError, OSError):
                time.sleep(0.02)

    def __enter__(self) -> Self:
        self.start()
        assert self.listens.wait(10)
        return self

    def __exit__(self, *raised: object) -> None:
        self.stopped.set()
