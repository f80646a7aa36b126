"""A gateway shows its own credential: `Authorization: Bearer khgw_...`, or HTTP Basic with it as the password."""

import base64
import binascii
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts import certificates, credentials
from accounts.models import GatewayCredential
from kyc.api import guessing

REALM = 'Bearer realm="keyholder"'
MISSING = "Show a gateway credential: Authorization: Bearer khgw_..."
REFUSED = "This gateway credential is not known, or it has been revoked. Show one: Authorization: Bearer khgw_..."

BOUND = "This gateway credential is bound to a client certificate, and that one did not come with it."


def shown(header: str) -> str:
    """The credential in an Authorization header, or ''. Printable ASCII only: a database takes no zero bytes."""
    scheme, _, value = header.partition(" ")
    text = ""
    if scheme.lower() == "bearer":
        text = value.strip()
    elif scheme.lower() == "basic":
        text = password(value)
    return text if text.isascii() and text.isprintable() else ""


def password(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode("ascii").partition(":")[2]
    except (binascii.Error, UnicodeError, ValueError):
        return ""


class GatewayAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[GatewayCredential, None]:
        credential = credentials.authenticate(shown(get_authorization_header(request).decode("latin-1")))
        if credential is None:
            guessing.bad_credential(request._request)
            raise AuthenticationFailed(REFUSED if is_shown(request) else MISSING)
        if certificates.is_bound_elsewhere(request._request, credential.certificate):
            guessing.bad_credential(request._request)
            raise AuthenticationFailed(BOUND)
        return credential, None

    def authenticate_header(self, request: Request) -> str:
        """RFC 6750, section 3.1: the error only where something was shown."""
        return f'{REALM}, error="invalid_token"' if is_shown(request) else REALM


def is_shown(request: Request) -> bool:
    """Whether there is anything by a scheme that we know; nothing and an unknown scheme are only told what is asked for."""
    scheme, _, value = get_authorization_header(request).partition(b" ")
    return scheme.lower() in {b"bearer", b"basic"} and bool(value.strip())


class GatewayScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # drf-spectacular's registry
    target_class = GatewayAuthentication
    name = "gateway"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
