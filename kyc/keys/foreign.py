"""The written form of keys that were issued elsewhere, and their digests.

How they look says the operator, in ESTATE_FORMS: with what they begin, by how many characters one is found, and how many it has.
Without it there are none, and what is no key of ours costs no query.

Only digests that are compared at the speed of a request are taken: SHA-256, and HMAC-SHA256 under a pepper of the provider's in
ESTATE_PEPPERS. bcrypt and argon2 are made to take tens of milliseconds and megabytes, for passwords, which can be guessed; at
each question of a gateway that is an outage for whoever asks often. Such keys are rolled instead."""

import base64
import binascii
import hashlib
import hmac
import re

from django.conf import settings

from kyc.keys import secret
from kyc.keys.secret import Written

LONGEST_PREFIX = 24
# What a key is made of.
TEXT = re.compile(r"[!-~]+", re.ASCII)
HEX = re.compile(r"[0-9A-Fa-f]{64}", re.ASCII)
BASE64 = re.compile(r"[0-9A-Za-z+/_-]{43}=?", re.ASCII)
SCHEME = re.compile(r"(sha256)|hmac-sha256:([0-9]{1,5})", re.ASCII)


def parse(text: str) -> Written | None:
    """A key of ours or, where any were imported, one of the form that those have."""
    return secret.parse(text) or next(filter(None, (of_form(text, *form) for form in settings.ESTATE_FORMS)), None)


def of_form(text: str, begins: str, found_by: int, length: int) -> Written | None:
    is_one = len(text) == length and text.startswith(begins) and TEXT.fullmatch(text)
    return Written(text, text[:found_by]) if is_one else None


def is_prefix(text: str) -> bool:
    """Whether a key of those forms is found by it."""
    forms = settings.ESTATE_FORMS
    return any(len(text) == found_by and text.startswith(begins) for begins, found_by, _length in forms) and bool(
        TEXT.fullmatch(text)
    )


def is_secret(text: str) -> bool:
    """Whether a whole key stands in it, which nobody should have written there."""
    if secret.PATTERN.search(text):
        return True
    words = [found.group() for found in TEXT.finditer(text)]
    return any(
        len(word) - at >= length
        for begins, _found_by, length in settings.ESTATE_FORMS
        for word in words
        if (at := word.find(begins)) >= 0
    )


def scheme(name: str) -> str:
    """As it is kept: sha256 or hmac:VERSION; empty of one that is not taken."""
    found = SCHEME.fullmatch(name)
    return "" if found is None else found[1] or f"hmac:{int(found[2])}"


def pepper(kept: str) -> str:
    """Of a scheme of HMAC; empty where the settings have none of that version."""
    return str(settings.ESTATE_PEPPERS.get(kept.removeprefix("hmac:"), ""))


def in_hex(digest: str) -> str:
    """256 bits as they were written, in hex or base64, in lower hex; empty of what is neither."""
    if HEX.fullmatch(digest):
        return digest.lower()
    if not BASE64.fullmatch(digest):
        return ""
    try:
        found = base64.b64decode(digest.rstrip("=").translate({45: "+", 95: "/"}) + "=", validate=True)
    except binascii.Error:
        return ""
    return found.hex()


def matches(text: str, digest: str, kept: str) -> bool:
    """Whether it is the key of that digest."""
    if kept == "sha256":
        return hmac.compare_digest(digest, hashlib.sha256(text.encode()).hexdigest())
    under = pepper(kept)
    return bool(under) and hmac.compare_digest(digest, secret.digest(text, under))
