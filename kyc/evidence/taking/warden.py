"""The process that forks one for every file: `python -m kyc.evidence.taking.warden`, with a socket as its input. No Django.

What opens files takes a second to import, so this process does it once and forks. It never reads a file itself. With each request
come two sockets: over the first the child is given the file and answers; the second is held for as long as somebody waits, and
when that end is closed the child's whole group is killed. A byte is written to it when the child has ended: how.
"""

import contextlib
import json
import os
import resource
import selectors
import signal
import socket
import sys
from dataclasses import replace
from typing import NoReturn

from kyc.evidence.likeness import likenesses
from kyc.evidence.taking import pdfs, pictures, sniff
from kyc.evidence.taking.kinds import ENDED, LARGEST, MEMORY, PDF, READY, SECONDS, TOO_LONG, Made, Unfit


def made(data: bytes) -> Made:
    """Raises Unfit."""
    if len(data) > LARGEST:
        raise Unfit("large")
    kind = sniff.kind(data)
    if kind == PDF:
        return pdfs.clean(data)
    picture = pictures.clean(data, kind)
    return replace(picture, likenesses=likenesses(picture.data, picture.content_type))


def answered(data: bytes) -> tuple[dict[str, object], bytes]:
    try:
        found = made(data)
    except Unfit as unfit:
        return {"unfit": unfit.code}, b""
    except MemoryError:
        return {"unfit": "heavy"}, b""
    told = {"content_type": found.content_type, "origin": found.origin, "likenesses": found.likenesses}
    return told | {"size": len(found.data)}, found.data


def limited() -> None:
    """Nothing is written to any file, no core is left, and no more is opened than is open."""
    with open("/proc/self/statm") as file:
        has = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (has + MEMORY, has + MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Should whoever waits forget it.
    signal.setitimer(signal.ITIMER_REAL, SECONDS + 1)


def child(given: socket.socket) -> NoReturn:
    """Ends without an answer where anything else goes wrong, as it does where it is killed."""
    os.setsid()
    given.setblocking(True)
    # Room for a file that is too large by one, and for nothing beyond.
    data = b"".join(iter(lambda: given.recv(1024 * 1024), b""))
    limited()
    told, file = answered(data)
    head = json.dumps(told).encode()
    given.sendall(len(head).to_bytes(4, "big") + head + file)
    given.close()
    os._exit(0)


def fork(asked: socket.socket, given: socket.socket, held: socket.socket) -> int:
    """The child's number. It keeps nothing that is others'."""
    if number := os.fork():
        return number
    try:
        asked.close()
        held.close()
        child(given)
    finally:
        os._exit(1)


class Warden:
    def __init__(self, asked: socket.socket) -> None:
        self.asked, self.selector = asked, selectors.DefaultSelector()
        self.held: dict[int, tuple[int, socket.socket]] = {}

    def serve(self) -> None:
        """Until whoever asks is gone: then every child goes as well."""
        self.selector.register(self.asked, selectors.EVENT_READ, None)
        self.asked.send(READY)
        while True:
            for key, _events in self.selector.select():
                if key.data is None:
                    if not self.begin():
                        self.end_all()
                        return
                    continue
                act, child = key.data
                # Both may be told at once: it has ended, and nobody waits for it.
                if child in self.held:
                    act(child)

    def begin(self) -> bool:
        _word, numbers, _flags, _address = socket.recv_fds(self.asked, 16, 2)
        if len(numbers) != 2:
            return False
        given, held = (socket.socket(fileno=number) for number in numbers)
        child = fork(self.asked, given, held)
        given.close()
        ending = os.pidfd_open(child)
        self.held[child] = (ending, held)
        self.selector.register(held, selectors.EVENT_READ, (self.kill, child))
        self.selector.register(ending, selectors.EVENT_READ, (self.reap, child))
        return True

    def kill(self, child: int) -> None:
        """Nobody waits for it any more."""
        self.selector.unregister(self.held[child][1])
        for name in (os.killpg, os.kill):
            # Before it has a group of its own it is killed alone.
            try:
                name(child, signal.SIGKILL)
            except ProcessLookupError:
                continue

    def reap(self, child: int) -> None:
        _number, status = os.waitpid(child, 0)
        ending, held = self.held.pop(child)
        self.selector.unregister(ending)
        os.close(ending)
        if held.fileno() in self.selector.get_map():
            self.selector.unregister(held)
        by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        # Whoever waited may have gone.
        with contextlib.suppress(OSError):
            held.send(TOO_LONG if by in {signal.SIGXCPU, signal.SIGALRM} else ENDED)
        held.close()

    def end_all(self) -> None:
        for child in list(self.held):
            self.kill(child)


if __name__ == "__main__":
    # What is opened first by each file would be loaded anew for every one.
    sniff.learnt()
    # Whoever stops the server from the keyboard stops it by closing the socket.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Warden(socket.socket(fileno=sys.stdin.fileno())).serve()
