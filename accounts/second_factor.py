"""Whether a second factor was shown in this session."""

import time
from datetime import UTC, datetime
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from accounts import permissions
from accounts.models import User

# Recovery codes stand in for one of these, and go with the last of them.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
# The kind of one that the identity provider was shown (accounts/oidc.py).
PROVIDER = "oidc"


def count(user: User) -> int:
    return Authenticator.objects.filter(user=user, type__in=FACTORS).count()


def page(user: User) -> str:
    """The name of the page that asks for the factor: for the app's code, unless there are passkeys only."""
    has_app = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()
    return "mfa_reauthenticate" if has_app or not count(user) else "mfa_reauthenticate_webauthn"


def records(request: HttpRequest) -> list[dict[str, Any]]:
    """Of factors that were shown in this session."""
    found = get_authentication_records(request, request.user)
    return [record for record in found if record.get("method") == "mfa"]


def shown(request: HttpRequest) -> bool:
    """One of ours, or the identity provider's where it is trusted."""
    return any(record.get("type") != PROVIDER for record in records(request)) or vouched(request)


def shown_lately(request: HttpRequest) -> bool:
    """Lately enough for an elevated action: one of ours, which alone is asked for anew."""
    times = [float(record.get("at", 0)) for record in records(request) if record.get("type") != PROVIDER]
    return time.time() - max(times, default=0) < permissions.ELEVATED_FOR.total_seconds()


def vouched(request: HttpRequest, user: User | None = None) -> bool:
    """Whether the identity provider has said that it was shown to it, and its word counts: such a person needs none of ours."""
    found = get_authentication_records(request, user or request.user)
    return settings.OIDC_TRUSTS_MFA and any(record.get("type") == PROVIDER for record in found)


def record(request: HttpRequest, kind: str) -> None:
    record_authentication(request, request.user, "mfa", type=kind)


def enrols_at_once(request: HttpRequest) -> bool:
    """Whether a person who had no factor then has signed in by password lately enough for what asks who it is: for the first
    one, and the recovery codes that come with it."""
    found = get_authentication_records(request, request.user)
    at = max((float(record.get("at", 0)) for record in found if record.get("method") == "password"), default=0.0)
    if time.time() - at >= settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
        return False
    before = Authenticator.objects.filter(user=request.user, type__in=FACTORS, created_at__lt=datetime.fromtimestamp(at, UTC))
    return not before.exists()


def on_enrolment(*, request: HttpRequest, authenticator: Authenticator, **_: object) -> None:
    """allauth's signal: whoever enrols has just typed a code or used the passkey, so the session has shown the factor."""
    if authenticator.type in FACTORS:
        record(request, authenticator.type)
