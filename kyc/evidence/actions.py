"""What customers send as proof: one file at a time, and taken back while it may be."""

import hashlib
import unicodedata
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
from kyc.evidence import falling, sniff
from kyc.evidence.authority import OF_PEOPLE, REGISTERS
from kyc.evidence.likeness import likenesses
from kyc.evidence.models import Document
from kyc.parties import revealing
from kyc.parties.actions import own
from kyc.parties.models import Party

LARGEST = 15 * 1024 * 1024
# What a file is opened for: by who works the case, and by who only reads it.
WORK = "case"
PURPOSES: dict[str, Promise] = {**revealing.PURPOSES, "review": gettext_lazy("to review how the case was worked")}
REASONS: dict[str, Promise] = {WORK: gettext_lazy("to work the case"), **PURPOSES}


class BadFile(Refused):
    """The file is empty or too large, or here already."""

    field = "file"


class Misfiled(Refused):
    """The document is none of the party it is said to be about."""

    field = "party"


class BadKind(Refused):
    """A document is sent as something."""

    field = "kind"


def shown_name(name: str) -> str:
    """A file's name fit to show: no control or direction characters, at most 200 long, its ending kept."""
    name = "".join(character for character in name if unicodedata.category(character)[0] != "C").strip()
    stem, dot, ending = name.rpartition(".")
    if len(name) > 200 and dot and len(ending) <= 10:
        name = stem[: 199 - len(ending)] + dot + ending
    return name[:200] or "document"


def read(file: UploadedFile) -> bytes:
    if not file.size:
        raise BadFile(_("The file is empty."))
    if file.size > LARGEST:
        raise BadFile(_("The file is larger than 15 MB. Scan it at a lower resolution, or send only the pages that matter."))
    file.seek(0)
    return bytes(file.read())


@transaction.atomic
def upload(organisation: Organisation, *, kind: str, file: UploadedFile, party: Party | None = None, by: User) -> Document:
    """Keeps a PDF, JPEG or PNG of at most 15 MB, told by content. Raises BadKind, BadFile, Misfiled, sniff.NotAccepted."""
    organisation = organisations.locked(organisation, by=by)
    party = own(party, organisation) if party else None
    refuse_misfiled(kind, party)
    document = keep(organisation, kind=kind, file=file, party=party, uploaded_by=by)
    audit.record("document.uploaded", target=document, by=by, kind=kind, size=document.size, sha256=document.sha256)
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


def keep(organisation: Organisation, *, kind: str, file: UploadedFile, party: Party | None, **sender: Any) -> Document:
    """The file as a row; `sender` is who sent it: uploaded_by, or the invitation that a person followed."""
    if kind not in Document.Kind.values:
        raise BadKind(_("Say what the document is."))
    data = read(file)
    content_type, digest = sniff.content_type(data), hashlib.sha256(data).hexdigest()
    if Document.objects.current().filter(organisation=organisation, party=party, kind=kind, sha256=digest).exists():
        raise BadFile(_("You have already added this file."))
    document = Document.objects.create(
        organisation=organisation,
        party=party,
        kind=kind,
        name=shown_name(file.name or ""),
        file=ContentFile(data, name="upload"),
        content_type=content_type,
        size=len(data),
        sha256=digest,
        **sender,
    )
    # The file itself, and what it looks like.
    signals.leave(organisation.pk, {Signal.Type.DOCUMENT_IMAGE: [digest, *likenesses(data, content_type)]})
    jobs.woke("document.uploaded")
    return document


@transaction.atomic
def look_at(document: Document, *, purpose: str = WORK, downloaded: bool = False, by: User) -> Document:
    """An officer opens the file itself: to WORK the case, if his role does, else for one of PURPOSES. Every look is recorded, a
    second one too. Raises NotPermitted, ReasonMissing."""
    require(by, Permission.DOCUMENT_VIEW)
    if purpose not in PURPOSES and not (purpose == WORK and by.can(Permission.EVIDENCE_JUDGE)):
        raise ReasonMissing(_("Say what you need it for."))
    audit.record("document.viewed", target=document, by=by, reason=purpose, name=document.name, downloaded=downloaded)
    return document


@transaction.atomic
def read_back(document: Document, *, by: User) -> Document:
    """A member opens what his organisation has sent: it holds what others of it may not know of one another."""
    organisations.membership_required(by, document.organisation)
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
