"""Large packs of reports, put together by a worker: the ZIP that a small one is sent as, sealed in the vault for a day.

Nothing of it stands on the disk in clear: each part is sealed as it comes. What is handed over is looked at and written down when
it is taken, by the same rules as a small one.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.core.files import File
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import acting, audit
from accounts.models import User
from accounts.refused import Refused
from accounts.vault import shredding
from accounts.vault.models import SubjectKey
from config import jobs
from kyc.evidence.models import Document
from reports import building, many, pack
from reports.models import Report, require_kind
from reports.pack_models import KEPT, ReportPack

S = ReportPack.State
# What is smaller is sent at once. A document is made anew in some tenths of a second, a picture of many megapixels in two.
LARGE_BYTES, LARGE_FILES = 20_000_000, 20
# Of one person, so that nobody fills the disk with them.
MOST = 5
# Before a file is deleted again that could not be.
REST = timedelta(minutes=5)


class Packs(jobs.Queue):
    """Packs to be put together, and those whose day is over."""

    def is_waiting(self) -> bool:
        return super().is_waiting() or over().exists() or left_lying().exists()


QUEUE = Packs(
    name="reports.packs",
    model=ReportPack,
    field="state",
    ready=S.WAITING,
    failed=S.FAILED,
    # Renewed while the work goes on.
    lease=timedelta(seconds=20),
    since="asked_at",
)


class PackGone(Refused):
    """It is not ready, or not there any more."""


class TooManyPacks(Refused):
    """Each is a copy of what it holds, and lies for a day."""


class Flowing:
    """What comes part by part, as a file that is read once, from its beginning."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self.parts, self.held = parts, bytearray()

    def seek(self, at: int) -> int:
        return at

    def read(self, size: int) -> bytes:
        while len(self.held) < size and (part := next(self.parts, None)) is not None:
            self.held += part
        found = bytes(self.held[:size])
        del self.held[:size]
        return found


def is_large(reports: Sequence[Report], documents: Sequence[Document] = ()) -> bool:
    """Whether a page would keep its reader waiting."""
    if len(reports) + len(documents) > LARGE_FILES:
        return True
    return sum(one.file.size for one in (*reports, *documents)) > LARGE_BYTES


@transaction.atomic
def ask(reports: Sequence[Report], *, is_evidence: bool, by: User) -> ReportPack:
    """To be put together for `by`, who may take it (pack.allowed, many.chosen). Asked for again it is the one that there is.
    Raises TooManyPacks."""
    # So that who clicks twice asks for one.
    User.objects.select_for_update().get(pk=by.pk)
    numbers = sorted(report.pk for report in reports)
    same = ReportPack.objects.filter(asked_by=by, reports=numbers, is_evidence=is_evidence, state__in=ReportPack.LIVE)
    for one in same & over():
        erase(one)
    if found := same.first():
        return found
    if live(by).count() >= MOST:
        raise TooManyPacks(
            _("You have %(most)s packs already. Each lies for a day: ask for another when the first is over.") % {"most": MOST}
        )
    made = ReportPack.objects.create(asked_by=by, reports=numbers, is_evidence=is_evidence)
    # That of one customer stands in his record.
    about = reports[0] if is_evidence else made
    audit.record("report.pack_asked", target=about, by=by, reports=[report.number for report in reports])
    jobs.woke("report.pack_asked")
    return made


def over() -> QuerySet[ReportPack]:
    """Those whose day is over; of one that could not be put together the day since it was asked for."""
    now = timezone.now()
    return ReportPack.objects.filter(Q(state=S.READY, expires_at__lte=now) | Q(state=S.FAILED, asked_at__lte=now - KEPT))


def live(by: User) -> QuerySet[ReportPack]:
    """What is put together for that person or ready for him, the newest first."""
    return ReportPack.objects.filter(asked_by=by, state__in=ReportPack.LIVE).exclude(pk__in=over().values("pk")).order_by("-pk")


def left_lying() -> QuerySet[ReportPack]:
    """Those without a key whose file could not be deleted, once they have rested."""
    return ReportPack.objects.filter(state=S.ERASED, claimed_until__lte=timezone.now()).exclude(file="")


@transaction.atomic
def erase(row: ReportPack) -> None:
    """Its key, and its file with that; the row names the file until it is deleted. Repeated, it deletes what was left lying."""
    found = ReportPack.objects.select_for_update().get(pk=row.pk)
    if found.state != S.ERASED:
        shredding.shred(found.sealed_for, reason="The day of a pack was over.", by=None)
    found.state, found.claimed_until = S.ERASED, timezone.now() + REST
    found.save(update_fields=["state", "claimed_until"])
    if found.file:
        transaction.on_commit(lambda: delete(found), robust=True)


def erase_apart(row: ReportPack) -> None:
    """Of what it raises the log tells, and others go on."""
    with transaction.atomic():
        transaction.on_commit(lambda: erase(row), robust=True)


def delete(row: ReportPack) -> None:
    row.file.storage.delete(row.file.name)
    ReportPack.objects.filter(pk=row.pk).update(file="")


@transaction.atomic
def take(row: ReportPack, *, by: User) -> ReportPack:
    """Written down as if each report had been taken by itself. Raises PackGone, NotPermitted, NoPack, NoneChosen."""
    found = ReportPack.objects.select_for_update().get(pk=row.pk)
    if found.asked_by_id != by.pk or found.state != S.READY or not found.expires_at or found.expires_at <= timezone.now():
        raise PackGone(_("This pack is not there any more. Ask for it again where the report stands."))
    documents = list(Document.objects.filter(pk__in=found.documents).select_related("party").order_by("pk"))
    if holds_erased(found, documents):
        raise PackGone(
            _("A report or document in this pack was erased since it was put together, so it is not handed over any more.")
        )
    if found.is_evidence:
        pack.take(Report.objects.get(pk=found.reports[0]), leaving=documents, by=by)
    else:
        for kind in Report.objects.filter(pk__in=found.reports).values_list("kind", flat=True).distinct().order_by("kind"):
            require_kind(kind, by=by)
        many.take(found.reports, by=by)
    return found


def holds_erased(row: ReportPack, documents: Sequence[Document]) -> bool:
    """Whether a key is destroyed under which anything in it was sealed."""
    keys = Q(kind=SubjectKey.Kind.REPORT, ref__in=row.reports)
    for subject in {document.sealed_for for document in documents}:
        keys |= Q(kind=subject.kind, ref=subject.ref)
    return SubjectKey.objects.filter(keys, destroyed_at__isnull=False).exists()


def run() -> None:
    for claim in QUEUE.claims():
        with claim:
            build(claim)
    for row in (*over(), *left_lying()):
        erase_apart(row)


def build(claim: jobs.Claim) -> None:
    row: ReportPack = claim.row
    reports = list(Report.objects.filter(pk__in=row.reports).order_by("pk"))
    found = pack.documents(reports[0]) if row.is_evidence else []
    went = list[int]()
    to = row.asked_by
    parts = pack.zipped(reports[0], found, to=to, went=went) if row.is_evidence else many.zipped(reports, to=to)
    size = sum(one.file.size for one in (*reports, *found))
    with claim.kept_up(), building.kept(claim, File(Flowing(told(claim, parts, size=size)))) as stored:
        now = timezone.now()
        done: dict[str, Any] = {"file": stored, "progress": 100, "ready_at": now, "expires_at": now + KEPT, "documents": went}
        with acting.on_behalf_of(str(row.asked_by)), claim.finish(state=S.READY, **done):
            audit.record("report.pack_built", target=row, by=None, count=len(reports))


def told(claim: jobs.Claim, parts: Iterator[bytes], *, size: int) -> Iterator[bytes]:
    """The same, with how far it is by the bytes of the files that go in."""
    done = before = 0
    for part in parts:
        done += len(part)
        progress = min(99, 100 * done // max(size, 1))
        if progress > before:
            before = progress
            if not claim.mine().update(progress=progress):
                raise jobs.Fenced(claim.queue.name)
        yield part
