"""The server is killed under who reads the change feed: he goes on at another by his cursor, and nothing is lost or told twice.

Two servers of two processes each. One reader waits with long polls, another reads events; both stand at the same server until
that is killed with all its processes, amid changes. Each key changes once, so what was applied is compared key by key."""

import http.client
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

import psycopg
import pytest

from accounts import credentials
from tests import figures
from tests.bench import many, serving
from tests.chaos.window import until
from tests.running import asked, descendants, open_folder

pytestmark = pytest.mark.chaos
KILLS, KEYS, PAUSE = 6, 3000, 0.03
GATEWAY = f"khgw_abcdef12_{'x' * 43}"
HEAD = {"Authorization": f"Bearer {GATEWAY}"}
LOST = (OSError, http.client.HTTPException, ValueError)


class Servers:
    """Which one is asked now; who is cut off turns to it anew."""

    def __init__(self, state: Path, around: ExitStack) -> None:
        self.state, self.around = state, around
        self.standing = [self.started(), self.started()]
        self.killed = 0

    def started(self) -> "tuple[str, subprocess.Popen[bytes]]":
        return self.around.enter_context(serving.running(self.state, "config.settings", threads=8, is_bench=False))

    @property
    def host(self) -> str:
        return self.standing[0][0].removeprefix("http://")

    def kill(self) -> None:
        """The one that is asked, with all its processes, at once."""
        process = self.standing[0][1]
        below = descendants(process.pid)
        self.standing = [self.standing[1]]
        for pid in (process.pid, *below):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        self.killed += 1
        self.standing.append(self.started())


class Reader(threading.Thread):
    """Keeps what it has applied, and the cursor with it."""

    def __init__(self, servers: Servers) -> None:
        super().__init__(daemon=True)
        self.servers, self.ends = servers, threading.Event()
        self.applied: list[str] = []
        self.cursor, self.cut, self.at = "", 0, ""

    def run(self) -> None:
        while not self.ends.is_set():
            host = self.servers.host
            connection = http.client.HTTPConnection(host, timeout=60)
            with suppress(*LOST):
                self.read(connection, host)
            # A stream that was cut off may look like one that has ended.
            self.cut += self.servers.host != host
            self.at = ""
            connection.close()
            time.sleep(0.02)

    def read(self, connection: http.client.HTTPConnection, host: str) -> None:
        raise NotImplementedError


class Polling(Reader):
    def read(self, connection: http.client.HTTPConnection, host: str) -> None:
        while not self.ends.is_set():
            connection.request("GET", f"/api/v1/keys/changes?wait=5&after={self.cursor}", headers=HEAD)
            page = json.loads(connection.getresponse().read())
            self.applied += [change["key"] for change in page["changes"]]
            self.cursor, self.at = page["cursor"], host


class Streaming(Reader):
    def read(self, connection: http.client.HTTPConnection, host: str) -> None:
        headers = HEAD | {"Accept": "text/event-stream"} | ({"Last-Event-ID": self.cursor} if self.cursor else {})
        connection.request("GET", "/api/v1/keys/changes", headers=headers)
        answer = connection.getresponse()
        if answer.status != 200:
            raise http.client.HTTPException(answer.status)
        for event in events(answer):
            if "data" in event:
                self.applied.append(json.loads(event["data"])["key"])
            self.cursor, self.at = event["id"], host
            if self.ends.is_set():
                return


def events(answer: http.client.HTTPResponse) -> Iterator[dict[str, str]]:
    """Whole ones: what was cut off in its middle is none."""
    event: dict[str, str] = {}
    while line := answer.readline():
        text = line.decode().rstrip("\n")
        if not text:
            yield event
            event = {}
        elif line.endswith(b"\n"):
            name, _, value = text.partition(": ")
            event[name] = value


class Changing(threading.Thread):
    """Changes one key after the other, as whoever sets its tiers does; triggers write the feed."""

    def __init__(self, database: str, keys: list[str]) -> None:
        super().__init__(daemon=True)
        self.database, self.keys, self.ends = database, keys, threading.Event()
        self.changed: list[str] = []

    def run(self) -> None:
        with psycopg.connect(host=self.database, dbname="keyholder", user="postgres", autocommit=True) as connection:
            for key in self.keys:
                if self.ends.wait(PAUSE):
                    return
                connection.execute("UPDATE kyc_key SET tiers = '{changed}' WHERE prefix = %s", [key])
                self.changed.append(key)


def all_read(readers: list[Reader], host: str, before: list[int]) -> bool:
    """Whether each has been told something there since."""
    return all(reader.at == host and len(reader.applied) > count for reader, count in zip(readers, before, strict=True))


def test_who_reads_goes_on_at_another_server_without_a_gap_and_nothing_twice() -> None:
    with ExitStack() as around:
        folder = around.enter_context(open_folder())
        state = folder / "state"
        database = around.enter_context(serving.database(state))
        many.make(database, KEYS)
        shown = {"prefix": f"'{GATEWAY[:13]}'", "digest": f"'{credentials.digest(GATEWAY)}'"}
        many.fill(database, "accounts_gatewaycredential", 1, id="1", name="'test'", **shown)
        keys = [prefix for (prefix,) in database.execute("SELECT prefix FROM kyc_key ORDER BY id").fetchall()]
        servers = Servers(state, around)
        readers: list[Reader] = [Polling(servers), Streaming(servers)]
        changing = Changing(asked(state, "postgres.sockets()"), keys)
        for thread in (*readers, changing):
            thread.start()
        for _ in range(KILLS):
            host, before = servers.host, [len(reader.applied) for reader in readers]
            until(within=60, what="both read from the next", ask=partial(all_read, readers, host, before))
            servers.kill()
        changing.ends.set()
        changing.join()
        until(
            within=60,
            what="all is applied",
            ask=lambda: all(len(reader.applied) >= len(changing.changed) for reader in readers),
        )
        # What would come twice had time to.
        time.sleep(1)
        for reader in readers:
            reader.ends.set()
        poll, stream = readers
        figures.keep(
            "feed",
            seeds=[],
            figures={
                "servers killed": servers.killed,
                "keys changed": len(changing.changed),
                "applied by long poll, by events": [len(poll.applied), len(stream.applied)],
                "cut off, by long poll, by events": [poll.cut, stream.cut],
            },
        )
        assert servers.killed == KILLS and poll.cut >= KILLS and stream.cut >= KILLS, "nobody was cut off"
        assert poll.applied == changing.changed and stream.applied == changing.changed
