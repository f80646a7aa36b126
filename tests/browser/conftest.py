"""A whole installation of its own: PostgreSQL, Valkey, web, worker and beat under the supervisor, in a new folder."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

BASE = Path(__file__).resolve().parents[2]
READY_WITHIN = 120


@dataclass(frozen=True)
class Installation:
    url: str
    state: Path

    def gateway(self) -> str:
        return (self.state / "demo-gateway").read_text().strip()


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


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    state = Path(tmp_path_factory.mktemp("installation")) / "state"
    for folder in (state.parent, state.parent.parent, state.parent.parent.parent):
        folder.chmod(0o755)
    port = free_port()
    env = {**os.environ, "KEYHOLDER_STATE": str(state), "KEYHOLDER_PORT": str(port)}
    log = state.parent / "run.log"
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "config.services", "run"], cwd=BASE, env=env, stdout=out, stderr=out)
        try:
            url = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + READY_WITHIN
            while not answers(url):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.5)
            yield Installation(url, state)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        yield browser
        browser.close()
