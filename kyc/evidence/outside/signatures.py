"""Signatures of messages between machines. Pure.

Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body` in base64, `v1,` before each, several after each
other while a secret is replaced. Stripe: HMAC-SHA256 over `timestamp.body` in hex, as `t=...,v1=...`.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping

# A message that was held back, or is sent again by who has overheard it, is late.
TOLERANCE = 5 * 60
PREFIX = "whsec_"
LEAST_BYTES = 24


class BadSecret(ValueError):
    """It is not written as `whsec_` and base64 of at least 24 bytes."""


class NotSigned(Exception):
    """Nobody who has a secret has signed this, or not now; `why` is a word."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def key(secret: str) -> bytes:
    """Raises BadSecret."""
    try:
        found = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if not secret.startswith(PREFIX) or len(found) < LEAST_BYTES:
        raise BadSecret("A secret of webhooks is written as whsec_ and the base64 of 24 to 64 random bytes.")
    return found


def signed(body: bytes, *, message: str, at: int, secret: str) -> str:
    made = hmac.digest(key(secret), f"{message}.{at}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(made).decode()}"


def headers(body: bytes, *, message: str, at: int, secret: str) -> dict[str, str]:
    """Of a message that we send."""
    signature = signed(body, message=message, at=at, secret=secret)
    return {"webhook-id": message, "webhook-timestamp": str(at), "webhook-signature": signature}


def check(body: bytes, given: Mapping[str, str], *, secrets: Iterable[str], now: float) -> str:
    """The message's own number. Raises NotSigned."""
    message, at = given.get("webhook-id", ""), timely(given.get("webhook-timestamp", ""), now)
    # With a point in it the parts of what is signed could be cut elsewhere.
    if not message or "." in message or len(message) > 200 or not message.isprintable():
        raise NotSigned("id")
    told = [part for part in given.get("webhook-signature", "").split() if part.startswith("v1,")]
    good = [signed(body, message=message, at=at, secret=secret) for secret in secrets]
    if not any([is_same(one, other) for one in told[:10] for other in good]):
        raise NotSigned("signature")
    return message


def check_stripe(body: bytes, header: str, *, secrets: Iterable[str], now: float) -> None:
    """Raises NotSigned."""
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [text for name, _, text in parts if name == "t"]
    at = timely(times[0] if len(times) == 1 else "", now)
    told = [text for name, _, text in parts if name == "v1"]
    good = [hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest() for secret in secrets]
    if not any([is_same(one, other) for one in told[:10] for other in good]):
        raise NotSigned("signature")


def timely(text: str, now: float) -> int:
    """As it was signed: a number that is written otherwise was not. Raises NotSigned."""
    if not text.isascii() or not text.isdecimal() or len(text) > 12 or str(int(text)) != text:
        raise NotSigned("timestamp")
    if abs(now - int(text)) > TOLERANCE:
        raise NotSigned("late")
    return int(text)


def is_same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
