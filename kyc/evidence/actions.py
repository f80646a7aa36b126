"""What customers send as proof: one file at a time, and taken back while it may be."""

from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, organisations, signals
from accounts.models import Organisation, Signal, User
from accounts.permissions import Permission, require
from accounts.refused import ReasonMissing, Refused
from config import jobs
from kyc.evidence import falling
from kyc.evidence.authority import OF_PEOPLE, REGISTERS
from kyc.evidence.intake import NotChecked, Taken, take
from kyc.evidence.models import Document
from kyc.parties import revealing
from kyc.parties.actions import own
from kyc.parties.models import Party

# What a file is opened for: by who works the case, and by who only reads it.
WORK = "case"
PURPOSES: dict[str, Promise] = {**revealing.PURPOSES, "review": gettext_lazy("to review how the case was worked")}
REASONS: dict[str, Promise] = {WORK: gettext_lazy("to work the case"), **PURPOSES}


class BadFile(Refused):
    """The file is here already."""

    field = "file"


class Misfiled(Refused):
    """The document is none of the party it is said to be about."""

    field = "party"


class BadKind(Refused):
    """A document is sent as something."""

    field = "kind"


@transaction.atomic
def upload(
    organisation: Organisation, *, kind: str, file: UploadedFile | Taken, party: Party | None = None, by: User, **how: Any
) -> Document:
    """Keeps what is made of the file (intake.take), which is better taken before the transaction begins. `how` is told in the
    record. Raises BadKind, BadFile, Misfiled, NotAccepted."""
    organisation = organisations.locked(organisation, by=by)
    party = own(party, organisation) if party else None
    refuse_misfiled(kind, party)
    document = keep(organisation, kind=kind, file=file, party=party, uploaded_by=by)
    audit.record("document.uploaded", target=document, by=by, kind=kind, size=document.size, sha256=document.sha256, **how)
    return document


def refuse_misfiled(kind: str, party: Party | None) -> None:
    """What names those who lead a company is about the company, also where it was fetched for the sake of one of them; a
    person's paper is about no company. Filed so, neither would prove anything."""
    if party is None or kind not in Document.Kind.values:
        return
    told = {"document": Document.Kind(kind).label, "name": party.name}
    if party.is_person and kind in REGISTERS:
        sentence = _("“%(document)s” is a document of a company or a trust and not of %(name)s. Choose which one it is about.")
        raise Misfiled(sentence % told)
    if not party.is_person and kind in OF_PEOPLE:
        raise Misfiled(_("“%(document)s” is a person’s paper and not one of %(name)s. Choose whose it is.") % told)


def keep(organisation: Organisation, *, kind: str, file: UploadedFile | Taken, party: Party | None, **sender: Any) -> Document:
    """The file as a row; `sender` is who sent it: uploaded_by, or the invitation that a person followed."""
    if kind not in Document.Kind.values:
        raise BadKind(_("Say what the document is."))
    taken = file if isinstance(file, Taken) else take(file)
    # Whoever follows a link learns nothing of what others have sent for him.
    sent_before = Document.objects.current().filter(
        organisation=organisation, party=party, kind=kind, invitation=sender.get("invitation")
    )
    if sent_before.filter(sent_sha256=taken.sent_sha256).exists():
        raise BadFile(_("You have already added this file."))
    document = Document.objects.create(
        organisation=organisation,
        party=party,
        kind=kind,
        name=taken.name,
        file=ContentFile(taken.data, name="upload"),
        content_type=taken.content_type,
        size=len(taken.data),
        sha256=taken.sha256,
        sent_sha256=taken.sent_sha256,
        origin=taken.origin,
        intake=Document.Intake.CLEAN if taken.scanned_at else Document.Intake.WAITING,
        scanned_at=taken.scanned_at,
        **sender,
    )
    # The file as it was sent, and what it looks like.
    signals.leave(organisation.pk, {Signal.Type.DOCUMENT_IMAGE: [taken.sent_sha256, *taken.likenesses]})
    jobs.woke("document.uploaded")
    return document


@transaction.atomic
def look_at(document: Document, *, purpose: str = WORK, downloaded: bool = False, by: User) -> Document:
    """An officer opens the file itself: to WORK the case, if his role does, else for one of PURPOSES. Every look is recorded, a
    second one too. Raises NotPermitted, NotChecked, ReasonMissing."""
    require(by, Permission.DOCUMENT_VIEW)
    refuse_unchecked(document)
    if purpose not in PURPOSES and not (purpose == WORK and by.can(Permission.EVIDENCE_JUDGE)):
        raise ReasonMissing(_("Say what you need it for."))
    audit.record("document.viewed", target=document, by=by, reason=purpose, name=document.name, downloaded=downloaded)
    return document


def refuse_unchecked(document: Document) -> None:
    if not document.is_openable:
        told = {"name": document.name, "standing": document.get_intake_display()}
        raise NotChecked(_("“%(name)s” is opened by nobody: it %(standing)s.") % told)


@transaction.atomic
def read_back(document: Document, *, by: User) -> Document:
    """A member opens what his organisation has sent: it holds what others of it may not know of one another. Raises
    NotChecked."""
    organisations.membership_required(by, document.organisation)
    refuse_unchecked(document)
    audit.record("document.viewed", target=document, by=by, name=document.name, downloaded=True)
    return document


@transaction.atomic
def remove(document: Document, *, by: User) -> Document:
    """Takes a document back, and with it what an officer has verified by it; the file itself is kept for the record. Repeated,
    it is silence."""
    organisations.locked(document.organisation, by=by)
    document = Document.objects.get(pk=document.pk)
    if document.removed_at is None:
        falling.told(document, by=by)
        document.removed_at, document.removed_by = timezone.now(), by
        document.save(update_fields=["removed_at", "removed_by"])
        audit.record("document.removed", target=document, by=by, kind=document.kind)
    return document
