"""Whether a file is a report of this house, as it was issued: what is checked without asking anybody, and what the register says.

A file that is not ours can be anything. Its signature is looked at first, and only what bears ours is opened.
"""

import io
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pikepdf
from cryptography import x509
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts import leaves, merkle, sequencer
from accounts.models import AuditEvent, AuditLeaf
from reports import canonical, checker, restating, signing
from reports.models import Report

REPORT, ENVELOPE, MANIFEST = "report.json", "envelope.json", "manifest.json"
NUMBER = re.compile(r"(R-\d\d)-(\d{4})-(\d{5,18})", re.ASCII)
DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
# What wrote down that a report was issued, and with which digests.
ISSUING = ("report.issued",)
ISSUED, SUPERSEDED, WITHDRAWN = "issued", "superseded", "withdrawn"
# Of the event that says that a report was issued a stranger is shown these; who asked for it and why stay commitments.
SHOWN = frozenset({"details.sha256", "details.file_sha256"})
STATUSES = ("draft", "awaiting", "issued")
# What a row's state says to a stranger who holds the file. The one place that knows the states; others are none of his business.
STANDING = {"issued": ISSUED, "superseded": SUPERSEDED, "withdrawn": WITHDRAWN}
SAID = {
    ISSUED: _("Issued, and it stands."),
    SUPERSEDED: _("Issued, and replaced since by a newer report. Ask for that one."),
    WITHDRAWN: _("Issued, and withdrawn since. Do not rely on it."),
}


@dataclass(frozen=True)
class Check:
    """One thing looked at: whether it holds, or None where it could not be judged here; `said` in words."""

    name: str
    passed: bool | None
    said: str

    def told(self) -> dict[str, Any]:
        return {"check": self.name, "passed": self.passed, "said": self.said}


@dataclass(frozen=True)
class Attached:
    """A report's files, read."""

    files: dict[str, bytes]
    envelope: dict[str, Any]


class Unreadable(ValueError):
    """Signed, and still no report as Keyholder writes them; says why."""


def standing(report: Report) -> str:
    """Empty for what is not issued."""
    return STANDING.get(report.state, "")


def said(report: Report) -> str:
    """How an issued report stands, for whoever holds its file: of what took its place the number alone, of a withdrawal the day.
    Empty for what is not issued."""
    where = standing(report)
    if where == SUPERSEDED and (later := restating.successor(report)):
        day = date_format(report.superseded_at, "j F Y")
        if later.state == Report.State.WITHDRAWN:
            told = {"day": day, "number": later.number}
            return _now("Issued, and superseded on %(day)s by %(number)s, which was withdrawn since. Ask us what stands.") % told
        return _now("Issued, and superseded on %(day)s by %(number)s. Ask for that one.") % {"day": day, "number": later.number}
    if where == WITHDRAWN and report.withdrawn_at:
        day = date_format(report.withdrawn_at, "j F Y")
        return _now("Issued, and withdrawn on %(day)s. Do not rely on it.") % {"day": day}
    return str(SAID[where]) if where else ""


def registered(number: str, digest: str) -> Report | None:
    """The issued report of that number with that SHA-256, of its PDF or of its report.json. It is looked for by the digest, so
    that how long it takes says nothing of which numbers there are."""
    found = Report.objects.filter(Q(file_sha256=digest) | Q(sha256=digest), state__in=STANDING).defer("facts").order_by("pk")
    return next((report for report in found if report.number == number), None)


def issuing(report: Report) -> AuditEvent | None:
    """The event that says so, in the audit."""
    rows = AuditEvent.objects.filter(verb__in=ISSUING, target_type=report._meta.label_lower, target_id=str(report.pk))
    return rows.order_by("pk").last()


def issued_at(data: bytes) -> datetime | None:
    """When this very file was issued here, as the audit says; raises what the database raises where it is away."""
    report = Report.objects.filter(file_sha256=canonical.sha256(data), state__in=STANDING).defer("facts").order_by("pk").first()
    event = issuing(report) if report else None
    return event.at if event else None


def examined(
    data: bytes,
    *,
    believed: Collection[x509.Certificate],
    clocks: Collection[x509.Certificate] = (),
    issued_at: datetime | None = None,
) -> Iterator[Check]:
    """What the file says by itself. After a signature that does not hold nothing of it is read. A certificate that has ended is
    judged by the time of the timestamp, where an authority of `clocks` gave it, else by when the file was `issued_at`, where that
    is known."""
    try:
        signature = checker.signature_of(data)
    except checker.Broken as broken:
        yield Check("signature", False, f"{str(broken).capitalize()}.")
        return
    yield Check("signature", True, "Every byte of the file is what was signed.")
    try:
        trusted = checker.believed(signature, believed, issued_at=issued_at, clocks=clocks)
    except checker.Broken as broken:
        yield Check("certificate", False, f"{str(broken).capitalize()}.")
        return
    who, by = signing.called(signature.certificate.subject), signing.called(trusted.root.subject)
    since = ended_since(trusted)
    yield Check("certificate", True, f"Signed by “{who}”, for whom “{by}” vouches. SHA-256 {signature.fingerprint}.{since}")
    second = signing.read_by_another(data, tuple(believed), at=trusted.at)
    yield Check("second reader", not second, second or "pyHanko, which shares no code with the first, says the same.")
    try:
        found = attached(data)
    except Unreadable as error:
        yield Check("attachments", False, str(error))
        return
    yield from of_files(found)


def ended_since(found: checker.Believed) -> str:
    """Of a certificate that is not good any more, by whose word it was good when it signed."""
    if found.at is None:
        return ""
    if found.by_clock:
        return f" It has ended since, and was good on {found.at:%Y-%m-%d}, when the timestamp's authority saw the signature."
    return " It has ended since, and was good when the register says that this was issued."


def attached(data: bytes) -> Attached:
    try:
        with pikepdf.open(io.BytesIO(data)) as document:
            files = {name: spec.get_file().read_bytes() for name, spec in document.attachments.items()}
    except (pikepdf.PdfError, ValueError, KeyError) as error:
        raise Unreadable(f"Its attachments can't be read: {error}.") from None
    missing = [name for name in (REPORT, ENVELOPE, MANIFEST) if name not in files]
    if missing:
        raise Unreadable(f"{', '.join(missing)} is not attached.")
    try:
        envelope = json.loads(files[ENVELOPE])
        manifest = json.loads(files[MANIFEST])
    except ValueError:
        raise Unreadable("An attachment is no JSON.") from None
    if not isinstance(envelope, dict) or not isinstance(manifest, dict):
        raise Unreadable("An attachment is not written as Keyholder does.")
    return Attached(files, envelope)


def of_files(found: Attached) -> Iterator[Check]:
    told = json.loads(found.files[MANIFEST])
    made = {name: canonical.sha256(data) for name, data in found.files.items() if name != MANIFEST}
    wrong = sorted(name for name in told.keys() | made.keys() if told.get(name) != made.get(name))
    for name in wrong:
        yield Check("attachments", False, f"{name} is not what manifest.json says.")
    if not wrong:
        yield Check("attachments", True, f"Each of the {len(made)} has the SHA-256 that manifest.json gives.")
    own = canonical.sha256(found.files[REPORT])
    is_own = own == found.envelope.get("sha256")
    yield Check("facts", is_own, f"report.json has the SHA-256 {own}{'' if is_own else ', and envelope.json gives another'}.")


def status_of(envelope: dict[str, Any]) -> str:
    """As the file says itself (reports/envelope.py)."""
    status = envelope.get("status")
    return status if status in STATUSES else "unknown"


def in_register(data: bytes, envelope: dict[str, Any]) -> Iterator[Check]:
    """What this installation knows of it. Raises what the database raises where it is away."""
    number, digest = str(envelope.get("number", "")), canonical.sha256(data)
    report = registered(number, digest)
    if report is None or report.file_sha256 != digest:
        yield Check("register", False, f"No report {number} with this file was issued here.")
        return
    yield Check("register", True, f"This very file was issued as {number}.")
    yield Check("standing", standing(report) == ISSUED, said(report))
    yield in_tree(report)


def in_tree(report: Report) -> Check:
    """Whether its issue stands in the signed audit tree, with these digests."""
    event, head = issuing(report), sequencer.last_head()
    if event is None:
        return Check("audit tree", False, "The audit does not say that it was issued.")
    if (event.details.get("sha256"), event.details.get("file_sha256")) != (report.sha256, report.file_sha256):
        return Check("audit tree", False, "The audit says that it was issued with other digests.")
    row = AuditLeaf.objects.filter(event_id=event.pk).first()
    if row is None or head is None or row.index >= head.size:
        return Check("audit tree", None, "Its event waits for its place in the signed tree.")
    way = [root_of(first, end) for first, end in merkle.siblings(row.index, head.size)]
    leaf = merkle.leaf_hash(leaves.leaf(event))
    holds = merkle.is_included(leaf, index=row.index, size=head.size, proof=way, root=bytes(head.root))
    where = f"place {row.index} under the signed head of {head.size} events"
    return Check("audit tree", holds, f"Its issue stands at {where}." if holds else f"Its issue is not what stands at {where}.")


def root_of(first: int, end: int) -> bytes:
    rows = AuditLeaf.objects.filter(index__gte=first, index__lt=end).order_by("index").values_list("hash", flat=True)
    return merkle.Tree().extended(map(bytes, rows.iterator())).root
