"""What every request carries: an id, a second factor where staff must have one, and a context for history rows."""

import contextlib
import secrets
from collections.abc import Callable
from urllib.parse import urlencode

import pghistory
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts import audit, second_factor

Handler = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = audit.request_id.set(secrets.token_hex(8))
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = audit.request_id.get()
        finally:
            audit.request_id.reset(token)
        return response


class SecondFactorMiddleware:
    """Staff reach nothing but enrolment and sign-out until a second factor stands behind the session."""

    OPEN = ("/account/logout/", "/account/2fa/reauthenticate/", "/static/", "/demo/", "/healthz", "/readyz")
    # Open only to who has no factor yet: behind these stand recovery codes and the switching off, which ask for a password alone.
    ENROLMENT = ("/account/2fa/", "/account/reauthenticate/", "/account/confirm-email")

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated and user.is_staff and not request.path.startswith(self.OPEN):
            if not is_mfa_enabled(user):
                if not request.path.startswith(self.ENROLMENT):
                    return redirect("mfa_activate_totp")
            elif not second_factor.shown(request):
                return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': request.path})}")
        return self.get_response(request)


class HistoryContextMiddleware:
    """Names the acting user and the request in every history row the request writes."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        writes = request.method not in {"GET", "HEAD", "OPTIONS"}
        context = pghistory.context(user=request.user.pk, request=audit.request_id.get()) if writes else contextlib.nullcontext()
        with context:
            return self.get_response(request)
