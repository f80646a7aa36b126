"""A link for one file, from a picture on the screen to a phone."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent
from kyc.evidence.models import Document
from kyc.evidence.read_models import Reading
from kyc.onboarding import phone
from tests.cast import Founded, customer, founded, signed_in
from tests.kyc.evidence.taking.hostile import picture
from tests.stage import scene

pytestmark = pytest.mark.django_db


@scene
def nordlys() -> Founded:
    return founded(customer())


@pytest.fixture(autouse=True)
def emptied() -> Any:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def link(nordlys: Founded, monkeypatch: pytest.MonkeyPatch) -> str:
    """As the phone reads it."""
    found: list[str] = []
    monkeypatch.setattr(phone, "picture", lambda url: found.append(url) or "data:,")
    answer = signed_in(nordlys.by).post("/verification/documents/phone/", {"kind": "register_extract"})
    assert answer.status_code == 200 and "no-store" in answer["Cache-Control"]
    return re.sub(r"^https?://[^/]+", "", found[0])


def photo() -> SimpleUploadedFile:
    return SimpleUploadedFile("IMG_2.jpg", picture("JPEG"))


def read(document: Document, **found: Any) -> None:
    Reading.objects.create(
        organisation_id=document.organisation_id, document=document, state="done", read_at=timezone.now(), **found
    )


class TestOnPhone:
    def test_takes_one_file_of_that_kind_in_the_members_name_and_works_once(self, nordlys: Founded, link: str) -> None:
        by_phone = Client()
        shown = by_phone.get(link)
        assert shown.status_code == 200 and 'capture="environment"' in shown.content.decode()
        assert by_phone.post(link, {"photo": photo()})["Location"] == link
        made = Document.objects.latest("pk")
        assert (made.kind, made.uploaded_by, made.name) == ("register_extract", nordlys.by, "IMG_2.jpg")
        assert AuditEvent.objects.get(verb="document.uploaded", target_id=str(made.pk)).details["by_phone"] is True
        assert "being read" in by_phone.get(link).content.decode()
        assert by_phone.post(link, {"file": photo()}).status_code == 410
        assert Document.objects.filter(name="IMG_2.jpg").count() == 1

    def test_says_whose_document_it_is_and_for_whom_and_takes_a_file_too(self, nordlys: Founded, link: str) -> None:
        shown = Client().get(link).content.decode()
        assert nordlys.organisation.name in shown and "Register extract" in shown and "application/pdf" in shown
        assert nordlys.by.email not in shown and nordlys.controller.name not in shown

    def test_a_large_file_comes_in_parts(self, nordlys: Founded, link: str) -> None:
        data, by_phone, number = picture("JPEG"), Client(), "36cde554-9311-46d2-ab75-40d4510c4471"
        part = {"sent": number, "at": 0, "size": len(data), "part": SimpleUploadedFile("part", data)}
        assert by_phone.post(link, part).json() == by_phone.get(link, {"sent": number}).json() == {"at": len(data)}
        assert by_phone.post(link, {"sent": number, "sent_name": "IMG_3.jpg"}).status_code == 302
        assert Document.objects.latest("pk").name == "IMG_3.jpg"

    def test_one_that_cannot_be_read_is_taken_again_in_its_place(self, nordlys: Founded, link: str) -> None:
        by_phone = Client()
        by_phone.post(link, {"photo": photo()})
        first = Document.objects.latest("pk")
        read(first, outcome="unreadable", faults=["blurred"])
        shown = by_phone.get(link).content.decode()
        assert "Take it again" in shown and "The picture is blurred." in shown
        assert by_phone.get(link, headers={"HX-Request": "true"})["HX-Redirect"] == link
        assert by_phone.post(link, {"photo": photo()}).status_code == 302
        second = Document.objects.latest("pk")
        first.refresh_from_db()
        assert (first.removed_by, second.removed_at) == (nordlys.by, None) and second.pk != first.pk
        read(second, outcome="read", source="text")
        assert "It could be read." in by_phone.get(link).content.decode()
        assert by_phone.post(link, {"photo": photo()}).status_code == 410

    def test_one_that_was_removed_on_the_computer_may_be_sent_again(self, nordlys: Founded, link: str) -> None:
        by_phone = Client()
        by_phone.post(link, {"photo": photo()})
        signed_in(nordlys.by).post(f"/verification/documents/{Document.objects.latest('pk').pk}/remove/")
        assert by_phone.post(link, {"photo": photo()}).status_code == 302
        assert Document.objects.current().filter(name="IMG_2.jpg").count() == 1
        assert by_phone.post(link, {"photo": photo()}).status_code == 410

    def test_whoever_presses_twice_sends_one(self, nordlys: Founded, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """The second comes while the first is on its way, and has seen nothing of it."""
        assert Client().post(link, {"photo": photo()}).status_code == 302
        monkeypatch.setattr(phone, "sent_by", lambda _of: "")
        answer = Client().post(link, {"photo": photo()})
        assert answer.status_code == 422 and "has sent its file already" in answer.content.decode()
        assert Document.objects.filter(name="IMG_2.jpg").count() == 1

    def test_unknown_ones_are_counted_whatever_they_ask(self, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(phone, "LOOKS", "2/h/ip")
        guessed = "/verification/phone/never-was/"
        asked = ["?sent=x", "", "?sent=x"]
        assert [Client().get(guessed + one).status_code for one in asked] == [410, 410, 429]
        assert Client().get(link, {"sent": "x"}).status_code == 200, "parts of one that is known go on"

    def test_a_page_that_asks_by_itself_is_not_counted(self, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(phone, "LOOKS", "2/h/ip")
        Client().post(link, {"photo": photo()})
        asks = {"HX-Request": "true", "Asked-By": "page"}
        assert {Client().get(link, headers=asks).status_code for _ in range(4)} == {200}
        assert [Client().get(link).status_code for _ in range(2)] == [200, 429]

    def test_hands_over_no_session(self, link: str) -> None:
        by_phone = Client()
        by_phone.get(link)
        assert "sessionid" not in by_phone.cookies
        assert by_phone.get("/verification/documents/").status_code == 302

    def test_a_file_that_is_refused_does_not_use_it_up(self, link: str) -> None:
        answer = Client().post(link, {"file": SimpleUploadedFile("x.jpg", b"just words")})
        assert answer.status_code == 422 and "something else" in answer.content.decode()
        assert Client().post(link, {"file": photo()}).status_code == 302

    def test_ends_with_the_session_it_comes_from(self, link: str) -> None:
        Session.objects.all().delete()
        assert Client().get(link).status_code == 410

    def test_ends_when_that_session_has_expired(self, link: str) -> None:
        Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
        assert Client().get(link).status_code == 410

    def test_one_that_failed_for_no_fault_of_the_file_may_be_sent_again(self, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_arguments: Any, **_more: Any) -> None:
            raise OSError("the disk is full")

        with monkeypatch.context() as patched:
            patched.setattr(phone.evidence, "upload", broken)
            assert Client(raise_request_exception=False).post(link, {"file": photo()}).status_code == 500
        assert Client().post(link, {"file": photo()}).status_code == 302

    def test_ends_with_its_time(self, link: str) -> None:
        cache.clear()
        assert Client().get(link).status_code == 410

    def test_one_that_never_was_opens_nothing(self) -> None:
        answer = Client().get("/verification/phone/never-was/")
        assert answer.status_code == 410 and answer["Referrer-Policy"] == "no-referrer"


class TestOffer:
    def test_the_link_stands_in_the_picture_alone(self, nordlys: Founded) -> None:
        answer = signed_in(nordlys.by).post("/verification/documents/phone/", {"kind": "register_extract"})
        text = answer.content.decode()
        assert "data:image/svg+xml;base64," in text and "/verification/phone/" not in text

    def test_asks_what_it_is(self, nordlys: Founded) -> None:
        answer = signed_in(nordlys.by).post("/verification/documents/phone/", {})
        assert answer.status_code == 422 and "Say what the document is." in answer.content.decode()

    def test_says_so_while_no_link_can_be_made(self, nordlys: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(phone, "made", lambda _handed: None)
        answer = signed_in(nordlys.by).post("/verification/documents/phone/", {"kind": "register_extract"})
        assert answer.status_code == 422 and "No link can be made" in answer.content.decode()

    def test_the_page_goes_on_once_the_file_is_there(self, nordlys: Founded, link: str) -> None:
        client, waits = signed_in(nordlys.by), phone.digest(link.rstrip("/").rpartition("/")[2])
        asked = {"query_params": {"waits": waits}, "headers": {"HX-Request": "true"}}
        assert "10 more minutes" in client.get("/verification/documents/phone/", **asked).content.decode()
        Client().post(link, {"photo": photo()})
        other = founded(customer("charlie@other.example", "Charlie"), name="Other AS", person="Charlie")
        assert signed_in(other.by).get("/verification/documents/phone/", **asked).status_code == 286, "it is not his"
        assert client.get("/verification/documents/phone/", **asked)["HX-Redirect"] == "/verification/documents/"
        assert "IMG_2.jpg has come from your phone." in client.get("/verification/documents/").content.decode()

    def test_it_says_when_the_link_is_over(self, nordlys: Founded) -> None:
        asked = {"query_params": {"waits": "never"}, "headers": {"HX-Request": "true"}}
        answer = signed_in(nordlys.by).get("/verification/documents/phone/", **asked)
        assert answer.status_code == 286 and "can be used no longer" in answer.content.decode()
