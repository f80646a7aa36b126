"""The pages that ask the lists beside any case, and what stands on them."""

import csv
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent, User
from accounts.vault import shredding
from kyc.screening import answering, filed, inquiries, lists
from kyc.screening.asked import Asked
from kyc.screening.models import Inquiry, InquiryPart
from tests import cast

pytestmark = pytest.mark.django_db
PAGE = "/desk/screening/"
FORM = {
    "names": "Zorislav Karpov\nЗорислав Карпов", "kind": "person", "birth_date": "04.02.1961", "country": "RU",
    "identifiers": "C01 77 88", "reason": "payment", "note": "Invoice 7",
}  # fmt: skip
MANY = "id,name,kind\nA-1,Zorislav Karpov,person\n=A-2,Kari Moe,person\nA-3,Timur Belkin,person\n"


@pytest.fixture(autouse=True)
def listed(tmp_path: Path) -> None:
    cast.load_list(tmp_path)


def text(client: Client, address: str, **more: object) -> str:
    answer = client.get(address, **more)
    assert answer.status_code == 200, address
    return answer.content.decode()


def looks() -> int:
    return AuditEvent.objects.filter(verb="inquiry.viewed").count()


def upload(client: Client, content: str, **more: str) -> object:
    file = SimpleUploadedFile("payees.csv", content.encode())
    return client.post(f"{PAGE}file/", {"file": file, "reason": "payment", **more})


class TestOne:
    def test_is_asked_looked_at_and_answered_at_one_address(self, as_ana: Client) -> None:
        address = as_ana.post(f"{PAGE}ask/", FORM).url  # type: ignore[attr-defined]
        waiting = text(as_ana, address)
        assert 'hx-trigger="every 1s"' in waiting and "about to begin" in waiting and looks() == 0
        answering.run()
        page = text(as_ana, address, headers={"HX-Request": "true"})
        assert "hx-trigger" not in page and looks() == 1 and "<html" not in page
        for said in (
            "Zorislav KARPOV", "strong match", "Born on the same day, in 1961.", "The score in its parts",
            "OFAC SDN list of 1 October 2026", "badge bad", "keyholder-names",
            "Зорислав Карпов", "Invoice 7", "1961-02-04", "C01 77 88",
        ):  # fmt: skip
            assert said in page, said
        assert "Ask again" in page
        again = text(as_ana, f"{PAGE}?again={Inquiry.objects.get().pk}")
        assert "C01 77 88" in again and "Invoice 7" in again

    def test_nothing_found_is_said_as_clearly(self, as_ana: Client, ana: User) -> None:
        inquiry = inquiries.ask(Asked(("Kari Moe",), "person"), reason="news", by=ana)
        answering.run()
        page = text(as_ana, f"{PAGE}{inquiry.pk}/")
        assert "Nothing found" in page and "match-1" not in page and "older than it may be" in page

    def test_a_newer_version_since_is_told(self, as_ana: Client, ana: User, tmp_path: Path) -> None:
        inquiry = inquiries.ask(Asked(("Kari Moe",)), reason="news", by=ana)
        answering.run()
        assert "Other versions are in use" not in text(as_ana, f"{PAGE}{inquiry.pk}/")
        cast.load_list(tmp_path, published=lists.active_versions()[0].published.replace(day=2))
        lists.ListVersion.objects.filter(is_active=True).update(is_active=False)
        assert "Other versions are in use" in text(as_ana, f"{PAGE}{inquiry.pk}/")

    def test_others_see_birth_dates_and_numbers_masked_and_another_analyst_nothing(self, as_ana: Client) -> None:
        address = as_ana.post(f"{PAGE}ask/", FORM).url  # type: ignore[attr-defined]
        answering.run()
        page = text(cast.signed_in(cast.staff("auditor")), address)
        assert "1961-••-••" in page and "1961-02-04" not in page.split("On the list")[0] and "C01 77" not in page
        other = cast.signed_in(cast.staff("analyst", "Bo Li"))
        assert other.get(address).status_code == 404 and "Karpov" not in text(other, PAGE)
        assert "Karpov" not in text(other, f"{PAGE}?again={Inquiry.objects.get().pk}")

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"names": " "}, "Write the name."),
            ({"names": "…"}, "Write the name."),
            ({"names": "a\nb\nc\nd\ne\nf"}, "more than 5 names"),
            ({"birth_date": "soon"}, "Write the year"),
            ({"country": "XX"}, "Choose one from the list."),
            ({"reason": ""}, "Say what you ask for."),
            ({"reason": "other", "note": ""}, "Name the other reason in the note."),
        ],
    )
    def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(
        self, as_ana: Client, change: dict[str, str], sentence: str
    ) -> None:
        answer = as_ana.post(f"{PAGE}ask/", FORM | change)
        page = answer.content.decode()
        assert answer.status_code == 422 and sentence in page and "C01 77 88" in page
        assert not Inquiry.objects.exists()

    def test_erased_it_says_so(self, as_ana: Client, ana: User) -> None:
        inquiry = inquiries.ask(Asked(("Kari Moe",)), reason="news", by=ana)
        answering.run()
        shredding.shred(inquiry.sealed_for, reason="Asked to.", by=ana)
        assert "was erased" in text(as_ana, f"{PAGE}{inquiry.pk}/")
        assert text(as_ana, f"{PAGE}?again={inquiry.pk}")

    def test_erased_while_it_waits_it_says_so_and_asks_no_more(self, as_ana: Client, ana: User) -> None:
        inquiry = inquiries.ask(Asked(("Kari Moe",)), reason="news", by=ana)
        shredding.shred(inquiry.sealed_for, reason="Asked to.", by=ana)
        for _ in range(2):
            page = text(as_ana, f"{PAGE}{inquiry.pk}/")
            assert "was erased" in page and "hx-trigger" not in page and "<progress" not in page
            answering.run()
        assert "Being looked at" not in text(as_ana, PAGE)


class TestFile:
    def test_progress_then_the_rows_in_which_something_was_found(self, as_ana: Client) -> None:
        address = upload(as_ana, MANY).url  # type: ignore[attr-defined]  # a redirect
        assert "0 of 3 rows are answered" in text(as_ana, address) and "Cancel what is left" in text(as_ana, address)
        answering.run()
        page = text(as_ana, address)
        assert "2 rows with possible matches" in page and "Zorislav KARPOV" in page and "Kari Moe" not in page
        for query in ("only=strong", "only=strong&page=9999"):
            strong = text(as_ana, f"{address}?{query}")
            assert "BELKIN" in strong and "No row has one" not in strong
        row = text(as_ana, f"{address}rows/1/")
        assert "Zorislav KARPOV" in row and "A-1" in row
        assert as_ana.get(f"{address}rows/4/").status_code == 302

    def test_the_report_has_each_row_and_no_formula(self, as_ana: Client, ana: User) -> None:
        address = upload(as_ana, MANY + "A-4,Nils,robot\n").url  # type: ignore[attr-defined]  # a redirect
        as_ana.post(f"{address}go-on/")
        answering.run()
        content = b"".join(as_ana.get(f"{address}answers.csv").streaming_content).decode()  # type: ignore[attr-defined]  # streamed
        rows = list(csv.DictReader(StringIO(content.lstrip("\ufeff"))))
        assert [row["result"].partition(":")[0] for row in rows] == ["strong match", "nothing found", "strong match", "not asked"]
        assert rows[1]["id"] == "'=A-2" and rows[0]["list_published"] == "2026-10-01" and rows[0]["entry_id"] == "9103"
        assert rows[3]["line"] == "5" and "robot" in rows[3]["result"]
        assert AuditEvent.objects.filter(verb="inquiry.downloaded", actor_id=ana.pk).count() == 1

    @pytest.mark.parametrize("size", [2_000, 9_000])
    def test_a_larger_one_than_is_read_is_refused_unread(
        self, as_ana: Client, monkeypatch: pytest.MonkeyPatch, size: int
    ) -> None:
        """Whether there was room for it or not."""
        monkeypatch.setattr(filed, "LARGEST", 1_000)
        monkeypatch.setattr(settings, "FILE_UPLOAD_MAX_MEMORY_SIZE", 5_000)
        with patch.object(filed, "read") as read:
            answer: Any = upload(as_ana, "name\n" + "x" * size)
        assert answer.status_code == 422 and "The file is larger than" in answer.content.decode() and not read.called

    @pytest.mark.parametrize("how", ["failed", "cancelled"])
    def test_what_was_never_compared_is_not_said_to_be_clear(
        self, as_ana: Client, ana: User, how: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(inquiries, "PART", 1)
        found = filed.read(b"name,kind\nKari Moe,person\nZorislav Karpov,person\nOla Berg,person\n")
        inquiry = inquiries.ask_file(found, name="x.csv", reason="news", by=ana)
        claim = answering.QUEUE.claim()
        assert claim
        with claim:
            answering.answer(claim)
        if how == "failed":
            InquiryPart.objects.filter(state="waiting").update(state="failed", failure="RuntimeError: x")
        else:
            inquiries.cancel(inquiry, by=ana)
        page = text(as_ana, f"{PAGE}{inquiry.pk}/")
        assert "Nothing found in the 1 of 3 rows that were answered" in page and "The other 2 were not compared" in page
        assert "No row comes up to the line" not in page and ">no match<" not in page and "older than it may be" in page

    def test_with_errors_nothing_begins_before_the_officer_says_so(self, as_ana: Client) -> None:
        address = upload(as_ana, MANY + "A-4,Nils,robot\n").url  # type: ignore[attr-defined]  # a redirect
        page = text(as_ana, address)
        assert "nothing has begun" in page and "line 5" in page and "robot" in page and not answering.QUEUE.is_waiting()
        as_ana.post(f"{address}cancel/")
        assert "Erased" in text(as_ana, address)

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            ("", "no rows"),
            ("kind\nperson\n", "No column is called"),
            ("name,kind\nNils,robot\n", "No row of the"),
            ("\0", "no text"),
        ],
    )
    def test_a_file_that_cannot_be_read_says_why(self, as_ana: Client, content: str, sentence: str) -> None:
        answer = upload(as_ana, content)
        assert answer.status_code == 422 and sentence in answer.content.decode()  # type: ignore[attr-defined]  # an answer

    def test_a_long_table_is_shown_page_by_page(self, as_ana: Client, ana: User) -> None:
        found = filed.read(("name,kind\n" + "Zorislav Karpov,person\n" * 130).encode())
        inquiry = inquiries.ask_file(found, name="many.csv", reason="trial", by=ana)
        answering.run()
        pages = [text(as_ana, f"{PAGE}{inquiry.pk}/?page={number}").count("/rows/") for number in (1, 2, 3)]
        assert pages == [50, 50, 30]
        past = text(as_ana, f"{PAGE}{inquiry.pk}/?page=4")
        assert past.count("/rows/") == 50 and "No row has one" not in past and "page=2" in past


class TestListed:
    def test_everybodys_or_ones_own_found_by_name_or_number_in_a_few_queries(self, as_rui: Client, ana: User, rui: User) -> None:
        mine = inquiries.ask(Asked(("Ola Berg",)), reason="other", note="A tip of the bank", by=rui)
        text(as_rui, PAGE)
        with CaptureQueriesContext(connection) as few:
            text(as_rui, PAGE)
        made = [inquiries.ask(Asked((f"Kari Moe {n}",)), reason="news", by=ana) for n in range(3)]
        with CaptureQueriesContext(connection) as more:
            page = text(as_rui, PAGE)
        assert len(more) == len(few)
        assert page.count("Kari Moe") == 3 and "Ola Berg" in page
        assert "Kari Moe" not in text(as_rui, f"{PAGE}?tab=mine")
        assert "Ola Berg" in text(as_rui, f"{PAGE}?q=tip of") and "Kari Moe 1" in text(as_rui, f"{PAGE}?q={made[1].number}")
        assert "Nothing that was asked matches" in text(as_rui, f"{PAGE}?q=nobody")
        assert "Ola Berg" in text(as_rui, f"{PAGE}?again={mine.pk}&tab=mine")

    def test_past_the_last_page_is_the_first(self, as_ana: Client, ana: User) -> None:
        inquiries.ask(Asked(("Kari Moe",)), reason="news", by=ana)
        page = text(as_ana, f"{PAGE}?page=7")
        assert "Kari Moe" in page and "Nothing was asked yet" not in page and "page=6" not in page

    def test_who_only_reads_is_offered_no_form(self) -> None:
        page = text(cast.signed_in(cast.staff("auditor")), PAGE)
        assert "Ask the lists" not in page and "Nothing was asked yet" in page
