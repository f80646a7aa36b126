"""What a customer leaves by signing up and by signing in: his address, where he comes from, and with which browser."""

import re
from collections.abc import Mapping

from django.http import HttpRequest

from accounts import devices, limits, scope, signals
from accounts.models import Membership, Organisation, Signal, User

Texts = Mapping[str, list[str]]
# A row of addresses made one after the other differs in a number at the end.
NUMBERED = re.compile(r"(.{3,}?)[0-9]+")


def of_email(email: str) -> Texts:
    local, _, domain = email.rpartition("@")
    row = NUMBERED.fullmatch(local)
    return {Signal.Type.EMAIL: [email, *([f"{row[1]}#@{domain}"] if row else [])], Signal.Type.DOMAIN: [domain]}


def of_request(request: HttpRequest) -> Texts:
    return {
        # Of IPv6 it is a network.
        Signal.Type.LOGIN_IP: [limits.source(request).partition("/")[0]],
        Signal.Type.USER_AGENT: [request.headers.get("User-Agent", "")],
        Signal.Type.DEVICE: [devices.of(request)],
    }


def at_founding(request: HttpRequest, organisation: Organisation, *, by: User) -> None:
    """Whoever founds an account has signed in before he had any."""
    signals.leave(organisation.pk, {**of_email(by.email), **of_request(request)})


def on_sign_in(*, request: HttpRequest, user: User, **_: object) -> None:
    """Django's signal. Of each account that he acts for."""
    if user.is_staff:
        return
    texts = {**of_email(user.email), **of_request(request)}
    with scope.everything():
        whose = Membership.objects.filter(user=user).values_list("organisation", flat=True)
        signals.leave_all([seen for organisation in whose for seen in signals.seen(organisation, texts)])
