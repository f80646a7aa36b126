"""A key that never leaves its token: named by a PKCS#11 URI (RFC 7512), as in
`pkcs11:token=Keyholder;object=reports?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=/run/secrets/pin`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

SCHEME = "pkcs11:"
NEEDED = ("token", "object", "module-path", "pin-source")


class BadToken(ValueError):
    """The URI leaves out what is needed; says what."""


class Place(NamedTuple):
    """Which key of which token, by which library, and the file with its PIN."""

    token: str
    object: str
    module: str
    pin_file: str


def is_token(written: str) -> bool:
    return written.startswith(SCHEME)


def place(written: str) -> Place:
    path, _, query = written.removeprefix(SCHEME).partition("?")
    found = dict(part.partition("=")[::2] for part in [*path.split(";"), *query.split("&")])
    missing = [name for name in NEEDED if not found.get(name)]
    if missing:
        raise BadToken(f"REPORT_SIGNER names no {', '.join(missing)}.")
    return Place(*(unquote(found[name]) for name in NEEDED))


@contextmanager
def opened(written: str, certificate: Any, between: list[Any]) -> Iterator[Any]:
    """pyHanko's signer over the token, which is closed behind it."""
    # A C extension that installations without a token need not load.
    from pyhanko.config.pkcs11 import TokenCriteria
    from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session

    found = place(written)
    pin = Path(found.pin_file.removeprefix("file://")).read_text().strip()
    with open_pkcs11_session(found.module, token_criteria=TokenCriteria(label=found.token), user_pin=pin) as session:
        yield PKCS11Signer(session, signing_cert=certificate, ca_chain=between, key_label=found.object, embed_roots=False)
