"""What is handed over can be checked by who has neither our database nor our code, and any change of it is found."""

import io
import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts import heads
from accounts.models import AuditEvent, Organisation, User
from accounts.permissions import NotPermitted
from accounts.vault import shredding
from kyc.evidence import actions as evidence
from reports import actions, building, checker, issuing, pack, signing, verification
from reports.models import Report
from tests import cast
from tests.accounts.test_sequencer import in_tree
from tests.reports.outside import Outside, open_outside
from tests.reports.test_signing import flipped

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heads_folder", "short_pages")]


def made(organisation: Organisation, alice: User, astrid: User, **how: Any) -> Report:
    file = SimpleUploadedFile("Extract of <Nordlys>.pdf", made_by_somebody(), "application/pdf")
    evidence.upload(organisation, kind="register_extract", file=file, by=alice)
    report = actions.request(organisation, **how, by=astrid)
    building.run()
    report.refresh_from_db()
    if report.state == "awaiting":
        issuing.approve(report, by=cast.staff("approver", "Rui Duarte"))
        building.run()
        report.refresh_from_db()
    assert report.state == "issued", report.failure
    in_tree(AuditEvent.objects.count())
    return report


@pytest.fixture
def issued(organisation: Organisation, alice: User, astrid: User, kept: Callable[[], set[Path]]) -> Report:
    """By two people."""
    return made(organisation, alice, astrid, profile="full")


@pytest.fixture
def of_one(organisation: Organisation, alice: User, astrid: User, kept: Callable[[], set[Path]]) -> Report:
    return made(organisation, alice, astrid)


def made_by_somebody() -> bytes:
    document, out = pikepdf.new(), io.BytesIO()
    document.add_blank_page(page_size=(200, 200))
    document.docinfo["/Author"] = "A secret author"
    document.save(out)
    return out.getvalue()


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    with open_outside(tmp_path_factory.mktemp("outside") / "authority") as found:
        yield found


def unpacked(report: Report, by: User, folder: Path) -> Path:
    data = b"".join(pack.zipped(report, pack.take(report, by=by), to=by))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    return folder


def checked(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """As a stranger does: without our code on the path and without our surroundings."""
    command = [sys.executable, "-I", str(folder / "verify.py"), *arguments]
    return subprocess.run(command, cwd="/", env={}, capture_output=True, text=True, check=False, timeout=60)


def without_a_registry(folder: Path) -> Path:
    """A python3 whose environments are made without asking anybody: their pip finds here what it is told to install."""
    folder.mkdir()
    here = Path(sysconfig.get_path("purelib"))
    there = f"$(dirname $0)/../lib/{here.parent.name}/site-packages/here.pth"
    installs = f'[ "$*" = "install cryptography" ] && echo {here} > "{there}"'
    (folder / "pip").write_text(f"#!/bin/sh\n{installs}\n")
    made = f'{sys._base_executable} "$@" --without-pip && cp {folder}/pip "$3/bin/pip"'  # type: ignore[attr-defined]  # of CPython
    (folder / "python3").write_text(f"#!/bin/sh\n{made}\n")
    for file in folder.iterdir():
        file.chmod(0o755)
    return folder


class TestPack:
    def test_holds_all_that_the_report_rests_on(self, issued: Report, astrid: User, tmp_path: Path) -> None:
        folder = unpacked(issued, astrid, tmp_path / "pack")
        found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
        events = AuditEvent.objects.filter(
            target_type="reports.report", target_id=str(issued.pk),
            verb__in=("report.requested", "report.built", "report.approved", "report.issued"),
        )  # fmt: skip
        assert found == {
            "report.pdf", "report.json", "envelope.json", "bods.json", "documents.json", "roots.pem", "verify.py", "README.txt",
            "manifest.json", "manifest.p7s", "documents/001-extract-of-nordlys.pdf",
            *(f"trail/{event.pk}.json" for event in events),
        }  # fmt: skip
        assert (folder / "report.json").read_bytes() == issued.facts.encode()
        (row,) = json.loads((folder / "documents.json").read_bytes())
        assert row["name"] == "Extract of <Nordlys>.pdf"
        assert b"secret author" not in (folder / row["file"]).read_bytes()
        assert issued.number in (folder / "README.txt").read_text()

    def test_is_checked_without_us(self, issued: Report, astrid: User, tmp_path: Path) -> None:
        folder = unpacked(issued, astrid, tmp_path / "pack")
        done = checked(folder)
        assert (done.returncode, done.stderr) == (0, "")
        assert "WRONG" not in done.stdout and "good   signature of report.pdf" in done.stdout
        assert "good   the audit log against the report" in done.stdout and "Compare that" in done.stdout

    def test_the_steps_of_its_readme_can_be_followed_to_the_letter(self, issued: Report, astrid: User, tmp_path: Path) -> None:
        folder = unpacked(issued, astrid, tmp_path / "pack")
        steps = [line.strip() for line in (folder / "README.txt").read_text().splitlines() if line.startswith("    ")]
        assert steps == list(pack.COMMANDS)
        known = {"PATH": f"{without_a_registry(tmp_path / 'bin')}:{os.defpath}"}
        done = subprocess.run(
            ["/bin/sh", "-ec", "\n".join(steps)], cwd=folder, env=known, capture_output=True, text=True, check=False, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        assert "good   signature of report.pdf" in done.stdout

    def test_an_environment_of_the_readers_own_is_no_part_of_it(self, issued: Report, astrid: User, tmp_path: Path) -> None:
        folder = unpacked(issued, astrid, tmp_path / "pack")
        (folder / "check" / "lib").mkdir(parents=True)
        (folder / "check" / "lib" / "six.py").write_text("")
        assert "WRONG  check/lib/six.py: the manifest does not know it" in checked(folder).stdout, "the negative control"
        (folder / "check" / "pyvenv.cfg").write_text("home = /usr/bin")
        done = checked(folder)
        assert done.returncode == 0 and "check/" not in done.stdout
        assert "Not looked at, since it is a Python environment: check." in done.stdout

    def test_who_knows_the_root_and_the_key_says_so(self, issued: Report, astrid: User, tmp_path: Path) -> None:
        folder = unpacked(issued, astrid, tmp_path / "pack")
        known = json.loads(next((folder / "trail").glob("*.json")).read_bytes())["public_key"]
        assert heads.fingerprint(heads.signing_key().public_key()) in json.dumps([*map(str, heads.known_keys())])
        done = checked(folder, "--roots", str(folder / "roots.pem"), "--key", known)
        assert done.returncode == 0 and "own word" not in done.stdout and "Compare" not in done.stdout
        other = "A" * 43 + "="
        assert "the head is signed by a key that you do not believe" in checked(folder, "--key", other).stdout

    @pytest.mark.parametrize(
        ("file", "said"),
        [
            ("report.pdf", "signature of report.pdf: the file is not what was signed"),
            ("report.json", "report.json against envelope.json: envelope.json is of other facts"),
            ("bods.json", "bods.json: it is not what the manifest says"),
            ("documents/001-extract-of-nordlys.pdf", "it is not what documents.json says"),
        ],
    )
    def test_a_changed_file_is_found(self, issued: Report, astrid: User, tmp_path: Path, file: str, said: str) -> None:
        folder = unpacked(issued, astrid, tmp_path / "pack")
        data = bytearray((folder / file).read_bytes())
        # Inside a word, so that it is JSON still; of an empty list its end.
        place = max(data.find(b"a", 200), 1) if file.endswith("json") else 200
        data[place] ^= 1
        (folder / file).write_bytes(data)
        done = checked(folder)
        assert done.returncode == 1 and said in done.stdout

    def test_also_where_the_manifest_was_changed_with_it(self, issued: Report, astrid: User, tmp_path: Path) -> None:
        """Facts, envelope and manifest fit each other; the log knows others."""
        folder = unpacked(issued, astrid, tmp_path / "pack")
        facts = (folder / "report.json").read_bytes().replace(b"Nordlys", b"Nordlyz")
        envelope = json.loads((folder / "envelope.json").read_bytes()) | {"sha256": checker.sha256(facts).hexdigest()}
        (folder / "report.json").write_bytes(facts)
        (folder / "envelope.json").write_text(json.dumps(envelope))
        told = json.loads((folder / "manifest.json").read_bytes())
        told |= {name: checker.sha256((folder / name).read_bytes()).hexdigest() for name in ("report.json", "envelope.json")}
        (folder / "manifest.json").write_text(json.dumps(told))
        done = checked(folder)
        assert done.returncode == 1
        assert [line for line in done.stdout.splitlines() if line.startswith("WRONG")] == [
            "WRONG  signature of manifest.json: the file is not what was signed",
            "WRONG  the audit log against the report: no proved event says that this was issued",
        ]

    def test_what_nothing_else_binds_is_bound_by_the_signed_manifest(self, issued: Report, astrid: User, tmp_path: Path) -> None:
        folder, wrong = unpacked(issued, astrid, tmp_path / "pack"), "WRONG  signature of manifest.json: "
        told = (folder / "manifest.json").read_bytes()
        for file in ("bods.json", "documents.json", "envelope.json", "README.txt"):
            before = (folder / file).read_bytes()
            (folder / file).write_bytes(before + b" ")
            digest = checker.sha256(before + b" ").hexdigest()
            (folder / "manifest.json").write_text(json.dumps(json.loads(told) | {file: digest}))
            said = checked(folder).stdout
            assert [line for line in said.splitlines() if line.startswith("WRONG")] == [f"{wrong}the file is not what was signed"]
            (folder / file).write_bytes(before)
        (folder / "manifest.json").write_bytes(told)
        assert checked(folder).returncode == 0, "the negative control"
        (folder / "manifest.p7s").unlink()
        done = checked(folder)
        assert done.returncode == 1 and f"{wrong}it can't be read" in done.stdout

    @pytest.mark.parametrize("is_ended", [False, True])
    def test_it_tells_what_became_of_the_report(self, issued: Report, astrid: User, tmp_path: Path, is_ended: bool) -> None:
        if is_ended:
            issuing.withdraw(issued, reason="A wrong customer.", by=cast.staff("approver", "Ada Moe"))
            in_tree(AuditEvent.objects.count())
        said = checked(unpacked(issued, astrid, tmp_path / "pack")).stdout
        assert ("It does not stand any more: report.withdrawn, on 20" in said) is is_ended

    def test_it_is_checked_also_when_the_certificate_has_ended(
        self, issued: Report, astrid: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = unpacked(issued, astrid, tmp_path / "pack")
        monkeypatch.setattr(checker, "now", lambda: datetime(2060, 1, 1, tzinfo=UTC))
        found = dict(checker.checks(folder, signing.roots(), []))
        assert not any(found.values()) and "good when the audit log says that it was issued" in " ".join(found)
        for file in (folder / "trail").iterdir():
            file.unlink()
        found = dict(checker.checks(folder, signing.roots(), []))
        assert "is not good on 2060-01-01" in found["signature of report.pdf"], "the negative control"

    def test_a_changed_event_is_found(self, issued: Report, astrid: User, tmp_path: Path) -> None:
        folder = unpacked(issued, astrid, tmp_path / "pack")
        for file in (folder / "trail").glob("*.json"):
            file.write_text(file.read_text().replace(issued.file_sha256, "0" * 64))
        assert "is not what the event says" in checked(folder).stdout

    def test_the_trail_names_nobody_and_gives_no_reasons(self, issued: Report, astrid: User, tmp_path: Path) -> None:
        issuing.withdraw(issued, reason="Alice asked for it.", by=cast.staff("approver", "Rui Duarte the second"))
        in_tree(AuditEvent.objects.count())
        folder = unpacked(issued, astrid, tmp_path / "pack")
        trail = [json.loads(file.read_bytes()) for file in (folder / "trail").iterdir()]
        assert {"report.issued", "report.withdrawn"} <= {json.loads(one["leaf"])["verb"] for one in trail}
        assert {name for one in trail for name in one["values"]} == {"details.sha256", "details.file_sha256"}
        assert not any(word in json.dumps(trail) for word in ("Astrid", "Rui", "Alice"))
        assert checked(folder).returncode == 0

    def test_no_document_leaves_on_one_persons_word(self, of_one: Report, astrid: User, tmp_path: Path) -> None:
        folder = unpacked(of_one, astrid, tmp_path / "pack")
        assert not (folder / "documents").exists()
        (row,) = json.loads((folder / "documents.json").read_bytes())
        assert (row["name"], row["file"]) == ("Extract of <Nordlys>.pdf", "")
        assert "two people" in row["left_out"] and f"{row['name']}: {row['left_out']}" in (folder / "README.txt").read_text()
        assert not AuditEvent.objects.filter(verb="document.viewed").exists()
        assert checked(folder).returncode == 0

    def test_no_transaction_is_open_while_it_is_sent(self, issued: Report, astrid: User) -> None:
        found = pack.take(issued, by=astrid)
        assert {connection.in_atomic_block for _ in pack.zipped(issued, found, to=astrid)} == {False}

    def test_a_report_that_is_erased_while_it_is_sent_is_left_out_and_said_to_be(
        self, issued: Report, astrid: User, tmp_path: Path
    ) -> None:
        found = pack.take(issued, by=astrid)
        shredding.shred(issued.sealed_for, reason="The end of its retention.", by=None)
        with zipfile.ZipFile(io.BytesIO(b"".join(pack.zipped(Report.objects.get(pk=issued.pk), found, to=astrid)))) as archive:
            assert "report.pdf" not in archive.namelist() and "report.json" not in archive.namelist()
            assert "report.pdf: The file is erased on" in archive.read("README.txt").decode()

    def test_one_that_is_none_is_bad_input(self, tmp_path: Path) -> None:
        (tmp_path / "verify.py").write_bytes(Path(checker.__file__).read_bytes())
        assert checked(tmp_path).returncode == 2

    def test_a_document_that_cannot_be_made_safe_is_left_out_and_said_to_be(
        self, issued: Report, astrid: User, tmp_path: Path
    ) -> None:
        def unsafe(data: bytes, kind: str) -> bytes:
            raise pack.sanitised.Unsafe("the PDF can't be read (PdfError)")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pack.sanitised, "sanitised", unsafe)
            folder = unpacked(issued, astrid, tmp_path / "pack")
        assert not (folder / "documents").exists()
        assert "Extract of <Nordlys>.pdf: the PDF can't be read" in (folder / "README.txt").read_text()
        assert checked(folder).returncode == 0


class TestClocks:
    """A pack whose signer's certificate has ended since, with a timestamp of an authority outside in its PDF."""

    BY_LOG = "good   signature of report.pdf, whose certificate has ended since and was good when the audit log says that it was"
    BY_CLOCK = (
        "good   signature of report.pdf, whose certificate has ended since and was good when its timestamp says that it was"
    )

    @pytest.fixture
    def folder(self, settings: Any, outside: Outside, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
        """Unpacked, with the clocks that came with it."""
        root = str(outside.folder / "root.pem")
        settings.REPORT_SIGNER, settings.REPORT_ROOTS = str(outside.folder / "signer.pem"), root
        settings.TIMESTAMP_URL, settings.TIMESTAMP_ROOTS, settings.REPORT_LEVEL = outside.url, root, "B-T"
        issued, astrid = request.getfixturevalue("of_one"), request.getfixturevalue("astrid")
        folder = unpacked(issued, astrid, tmp_path / "pack")
        assert (folder / checker.CLOCKS).read_bytes() == Path(root).read_bytes()
        return folder

    def later(self, monkeypatch: pytest.MonkeyPatch, outside: Outside) -> None:
        """When the signer's certificate has ended, and the clock's has not."""
        at = outside.signer.not_valid_after_utc + timedelta(days=1)
        monkeypatch.setattr(checker, "now", lambda: at)

    def said(self, capsys: pytest.CaptureFixture[str], folder: Path, *more: str) -> tuple[int, list[str]]:
        code = checker.main([str(folder), *more])
        return code, capsys.readouterr().out.splitlines()

    def signature(self, lines: list[str]) -> str:
        (line,) = (line for line in lines if "signature of report.pdf" in line)
        return line

    def without_the_log(self, folder: Path) -> None:
        """Nobody but an authority outside says any more when it was signed."""
        for file in (folder / "trail").iterdir():
            file.unlink()

    def test_a_certificate_that_has_ended_is_judged_by_the_clocks_and_it_says_so(
        self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, outside: Outside
    ) -> None:
        code, lines = self.said(capsys, folder)
        assert (code, self.signature(lines)) == (0, "good   signature of report.pdf"), "while it is good no clock is asked"
        self.later(monkeypatch, outside)
        code, lines = self.said(capsys, folder)
        assert (code, self.signature(lines)) == (0, f"{self.BY_CLOCK} signed")

    def test_without_the_log_only_the_clocks_given_bear_it_out(
        self,
        folder: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        outside: Outside,
        tmp_path_factory: pytest.TempPathFactory,
    ) -> None:
        clocks = str((folder / checker.CLOCKS).rename(folder.parent / "believed.pem"))
        self.later(monkeypatch, outside)
        _, lines = self.said(capsys, folder)
        assert self.signature(lines) == f"{self.BY_LOG} issued", "the log still says when"
        self.without_the_log(folder)
        ended = "WRONG  signature of report.pdf: the certificate of CN=Outside: reports is not good on"
        _, lines = self.said(capsys, folder)
        assert self.signature(lines).startswith(ended)
        with open_outside(tmp_path_factory.mktemp("others") / "authority") as others:
            _, lines = self.said(capsys, folder, "--clocks", str(others.folder / "root.pem"))
        assert self.signature(lines).startswith(ended), "somebody else's clocks tell no time"
        _, lines = self.said(capsys, folder, "--clocks", clocks)
        assert self.signature(lines) == f"{self.BY_CLOCK} signed"
        assert checker.main([str(folder), "--clocks", str(folder / "nowhere.pem")]) == 2
        assert "nowhere.pem" in capsys.readouterr().err

    def test_a_timestamp_in_which_one_bit_is_another_bears_nothing_out(
        self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, outside: Outside
    ) -> None:
        """The manifest is made to fit, as far as whoever changes a file can: no digest of a part covers the timestamp."""
        self.later(monkeypatch, outside)
        self.without_the_log(folder)
        data = (folder / "report.pdf").read_bytes()
        token = checker.signature_of(data).token
        told = json.loads((folder / "manifest.json").read_bytes())
        for at in (token.index(checker.TOLD_TIME) + 60, len(token) - 20):
            other = data.replace(token.hex().upper().encode(), flipped(token, at, 0).hex().upper().encode())
            assert other != data
            (folder / "report.pdf").write_bytes(other)
            (folder / "manifest.json").write_text(json.dumps(told | {"report.pdf": checker.sha256(other).hexdigest()}))
            code, lines = self.said(capsys, folder)
            assert code == 1 and self.signature(lines).startswith("WRONG  signature of report.pdf: "), at
            assert "good   report.pdf" in lines, "the negative control: only the signature tells"


class TestTake:
    def test_it_and_each_document_is_written_down(self, issued: Report, astrid: User) -> None:
        pack.take(issued, by=astrid)
        assert AuditEvent.objects.get(verb="report.pack_taken").details == {"sha256": issued.sha256, "count": 1}
        (look,) = AuditEvent.objects.filter(verb="document.viewed")
        assert (look.reason, look.details["downloaded"], look.actor) == ("authority", True, "Astrid Lund")

    def test_only_who_may_open_documents_takes_one(self, issued: Report) -> None:
        with pytest.raises(NotPermitted):
            pack.take(issued, by=cast.staff("support"))
        assert not AuditEvent.objects.filter(verb="document.viewed").exists()

    def test_of_one_that_is_not_issued_there_is_none(self, issued: Report, astrid: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delitem(verification.STANDING, "issued")
        with pytest.raises(pack.NoPack):
            pack.take(issued, by=astrid)

    def test_while_its_issue_has_no_place_in_the_signed_log_there_is_none(
        self, organisation: Organisation, astrid: User, kept: Any
    ) -> None:
        report = actions.request(organisation, by=astrid)
        building.run()
        report.refresh_from_db()
        with pytest.raises(pack.NoPack, match="no place in the signed log yet"):
            pack.take(report, by=astrid)
        assert not AuditEvent.objects.filter(verb="report.pack_taken").exists()
        in_tree(AuditEvent.objects.count())
        pack.take(report, by=astrid)

    def test_of_an_erased_report_there_is_none_and_the_page_says_why(self, issued: Report, astrid: User) -> None:
        shredding.shred(issued.sealed_for, reason="The end of its retention.", by=None)
        with pytest.raises(pack.NoPack, match=r"erased on .* certificate"):
            pack.take(Report.objects.get(pk=issued.pk), by=astrid)
        client = cast.signed_in(astrid)
        answer: Any = client.get(reverse("reports:pack_download", args=[issued.pk]), follow=True)
        assert (answer.status_code, answer.redirect_chain[-1][0]) == (200, reverse("reports:report", args=[issued.pk]))
        assert "evidence pack of it: erased on" in answer.content.decode()

    def test_of_one_persons_report_only_the_report_is_written_down(self, of_one: Report, astrid: User) -> None:
        pack.take(of_one, by=astrid)
        assert AuditEvent.objects.get(verb="report.pack_taken").details == {"sha256": of_one.sha256, "count": 0}

    def test_it_is_sent_as_a_file_after_a_second_factor(self, issued: Report, astrid: User) -> None:
        client = Client()
        client.force_login(astrid)
        answer: Any = client.get(reverse("reports:pack_download", args=[issued.pk]))
        assert answer.status_code == 302
        assert not AuditEvent.objects.filter(verb="report.pack_taken").exists()
