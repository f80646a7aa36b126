"""Time that somebody else vouches for: an authority outside (RFC 3161) says that a head of the audit tree was there.

Every head holds all events before it, so the newest one is stamped once a minute and not each.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import HTTPRedirectHandler, Request, build_opener

from cryptography.x509 import load_pem_x509_certificates
from django.conf import settings
from django.utils import timezone
from rfc3161_client import TimestampRequestBuilder, VerificationError, Verifier, VerifierBuilder, decode_timestamp_response
from rfc3161_client.tsp import TimeStampRequest

from accounts import sequencer, shared
from accounts.models import AuditHead, AuditTimestamp
from config import jobs

EVERY = timedelta(minutes=1)
WITHIN_SECONDS = 10
APART = timedelta(minutes=5)
trouble = jobs.Outage("the timestamp authority")


class Unstamped:
    """For the sweeper: whether the newest head waits for its stamp."""

    name = "audit.timestamps"

    def is_waiting(self) -> bool:
        return due() is not None


def due() -> AuditHead | None:
    last = sequencer.last_head()
    newest = AuditTimestamp.objects.order_by("-size").first()
    if last is None or (newest and (newest.size >= last.size or newest.stamped_at > timezone.now() - EVERY)):
        return None
    return last


def stamped_bytes(head: AuditHead) -> bytes:
    said = sequencer.said(head)
    return said.signed_bytes() + said.signature


def believed() -> Verifier:
    """By the certificates that the installation names."""
    return VerifierBuilder(roots=load_pem_x509_certificates(Path(settings.TIMESTAMP_ROOTS).read_bytes())).build()


def stamp() -> bool:
    """Whether the newest head has got one. Asks once in a while however often it is told to, so that an authority that is
    away is not beset; its answer is believed only as far as its certificate goes."""
    head = due()
    if head is None or not shared.note_first("audit.timestamp.asked", seconds=int(EVERY.total_seconds() / 2)):
        return False
    try:
        answer = asked(TimestampRequestBuilder().data(stamped_bytes(head)).build())
        problem = why_not(answer, head, believed()) or why_no_clock(answer)
    except (OSError, ValueError) as error:
        trouble.goes_on(error)
        return False
    if problem:
        trouble.goes_on(ValueError(problem))
        return False
    trouble.ends()
    at = decode_timestamp_response(answer).tst_info.gen_time
    AuditTimestamp.objects.bulk_create([AuditTimestamp(size=head.size, response=answer, stamped_at=at)], ignore_conflicts=True)
    return True


class NoRedirects(HTTPRedirectHandler):
    """The operator named one address; an answer sends us to no other."""

    def redirect_request(self, *args: Any) -> None:
        return None


def asked(request: TimeStampRequest) -> bytes:
    return sent(request.as_bytes())


def sent(query: bytes) -> bytes:
    """The authority's answer, not yet looked at. Raises OSError."""
    headers = {"Content-Type": "application/timestamp-query"}
    # The operator's own setting, checked at the start to be http or https.
    wanted = Request(settings.TIMESTAMP_URL, query, headers)  # noqa: S310  # settings take http and https only
    with build_opener(NoRedirects).open(wanted, timeout=WITHIN_SECONDS) as answer:
        return bytes(answer.read(65_536))


def why_no_clock(answer: bytes) -> str:
    """An authority whose clock is far from ours vouches for nothing, and one ahead of it would not be asked again for as long."""
    apart = abs(decode_timestamp_response(answer).tst_info.gen_time - timezone.now())
    return f"its clock and ours are {apart.total_seconds():.0f} s apart" if apart > APART else ""


def why_not(response: bytes, head: AuditHead, verifier: Verifier) -> str:
    """Empty where the stamp is good for this head."""
    try:
        verifier.verify_message(decode_timestamp_response(response), stamped_bytes(head))
    except (VerificationError, ValueError) as error:
        return str(error)
    return ""
