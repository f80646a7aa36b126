"""The one canonical form of facts (RFC 8785) and its digest."""

import hashlib
from typing import Any

import rfc8785


def encode(facts: dict[str, Any]) -> bytes:
    return rfc8785.dumps(facts)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
