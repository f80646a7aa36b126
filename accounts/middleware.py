"""What every request carries: an id, a second factor where staff must have one, and a context for history rows."""

import contextlib
import secrets
from collections.abc import Callable
from urllib.parse import urlencode

import pghistory
from allauth.mfa.utils import is_mfa_enabled
from django.http import Http404, HttpRequest, HttpResponse
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
    # Staff must have a factor, so there is nothing here for them; whoever lost it is helped by an administrator.
    NEVER = ("/account/2fa/totp/deactivate/",)
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
            elif request.path.startswith(self.NEVER):
                raise Http404
        return self.get_response(request)


class PrivatePagesMiddleware:
    """What a signed-in person sees is kept by no cache, unless the page itself says otherwise."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Read before the view: the API puts the gateway's credential in the user's place.
        is_personal = request.user.is_authenticated or request.path.startswith("/account/")
        response = self.get_response(request)
        if is_personal and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response


class HistoryContextMiddleware:
    """Names the acting user and the request in every history row the request writes."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        writes = request.method not in {"GET", "HEAD", "OPTIONS"}
        context = pghistory.context(user=request.user.pk, request=audit.request_id.get()) if writes else contextlib.nullcontext()
        with context:
            return self.get_response(request)
