"""Builds requested reports: facts section by section, then the pages drawn from them."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.utils import timezone, translation

from accounts import acting, audit
from accounts.vault import VaultStorage
from config import jobs
from kyc.rules import packs
from reports import canonical, envelope, pdf, restating, signing, stages, subjects
from reports.facts.catalogue import CATALOGUE, frame_of
from reports.facts.frame import LANGUAGE
from reports.models import Report

QUEUE = jobs.Queue(
    name="reports.build",
    model=Report,
    field="state",
    ready=Report.State.REQUESTED,
    failed=Report.State.FAILED,
    lease=timedelta(seconds=30),
    since="requested_at",
)
# Stands for the house, in facts about no one organisation.
NOBODY = 0
# Per cent of the work when the facts are there and the pages are not.
DRAWING = 80


def run() -> None:
    for claim in QUEUE.claims():
        with claim:
            build(claim)


def build(claim: jobs.Claim) -> None:
    """One that another person has to approve is built twice: first to be read, then, from the same facts, to be issued."""
    report: Report = claim.row
    with claim.kept_up(), translation.override(LANGUAGE):
        facts = json.loads(str(report.facts)) if report.sha256 else collect(claim, report)
        told(claim, DRAWING, stages.PAGES)
        # What was read to be approved is what is issued.
        restatement = restating.as_read(report) if report.sha256 else restating.restated(report, facts)
        report.restates, changed = (restatement.of, restatement.changed) if restatement else (None, [])
        enclosed = enveloped(report, facts, restatement)

        def parts(done: int, of: int) -> None:
            told(claim, DRAWING + (99 - DRAWING) * done // of, stages.PAGES)

        pages = signing.signed(pdf.render(facts, enclosed, changed, told=parts))
    with kept(claim, ContentFile(pages)) as stored:
        finish(claim, report, facts, enclosed, stored, canonical.sha256(pages), changed)


def enveloped(report: Report, facts: dict[str, Any], restatement: restating.Restatement | None) -> dict[str, Any]:
    proposal = report.proposal
    about = {
        "number": report.number,
        # Who of us decided is no concern of his.
        "prepared_by": settings.PROVIDER_NAME if CATALOGUE[report.kind].for_subject else str(report.requested_by),
        "addressee": report.envelope.get("addressee", ""),
        "requested_at": report.requested_at,
        "paper": report.envelope.get("paper", ""),
        "tables": report.envelope.get("tables", ""),
        "restates": restatement.told() if restatement else None,
    }
    if proposal is None:
        return envelope.issued(facts, **about)
    if not proposal.outcome:
        return envelope.awaiting(facts, **about)
    return envelope.issued(facts, **about, approved_by=str(proposal.outcome_by), approved_at=proposal.outcome_at)


def finish(
    claim: jobs.Claim,
    report: Report,
    facts: dict[str, Any],
    enclosed: dict[str, Any],
    stored: str,
    file_sha256: str,
    changed: Sequence[dict[str, Any]] = (),
) -> None:
    # The claim keeps the state and the next statement sets it, because a built row must be complete at once.
    with acting.on_behalf_of(str(report.requested_by)), claim.finish(state=Report.State.REQUESTED):
        is_issued = enclosed["status"] == "issued"
        later = restating.supersede(report) if is_issued else None
        standing = Report.State.SUPERSEDED if later else Report.State.ISSUED
        written = {
            "state": standing if is_issued else Report.State.AWAITING,
            "superseded_at": timezone.now() if later else None,
            "superseded_by": later,
            "facts": canonical.encode(facts).decode(),
            "envelope": enclosed,
            "sha256": enclosed["sha256"],
            "file": stored,
            "file_sha256": file_sha256,
            "finished_at": timezone.now(),
            "progress": 100,
            "stage": "",
            "restates": report.restates,
            "changes": canonical.encode(list(changed)).decode() if changed else "",
        }
        for name, value in written.items():
            setattr(report, name, value)
        report.save(update_fields=list(written))
        verb = "report.issued" if is_issued else "report.built"
        audit.record(verb, target=report, by=None, sha256=enclosed["sha256"], file_sha256=file_sha256)
        if later:
            restating.told(report, later)
        if report.is_for_subject:
            subjects.is_ready(report)


@contextmanager
def kept(claim: jobs.Claim, content: File) -> Iterator[str]:
    """Stores the file, and takes it away again when the row is not finished with it. The row names the file before it is
    written, so that whoever takes the row from a killed worker takes that one's file away."""
    storage = VaultStorage()
    if left_behind := claim.row.file.name:
        storage.delete(left_behind)
    name = storage.name_for(claim.row.sealed_for)
    if not claim.mine().update(file=name):
        raise jobs.Fenced(claim.queue.name)
    settled = True
    try:
        yield storage.save(name, content)
    except jobs.DATABASE_IS_AWAY:
        # The answer to the COMMIT may be what got lost.
        settled = False
        raise
    finally:
        if settled and not claim.finished:
            storage.delete(name)


def collect(claim: jobs.Claim, report: Report) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    frame = frame_of(report.kind, report.organisation_id)
    sections = frame.build(
        organisation=report.organisation_id or NOBODY,
        valid_at=report.valid_at,
        snapshot=report.snapshot,
        pack=packs.get(report.rule_pack),
        parameters=report.parameters,
    )
    for number, (name, done) in enumerate(sections, start=1):
        facts = done
        told(claim, DRAWING * number // (frame.steps + 1), name)
    return facts


def told(claim: jobs.Claim, progress: int, stage: str) -> None:
    claim.renew()
    claim.mine().update(progress=progress, stage=stage)
