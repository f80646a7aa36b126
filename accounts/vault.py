"""Where direct identifiers and files are kept: one field type and one file store for the whole product.

Every document number, birth date, street address and phone stands in a `SealedField`; every upload and issued PDF in
`VaultStorage`. Protection at rest is added here, and nowhere else.
"""

import secrets
from base64 import urlsafe_b64encode
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db import models
from django.utils.deconstruct import deconstructible


class SealedField(models.TextField):
    """Text that identifies a person directly. Not to be filtered on, logged or put in a task."""

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name not in {"exact", "isnull"}:
            return None
        return super().get_lookup(lookup_name)


@deconstructible
class VaultStorage(FileSystemStorage):
    """Private files under names that say nothing; never served by URL, only by views that check the reader."""

    def __init__(self) -> None:
        super().__init__(location=settings.VAULT_DIR, file_permissions_mode=0o600, directory_permissions_mode=0o700)

    def url(self, name: str | None) -> str:
        raise ValueError("This file is not accessible via a URL.")

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        token = secrets.token_hex(16)
        return f"{token[:2]}/{token}"


def lock(purpose: str) -> Fernet:
    """Another key for every purpose."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"accounts.vault {purpose}".encode())
    return Fernet(urlsafe_b64encode(derived.derive(settings.SECRET_KEY.encode())))


def sealed(text: str, *, purpose: str) -> str:
    """Encrypted and authenticated, for what lies somewhere for a while."""
    return lock(purpose).encrypt(text.encode()).decode()


def opened(text: str, *, purpose: str) -> str | None:
    """None where it was not sealed for this purpose, or was changed since."""
    try:
        return lock(purpose).decrypt(text.encode()).decode()
    except InvalidToken:
        return None
