"""The draft by command: files, exit codes, sentences; and its report.json is the issued one's, byte for byte."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.utils import timezone

from accounts import audit, organisations, snapshots
from accounts.models import AuditEvent, Organisation, Snapshot
from kyc.keys.models import Key
from reports import actions, building, canonical, issuing
from tests import cast
from tests.reports import processes, story
from tests.whole import IS_WHOLE

COMMITTED = pytest.mark.django_db(transaction=True)
NOW = f"{timezone.now():%Y}"
FILES = ["R-03.pdf", "envelope.json", "manifest.json", "methodology.txt", "report.json"]


def rendered(folder: Path, kind: str = "R-03", **changed: Any) -> dict[str, Any]:
    out = io.StringIO()
    options = {"valid_at": NOW, "known_at": NOW, "out": folder, **changed}
    call_command("render_report", kind, stdout=out, **options)
    return json.loads(out.getvalue())  # type: ignore[no-any-return]  # one object


@pytest.mark.usefixtures("quick_pages")
@COMMITTED
class TestElsewhere:
    def test_another_process_in_other_surroundings_writes_the_issued_report(self, tmp_path: Path) -> None:
        story.load_list(tmp_path)
        told = story.declared(cast.customer())
        story.examine()
        story.approve(told)
        issued = actions.request(told.organisation, by=told.astrid)
        building.run()
        issued.refresh_from_db()
        story.afterwards(told, tmp_path)
        cut = [f"--valid-at={issued.valid_at.isoformat()}", f"--known-at={issued.known_at.isoformat()}"]
        done = processes.manage("render_report", "R-03", f"--subject={told.organisation.pk}", *cut, f"--out={tmp_path / 'out'}")
        assert (done.returncode, done.stderr) == (0, "")
        written = (tmp_path / "out" / "report.json").read_bytes()
        assert written == issued.facts.encode()
        said = json.loads(done.stdout)
        assert said["sha256"] == issued.sha256 == canonical.sha256(written)
        assert canonical.encode(story.dossier_of(told.organisation)) != written, "the negative control"


@pytest.mark.usefixtures("quick_pages")
@COMMITTED
class TestControl:
    def test_its_file_of_the_standard_passes_and_its_profile_is_as_asked(self, tmp_path: Path) -> None:
        story.load_list(tmp_path)
        told = story.declared(cast.customer())
        story.examine()
        for profile, born in (("minimised", "1975"), ("full", story.SOLVEIG_BORN)):
            rendered(tmp_path / profile, kind="R-04", subject=told.organisation.pk, profile=profile)
            facts = json.loads((tmp_path / profile / "report.json").read_bytes())
            assert facts["profile"] == profile
            assert [row["born"] for row in facts["persons"] if row["party"] == "Solveig Nyquist"] == [born]
            call_command("bods", "check", str(tmp_path / profile / "bods.json"), complete=True, stdout=io.StringIO())
        names = {path.name for path in (tmp_path / "full").iterdir()}
        assert names == {"R-04.pdf", *FILES[1:], "bods.json", "parties.csv", "interests.csv", "determinations.csv"}


@pytest.mark.usefixtures("quick_pages")
@COMMITTED
class TestPeriod:
    # The dossier shows the same of another process in every run.
    @pytest.mark.soak
    def test_another_process_writes_the_issued_attribution_report(self, tmp_path: Path) -> None:
        story.load_list(tmp_path)
        told = story.declared(cast.customer())
        story.examine()
        story.approve(told)
        issued = actions.request(told.organisation, kind="R-06", by=told.astrid)
        building.run()
        issuing.approve(issued, by=told.rui)
        building.run()
        issued.refresh_from_db()
        assert issued.state == "issued", issued.failure
        story.afterwards(told, tmp_path)
        cut = [f"--valid-at={issued.valid_at.isoformat()}", f"--known-at={issued.known_at.isoformat()}"]
        done = processes.manage("render_report", "R-06", f"--subject={told.organisation.pk}", *cut, f"--out={tmp_path / 'out'}")
        assert (done.returncode, done.stderr) == (0, "")
        written = (tmp_path / "out" / "report.json").read_bytes()
        assert written == issued.facts.encode()
        assert canonical.encode(story.attribution_of(told.organisation)) != written, "the negative control"

    def test_it_begins_where_it_is_told_to(self, organisation: Organisation, tmp_path: Path) -> None:
        rendered(tmp_path, kind="R-06", since="2026-01")
        facts = json.loads((tmp_path / "report.json").read_bytes())
        assert facts["selection"]["from"] == "2026-01-01T00:00:00Z"
        assert facts["selection"]["to"] == facts["valid_at"]

    def test_of_one_key_it_is_the_issued_report_of_that_key(self, tmp_path: Path) -> None:
        story.load_list(tmp_path)
        told = story.declared(cast.customer())
        story.examine()
        story.approve(told)
        key = Key.objects.filter(organisation=told.organisation).earliest("pk")
        issued = actions.request(told.organisation, kind="R-06", key=key, by=told.astrid)
        building.run()
        issued.refresh_from_db()
        cut = {"valid_at": issued.valid_at.isoformat(), "known_at": issued.known_at.isoformat()}
        rendered(tmp_path, kind="R-06", key=key.prefix, **cut)
        assert (tmp_path / "report.json").read_bytes() == issued.facts.encode()
        rendered(tmp_path, kind="R-06", **cut)
        assert (tmp_path / "report.json").read_bytes() != issued.facts.encode(), "the negative control"

    @pytest.mark.parametrize(
        ("kind", "key", "sentence"),
        [
            ("R-03", "kh_live_1", "--key is for reports over a period; R-03 shows one instant."),
            ("R-06", "kh_live_of_another", "--key: organisation .* has no key “kh_live_of_another” at that time"),
            ("R-06", f"kh_live_{'a' * 58}", "--key: that is a whole key. Write only its beginning; it is a secret."),
        ],
    )
    def test_a_key_that_is_not_to_be_had_is_bad_use(
        self, organisation: Organisation, tmp_path: Path, kind: str, key: str, sentence: str
    ) -> None:
        with pytest.raises(CommandError, match=sentence) as refused:
            rendered(tmp_path, kind=kind, key=key)
        assert refused.value.returncode == 2
        assert "a" * 58 not in str(refused.value)

    def test_an_interval_that_ends_before_it_begins_is_bad_use(self, organisation: Organisation, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="--from must lie before --valid-at") as refused:
            rendered(tmp_path, kind="R-06", since="2199")
        assert refused.value.returncode == 2


@COMMITTED
class TestNeverSent:
    def test_what_somebody_only_fills_in_is_not_reported(self, tmp_path: Path) -> None:
        draft = Organisation.objects.create(name="Outside Analytics GmbH")
        with pytest.raises(CommandError, match="has never sent a case") as refused:
            rendered(tmp_path, subject=draft.pk)
        assert refused.value.returncode == 1


@pytest.mark.usefixtures("quick_pages")
@COMMITTED
class TestSandbox:
    def test_it_is_neither_the_default_nor_to_be_had_by_number(self, tmp_path: Path) -> None:
        sandbox = Organisation.objects.create(name="Try-out", sandbox="approved")
        with pytest.raises(CommandError, match=r"No organisation is known at that time\."):
            rendered(tmp_path)
        with pytest.raises(CommandError, match="is a sandbox; sandboxes are never reported") as refused:
            rendered(tmp_path, subject=sandbox.pk)
        assert refused.value.returncode == 1
        real = cast.having_sent(Organisation.objects.create(name="Nordlys Modelling AS"), by=cast.customer())
        assert rendered(tmp_path)["subject"]["id"] == real.pk


@pytest.mark.soak
@pytest.mark.sample
@pytest.mark.django_db
class TestExits:
    def test_the_shell_sees_two_for_bad_use_and_one_for_a_refusal_and_no_traceback(
        self, organisation: Organisation, tmp_path: Path
    ) -> None:
        """In every run a process for each of the two codes; which code is whose, TestRefused asks in this one."""
        out, ok = f"--out={tmp_path}", [f"--valid-at={NOW}", f"--known-at={NOW}"]
        shown = (
            (["R-03", "--subject=nordlys", *ok, out], 2, "CommandError: --subject: “nordlys” is no organisation's number; write"),
            (["R-03", f"--valid-at={NOW}", "--known-at=2199", out], 1, "--known-at lies in the future"),
            (
                ["R-99", *ok, out],
                2,
                "CommandError: There is no report R-99; there are R-03, R-04, R-06, R-07, R-10, R-17 and R-20.",
            ),
        )
        for arguments, code, sentence in shown if IS_WHOLE else shown[:2]:
            done = processes.manage("render_report", *arguments)
            assert done.returncode == code, arguments
            assert sentence in done.stderr
            assert "Traceback" not in done.stderr and "usage:" not in done.stderr
            assert done.stdout == ""


@pytest.mark.usefixtures("quick_pages")
@pytest.mark.django_db
class TestRefused:
    @pytest.mark.parametrize(
        ("options", "code", "sentence"),
        [
            ({"kind": "R-99"}, 2, "There is no report R-99; there are R-03, R-04, R-06, R-07, R-10, R-17 and R-20."),
            ({"valid_at": "2199"}, 1, "--valid-at lies in the future; a report tells what was true."),
            ({"known_at": "2199-01-01T00:00:00Z"}, 1, "--known-at lies in the future; nobody knows yet what will be known."),
            ({"known_at": "2001"}, 1, "Nothing was recorded yet at that moment."),
            ({"valid_at": "23.11.2026"}, 2, "--valid-at: “23.11.2026” is no instant. Write 2026, 2026-11, 2026-11-23 or "),
            ({"known_at": "soon"}, 2, "--known-at: “soon” is no instant."),
            ({"subject": 999999}, 2, "Organisation 999999 is not known at that time."),
            ({"subject": "9" * 18}, 2, "Organisation 999999999999999999 is not known at that time."),
            ({"subject": "9" * 19}, 2, "--subject: “9999999999999999999” is no organisation's number; write for example 12."),
            ({"subject": "-1"}, 2, "--subject: “-1” is no organisation's number"),
            ({"subject": "Nordlys"}, 2, "--subject: “Nordlys” is no organisation's number"),
            ({"valid_at": "9999"}, 2, "--valid-at: “9999” is no instant."),
            ({"since": "2026"}, 2, "--from is for reports over a period; R-03 shows one instant."),
            ({"kind": "R-06", "profile": "full"}, 2, "--profile is for R-03, R-04, R-07 and R-10; R-06 is made in one way only."),
            ({"kind": "R-06", "since": "0001"}, 2, "--from: “0001” lies before the year 2000, of which nothing is recorded."),
            ({"kind": "R-06", "since": "1999-12-31"}, 2, "--from: “1999-12-31” lies before the year 2000"),
            ({"kind": "R-06", "since": "2199"}, 2, "--from must lie before --valid-at, where the interval ends."),
            ({"valid_at": "0001-01-01"}, 2, "--valid-at: “0001-01-01” lies before the year 2000"),
            ({"known_at": "1999"}, 2, "--known-at: “1999” lies before the year 2000"),
        ],
    )
    def test_it_says_why_and_writes_nothing(
        self, organisation: Organisation, tmp_path: Path, options: dict[str, Any], code: int, sentence: str
    ) -> None:
        with pytest.raises(CommandError) as refused:
            rendered(tmp_path / "out", **options)
        assert refused.value.returncode == code
        assert str(refused.value).startswith(sentence)
        assert not (tmp_path / "out").exists()
        assert not AuditEvent.objects.filter(verb="report.drafted").exists()

    def test_a_house_without_a_customer_has_nothing_to_tell(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match=r"No organisation is known at that time\.") as refused:
            rendered(tmp_path)
        assert refused.value.returncode == 2

    @COMMITTED
    def test_a_folder_that_cannot_be_one_is_named(self, organisation: Organisation, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(CommandError, match="--out: ") as refused:
            rendered(tmp_path / "file" / "out")
        assert refused.value.returncode == 2


@COMMITTED
class TestDraft:
    def test_it_writes_the_files_and_says_which(self, organisation: Organisation, tmp_path: Path) -> None:
        said = rendered(tmp_path / "deep" / "out")
        folder = tmp_path / "deep" / "out"
        assert sorted(path.name for path in folder.iterdir()) == FILES
        assert said["files"] == sorted(str(folder / name) for name in FILES)
        assert (said["report"], said["subject"]) == ("R-03", {"id": organisation.pk, "name": "Nordlys Modelling AS"})
        envelope = json.loads((folder / "envelope.json").read_bytes())
        assert (envelope["status"], envelope["number"]) == ("draft", "draft")
        assert envelope["sha256"] == said["sha256"] == canonical.sha256((folder / "report.json").read_bytes())
        digests = json.loads((folder / "manifest.json").read_bytes())
        assert digests["report.json"] == said["sha256"]
        event = AuditEvent.objects.get(verb="report.drafted")
        assert (event.organisation_id, event.details["sha256"]) == (organisation.pk, said["sha256"])

    @pytest.mark.usefixtures("quick_pages")
    def test_no_file_is_written_that_cannot_be_written_down(
        self, organisation: Organisation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails(*args: Any, **values: Any) -> None:
            raise DatabaseError("the audit row cannot be written")

        monkeypatch.setattr(audit, "record", fails)
        with pytest.raises(DatabaseError):
            rendered(tmp_path / "out")
        assert not (tmp_path / "out").exists()

    @pytest.mark.usefixtures("quick_pages")
    def test_nothing_is_written_down_when_no_file_can_be_written(self, organisation: Organisation, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(CommandError):
            rendered(tmp_path / "file" / "out")
        assert not AuditEvent.objects.filter(verb="report.drafted").exists()

    @pytest.mark.usefixtures("quick_pages")
    def test_without_a_subject_it_is_the_first_and_says_so_and_with_one_that(
        self, organisation: Organisation, tmp_path: Path
    ) -> None:
        bob = cast.customer("bob@sudlys.example", "Bob")
        second = cast.having_sent(organisations.create(name="Sudlys AS", by=bob), by=bob)
        err = io.StringIO()
        assert rendered(tmp_path, stderr=err)["subject"]["id"] == organisation.pk
        assert err.getvalue() == f"No --subject was named: this is about organisation {organisation.pk}, {organisation.name}.\n"
        assert rendered(tmp_path, subject=second.pk)["subject"] == {"id": second.pk, "name": "Sudlys AS"}

    @pytest.mark.usefixtures("quick_pages")
    def test_asking_for_now_knows_what_was_written_just_before(self, organisation: Organisation, tmp_path: Path) -> None:
        before = Snapshot.objects.count()
        said = rendered(tmp_path)
        assert Snapshot.objects.count() == before + 1
        assert said["valid_at"] == said["known_at"]

    @pytest.mark.usefixtures("quick_pages")
    def test_a_past_day_is_as_of_its_end(self, organisation: Organisation, tmp_path: Path) -> None:
        cast.opened(organisation, days=2)
        yesterday = timezone.now() - timedelta(days=1)
        said = rendered(tmp_path, valid_at=f"{yesterday:%Y-%m-%d}")
        assert said["valid_at"] == f"{yesterday:%Y-%m-%d}T23:59:59.999999Z"

    def test_of_a_time_before_the_customer_nothing_is_written(self, organisation: Organisation, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="--valid-at: There was no such customer at that time") as refused:
            rendered(tmp_path / "out", valid_at="2026-03")
        assert refused.value.returncode == 1 and not (tmp_path / "out").exists()


@pytest.mark.usefixtures("quick_pages")
@COMMITTED
class TestSummary:
    def test_it_writes_the_long_tables_beside_the_same_report_json(self, organisation: Organisation, tmp_path: Path) -> None:
        cut = {"known_at": snapshots.take().taken_at.isoformat()}
        cut["valid_at"] = cut["known_at"]
        whole = rendered(tmp_path / "whole", **cut)
        summary = rendered(tmp_path / "summary", summary=True, **cut)
        assert whole["sha256"] == summary["sha256"]
        more = {Path(name).name for name in summary["files"]} - {Path(name).name for name in whole["files"]}
        assert "changes.csv" in more and all(name.endswith(".csv") for name in more)

    def test_of_what_has_no_long_tables_there_is_none(self, organisation: Organisation, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="R-04 has no long tables") as refused:
            rendered(tmp_path, kind="R-04", summary=True)
        assert refused.value.returncode == 2
