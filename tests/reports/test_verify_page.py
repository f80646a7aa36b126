"""Whoever holds a report finds out what it is; whoever does not learns nothing, not even which numbers there are."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.formats import date_format

from accounts import heads, proving
from accounts.models import AuditEvent, Organisation, User
from reports import actions, building, issuing, pdf, signing, verification, verify_page
from reports.models import Report
from tests import cast
from tests.accounts.test_sequencer import in_tree

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heads_folder", "quick_pages")]
WRONG, NOWHERE = "0" * 64, "R-03-2026-99999"


@pytest.fixture(autouse=True)
def empty_counts() -> None:
    cache.clear()


@pytest.fixture
def issued(organisation: Organisation, astrid: User, kept: Callable[[], set[Path]]) -> Report:
    report = actions.request(organisation, addressee="Bureau of Industry", by=astrid)
    building.run()
    report.refresh_from_db()
    assert report.state == "issued", report.failure
    return report


def asked(number: str, **data: str) -> Any:
    client = Client()
    address = reverse("verify", args=[number])
    return client.post(address, data) if data else client.get(address)


def plain(answer: Any, *given: str) -> str:
    """The page without what the asker wrote on it, and without what is new on every page."""
    text = re.sub(r'csrfmiddlewaretoken" value="\w+"|nonce(?:-|=")[\w-]+"?', "", answer.content.decode())
    for one in given:
        text = text.replace(one, "")
    return text


class TestStranger:
    def test_a_number_looks_the_same_whether_there_is_such_a_report_or_not(self, issued: Report) -> None:
        first, second = asked(issued.number), asked(NOWHERE)
        assert first.status_code == second.status_code == 200
        assert plain(first, issued.number) == plain(second, NOWHERE)

    def test_a_wrong_digest_looks_as_an_unknown_number_does(self, issued: Report) -> None:
        first, second = asked(issued.number, sha256=WRONG), asked(NOWHERE, sha256=WRONG)
        assert (first.status_code, second.status_code) == (200, 200)
        assert plain(first, issued.number) == plain(second, NOWHERE)
        assert "Unknown" in plain(first)

    def test_so_does_the_right_digest_under_another_number(self, issued: Report) -> None:
        there = asked(NOWHERE, sha256=issued.file_sha256)
        assert plain(there, NOWHERE, issued.file_sha256) == plain(asked(NOWHERE, sha256=WRONG), NOWHERE, WRONG)

    def test_and_a_proof_that_is_asked_for_so(self, issued: Report) -> None:
        there = asked(issued.number, sha256=WRONG, proof="1")
        assert plain(there, issued.number) == plain(asked(NOWHERE, sha256=WRONG), NOWHERE)

    def test_the_database_is_asked_the_same_whatever_number_it_is(self, issued: Report) -> None:
        seen = []
        for number in (issued.number, NOWHERE, "hello"):
            with CaptureQueriesContext(connection) as context:
                asked(number, sha256=WRONG)
            seen.append([query["sql"] for query in context if "reports_report" in query["sql"]])
        assert len(seen[0]) == 1 and seen[0] == seen[1] == seen[2]

    def test_what_is_no_number_is_not_repeated(self) -> None:
        assert "call-0900" not in asked("call-0900").content.decode()

    def test_tries_are_counted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(verify_page, "TRIES", "2/m/ip")
        assert [asked(NOWHERE, sha256=WRONG).status_code for _ in range(3)] == [200, 200, 429]
        assert asked(NOWHERE).status_code == 200

    def test_one_that_is_not_issued_is_unknown_also_to_who_has_its_digest(self, organisation: Organisation, astrid: User) -> None:
        report = actions.request(organisation, by=astrid)
        Report.objects.filter(pk=report.pk).update(sha256="1" * 64)
        assert "Unknown" in asked(report.number, sha256="1" * 64).content.decode()


class TestHolder:
    def test_is_told_that_it_is_that_very_file_and_stands(self, issued: Report) -> None:
        page = asked(issued.number, sha256=issued.file_sha256).content.decode()
        assert str(verification.SAID["issued"]) in page and "to the byte" in page

    def test_and_nothing_of_whom_it_is_about_or_for(self, issued: Report) -> None:
        page = asked(issued.number, sha256=issued.file_sha256).content.decode()
        for secret in ("Nordlys", "Bureau", "Astrid", "R-03 ", "dossier"):
            assert secret not in page, secret

    def test_the_digest_that_pages_print_is_told_apart_from_the_files(self, issued: Report) -> None:
        page = asked(issued.number, sha256=issued.sha256).content.decode()
        assert str(verification.SAID["issued"]) in page and "to the byte" not in page and "check the file itself too" in page

    @pytest.mark.parametrize("state", ["superseded", "withdrawn"])
    def test_is_told_that_it_stands_no_more(self, issued: Report, monkeypatch: pytest.MonkeyPatch, state: str) -> None:
        monkeypatch.setitem(verification.STANDING, "issued", state)
        assert str(verification.SAID[state]) in asked(issued.number, sha256=issued.file_sha256).content.decode()

    def test_of_what_took_its_place_the_number_and_the_day_are_told_and_nothing_else(self, issued: Report, astrid: User) -> None:
        later = actions.restate(issued, by=astrid)
        building.run()
        later.refresh_from_db()
        issued.refresh_from_db()
        page = asked(issued.number, sha256=issued.sha256).content.decode()
        day = date_format(issued.superseded_at, "j F Y")
        assert later.state == "issued" and f"Issued, and superseded on {day} by {later.number}." in page
        for secret in ("Nordlys", "Bureau", "Astrid", "dossier", later.sha256):
            assert secret not in page, secret
        assert str(verification.SAID["issued"]) in asked(later.number, sha256=later.file_sha256).content.decode()

    def test_of_a_withdrawal_the_day_and_neither_who_nor_why(self, issued: Report) -> None:
        issuing.withdraw(issued, reason="Of another customer.", by=cast.staff("approver", "Rui Duarte"))
        issued.refresh_from_db()
        page = asked(issued.number, sha256=issued.file_sha256).content.decode()
        assert f"Issued, and withdrawn on {date_format(issued.withdrawn_at, 'j F Y')}." in page
        assert "another customer" not in page and "Rui" not in page

    @pytest.mark.parametrize(
        "written",
        [
            "{}  report.pdf",
            " {} \n",
            "sha256:{}",
            "SHA2-256(report.pdf)= {}",
            "grouped",
            "spaced",
            "colons",
            "CAPITALS",
            "PREFIXED",
        ],
    )
    def test_the_digest_may_be_written_as_tools_do(self, issued: Report, written: str) -> None:
        digest = issued.file_sha256
        pairs = [digest[at : at + 2] for at in range(0, 64, 2)]
        ways = {"spaced": " ".join(pairs), "colons": ":".join(pairs), "CAPITALS": digest.upper()}
        ways |= {"PREFIXED": f"SHA256: {digest.upper()}", "grouped": f"sha256:{' '.join(pairs)}"}
        text = ways.get(written) or written.replace("{}", digest)
        assert "to the byte" in asked(issued.number, sha256=text).content.decode()

    @pytest.mark.parametrize("text", ["", " ", ":", "::", " : \n", "hello", "0" * 63, "g" * 64, "0" * 300])
    def test_what_is_no_digest_is_told_beside_the_field(self, text: str) -> None:
        answer = Client().post(reverse("verify", args=[NOWHERE]), {"sha256": text})
        assert answer.status_code == 422 and b'id="answer"' not in answer.content


class TestAddress:
    def test_without_a_number_it_asks_for_one_and_leads_on(self) -> None:
        page = Client().get("/verify/")
        assert page.status_code == 200 and 'name="number"' in page.content.decode()
        assert Client().get("/verify/", {"number": " r-03-2026-00001 "})["Location"] == "/verify/R-03-2026-00001"
        wrong = Client().get("/verify/", {"number": "<b>hello"})
        assert wrong.status_code == 422 and "This is no number of a report." in wrong.content.decode()

    def test_a_slash_at_the_end_makes_no_difference(self, issued: Report) -> None:
        answer = Client().post(f"/verify/{issued.number}/", {"sha256": issued.file_sha256})
        assert answer.status_code == 200 and "to the byte" in answer.content.decode()

    def test_it_says_how_to_check_elsewhere_and_by_whose_word(self, issued: Report) -> None:
        page = asked(issued.number).content.decode()
        assert "manage.py verify_report FILE.pdf" in page and "python verify.py --roots roots.pem" in page
        assert all(root.fingerprint(SHA256()).hex() in page for root in signing.roots())


class TestProof:
    def test_leads_from_the_digest_to_the_signed_head_and_names_nobody(self, issued: Report) -> None:
        in_tree(AuditEvent.objects.count())
        answer = asked(issued.number, sha256=issued.file_sha256, proof="1")
        assert answer["Content-Type"] == "application/json"
        assert answer["Content-Disposition"] == f'attachment; filename="{issued.number}-proof.json"'
        (head,) = heads.exported() if len(list(heads.exported())) == 1 else list(heads.exported())[-1:]
        found = proving.proved(answer.content.decode(), kept=[head])
        assert found.event["verb"] == "report.issued"
        assert found.values == {"details.sha256": issued.sha256, "details.file_sha256": issued.file_sha256}
        assert {"actor", "on_behalf_of"} <= set(found.hidden)
        assert "Astrid" not in answer.content.decode() and "Nordlys" not in answer.content.decode()
        changed = json.loads(answer.content)
        changed["values"]["details.file_sha256"]["value"] = WRONG
        with pytest.raises(proving.Disproved):
            proving.proved(json.dumps(changed), kept=[head])

    def test_that_is_not_to_be_had_yet_is_told(self, issued: Report) -> None:
        answer = asked(issued.number, sha256=issued.file_sha256, proof="1")
        assert answer.status_code == 422 and b"no place in the signed log yet" in answer.content

    def test_costs_more_and_is_counted_more_strictly(self, issued: Report, monkeypatch: pytest.MonkeyPatch) -> None:
        in_tree(AuditEvent.objects.count())
        monkeypatch.setattr(verify_page, "PROOFS", "1/m/ip")
        tries = [asked(issued.number, sha256=issued.file_sha256, proof="1").status_code for _ in range(2)]
        assert tries == [200, 429]


def test_the_cover_leads_there_by_a_code_and_in_words(issued: Report) -> None:
    address = issued.envelope["verify"]
    assert address.endswith(reverse("verify", args=[issued.number]))
    html = pdf.render_to_string("reports/paper/r-03.html", {"report": json.loads(issued.facts), "envelope": issued.envelope})
    assert html.count(address) >= 3 and '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ' in html
