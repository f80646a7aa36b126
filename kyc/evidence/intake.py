"""From a file that somebody sends to a document that officers may open: made anew at once, scanned at once where the scanner
answers, and else by a worker as soon as it does."""

import hashlib
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts import audit, messages, organisations, scope, staff
from accounts.models import AuditEvent, User
from accounts.permissions import Permission, require
from accounts.refused import ReasonMissing, Refused, is_said
from config import jobs
from kyc.evidence import falling
from kyc.evidence.models import Document
from kyc.evidence.taking import apart, refusals, scanning
from kyc.evidence.taking.kinds import LARGEST, Unfit

Intake = Document.Intake
# After which what waits is tried again.
AWAY = timedelta(seconds=30)
# After which officers are written to again of files that could not be checked.
TOLD_AGAIN = timedelta(hours=1)


class NotChecked(Refused):
    """Nobody opens a file before it was checked for viruses."""


class NotWaiting(Refused):
    """It waits for the scanner no more, or the scanner answers."""


@dataclass(frozen=True)
class Taken:
    """A file made anew. `scanned_at` is None where the scanner did not answer. `data` is shown in no log."""

    name: str
    data: bytes = field(repr=False)
    content_type: str
    sent_sha256: str
    origin: dict[str, Any]
    scanned_at: datetime | None
    likenesses: list[str] = field(default_factory=list)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def shown_name(name: str) -> str:
    """A file's name fit to show: no control or direction characters and no folders, at most 200 long, its ending kept."""
    name = "".join(character for character in name if unicodedata.category(character)[0] != "C").strip()
    name = name.replace("\\", "/").rpartition("/")[2].strip(" .")
    stem, dot, ending = name.rpartition(".")
    if len(name) > 200 and dot and len(ending) <= 10:
        name = stem[: 199 - len(ending)] + dot + ending
    return name[:200] or "document"


def take(file: UploadedFile) -> Taken:
    """What is made of a file, in a process of its own. Takes seconds, so not inside a transaction where that can be avoided.
    Raises NotAccepted."""
    if not file.size:
        raise refusals.refusal(Unfit("empty"))
    if file.size > LARGEST:
        raise refusals.refusal(Unfit("large"))
    file.seek(0)
    return taken(bytes(file.read()), name=file.name or "")


def taken(data: bytes, *, name: str) -> Taken:
    """Raises NotAccepted."""
    try:
        made = apart.made(data)
        verdict = scanning.scan(made.data, settings.CLAMAV_SOCKET)
    except Unfit as unfit:
        raise refusals.refusal(unfit) from None
    except scanning.Away:
        verdict = None
    if verdict:
        raise refusals.refusal(Unfit("infected"))
    return Taken(
        name=shown_name(name),
        data=made.data,
        content_type=made.content_type,
        sent_sha256=hashlib.sha256(data).hexdigest(),
        origin=made.origin,
        scanned_at=None if verdict is None else timezone.now(),
        likenesses=made.likenesses,
    )


class Waiting(jobs.Queue):
    """Documents that came while the scanner was away. They wait for it, and no error is counted meanwhile; those that were
    released wait again as soon as it answers."""

    def is_ready(self) -> bool:
        return super().is_ready() and scanning.answers(settings.CLAMAV_SOCKET)

    def is_waiting(self) -> bool:
        return super().is_waiting() or (released().exists() and scanning.answers(settings.CLAMAV_SOCKET))

    def when_failed(self, row: Document, failure: str) -> None:
        """It proves nothing then, and nor does what an officer verified by it while it was released."""
        fell = falls(row)
        is_told = fell > 0 or not told_lately()
        audit.record("document.unchecked", target=row, by=None, reason=failure[:200], name=row.name, officers_told=is_told)
        if is_told:
            tell_officers(row, failure=failure, fell=fell)


QUEUE = Waiting(
    name="evidence.scans",
    model=Document,
    field="intake",
    ready=Intake.WAITING,
    failed=Intake.FAILED,
    lease=timedelta(seconds=60),
    since="uploaded_at",
    sweeps=15,
)


def released() -> QuerySet[Document]:
    return Document.objects.filter(intake=Intake.RELEASED)


def run() -> None:
    if not scanning.answers(settings.CLAMAV_SOCKET):
        return
    # They were let through because the scanner was away; the record says by whom.
    released().update(intake=Intake.WAITING, released_at=None, released_by=None)
    for claim in QUEUE.claims():
        with claim:
            work(claim)


def work(claim: jobs.Claim) -> None:
    """What is found in a file is told in the record; the file itself stays sealed, and nobody opens it."""
    document: Document = claim.row
    with document.file.open("rb") as file:
        data = file.read()
    try:
        found = scanning.scan(data, settings.CLAMAV_SOCKET)
    except scanning.Away:
        claim.put_down(AWAY)
        return
    with transaction.atomic():
        fell = falls(document) if found else 0
        with claim.finish(state=Intake.INFECTED if found else Intake.CLEAN, scanned_at=timezone.now()):
            if found:
                audit.record("document.infected", target=document, by=None, name=document.name, found=found[:200])
                tell(document)
                if fell:
                    tell_officers(document, fell=fell)
            else:
                jobs.woke("document.let_through")


def falls(document: Document) -> int:
    """Records what was verified by a file that was released, while it is still to be seen; nobody verifies by it meanwhile."""
    organisations.held(document.organisation_id)
    return falling.told(document, by=None)


def tell_officers(document: Document, *, fell: int, failure: str = "") -> None:
    """Those who judge evidence, to whom it falls to ask for it anew."""
    file = Document.objects.select_related("organisation").get(pk=document.pk)
    subject = _("A file could not be checked for viruses") if failure else _("What was verified by a file has fallen")
    for person in staff.may(Permission.EVIDENCE_JUDGE):
        messages.queue_template(
            "document_shut", to=person.email, subject=subject, organisation=None, document=file, fell=fell, failure=failure
        )


def told_lately() -> bool:
    """Whether officers were written to that files can't be checked: one scanner in trouble is one trouble."""
    since = timezone.now() - TOLD_AGAIN
    with scope.everything():
        return AuditEvent.objects.filter(verb="document.unchecked", at__gt=since, details__officers_told=True).exists()


def tell(document: Document) -> None:
    """Whoever sent it, since he may come to the page no more: it proves nothing, and is to be sent anew."""
    sent = Document.objects.select_related("uploaded_by", "invitation", "organisation").get(pk=document.pk)
    sender = sent.uploaded_by or sent.invitation
    if sender is None or sent.removed_at:
        return
    with translation.override(sent.invitation.locale if sent.invitation else None):
        messages.queue_template(
            "document_infected",
            to=sender.email,
            subject=_("A file of yours is harmful: please send it anew"),
            organisation=sent.organisation,
            document=sent,
        )


@transaction.atomic
def release(document: Document, *, reason: str, by: User) -> Document:
    """An approver lets a file be opened that was made anew and not scanned: in the demo alone, while the scanner is away.
    Repeated, it is silence. Raises NotPermitted, NotWaiting, ReasonMissing."""
    require(by, Permission.DECISION_TAKE)
    if not may_release():
        raise NotWaiting(_("Files are released without the virus scanner in the demo only, and only while it does not answer."))
    if not is_said(reason):
        raise ReasonMissing(_("Say why it may be opened without having been checked."))
    found = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    if found.intake == Intake.RELEASED:
        return found
    if found.intake not in (Intake.WAITING, Intake.FAILED):
        raise NotWaiting(_("This file does not wait for the virus scanner any more."))
    found.intake, found.released_at, found.released_by = Intake.RELEASED, timezone.now(), by
    found.save(update_fields=["intake", "released_at", "released_by"])
    audit.record("document.released", target=found, by=by, reason=reason.strip(), name=found.name)
    jobs.woke("document.let_through")
    return found


def may_release() -> bool:
    return bool(settings.DEMO) and not scanning.answers(settings.CLAMAV_SOCKET)
