"""Fetching from a publisher, played by a server on this machine."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from kyc.screening.fetching import Unfetched, fetched

Answers = dict[str, tuple[int, dict[str, str], bytes]]


@pytest.fixture
def publisher() -> Iterator[tuple[str, Answers]]:
    """Its address, and what it answers by path: status, headers, body."""
    answers: Answers = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answers.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", answers
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def fetch(publisher: tuple[str, Answers], tmp_path: Path) -> Callable[..., bytes]:
    def get(path: str, **options: Any) -> bytes:
        return fetched(publisher[0] + path, tmp_path, **{"hosts": (), **options}).read_bytes()

    return get


def test_brings_the_file_under_its_own_name(publisher: tuple[str, Answers], tmp_path: Path) -> None:
    address, answers = publisher
    answers["/lists/SDN.XML?token=a"] = (200, {"Content-Length": "5"}, b"<a/>\n")
    path = fetched(f"{address}/lists/SDN.XML?token=a", tmp_path, hosts=())
    assert (path.name, path.read_bytes()) == ("SDN.XML", b"<a/>\n")


def test_follows_to_the_same_host(publisher: tuple[str, Answers], fetch: Callable[..., bytes]) -> None:
    publisher[1].update({"/old": (302, {"Location": "/new"}, b""), "/new": (200, {}, b"here")})
    assert fetch("/old") == b"here"


@pytest.mark.parametrize(
    "to", ["http://localhost:1/a", "https://elsewhere.example/a", "ftp://127.0.0.1/a", "http://named.example/a"]
)
def test_and_to_no_other(publisher: tuple[str, Answers], fetch: Callable[..., bytes], to: str) -> None:
    publisher[1]["/old"] = (302, {"Location": to}, b"")
    with pytest.raises(Unfetched, match="leads on to"):
        fetch("/old", hosts=("named.example",))


def test_but_to_one_that_was_named(publisher: tuple[str, Answers], fetch: Callable[..., bytes]) -> None:
    publisher[1]["/old"] = (302, {"Location": "https://named.invalid/a"}, b"")
    with pytest.raises(Unfetched, match="could not be reached"):
        fetch("/old", hosts=("named.invalid",))


def test_a_file_that_was_cut_off_is_none(publisher: tuple[str, Answers], fetch: Callable[..., bytes]) -> None:
    publisher[1]["/a"] = (200, {"Content-Length": "10"}, b"half")
    with pytest.raises(Unfetched, match=r"4 of 10 bytes|could not be reached"):
        fetch("/a")


def test_nor_is_one_larger_than_may_be(publisher: tuple[str, Answers], fetch: Callable[..., bytes]) -> None:
    publisher[1]["/a"] = (200, {}, b"x" * 3000)
    assert len(fetch("/a", most=3000)) == 3000
    with pytest.raises(Unfetched, match="larger than"):
        fetch("/a", most=2999)


def test_nor_one_that_takes_too_long(publisher: tuple[str, Answers], fetch: Callable[..., bytes]) -> None:
    publisher[1]["/a"] = (200, {}, b"x")
    with pytest.raises(Unfetched, match="in time"):
        fetch("/a", within=-1)


def test_an_error_is_told(publisher: tuple[str, Answers], fetch: Callable[..., bytes]) -> None:
    with pytest.raises(Unfetched, match="answered with 404"):
        fetch("/nothing")


def test_so_is_that_nobody_answers(tmp_path: Path) -> None:
    with pytest.raises(Unfetched, match="could not be reached"):
        fetched("http://127.0.0.1:1/a", tmp_path, hosts=())
