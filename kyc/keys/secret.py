"""The written form of a key: kh_live_ or kh_test_, 12 characters of id, 40 of secret, 6 of CRC32, all base62."""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from dataclasses import dataclass, field

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
PATTERN = re.compile(r"(kh_(?:live|test)_)([0-9A-Za-z]{12})([0-9A-Za-z]{40})([0-9A-Za-z]{6})", re.ASCII)


@dataclass(frozen=True)
class Written:
    """A well-formed key. `prefix` may be shown and stored, `text` never."""

    text: str = field(repr=False)
    prefix: str

    @property
    def last_four(self) -> str:
        return self.text[-4:]


def base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def checksum(body: str) -> str:
    return base62(zlib.crc32(body.encode()), 6)


def generate(*, live: bool = True) -> Written:
    prefix = ("kh_live_" if live else "kh_test_") + "".join(secrets.choice(ALPHABET) for _ in range(12))
    body = prefix + "".join(secrets.choice(ALPHABET) for _ in range(40))
    return Written(body + checksum(body), prefix)


def parse(text: str) -> Written | None:
    """None when it is no key of ours or its checksum is wrong, so that a typing error costs no query."""
    found = PATTERN.fullmatch(text)
    if found is None or not hmac.compare_digest(checksum(text[:-6]), text[-6:]):
        return None
    return Written(text, found[1] + found[2])


def shortened(text: str) -> str:
    """Without the secrets of keys that stand in it: of each only its beginning is left, which may be shown."""
    return PATTERN.sub(r"\1\2", text)


def digest(text: str, pepper: str) -> str:
    """HMAC-SHA256 in hex."""
    return hmac.new(pepper.encode(), text.encode(), hashlib.sha256).hexdigest()
