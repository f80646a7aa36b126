"""clamd, over its socket: what a file is asked by, and how it answers (clamd(8), INSTREAM). Pure."""

import contextlib
import socket
from collections.abc import Iterator

PART = 1024 * 1024
# Seconds. It answers a ping at once, and a file of some megabytes within one or two.
ANSWERS_WITHIN, SCANS_WITHIN = 1, 30


class Away(Exception):
    """No scanner answers there, or it could not look at the file: which says nothing about the file."""


@contextlib.contextmanager
def connected(place: str, seconds: float) -> Iterator[socket.socket]:
    """`place` is the path of its socket, or host:port."""
    host, _colon, port = place.rpartition(":")
    is_path = place.startswith("/")
    try:
        with socket.socket(socket.AF_UNIX if is_path else socket.AF_INET) as client:
            client.settimeout(seconds)
            client.connect(place if is_path else (host, int(port)))
            yield client
    except (OSError, ValueError) as error:
        raise Away(f"No virus scanner answers at {place or 'no place at all'}: {error}") from None


def told(client: socket.socket) -> str:
    """Its answer, which ends with a zero byte."""
    found = b""
    while not found.endswith(b"\0") and (part := client.recv(4096)):
        found += part
    return found.rstrip(b"\0\n").decode("utf-8", "replace")


def answers(place: str) -> bool:
    try:
        with connected(place, ANSWERS_WITHIN) as client:
            client.sendall(b"zPING\0")
            return told(client) == "PONG"
    except Away:
        return False


def scan(data: bytes, place: str) -> str:
    """What was found in it, by the scanner's name for it; empty where nothing was. Raises Away."""
    with connected(place, SCANS_WITHIN) as client:
        client.sendall(b"zINSTREAM\0")
        for at in range(0, len(data), PART):
            part = data[at : at + PART]
            client.sendall(len(part).to_bytes(4, "big") + part)
        client.sendall(bytes(4))
        answer = told(client)
    name, _space, verdict = answer.removeprefix("stream: ").rpartition(" ")
    if verdict == "FOUND":
        return name
    if answer != "stream: OK":
        raise Away(f"The virus scanner could not look at the file: {answer[:200]}")
    return ""
