"""Where an installation keeps what it keeps: as root, as anybody, and where a path is too long."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config import installation
from tests.config.launched import needs_root, pids, verb
from tests.running import BASE, asked, command_line, environment, open_folder


class TestEnterable:
    @pytest.mark.parametrize(("mode", "told"), [(0o755, True), (0o711, True), (0o700, False), (0o750, False)])
    def test_others_walk_through_every_folder_down_to_it(self, mode: int, told: bool) -> None:
        with open_folder() as folder:
            below = folder / "a" / "b"
            below.mkdir(parents=True)
            (folder / "a").chmod(mode)
            assert installation.enterable(below) is told
            assert installation.enterable(below / "not" / "there") is told


class TestRunning:
    def test_a_number_counts_only_with_the_right_command_line(self, tmp_path: Path) -> None:
        file = tmp_path / "x.pid"
        file.write_text(f"{os.getpid()}\nmore\n")
        assert installation.running(file, names=Path("python")) == os.getpid()
        assert installation.running(file, names=Path("/another/installation")) is None

    @pytest.mark.parametrize("content", ["", "x", "999999999", "-1"])
    def test_what_is_no_number_of_a_process_is_none(self, tmp_path: Path, content: str) -> None:
        (tmp_path / "x.pid").write_text(content)
        assert installation.running(tmp_path / "x.pid", names=Path("python")) is None
        assert installation.running(tmp_path / "absent", names=Path("python")) is None


class TestHome:
    @needs_root
    def test_where_others_cannot_enter_the_database_stands_elsewhere_and_a_note_says_where(self) -> None:
        with open_folder() as folder:
            folder.chmod(0o700)
            state = folder / "state"
            home = Path(asked(state, "installation.home()"))
            assert home.parent == Path("/var/lib/keyholder") and not home.exists()
            try:
                assert verb(state, "start").returncode == 0
                assert (state / "cluster").read_text() == f"The database of this checkout stands in {home}\n"
                assert f"-D {home}/postgres" in command_line(pids(state)["postgres"])
                assert (home / "postgres").stat().st_mode & 0o777 == 0o700
                assert folder.stat().st_mode & 0o777 == 0o700, "nobody's folder is opened for it"
                assert verb(state, "stop").returncode == 0
            finally:
                verb(state, "stop")
                shutil.rmtree(home, ignore_errors=True)

    @needs_root
    def test_root_runs_the_database_as_a_user_without_power(self, state: Path) -> None:
        verb(state, "start")
        assert Path(f"/proc/{pids(state)['postgres']}").owner() == installation.SYSTEM_USER

    def test_a_path_too_long_for_a_socket_gets_a_short_one(self, state: Path) -> None:
        deep = state / ("deep" * 20)
        deep.parent.mkdir(mode=0o755)
        folder = Path(asked(deep, "installation.sockets()"))
        assert len(str(folder)) <= installation.SOCKET_LIMIT and not folder.is_relative_to(deep)
        try:
            assert verb(deep, "start").returncode == 0
            assert sorted(pids(deep)) == ["postgres", "valkey"]
        finally:
            verb(deep, "stop")
            shutil.rmtree(folder, ignore_errors=True)


@needs_root
@pytest.mark.skipif(not installation.enterable(Path(sys.executable).resolve()), reason="others may not run this Python")
class TestOrdinaryUser:
    def test_it_keeps_everything_in_the_one_folder(self) -> None:
        with open_folder() as folder:
            shutil.chown(folder, "nobody")
            state = folder / "state"

            def as_nobody(name: str) -> "subprocess.CompletedProcess[str]":
                command = [sys.executable, "-m", "config.services", name]
                return subprocess.run(
                    command, cwd=BASE, env=environment(state, HOME=str(folder)), user="nobody", capture_output=True, text=True
                )

            try:
                done = as_nobody("start")
                assert (done.returncode, done.stderr) == (0, "")
                assert state.owner() == "nobody" and state.stat().st_mode & 0o777 == 0o700
                assert Path(f"/proc/{(state / 'postgres/postmaster.pid').read_text().split()[0]}").owner() == "nobody"
            finally:
                stopped = as_nobody("stop")
            assert stopped.returncode == 0
            assert not (state / "postgres/postmaster.pid").exists()
