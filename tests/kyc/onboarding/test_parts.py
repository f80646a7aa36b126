"""A file that comes in parts."""

from base64 import b64encode
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts import shared
from kyc.evidence.models import Document
from kyc.onboarding import parts
from kyc.onboarding.parts import PART, File
from tests.cast import Founded, customer, founded, pdf, signed_in
from tests.kyc.evidence.taking.hostile import picture
from tests.stage import scene

pytestmark = pytest.mark.django_db
LONG = bytes(range(256)) * 9000


@scene
def nordlys() -> Founded:
    return founded(customer())


@pytest.fixture(autouse=True)
def emptied() -> Any:
    cache.clear()
    yield
    cache.clear()


def sent_in_parts(file: File, data: bytes = LONG) -> None:
    while (at := file.at) < len(data):
        assert file.take(data[at : at + PART], at=at, size=len(data))


class TestFile:
    def test_is_whole_when_its_last_part_has_come(self, nordlys: Founded) -> None:
        file = File(nordlys.by, uuid4())
        assert file.take(LONG[:PART], at=0, size=len(LONG)) and file.at == PART
        assert file.whole("x") is None
        sent_in_parts(file)
        whole = file.whole("x.pdf")
        assert whole and (whole.name, whole.read()) == ("x.pdf", LONG)

    def test_a_part_that_comes_again_changes_nothing(self, nordlys: Founded) -> None:
        file = File(nordlys.by, uuid4())
        for _time in range(2):
            assert file.take(LONG[:PART], at=0, size=len(LONG))
        assert file.at == PART and file.told()["parts"] == 1

    @pytest.mark.parametrize(("at", "size"), [(PART + 1, len(LONG)), (2 * PART, len(LONG)), (PART, len(LONG) + 1), (PART, PART)])
    def test_nor_one_that_belongs_elsewhere(self, nordlys: Founded, at: int, size: int) -> None:
        file = File(nordlys.by, uuid4())
        file.take(LONG[:PART], at=0, size=len(LONG))
        assert not file.take(LONG[at : at + PART], at=at, size=size)
        assert file.at == PART

    def test_is_his_alone_who_sent_it_and_stands_nowhere_in_clear(self, nordlys: Founded) -> None:
        number = uuid4()
        sent_in_parts(File(nordlys.by, number), b"secret of Alice" * 9)
        assert File(customer("charlie@other.example", "Charlie"), number).whole("x") is None
        kept = shared.found(f"part:{nordlys.by.pk}:{number}:0")
        assert kept and "Alice" not in kept and b64encode(b"secret of Alice").decode() not in kept

    def test_of_one_person_only_some_wait(self, nordlys: Founded) -> None:
        files = [File(nordlys.by, uuid4()) for _ in range(parts.MOST + 1)]
        for file in files:
            sent_in_parts(file, b"abc")
        assert [file.whole("x") is not None for file in files] == [False, *[True] * parts.MOST]

    def test_while_the_cache_is_away_none_is_taken(self, nordlys: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shared, "asked", lambda *_asked: None)
        assert not File(nordlys.by, uuid4()).take(b"abc", at=0, size=3)


class TestPart:
    place = "/verification/documents/parts/"

    def test_goes_on_where_it_broke_off_and_becomes_a_document(self, nordlys: Founded) -> None:
        data, client, number = picture("PNG", size=(1200, 900)), signed_in(nordlys.by), uuid4()
        half = len(data) // 2
        for at, part in ((0, data[:half]), (0, data[:half]), (half, data[half:])):
            answer = client.post(
                self.place, {"sent": str(number), "at": at, "size": len(data), "part": SimpleUploadedFile("part", part)}
            )
            assert answer.status_code == 200
        assert client.get(self.place, {"sent": str(number)}).json() == {"at": len(data)}
        form = {"kind": "register_extract", "sent": str(number), "sent_name": "scan.png"}
        assert client.post("/verification/documents/", form).status_code == 302
        made = Document.objects.latest("pk")
        assert (made.name, made.content_type, made.intake) == ("scan.png", "image/png", "clean")
        assert client.get(self.place, {"sent": str(number)}).json() == {"at": 0}, "nothing of it is left"

    def test_one_that_begins_elsewhere_is_told_where(self, nordlys: Founded) -> None:
        client = signed_in(nordlys.by)
        told = {"sent": str(uuid4()), "at": 5, "size": 9}
        answer = client.post(self.place, told | {"part": SimpleUploadedFile("part", b"abc")})
        assert (answer.status_code, answer.json()) == (409, {"at": 0})

    @pytest.mark.parametrize(
        "sent",
        [
            {},
            {"sent": "x", "at": "0", "size": "3"},
            {"at": "0", "size": "x"},
            {"at": "-1", "size": "3"},
            {"at": "0", "size": str(16 * PART)},
            {"at": "0", "size": "1" * 5000},
            {"at": "1" * 5000, "size": "3"},
        ],
        ids=lambda sent: str(sent)[:40],
    )
    def test_what_is_no_part_is_told_so(self, nordlys: Founded, sent: dict[str, str]) -> None:
        answer = signed_in(nordlys.by).post(
            self.place, {"sent": str(uuid4())} | sent | {"part": SimpleUploadedFile("part", b"abc")}
        )
        assert answer.status_code == 422 and "error" in answer.json()

    def test_of_all_people_together_so_many_are_taken_and_then_the_browser_sends_whole_files(
        self, nordlys: Founded, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(parts, "MOST_IN_ALL", 6)
        charlie = founded(customer("charlie@other.example", "Charlie"), name="Other AS", person="Charlie")
        answers = [
            signed_in(by).post(
                self.place, {"sent": str(uuid4()), "at": 0, "size": 9, "part": SimpleUploadedFile("part", b"abc")}
            ).status_code
            for by in (nordlys.by, nordlys.by, charlie.by)
        ]  # fmt: skip
        # Whatever is below 500 and neither 200 nor 409 makes the browser give up at once (static/js/upload.js).
        assert answers == [200, 200, 429]

    @pytest.mark.parametrize("sent", ["", "nonsense", "36cde554-9311-46d2-ab75-40d4510c4471"])
    def test_a_form_that_names_no_file_asks_for_one(self, nordlys: Founded, sent: str) -> None:
        answer = signed_in(nordlys.by).post("/verification/documents/", {"kind": "register_extract", "sent": sent})
        assert answer.status_code == 422 and "Choose a file." in answer.content.decode()

    def test_a_picture_by_the_camera_is_the_file(self, nordlys: Founded) -> None:
        photo = SimpleUploadedFile("IMG.jpg", picture("JPEG"))
        answer = signed_in(nordlys.by).post("/verification/documents/", {"kind": "register_extract", "photo": photo})
        assert answer.status_code == 302 and Document.objects.latest("pk").name == "IMG.jpg"

    def test_an_ordinary_form_does_as_ever(self, nordlys: Founded) -> None:
        form = {"kind": "register_extract", "file": pdf(width=333)}
        assert signed_in(nordlys.by).post("/verification/documents/", form).status_code == 302


class TestHeld:
    def refused(self, by: Founded) -> str:
        """The number under which the file of a form waits that says no kind."""
        file = SimpleUploadedFile("scan.png", picture("PNG"))
        answer = signed_in(by.by).post("/verification/documents/", {"kind": "", "file": file})
        assert answer.status_code == 422
        return str(answer.context["held"].get("sent", ""))

    def test_a_file_waits_whose_form_is_refused_for_something_else(self, nordlys: Founded) -> None:
        form = {"kind": "register_extract", "sent": self.refused(nordlys), "sent_name": "scan.png"}
        assert signed_in(nordlys.by).post("/verification/documents/", form).status_code == 302
        assert Document.objects.latest("pk").name == "scan.png"

    def test_its_parts_count_as_those_that_a_browser_sends(self, nordlys: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(parts, "MOST_IN_ALL", 2 * len(picture("PNG")))
        charlie = founded(customer("charlie@other.example", "Charlie"), name="Other AS", person="Charlie")
        assert [bool(self.refused(one)) for one in (nordlys, nordlys, charlie)] == [True, True, False]

    def test_nor_of_one_person_more_than_he_may_send(self, nordlys: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(parts, "RATE", "1/h/key")
        charlie = founded(customer("charlie@other.example", "Charlie"), name="Other AS", person="Charlie")
        assert [bool(self.refused(one)) for one in (nordlys, nordlys, charlie)] == [True, False, True]

    def test_of_one_that_is_cut_off_nothing_stays(self, nordlys: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(parts, "MOST_IN_ALL", 300)
        monkeypatch.setattr(parts, "PART", 200)
        assert not self.refused(nordlys)
        assert not [key for key in cache._cache if "part:" in key]  # type: ignore[attr-defined]  # Django's local cache
