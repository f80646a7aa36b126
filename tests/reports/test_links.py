"""Who may give a report to a reader outside, to which, and what ends it."""

from datetime import timedelta

import pytest
from django.db import Error, transaction
from django.utils import timezone

from accounts.models import AuditEvent, Organisation, User
from accounts.permissions import NotPermitted
from reports import actions, building, issuing, links
from reports.models import Report, ReportLink
from tests import cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("quick_pages", "kept")]


@pytest.fixture
def issued(organisation: Organisation, astrid: User) -> Report:
    report = actions.request(organisation, by=astrid)
    building.run()
    report.refresh_from_db()
    assert report.state == "issued", report.failure
    return report


@pytest.fixture
def rui() -> User:
    return cast.staff("approver", "Rui Duarte")


def events(verb: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(verb=f"report.{verb}").order_by("pk"))


class TestMake:
    def test_the_secret_is_told_once_and_kept_nowhere(self, issued: Report, astrid: User) -> None:
        link, token = links.make(issued, reader=" A \n ministry ", by=astrid)
        assert (link.reader, links.known(token)) == ("A ministry", link)
        assert len(token) == 43 and token not in str(ReportLink.objects.values().get())
        [event] = events("link_made")
        assert token not in str(event.details) and "ministry" not in str(event.details)
        assert event.details["report"] == issued.number

    @pytest.mark.parametrize(("days", "good"), [(1, True), (7, True), (0, False), (8, False), (-1, False)])
    def test_a_day_by_default_and_a_week_at_most(self, issued: Report, astrid: User, days: int, good: bool) -> None:
        link, _token = links.make(issued, reader="A ministry", by=astrid)
        assert link.expires_at - link.made_at == timedelta(days=1)
        if good:
            assert links.make(issued, reader="x", days=days, by=astrid)
            return
        with pytest.raises(links.BadDays):
            links.make(issued, reader="x", days=days, by=astrid)
        with pytest.raises(Error, match="report_link_lasts_a_week_at_most"), transaction.atomic():
            ReportLink.objects.filter(pk=link.pk).update(expires_at=link.made_at + timedelta(days=days))

    def test_only_by_who_may_download(self, issued: Report) -> None:
        for role in ("administrator", "support"):
            with pytest.raises(NotPermitted):
                links.make(issued, reader="x", by=cast.staff(role, role))
        assert links.make(issued, reader="x", by=cast.staff("investigator", "Ines"))

    @pytest.mark.parametrize("reader", ["", " ", "\u200b"])
    def test_it_says_for_whom(self, issued: Report, astrid: User, reader: str) -> None:
        with pytest.raises(links.NoReader):
            links.make(issued, reader=reader, by=astrid)

    def test_not_to_what_is_not_issued(self, issued: Report, organisation: Organisation, astrid: User, rui: User) -> None:
        waiting = actions.request(organisation, kind="R-06", by=astrid)
        with pytest.raises(links.NotForOthers):
            links.make(waiting, reader="x", by=astrid)
        issuing.withdraw(issued, reason="Wrong.", by=rui)
        with pytest.raises(links.NotForOthers):
            links.make(issued, reader="x", by=astrid)

    @pytest.mark.parametrize(("kind", "parameters"), [("R-17", {"request": 1}), ("R-03", {"profile": "full"})])
    def test_never_to_what_tells_people_in_full_and_the_database_says_so(
        self, issued: Report, astrid: User, rui: User, kind: str, parameters: dict[str, object]
    ) -> None:
        cut = ("organisation", "valid_at", "known_at", "snapshot", "rule_pack", "template")
        proposal = issuing.proposed(issued.organisation, by=astrid)
        other = Report.objects.create(
            **{name: getattr(issued, name) for name in cut}, kind=kind, parameters=parameters, requested_by=astrid,
            proposal=proposal, state="awaiting", sha256="0" * 64, facts="{}", file=issued.file.name,
        )  # fmt: skip
        issuing.approve(other, by=rui)
        Report.objects.filter(pk=other.pk).update(state="issued")
        other.refresh_from_db()
        with pytest.raises(links.NotForOthers):
            links.make(other, reader="x", by=astrid)
        now = timezone.now()
        given = {"report": other, "reader": "x", "digest": "d", "made_at": now, "expires_at": now + timedelta(days=1)}
        with pytest.raises(Error, match="report_link_tells_nobody_in_full"), transaction.atomic():
            ReportLink.objects.create(organisation=issued.organisation, made_by=astrid, **given)


class TestTake:
    def test_each_time_is_recorded_under_the_link(self, issued: Report, astrid: User) -> None:
        link, token = links.make(issued, reader="A ministry", by=astrid)
        other, _ = links.make(issued, reader="A bank", by=astrid)
        assert [links.take(token), links.take(token)] == [issued, issued]
        assert [(event.target_id, event.actor_id) for event in events("link_opened")] == [(str(link.pk), None)] * 2
        assert [(row.link, row.opened) for row in links.shown(issued)] == [(other, 0), (link, 2)]

    def test_a_failed_record_hands_out_nothing(self, issued: Report, astrid: User, monkeypatch: pytest.MonkeyPatch) -> None:
        _, token = links.make(issued, reader="x", by=astrid)
        monkeypatch.setattr(links.audit, "record", lambda *args, **kwargs: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            links.take(token)

    def ended(self, token: str, report: Report) -> bool:
        with pytest.raises(links.Ended):
            links.take(token)
        return links.known(token) is None and links.shown(report) == [] and events("link_opened") == []

    def test_one_that_never_was(self, issued: Report) -> None:
        assert self.ended("x" * 43, issued)

    def test_withdrawing_the_report_ends_it(self, issued: Report, astrid: User, rui: User) -> None:
        _, token = links.make(issued, reader="x", by=astrid)
        issuing.withdraw(issued, reason="Wrong.", by=rui)
        assert self.ended(token, issued)

    def test_so_does_what_takes_its_place(self, issued: Report, astrid: User) -> None:
        _, token = links.make(issued, reader="x", by=astrid)
        actions.restate(issued, by=astrid)
        building.run()
        assert self.ended(token, issued)

    def test_so_does_its_day(self, issued: Report, astrid: User) -> None:
        link, token = links.make(issued, reader="x", by=astrid)
        ago = timezone.now() - timedelta(days=2)
        ReportLink.objects.filter(pk=link.pk).update(made_at=ago, expires_at=ago + timedelta(days=1))
        assert self.ended(token, issued)

    @pytest.mark.parametrize("change", [{"is_active": False}, {"staff_role": "support"}])
    def test_so_does_its_makers_leaving(self, issued: Report, astrid: User, change: dict[str, object]) -> None:
        _, token = links.make(issued, reader="x", by=astrid)
        User.objects.filter(pk=astrid.pk).update(**change)
        assert self.ended(token, issued)

    def test_so_does_any_officers_word_who_may_download_and_twice_is_once(self, issued: Report, astrid: User, rui: User) -> None:
        link, token = links.make(issued, reader="x", by=astrid)
        with pytest.raises(NotPermitted):
            links.end(link, by=cast.staff("support", "Tove"))
        assert links.known(token)
        links.end(link, by=rui)
        links.end(link, by=rui)
        assert self.ended(token, issued) and len(events("link_ended")) == 1
