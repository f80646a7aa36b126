"""What every request carries: an id, a second factor where staff must have one, and a context for history rows."""

import contextlib
import re
import secrets
from hashlib import sha256
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.models import UserSession
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts import acting, audit, second_factor, shared
from accounts.headers import Handler


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


def seen_at(session_key: str | None) -> str:
    """Where it is noted that a session was seen within the minute."""
    return f"seen:{sha256(str(session_key).encode()).hexdigest()}"


class LastSeenMiddleware:
    """Notes when, from where and with what a session was last used: once a minute, since more says nothing more. The session
    itself is left alone: written, it would last longer with each page that asks by itself, and undo what another request
    has just put into it."""

    EVERY = 60

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and shared.note_first(seen_at(request.session.session_key), seconds=self.EVERY):
            self.see(request)
        return self.get_response(request)

    @staticmethod
    def see(request: HttpRequest) -> None:
        agent = request.headers.get("User-Agent", "")[: UserSession._meta.get_field("user_agent").max_length]
        own = UserSession.objects.filter(session_key=request.session.session_key, user=request.user.pk)
        now = {"last_seen_at": timezone.now(), "ip": get_adapter().get_client_ip(request), "user_agent": agent}
        if not own.update(**now):
            UserSession.objects.create_from_request(request)


class SecondFactorMiddleware:
    """Staff reach nothing but enrolment and sign-out until a second factor stands behind the session."""

    SHOWING = ("/account/2fa/reauthenticate/", "/account/2fa/webauthn/reauthenticate/")
    OPEN = ("/account/logout/", *SHOWING, "/static/", "/demo/", "/healthz", "/readyz")
    # Staff must have a factor, so the last one stays; whoever lost it is helped by an administrator.
    REMOVAL = re.compile(r"/account/2fa/(totp/deactivate|webauthn/keys/\d+/remove)/")
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
                return redirect(f"{reverse(second_factor.page(user))}?{urlencode({'next': request.path})}")
            elif self.REMOVAL.match(request.path) and second_factor.count(user) < 2:
                raise Http404
        return self.get_response(request)


class HistoryContextMiddleware:
    """Names the acting user and the request in every history row the request writes."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        writes = request.method not in {"GET", "HEAD", "OPTIONS"}
        context = acting.named(user=request.user.pk, request=audit.request_id.get()) if writes else contextlib.nullcontext()
        with context:
            return self.get_response(request)
