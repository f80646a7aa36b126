"""Whether a second factor was shown in this session."""

import time

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from accounts import permissions
from accounts.models import User

# Recovery codes stand in for one of these, and go with the last of them.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def count(user: User) -> int:
    return Authenticator.objects.filter(user=user, type__in=FACTORS).count()


def page(user: User) -> str:
    """The name of the page that asks for the factor: for the app's code, unless there are passkeys only."""
    has_app = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()
    return "mfa_reauthenticate" if has_app or not count(user) else "mfa_reauthenticate_webauthn"


def times(request: HttpRequest) -> list[float]:
    records = get_authentication_records(request, request.user)
    return [float(record.get("at", 0)) for record in records if record.get("method") == "mfa"]


def shown(request: HttpRequest) -> bool:
    return bool(times(request))


def shown_lately(request: HttpRequest) -> bool:
    """Lately enough for an elevated action."""
    return time.time() - max(times(request), default=0) < permissions.ELEVATED_FOR.total_seconds()


def record(request: HttpRequest, kind: str) -> None:
    record_authentication(request, request.user, "mfa", type=kind)


def on_enrolment(*, request: HttpRequest, authenticator: Authenticator, **_: object) -> None:
    """allauth's signal: whoever enrols has just typed a code or used the passkey, so the session has shown the factor."""
    if authenticator.type in FACTORS:
        record(request, authenticator.type)
