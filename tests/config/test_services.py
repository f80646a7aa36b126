"""The embedded services: started by whoever comes first, taken over by `make run`, ended cleanly, never lost."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.chaos.window import until
from tests.config.launched import kept, kill, pids, started, verb
from tests.running import (
    BASE,
    ENDS_WITHIN,
    Installation,
    asked,
    command_line,
    descendants,
    environment,
    free_port,
    interrupt,
)


class TestDetached:
    def test_one_command_starts_both_for_all_that_come_after(self, state: Path) -> None:
        assert pids(state) == {}
        first = verb(state, "start")
        assert (first.returncode, first.stdout, first.stderr) == (0, "", "")
        running = pids(state)
        assert sorted(running) == ["postgres", "valkey"]
        assert verb(state, "start").returncode == 0
        assert pids(state) == running
        assert verb(state, "status").stdout.count(": up at ") == 2

    def test_many_at_once_start_them_once(self, state: Path) -> None:
        command = [sys.executable, "-m", "config.services", "start"]
        together = [subprocess.Popen(command, cwd=BASE, env=environment(state)) for _ in range(4)]
        assert [process.wait(timeout=ENDS_WITHIN) for process in together] == [0, 0, 0, 0]
        named = [line for line in map(command_line, processes()) if str(state) in line and " -k " in line]
        assert len(named) == 1
        assert kept(state, "SELECT count(*) FROM pg_roles WHERE rolname IN ('owner', 'app')") == 2

    def test_killed_uncleanly_they_come_back_and_the_database_with_its_data(self, state: Path) -> None:
        verb(state, "start")
        before = pids(state)
        kept(state, "CREATE TABLE kept (what text)", "INSERT INTO kept VALUES ('safe')")
        for pid in before.values():
            kill(pid)
        assert kept_after_start(state) == "safe"
        after = pids(state)
        assert sorted(after) == sorted(before) and not set(after.values()) & set(before.values())
        valkey = Redis(unix_socket_path=asked(state, "valkey.socket()"), decode_responses=True)
        assert valkey.config_get("maxmemory") == {"maxmemory": str(1024**3)}
        assert valkey.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}

    def test_stopped_they_leave_no_process_and_their_number_is_forgotten(self, state: Path) -> None:
        verb(state, "start")
        running = {pid for main in pids(state).values() for pid in (main, *descendants(main))}
        assert len(running) > 2
        assert verb(state, "stop").returncode == 0
        assert [line for line in map(command_line, running) if line] == []
        assert pids(state) == {}

    def test_a_number_that_now_belongs_to_another_program_is_left_alone(self, state: Path) -> None:
        verb(state, "start")
        verb(state, "stop")
        with subprocess.Popen(["sleep", "60"]) as stranger:
            (state / "valkey.pid").write_text(f"{stranger.pid}\n")
            (state / "postgres/postmaster.pid").write_text(f"{stranger.pid}\n")
            assert pids(state) == {}
            verb(state, "stop")
            assert stranger.poll() is None
            stranger.kill()
        (state / "postgres/postmaster.pid").unlink()

    def test_their_sockets_are_open_to_their_user_alone_and_no_port_is(self, state: Path) -> None:
        verb(state, "start")
        folder = Path(asked(state, "installation.sockets()"))
        assert folder.stat().st_mode & 0o777 == 0o700
        assert kept(state, "SHOW listen_addresses") == ""
        port = Redis(unix_socket_path=str(folder / "valkey.sock")).config_get("port")["port"]
        assert port == "0"


def kept_after_start(state: Path) -> Any:
    assert verb(state, "start").returncode == 0
    return kept(state, "SELECT what FROM kept")


def processes() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]


def by_ctrl_c(state: Path, process: "subprocess.Popen[Any]") -> list[str]:
    return interrupt(process)


def by_command(state: Path, process: "subprocess.Popen[Any]") -> list[str]:
    below = descendants(process.pid)
    assert verb(state, "stop").returncode == 0
    process.wait(timeout=1)
    return [line for line in map(command_line, below) if line]


class TestRun:
    @pytest.mark.parametrize("ended", [by_ctrl_c, pytest.param(by_command, marks=pytest.mark.soak)])
    def test_it_takes_the_place_of_detached_services_and_ends_with_all_its_children(
        self, state: Path, ended: Callable[[Path, "subprocess.Popen[Any]"], list[str]]
    ) -> None:
        verb(state, "start")
        kept(state, "CREATE TABLE kept (what text)", "INSERT INTO kept VALUES ('safe')")
        detached = pids(state)
        process = started(state)
        try:
            own = until(within=30, what="it runs its own", ask=lambda: owned(state, process))
            assert [command_line(pid) for pid in detached.values()] == ["", ""]
            assert kept_after_start(state) == "safe"
            assert pids(state) == own, "a command beside it starts nothing"
            left = ended(state, process)
        finally:
            if process.poll() is None:
                interrupt(process)
        assert left == []
        assert pids(state) == {}
        assert kept_after_start(state) == "safe"

    def test_a_port_in_use_is_one_sentence(self, state: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            done = verb(state, "run", KEYHOLDER_PORT=str(port))
        assert done.returncode == 1
        sentence = f"Port {port} is in use by another program; stop it, or choose another with KEYHOLDER_PORT.\n"
        assert (done.stdout, done.stderr) == ("", sentence)
        assert not (state / "postgres").exists()

    @pytest.mark.parametrize("port", ["eighty", "0", "65536", "-1", ""])
    def test_so_is_a_port_that_is_none(self, state: Path, port: str) -> None:
        done = verb(state, "run", KEYHOLDER_PORT=port)
        assert done.returncode == 1
        assert done.stderr == f"KEYHOLDER_PORT must be a number from 1 to 65535, not {port!r}.\n"

    def test_a_second_one_of_the_same_installation_is_refused_and_harms_nothing(self, installation: Installation) -> None:
        before = installation.services()
        done = verb(installation.state, "run", KEYHOLDER_PORT=str(free_port()))
        assert done.returncode == 1
        sentence = "Keyholder already runs from this checkout; stop that one with Ctrl-C first.\n"
        assert (done.stdout, done.stderr) == ("", sentence)
        assert installation.process.poll() is None
        assert installation.services() == before

    def test_what_dies_is_started_again_also_when_it_was_told_to_end(self, installation: Installation) -> None:
        """By itself a supervisor would take an orderly end as wanted."""
        before = installation.services()["valkey"]
        os.kill(before, signal.SIGTERM)
        after = until(within=20, what="another Valkey", ask=lambda: installation.services().get("valkey", before) != before)
        assert after
        until(within=10, what="it answers", ask=lambda: asked(installation.state, "services.up()") == "True")


def owned(state: Path, process: "subprocess.Popen[Any]") -> dict[str, int]:
    """Both services, once they answer as children of the supervisor."""
    found = pids(state)
    up = asked(state, "services.up()") == "True"
    return found if up and len(found) == 2 and set(found.values()) <= descendants(process.pid) else {}
