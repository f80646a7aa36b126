"""Builds requested reports: facts section by section, then the page drawn from them."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts import audit
from config import jobs
from kyc.rules import packs
from reports import canonical, pdf
from reports.facts import dossier
from reports.models import Report

QUEUE = jobs.Queue(
    name="reports.build",
    model=Report,
    field="state",
    ready=Report.State.REQUESTED,
    failed=Report.State.FAILED,
    lease=timedelta(seconds=60),
)
DRAWING = 90


def run() -> None:
    for claim in QUEUE.claims():
        with claim:
            build(claim)


def build(claim: jobs.Claim) -> None:
    report: Report = claim.row
    facts = collect(claim, report)
    envelope = enclose(report, facts)
    told(claim, DRAWING, "pages")
    page = pdf.render(facts, envelope)
    stored = Report._meta.get_field("file").storage.save("report", ContentFile(page))
    with claim.finish(state=Report.State.REQUESTED):
        Report.objects.filter(pk=report.pk).update(
            state=Report.State.READY,
            facts=canonical.encode(facts).decode(),
            envelope=envelope,
            sha256=envelope["sha256"],
            file=stored,
            finished_at=envelope["generated_at"],
            progress=100,
            stage="",
        )
        audit.record("report.ready", target=report, by=None, sha256=envelope["sha256"])


def collect(claim: jobs.Claim, report: Report) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    sections = dossier.build(
        organisation=report.organisation_id, valid_at=report.valid_at, snapshot=report.snapshot, pack=packs.get(report.rule_pack)
    )
    for number, (name, so_far) in enumerate(sections, start=1):
        facts = so_far
        told(claim, DRAWING * number // (len(dossier.SECTIONS) + 1), name)
    return facts


def told(claim: jobs.Claim, progress: int, stage: str) -> None:
    claim.renew()
    claim.mine().update(progress=progress, stage=stage)


def enclose(report: Report, facts: dict[str, Any]) -> dict[str, Any]:
    """What is not reproducible: number, times, people."""
    return {
        "number": report.number,
        "provider": settings.PROVIDER_NAME,
        "prepared_by": str(report.requested_by),
        "requested_at": dossier.instant(report.requested_at),
        "generated_at": dossier.instant(timezone.now()),
        "classification": "Confidential",
        "signature": "not signed",
        "sha256": canonical.sha256(canonical.encode(facts)),
    }
