"""A report is built once, whatever happens to its workers, and once ready it stands."""

import dataclasses
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import Error, OperationalError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import AuditEvent, Organisation, User
from config import jobs
from reports import actions, building, canonical, pdf
from reports.facts.dossier import DOSSIER
from reports.models import Report
from tests import cast
from tests.reports import processes

pytestmark = pytest.mark.django_db(transaction=True)
Kept = Callable[[], set[Path]]

KILLED_BEFORE_THE_FINISH = """
import os, signal
import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()
from reports import building
building.finish = lambda *args: os.kill(os.getpid(), signal.SIGKILL)
building.run()
"""


KILLED_WHILE_DRAWING = """
import dataclasses, datetime, os, signal, time
import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()
from reports import building, pdf

def dies(*args, **more):
    time.sleep(1)
    os.kill(os.getpid(), signal.SIGKILL)

building.QUEUE = dataclasses.replace(building.QUEUE, lease=datetime.timedelta(seconds=0.8))
pdf.render = dies
building.run()
"""


@pytest.fixture
def report(organisation: Organisation, astrid: User) -> Report:
    return actions.request(organisation, addressee="BIS", by=astrid)


def lease_expires() -> None:
    Report.objects.filter(state="requested").update(claimed_until=Now() - timedelta(seconds=1))


def claimed() -> jobs.Claim:
    claim = building.QUEUE.claim()
    assert claim is not None
    return claim


def stored(report: Report) -> dict[str, Any]:
    found = Report.objects.get(pk=report.pk)
    return {field.attname: getattr(found, field.attname) for field in Report._meta.concrete_fields}


class TestRun:
    def test_the_row_becomes_ready_with_everything_at_once(self, report: Report, kept: Kept) -> None:
        building.run()
        report.refresh_from_db()
        assert (report.state, report.progress, report.stage, report.failure) == ("issued", 100, "", "")
        assert report.sha256 == canonical.sha256(report.facts.encode()) == report.envelope["sha256"]
        assert (report.envelope["number"], report.envelope["prepared_by"]) == (report.number, "Astrid Lund")
        assert report.envelope["addressee"] == "BIS"
        assert report.finished_at and timezone.now() - report.finished_at < timedelta(seconds=30)
        (file,) = kept()
        assert report.file.read().startswith(b"%PDF-1.7") and b"%PDF" not in file.read_bytes()
        event = AuditEvent.objects.get(verb="report.issued")
        assert (event.actor, event.organisation_id, event.details) == (
            "Keyholder",
            report.organisation_id,
            {"sha256": report.sha256, "file_sha256": report.file_sha256},
        )
        assert report.file_sha256 == canonical.sha256(Report.objects.get().file.read())

    @pytest.mark.usefixtures("quick_pages")
    def test_a_second_run_changes_nothing(self, report: Report, kept: Kept) -> None:
        building.run()
        first, files = stored(report), kept()
        building.run()
        assert stored(report) == first
        assert kept() == files
        assert AuditEvent.objects.filter(verb="report.issued").count() == 1

    @pytest.mark.usefixtures("quick_pages")
    def test_progress_moves_forward_and_names_what_is_done(self, report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[tuple[int, str]] = []
        told = building.told

        def watched(claim: jobs.Claim, progress: int, stage: str) -> None:
            told(claim, progress, stage)
            seen.append(Report.objects.values_list("progress", "stage").get(pk=report.pk))

        monkeypatch.setattr(building, "told", watched)
        building.run()
        assert [stage for _, stage in seen] == [
            *(name for name, _ in DOSSIER.sections),
            *(name for name, _ in DOSSIER.closing),
            "pages",
        ]
        percent = [progress for progress, _ in seen]
        assert percent == sorted(set(percent)) and percent[0] > 0 and percent[-1] == building.DRAWING

    @pytest.mark.usefixtures("quick_pages")
    def test_progress_goes_on_with_each_part_of_a_long_one(self, report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[tuple[int, str]] = []

        def drawn(facts: Any, envelope: Any, changes: Any = (), *, told: Any) -> bytes:
            for done in range(1, 5):
                told(done, 4)
                seen.append(Report.objects.values_list("progress", "stage").get(pk=report.pk))
            return b"%PDF-1.7 pages"

        monkeypatch.setattr(pdf, "render", drawn)
        building.run()
        assert seen == [(84, "pages"), (89, "pages"), (94, "pages"), (99, "pages")]

    def test_progress_leaves_nothing_in_the_history(self, report: Report) -> None:
        with claimed() as claim:
            events = Report.pgh_event_model.objects.count()
            for progress in (10, 20, 30):
                building.told(claim, progress, "identity")
            assert Report.pgh_event_model.objects.count() == events


@pytest.mark.usefixtures("quick_pages")
class TestKilled:
    def test_between_the_file_and_the_finish_leaves_one_file_and_one_finish(self, report: Report, kept: Kept) -> None:
        died = processes.python("-c", KILLED_BEFORE_THE_FINISH)
        assert died.returncode == -signal.SIGKILL, died.stderr
        assert stored(report)["state"] == "requested"
        (left_behind,) = kept()
        building.run()
        assert stored(report)["state"] == "requested", "its lease still runs"
        lease_expires()
        building.run()
        report.refresh_from_db()
        assert (report.state, report.claims) == ("issued", 0)
        assert kept() == {Path(report.file.path)}
        assert not left_behind.exists()
        assert AuditEvent.objects.filter(verb="report.issued").count() == 1

    def test_a_process_told_to_end_leaves_no_file(self, report: Report, kept: Kept) -> None:
        def ends() -> None:
            with claimed() as claim, building.kept(claim, ContentFile(b"%PDF")):
                assert len(kept()) == 1
                raise SystemExit

        with pytest.raises(SystemExit):
            ends()
        assert kept() == set()

    def test_an_answer_that_was_lost_leaves_the_file_that_the_row_names(self, report: Report, kept: Kept) -> None:
        with claimed() as claim, building.kept(claim, ContentFile(b"%PDF")):
            raise OperationalError("the connection was lost")
        assert kept() == {Path(Report.objects.get().file.path)}
        lease_expires()
        building.run()
        assert kept() == {Path(Report.objects.get(state="issued").file.path)}


@pytest.mark.usefixtures("quick_pages")
class TestFenced:
    def test_a_worker_that_was_overtaken_takes_its_file_away_and_writes_nothing(self, report: Report, kept: Kept) -> None:
        slow = claimed()
        facts = building.collect(slow, slow.row)
        enclosed = building.envelope.draft(facts)
        with slow:
            with building.kept(slow, ContentFile(b"by the slow one")) as file:
                lease_expires()
                quick = claimed()
                building.finish(slow, slow.row, facts, enclosed, file)
            pytest.fail("went on after it was fenced")
        assert kept() == set()
        assert not AuditEvent.objects.filter(verb="report.issued").exists()
        with quick:
            building.build(quick)
        assert kept() == {Path(Report.objects.get(state="issued").file.path)}

    def test_one_that_was_overtaken_before_it_writes_writes_no_file(self, report: Report, kept: Kept) -> None:
        slow = claimed()
        lease_expires()
        claimed()
        with slow, building.kept(slow, ContentFile(b"too late")):
            pytest.fail("wrote although it was fenced")
        assert kept() == set()


@pytest.fixture
def short_lease(monkeypatch: pytest.MonkeyPatch) -> timedelta:
    lease = timedelta(seconds=1)
    monkeypatch.setattr(building, "QUEUE", dataclasses.replace(building.QUEUE, lease=lease))
    return lease


@pytest.mark.usefixtures("quick_pages")
class TestHeartbeat:
    def drawn_slowly(self, monkeypatch: pytest.MonkeyPatch, lease: timedelta) -> list[jobs.Claim | None]:
        """Pages that take two leases, and what another worker gets meanwhile."""
        taken: list[jobs.Claim | None] = []
        render = pdf.render

        def slow(*args: Any, **more: Any) -> bytes:
            while len(taken) < 4:
                time.sleep(lease.total_seconds() / 2)
                taken.append(building.QUEUE.claim())
            return render(*args, **more)

        monkeypatch.setattr(pdf, "render", slow)
        return taken

    def test_pages_that_take_longer_than_the_lease_are_not_taken_over(
        self, report: Report, kept: Kept, short_lease: timedelta, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        taken = self.drawn_slowly(monkeypatch, short_lease)
        building.run()
        assert taken == [None] * 4
        assert (stored(report)["state"], len(kept())) == ("issued", 1)

    @pytest.mark.soak
    def test_without_it_they_would_be(
        self, report: Report, kept: Kept, short_lease: timedelta, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The negative control."""
        monkeypatch.setattr(jobs.Claim, "kept_up", lambda claim: nullcontext())
        taken = self.drawn_slowly(monkeypatch, short_lease)
        building.run()
        assert any(taken)

    def test_a_worker_that_died_while_drawing_is_taken_over_when_its_lease_has_run_out(
        self, report: Report, kept: Kept, short_lease: timedelta
    ) -> None:
        died = processes.python("-c", KILLED_WHILE_DRAWING)
        assert died.returncode == -signal.SIGKILL, died.stderr
        assert stored(report)["state"] == "requested"
        time.sleep(short_lease.total_seconds() + 0.1)
        building.run()
        assert stored(report)["state"] == "issued"


@pytest.mark.usefixtures("quick_pages")
class TestFailing:
    def test_it_rests_and_then_fails_with_the_reason(self, organisation: Organisation, kept: Kept) -> None:
        report = actions.request(organisation, by=cast.staff("auditor"))
        Report.objects.filter(pk=report.pk).update(rule_pack="1999.01")
        for errors in (1, 2):
            building.run()
            row = stored(report)
            assert (row["state"], row["errors"], row["failure"]) == ("requested", errors, "UnknownPack: 1999.01")
            assert row["claimed_until"] > timezone.now()
            lease_expires()
        building.run()
        row = stored(report)
        assert (row["state"], row["failure"], row["claimed_until"]) == ("failed", "UnknownPack: 1999.01", None)
        assert kept() == set()
        lease_expires()
        building.run()
        assert stored(report) == row

    def test_one_that_fails_does_not_keep_the_next_waiting(self, organisation: Organisation) -> None:
        astrid = cast.staff("auditor")
        poison, sound = actions.request(organisation, by=astrid), actions.request(organisation, by=astrid)
        Report.objects.filter(pk=poison.pk).update(rule_pack="1999.01")
        building.run()
        assert (stored(poison)["state"], stored(sound)["state"]) == ("requested", "issued")


@pytest.fixture
def ready(report: Report) -> Report:
    building.run()
    report.refresh_from_db()
    return report


@pytest.mark.usefixtures("quick_pages")
class TestIssued:
    def test_nothing_of_it_or_of_its_history_changes_by_sql(self, ready: Report) -> None:
        before = stored(ready)
        for change in (
            "facts = '{}'",
            "sha256 = repeat('0', 64)",
            "state = 'requested'",
            "file = 'another'",
            "valid_at = now()",
            "known_at = now()",
            "envelope = '{}'",
            "organisation_id = organisation_id",
            "progress = 1",
        ):
            with pytest.raises(Error, match="issued_report_is_fixed"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"UPDATE reports_report SET {change} WHERE id = %s", [ready.pk])
        for statement in ("UPDATE reports_reportevent SET sha256 = ''", "DELETE FROM reports_reportevent"):
            with pytest.raises(Error, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
        with pytest.raises(Error, match="report_is_kept"), transaction.atomic():
            Report.objects.filter(pk=ready.pk).delete()
        assert stored(ready) == before

    def test_one_without_its_facts_cannot_be_issued(self, organisation: Organisation) -> None:
        report = actions.request(organisation, by=cast.staff("auditor"))
        report.facts = "{}"
        report.save()
        for missing in ({"facts": ""}, {"sha256": ""}, {"file": ""}):
            whole = {"state": "issued", "sha256": "0" * 64, "file": "x"}
            with pytest.raises(Error, match="built_report_is_complete"), transaction.atomic():
                Report.objects.filter(pk=report.pk).update(**{**whole, **missing})


# Pages are quick here, the lease is short, and each step of a report takes a moment, so that a kill falls into the middle of one.
WORKS_UNTIL_KILLED = """
import dataclasses, datetime, os, time
import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()
from reports import building, pdf, signing

told = building.told

def slowly(claim, progress, stage):
    told(claim, progress, stage)
    time.sleep(0.02)

building.QUEUE = dataclasses.replace(building.QUEUE, lease=datetime.timedelta(seconds=1))
building.told = slowly
pdf.render = lambda facts, envelope, changes=(), told=None: time.sleep(0.05) or b"%PDF-1.7 pages"
signing.signed = lambda data: data
print("at work", flush=True)
building.run()
"""
FIFTY, KILLS = 50, 6


@pytest.mark.chaos
class TestFifty:
    def test_whatever_workers_are_killed_each_is_issued_once_with_one_file(
        self, organisation: Organisation, astrid: User, kept: Kept
    ) -> None:
        """Two workers at a time; the older is killed while it builds, and another takes its place."""
        for place in range(FIFTY):
            actions.request(organisation, kind=("R-03", "R-04")[place % 2], by=astrid)
        workers, killed_amid = [self.worker(), self.worker()], 0
        for _ in range(KILLS):
            self.wait_for(workers[0])
            workers[0].kill()
            workers[0].wait()
            killed_amid += Report.objects.filter(state="requested", claimed_by__endswith=f":{workers[0].pid}").count()
            workers = [workers[1], self.worker()]
        for worker in workers:
            worker.wait(timeout=120)
        time.sleep(1.1)
        building.run()
        assert killed_amid >= 1, "the negative control: no kill fell into the middle of a report"
        assert set(Report.objects.values_list("state", flat=True)) == {"issued"} and Report.objects.count() == FIFTY
        told = AuditEvent.objects.filter(verb="report.issued").values_list("target_id", flat=True)
        assert sorted(map(int, told)) == sorted(Report.objects.values_list("pk", flat=True))
        assert kept() == {Path(report.file.path) for report in Report.objects.all()}

    def worker(self) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", WORKS_UNTIL_KILLED]
        return subprocess.Popen(command, cwd=settings.BASE_DIR, env=processes.environment(), stdout=subprocess.DEVNULL, text=True)

    def wait_for(self, worker: "subprocess.Popen[str]") -> None:
        """Until it is in the middle of a report."""
        end = time.monotonic() + 120
        while not self.at_work(worker.pid):
            assert worker.poll() is None and time.monotonic() < end, "it takes no report"
            time.sleep(0.02)

    def at_work(self, pid: int) -> bool:
        rows = Report.objects.filter(state="requested", claimed_by__endswith=f":{pid}", claimed_until__gt=Now())
        return rows.exclude(stage="").exists()
