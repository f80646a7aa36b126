"""Web servers of an installation of the bench's own, and wrk against them.

wrk is Debian's package (`apt-get install wrk`), needed by no other part of the product."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.running import BASE, ENDS_WITHIN, asked, environment, free_port

WRK = shutil.which("wrk")
PROCESSES = 2
STARTS_WITHIN = 120  # on a machine that others use as well
ASK = Path(__file__).with_name("ask.lua")


@contextmanager
def database(state: Path) -> Iterator[psycopg.Connection]:
    """PostgreSQL of its own with an empty schema, as the superuser, past all triggers."""
    subprocess.run([sys.executable, "-m", "config.services", "start"], cwd=BASE, env=environment(state), check=True)
    try:
        migrated = environment(state, KEYHOLDER_DB_ROLE="owner", DJANGO_SETTINGS_MODULE="tests.bench.settings")
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=BASE, env=migrated, check=True)
        host = asked(state, "postgres.sockets()")
        options = "-c session_replication_role=replica"
        with psycopg.connect(host=host, dbname="keyholder", user="postgres", options=options, autocommit=True) as connection:
            yield connection
    finally:
        subprocess.run([sys.executable, "-m", "config.services", "stop"], cwd=BASE, env=environment(state), check=True)


@contextmanager
def server(state: Path, settings: str, *, threads: int = 2) -> Iterator[str]:
    """As `make run` serves, but in two processes. Its address."""
    with running(state, settings, threads=threads) as (address, _process):
        yield address


@contextmanager
def running(
    state: Path, settings: str, *, threads: int = 2, ready: str = "settled", **environ: str
) -> "Iterator[tuple[str, subprocess.Popen[bytes]]]":
    """As `server`, with the process under which the others stand. `ready` is what answers once it serves."""
    port = free_port()
    command = [
        Path(sys.executable).with_name("granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", str(PROCESSES), "--blocking-threads", str(threads), "--no-ws", "--log-level", "warning",
        "config.wsgi:application",
    ]  # fmt: skip
    around = environment(state, KEYHOLDER_PORT=str(port), DJANGO_SETTINGS_MODULE=settings, **environ)
    process = subprocess.Popen(command, cwd=BASE, env=around)
    try:
        until = time.monotonic() + STARTS_WITHIN
        while not answers(f"http://127.0.0.1:{port}/{ready}"):
            assert process.poll() is None and time.monotonic() < until
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait(timeout=ENDS_WITHIN)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


@dataclass(frozen=True)
class Load:
    requests: int
    seconds: float
    median_ms: float
    p99_ms: float
    errors: int

    @property
    def a_second(self) -> float:
        return self.requests / self.seconds


def load(url: str, *, connections: int, seconds: float, keys: Path, gateway: str = "", form: str = "", seed: int = 1) -> Load:
    environ = {**os.environ, "KEYS": str(keys), "GATEWAY": gateway, "FORM": form, "SEED": str(seed)}
    command = [str(WRK), "-t1", f"-c{connections}", f"-d{seconds:g}s", "-s", str(ASK), url]
    said = subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout
    found = Load(**json.loads(next(line for line in said.splitlines() if line.startswith("{"))))
    assert not found.errors, said
    return found
