"""A virus scanner that knows one file, and speaks as clamd does: most tests only need that one answers. What clamd itself says is
asked of clamd (tests/kyc/evidence/taking/test_scanning.py)."""

import contextlib
import socketserver
import tempfile
import threading
from collections.abc import Iterator

# The test file that scanners agree on (eicar.org), in two parts, else a scanner would find this source.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + rb"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Answering(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        command = b"".join(iter(lambda: self.rfile.read(1), b"\0"))
        if command == b"zPING":
            self.wfile.write(b"PONG\0")
            return
        data = b""
        while size := int.from_bytes(self.rfile.read(4), "big"):
            data += self.rfile.read(size)
        self.wfile.write(b"stream: Eicar-Test-Signature FOUND\0" if EICAR in data else b"stream: OK\0")


class Scanner(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@contextlib.contextmanager
def scanner() -> Iterator[str]:
    """Its socket, while it answers."""
    with tempfile.TemporaryDirectory() as folder, Scanner(f"{folder}/clamd.sock", Answering) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"{folder}/clamd.sock"
        server.shutdown()
        thread.join()
