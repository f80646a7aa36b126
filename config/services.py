"""The embedded PostgreSQL and Valkey: used when DATABASE_URL and BROKER_URL are unset.

A lone command starts them detached; `make run` runs its own under a supervisor.
"""

import contextlib
import fcntl
import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from config import clamd, postgres, valkey
from config.installation import (
    BASE,
    DATA,
    answers,
    as_root,
    demoted,
    launch,
    locked,
    make_folders,
    sockets,
    system_user,
    why_no_demo,
)

STARTS_WITHIN = 30
STOPS_WITHIN = 60


def initialise() -> None:
    make_folders()
    postgres.make_cluster()


def up() -> bool:
    return postgres.is_up() and answers(valkey.socket())


def wait_until_up(again: Callable[[], None] = lambda: None) -> None:
    """Calls `again` every half second until both services answer."""
    deadline = time.monotonic() + STARTS_WITHIN
    for turn in itertools.count():
        if up():
            return
        if time.monotonic() > deadline:
            raise SystemExit(f"The embedded services did not start; see {DATA}/*.log.")
        if turn % 10 == 0:
            again()
        time.sleep(0.05)


def is_supervised() -> bool:
    """Whether a `make run` of this checkout is up; then its supervisor starts the services, and nobody else does."""
    if not (DATA / "run.lock").exists():
        return False
    with (DATA / "run.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        return False


def ensure() -> None:
    """Both services answer when this returns. Safe to call from many processes at once."""
    if up() and postgres.has_roles():
        return
    with locked("start.lock"):
        if not is_supervised():
            initialise()
            wait_until_up(again=Detached().start_what_is_down)
            postgres.make_roles()
            return
    wait_until_up()


class Detached:
    """Services that outlive the command which starts them. A database whose predecessor was killed refuses to start while
    one of its processes still lives, so what has ended at once is started anew."""

    def __init__(self) -> None:
        self.started: dict[str, subprocess.Popen[bytes]] = {}

    def start_what_is_down(self) -> None:
        for name, path, command, kwargs in (
            ("postgres.log", postgres.socket(), postgres.command(), demoted()),
            ("valkey.log", valkey.socket(), valkey.command(), {}),
        ):
            ended = name not in self.started or self.started[name].poll() is not None
            if ended and not answers(path):
                self.started[name] = launch(command, name, **kwargs)


def pids() -> dict[str, int]:
    """The main process of each service that runs."""
    return {name: pid for name, pid in (("postgres", postgres.pid()), ("valkey", valkey.pid())) if pid}


def stop() -> None:
    """Stops detached services cleanly and waits for them."""
    with locked("start.lock"):
        for name, pid in pids().items():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT if name == "postgres" else signal.SIGTERM)
        deadline = time.monotonic() + STARTS_WITHIN
        while pids() and time.monotonic() < deadline:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(-1, os.WNOHANG)
            time.sleep(0.05)


def chosen_port() -> int:
    written = os.environ.get("KEYHOLDER_PORT", "8000")
    if not written.isdecimal() or not 0 < int(written) < 65536:
        raise SystemExit(f"KEYHOLDER_PORT must be a number from 1 to 65535, not {written!r}.")
    return int(written)


def port_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def stop_all() -> None:
    """`make stop`: ends a `make run` of this checkout as Ctrl-C would, or else the detached services."""
    if not is_supervised():
        stop()
        return
    with contextlib.suppress(OSError, ValueError):
        os.kill(int((DATA / "supervisord.pid").read_text()), signal.SIGINT)
    deadline = time.monotonic() + STOPS_WITHIN
    while is_supervised():
        if time.monotonic() > deadline:
            raise SystemExit("Keyholder runs from this checkout and does not stop; end it with Ctrl-C.")
        time.sleep(0.1)


def lock_run() -> int:
    """The descriptor of this checkout's run lock, which its holder keeps for as long as it lives."""
    DATA.mkdir(parents=True, exist_ok=True)
    lock = os.open(DATA / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise SystemExit("Keyholder already runs from this checkout; stop that one with Ctrl-C first.") from None
    return lock


def supervision(port: int) -> Path:
    """The supervisor's configuration, written for this installation."""
    filled = (BASE / "config/supervisord.conf").read_text()
    scanner = clamd.prepare()
    values = {
        "data": str(DATA),
        "base": str(BASE),
        "bin": str(Path(sys.executable).parent),
        "port": str(port),
        # More would only wait for each other: the server warns above two a core and one.
        "threads": str(min(8, 2 * (os.cpu_count() or 1) + 1)),
        "user": "root" if as_root() else system_user(),
        "postgres": " ".join(postgres.command()),
        "postgres_user": system_user(),
        "valkey": " ".join(part or '""' for part in valkey.command()),
        # Without a scanner files wait, and the page says so.
        "clamd": " ".join(scanner) or "/bin/true",
        "scans": "true" if scanner else "false",
        "run": str(sockets()),
    }
    for name, value in values.items():
        filled = filled.replace("{" + name + "}", value.replace("%", "%%"))
    conf = DATA / "supervisord.conf"
    conf.write_text(filled)
    return conf


def run() -> None:
    """`make run`: takes the place of any detached services and becomes the supervisor."""
    if sentence := why_no_demo():
        raise SystemExit(sentence)
    port = chosen_port()
    lock = lock_run()
    if not port_free(port):
        raise SystemExit(f"Port {port} is in use by another program; stop it, or choose another with KEYHOLDER_PORT.")
    stop()
    initialise()
    conf = supervision(port)
    # supervisord closes every descriptor from 5 on; number 4 keeps the lock for as long as it lives.
    os.dup2(lock, 4, inheritable=True)
    os.chdir(BASE)
    os.execv(str(Path(sys.executable).parent / "supervisord"), ["supervisord", "-n", "-c", str(conf)])  # noqa: S606  # nosec B606  # our own program


def status() -> None:
    for name, path, is_up in (
        ("PostgreSQL", postgres.socket(), postgres.is_up()),
        ("Valkey", valkey.socket(), answers(valkey.socket())),
        ("Virus scanner", clamd.socket(), answers(clamd.socket())),
    ):
        print(f"{name}: {'up' if is_up else 'down'} at {path}")


if __name__ == "__main__":
    verbs = {"start": ensure, "stop": stop_all, "status": status, "run": run, "roles": postgres.make_roles}
    if len(sys.argv) != 2 or sys.argv[1] not in verbs:
        raise SystemExit(f"use: python -m config.services {'|'.join(verbs)}")
    verbs[sys.argv[1]]()
