"""What officers ask of the lists beside any case: about one, or about each row of a file."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from accounts.organisations import printable
from accounts.permissions import Permission, require
from accounts.refused import NoteMissing, ReasonMissing, Refused, is_said
from accounts.vault import shredding
from config import jobs
from kyc.rules import packs
from kyc.screening import asked, lists
from kyc.screening.asked import Asked
from kyc.screening.filed import Fault, Filed
from kyc.screening.models import Inquiry, InquiryPart

# Rows that are answered together. Against the 15,000 entries of the OFAC list that takes 0.1 s of one core where each has one
# name and a kind, and 0.9 s where each has filed.MOST_NAMES and no kind.
PART = 100
State, Standing = InquiryPart.State, Inquiry.Standing


class NoLists(Refused):
    """There is nothing to compare with."""


class Unreasoned(ReasonMissing):
    """Nobody's name is looked up without a purpose."""


class HasBegun(Refused):
    """It was begun or cancelled meanwhile."""


class Unshown(Refused):
    """What was typed would be read otherwise than it is written."""

    def __init__(self, field: str) -> None:
        super().__init__(_("This holds characters that cannot be shown. Type it anew rather than pasting it."))
        self.field = field


class NobodyAsked(Refused):
    """No row of the file can be asked about."""

    field = "file"


@transaction.atomic
def ask(about: Asked, *, reason: str, note: str = "", by: User) -> Inquiry:
    """About one, answered by a worker. Raises NotPermitted, Unreasoned, NoteMissing, Unshown, NoLists."""
    for field, texts in (("names", about.names), ("identifiers", about.identifiers)):
        if not all(map(asked.is_shown, texts)):
            raise Unshown(field)
    inquiry = recorded([about], (), title=about.name, reason=reason, note=note, is_bulk=False, by=by)
    begin(inquiry)
    return inquiry


@transaction.atomic
def ask_file(filed: Filed, *, name: str, reason: str, note: str = "", by: User) -> Inquiry:
    """About each row of a file. Where rows can't be asked about nothing begins before somebody has said so (`go_on`). Raises
    NotPermitted, Unreasoned, NoteMissing, Unshown, NobodyAsked, NoLists."""
    if not filed.asked:
        raise NobodyAsked(_("No row of the file can be asked about."))
    inquiry = recorded(filed.asked, filed.faults, title=printable(name), reason=reason, note=note, is_bulk=True, by=by)
    if not filed.faults:
        begin(inquiry)
    return inquiry


def recorded(
    rows: Sequence[Asked], faults: Sequence[Fault], *, title: str, reason: str, note: str, is_bulk: bool, by: User
) -> Inquiry:
    require(by, Permission.INQUIRY_ASK)
    if reason not in Inquiry.Reason.values:
        raise Unreasoned(_("Choose from the list what you ask for."))
    if reason == Inquiry.Reason.OTHER and not is_said(note):
        raise NoteMissing(_("Name the other reason in the note."))
    if not asked.is_shown(" ".join(note.split())):
        raise Unshown("note")
    if not lists.active_versions():
        raise NoLists(_("No list is loaded, so there is nothing to compare with."))
    inquiry = Inquiry.objects.create(
        title=title[:300],
        reason=reason,
        note=note.strip(),
        is_bulk=is_bulk,
        rows=len(rows) + len(faults),
        faulty=len(faults),
        faults=asked.written(faults) if faults else "",
        asked_by=by,
    )
    InquiryPart.objects.bulk_create(
        InquiryPart(inquiry=inquiry, is_bulk=is_bulk, first=first, size=len(some), subjects=asked.written(some), state=State.HELD)
        for first, some in asked.in_parts(rows, PART)
    )
    # Names, dates and numbers stand in no event.
    audit.record("inquiry.asked", target=inquiry, by=by, code=reason, count=len(rows))
    return inquiry


def begin(inquiry: Inquiry) -> None:
    """By the lists that are in use now; all of it by these."""
    versions = lists.active_versions()
    inquiry.lists = [{"id": one.pk, "source": one.source, "published": str(one.published)} for one in versions]
    inquiry.rule_pack, inquiry.begun_at = packs.current().version, timezone.now()
    inquiry.save(update_fields=["lists", "rule_pack", "begun_at"])
    inquiry.parts.update(state=State.WAITING)
    jobs.woke("inquiry.begun")


def held(inquiry: Inquiry) -> Inquiry:
    return Inquiry.objects.select_for_update().get(pk=inquiry.pk)


@transaction.atomic
def go_on(inquiry: Inquiry, *, by: User) -> Inquiry:
    """Without the rows that can't be asked about. Repeated, it is silence. Raises NotPermitted, HasBegun, NoLists."""
    require(by, Permission.INQUIRY_ASK)
    inquiry = held(inquiry)
    if inquiry.cancelled_at:
        raise HasBegun(_("This was cancelled meanwhile."))
    if inquiry.begun_at:
        return inquiry
    if not lists.active_versions():
        raise NoLists(_("No list is loaded, so there is nothing to compare with."))
    begin(inquiry)
    audit.record("inquiry.gone_on", target=inquiry, by=by, count=inquiry.faulty)
    return inquiry


@transaction.atomic
def cancel(inquiry: Inquiry, *, by: User) -> Inquiry:
    """What is answered by then stays. Of what never began all that was sealed is destroyed. Repeated, it is silence. Raises
    NotPermitted, HasBegun where all is answered."""
    require(by, Permission.INQUIRY_ASK)
    inquiry = held(inquiry)
    if inquiry.cancelled_at:
        return inquiry
    left = inquiry.parts.filter(state__in=[State.HELD, State.WAITING, State.FAILED])
    if not left.update(state=State.CANCELLED, claimed_until=None, job_token=None):
        raise HasBegun(_("All of it was answered before you cancelled it."))
    inquiry.cancelled_at, inquiry.cancelled_by = timezone.now(), by
    inquiry.save(update_fields=["cancelled_at", "cancelled_by"])
    audit.record("inquiry.cancelled", target=inquiry, by=by)
    if inquiry.begun_at is None:
        shredding.shred(inquiry.sealed_for, reason=_("It was never asked of the lists."), by=by)
    return inquiry


@transaction.atomic
def looked_at(inquiry: Inquiry, *, by: User, row: int | None = None) -> None:
    """Writes down that `by` was shown what was found, each time; of a file as a whole, or of that row of it."""
    require(by, Permission.INQUIRY_VIEW)
    audit.record("inquiry.viewed", target=inquiry, by=by, **({"count": row} if row else {}))


@transaction.atomic
def downloaded(inquiry: Inquiry, *, by: User) -> None:
    require(by, Permission.INQUIRY_VIEW)
    audit.record("inquiry.downloaded", target=inquiry, by=by)
