"""What every request carries: an id, text in one encoding, a second factor where staff must have one, and a context for history
rows."""

import codecs
import contextlib
import re
import secrets
from urllib.parse import urlencode

from allauth.mfa.utils import is_mfa_enabled
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve, reverse

from accounts import acting, audit, second_factor
from accounts.headers import MACHINES, Handler

ENCODING = "utf-8"


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


class CharsetMiddleware:
    """What a browser sends is UTF-8, and so is read every address. A form that claims to be written otherwise is refused before
    anything reads it; what machines claim is judged where they are answered."""

    FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(MACHINES):
            return self.get_response(request)
        claimed = request.encoding or ENCODING
        # The page that refuses it looks into the form too.
        request.encoding = ENCODING
        if request.content_type in self.FORMS and codecs.lookup(claimed).name != ENCODING:
            raise BadRequest("A form in another encoding than UTF-8.")
        return self.get_response(request)


class FormAddressMiddleware:
    """Whoever opens the address that a form is sent to is told so, and led to the page above."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and request.method == "GET" and not response.content:
            response.content = render_to_string("405.html", {"above": above(request.path)}).encode()
        return response


def above(path: str) -> str:
    """The nearest address above that is one of ours."""
    *parts, _last = path.rstrip("/").split("/")
    while parts:
        address = "/".join([*parts, ""])
        with contextlib.suppress(Resolver404):
            resolve(address)
            return address
        parts.pop()
    return "/"


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
            if not is_mfa_enabled(user) and not second_factor.vouched(request):
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
