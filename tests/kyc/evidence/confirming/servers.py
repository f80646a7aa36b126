"""Servers of the tests' own: a name server over UDP, and one for HTTP, with TLS or without."""

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

LOCAL = "127.0.0.1"
Zone = dict[tuple[str, str], list[str]]


class NameServer:
    """Answers from `zone`, (name, type) to values; `asked` is what it was asked."""

    def __init__(self) -> None:
        self.zone: Zone = {}
        self.asked: list[tuple[str, str]] = []
        self.is_silent = self.fails = False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((LOCAL, 0))
        self.address: tuple[str, int] = self.socket.getsockname()

    def serve(self) -> None:
        while True:
            try:
                data, whence = self.socket.recvfrom(4096)
            except OSError:
                return
            if not data:
                return
            if not self.is_silent:
                self.socket.sendto(self.answer(dns.message.from_wire(data)).to_wire(), whence)

    def answer(self, query: dns.message.Message) -> dns.message.Message:
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True).lower(), question.rdtype.name
        self.asked.append((name, kind))
        made = dns.message.make_response(query)
        made.flags |= dns.flags.RA
        if self.fails:
            made.set_rcode(dns.rcode.SERVFAIL)
        elif values := self.zone.get((name, kind)):
            made.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", kind, values))
        elif not any(known == name for known, _kind in self.zone):
            made.set_rcode(dns.rcode.NXDOMAIN)
        return made


@contextmanager
def name_server() -> Iterator[NameServer]:
    server = NameServer()
    thread = Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        # An empty datagram ends it.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", server.address)
        thread.join(timeout=5)
        server.socket.close()


Served = Callable[[Any], None]


@contextmanager
def web_server(answer: Served, *, certificate: Path | None = None) -> Iterator[int]:
    """Its port. `answer` is given the request's handler."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        do_POST = do_GET

        def log_message(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer((LOCAL, 0), Handler)
    server.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


def says(body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Served:
    def answer(handler: Any) -> None:
        handler.send_response(status)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def certificate(folder: Path, host: str) -> Path:
    """A PEM of key and certificate, signed by itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return path
