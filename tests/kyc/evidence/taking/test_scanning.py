"""What clamd says of a file, over its socket; asked of clamd itself where it is installed."""

import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import clamd, installation
from kyc.evidence.taking import scanning
from kyc.evidence.taking.pdfs import clean
from tests.kyc.evidence.taking.hostile import pdf
from tests.scanner import EICAR, scanner

TEN_MB = 10 * 1024 * 1024


@pytest.fixture(scope="class")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """clamd with one signature, as `make run` starts it."""
    if clamd.program() is None:
        pytest.skip("clamav-daemon is not installed here")
    folder = tmp_path_factory.mktemp("clamd")
    folder.chmod(0o711)
    with pytest.MonkeyPatch.context() as patch:
        for module, name in ((clamd, "DATA"), (installation, "DATA")):
            patch.setattr(module, name, folder)
        patch.setattr(clamd, "sockets", lambda: folder)
        patch.setattr(clamd, "memory", lambda: folder / "memory")
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(clamd.prepare(), stdout=log, stderr=log)
        path, until = str(clamd.socket()), time.monotonic() + 60
        while not scanning.answers(path) and time.monotonic() < until and process.poll() is None:
            time.sleep(0.05)
        assert scanning.answers(path), (folder / "log").read_text()
        yield path
        process.terminate()
        process.wait(timeout=30)


class TestClamd:
    def test_knows_its_signature_and_finds_nothing_in_the_rest(self, place: str) -> None:
        assert "Eicar" in scanning.scan(EICAR, place)
        assert scanning.scan(clean(pdf()).data, place) == ""
        assert scanning.scan(b"", place) == ""

    def test_takes_the_largest_file_there_is(self, place: str) -> None:
        assert scanning.scan(bytes(8) + b"x" * TEN_MB * 3, place) == ""

    def test_keeps_nothing_of_what_it_was_shown(self, place: str) -> None:
        folder, until = Path(place).parent / "memory", time.monotonic() + 20
        scanning.scan(b"secret of Alice" * 1000, place)
        while list(folder.iterdir()) and time.monotonic() < until:
            time.sleep(0.05)
        assert list(folder.iterdir()) == []


class TestScan:
    def test_by_the_stand_in_of_the_other_tests(self) -> None:
        with scanner() as stand_in:
            assert (scanning.scan(b"x", stand_in), scanning.scan(EICAR, stand_in)) == ("", "Eicar-Test-Signature")

    @pytest.mark.parametrize("where", ["", "/nowhere/clamd.sock", "127.0.0.1:1", "no place"])
    def test_where_nobody_answers_it_is_away(self, where: str) -> None:
        assert not scanning.answers(where)
        with pytest.raises(scanning.Away):
            scanning.scan(b"x", where)

    @pytest.mark.parametrize(
        "answer", [b"INSTREAM size limit exceeded. ERROR\0", b"", b"stream: Access denied. ERROR\0", b"OK\0"]
    )
    def test_what_it_could_not_look_at_is_not_clean(self, answer: bytes) -> None:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()

            def say() -> None:
                with listening.accept()[0] as client:
                    client.recv(4096)
                    client.sendall(answer)

            thread = threading.Thread(target=say)
            thread.start()
            with pytest.raises(scanning.Away):
                scanning.scan(b"x", f"127.0.0.1:{listening.getsockname()[1]}")
            thread.join()
