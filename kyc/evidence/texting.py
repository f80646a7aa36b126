"""Text messages: there is no network of telephones here. They are handed to a gateway that the administrator names, as a signed
POST (Standard Webhooks) of JSON with `to` and `text`; the demo shows them in its mailbox."""

import json
import time
from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string

from kyc.evidence.confirming import reaching
from kyc.evidence.outside import signatures


class NotSent(Exception):
    """The gateway did not take the message."""


def is_offered() -> bool:
    return bool(settings.TEXT_SENDER)


def send(to: str, text: str, *, key: str) -> None:
    """`key` is the message's own, by which a gateway knows a second delivery. Raises NotSent, OSError."""
    sender: Callable[..., None] = import_string(settings.TEXT_SENDER)
    sender(to, text, key=key)


def post(to: str, text: str, *, key: str) -> None:
    """The sender for all but the demo: to TEXT_URL, signed with TEXT_SECRET."""
    body = json.dumps({"to": to, "text": text}).encode()
    headers = signatures.headers(body, message=key, at=int(time.time()), secret=settings.TEXT_SECRET)
    answer = reaching.post(settings.TEXT_URL, body, headers={"Content-Type": "application/json", **headers}, reach=reaching.named)
    if not 200 <= answer.status < 300:
        raise NotSent(f"The gateway for text messages answered with {answer.status}.")
