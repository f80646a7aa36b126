"""The evidence pack: a report with all that it rests on, in one ZIP that somebody else can check without us.

It is written as it is sent, a file at a time, and stands nowhere on the disk. What each file is stands in its README.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts import audit, proofs, scope
from accounts.models import AuditEvent, User
from accounts.permissions import Permission, require
from accounts.proofs import NoProof
from accounts.refused import Refused
from accounts.vault import FileErased
from kyc.evidence import actions as evidence
from kyc.evidence.models import Document
from kyc.rules import packs
from reports import bods, canonical, checker, sanitised, signing, verification
from reports.facts.reader import Reader
from reports.models import Report

# What documents are taken for, as the audit has it.
PURPOSE = "authority"
ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
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


@transaction.atomic
def take(report: Report, *, by: User) -> list[Document]:
    """Writes down that the pack was handed to `by`, and each document in it, which are named. Raises NotPermitted, NoPack."""
    require(by, Permission.REPORT_VIEW)
    require(by, Permission.DOCUMENT_VIEW)
    if report.is_for_subject:
        raise NoPack(_("The answer to a person about himself has no evidence pack: it goes to him alone."))
    if not verification.standing(report):
        raise NoPack(_("This report is not issued, so there is no evidence pack of it."))
    is_proved(report)
    found = documents(report)
    for document in found:
        evidence.look_at(document, purpose=PURPOSE, downloaded=True, by=by)
    audit.record("report.pack_taken", target=report, by=by, sha256=report.sha256, count=len(found))
    return found


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


def zipped(report: Report, found: list[Document], *, to: User) -> Iterator[bytes]:
    """The ZIP, part by part: read when the page's own transaction has ended."""
    sink, digests = Sink(), {}
    made_at = report.finished_at or report.requested_at
    with zipfile.ZipFile(sink, "w", HOW) as archive:
        for name, data in files(report, found, to=to):
            digests[name] = canonical.sha256(data)
            archive.writestr(zipfile.ZipInfo(name, date_time=made_at.timetuple()[:6]), data, HOW)
            yield sink.taken()
        archive.writestr("manifest.json", json.dumps(digests, indent=1, sort_keys=True))
    yield sink.taken()


def files(report: Report, found: list[Document], *, to: User) -> Iterator[tuple[str, bytes]]:
    with scope.of_officer(to):
        yield "report.pdf", report.file.read()
        yield "report.json", report.facts.encode()
        yield "envelope.json", canonical.encode(report.envelope)
        yield "bods.json", written(structure(report))
        proved = list(trail(report))
    told: list[dict[str, Any]] = []
    for number, document in enumerate(found, start=1):
        with scope.of_officer(to):
            row, data = handed_on(number, document)
        told.append(row)
        if data:
            yield row["file"], data
    yield "documents.json", written(told)
    yield from proved
    yield "roots.pem", b"".join(root.public_bytes(Encoding.PEM) for root in signing.roots())
    yield checker.HERE, Path(checker.__file__).read_bytes()
    shown = {"report": report, "left_out": [row for row in told if not row["file"]], "commands": COMMANDS}
    yield "README.txt", render_to_string("reports/pack_readme.txt", shown).encode()


def written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def structure(report: Report) -> list[dict[str, Any]]:
    """Who owns and controls the customer, as true and known for this very report."""
    pack = packs.get(report.rule_pack)
    reader = Reader(organisation=report.organisation_id, valid_at=report.valid_at, snapshot=report.snapshot, pack=pack)
    return bods.statements(reader)


def handed_on(number: int, document: Document) -> tuple[dict[str, Any], bytes]:
    """What documents.json says of it, and the file; none where it was erased or can't be made safe."""
    row = {"name": document.name, "report_sha256": document.sha256, "file": "", "sha256": "", "left_out": ""}
    try:
        data = sanitised.sanitised(document.file.read(), document.content_type)
    except (FileErased, sanitised.Unsafe) as why:
        return row | {"left_out": str(why)}, b""
    called = slugify(document.name.rpartition(".")[0])[:60] or "document"
    name = f"documents/{number:03d}-{called}.{ENDINGS[document.content_type]}"
    return row | {"file": name, "sha256": canonical.sha256(data)}, data


def trail(report: Report) -> Iterator[tuple[str, bytes]]:
    """What was done with this report, each with its proof; what has no place in the signed log yet is left out."""
    rows = AuditEvent.objects.filter(target_type=report._meta.label_lower, target_id=str(report.pk)).order_by("pk")
    for event in rows:
        try:
            yield f"trail/{event.pk}.json", proofs.proof(event)
        except NoProof:
            continue
