"""Workers that answer a file are killed again and again: no row is left out, and none is answered twice.

Here without an installation, in processes of our own, so that a kill comes at any moment of the work.
"""

import dataclasses
import os
import random
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from accounts.models import AuditEvent
from kyc.screening import answering, asked, filed, inquiries
from kyc.screening.models import Inquiry, InquiryPart
from tests import cast
from tests.figures import Measures

pytestmark = pytest.mark.chaos
SEED, ROWS, KILLS = 20261201, 120, 12


def worker() -> int:
    """The process id of a new worker, with connections of its own."""
    connection.close()
    if pid := os.fork():
        return pid
    try:
        answering.run()
    finally:
        os._exit(0)


@pytest.mark.django_db(transaction=True)
def test_every_row_is_answered_once_however_often_its_worker_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, measures: Measures
) -> None:
    monkeypatch.setattr(inquiries, "PART", 2)
    monkeypatch.setattr(answering, "QUEUE", dataclasses.replace(answering.QUEUE, lease=timedelta(seconds=0.4)))
    names = [f"Qvalsund{chr(97 + n // 26)}{chr(97 + n % 26)} Brettspil" for n in range(ROWS)]
    rows = [f'{9500 + n},"{name}","individual","SDGT"' + ",-0- " * 8 + "\n" for n, name in enumerate(names)]
    cast.load_list(tmp_path, cast.LISTED + "".join(rows))
    text = "name,kind\n" + "".join(f"{name},person\n" for name in names)
    inquiry = inquiries.ask_file(filed.read(text.encode()), name="payees.csv", reason="trial", by=cast.staff("analyst"))
    draw, killed, waiting = random.Random(SEED), 0, InquiryPart.objects.filter(state="waiting")
    while killed < KILLS and waiting.exists():
        pid = worker()
        time.sleep(draw.uniform(0.05, 0.8))
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        killed += os.WIFSIGNALED(status)
    amid = waiting.count()
    deadline = time.monotonic() + 60
    while waiting.exists() and time.monotonic() < deadline:
        os.waitpid(worker(), 0)
        time.sleep(0.1)
    assert killed >= 3, "it was all done before anybody could be killed"
    found = Inquiry.objects.counted().get(pk=inquiry.pk)
    assert (found.standing, found.done_rows, found.hit_rows) == ("answered", ROWS, ROWS)  # type: ignore[attr-defined]  # counted
    best = [
        (who.name, answer.hits[0].entry)
        for part in inquiry.parts.order_by("first")
        for who, answer in zip(asked.subjects_of(part.subjects), asked.answers_of(part.answers), strict=True)
    ]
    assert best == [(name, str(9500 + n)) for n, name in enumerate(names)], "nothing skipped, nothing doubled, each in its place"
    assert AuditEvent.objects.filter(verb="inquiry.answered").count() == 1
    measures("workers killed while answering a file", f"{killed}; {amid} parts of {ROWS // 2} were left then")
