"""The process that finds networks, and the folder that it works in."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from kyc.networks import folders, given, running
from kyc.networks.given import Given


class TestWhatIsGiven:
    def test_is_read_as_it_was_written(self) -> None:
        said = Given({7: ("agency",)}, ((1, 2),), ((3, 4), (3, 5)), (("phone", "x"),))
        assert Given.read(said.written()) == said

    def test_is_written_the_same_whatever_its_order(self) -> None:
        one, other = Given({7: "a", 8: "b"}), Given({8: "b", 7: "a"})
        assert one.written() == other.written() != Given({8: "a", 7: "b"}).written()


class TestTheProcess:
    def test_ends_with_whoever_waits_for_it(self, tmp_path: Path) -> None:
        """Here it waits itself for what it is given, which never comes."""
        os.mkfifo(tmp_path / given.GIVEN)
        with running.process(tmp_path) as finder:
            with pytest.raises(subprocess.TimeoutExpired):
                finder.wait(1)
            assert finder.stdin
            finder.stdin.close()
            assert finder.wait(20) == 1

    def test_is_given_none_of_our_secrets(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("VAULT_KEY", "planted secret")
        os.mkfifo(tmp_path / given.GIVEN)
        with running.process(tmp_path) as finder:
            assert b"planted" not in Path(f"/proc/{finder.pid}/environ").read_bytes()


class TestTheFolder:
    @pytest.fixture(autouse=True)
    def beneath(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def test_is_for_nobody_else_and_goes_with_the_work(self, tmp_path: Path) -> None:
        with folders.folder() as folder:
            assert folder.parent == tmp_path and folder.stat().st_mode & 0o077 == 0
        assert not list(tmp_path.iterdir())

    def test_of_a_killed_worker_goes_with_the_next_work_and_that_of_a_live_one_stays(self, tmp_path: Path) -> None:
        ended = subprocess.Popen([sys.executable, "-c", ""])
        ended.wait()
        left = tmp_path / f"{folders.PREFIX}{ended.pid}-x"
        alive = tmp_path / f"{folders.PREFIX}{os.getppid()}-x"
        for one in (left, alive):
            one.mkdir()
            (one / given.SIGNALS).write_text("x")
        with folders.folder():
            assert not left.exists() and alive.exists()
