"""How often the same may be tried, counted in the cache that all processes share and by the address that settings trust."""

from allauth.core.internal import ratelimit
from django.http import HttpRequest, HttpResponse

APP = "keyholder"


def spent(request: HttpRequest, action: str, rates: str, *, key: str | None = None) -> bool:
    """Counts one attempt; true once there were more than `rates` allows, such as "20/h/ip" or "5/d/key"."""
    usage = ratelimit.consume(request, app=APP, action=action, config={action: rates}, key=key, limit_get=True)
    return usage is None


def refused(request: HttpRequest) -> HttpResponse:
    """Our page for 429."""
    return ratelimit.respond_429(request)
