"""Files are opened in another process: asked here, and ended when it takes too long. Several threads may ask at once."""

import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from kyc.evidence.taking.kinds import ENDED, LARGEST_MADE, READY, SECONDS, TOO_LONG, Made, Unfit

# By its name: what it imports, no process of ours needs that opens no file.
WARDEN = "kyc.evidence.taking.warden"
ROOT = Path(__file__).resolve().parents[3]
# Seconds in which it has to be there: it imports much, on a machine that may be busy.
STARTS_WITHIN = 60
# And for which others wait for it meanwhile, before they are told to try again.
WAITS = 20
# A library that starts threads of its own could not be forked, and each thread reserves memory that counts.
ALONE = {"MALLOC_ARENA_MAX": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
PASSED = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "MAGIC")


class Apart:
    """The warden of this process, started when it is first needed and anew when it has ended."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.asking = socket.socket()

    def forget(self) -> None:
        """In a fork: the warden is the parent's, and ends with it."""
        self.lock, self.process = threading.Lock(), None
        self.asking.close()

    def start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        environment = {name: os.environ[name] for name in PASSED if name in os.environ} | ALONE
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", WARDEN],
                stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT, env=environment,
                start_new_session=True,
            )  # fmt: skip
        ours.settimeout(STARTS_WITHIN)
        try:
            if ours.recv(len(READY)) == READY:
                return ours
        except TimeoutError:
            self.process.kill()
        ours.close()
        self.process.wait()
        raise OSError("The process in which files are opened does not start.")

    def begin(self) -> tuple[socket.socket, socket.socket]:
        """A child that waits for its file, and what it lives by. Raises OSError."""
        given, there = socket.socketpair()
        held, other = socket.socketpair()
        with ExitStack() as unless_begun, there, other:
            unless_begun.enter_context(given)
            unless_begun.enter_context(held)
            if not self.lock.acquire(timeout=WAITS):
                raise OSError("The process in which files are opened is still being started.")
            try:
                if self.process is None or self.process.poll() is not None:
                    self.asking.close()
                    self.asking = self.start()
                socket.send_fds(self.asking, [b"file"], [there.fileno(), other.fileno()])
            finally:
                self.lock.release()
            unless_begun.pop_all()
        return given, held

    def made(self, data: bytes) -> Made:
        """The file made anew. Raises Unfit."""
        try:
            given, held = self.begin()
        except OSError:
            raise Unfit("away") from None
        with given, held:
            until = time.monotonic() + SECONDS
            try:
                answer = asked(given, data, until)
            except TimeoutError:
                raise Unfit("long") from None
            except ConnectionError:
                answer = b""
            return read(answer, held)


def asked(given: socket.socket, data: bytes, until: float) -> bytes:
    """What the child answers. Raises TimeoutError, ConnectionError."""
    given.settimeout(SECONDS)
    given.sendall(data)
    given.shutdown(socket.SHUT_WR)
    parts, size = [], 0
    while size <= LARGEST_MADE:
        if not select.select([given], [], [], max(0.0, until - time.monotonic()))[0]:
            raise TimeoutError
        part = given.recv(1024 * 1024)
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
    raise TimeoutError


def read(answer: bytes, held: socket.socket) -> Made:
    """Raises Unfit, also of an answer that breaks off: the child was killed by one of its limits, or by what it opened."""
    length = int.from_bytes(answer[:4], "big")
    head, file = answer[4 : 4 + length], answer[4 + length :]
    if not head or len(head) < length:
        raise Unfit(ending(held))
    told = json.loads(head)
    if "unfit" in told:
        raise Unfit(told["unfit"])
    if len(file) != told["size"]:
        raise Unfit(ending(held))
    return Made(file, told["content_type"], told["origin"], told["likenesses"])


def ending(held: socket.socket) -> str:
    """Why a child said nothing more, as a code of refusals."""
    held.settimeout(1)
    try:
        said = held.recv(1)
    except OSError:
        return "away"
    # Without a word the warden itself has gone.
    return {TOO_LONG: "long", ENDED: "damaged"}.get(said, "away")


HERE = Apart()
made = HERE.made
os.register_at_fork(after_in_child=HERE.forget)
