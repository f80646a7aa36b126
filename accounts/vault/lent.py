"""What lies outside the database for a while, such as a form whose writer has to sign in first."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from django.conf import settings

from accounts.vault.boxes import Tampered, derived, seal, unseal


def lock(purpose: str) -> bytes:
    """Another key for every purpose."""
    return derived(settings.SECRET_KEY.encode(), f"accounts.vault {purpose}")


def sealed(text: str, *, purpose: str) -> str:
    """Encrypted and authenticated, for what lies somewhere for a while."""
    return urlsafe_b64encode(seal(lock(purpose), text.encode(), bound=purpose)).decode()


def opened(text: str, *, purpose: str) -> str | None:
    """None where it was not sealed for this purpose, or was changed since."""
    try:
        return unseal(lock(purpose), urlsafe_b64decode(text.encode()), bound=purpose).decode()
    except (Tampered, ValueError):
        return None
