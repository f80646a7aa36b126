"""Files are opened in a process of their own, under limits."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from kyc.evidence.taking import apart, kinds, refusals
from kyc.evidence.taking.kinds import JPEG, PDF, Unfit
from tests.kyc.evidence.taking.hostile import BOMBS, pdf, picture


class TestMade:
    def test_many_at_once(self) -> None:
        found: list[str] = []
        threads = [
            threading.Thread(target=lambda data=data: found.append(apart.made(data).content_type))
            for data in [pdf(), picture("JPEG")] * 4
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert sorted(found) == [PDF] * 4 + [JPEG] * 4

    def test_is_started_anew_when_it_was_killed(self) -> None:
        apart.made(pdf())
        assert apart.HERE.process is not None
        os.kill(apart.HERE.process.pid, signal.SIGKILL)
        apart.HERE.process.wait()
        assert apart.made(pdf()).content_type == PDF

    def test_one_that_takes_too_long_is_ended(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(apart, "SECONDS", 0.001)
        with pytest.raises(Unfit, match="long"):
            apart.made(picture("JPEG", size=(4000, 3000)))
        assert apart.HERE.process is not None
        until = time.monotonic() + 20
        while children(apart.HERE.process.pid) and time.monotonic() < until:
            time.sleep(0.05)
        assert children(apart.HERE.process.pid) == [], "nothing of it lives on"

    @pytest.mark.parametrize("name", BOMBS)
    def test_one_that_takes_too_much_is_told_so(self, name: str) -> None:
        with pytest.raises(Unfit, match=r"heavy|long|pixels|damaged"):
            apart.made(BOMBS[name]())

    def test_ends_with_who_started_it(self) -> None:
        code = (
            "from kyc.evidence.taking import apart; from tests.kyc.evidence.taking.hostile import pdf; apart.made(pdf()); "
            "print(apart.HERE.process.pid)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=apart.ROOT)
        number, until = int(done.stdout), time.monotonic() + 20
        while is_there(number) and time.monotonic() < until:
            time.sleep(0.05)
        assert not is_there(number)

    def test_while_none_can_be_started_one_is_told_to_try_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(apart, "WARDEN", "no.such.module")
        with pytest.raises(Unfit, match="away"):
            apart.Apart().made(pdf())

    def test_whoever_waits_for_it_too_long_is_told_to_try_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(apart, "WAITS", 0.01)
        alone = apart.Apart()
        with alone.lock, pytest.raises(Unfit, match="away"):
            alone.made(pdf())

    def test_the_limits_are_those_that_are_told(self) -> None:
        assert (kinds.SECONDS, kinds.MEMORY, kinds.MOST_PAGES, kinds.MOST_PIXELS) == (10, 512 * 1024**2, 50, 40_000_000)


class TestRead:
    @pytest.mark.parametrize("kept", [0, 3, 4, 20, -1])
    @pytest.mark.parametrize(
        ("ended", "code"), [(kinds.ENDED, "damaged"), (kinds.TOO_LONG, "long"), (b"", "away"), (None, "away")], ids=str
    )
    def test_an_answer_that_breaks_off_is_no_file(self, kept: int, ended: bytes | None, code: str) -> None:
        head = json.dumps({"content_type": PDF, "origin": {}, "likenesses": [], "size": 8}).encode()
        held, other = socket.socketpair()
        with held, other:
            if ended:
                other.send(ended)
            elif ended is not None:
                other.close()
            with pytest.raises(Unfit, match=code):
                apart.read((len(head).to_bytes(4, "big") + head + b"%PDF-1.7")[:kept], held)

    def test_each_has_a_sentence(self) -> None:
        assert {"away", "long", "damaged"} <= set(refusals.SENTENCES)


def children(number: int) -> list[str]:
    with open(f"/proc/{number}/task/{number}/children") as file:
        return file.read().split()


def is_there(number: int) -> bool:
    try:
        with open(f"/proc/{number}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
