"""What commands of reports are asked by: a customer's number, and two instants."""

import re
from datetime import datetime

from django.core.management.base import CommandError
from django.utils import timezone

from accounts import snapshots
from accounts.history import as_of
from accounts.models import Organisation, Snapshot
from accounts.refused import Refused
from kyc.directives.blocked.models import BlockedRecord
from reports import actions
from reports.facts.blocked import BLOCKED
from reports.facts.frame import Frame
from reports.instants import EARLIEST, BadInstant, Span, parse

REFUSED, BAD_USE = 1, 2
NUMBER = re.compile(r"\d{1,18}", re.ASCII)


def number(text: str | None, *, option: str) -> int | None:
    """The organisation's number."""
    if text is None or NUMBER.fullmatch(str(text)):
        return None if text is None else int(text)
    raise CommandError(f"{option}: “{text}” is no organisation's number; write for example 12.", returncode=BAD_USE)


def span(option: str, text: str) -> Span:
    try:
        found = parse(text)
    except BadInstant as bad:
        raise CommandError(f"{option}: {bad}", returncode=BAD_USE) from None
    if found.last < EARLIEST:
        raise CommandError(f"{option}: “{text}” lies before the year 2000, of which nothing is recorded.", returncode=BAD_USE)
    return found


def known_in(known: Span) -> Snapshot:
    if known.first <= timezone.now() <= known.last:
        # Asks for now, so what has been written since the last one counts.
        snapshots.tick()
    moment = known.within(timezone.now())
    if moment is None:
        raise CommandError("--known-at lies in the future; nobody knows yet what will be known.", returncode=REFUSED)
    try:
        return snapshots.at(moment)
    except Refused as refused:
        raise CommandError(str(refused), returncode=REFUSED) from None


def valid_in(valid: Span, snapshot: Snapshot) -> datetime:
    """The effective instant: the last moment of what was asked that has passed."""
    found = valid.within(snapshot.taken_at) or valid.within(timezone.now())
    if found is None:
        raise CommandError("--valid-at lies in the future; a report tells what was true.", returncode=REFUSED)
    return found


def subject_of(subject: int | None, snapshot: Snapshot, *, kind: str = "") -> int:
    """The organisation of that number, else the first of whom reports are made; of R-20, of which something was blocked."""
    known = as_of(Organisation, snapshot).order_by("pgh_obj_id")
    reported = known.filter(pgh_obj_id__in=actions.reported())
    if subject is None and kind == BLOCKED.kind:
        reported = reported.filter(pgh_obj_id__in=as_of(BlockedRecord, snapshot).values("organisation_id"))
    found = known.filter(pgh_obj_id=subject).first() if subject is not None else reported.first()
    if found is None:
        named = f"Organisation {subject} is" if subject is not None else "No organisation is"
        raise CommandError(f"{named} {'not ' if subject is not None else ''}known at that time.", returncode=BAD_USE)
    if found.sandbox:
        raise CommandError(f"Organisation {subject} is a sandbox; sandboxes are never reported.", returncode=REFUSED)
    if not reported.filter(pk=found.pk).exists():
        raise CommandError(f"Organisation {subject} has never sent a case; what it fills in is not reported.", returncode=REFUSED)
    return int(found.pgh_obj_id)


def there_in(frame: Frame, subject: int, valid_at: datetime, snapshot: Snapshot) -> None:
    """Whether a report of that kind can show the organisation at that instant."""
    opened_at = as_of(Organisation, snapshot).get(pgh_obj_id=subject).created_at
    try:
        actions.is_there(frame, opened_at, until=valid_at)
    except Refused as refused:
        raise CommandError(f"--valid-at: {refused}", returncode=REFUSED) from None
