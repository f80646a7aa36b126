"""The demo's own authority: a root, and below it the certificate that its reports are signed with.

Made the first time that something is signed, in the state folder and for its owner alone. The root's key signs that one
certificate and is then forgotten, so nobody can make another.
"""

import contextlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from config import installation

SIGNER, ROOT = "signer.pem", "root.pem"
# Longer than the rule pack keeps an issued report, for years in which some are signed. When it has ended, what was issued before
# is judged by the day of its issue (reports/checker.believed).
SIGNS_FOR, STANDS_FOR = timedelta(days=12 * 365), timedelta(days=25 * 365)
# A clock that runs behind ours takes it too.
BEFORE = timedelta(hours=1)


def kept(folder: Path, *, provider: str) -> Path:
    """The folder with SIGNER (key and certificate) and ROOT; made where it is not there yet."""
    with installation.locked("report-authority.lock"):
        if not (folder / SIGNER).exists():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            make(folder, provider=provider)
    return folder


def make(folder: Path, *, provider: str) -> None:
    root_key, key = drawn(), drawn()
    root_name = named(provider, "Reports of the demo: root")
    root = certified(root_name, root_key.public_key(), by=root_name, key=root_key, lasts=STANDS_FOR, is_root=True)
    signer = certified(named(provider, "Reports of the demo"), key.public_key(), by=root_name, key=root_key, lasts=SIGNS_FOR)
    written = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    private(folder / ROOT, root.public_bytes(Encoding.PEM))
    private(folder / SIGNER, written + signer.public_bytes(Encoding.PEM))


def drawn() -> rsa.RSAPrivateKey:
    """RSA, since PDF 1.7, on which PDF/A-3 stands, knows no curves."""
    return rsa.generate_private_key(65537, 3072)


def named(provider: str, what: str) -> x509.Name:
    # 64 characters are what the standard gives either.
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, provider[:64]), x509.NameAttribute(NameOID.COMMON_NAME, what)]
    )


def certified(
    name: x509.Name,
    public: rsa.RSAPublicKey,
    *,
    by: x509.Name,
    key: rsa.RSAPrivateKey,
    lasts: timedelta,
    is_root: bool = False,
) -> x509.Certificate:
    now = datetime.now(UTC)
    usage = dict.fromkeys(("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(by)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(now + lasts)
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=0 if is_root else None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not is_root, content_commitment=not is_root, key_cert_sign=is_root, crl_sign=is_root, **usage
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    return builder.sign(key, SHA256())


def private(path: Path, data: bytes) -> None:
    """Whole or not at all, and for its owner alone."""
    beside = path.with_name(f"{path.name}.new")
    with contextlib.suppress(FileNotFoundError):
        beside.unlink()
    with open(beside, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(data)
    beside.replace(path)
