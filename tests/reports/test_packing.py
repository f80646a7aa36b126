"""A large pack is put together once, whatever happens to its worker, is taken by who asked for it, and is gone after a day."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from accounts import audit, second_factor
from accounts.models import AuditEvent, Organisation, User
from accounts.permissions import NotPermitted
from accounts.vault import FileErased, shredding
from accounts.vault.models import SubjectKey
from kyc.evidence.models import Document
from reports import actions, building, many, packing, sanitised
from reports.models import Report, ReportPack
from tests import cast
from tests.reports import processes
from tests.reports.test_pack import checked, made

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heads_folder")]
Kept = Callable[[], set[Path]]

KILLED_IN_THE_MIDDLE = """
import os, signal
import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()
from reports import packing

told = packing.told

def dies(claim, parts, *, size):
    for number, part in enumerate(told(claim, parts, size=size)):
        yield part + bytes(200_000)
        if number:
            os.kill(os.getpid(), signal.SIGKILL)

packing.told = dies
packing.run()
"""


@pytest.fixture
def two(organisation: Organisation, astrid: User, kept: Kept, quick_pages: None) -> list[Report]:
    for kind in ("R-03", "R-04"):
        actions.request(organisation, kind=kind, by=astrid)
    building.run()
    found = list(Report.objects.filter(state="issued").order_by("pk"))
    assert len(found) == 2
    return found


@pytest.fixture
def asked(two: list[Report], astrid: User) -> ReportPack:
    return packing.ask(two, is_evidence=False, by=astrid)


@pytest.fixture
def ready(asked: ReportPack) -> ReportPack:
    packing.run()
    asked.refresh_from_db()
    assert asked.state == "ready", asked.failure
    return asked


def verbs() -> list[str]:
    return list(AuditEvent.objects.filter(verb__contains=".pack_").order_by("pk").values_list("verb", flat=True))


def page(user: User, row: ReportPack) -> str:
    return cast.signed_in(user).get(reverse("reports:pack", args=[row.pk])).content.decode()


@pytest.fixture
def evidence(organisation: Organisation, alice: User, astrid: User, kept: Kept) -> ReportPack:
    """Put together, by two people, with the one document that the report names."""
    row = packing.ask([made(organisation, alice, astrid, profile="full")], is_evidence=True, by=astrid)
    packing.run()
    row.refresh_from_db()
    assert row.state == "ready", row.failure
    return row


class TestIsLarge:
    def test_by_how_many_files_and_by_how_many_bytes(self, two: list[Report], monkeypatch: pytest.MonkeyPatch) -> None:
        assert not packing.is_large(two)
        assert packing.is_large(two * 11)
        monkeypatch.setattr(packing, "LARGE_BYTES", 2 * two[0].file.size - 1)
        assert packing.is_large(two) and not packing.is_large(two[:1])


class TestAsk:
    def test_it_waits_for_a_worker_and_is_written_down(self, asked: ReportPack, two: list[Report], astrid: User) -> None:
        assert (asked.state, asked.progress, asked.asked_by) == ("waiting", 0, astrid)
        assert AuditEvent.objects.get(verb="report.pack_asked").details == {"reports": [report.number for report in two]}
        assert "Putting it together" in page(astrid, asked)

    def test_asked_for_again_it_is_the_same_and_of_somebody_else_another(
        self, asked: ReportPack, two: list[Report], astrid: User
    ) -> None:
        assert packing.ask([*reversed(two)], is_evidence=False, by=astrid) == asked
        assert packing.ask(two, is_evidence=False, by=cast.staff("approver")) != asked
        with pytest.raises(IntegrityError, match="one_pack_of_the_same_at_a_time"):
            ReportPack.objects.create(asked_by=astrid, reports=asked.reports, is_evidence=False)

    def test_that_of_one_customer_stands_in_his_record(self, two: list[Report], astrid: User) -> None:
        packing.ask(two[:1], is_evidence=True, by=astrid)
        event = AuditEvent.objects.get(verb="report.pack_asked")
        assert (event.organisation_id, event.target_id) == (two[0].organisation_id, str(two[0].pk))

    def test_a_person_has_five_at_a_time(self, two: list[Report], astrid: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(packing, "MOST", 2)
        for report in two:
            packing.ask([report], is_evidence=False, by=astrid)
        with pytest.raises(packing.TooManyPacks, match="2 packs"):
            packing.ask(two, is_evidence=False, by=astrid)
        assert packing.ask(two[:1], is_evidence=False, by=astrid).asked_by == astrid
        assert packing.ask(two, is_evidence=False, by=cast.staff("approver")).state == "waiting"
        monkeypatch.setattr(packing, "LARGE_FILES", 1)
        client, ticked = cast.signed_in(astrid), {"report": [report.pk for report in two]}
        answer: Any = client.post(reverse("reports:many_download"), ticked, follow=True)
        assert answer.status_code == 200 and "You have 2 packs already" in answer.content.decode()

    def test_nothing_is_asked_for_when_it_cannot_be_written_down(
        self, two: list[Report], astrid: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails(*args: Any, **more: Any) -> None:
            raise DatabaseError("the audit row cannot be written")

        monkeypatch.setattr(audit, "record", fails)
        with pytest.raises(DatabaseError):
            packing.ask(two, is_evidence=False, by=astrid)
        assert not ReportPack.objects.exists()


class TestBuild:
    def test_it_is_what_a_small_one_is_sent_as_and_lies_sealed(
        self, ready: ReportPack, two: list[Report], astrid: User, kept: Kept
    ) -> None:
        data = ready.file.read()
        assert data == b"".join(many.zipped(two, to=astrid))
        assert (ready.progress, ready.expires_at - ready.ready_at) == (100, timedelta(days=1))
        assert not any(b"manifest.json" in path.read_bytes() for path in kept())
        assert verbs() == ["report.pack_asked", "report.pack_built"]

    def test_of_one_report_it_is_the_evidence_pack_and_can_be_checked(
        self, organisation: Organisation, alice: User, astrid: User, kept: Kept, tmp_path: Path
    ) -> None:
        report = made(organisation, alice, astrid, profile="full")
        row = packing.ask([report], is_evidence=True, by=astrid)
        packing.run()
        taken = packing.take(row, by=astrid)
        with zipfile.ZipFile(io.BytesIO(taken.file.read())) as archive:
            archive.extractall(tmp_path / "pack")
        assert checked(tmp_path / "pack").returncode == 0
        (look,) = AuditEvent.objects.filter(verb="document.viewed")
        assert (look.reason, look.actor) == ("authority", "Astrid Lund")
        assert verbs() == ["report.pack_asked", "report.pack_built", "report.pack_taken"]

    def test_progress_grows_with_what_is_done(self, asked: ReportPack, astrid: User, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[int] = []
        told = packing.told

        def watched(claim: Any, parts: Any, *, size: int) -> Any:
            for part in told(claim, parts, size=1000):
                seen.append(ReportPack.objects.get().progress)
                yield part

        monkeypatch.setattr(packing, "told", watched)
        packing.run()
        assert seen == sorted(seen) and 0 < seen[0] < seen[-1] < 100
        assert ReportPack.objects.get().progress == 100

    def test_killed_in_the_middle_another_builds_it_once_and_one_file_is_left(
        self, asked: ReportPack, kept: Kept, astrid: User, two: list[Report]
    ) -> None:
        before = kept()
        done = processes.python("-c", KILLED_IN_THE_MIDDLE)
        assert done.returncode == -9, done.stderr
        asked.refresh_from_db()
        assert asked.state == "waiting" and asked.file and len(kept() - before) == 1, "the negative control: half a file"
        ReportPack.objects.update(claimed_until=Now() - timedelta(seconds=1))
        packing.run()
        packing.run()
        asked.refresh_from_db()
        assert (asked.state, verbs()) == ("ready", ["report.pack_asked", "report.pack_built"])
        assert len(kept() - before) == 1
        assert asked.file.read() == b"".join(many.zipped(two, to=astrid))

    def test_one_that_was_overtaken_writes_nothing(self, asked: ReportPack, kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
        before, told = kept(), packing.told

        def overtaken(claim: Any, parts: Any, *, size: int) -> Any:
            ReportPack.objects.update(job_token=0)
            return told(claim, parts, size=size)

        monkeypatch.setattr(packing, "told", overtaken)
        packing.run()
        asked.refresh_from_db()
        assert (asked.state, verbs(), kept()) == ("waiting", ["report.pack_asked"], before)


class TestTake:
    def test_each_report_is_written_down_as_if_taken_alone(self, ready: ReportPack, two: list[Report], astrid: User) -> None:
        packing.take(ready, by=astrid)
        rows = AuditEvent.objects.filter(verb="report.downloaded").order_by("pk")
        assert [(row.target_id, row.actor) for row in rows] == [(str(report.pk), "Astrid Lund") for report in two]

    def test_nobody_else_takes_it_nor_does_who_may_not_any_more(self, ready: ReportPack, astrid: User) -> None:
        with pytest.raises(packing.PackGone):
            packing.take(ready, by=cast.staff("approver"))
        astrid.staff_role = "support"
        astrid.save()
        with pytest.raises(NotPermitted):
            packing.take(ready, by=astrid)
        assert not AuditEvent.objects.filter(verb="report.downloaded").exists()

    def test_one_in_which_a_report_was_erased_since_is_not_handed_over(
        self, ready: ReportPack, two: list[Report], astrid: User
    ) -> None:
        shredding.shred(two[1].sealed_for, reason="The end of its retention.", by=None)
        with pytest.raises(packing.PackGone, match="erased since"):
            packing.take(ready, by=astrid)

    def test_nor_is_one_in_which_a_document_was(self, evidence: ReportPack, astrid: User) -> None:
        shredding.shred(Document.objects.get().sealed_for, reason="The end of its retention.", by=None)
        with pytest.raises(packing.PackGone, match="erased since"):
            packing.take(evidence, by=astrid)
        assert not AuditEvent.objects.filter(verb="document.viewed").exists()

    def test_the_documents_that_went_in_are_written_down_and_no_others(
        self, organisation: Organisation, alice: User, astrid: User, kept: Kept, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unsafe(*args: Any) -> bytes:
            raise sanitised.Unsafe("It can't be made safe.")

        row = packing.ask([made(organisation, alice, astrid, profile="full")], is_evidence=True, by=astrid)
        with monkeypatch.context() as then:
            then.setattr(sanitised, "sanitised", unsafe)
            packing.run()
        assert packing.take(row, by=astrid).documents == []
        assert AuditEvent.objects.get(verb="report.pack_taken").details["count"] == 0
        assert not AuditEvent.objects.filter(verb="document.viewed").exists()


class TestOver:
    def late(self, row: ReportPack) -> None:
        end = timezone.now() - timedelta(seconds=1)
        ReportPack.objects.filter(pk=row.pk).update(ready_at=end - timedelta(days=1), expires_at=end)

    def test_after_its_day_it_is_not_handed_over_even_before_it_is_erased(self, ready: ReportPack, astrid: User) -> None:
        self.late(ready)
        with pytest.raises(packing.PackGone):
            packing.take(ready, by=astrid)
        assert "this one is erased" in page(astrid, ready) and not packing.live(astrid).exists()

    def test_a_worker_erases_its_key_and_its_file(self, ready: ReportPack, kept: Kept, astrid: User) -> None:
        name, before = ready.file.name, kept()
        assert not packing.QUEUE.is_waiting()
        self.late(ready)
        assert packing.QUEUE.is_waiting()
        packing.run()
        row = ReportPack.objects.get()
        assert (row.state, bool(row.file), len(before - kept())) == ("erased", False, 1)
        key = SubjectKey.objects.get(kind="pack")
        assert (key.ref, key.organisation, bytes(key.wrapped)) == (ready.pk, None, b"") and key.destroyed_at
        with pytest.raises(FileErased):
            ready.file.storage.key_of(name)
        assert not packing.QUEUE.is_waiting()

    def test_a_file_that_could_not_be_deleted_is_tried_again(
        self, ready: ReportPack, kept: Kept, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.late(ready)
        before = kept()
        with monkeypatch.context() as away:
            away.setattr(type(ready.file.storage), "delete", lambda *_: 1 / 0)
            packing.run()
        row = ReportPack.objects.get()
        assert (row.state, bool(row.file), kept()) == ("erased", True, before)
        assert SubjectKey.objects.get(kind="pack").destroyed_at and not packing.QUEUE.is_waiting()
        ReportPack.objects.update(claimed_until=Now() - timedelta(seconds=1))
        assert packing.QUEUE.is_waiting()
        packing.run()
        assert not ReportPack.objects.get().file and len(before - kept()) == 1
        assert not packing.QUEUE.is_waiting()

    def test_one_that_raises_holds_up_neither_the_others_nor_what_is_to_be_built(
        self, ready: ReportPack, two: list[Report], astrid: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = packing.ask(two[:1], is_evidence=False, by=astrid)
        packing.run()
        self.late(ready)
        self.late(other)
        waits = packing.ask(two[1:], is_evidence=False, by=astrid)
        shred = shredding.shred
        monkeypatch.setattr(shredding, "shred", lambda what, **how: shred(what, **how) if what.ref != ready.pk else 1 / 0)
        packing.run()
        assert [ReportPack.objects.get(pk=one.pk).state for one in (ready, other, waits)] == ["ready", "erased", "ready"]

    def test_and_it_can_be_asked_for_anew(self, ready: ReportPack, two: list[Report], astrid: User) -> None:
        self.late(ready)
        assert packing.ask(two, is_evidence=False, by=astrid) != ready

    def test_the_database_keeps_none_longer(self, ready: ReportPack) -> None:
        with pytest.raises(IntegrityError, match="pack_is_complete_and_lasts_a_day"):
            ReportPack.objects.update(expires_at=ready.ready_at + timedelta(days=1, seconds=1))


class TestPages:
    def test_many_ticked_lead_to_the_page_and_few_are_sent(
        self, two: list[Report], astrid: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client, ticked = cast.signed_in(astrid), {"report": [report.pk for report in two]}
        assert client.post(reverse("reports:many_download"), ticked)["Content-Type"] == "application/zip"
        monkeypatch.setattr(packing, "LARGE_FILES", 1)
        answer: Any = client.post(reverse("reports:many_download"), ticked, follow=True)
        row = ReportPack.objects.get()
        assert answer.redirect_chain[-1][0] == reverse("reports:pack", args=[row.pk])
        packing.run()
        assert "Download the ZIP" in page(astrid, row)
        assert "Packs put together for you" in client.get(reverse("reports:list")).content.decode()
        file: Any = client.get(reverse("reports:packed_download", args=[row.pk]))
        with zipfile.ZipFile(io.BytesIO(b"".join(file.streaming_content))) as archive:
            assert json.loads(archive.read("manifest.json")).keys() == {f"{report.number}.pdf" for report in two}

    def test_a_colleague_finds_nothing_there(self, ready: ReportPack) -> None:
        client = cast.signed_in(cast.staff("approver"))
        for name in ("reports:pack", "reports:packed_download"):
            assert client.get(reverse(name, args=[ready.pk])).status_code == 404

    def test_evidence_is_handed_over_after_a_second_factor(self, evidence: ReportPack, astrid: User, client: Any) -> None:
        where = reverse("reports:packed_download", args=[evidence.pk])
        client.force_login(astrid)
        answer = client.get(where)
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, reverse(second_factor.page(astrid)))
        assert verbs() == ["report.pack_asked", "report.pack_built"]
        file: Any = cast.signed_in(astrid).get(where)
        with zipfile.ZipFile(io.BytesIO(b"".join(file.streaming_content))) as archive:
            assert "report.pdf" in archive.namelist()
        assert verbs()[2:] == ["report.pack_taken"]
