"""Calls to other machines that lead nowhere but where they are meant to.

The name is looked up once, every address it has must be one that may be reached, and the call goes to that very address: no
second look-up says otherwise. No redirect is followed, no proxy of the environment is used, and what comes is limited in size
and time, however slowly it is given out.
"""

import http.client
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer
from typing import Any
from urllib.parse import urlsplit

from kyc.evidence.confirming import lookups
from kyc.evidence.confirming.domains import is_public

SECONDS = 10.0
MOST_BYTES = 64 * 1024
AGENT = "Keyholder"

# The addresses of a host that may be reached, in the order in which they are tried.
Reach = Callable[[str], list[str]]


class Unreachable(Exception):
    """There is nothing to be had there, or it may not be asked for; says why in few words, none of which come from there."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


def strangers(host: str) -> list[str]:
    """For hosts that customers name: by our own resolvers, and only where all of its addresses are public. Raises Unreachable."""
    try:
        found = lookups.addresses(host)
    except lookups.NoAnswer as error:
        raise Unreachable("the DNS does not answer") from error
    if not found:
        raise Unreachable("it has no address")
    if not all(map(is_public, found)):
        raise Unreachable("it has an address that is not public")
    return found


def named(host: str) -> list[str]:
    """For hosts that the administrator names, who may have one in his own house. Raises Unreachable."""
    try:
        return list(dict.fromkeys(str(row[4][0]) for row in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)))
    except OSError as error:
        raise Unreachable("it has no address") from error


def get(
    url: str,
    *,
    reach: Reach,
    headers: Mapping[str, str] | None = None,
    port: int | None = None,
    context: ssl.SSLContext | None = None,
) -> Answer:
    """Raises Unreachable."""
    return asked("GET", url, None, headers or {}, reach=reach, port=port, context=context)


def post(url: str, body: bytes, *, headers: Mapping[str, str], reach: Reach, context: ssl.SSLContext | None = None) -> Answer:
    """Raises Unreachable."""
    return asked("POST", url, body, headers, reach=reach, context=context)


def asked(
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    *,
    reach: Reach,
    port: int | None = None,
    context: ssl.SSLContext | None = None,
) -> Answer:
    parts = urlsplit(url)
    host = parts.hostname or ""
    tls = (context or ssl.create_default_context()) if parts.scheme == "https" else None
    port = port or parts.port or (443 if tls else 80)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    sent = {"User-Agent": AGENT, "Accept-Encoding": "identity", "Connection": "close", **headers}
    try:
        with connected(host, port, reach(host), tls) as connection:
            connection.request(method, target or "/", body=body, headers=sent)
            answer = connection.getresponse()
            # What is longer than it may be is no answer of the kind that is asked for, and half of it neither.
            data = answer.read(MOST_BYTES + 1)
            is_whole = not connection.is_cut and (not answer.length or len(data) > MOST_BYTES)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(type(error).__name__) from error
    if len(data) > MOST_BYTES:
        raise Unreachable("its answer is too long")
    if not is_whole:
        raise Unreachable("its answer was cut off")
    return Answer(answer.status, data)


@contextmanager
def connected(host: str, port: int, addresses: list[str], tls: ssl.SSLContext | None) -> Iterator["Pinned"]:
    """To one of the addresses and no other, under the host's own name. Cut off when its time is over."""
    connection = Pinned(host, port, timeout=SECONDS)
    connection.addresses, connection.tls = addresses, tls
    timer = Timer(SECONDS, connection.cut)
    timer.daemon = True
    timer.start()
    try:
        yield connection
    finally:
        timer.cancel()
        connection.close()


class Pinned(http.client.HTTPConnection):
    addresses: list[str]
    tls: ssl.SSLContext | None
    raw: socket.socket | None = None
    is_cut = False

    def connect(self) -> None:
        # Two, so that a host whose first address is away is still reached within the time.
        self.raw = first_of(self.addresses[:2], self.port, SECONDS / 3)
        self.raw.settimeout(SECONDS)
        self.sock: Any = self.tls.wrap_socket(self.raw, server_hostname=self.host) if self.tls else self.raw

    def cut(self) -> None:
        self.is_cut = True
        for held in (self.sock, self.raw):
            if held is not None:
                with_silence(held)


def first_of(addresses: list[str], port: int, seconds: float) -> socket.socket:
    """Raises OSError, the last one's."""
    for address in addresses[:-1]:
        try:
            return socket.create_connection((address, port), timeout=seconds)
        except OSError:
            continue
    return socket.create_connection((addresses[-1], port), timeout=seconds)


def with_silence(held: socket.socket) -> None:
    try:
        held.shutdown(socket.SHUT_RDWR)
    except OSError:
        # It has ended by itself.
        return
