"""Answers what was asked of the lists beside any case: part by part, each written once, whoever dies over it.

Only workers do this: no web process ever loads an index.
"""

import time
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts import acting, audit
from accounts.vault import Unreadable
from config import jobs
from kyc.rules import packs
from kyc.screening import asked, lists
from kyc.screening.models import Inquiry, InquiryPart
from kyc.screening.weighing import CURRENT, ENGINE

State = InquiryPart.State
QUEUE = jobs.Queue(
    name="lists.inquiries",
    model=InquiryPart,
    field="state",
    ready=State.WAITING,
    failed=State.FAILED,
    lease=timedelta(seconds=30),
    since="inquiry__asked_at",
    first="is_bulk",
)
# A file of fifty thousand rows keeps a worker for minutes; after so many seconds others have their turn.
DRAIN = 10.0


def run() -> None:
    until = time.monotonic() + DRAIN
    for claim in QUEUE.claims():
        with claim:
            answer(claim)
        if time.monotonic() > until:
            jobs.wake("inquiry.begun")
            return


def answer(claim: jobs.Claim) -> None:
    """Compares outside any transaction, and writes all of the part in the finishing one."""
    part: InquiryPart = claim.row
    inquiry = part.inquiry
    if isinstance(part.subjects, Unreadable):
        # It was erased after it had begun.
        with claim.finish(state=State.CANCELLED):
            return
    with claim.kept_up():
        answers = answered(inquiry, asked.subjects_of(part.subjects), is_bulk=part.is_bulk)
    # The inquiry before its part, as whoever cancels it takes them.
    with transaction.atomic(), acting.on_behalf_of(str(inquiry.asked_by)):
        Inquiry.objects.select_for_update().get(pk=inquiry.pk)
        # The claim keeps the state and the next statement sets it, because an answered part must be complete at once.
        with claim.finish(state=State.WAITING):
            told = {
                "state": State.DONE,
                "answers": asked.written(answers),
                "with_hits": sum(bool(one.hits) for one in answers),
                "with_strong": sum(one.is_strong for one in answers),
                "engine": ENGINE,
                "configuration": CURRENT,
                "done_at": timezone.now(),
            }
            for name, value in told.items():
                setattr(part, name, value)
            part.save(update_fields=list(told))
            ended(inquiry)


def answered(inquiry: Inquiry, subjects: list[asked.Asked], *, is_bulk: bool) -> list[asked.Answer]:
    pack, sources = packs.get(inquiry.rule_pack), {used["id"]: used["source"] for used in inquiry.lists}
    index = lists.index_of(sources)
    by = {"line": pack.screening_threshold, "strong": pack.strong_match}
    return [asked.answered(index, one, sources=sources, with_nearest=not is_bulk, **by) for one in subjects]


def ended(inquiry: Inquiry) -> None:
    """Tells of the last part that all is answered; for those who hold the inquiry's row."""
    found = Inquiry.objects.counted().get(pk=inquiry.pk)
    if found.standing == Inquiry.Standing.ANSWERED:
        audit.record("inquiry.answered", target=inquiry, by=None, count=found.done_rows, size=found.hit_rows)  # type: ignore[attr-defined]  # counted
