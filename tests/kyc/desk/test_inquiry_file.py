"""What came of a file, as a file: no row of it is left out, whatever became of its part."""

import csv
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import pytest
from django.test import Client

from accounts.models import AuditEvent, User
from accounts.vault import shredding
from kyc.desk import inquiry_file
from kyc.screening import answering, filed, inquiries
from kyc.screening.models import Inquiry, InquiryPart
from tests import cast

pytestmark = pytest.mark.django_db
NAMES = ("Zorislav Karpov", "Kari Moe", "Timur Belkin", "Ola Berg", "Nils Aas")


@pytest.fixture
def inquiry(ana: User, tmp_path: Path) -> Inquiry:
    """Of two rows a part, with one that can't be asked about; none is answered."""
    cast.load_list(tmp_path)
    content = "id,name,kind\n" + "".join(f"{place},{name},person\n" for place, name in enumerate(NAMES)) + "9,Nobody,robot\n"
    with patch.object(inquiries, "PART", 2):
        made = inquiries.ask_file(filed.read(content.encode()), name="payees.csv", reason="payment", by=ana)
    return inquiries.go_on(made, by=ana)


def answer_one() -> None:
    claim = answering.QUEUE.claim()
    assert claim
    with claim:
        answering.answer(claim)


def read(written: str) -> list[tuple[str, str]]:
    return [(row["id"], row["result"].partition(":")[0]) for row in csv.DictReader(StringIO(written.lstrip("\ufeff")))]


def downloaded(client: Client, inquiry: Inquiry) -> list[dict[str, str]]:
    answer = client.get(f"/desk/screening/{inquiry.pk}/answers.csv")
    content = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]  # streamed
    return list(csv.DictReader(StringIO(content.lstrip("\ufeff"))))


class TestLines:
    @pytest.mark.parametrize("state", ["waiting", "failed", "cancelled"])
    def test_a_row_that_was_never_compared_stands_in_its_place_and_says_why(
        self, as_ana: Client, ana: User, inquiry: Inquiry, state: str
    ) -> None:
        answer_one()
        if state == "failed":
            InquiryPart.objects.filter(state="waiting").update(state="failed", failure="RuntimeError: x")
        elif state == "cancelled":
            inquiries.cancel(inquiry, by=ana)
        rows = downloaded(as_ana, inquiry)
        left = f"not answered: {state}"
        assert [(row["id"], row["name"], row["result"].partition(" “")[0]) for row in rows[:-1]] == [
            ("0", "Zorislav Karpov", "strong match"), ("1", "Kari Moe", "nothing found"),
            ("2", "Timur Belkin", left), ("3", "Ola Berg", left), ("4", "Nils Aas", left),
        ]  # fmt: skip
        assert rows[-1]["result"].startswith("not asked: ") and len(rows) == inquiry.rows
        assert all(not row["engine"] and not row["list"] for row in rows if row["result"] == left)

    def test_to_others_they_are_masked_as_the_answered_ones_are(self, inquiry: Inquiry, ana: User, tmp_path: Path) -> None:
        content = b"name,birth_date,identifier\nKari Moe,1990-05-17,C01 77 88\n"
        other = inquiries.ask_file(filed.read(content), name="x.csv", reason="news", by=ana)
        [row] = downloaded(cast.signed_in(cast.staff("auditor")), other)
        assert row["result"] == "not answered: waiting"
        assert "05-17" not in row["birth_date"] and "C01" not in row["identifier"]
        [own] = downloaded(cast.signed_in(ana), other)
        assert (own["birth_date"], own["identifier"]) == ("1990-05-17", "C01 77 88")

    def test_what_is_erased_while_it_is_sent_says_so_row_for_row(self, inquiry: Inquiry, ana: User) -> None:
        answering.run()
        sent = inquiry_file.lines(inquiry, [], to=ana)
        first = [next(sent), next(sent)]
        shredding.shred(inquiry.sealed_for, reason="Asked to.", by=ana)
        told = read("".join([*first, *sent]))
        assert told[0] == ("0", "strong match") and told[2:] == [("", "erased")] * 3 and len(told) == len(NAMES)


def test_of_an_erased_one_there_is_no_file_and_none_was_taken(as_ana: Client, ana: User, inquiry: Inquiry) -> None:
    answering.run()
    shredding.shred(inquiry.sealed_for, reason="Asked to.", by=ana)
    answer = as_ana.get(f"/desk/screening/{inquiry.pk}/answers.csv")
    assert answer.status_code == 302 and answer["Location"] == f"/desk/screening/{inquiry.pk}/"
    assert not AuditEvent.objects.filter(verb="inquiry.downloaded").exists()
