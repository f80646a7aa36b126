"""From a file to a document that officers may open."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import AuditEvent, Message
from accounts.permissions import NotPermitted
from accounts.refused import ReasonMissing
from config import jobs
from kyc.evidence import actions as evidence
from kyc.evidence import confirmations, intake, items, proofs
from kyc.evidence.intake import NotChecked, NotWaiting
from kyc.evidence.item_models import EvidenceItem
from kyc.evidence.likeness import likenesses
from kyc.evidence.models import Document
from kyc.evidence.taking import apart, scanning
from kyc.evidence.taking.kinds import Made
from kyc.evidence.taking.refusals import NotAccepted
from kyc.parties import statuses
from kyc.parties.models import PersonStatus
from tests.cast import Founded, customer, founded, pdf, signed_in, staff
from tests.kyc.evidence.taking.hostile import picture
from tests.scanner import EICAR
from tests.stage import scene

pytestmark = pytest.mark.django_db
State = Document.Intake


@scene
def nordlys() -> Founded:
    return founded(customer())


@pytest.fixture
def away(settings: Any) -> Any:
    """No scanner answers."""
    before = settings.CLAMAV_SOCKET
    settings.CLAMAV_SOCKET = "/nowhere/clamd.sock"
    yield lambda: setattr(settings, "CLAMAV_SOCKET", before)
    settings.CLAMAV_SOCKET = before


def send(nordlys: Founded, width: int = 200) -> Document:
    return evidence.upload(nordlys.organisation, kind="passport", file=pdf(width=width), by=nordlys.by)


def infected(_data: bytes) -> Made:
    return Made(b"%PDF-1.7 " + EICAR, "application/pdf")


def breaks(_data: bytes, _place: str) -> str:
    raise ValueError("the answer makes no sense")


class TestTake:
    def test_what_was_made_is_scanned_and_kept_with_the_digest_of_what_was_sent(self) -> None:
        data = picture("HEIC")
        taken = intake.take(SimpleUploadedFile("IMG_1.HEIC", data))
        assert (taken.content_type, taken.name) == ("image/jpeg", "IMG_1.HEIC")
        assert taken.sent_sha256 == hashlib.sha256(data).hexdigest() != taken.sha256
        assert taken.scanned_at and taken.origin["software"] == "Phone 1"
        assert "JFIF" not in repr(taken)

    def test_what_a_picture_looks_like_is_told_by_who_opened_it(self) -> None:
        taken = intake.take(SimpleUploadedFile("IMG_1.png", picture("PNG")))
        assert taken.likenesses == likenesses(taken.data, taken.content_type) != []
        assert intake.take(pdf()).likenesses == []

    def test_what_the_scanner_finds_is_not_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(apart, "made", infected)
        with pytest.raises(NotAccepted, match="virus scanner"):
            intake.take(pdf())

    def test_without_the_scanner_it_waits(self, away: Any) -> None:
        assert intake.take(pdf()).scanned_at is None


class TestUpload:
    def test_is_open_at_once_where_the_scanner_answers(self, nordlys: Founded) -> None:
        assert send(nordlys).intake == State.CLEAN

    def test_the_same_file_is_the_same_whatever_is_made_of_it(self, nordlys: Founded) -> None:
        file = pdf()
        evidence.upload(nordlys.organisation, kind="passport", file=file, by=nordlys.by)
        with pytest.raises(evidence.BadFile, match="already"):
            evidence.upload(nordlys.organisation, kind="passport", file=file, by=nordlys.by)

    def test_while_it_waits_nobody_opens_it(self, nordlys: Founded, away: Any) -> None:
        document = send(nordlys)
        for open_it in (evidence.look_at, evidence.read_back):
            with pytest.raises(NotChecked, match="waits for the virus scanner"):
                open_it(document, by=staff("analyst") if open_it is evidence.look_at else nordlys.by)
        answer = signed_in(nordlys.by).get(f"/verification/documents/{document.pk}/", follow=True)
        assert "waits for the virus scanner" in answer.content.decode()
        assert not AuditEvent.objects.filter(verb="document.viewed").exists()


class TestRun:
    def test_what_waited_is_scanned_when_the_scanner_is_there(self, nordlys: Founded, away: Any) -> None:
        document = send(nordlys)
        assert not intake.QUEUE.is_waiting(), "nothing to do while it is away"
        intake.run()
        away()
        assert intake.QUEUE.is_waiting()
        intake.run()
        intake.run()
        document.refresh_from_db()
        assert (document.intake, document.claims, document.errors) == (State.CLEAN, 0, 0) and document.scanned_at
        assert evidence.look_at(document, by=staff("analyst"))

    def test_what_is_found_closes_the_file_for_good(self, nordlys: Founded, away: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(apart, "made", infected)
        document = send(nordlys)
        away()
        intake.run()
        document.refresh_from_db()
        assert document.intake == State.INFECTED
        assert AuditEvent.objects.get(verb="document.infected").details["found"] == "Eicar-Test-Signature"
        assert not Document.objects.current().exists(), "it proves nothing"
        with pytest.raises(NotChecked):
            evidence.look_at(document, by=staff("analyst"))
        monkeypatch.setattr(intake, "may_release", lambda: True)
        with pytest.raises(NotWaiting):
            intake.release(document, reason="please", by=staff("approver"))

    def test_who_sent_it_is_written_to(self, nordlys: Founded, away: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(apart, "made", infected)
        document = send(nordlys)
        away()
        before = Message.objects.count()
        intake.run()
        mail = Message.objects.latest("pk")
        assert Message.objects.count() == before + 1 and mail.to == nordlys.by.email
        assert document.name in mail.text and document.name in mail.html

    def test_what_is_let_through_is_read_at_once(
        self, nordlys: Founded, away: Any, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        send(nordlys)
        away()
        woken: list[str] = []
        monkeypatch.setattr(jobs, "wake", woken.append)
        with django_capture_on_commit_callbacks(execute=True):
            intake.run()
        assert "document.let_through" in woken

    def test_what_could_not_be_checked_proves_nothing_and_is_sent_again(self, nordlys: Founded, away: Any) -> None:
        file = pdf()
        first = evidence.upload(nordlys.organisation, kind="passport", file=file, by=nordlys.by)
        Document.objects.update(intake=State.FAILED)
        assert list(Document.objects.to_send_anew()) == [first] and not Document.objects.current().exists()
        evidence.upload(nordlys.organisation, kind="passport", file=file, by=nordlys.by)
        assert not Document.objects.to_send_anew().exists(), "another is there"

    def test_a_scan_that_fails_is_on_the_record_and_officers_are_told_once_an_hour(
        self, nordlys: Founded, away: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ana, documents = staff("analyst", "Ana Maric"), [send(nordlys), send(nordlys, width=300)]
        away()
        monkeypatch.setattr(scanning, "scan", breaks)
        Document.objects.update(errors=2)
        intake.run()
        assert set(Document.objects.values_list("intake", flat=True)) == {State.FAILED}
        told = AuditEvent.objects.filter(verb="document.unchecked").order_by("pk")
        assert [event.target_id for event in told] == [str(document.pk) for document in documents]
        assert all(event.reason == "ValueError: the answer makes no sense" for event in told)
        mails = Message.objects.filter(to=ana.email)
        assert mails.count() == 1 and documents[0].name in mails.get().text and "makes no sense" in mails.get().html

    def test_officers_are_told_again_an_hour_after_they_were(
        self, nordlys: Founded, away: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ana, documents, begun = staff("analyst", "Ana Maric"), [send(nordlys, width=200 + at) for at in range(4)], timezone.now()
        told = []
        for at, document in enumerate(documents):
            monkeypatch.setattr(timezone, "now", lambda passed=at * timedelta(minutes=50): begun + passed)
            intake.QUEUE.when_failed(document, "ValueError: the answer makes no sense")
            told.append(Message.objects.filter(to=ana.email).count())
        assert told == [1, 1, 2, 2]

    def test_a_scan_that_another_worker_took_over_fails_nothing(self, nordlys: Founded, away: Any) -> None:
        send(nordlys)
        claim = intake.QUEUE.claim()
        assert claim
        Document.objects.update(job_token=1)
        claim.fail("too late")
        assert Document.objects.get().intake == State.WAITING
        assert not AuditEvent.objects.filter(verb="document.unchecked").exists()

    def test_a_scanner_that_goes_away_meanwhile_is_no_fault_of_the_file(
        self, nordlys: Founded, away: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        document = send(nordlys)
        monkeypatch.setattr(scanning, "answers", lambda _place: True)
        intake.run()
        document.refresh_from_db()
        assert (document.intake, document.claims, document.errors, document.failure) == (State.WAITING, 0, 0, "")


class TestRelease:
    def test_in_the_demo_an_approver_opens_it_with_a_reason(self, nordlys: Founded, away: Any) -> None:
        document, rui = send(nordlys), staff("approver", "Rui")
        with pytest.raises(ReasonMissing):
            intake.release(document, reason=" ", by=rui)
        intake.release(document, reason="Invented.", by=rui)
        intake.release(document, reason="Again.", by=rui)
        document.refresh_from_db()
        assert (document.intake, document.released_by) == (State.RELEASED, rui)
        assert [event.reason for event in AuditEvent.objects.filter(verb="document.released")] == ["Invented."]
        assert evidence.look_at(document, by=staff("analyst"))

    @pytest.mark.parametrize("found", [State.CLEAN, State.INFECTED])
    def test_is_checked_all_the_same_once_the_scanner_answers(
        self, nordlys: Founded, away: Any, monkeypatch: pytest.MonkeyPatch, found: str
    ) -> None:
        if found == State.INFECTED:
            monkeypatch.setattr(apart, "made", infected)
        document = intake.release(send(nordlys), reason="Invented.", by=staff("approver"))
        assert not intake.QUEUE.is_waiting()
        away()
        assert intake.QUEUE.is_waiting()
        intake.run()
        document.refresh_from_db()
        assert (document.intake, document.released_by, document.released_at) == (found, None, None) and document.scanned_at
        assert not intake.QUEUE.is_waiting()

    @pytest.mark.parametrize("ends", [State.INFECTED, State.FAILED])
    def test_what_was_verified_by_it_falls_when_it_turns_out_bad(
        self, nordlys: Founded, away: Any, monkeypatch: pytest.MonkeyPatch, ends: str
    ) -> None:
        if ends == State.INFECTED:
            monkeypatch.setattr(apart, "made", infected)
        ana, alice = staff("analyst", "Ana Maric"), nordlys.controller
        statuses.declare(alice, basis="citizen", by=nordlys.by)
        document = evidence.upload(nordlys.organisation, kind="passport", file=pdf(), party=alice, by=nordlys.by)
        document = intake.release(document, reason="Invented.", by=staff("approver"))
        proofs.verify(PersonStatus.objects.live().get(party=alice, axis="iaas"), document=document, by=ana)
        described = {"number": "N1234567", "issuing_country": "NO"}
        items.validate(items.record(alice, kind="passport", document=document, **described, by=ana), method="features", by=ana)
        confirmations.by_paper(
            alice, what="identity", how="notarised", document=document, dated=timezone.localdate(), issuer="A notary",
            number=alice.birth_date, by=ana,
        )  # fmt: skip
        assert proofs.verified_us(nordlys.organisation.party_set.filter(pk=alice.pk)).exists()
        away()
        if ends == State.FAILED:
            monkeypatch.setattr(scanning, "scan", breaks)
            Document.objects.update(errors=2)
        before = Message.objects.filter(to=ana.email).count()
        intake.run()
        document.refresh_from_db()
        assert document.intake == ends
        assert not proofs.verified_us(nordlys.organisation.party_set.all()).exists()
        assert not EvidenceItem.objects.good(timezone.localdate()).exists() and not confirmations.confirmed(alice).exists()
        fell = AuditEvent.objects.filter(verb__in=["status.verification_fell", "evidence.fell", "confirmation.fell"])
        assert {(event.verb, event.actor_id, event.details["verified_by"]) for event in fell} == {
            (verb, None, "Ana Maric") for verb in ("status.verification_fell", "evidence.fell", "confirmation.fell")
        }
        mail = Message.objects.filter(to=ana.email).latest("pk")
        assert Message.objects.filter(to=ana.email).count() == before + 1 and document.name in mail.text

    @pytest.mark.parametrize("role", ["analyst", "investigator", "auditor", "administrator", "support"])
    def test_nobody_else(self, nordlys: Founded, away: Any, role: str) -> None:
        with pytest.raises(NotPermitted):
            intake.release(send(nordlys), reason="Invented.", by=staff(role))

    def test_never_outside_the_demo_nor_past_a_scanner_that_answers(self, nordlys: Founded, away: Any, settings: Any) -> None:
        document, rui = send(nordlys), staff("approver")
        settings.DEMO = False
        with pytest.raises(NotWaiting):
            intake.release(document, reason="Invented.", by=rui)
        settings.DEMO = True
        away()
        with pytest.raises(NotWaiting):
            intake.release(document, reason="Invented.", by=rui)


class TestDatabase:
    @pytest.mark.parametrize(
        "change",
        [{"intake": State.CLEAN, "scanned_at": None}, {"intake": State.RELEASED, "scanned_at": None}, {"intake": State.WAITING}],
    )
    def test_refuses_what_nobody_has_checked(self, nordlys: Founded, change: dict[str, Any]) -> None:
        document = send(nordlys)
        with pytest.raises(IntegrityError), transaction.atomic():
            Document.objects.filter(pk=document.pk).update(**change)
