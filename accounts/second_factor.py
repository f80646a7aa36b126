"""Whether a second factor was shown in this session."""

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.models import Authenticator
from django.http import HttpRequest


def shown(request: HttpRequest) -> bool:
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))


def record(request: HttpRequest, kind: str) -> None:
    record_authentication(request, request.user, "mfa", type=kind)


def on_enrolment(*, request: HttpRequest, authenticator: Authenticator, **_: object) -> None:
    """allauth's signal: whoever enrols has just typed a code, so the session has shown the factor."""
    if authenticator.type == Authenticator.Type.TOTP:
        record(request, authenticator.type)
