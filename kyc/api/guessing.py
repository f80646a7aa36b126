"""Who guesses is slowed, and never who knows.

Only what was refused is counted, after it was judged: a good credential and a good key cost nothing more and are answered however
much nonsense comes from beside them, be it through the same address or the same gateway. While the cache is away nobody is
slowed."""

from django.http import HttpRequest
from rest_framework.exceptions import Throttled

from accounts import limits

# In five minutes. An honest gateway whose credential was revoked comes here too, and can't be right any sooner.
SECONDS = 5 * 60
BAD_CREDENTIALS = 1000
# A busy gateway is sent much that is no key; one that asks about so much of it is being used to look for one.
BAD_KEYS = 5000


def bad_credential(request: HttpRequest) -> None:
    """Counted by address. Raises Throttled."""
    slow(limits.too_many("credential", limits.source(request), most=BAD_CREDENTIALS, seconds=SECONDS))


def bad_key(gateway: int) -> None:
    """Of what is no key of ours, counted by gateway. Of a key that there is, be it revoked or on hold, it is always said that it
    isn't good, so that no gateway goes on with one because it was told to wait. Raises Throttled."""
    slow(limits.too_many("key", str(gateway), most=BAD_KEYS, seconds=SECONDS))


def slow(seconds: int) -> None:
    if seconds:
        raise Throttled(wait=seconds)
