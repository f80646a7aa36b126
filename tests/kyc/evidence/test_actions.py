"""What customers send as proof."""

import hashlib
from io import BytesIO

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import AuditEvent
from accounts.permissions import NotPermitted
from accounts.refused import ReasonMissing
from kyc.evidence import actions as evidence
from kyc.evidence.models import Document
from kyc.evidence.taking.kinds import LARGEST
from kyc.evidence.taking.refusals import NotAccepted
from tests.cast import Founded, customer, founded, pdf, signed_in, staff
from tests.stage import scene

pytestmark = pytest.mark.django_db


@scene
def nordlys() -> Founded:
    return founded(customer())


def picture(kind: str = "PNG", size: tuple[int, int] = (60, 40)) -> bytes:
    out = BytesIO()
    Image.effect_noise(size, 60).save(out, kind)
    return out.getvalue()


def locked_pdf() -> bytes:
    out = BytesIO()
    document = pikepdf.open(pdf())
    document.save(out, encryption=pikepdf.Encryption(owner="a", user="b"))
    return out.getvalue()


def send(nordlys: Founded, data: bytes, name: str = "file.pdf", kind: str = "passport") -> Document:
    return evidence.upload(nordlys.organisation, kind=kind, file=SimpleUploadedFile(name, data), by=nordlys.by)


class TestUpload:
    @pytest.mark.parametrize(
        ("data", "found"),
        [(picture("PNG"), "image/png"), (picture("JPEG"), "image/jpeg"), (pdf().read(), "application/pdf")],
        ids=["PNG", "JPEG", "PDF"],
    )
    def test_tells_the_type_by_content_whatever_the_name(self, nordlys: Founded, data: bytes, found: str) -> None:
        document = send(nordlys, data, name="letter.docx")
        assert document.content_type == found
        assert (document.file.size, document.sha256) == (document.size, hashlib.sha256(document.file.read()).hexdigest())
        assert document.sent_sha256 == hashlib.sha256(data).hexdigest()
        assert AuditEvent.objects.filter(verb="document.uploaded", target_id=str(document.pk)).count() == 1

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            (b"", "empty"),
            (b"x" * (LARGEST + 1), "15 MB"),
            (b"MZ\x90\x00 a program", "Only PDF, JPEG, PNG, WebP and HEIC"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "Only PDF, JPEG, PNG, WebP and HEIC"),
            (b"%PDF-1.7\nnothing more", "several kinds"),
            (picture()[:400], "damaged or incomplete"),
            (b"\x89PNG\r\n\x1a\n" + b"\x00" * 90, "Only PDF|damaged|several kinds"),
            (locked_pdf(), "password"),
        ],
        # Bytes make no names: those of a locked PDF are others in each process.
        ids=["empty", "too large", "program", "SVG", "PDF in name only", "cut off", "hollow PNG", "locked"],
    )
    def test_says_what_is_wrong(self, nordlys: Founded, data: bytes, sentence: str) -> None:
        with pytest.raises(NotAccepted, match=sentence):
            send(nordlys, data)
        assert not Document.objects.exists()

    def test_the_same_file_is_not_taken_twice(self, nordlys: Founded) -> None:
        data = picture()
        send(nordlys, data)
        with pytest.raises(evidence.BadFile, match="already"):
            send(nordlys, data)

    def test_a_kind_out_of_nowhere_is_refused(self, nordlys: Founded) -> None:
        with pytest.raises(evidence.BadKind):
            send(nordlys, picture(), kind="nonsense")

    def test_a_stranger_cannot(self, nordlys: Founded) -> None:
        with pytest.raises(NotPermitted):
            evidence.upload(nordlys.organisation, kind="passport", file=pdf(), by=customer("charlie@other.example", "Charlie"))


class TestLookAt:
    def test_every_look_is_recorded(self, nordlys: Founded) -> None:
        document, ana = send(nordlys, picture(), name="passport.png"), staff("analyst", "Ana")
        assert evidence.look_at(document, by=ana) == document
        evidence.look_at(document, downloaded=True, by=ana)
        looks = AuditEvent.objects.filter(verb="document.viewed", target_id=str(document.pk)).order_by("pk")
        assert [(look.actor, look.organisation_id, look.details) for look in looks] == [
            ("Ana", nordlys.organisation.pk, {"name": "passport.png", "downloaded": False}),
            ("Ana", nordlys.organisation.pk, {"name": "passport.png", "downloaded": True}),
        ]

    @pytest.mark.parametrize("role", ["investigator", "auditor"])
    def test_who_only_reads_says_what_for(self, nordlys: Founded, role: str) -> None:
        document, reader = send(nordlys, picture()), staff(role)
        for purpose in (evidence.WORK, "", "curious"):
            with pytest.raises(ReasonMissing):
                evidence.look_at(document, purpose=purpose, by=reader)
        evidence.look_at(document, purpose="review", by=reader)
        assert AuditEvent.objects.get(verb="document.viewed").reason == "review"

    def test_who_works_the_case_has_it_as_the_reason(self, nordlys: Founded) -> None:
        evidence.look_at(send(nordlys, picture()), by=staff("approver"))
        assert AuditEvent.objects.get(verb="document.viewed").reason == "case"

    def test_is_for_who_works_cases_or_reviews_them(self, nordlys: Founded) -> None:
        document = send(nordlys, picture())
        for person in (staff("administrator"), staff("support"), nordlys.by, customer("charlie@other.example", "Charlie")):
            with pytest.raises(NotPermitted):
                evidence.look_at(document, by=person)
        assert not AuditEvent.objects.filter(verb="document.viewed").exists()


class TestReadBack:
    def test_is_recorded_each_time_and_for_members_alone(self, nordlys: Founded) -> None:
        document = send(nordlys, picture(), name="passport.png")
        evidence.read_back(document, by=nordlys.by)
        for person in (staff("analyst"), customer("charlie@other.example", "Charlie")):
            with pytest.raises(NotPermitted):
                evidence.read_back(document, by=person)
        look = AuditEvent.objects.get(verb="document.viewed")
        assert (look.actor_id, look.target_id) == (nordlys.by.pk, str(document.pk))
        assert look.details == {"name": "passport.png", "downloaded": True}

    def test_of_a_page_is_one(self, nordlys: Founded) -> None:
        document = send(nordlys, picture(), name="passport.png")
        client = signed_in(nordlys.by)
        assert client.get(f"/verification/documents/{document.pk}/").status_code == 200
        client.head(f"/verification/documents/{document.pk}/")
        assert AuditEvent.objects.filter(verb="document.viewed").count() == 1


class TestRemove:
    def test_is_done_once_and_keeps_the_file(self, nordlys: Founded) -> None:
        document = send(nordlys, picture())
        evidence.remove(document, by=nordlys.by)
        evidence.remove(document, by=nordlys.by)
        assert not Document.objects.current().exists()
        assert Document.objects.get().file.size == document.size
        assert AuditEvent.objects.filter(verb="document.removed").count() == 1
