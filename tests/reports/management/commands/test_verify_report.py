"""A file is judged as a stranger meets it: what it says by itself, what the register says, and what is wrong with it."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.management import CommandError, call_command
from django.db import OperationalError

from accounts.models import AuditEvent, Organisation, User
from reports import actions, building, checker, issuing, pdf, signing, verification
from reports.models import Report
from tests import cast
from tests.accounts.tampering import altered
from tests.accounts.test_sequencer import in_tree
from tests.reports import specimen

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heads_folder", "short_pages")]


def asked(file: Path, **options: Any) -> tuple[int, dict[str, Any]]:
    """Exit code and what was printed."""
    out = io.StringIO()
    try:
        call_command("verify_report", str(file), stdout=out, **options)
    except CommandError as error:
        return error.returncode, json.loads(out.getvalue() or "{}")
    return 0, json.loads(out.getvalue())


def passed(said: dict[str, Any]) -> dict[str, bool | None]:
    return {row["check"]: row["passed"] for row in said["checked"]}


SOUND = {"signature": True, "certificate": True, "second reader": True, "attachments": True, "facts": True}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "report.pdf"


def draft(**changed: Any) -> bytes:
    facts = specimen.bare()
    told = specimen.envelope(facts, status="draft", status_text="Draft: not issued and not registered", number="draft", **changed)
    return signing.signed(pdf.render(facts, told))


@pytest.fixture(scope="module")
def drawn(django_db_setup: None) -> bytes:
    return draft()


@pytest.fixture
def issued(organisation: Organisation, astrid: User, file: Path, kept: Callable[[], set[Path]]) -> Report:
    report = actions.request(organisation, by=astrid)
    building.run()
    report.refresh_from_db()
    assert report.state == "issued", report.failure
    file.write_bytes(report.file.read())
    return report


class TestDraft:
    def test_a_sound_one_verifies_and_says_that_it_is_one(self, file: Path, drawn: bytes) -> None:
        file.write_bytes(drawn)
        code, said = asked(file)
        assert (code, said["status"], said["failed"]) == (0, "draft", [])
        assert passed(said) == SOUND | {"register": None}
        assert said["checked"][-1]["said"] == "It is a draft: not issued and not registered."

    @pytest.mark.parametrize("at", [30, 0.3, 0.97, -9])
    def test_one_byte_that_is_another_is_found(self, file: Path, drawn: bytes, at: float) -> None:
        place = int(len(drawn) * at) if isinstance(at, float) else at % len(drawn)
        file.write_bytes(drawn[:place] + bytes([drawn[place] ^ 1]) + drawn[place + 1 :])
        code, said = asked(file)
        assert (code, said["failed"], said["status"]) == (1, ["signature"], "unknown")

    def test_one_signed_by_somebody_else_is_not_ours(self, file: Path, drawn: bytes, tmp_path: Path) -> None:
        from tests.reports.outside import Outside

        outside = Outside(tmp_path / "outside")
        outside.begin("http://127.0.0.1:9")
        file.write_bytes(drawn)
        assert asked(file, roots=outside.folder / "root.pem")[1]["failed"] == ["certificate"]
        (tmp_path / "ours.pem").write_bytes(b"".join(root.public_bytes(Encoding.PEM) for root in signing.roots()))
        assert asked(file, roots=tmp_path / "ours.pem")[0] == 0, "the negative control"

    def test_an_attachment_that_the_manifest_does_not_know_is_found_though_all_is_signed(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files = pdf.files
        monkeypatch.setattr(
            pdf, "files", lambda facts, told, changes=(): files(facts, told) | {"methodology.txt": b"By another method."}
        )
        file.write_bytes(draft())
        code, said = asked(file)
        assert (code, said["failed"]) == (1, ["attachments"])
        assert "methodology.txt is not what manifest.json says." in json.dumps(said)

    def test_facts_that_are_not_those_of_the_envelope_are_found(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        files = pdf.files
        other = specimen.bare() | {"title": "Another"}
        monkeypatch.setattr(pdf, "files", lambda facts, told, changes=(): files(other, told))
        file.write_bytes(draft())
        assert asked(file)[1]["failed"] == ["facts"]


class TestIssued:
    def test_it_stands_in_the_register_and_in_the_signed_tree(self, issued: Report, file: Path) -> None:
        in_tree(AuditEvent.objects.count())
        code, said = asked(file)
        assert (code, said["status"], said["failed"]) == (0, "issued", [])
        assert passed(said) == SOUND | {"register": True, "standing": True, "audit tree": True}
        assert said["sha256"] == issued.file_sha256 == AuditEvent.objects.get(verb="report.issued").details["file_sha256"]

    def test_before_its_event_has_a_place_that_is_left_open(self, issued: Report, file: Path) -> None:
        code, said = asked(file)
        assert (code, passed(said)["audit tree"]) == (0, None)

    def test_an_event_that_says_something_else_now_is_found(self, issued: Report, file: Path) -> None:
        in_tree(AuditEvent.objects.count())
        changed = f"UPDATE accounts_auditevent SET reason = 'another' WHERE verb = 'report.issued' AND target_id = '{issued.pk}'"
        with altered(changed):
            assert asked(file)[1]["failed"] == ["audit tree"]

    @pytest.mark.parametrize("state", ["superseded", "withdrawn"])
    def test_one_that_no_longer_stands_fails_and_says_why(
        self, issued: Report, file: Path, monkeypatch: pytest.MonkeyPatch, state: str
    ) -> None:
        monkeypatch.setitem(verification.STANDING, "issued", state)
        code, said = asked(file)
        assert (code, said["failed"]) == (1, ["standing"])
        assert str(verification.SAID[state]) in json.dumps(said, ensure_ascii=False)

    def test_another_number_on_a_sound_file_is_not_registered(self, issued: Report, file: Path) -> None:
        facts = json.loads(issued.facts)
        told = specimen.envelope(facts, number="R-03-2026-99999")
        file.write_bytes(signing.signed(pdf.render(facts, told)))
        assert asked(file)[1]["failed"] == ["register"]

    def test_one_whose_certificate_has_ended_since_is_judged_by_when_it_was_issued(
        self, issued: Report, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        in_tree(AuditEvent.objects.count())
        monkeypatch.setattr(checker, "now", lambda: datetime(2060, 1, 1, tzinfo=UTC))
        code, said = asked(file)
        assert (code, said["failed"]) == (0, [])
        assert "has ended since, and was good when the register says that this was issued" in said["checked"][1]["said"]
        assert asked(file, offline=True)[1]["failed"] == ["certificate"]

    def test_offline_the_file_alone_is_judged(self, issued: Report, file: Path) -> None:
        code, said = asked(file, offline=True)
        assert (code, passed(said)) == (0, SOUND | {"register": None})

    def test_so_it_is_where_the_database_is_away(self, issued: Report, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def away(*args: object) -> None:
            raise OperationalError("connection refused")

        monkeypatch.setattr(verification, "in_register", away)
        code, said = asked(file)
        assert (code, said["checked"][-1]["said"]) == (0, "The database of this installation is not at hand.")


class TestNeverIssued:
    @pytest.mark.parametrize("is_offline", [True, False])
    @pytest.mark.parametrize("becomes", ["awaiting", "declined", "issued"])
    def test_a_file_that_waited_for_an_approval_is_none_that_was_issued_whatever_became_of_it(
        self, organisation: Organisation, astrid: User, file: Path, kept: Any, becomes: str, is_offline: bool
    ) -> None:
        report = actions.request(organisation, profile="full", by=astrid)
        building.run()
        report.refresh_from_db()
        assert report.state == "awaiting", report.failure
        file.write_bytes(report.file.read())
        rui = cast.staff("approver", "Rui Duarte")
        if becomes == "declined":
            issuing.decline(report, note="Not asked for.", by=rui)
        elif becomes == "issued":
            issuing.approve(report, by=rui)
            building.run()
        code, said = asked(file, offline=is_offline)
        assert (code, said["status"], said["failed"]) == (1, "awaiting", ["register"])
        assert said["checked"][-1]["said"] == "It waits for an approval: it was never issued."

    def test_so_is_one_that_says_nothing_of_it(self, file: Path) -> None:
        facts = specimen.bare()
        file.write_bytes(signing.signed(pdf.render(facts, specimen.envelope(facts, status="copy"))))
        code, said = asked(file, offline=True)
        assert (code, said["status"], said["failed"]) == (1, "unknown", ["register"])


class TestBadInput:
    @pytest.mark.parametrize("content", [None, b"", b"hello", b"\xff\xd8\xff"])
    def test_what_is_no_pdf_is_bad_input(self, file: Path, content: bytes | None) -> None:
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(CommandError, match=f"^{file}: ") as refused:
            call_command("verify_report", str(file))
        assert refused.value.returncode == 2

    def test_so_are_roots_that_are_none(self, file: Path, drawn: bytes, tmp_path: Path) -> None:
        file.write_bytes(drawn)
        (tmp_path / "roots.pem").write_text("hello")
        with pytest.raises(CommandError, match="holds no certificates") as refused:
            call_command("verify_report", str(file), roots=tmp_path / "roots.pem")
        assert refused.value.returncode == 2

    def test_a_pdf_of_somebody_else_is_not_signed_by_us(self, file: Path) -> None:
        file.write_bytes(b"%PDF-1.7\n%%EOF\n")
        code, said = asked(file)
        assert (code, said["failed"], said["checked"][0]["said"]) == (1, ["signature"], "It is not signed.")
