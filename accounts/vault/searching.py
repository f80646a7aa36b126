"""Finding by an exact number: keyed hashes of normalised values, of no use without the index key."""

import hmac
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.db.models import QuerySet

from accounts.vault import boxes, subjects
from accounts.vault.models import SearchDigest


def digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def characters(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text))).casefold()


# By purpose, what of a value counts.
NORMALISED: dict[str, Callable[[str], str]] = {"phone": digits, "number": characters, "payment": characters, "tax": characters}
# Shorter ones are found by anybody who tries them all.
SHORTEST = 5


@lru_cache(maxsize=16)
def index_key(secret: str, purpose: str) -> bytes:
    """Another key for every purpose, so that equal numbers of two kinds do not look alike."""
    return boxes.derived(secret.encode(), f"accounts.vault index {purpose}")


def digest(text: str, *, purpose: str) -> str:
    """Empty where too little is left to search for."""
    value = NORMALISED[purpose](text)
    if len(value) < SHORTEST:
        return ""
    return hmac.new(index_key(settings.VAULT_INDEX_KEY, purpose), value.encode(), "sha256").hexdigest()


def note(plain: str, *, purpose: str, subject: "subjects.Subject", place: str, row: int) -> None:
    """What the value there is found by from now on."""
    found = digest(plain, purpose=purpose) if plain else ""
    if not found:
        SearchDigest.objects.filter(place=place, row=row).delete()
        return
    key, _plain_key = subjects.writing(subject)
    SearchDigest.objects.update_or_create(
        place=place,
        row=row,
        defaults={"subject": key, "organisation_id": subject.organisation, "purpose": purpose, "digest": found},
    )


def matches(text: str) -> QuerySet[SearchDigest]:
    """Where exactly that number stands, whatever kind it is of."""
    return SearchDigest.objects.filter(digest__in={digest(text, purpose=purpose) for purpose in NORMALISED} - {""})


def fingerprint(text: str, *, purpose: str) -> str:
    """By which it is told whether a text is the same as another, of no use without the index key."""
    return hmac.new(index_key(settings.VAULT_INDEX_KEY, f"fingerprint {purpose}"), text.encode(), "sha256").hexdigest()
