"""Web servers of an installation of the bench's own, and wrk against them.

wrk is Debian's package (`apt-get install wrk`), needed by no other part of the product."""

import json
import os
import resource
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

from tests.running import BASE, ENDS_WITHIN, answers, asked, descendants, environment, free_port

WRK = shutil.which("wrk")
PROCESSES = 2
STARTS_WITHIN = 120  # on a machine that others use as well
ASK = Path(__file__).with_name("ask.lua")
# The databases that are up, which are no children of ours; and of what part of the machine's time others may make use so that the
# slowest answers say something of the server. Where more waits than there are cores, one of its processes or of the database's
# now and then waits for a core for a second (/proc/PID/schedstat), and wrk, which adds what it would have asked meanwhile, makes
# that the 99th percentile of all.
DATABASES: set[int] = set()
LOUD = 0.1


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
            main = int((state / "postgres/postmaster.pid").read_text().split()[0])
            DATABASES.add(main)
            yield connection
            DATABASES.discard(main)
    finally:
        subprocess.run([sys.executable, "-m", "config.services", "stop"], cwd=BASE, env=environment(state), check=True)


@contextmanager
def server(state: Path, settings: str, *, threads: int = 2) -> Iterator[str]:
    """As `make run` serves, but in two processes. Its address."""
    with running(state, settings, threads=threads) as (address, _process):
        yield address


@contextmanager
def running(
    state: Path, settings: str, *, threads: int = 2, is_bench: bool = True, **environ: str
) -> "Iterator[tuple[str, subprocess.Popen[bytes]]]":
    """As `server`, with the process under which the others stand. Settings that are not the bench's own
    don't say which process answers."""
    port = free_port()
    command = [
        Path(sys.executable).with_name("granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", str(PROCESSES), "--blocking-threads", str(threads), "--no-ws", "--log-level", "warning",
        "config.wsgi:application",
    ]  # fmt: skip
    around = environment(state, KEYHOLDER_PORT=str(port), DJANGO_SETTINGS_MODULE=settings, **environ)
    process = subprocess.Popen(command, cwd=BASE, env=around)
    try:
        until, settled = time.monotonic() + STARTS_WITHIN, set[int]()
        # Connections that a process takes while it still loads wait for as long as it does, and others go on meanwhile.
        while len(settled) < PROCESSES if is_bench else not answers(f"http://127.0.0.1:{port}"):
            assert process.poll() is None and time.monotonic() < until
            settled |= answering(f"http://127.0.0.1:{port}/settled") if is_bench else set()
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait(timeout=ENDS_WITHIN)


def answering(url: str) -> set[int]:
    """The process that answers there now, if one does."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return {int(json.loads(answer.read())["process"])}
    except OSError:
        return set()


@dataclass(frozen=True)
class Load:
    requests: int
    seconds: float
    median_ms: float
    p99_ms: float
    errors: int
    # The part of the machine's time that neither the servers and their databases nor wrk had.
    others: float = 0.0

    @property
    def a_second(self) -> float:
        return self.requests / self.seconds


def load(url: str, *, connections: int, seconds: float, keys: Path, gateway: str = "", form: str = "", seed: int = 1) -> Load:
    environ = {**os.environ, "KEYS": str(keys), "GATEWAY": gateway, "FORM": form, "SEED": str(seed)}
    command = [str(WRK), "-t1", f"-c{connections}", f"-d{seconds:g}s", "-s", str(ASK), url]
    began, all_before, ours_before = time.monotonic(), used_by_all(), used_by_us()
    said = subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout
    theirs = used_by_all() - all_before - (used_by_us() - ours_before)
    others = max(0.0, theirs / (time.monotonic() - began) / (os.cpu_count() or 1))
    found = Load(**json.loads(next(line for line in said.splitlines() if line.startswith("{"))), others=others)
    assert not found.errors, said
    return found


def used_by_all() -> float:
    """Seconds that processes have had of all cores, what the machine's own host took included."""
    user, nice, system, _idle, _waiting, *more = map(int, Path("/proc/stat").read_text().splitlines()[0].split()[1:9])
    return (user + nice + system + sum(more)) / os.sysconf("SC_CLK_TCK")


def used_by_us() -> float:
    """Of it, those of the bench, of its servers and of their databases."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    roots = {os.getpid(), *DATABASES}
    return ended.ru_utime + ended.ru_stime + sum(map(used_by, roots.union(*map(descendants, roots))))


def used_by(pid: int) -> float:
    try:
        user, system = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split())[11:13]
    except OSError:
        return 0.0
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
