"""AES-256-GCM, and keys for one purpose made of another key. Pure: no Django."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY, NONCE, TAG = 32, 12, 16


class Tampered(Exception):
    """What was sealed has been changed, or stands somewhere else than where it was sealed."""


def new_key() -> bytes:
    return os.urandom(KEY)


def derived(key: bytes, purpose: str, *, salt: bytes | None = None) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY, salt=salt, info=purpose.encode()).derive(key)


def seal(key: bytes, plain: bytes, *, bound: str) -> bytes:
    """`bound` says where it belongs; it opens nowhere else."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound.encode())


def unseal(key: bytes, box: bytes, *, bound: str) -> bytes:
    """Raises Tampered."""
    try:
        return AESGCM(key).decrypt(box[:NONCE], box[NONCE:], bound.encode())
    except (InvalidTag, ValueError) as error:
        raise Tampered(f"What stands at {bound} was not sealed there, or was changed.") from error
