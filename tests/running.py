"""Keyholder as it runs: PostgreSQL, Valkey, web, worker and beat under the supervisor, in a folder of their own."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

BASE = Path(__file__).resolve().parents[1]
READY_WITHIN = 600  # on a machine that others use as well; alone it takes half a minute
ENDS_WITHIN = 60


def environment(state: Path, **more: str) -> dict[str, str]:
    """Of a process of the installation in `state`, in demo mode whatever the tests themselves run on."""
    foreign = {
        "DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_ERASER_URL", "BROKER_URL", "CACHE_URL", "KEYHOLDER_DB_ROLE",
        "DJANGO_SETTINGS_MODULE",
    }  # fmt: skip
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    return {**kept, "KEYHOLDER_STATE": str(state), **more}


def python(state: Path, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
    """One Python command of the installation in `state`, ended when this returns."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=BASE, env=environment(state, **more), capture_output=True, text=True, timeout=ENDS_WITHIN)


def asked(state: Path, expression: str) -> str:
    """What the launcher answers in the installation in `state`."""
    names = "import json; from config import installation, postgres, services, valkey"
    return python(state, "-c", f"{names}; print({expression})").stdout.strip()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


@dataclass(frozen=True)
class Installation:
    url: str
    state: Path
    process: "subprocess.Popen[bytes]"
    log: Path

    def gateway(self) -> str:
        return (self.state / "demo-gateway").read_text().strip()

    def database_url(self, role: str) -> str:
        return asked(self.state, f"postgres.url({role!r})")

    def services(self) -> dict[str, int]:
        """The process ids of PostgreSQL and Valkey."""
        return dict(json.loads(asked(self.state, "json.dumps(services.pids())")))


def parents() -> dict[int, int]:
    """Of every process now, by its id."""
    found: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            found[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    return found


def descendants(pid: int) -> set[int]:
    """Every process under `pid` now: children, their children, and so on."""
    above = parents()
    found: set[int] = set()
    front = {pid}
    while front := {child for child, parent in above.items() if parent in front} - found:
        found |= front
    return found


def command_line(pid: int) -> str:
    """Empty for a process that has ended, also while it still waits for its parent."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    except OSError:
        return ""


def interrupt(process: "subprocess.Popen[bytes]") -> list[str]:
    """Ctrl-C. Returns what still runs when the process has ended."""
    below = descendants(process.pid)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=ENDS_WITHIN)
    return [line for line in map(command_line, below) if line]


@contextmanager
def open_folder() -> Iterator[Path]:
    """A new folder into which PostgreSQL's user may walk: pytest closes its own to others at every start."""
    with tempfile.TemporaryDirectory(prefix="keyholder-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


def wait_until_ready(running: Installation) -> None:
    """It answers, and the demo, which loads on while it does, is there."""
    deadline = time.monotonic() + READY_WITHIN
    # Asked every moment from the beginning, the web would take a part of what it waits for.
    while "The demo is complete" not in running.log.read_text() or not answers(running.url):
        assert running.process.poll() is None, running.log.read_text()
        assert time.monotonic() < deadline, running.log.read_text()
        time.sleep(0.2)


@contextmanager
def whole_installation(folder: Path) -> Iterator[Installation]:
    """Started as `make run` starts it, ended as Ctrl-C ends it."""
    state, port, log = folder / "state", free_port(), folder / "run.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "config.services", "run"],
            cwd=BASE,
            env=environment(state, KEYHOLDER_PORT=str(port)),
            stdout=out,
            stderr=out,
        )
    running = Installation(f"http://127.0.0.1:{port}", state, process, log)
    try:
        wait_until_ready(running)
        yield running
    finally:
        left = interrupt(process)
    assert not left, f"these outlived Ctrl-C: {left}"
