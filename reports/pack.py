"""The evidence pack: a report with all that it rests on, in one ZIP that somebody else can check without us.

It is written as it is sent, a file at a time, and stands nowhere on the disk. What each file is stands in its README.
"""

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, proofs, scope
from accounts.models import AuditEvent, Proposal, User
from accounts.permissions import Permission, require
from accounts.proofs import NoProof
from accounts.refused import Refused
from accounts.vault import FileErased, Unreadable
from kyc.evidence import actions as evidence
from kyc.evidence.models import Document
from kyc.rules import packs
from reports import bods, canonical, checker, sanitised, signing, verification
from reports.facts.reader import Reader
from reports.models import Report, require_kind

# What documents are taken for, as the audit has it.
PURPOSE = "authority"
ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
ONE_HAND = gettext_lazy("documents leave the house only with a report that two people have issued; one issued this one")
# By which a reader who has nothing of ours checks it.
COMMANDS = ("python3 -m venv ../check", "../check/bin/pip install cryptography", f"../check/bin/python {checker.HERE}")
# Pictures and PDFs are compressed already; the rest is small.
HOW = zipfile.ZIP_DEFLATED


class NoPack(Refused):
    """Of this report, or now, none can be had."""


class Sink(io.RawIOBase):
    """What a ZIP is written into and taken out of, part by part."""

    def __init__(self) -> None:
        self.parts = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.parts += data
        return len(data)

    def taken(self) -> bytes:
        found = bytes(self.parts)
        self.parts.clear()
        return found


def allowed(report: Report, *, by: User) -> list[Document]:
    """The documents that the report names, where `by` may have its pack. Raises NotPermitted, NoPack."""
    require(by, Permission.REPORT_VIEW)
    require(by, Permission.DOCUMENT_VIEW)
    require_kind(report.kind, by=by)
    if report.is_for_subject:
        raise NoPack(_("The answer to a person about himself has no evidence pack: it goes to him alone."))
    if report.is_of_house:
        raise NoPack(_("It is about no one customer, so no evidence goes with it; what it rests on is attached to it."))
    if not verification.standing(report):
        raise NoPack(_("This report is not issued, so there is no evidence pack of it."))
    if isinstance(report.facts, Unreadable):
        why = {"why": report.facts}
        raise NoPack(_("This report can't be opened any more, so there is no evidence pack of it: %(why)s.") % why)
    is_proved(report)
    return documents(report)


@transaction.atomic
def take(report: Report, *, leaving: Sequence[Document] | None = None, by: User) -> list[Document]:
    """As `allowed`, and writes down that the pack was handed to `by`, and each document that leaves in it: those that are
    `leaving` in one that was put together before, else what can be opened now. Raises NotPermitted, NoPack, NotChecked."""
    found = allowed(report, by=by)
    if leaving is None:
        leaving = [document for document in found if document.is_openable] if is_by_two(report) else []
    for document in leaving:
        evidence.look_at(document, purpose=PURPOSE, downloaded=True, by=by)
    audit.record("report.pack_taken", target=report, by=by, sha256=report.sha256, count=len(leaving))
    return found


def is_by_two(report: Report) -> bool:
    """Whether a second person has approved what the report holds. Without one no document leaves the house with it."""
    return report.proposal is not None and report.proposal.outcome == Proposal.Outcome.TAKEN


def is_proved(report: Report) -> None:
    """Without the proof of its issue a pack would be found wrong for good."""
    event = verification.issuing(report)
    if event is None:
        raise NoPack(_("The audit does not say that it was issued. Write to us."))
    try:
        proofs.placed(event)
    except NoProof as why:
        raise NoPack(str(why)) from None


def documents(report: Report) -> list[Document]:
    """Those that the report names."""
    named = {row["sha256"] for row in json.loads(report.facts).get("documents", ())}
    return list(Document.objects.filter(organisation=report.organisation_id, sha256__in=named).order_by("pk"))


def zipped(report: Report, found: list[Document], *, to: User, went: list[int] | None = None) -> Iterator[bytes]:
    """The ZIP, part by part: read when the page's own transaction has ended. Into `went` come the ids of the documents that went
    in."""
    sink, digests = Sink(), {}
    made_at = report.finished_at or report.requested_at
    with zipfile.ZipFile(sink, "w", HOW) as archive:
        for name, data in files(report, found, to=to, went=[] if went is None else went):
            digests[name] = canonical.sha256(data)
            archive.writestr(zipfile.ZipInfo(name, date_time=made_at.timetuple()[:6]), data, HOW)
            yield sink.taken()
        told = json.dumps(digests, indent=1, sort_keys=True).encode()
        for name, data in (("manifest.json", told), ("manifest.p7s", signing.detached(told))):
            archive.writestr(zipfile.ZipInfo(name, date_time=made_at.timetuple()[:6]), data, HOW)
    yield sink.taken()


def files(report: Report, found: list[Document], *, to: User, went: list[int]) -> Iterator[tuple[str, bytes]]:
    """Each is read in a scope of its own, and sent outside it: a slow reader holds no transaction open."""
    left_out: list[dict[str, Any]] = []
    with scope.of_officer(to):
        leaves, proved = is_by_two(report), list(trail(report))
        try:
            first = of_report(report)
        except FileErased as erased:
            # Since it was taken.
            first, left_out = [], [{"name": "report.pdf", "left_out": str(erased)}]
    yield from first
    told: list[dict[str, Any]] = []
    for number, document in enumerate(found, start=1):
        with scope.of_officer(to):
            row, data = handed_on(number, document) if leaves else (left(document, str(ONE_HAND)), b"")
        told.append(row)
        if data:
            went.append(document.pk)
            yield row["file"], data
    yield "documents.json", written(told)
    yield from proved
    yield "roots.pem", b"".join(root.public_bytes(Encoding.PEM) for root in signing.roots())
    if clocks := signing.stamping_roots():
        yield checker.CLOCKS, b"".join(root.public_bytes(Encoding.PEM) for root in clocks)
    yield checker.HERE, Path(checker.__file__).read_bytes()
    left_out += [row for row in told if not row["file"]]
    shown = {"report": report, "left_out": left_out, "commands": COMMANDS}
    yield "README.txt", render_to_string("reports/pack_readme.txt", shown).encode()


def of_report(report: Report) -> list[tuple[str, bytes]]:
    """What the report itself is. Raises FileErased."""
    return [
        ("report.pdf", report.file.read()),
        ("report.json", report.facts.encode()),
        ("envelope.json", canonical.encode(report.envelope)),
        ("bods.json", written(structure(report))),
    ]


def written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def structure(report: Report) -> list[dict[str, Any]]:
    """Who owns and controls the customer, as true and known for this very report."""
    pack = packs.get(report.rule_pack)
    reader = Reader(organisation=report.organisation_id, valid_at=report.valid_at, snapshot=report.snapshot, pack=pack)
    return bods.statements(reader)


def handed_on(number: int, document: Document) -> tuple[dict[str, Any], bytes]:
    """What documents.json says of it, and the file; none where it was erased, can't be made safe, or waits for the
    virus scanner."""
    if not document.is_openable:
        return left(document, str(document.get_intake_display())), b""
    try:
        data = sanitised.sanitised(document.file.read(), document.content_type)
    except (FileErased, sanitised.Unsafe) as why:
        return left(document, str(why)), b""
    called = slugify(document.name.rpartition(".")[0])[:60] or "document"
    name = f"documents/{number:03d}-{called}.{ENDINGS[document.content_type]}"
    return left(document, "") | {"file": name, "sha256": canonical.sha256(data)}, data


def left(document: Document, why: str) -> dict[str, Any]:
    return {"name": document.name, "report_sha256": document.sha256, "file": "", "sha256": "", "left_out": why}


def trail(report: Report) -> Iterator[tuple[str, bytes]]:
    """What was done with this report and when, each with its proof, and neither by whom nor why; what has no place in the signed
    log yet is left out."""
    rows = AuditEvent.objects.filter(target_type=report._meta.label_lower, target_id=str(report.pk)).order_by("pk")
    for event in rows:
        try:
            yield f"trail/{event.pk}.json", proofs.proof(event, shown=verification.SHOWN)
        except NoProof:
            continue
