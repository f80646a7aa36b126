"""Asking for a report, taking its file, drawing a draft: who may, and what is written down of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.utils import timezone

from accounts import audit, organisations, snapshots
from accounts.history import FutureAsked as UnknownYet
from accounts.history import as_of
from accounts.models import AuditEvent, Organisation, Snapshot, User
from accounts.permissions import NotPermitted
from accounts.snapshots import NothingKnown
from config import jobs
from kyc.keys.models import Key
from reports import actions
from reports.instants import year_before
from reports.models import Report
from tests import cast
from tests.rows import one_of_each

pytestmark = pytest.mark.django_db


@pytest.fixture
def audit_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*args: Any, **values: Any) -> None:
        raise DatabaseError("the audit row cannot be written")

    monkeypatch.setattr(audit, "record", fails)


def nothing_happened() -> bool:
    return not Report.objects.exists() and not AuditEvent.objects.filter(verb="report.requested").exists()


class TestRequest:
    def test_it_waits_to_be_built_as_of_what_is_known_now(self, organisation: Organisation, astrid: User) -> None:
        began = timezone.now()
        report = actions.request(organisation, by=astrid)
        assert (report.kind, report.state, report.progress, report.requested_by) == ("R-03", "requested", 0, astrid)
        assert (report.rule_pack, report.template) == ("2026.11", "R-03/10")
        assert began < report.known_at == report.valid_at == report.snapshot.taken_at < timezone.now()
        assert report.number == f"R-03-{timezone.now():%Y}-{report.pk:05d}"

    @pytest.mark.django_db(transaction=True)
    def test_what_was_written_just_before_is_known_to_it(self, organisation: Organisation, astrid: User) -> None:
        report = actions.request(organisation, by=astrid)
        assert as_of(Organisation, report.snapshot).get().name == "Nordlys Modelling AS"
        assert not as_of(Report, report.snapshot).exists(), "the asking itself is not"

    def test_known_at_takes_the_newest_snapshot_stored_by_then(self, organisation: Organisation, astrid: User) -> None:
        first, second = snapshots.take(), snapshots.take()
        asked = second.taken_at - timedelta(microseconds=1)
        report = actions.request(organisation, known_at=asked, by=astrid)
        assert (report.snapshot, report.known_at, report.valid_at) == (first, first.taken_at, first.taken_at)
        assert Snapshot.objects.count() == 2

    def test_valid_at_is_kept_as_asked(self, organisation: Organisation, astrid: User) -> None:
        cast.opened(organisation, days=401)
        moment = timezone.now() - timedelta(days=400)
        report = actions.request(organisation, valid_at=moment, by=astrid)
        assert report.valid_at == moment < report.known_at

    def test_it_is_written_down_with_both_cuts(self, organisation: Organisation, astrid: User) -> None:
        report = actions.request(organisation, by=astrid)
        event = AuditEvent.objects.get(verb="report.requested")
        assert (event.actor_id, event.target_id, event.organisation_id) == (astrid.pk, str(report.pk), organisation.pk)
        assert event.details == {
            "kind": "R-03",
            "profile": "minimised",
            "valid_at": report.valid_at.isoformat(),
            "known_at": report.known_at.isoformat(),
        }

    @pytest.mark.django_db(transaction=True)
    def test_it_wakes_a_worker_once_it_is_committed(
        self, organisation: Organisation, astrid: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sent: list[int] = []
        monkeypatch.setitem(jobs.WAKES, "report.requested", ["task"])
        monkeypatch.setattr(jobs, "publish", lambda task: sent.append(Report.objects.count()))
        actions.request(organisation, by=astrid)
        assert sent == [1]

    @pytest.mark.parametrize("role", ["analyst", "approver", "auditor"])
    def test_those_who_work_cases_or_audit_may_ask(self, organisation: Organisation, role: str) -> None:
        assert actions.request(organisation, by=cast.staff(role)).pk

    @pytest.mark.parametrize("role", ["investigator", "administrator", "support"])
    def test_other_staff_may_not(self, organisation: Organisation, role: str) -> None:
        with pytest.raises(NotPermitted):
            actions.request(organisation, by=cast.staff(role))
        assert nothing_happened()

    def test_a_customer_may_not_even_of_his_own(self, organisation: Organisation, alice: User) -> None:
        with pytest.raises(NotPermitted):
            actions.request(organisation, by=alice)
        assert nothing_happened()

    @pytest.mark.parametrize(
        ("cut", "refused"), [({"valid_at": 60}, actions.FutureAsked), ({"known_at": 60}, UnknownYet)], ids=["valid", "known"]
    )  # fmt: skip
    def test_the_future_is_refused(self, organisation: Organisation, astrid: User, cut: dict[str, int], refused: Any) -> None:
        with pytest.raises(refused, match="lies in the future"):
            actions.request(
                organisation, **{name: timezone.now() + timedelta(seconds=seconds) for name, seconds in cut.items()}, by=astrid
            )
        assert nothing_happened()

    @pytest.mark.parametrize("kind", ["R-03", "R-04"])
    def test_of_a_time_before_the_customer_there_is_none(self, organisation: Organisation, astrid: User, kind: str) -> None:
        with pytest.raises(actions.NotYetThere, match="There was no such customer at that time: its account was opened on"):
            actions.request(organisation, kind=kind, valid_at=timezone.now() - timedelta(days=1), by=astrid)
        assert nothing_happened() and not Snapshot.objects.exists()

    def test_nor_as_known_before_it(self, alice: User, astrid: User) -> None:
        before = snapshots.take().taken_at
        organisation = cast.having_sent(organisations.create(name="Fjord AS", by=alice), by=alice)
        with pytest.raises(actions.NotYetThere):
            actions.request(organisation, known_at=before, by=astrid)

    def test_an_interval_may_begin_and_end_before_it(self, organisation: Organisation, astrid: User) -> None:
        yesterday = timezone.now() - timedelta(days=1)
        assert actions.request(organisation, kind="R-06", valid_at=yesterday, by=astrid).valid_at == yesterday

    def test_before_the_first_snapshot_nothing_was_known(self, organisation: Organisation, astrid: User) -> None:
        with pytest.raises(NothingKnown):
            actions.request(organisation, known_at=timezone.now() - timedelta(days=1), by=astrid)
        assert nothing_happened()

    def test_nothing_is_asked_for_when_it_cannot_be_written_down(
        self, organisation: Organisation, astrid: User, audit_fails: None
    ) -> None:
        with pytest.raises(DatabaseError):
            actions.request(organisation, by=astrid)
        assert nothing_happened()


@pytest.fixture
def report(organisation: Organisation, astrid: User) -> Report:
    return actions.request(organisation, by=astrid)


@pytest.fixture
def ready(report: Report) -> Report:
    report.state, report.facts, report.sha256, report.file = Report.State.ISSUED, "{}", "0" * 64, "x"
    report.save()
    return report


def written_down(verb: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(verb=verb))


class TestDownloaded:
    def test_each_time_is_written_down_with_what_was_handed_over(self, ready: Report, astrid: User) -> None:
        for count in (1, 2):
            actions.downloaded(ready, by=astrid)
            assert len(written_down("report.downloaded")) == count
        event = written_down("report.downloaded")[0]
        assert (event.actor_id, event.target_id, event.organisation_id) == (astrid.pk, str(ready.pk), ready.organisation_id)
        assert event.details == {"sha256": "0" * 64, "state": "issued"}

    @pytest.mark.parametrize("role", ["administrator", "support"])
    def test_who_may_not_view_takes_nothing(self, ready: Report, role: str) -> None:
        with pytest.raises(NotPermitted):
            actions.downloaded(ready, by=cast.staff(role))
        assert written_down("report.downloaded") == []

    def test_one_that_is_not_ready_has_no_file(self, report: Report, astrid: User) -> None:
        with pytest.raises(actions.NotReady):
            actions.downloaded(report, by=astrid)
        assert written_down("report.downloaded") == []

    def test_it_fails_when_it_cannot_be_written_down(self, ready: Report, astrid: User, audit_fails: None) -> None:
        with pytest.raises(DatabaseError):
            actions.downloaded(ready, by=astrid)
        assert written_down("report.downloaded") == []


class TestDrafted:
    def test_it_is_written_down_of_the_organisation(self, organisation: Organisation) -> None:
        actions.drafted(organisation.pk, kind="R-03", sha256="1" * 64, by=None)
        (event,) = written_down("report.drafted")
        assert (event.actor, event.target_id, event.organisation_id) == ("Keyholder", str(organisation.pk), organisation.pk)
        assert event.details == {"kind": "R-03", "sha256": "1" * 64}

    def test_it_fails_when_it_cannot_be_written_down(self, organisation: Organisation, audit_fails: None) -> None:
        with pytest.raises(DatabaseError):
            actions.drafted(organisation.pk, kind="R-03", sha256="1" * 64, by=None)
        assert written_down("report.drafted") == []


class TestPeriod:
    """What an attribution report is asked over."""

    def test_by_default_it_is_the_year_before_its_end(self, organisation: Organisation, astrid: User) -> None:
        report = actions.request(organisation, kind="R-06", by=astrid)
        assert (report.kind, report.template) == ("R-06", "R-06/7")
        assert datetime.fromisoformat(report.parameters["from"]) == year_before(report.valid_at)
        assert report.number.startswith("R-06-")
        assert written_down("report.requested")[0].details["from"] == report.parameters["from"]

    def test_an_interval_and_one_key_are_kept_as_asked_and_asked_again(self, astrid: User) -> None:
        key = one_of_each(cast.customer())[Key]
        since = timezone.now() - timedelta(days=3)
        report = actions.request(key.organisation, kind="R-06", since=since, key=key, by=astrid)
        assert actions.asked(report) == {"since": since, "key": key, "profile": ""}
        again = actions.again(report, by=astrid)
        assert (again.parameters, again.valid_at, again.known_at) == (report.parameters, report.valid_at, report.known_at)

    @pytest.mark.parametrize("kind", ["R-03", "R-06"])
    def test_another_organisations_key_is_refused(self, organisation: Organisation, astrid: User, kind: str) -> None:
        key = one_of_each(cast.customer("bob@sudlys.example", "Bob"), name="Sudlys AS")[Key]
        before = Report.objects.count()
        with pytest.raises((actions.NoSuchKey, actions.BadInterval)):
            actions.request(organisation, kind=kind, key=key, by=astrid)
        assert Report.objects.count() == before

    def test_an_interval_ends_after_it_begins(self, organisation: Organisation, astrid: User) -> None:
        moment = timezone.now() - timedelta(days=1)
        with pytest.raises(actions.BadInterval, match="“From” must lie before “to”"):
            actions.request(organisation, kind="R-06", since=moment, valid_at=moment, by=astrid)
        assert nothing_happened()


class TestSandbox:
    @pytest.mark.parametrize("kind", ["R-03", "R-06"])
    def test_it_is_never_reported_and_says_so(self, organisation: Organisation, astrid: User, kind: str) -> None:
        Organisation.objects.filter(pk=organisation.pk).update(sandbox="approved")
        organisation.refresh_from_db()
        with pytest.raises(actions.SandboxAsked, match="Sandboxes are never reported"):
            actions.request(organisation, kind=kind, by=astrid)
        assert nothing_happened() and not Snapshot.objects.exists()


@pytest.mark.django_db
class TestNeverSent:
    def test_what_a_customer_only_fills_in_is_not_reported(self, astrid: User, alice: User) -> None:
        draft = organisations.create(name="Outside Analytics GmbH", by=alice)
        with pytest.raises(actions.NeverSent):
            actions.request(draft, by=astrid)
        assert not Report.objects.exists()


class TestPaper:
    """How the pages are drawn stands beside the report, and is no part of what is told."""

    def test_it_is_kept_beside_the_parameters_and_asked_for_again(self, organisation: Organisation, astrid: User) -> None:
        first = actions.request(organisation, addressee="BIS", paper="Letter", tables="summary", by=astrid)
        told = {"addressee": "BIS", "paper": "Letter", "tables": "summary"}
        assert (first.envelope, first.parameters) == (told, {"profile": "minimised"})
        assert actions.again(first, by=astrid).envelope == told

    def test_no_other_paper(self, organisation: Organisation, astrid: User) -> None:
        with pytest.raises(actions.NoSuchPaper):
            actions.request(organisation, paper="A5", by=astrid)
        assert nothing_happened()

    @pytest.mark.parametrize(("kind", "tables"), [("R-04", "summary"), ("R-03", "some")])
    def test_a_summary_only_of_what_has_long_tables(
        self, organisation: Organisation, astrid: User, kind: str, tables: str
    ) -> None:
        with pytest.raises(actions.NoSummary):
            actions.request(organisation, kind=kind, tables=tables, by=astrid)
        assert nothing_happened()
