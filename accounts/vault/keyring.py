"""Key-encryption keys: numbered, the highest wraps, all unwrap. One is a secret of ours or a key of AWS KMS.

`settings.VAULT_KEYS` is written `1:secret,2:arn:aws:kms:...`, so that moving to KMS is a rotation like any other.
"""

import os
import secrets
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.refused import Refused
from accounts.vault import boxes

KMS = "arn:aws"


class KeyMissing(Exception):
    """A key is wrapped by a key-encryption key that this process was not given."""


class Wrapper(Protocol):
    """All that a key-encryption key does. `bound` names the subject whose key it is."""

    def wrap(self, key: bytes, *, bound: str) -> bytes: ...

    def unwrap(self, wrapped: bytes, *, bound: str) -> bytes: ...


class Secret:
    def __init__(self, secret: str) -> None:
        self.key = boxes.derived(secret.encode(), "accounts.vault key-encryption key")

    def wrap(self, key: bytes, *, bound: str) -> bytes:
        return boxes.seal(self.key, key, bound=bound)

    def unwrap(self, wrapped: bytes, *, bound: str) -> bytes:
        return boxes.unseal(self.key, wrapped, bound=bound)


@lru_cache(maxsize=32)
def wrapper(written: str) -> Wrapper:
    if written.startswith(KMS):
        # Needs boto3, which an installation without KMS does not carry.
        found: Wrapper = import_module("accounts.vault.kms").Kms(written)
        return found
    return Secret(written)


def parsed(text: str) -> dict[str, str]:
    return {version: key for version, _, key in (part.partition(":") for part in text.strip().split(","))}


@lru_cache(maxsize=4)
def read(path: Path, _changed: int) -> dict[str, str]:
    return parsed(path.read_text())


def written() -> dict[str, str]:
    """The environment's; in demo mode a file's, which is read anew when it was changed."""
    path: Path | None = settings.VAULT_KEYS_FILE
    return read(path, path.stat().st_mtime_ns) if path else settings.VAULT_KEYS


class NoFile(Refused):
    """Key-encryption keys come from the environment, and only its keeper can add one."""


def add() -> str:
    """Another key in the file of the demo; from now on it wraps."""
    path: Path | None = settings.VAULT_KEYS_FILE
    if path is None:
        raise NoFile(
            _("Add the new key to VAULT_KEYS yourself, start all processes with it, then run rotate_keys without --new.")
        )
    version = str(int(current()) + 1)
    beside = path.with_name(f"{path.name}.new")
    beside.touch(mode=0o600)
    beside.write_text(f"{path.read_text().strip()},{version}:{secrets.token_urlsafe(32)}\n")
    os.replace(beside, path)
    return version


def current() -> str:
    return max(written(), key=int)


def wrap(key: bytes, *, bound: str) -> tuple[str, bytes]:
    """The version that wrapped it, and the wrapped key."""
    version = current()
    return version, wrapper(written()[version]).wrap(key, bound=bound)


def unwrap(version: str, wrapped: bytes, *, bound: str) -> bytes:
    """Raises KeyMissing, Tampered."""
    if version not in (known := written()):
        raise KeyMissing(f"VAULT_KEYS has no key number {version}, which still wraps keys. Give it, then run rotate_keys.")
    return wrapper(known[version]).unwrap(wrapped, bound=bound)
