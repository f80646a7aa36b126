"""What lies outside the database for a while, such as a form whose writer has to sign in first; and what stands in it for as long
as the installation and is of no subject, such as the seeds of second factors."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from django.conf import settings

from accounts.vault.boxes import Tampered, derived, seal, unseal


def lock(purpose: str, under: str) -> bytes:
    """Another key for every purpose."""
    return derived(under.encode(), f"accounts.vault {purpose}")


def locked(text: str, *, purpose: str, row: str) -> str:
    """Sealed under the one secret that never changes, for one row: it opens in no other."""
    return urlsafe_b64encode(seal(lock(purpose, settings.VAULT_INDEX_KEY), text.encode(), bound=bound(purpose, row))).decode()


def unlocked(text: str, *, purpose: str, row: str) -> str:
    """Raises Tampered."""
    try:
        box = urlsafe_b64decode(text.encode())
    except ValueError as error:
        raise Tampered(f"What stands there was not sealed as one of the {purpose}.") from error
    return unseal(lock(purpose, settings.VAULT_INDEX_KEY), box, bound=bound(purpose, row)).decode()


def bound(purpose: str, row: str) -> str:
    return f"{purpose}, {row}"


def sealed(text: str, *, purpose: str) -> str:
    """Encrypted and authenticated, for what lies somewhere for a while."""
    return urlsafe_b64encode(seal(lock(purpose, settings.SECRET_KEY), text.encode(), bound=purpose)).decode()


def opened(text: str, *, purpose: str) -> str | None:
    """None where it was not sealed for this purpose, or was changed since."""
    try:
        return unseal(lock(purpose, settings.SECRET_KEY), urlsafe_b64decode(text.encode()), bound=purpose).decode()
    except (Tampered, ValueError):
        return None
