"""The certificate by which a gateway has proved itself to the proxy that ends TLS before us (RFC 8705), as the proxy tells of it.

It is believed of nobody but the proxies that CLIENT_CERT_PROXIES names, by the address of the connection, and only beside the
secret that is shared with them: whoever else can reach the server from such an address can't write that. A credential that is
bound to a certificate is good with that certificate alone, so where none is believed it is good for nothing."""

import base64
import binascii
import hmac
import re
from hashlib import sha256
from ipaddress import ip_address
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.refused import Refused

BESIDE = "HTTP_X_CLIENT_CERT_SECRET"
PEM = re.compile(r"\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*", re.ASCII)
THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
HEX = re.compile(r"[0-9A-Fa-f]{2}(:?[0-9A-Fa-f]{2}){31}", re.ASCII)


class BadThumbprint(Refused):
    """It is none of a certificate."""

    field = "certificate"


class NotRead(Refused):
    """No proxy is trusted with telling of certificates."""

    field = "certificate"


def written(digest: bytes) -> str:
    """As RFC 8705 has it (x5t#S256): base64url without padding."""
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def thumbprint(text: str) -> str:
    """Of a SHA-256 in base64url or hex, also as openssl prints it; '' of anything else."""
    text = text.strip().rpartition("=")[2] if "ingerprint=" in text else text.strip()
    if THUMBPRINT.fullmatch(text):
        return text
    return written(bytes.fromhex(text.replace(":", ""))) if HEX.fullmatch(text) else ""


def to_bind(text: str) -> str:
    """What a credential is bound to, or '' for nothing. Raises BadThumbprint, NotRead."""
    if not text.strip():
        return ""
    if not settings.CLIENT_CERT_PROXIES:
        raise NotRead(_("No proxy is trusted here to tell of certificates: set CLIENT_CERT_PROXIES first."))
    if found := thumbprint(text):
        return found
    raise BadThumbprint(
        _("Write the SHA-256 fingerprint of the certificate, as “openssl x509 -noout -fingerprint -sha256” prints it.")
    )


def of_structured(text: str) -> str:
    """RFC 9440: the DER in base64 between colons."""
    return of_base64(text[1:-1]) if len(text) > 2 and text[0] == text[-1] == ":" else ""


def of_escaped(text: str) -> str:
    """As nginx writes $ssl_client_escaped_cert: PEM, percent-encoded."""
    found = PEM.fullmatch(unquote(text, errors="replace"))
    return of_base64("".join(found[1].split())) if found else ""


def of_base64(text: str) -> str:
    try:
        return written(sha256(base64.b64decode(text, validate=True)).digest())
    except (binascii.Error, ValueError):
        return ""


HEADERS = {"HTTP_CLIENT_CERT": of_structured, "HTTP_X_CLIENT_CERT": of_escaped, "HTTP_X_CLIENT_CERT_SHA256": thumbprint}


def is_of_proxy(request: HttpRequest) -> bool:
    try:
        peer = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    told = request.META.get(BESIDE, "").encode("utf-8", "surrogateescape")
    is_told = hmac.compare_digest(told, settings.CLIENT_CERT_SECRET.encode())
    return is_told and any(peer in network for network in settings.CLIENT_CERT_PROXIES)


def shown(request: HttpRequest) -> str:
    """The thumbprint of the certificate that came with it; '' where none did, more than one, or nobody is believed."""
    if not settings.CLIENT_CERT_PROXIES or not is_of_proxy(request):
        return ""
    told = {name: value for name in HEADERS if (value := request.META.get(name, ""))}
    if len(told) != 1:
        return ""
    [(name, value)] = told.items()
    return HEADERS[name](value)


def is_bound_elsewhere(request: HttpRequest, bound: str) -> bool:
    """Whether the credential is bound to a certificate, and that one did not come."""
    return bool(bound) and not hmac.compare_digest(shown(request), bound)
