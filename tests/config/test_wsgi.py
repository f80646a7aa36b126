"""The web server, as config/supervisord.conf starts it: where one request ends and the next begins is read in one way only."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.running import BASE, free_port

SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    command = re.search(
        r"^command=\{bin\}/(granian .*) config\.wsgi:application$", (BASE / "config/supervisord.conf").read_text(), re.MULTILINE
    )
    assert command
    port = free_port()
    words = command[1].format(port=port, threads=2).split()
    server = subprocess.Popen(
        [str(Path(sys.executable).parent / words[0]), *words[1:], "tests.config.echo:application"], cwd=BASE
    )
    try:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=20)


def sent(port: int, text: str) -> str:
    """All that comes back until the server has nothing more to say."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(text.encode("latin-1"))
        connection.settimeout(0.25)
        parts = []
        with suppress(TimeoutError, ConnectionError):
            while part := connection.recv(65_536):
                parts.append(part)
    return b"".join(parts).decode("latin-1")


def request(*headers: str, body: str = "", method: str = "POST") -> str:
    return "\r\n".join([f"{method} / HTTP/1.1", "Host: keyholder.example", *headers, "", body])


class TestWhereARequestEnds:
    def test_by_its_length(self, port: int) -> None:
        told = sent(port, request("Content-Length: 5", body="hello" + SMUGGLED))
        assert '"body": "hello"' in told
        assert '"path": "/smuggled"' in told, "which came after it, and is one of its own"

    def test_by_its_pieces_even_if_it_names_a_length(self, port: int) -> None:
        """The length is as that of nothing: what comes is in pieces, or it is no request."""
        told = sent(port, request("Transfer-Encoding: chunked", "Content-Length: 4", body="5\r\nhello\r\n0\r\n\r\n"))
        assert "400 Bad Request" in told or '"body": "hello"' in told
        assert told.count("HTTP/1.1 ") == 1

    @pytest.mark.parametrize(
        "headers",
        [
            ("Content-Length: 5", "Content-Length: 44"),
            ("Content-Length: 5, 44",),
            ("Content-Length: +5",),
            ("Content-Length: 5 5",),
            ("Content-Length: -1",),
            ("Content-Length: 0x5",),
            ("Transfer-Encoding: chunked, identity",),
            ("Transfer-Encoding: xchunked",),
            ("Transfer-Encoding : chunked",),
            ("Content-Length : 5",),
        ],
    )
    def test_not_by_what_can_be_read_in_two_ways(self, port: int, headers: tuple[str, ...]) -> None:
        told = sent(port, request(*headers, body="hello" + SMUGGLED))
        assert told.startswith("HTTP/1.1 400") and told.count("HTTP/1.1 ") == 1, told
        assert "/smuggled" not in told

    @pytest.mark.parametrize(
        "piece", ["5;a\nb\r\nhello", "g\r\nhello", "-5\r\nhello", "5 \x00\r\nhello", "ffffffffffffffff1\r\nhello"]
    )
    def test_not_by_a_piece_of_no_size(self, port: int, piece: str) -> None:
        told = sent(port, request("Transfer-Encoding: chunked", body=f"{piece}\r\n0\r\n\r\n{SMUGGLED}"))
        assert "/smuggled" not in told and '"body": "hello"' not in told

    def test_a_header_without_end_is_not_read_for_ever(self, port: int) -> None:
        told = sent(port, request("X: " + "x" * 1_000_000, method="GET"))
        assert "200 OK" not in told
