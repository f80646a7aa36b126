"""The launcher, as a command of an installation of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.chaos.window import until
from tests.running import BASE, asked, command_line, environment, free_port, python

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")


def verb(state: Path, name: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return python(state, "-m", "config.services", name, **variables)


def pids(state: Path) -> dict[str, int]:
    return dict(eval(asked(state, "services.pids()")))


def kept(state: Path, *statements: str) -> Any:
    """Executes them as the owner; the first column of the last one's first row."""
    with psycopg.connect(asked(state, "postgres.url('owner')"), autocommit=True) as owner:
        for statement in statements:
            done = owner.execute(statement)
        row = done.fetchone() if done.description else None
        return row and row[0]


def started(state: Path) -> "subprocess.Popen[str]":
    env = environment(state, KEYHOLDER_PORT=str(free_port()))
    return subprocess.Popen([sys.executable, "-m", "config.services", "run"], cwd=BASE, env=env, text=True)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    until(within=5, what=f"{pid} is gone", ask=lambda: not command_line(pid))
