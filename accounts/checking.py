"""Once a day the audit log is checked by itself, so that the page of the trail rests on nobody's remembering it."""

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.db import models, transaction
from django.utils import timezone

from accounts import audit, heads, sequencer, shared, verification
from accounts.models import AuditEvent, AuditHead
from accounts.verification import Findings

logger = logging.getLogger(__name__)
EVERY = timedelta(days=1)
# One check at a time; after one that did not come to its end, the next begins so much later.
PATIENCE = timedelta(hours=1)
VERIFIED, ALTERED = "audit.verified", "audit.found_altered"


class Unchecked:
    """For the sweeper: whether the last check is a day old."""

    name = "audit.check"

    def is_waiting(self) -> bool:
        return is_due()


QUEUE = Unchecked()


def checks() -> models.QuerySet[AuditEvent]:
    """The newest first."""
    return AuditEvent.objects.filter(target_type=AuditHead._meta.label_lower, verb__in=[VERIFIED, ALTERED]).order_by("-pk")


def last_check() -> AuditEvent | None:
    """Whoever made it, and whatever it found."""
    return checks().first()


def last_alarm() -> AuditEvent | None:
    """The last check that found something. A later one that found nothing does not undo it: it may have had less to go by."""
    return checks().filter(verb=ALTERED).first()


def is_due() -> bool:
    last = last_check()
    return last.at < timezone.now() - EVERY if last else bool(sequencer.last_head()) or heads.path().exists()


def check() -> Findings | None:
    """None where none is due, or another is at it."""
    if not is_due() or not shared.note_first("audit.check.asked", seconds=int(PATIENCE.total_seconds())):
        return None
    findings = verification.verify()
    if findings.failed:
        logger.critical("the audit log is not what was signed: %s; run verify_audit", ", ".join(sorted(findings.failed)))
    record(findings)
    return findings


def record(findings: Findings, told: Iterable[tuple[str, str]] = ()) -> None:
    """So that the page of the trail can say up to where it was checked, and when."""
    size = findings.last.size if findings.last else 0
    if not size and not findings.failed:
        return
    found = {"count": size, "failed": sorted(findings.failed), **dict(told)}
    with transaction.atomic():
        audit.record(ALTERED if findings.failed else VERIFIED, target=AuditHead(size=size), by=None, **found)
