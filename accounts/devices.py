"""Which browser it is: a random token of ours in a cookie, given at the first sign-in of a customer and shown again at the next.

Nothing is read out of the browser (no fingerprint): whoever deletes the cookie is another device to us. It opens nothing, and it
is signed, so that nobody makes himself another's by a token that he thought up.
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from accounts.headers import Handler

SIGNER = signing.Signer(salt="accounts.devices")
# Browsers keep none longer.
LASTS = timedelta(days=400)
GIVEN = "keyholder_device"


def cookie() -> str:
    return f"{settings.OURS_ALONE}device"


def of(request: HttpRequest) -> str:
    """The token of the browser, which is given one with the answer where it shows none of ours."""
    given = vars(request).get(GIVEN)
    if given is None:
        given = vars(request)[GIVEN] = shown(request) or secrets.token_hex(16)
    return str(given)


def shown(request: HttpRequest) -> str:
    try:
        return SIGNER.unsign(request.COOKIES.get(cookie(), ""))
    except signing.BadSignature:
        return ""


class DeviceMiddleware:
    """Gives it where somebody asked which browser it is; again and again, so that it lasts."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if given := vars(request).get(GIVEN):
            response.set_cookie(
                cookie(),
                SIGNER.sign(given),
                max_age=LASTS,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response
