"""Who asked for what, and whether it was granted: a line of the log for every request, and one for whatever was shown to get in.

Which view, with which numbers: the address itself is not written, since some hold a secret, and what was searched for or sent is
written nowhere. Nor is an e-mail address that was typed: people type their passwords into the wrong field.
"""

import logging
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url

from accounts import limits
from accounts.headers import Handler
from accounts.models import GatewayCredential, User

access = logging.getLogger("keyholder.access")
sign_in = logging.getLogger("keyholder.sign_in")

# What a wrong word in a form or a page that is gone is answered with: no attempt at anything.
HARMLESS = {409, 410, 422}
# Asked every few seconds by what watches whether the process lives.
UNSAID = ("/healthz", "/readyz")


class AccessLogMiddleware:
    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        before = request.user
        response = self.get_response(request)
        if not request.path_info.startswith(UNSAID):
            # Whoever signs out is known before, and whoever signs in after.
            after = getattr(request, "user", None)
            tell(request, response, who=after if is_known(after) else before)
        return response


def is_known(who: Any) -> bool:
    return isinstance(who, User | GatewayCredential)


def tell(request: HttpRequest, response: HttpResponse, *, who: Any) -> None:
    granted = is_granted(request, response)
    level = logging.INFO if granted or response.status_code in HARMLESS else logging.WARNING
    if access.isEnabledFor(level):
        facts = {
            "status": response.status_code,
            "method": request.method,
            **of_view(request),
            **of_person(who),
            **origin(request),
        }
        access.log(level, "granted" if granted else "refused", extra={"facts": facts})


def tell_machine(request: HttpRequest, status: int, *, view: str, gateway: int | None) -> None:
    """The same of what is answered before the middleware that knows people."""
    granted = status < 400
    level = logging.INFO if granted or status in HARMLESS else logging.WARNING
    if access.isEnabledFor(level):
        facts = {"status": status, "method": request.method, "view": view, "gateway": gateway, **origin(request)}
        access.log(level, "granted" if granted else "refused", extra={"facts": facts})


def is_granted(request: HttpRequest, response: HttpResponse) -> bool:
    """Whoever is led to the sign-in or to a second factor got nothing of what he asked for."""
    if response.status_code >= 400:
        return False
    is_led_away = response.get("Location", "").startswith((resolve_url(settings.LOGIN_URL), "/account/2fa/"))
    return not is_led_away or request.path_info.startswith("/account/")


def of_view(request: HttpRequest) -> dict[str, Any]:
    match = request.resolver_match
    if match is None:
        return {}
    return {
        "view": match.view_name,
        "of": {name: value for name, value in match.kwargs.items() if isinstance(value, int)} or None,
    }


def of_person(who: Any) -> dict[str, Any]:
    if isinstance(who, GatewayCredential):
        return {"gateway": who.pk}
    return {"user": who.pk, "role": who.staff_role} if isinstance(who, User) else {}


def origin(request: HttpRequest) -> dict[str, str]:
    return {"address": limits.source(request)}


def told(request: HttpRequest | None, what: str, *, level: int = logging.INFO, **facts: Any) -> None:
    """Of what somebody showed to get in."""
    sign_in.log(level, what, extra={"facts": {**facts, **(origin(request) if request else {})}})


def on_sign_in(*, request: HttpRequest, user: User, **_: object) -> None:
    """Django's signal."""
    shown = request.session.get("account_authentication_methods", [])
    told(request, "signed in", **of_person(user), methods=sorted({one.get("type") or one.get("method", "") for one in shown}))


def on_sign_out(*, request: HttpRequest, user: User | None, **_: object) -> None:
    """Django's signal."""
    if user:
        told(request, "signed out", **of_person(user))


def on_failure(*, request: HttpRequest | None = None, credentials: dict[str, Any], **_: object) -> None:
    """Django's signal: a wrong password, of whichever account it was meant for, if there is one."""
    email = str(credentials.get("email") or "")
    account = User.objects.filter(email__iexact=email).values_list("pk", flat=True).first() if email else None
    told(request, "wrong password", level=logging.WARNING, user=account)
