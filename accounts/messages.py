"""Mail out: queued in the transaction that wants it, sent by a worker after the commit."""

import re
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Case, F, TextField, Value, When
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Message, Organisation
from config import jobs

UNLESS_SECRET = {
    column: Case(When(is_secret=True, then=Value("")), default=F(column), output_field=TextField()) for column in ("text", "html")
}


# Servers repeat in their refusals to whom the mail was to go.
ADDRESS = re.compile(r"[^\s<>'\"{}()\[\],:;]+@[^\s<>'\"{}()\[\],:;]+")


class Outbox(jobs.Queue):
    def why_failed(self, row: Any) -> str:
        return ADDRESS.sub("•••@•••", row.failure)

    def why_not(self, row: Any) -> str:
        return (
            str(_("Its text was forgotten, since it held a link. Ask for it anew where it came from.")) if row.is_secret else ""
        )


QUEUE = Outbox(
    name="messages.send",
    model=Message,
    field="state",
    ready=Message.State.QUEUED,
    failed=Message.State.FAILED,
    lease=timedelta(seconds=40),
    since="queued_at",
    max_errors=12,
    at_failure=UNLESS_SECRET,
)


def queue(
    *, to: str, subject: str, text: str, html: str = "", organisation: Organisation | None = None, is_secret: bool = False
) -> Message:
    message = Message.objects.create(to=to, subject=subject, text=text, html=html, organisation=organisation, is_secret=is_secret)
    jobs.woke("message.queued")
    return message


def queue_template(
    name: str, *, to: str, subject: str, organisation: Organisation | None, is_secret: bool = False, **context: object
) -> Message:
    """From the pair templates/emails/NAME.txt and .html. A secret one is forgotten once it is sent, or given up. It is kept and
    told as mail of `organisation`, and with None as of nobody's."""
    context |= {"site": settings.SITE_URL, "organisation": organisation}
    text = render_to_string(f"emails/{name}.txt", context)
    html = render_to_string(f"emails/{name}.html", context)
    return queue(to=to, subject=subject, text=text, html=html, organisation=organisation, is_secret=is_secret)


def send_all() -> None:
    """Sends what is queued. The Message-ID is the row's, so that a second delivery can be told from a new mail."""
    for claim in QUEUE.claims():
        with claim:
            row = claim.row
            mail = EmailMultiAlternatives(
                row.subject, row.text, to=[row.to], headers={"Message-ID": f"<message-{row.pk}@keyholder>"}
            )
            if row.html:
                mail.attach_alternative(row.html, "text/html")
            mail.send()
            with claim.finish(state=Message.State.SENT):
                Message.objects.filter(pk=row.pk).update(sent_at=timezone.now(), **UNLESS_SECRET)
