"""Workers that answer a file are killed again and again: no row is left out, and none is answered twice."""

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest

from accounts.models import AuditEvent
from kyc.screening import answering, asked, filed, inquiries
from kyc.screening.models import Inquiry, InquiryPart
from tests import cast
from tests.chaos import workers
from tests.figures import Measures

pytestmark = pytest.mark.chaos
SEED, ROWS = 20261201, 120


@pytest.mark.django_db(transaction=True)
def test_every_row_is_answered_once_however_often_its_worker_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, measures: Measures
) -> None:
    monkeypatch.setattr(inquiries, "PART", 2)
    monkeypatch.setattr(answering, "QUEUE", dataclasses.replace(answering.QUEUE, lease=timedelta(seconds=0.4)))
    names = workers.names(ROWS)
    cast.load_list(tmp_path, cast.LISTED + workers.listed(names))
    text = "name,kind\n" + "".join(f"{name},person\n" for name in names)
    inquiry = inquiries.ask_file(filed.read(text.encode()), name="payees.csv", reason="trial", by=cast.staff("analyst"))
    waiting = InquiryPart.objects.filter(state="waiting")
    killed, left = workers.killed_and_done(answering.run, waiting, seed=SEED)
    found = Inquiry.objects.counted().get(pk=inquiry.pk)
    assert (found.standing, found.done_rows, found.hit_rows) == ("answered", ROWS, ROWS)  # type: ignore[attr-defined]  # counted
    best = [
        (who.name, answer.hits[0].entry)
        for part in inquiry.parts.order_by("first")
        for who, answer in zip(asked.subjects_of(part.subjects), asked.answers_of(part.answers), strict=True)
    ]
    assert best == [(name, str(9500 + n)) for n, name in enumerate(names)], "nothing skipped, nothing doubled, each in its place"
    assert AuditEvent.objects.filter(verb="inquiry.answered").count() == 1
    measures("workers killed while answering a file", f"{killed}; {left} parts of {ROWS // 2} were left then")
