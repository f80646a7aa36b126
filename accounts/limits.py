"""How often the same may be tried, counted in the cache that all processes share and by the address that settings trust."""

import math
import time
from hashlib import sha256

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts import shared

APP = "keyholder"
# No limit that the sign-in library sets by itself lasts longer.
AT_MOST = 5 * 60


def spent(request: HttpRequest, action: str, rates: str, *, key: str | None = None) -> bool:
    """Counts one attempt; true once there were more than `rates` allows, such as "20/h/ip" or "5/d/key"."""
    return counted(request, action, rates, key=key) is None


def counted(request: HttpRequest, action: str, rates: str, *, key: str | None = None) -> ratelimit.RateLimitUsage | None:
    """Counts one attempt, which can be taken back; None where it is one too many."""
    return ratelimit.consume(request, app=APP, action=action, config={action: rates}, key=key, limit_get=True)


def forget(request: HttpRequest, action: str, rates: str, *, key: str | None = None) -> None:
    ratelimit.clear(request, app=APP, action=action, config={action: rates}, key=key)


def too_many(what: str, source: str, *, most: int, seconds: int) -> int:
    """Counts one more from this source in the present stretch of so many seconds; in how many the next begins once there were
    more than `most`, else 0. Cheaper than the others, for what comes by the thousand; while the cache is away nothing is
    counted."""
    now = int(time.time())
    tries = shared.counted(f"{APP}:{what}:{sha256(source.encode()).hexdigest()}:{now // seconds}", seconds=seconds)
    return seconds - now % seconds if tries > most else 0


def source(request: HttpRequest) -> str:
    """The address that is trusted, of IPv6 the network of a household; all who come without one count as one."""
    try:
        return str(ratelimit.get_ip(request))
    except PermissionDenied:
        return ""


def wait(request: HttpRequest, action: str, rates: str, *, key: str | None = None) -> float:
    """In how many seconds the next attempt is allowed; 0 where it is now."""
    longest = 0.0
    for rate in ratelimit.parse_rates(rates):
        tries = cache.get(ratelimit.get_cache_key(request, app=APP, action=action, rate=rate, key=key), [])
        if len(tries) >= rate.amount:
            longest = max(longest, tries[-1] + rate.duration - time.time())
    return longest


def refused(request: HttpRequest, seconds: float = AT_MOST, *, by_mail: bool = False) -> HttpResponse:
    """Our page for 429, which says when to try again; and of passwords, that a new one `by_mail` is taken meanwhile."""
    seconds = max(1, math.ceil(seconds))
    response = render(request, "429.html", {"minutes": math.ceil(seconds / 60), "by_mail": by_mail}, status=429)
    response["Retry-After"] = str(seconds)
    return response
