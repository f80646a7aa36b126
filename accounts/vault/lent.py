"""What lies outside the database for a while, such as a form whose writer has to sign in first."""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from accounts.vault.boxes import derived


def lock(purpose: str) -> Fernet:
    """Another key for every purpose."""
    return Fernet(urlsafe_b64encode(derived(settings.SECRET_KEY.encode(), f"accounts.vault {purpose}")))


def sealed(text: str, *, purpose: str) -> str:
    """Encrypted and authenticated, for what lies somewhere for a while."""
    return lock(purpose).encrypt(text.encode()).decode()


def opened(text: str, *, purpose: str) -> str | None:
    """None where it was not sealed for this purpose, or was changed since."""
    try:
        return lock(purpose).decrypt(text.encode()).decode()
    except InvalidToken:
        return None
