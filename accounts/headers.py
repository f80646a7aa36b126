"""What stands on every answer, be it a page, a file, an error or a style sheet: from where a browser takes what, what it lets a
page do, and that it keeps none.

It comes first of all middleware, so that nothing is answered without it. A view that needs something else says so itself."""

import secrets
from collections.abc import Callable, Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

Handler = Callable[[HttpRequest], HttpResponse]

# Powerful features that no page of ours uses; passkeys and the copying of a key are ours alone.
OFF = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "clipboard-read", "display-capture", "encrypted-media",
    "fullscreen", "gamepad", "geolocation", "gyroscope", "hid", "identity-credentials-get", "idle-detection", "keyboard-map",
    "local-fonts", "magnetometer", "microphone", "midi", "otp-credentials", "payment", "picture-in-picture", "screen-wake-lock",
    "serial", "storage-access", "sync-xhr", "usb", "window-management", "xr-spatial-tracking",
)  # fmt: skip
OURS = ("clipboard-write", "publickey-credentials-create", "publickey-credentials-get")
ALWAYS: Mapping[str, str] = {
    "Permissions-Policy": ", ".join([*(f"{name}=()" for name in OFF), *(f"{name}=(self)" for name in OURS)]),
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "private, no-store",
}


# Whoever asks there sends a credential with the first request.
MACHINES = ("/api/", "/metrics")
IN_CLEAR = "Ask with https. What was sent came in clear, so whoever listens knows it now: revoke this credential and use another."


class Nonce:
    """What a page writes on its script elements so that they run; made when the first one asks for it."""

    text = ""

    def __str__(self) -> str:
        self.text = self.text or secrets.token_urlsafe(16)
        return self.text


def policy(nonce: str) -> str:
    """No script without the nonce, and none at all in a page that asked for none. No style but from our files, no text that is
    taken for markup or script (trusted types; static/js/keyholder.js has the one exception), no frame, no plug-in.

    A form leads to us alone. Browsers judge by the same rule where its answer leads on, so that a provider of identities, to
    which signing in leads, has to stand in FORM_ACTIONS."""
    rules = {
        "default-src": "'none'",
        "script-src": f"'nonce-{nonce}'" if nonce else "'none'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": " ".join(["'self'", *settings.FORM_ACTIONS]),
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "object-src": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "default",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def is_in_clear(request: HttpRequest) -> bool:
    return settings.SECURE_SSL_REDIRECT and not request.is_secure() and request.path_info.startswith(MACHINES)


def in_clear() -> JsonResponse:
    """In the form in which the API declines everything (kyc/api/errors.py)."""
    return JsonResponse({"error": "invalid_request", "error_description": IN_CLEAR}, status=403)


class HeadersMiddleware:
    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.csp_nonce = nonce = Nonce()
        response = self.get_response(request)
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", policy(nonce.text))
        return response


class MachinesMiddleware:
    """Below the one of Django's that leads people to https."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return in_clear() if is_in_clear(request) else self.get_response(request)
