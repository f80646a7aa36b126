"""Catches mail and text messages for /demo/mail."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from demo.models import Mail


class Backend(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        rows = [Mail(to=to, subject=mail.subject, text=mail.body) for mail in email_messages for to in mail.to]
        return len(Mail.objects.bulk_create(rows))


def show_text(to: str, text: str, *, key: str) -> None:
    Mail.objects.create(to=to, subject="Text message", text=text)
