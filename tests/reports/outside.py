"""Authorities outside, played on this machine: a root, certificates below it, a list of what is revoked, a clock (RFC 3161)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from asn1crypto import keys, tsp
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from reports import signing

PEM, DER = Encoding.PEM, Encoding.DER


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Outside:
    """What its server answers, and how often it was asked for each."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.url, self.asked = folder, "", {"crl": 0, "time": 0}
        self.root_key, self.key, self.clock_key = (rsa.generate_private_key(65537, 2048) for _ in range(3))
        self.revoked: list[int] = []
        folder.mkdir()

    def begin(self, url: str) -> None:
        self.url = url
        self.root = self.certified("Outside: root", self.root_key, is_root=True)
        self.signer = self.certified("Outside: reports", self.key)
        self.clock = self.certified("Outside: clock", self.clock_key, is_clock=True)
        plain = self.key.private_bytes(PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.folder / "signer.pem").write_bytes(plain + self.signer.public_bytes(PEM))
        (self.folder / "root.pem").write_bytes(self.root.public_bytes(PEM))

    def certified(self, who: str, key: Any, *, is_root: bool = False, is_clock: bool = False) -> x509.Certificate:
        now = datetime.now(UTC)
        unused = ("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only")
        usage = x509.KeyUsage(
            digital_signature=not is_root,
            content_commitment=not is_root and not is_clock,
            key_cert_sign=is_root,
            crl_sign=is_root,
            **dict.fromkeys(unused, False),
        )
        builder = (
            x509.CertificateBuilder()
            .subject_name(name(who))
            .issuer_name(name("Outside: root"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=2 if not (is_root or is_clock) else 5 if is_clock else 9))
            .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
            .add_extension(usage, critical=True)
        )
        if is_clock:
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        if not is_root:
            place = x509.DistributionPoint([x509.UniformResourceIdentifier(f"{self.url}/root.crl")], None, None, None)
            builder = builder.add_extension(x509.CRLDistributionPoints([place]), critical=False)
        return builder.sign(self.root_key, SHA256())

    def crl(self) -> bytes:
        self.asked["crl"] += 1
        now = datetime.now(UTC)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.root.subject)
            .last_update(now - timedelta(minutes=5))
            .next_update(now + timedelta(days=1))
        )
        for number in self.revoked:
            gone = x509.RevokedCertificateBuilder().serial_number(number).revocation_date(now - timedelta(minutes=4)).build()
            builder = builder.add_revoked_certificate(gone)
        return builder.sign(self.root_key, SHA256()).public_bytes(DER)

    def time(self, query: bytes) -> bytes:
        self.asked["time"] += 1
        key = keys.PrivateKeyInfo.load(self.clock_key.private_bytes(DER, PrivateFormat.PKCS8, NoEncryption()))
        stamper = DummyTimeStamper(signing.read(self.clock), key, certs_to_embed=SimpleCertificateStore())
        return stamper.request_tsa_response(tsp.TimeStampReq.load(query)).dump()  # type: ignore[no-any-return]  # bytes


@contextmanager
def open_outside(folder: Path) -> Iterator[Outside]:
    found = Outside(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answered(found.crl(), "application/pkix-crl")

        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            self.answered(found.time(query), "application/timestamp-reply")

        def answered(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        found.begin(f"http://127.0.0.1:{server.server_port}")
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
