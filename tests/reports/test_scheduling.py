"""Reports by the calendar: asked for once on their day, by who set them up, who is reminded before and after whom they end."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import Error, transaction
from django.utils import timezone

from accounts import organisations, snapshots
from accounts.models import AuditEvent, Message, Organisation, User
from accounts.permissions import NotPermitted
from reports import actions, scheduling
from reports.models import Report, ReportSchedule
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


def in_days(count: int) -> date:
    return scheduling.today() + timedelta(days=count)


def planned(organisation: Organisation | None, by: User, **more: Any) -> ReportSchedule:
    values = {"kind": "R-03", "rhythm": "quarter", "first_on": scheduling.today()} | more
    return scheduling.set_up(organisation=organisation, by=by, **values)


def again(schedule: ReportSchedule) -> ReportSchedule:
    return ReportSchedule.objects.get(pk=schedule.pk)


@pytest.fixture
def organisation(organisation: Organisation) -> Organisation:
    """A customer for longer than the day that a schedule is kept on."""
    return cast.opened(organisation, days=400)


class TestAsk:
    def test_on_its_day_it_asks_as_who_set_it_up_and_moves_on(self, organisation: Organisation, astrid: User) -> None:
        made = planned(organisation, astrid)
        assert scheduling.QUEUE.is_waiting()
        scheduling.run()
        report = Report.objects.get()
        assert (report.kind, report.organisation, report.requested_by) == ("R-03", organisation, astrid)
        assert report.valid_at == datetime.combine(made.first_on, time.min, UTC) < report.known_at
        assert again(made).next_on > in_days(85)
        assert not scheduling.QUEUE.is_waiting()

    def test_it_asks_in_the_profile_and_on_the_paper_that_were_chosen(self, organisation: Organisation, astrid: User) -> None:
        planned(organisation, astrid, profile="full", paper="Letter")
        scheduling.run()
        report = Report.objects.get()
        assert (report.parameters, report.envelope["paper"]) == ({"profile": "full"}, "Letter")
        assert report.proposal is not None

    def test_twice_is_once(self, organisation: Organisation, astrid: User) -> None:
        planned(organisation, astrid)
        for _ in range(2):
            scheduling.run()
        assert Report.objects.count() == 1
        assert AuditEvent.objects.filter(verb="report.schedule_kept").count() == 1

    def test_of_every_customer_it_asks_one_each_and_of_nobody_who_never_sent(
        self, organisation: Organisation, astrid: User
    ) -> None:
        bob = cast.customer("bob@sudlys.example", "Bob")
        other = cast.opened(cast.having_sent(organisations.create(name="Sudlys AS", by=bob), by=bob), days=400)
        organisations.create(name="Outside Analytics GmbH", by=cast.customer("carla@outside.example", "Carla"))
        planned(None, astrid)
        scheduling.run()
        assert [report.organisation for report in Report.objects.order_by("pk")] == [organisation, other]

    def test_one_that_came_on_that_very_day_waits_for_the_next(self, organisation: Organisation, astrid: User) -> None:
        Organisation.objects.filter(pk=organisation.pk).update(created_at=timezone.now())
        made = planned(organisation, astrid)
        scheduling.run()
        assert not Report.objects.exists() and again(made).next_on > in_days(85)

    def test_of_a_period_it_tells_the_one_that_has_ended(self, organisation: Organisation, astrid: User) -> None:
        planned(organisation, astrid, kind="R-06", rhythm="month")
        scheduling.run()
        report = Report.objects.get()
        since = datetime.fromisoformat(report.parameters["from"])
        assert timedelta(days=27) < report.valid_at - since < timedelta(days=32)
        assert report.proposal and report.proposal.proposed_by == astrid

    def test_a_day_that_was_missed_is_made_up_for_once(self, organisation: Organisation, astrid: User) -> None:
        made = planned(organisation, astrid, rhythm="month")
        long_ago = in_days(-100)
        ReportSchedule.objects.filter(pk=made.pk).update(first_on=long_ago, next_on=long_ago)
        scheduling.run()
        assert Report.objects.count() == 1 and again(made).next_on > scheduling.today()

    def test_of_a_day_it_asks_once_however_many_schedules_meet_on_it(self, organisation: Organisation, astrid: User) -> None:
        for rhythm, of in (("month", organisation), ("quarter", organisation), ("year", None)):
            planned(of, astrid, rhythm=rhythm)
        scheduling.run()
        assert Report.objects.count() == 1
        assert ReportSchedule.objects.filter(next_on__gt=scheduling.today()).count() == 3

    def test_but_anew_where_what_was_asked_for_came_to_nothing(self, organisation: Organisation, astrid: User) -> None:
        planned(organisation, astrid, rhythm="month")
        scheduling.run()
        Report.objects.update(state="failed")
        planned(organisation, astrid)
        scheduling.run()
        assert sorted(Report.objects.values_list("state", flat=True)) == ["failed", "requested"]

    def test_of_many_it_asks_so_many_at_a_time(
        self, organisation: Organisation, astrid: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(scheduling, "A_BATCH", 1)
        bob = cast.customer("bob@sudlys.example", "Bob")
        cast.opened(cast.having_sent(organisations.create(name="Sudlys AS", by=bob), by=bob), days=400)
        made, now = planned(None, astrid), snapshots.take()
        assert scheduling.ask(made.pk, now) == organisation.pk
        assert Report.objects.count() == 1 and again(made).next_on == made.next_on
        scheduling.run()
        assert Report.objects.count() == 2 and again(made).next_on > made.next_on


class TestFailed:
    def breaks(self, monkeypatch: pytest.MonkeyPatch, *, of: Organisation) -> None:
        recorded = actions.recorded

        def broken(organisation: Organisation, **told: Any) -> Report:
            if organisation == of:
                raise ZeroDivisionError("poison")
            return recorded(organisation, **told)

        monkeypatch.setattr(actions, "recorded", broken)

    def test_it_keeps_no_other_from_being_kept_rests_and_ends(
        self, organisation: Organisation, astrid: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bob = cast.customer("bob@sudlys.example", "Bob")
        other = cast.opened(cast.having_sent(organisations.create(name="Sudlys AS", by=bob), by=bob), days=400)
        made = planned(organisation, astrid)
        planned(other, astrid)
        self.breaks(monkeypatch, of=organisation)
        scheduling.run()
        assert Report.objects.get().organisation == other
        assert (again(made).errors, again(made).failure) == (1, "ZeroDivisionError: poison")
        assert not scheduling.QUEUE.is_waiting(), "it rests"
        page = cast.signed_in(astrid).get("/reports/schedules/").content.decode()
        assert "Tried again by itself after" in page and "poison" in page
        for _ in range(scheduling.MAX_ERRORS):
            ReportSchedule.objects.filter(pk=made.pk).update(rests_until=timezone.now())
            scheduling.run()
        assert (again(made).end, again(made).errors) == ("failed", scheduling.MAX_ERRORS)
        page = cast.signed_in(astrid).get("/reports/schedules/").content.decode()
        assert "Ended, since it could not be kept (ZeroDivisionError: poison)" in page

    def test_kept_again_it_forgets_its_errors(
        self, organisation: Organisation, astrid: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = planned(organisation, astrid)
        with monkeypatch.context() as patched:
            self.breaks(patched, of=organisation)
            scheduling.run()
        ReportSchedule.objects.update(rests_until=timezone.now())
        scheduling.run()
        assert (again(made).errors, again(made).failure, again(made).rests_until) == (0, "", None)
        assert Report.objects.count() == 1


class TestClosed:
    def test_of_an_account_that_is_closed_nothing_is_asked_and_its_schedule_ends(
        self, organisation: Organisation, alice: User, astrid: User
    ) -> None:
        made, of_all = planned(organisation, astrid), planned(None, astrid, kind="R-04")
        Organisation.objects.filter(pk=organisation.pk).update(closed_at=timezone.now(), closed_by=alice)
        scheduling.run()
        assert not Report.objects.exists()
        assert (again(made).end, again(of_all).end) == ("closed", "") and again(of_all).next_on > scheduling.today()


class TestRemind:
    def test_a_week_before_who_set_it_up_is_reminded_once(self, organisation: Organisation, astrid: User) -> None:
        made = planned(organisation, astrid, first_on=in_days(6))
        for _ in range(2):
            scheduling.run()
        (message,) = Message.objects.all()
        assert message.to == astrid.email and made.next_on.isoformat() in message.subject
        assert "/reports/schedules/" in message.text and "Nordlys" not in message.text
        assert not Report.objects.exists()

    def test_not_earlier(self, organisation: Organisation, astrid: User) -> None:
        planned(organisation, astrid, first_on=in_days(9))
        assert not scheduling.QUEUE.is_waiting()
        scheduling.run()
        assert not Message.objects.exists()


class TestLeft:
    @pytest.mark.parametrize("change", [{"staff_role": ""}, {"is_active": False}, {"staff_role": "support"}])
    def test_when_who_set_it_up_may_ask_no_more_it_ends_and_says_so(
        self, organisation: Organisation, astrid: User, change: dict[str, Any]
    ) -> None:
        made = planned(organisation, astrid)
        User.objects.filter(pk=astrid.pk).update(**change)
        scheduling.run()
        found = again(made)
        assert (found.end, found.ended_by) == ("left", None) and found.ended_at
        assert not Report.objects.exists() and not scheduling.QUEUE.is_waiting()
        page = cast.signed_in(cast.staff("approver", "Rui Duarte")).get("/reports/schedules/").content.decode()
        assert "Ended, since who set it up may no longer ask for reports" in page and "Astrid Lund" in page


class TestSetUp:
    def test_who_may_not_ask_may_not_schedule(self, organisation: Organisation, alice: User) -> None:
        for nobody in (alice, cast.staff("administrator")):
            with pytest.raises(NotPermitted):
                planned(organisation, nobody)

    def test_the_same_stands_once_until_it_ends(self, organisation: Organisation, astrid: User) -> None:
        made = planned(organisation, astrid)
        with pytest.raises(scheduling.AlreadyScheduled):
            planned(organisation, astrid)
        scheduling.stop(made, by=astrid)
        assert planned(organisation, astrid).pk != made.pk
        with pytest.raises(scheduling.Ended):
            scheduling.stop(made, by=astrid)

    def test_it_begins_today_or_later(self, organisation: Organisation, astrid: User) -> None:
        with pytest.raises(scheduling.NotDue):
            planned(organisation, astrid, first_on=in_days(-1))

    def test_the_database_knows_how_it_ended(self, organisation: Organisation, astrid: User) -> None:
        made = planned(organisation, astrid)
        with pytest.raises(Error, match="report_schedule_ended_at_and_by"), transaction.atomic():
            ReportSchedule.objects.filter(pk=made.pk).update(end="stopped")


class TestPage:
    def test_it_is_set_up_and_stopped_there(self, organisation: Organisation, astrid: User) -> None:
        client = cast.signed_in(astrid)
        asked = {"kind": "R-04", "organisation": organisation.pk, "rhythm": "year", "first_on": in_days(3).isoformat()}
        page = client.post("/reports/schedules/", asked, follow=True).content.decode()
        assert "Each year" in page and "Astrid Lund" in page
        made = ReportSchedule.objects.get()
        assert client.post("/reports/schedules/", asked).status_code == 422
        client.post(f"/reports/schedules/{made.pk}/stop/")
        assert again(made).end == "stopped"
        assert "Stopped" in client.get("/reports/schedules/").content.decode()

    def test_of_every_customer_it_says_of_how_many_and_when_before_it_is_set_up(
        self, organisation: Organisation, astrid: User
    ) -> None:
        client, first = cast.signed_in(astrid), date(scheduling.today().year + 1, 1, 31)
        asked = {"kind": "R-03", "organisation": "", "rhythm": "month", "first_on": first.isoformat()}
        page = client.post("/reports/schedules/", asked).content.decode()
        assert "one report of 1 customer each time" in page
        assert f"31 January {first.year}, 2" in page and f"31 March {first.year}." in page
        assert not ReportSchedule.objects.exists()
        client.post("/reports/schedules/", asked | {"sure": "1"})
        assert ReportSchedule.objects.get().organisation is None

    def test_anothers_is_stopped_only_once_it_was_said_whose_it_is(self, organisation: Organisation, astrid: User) -> None:
        made, client = planned(organisation, astrid), cast.signed_in(cast.staff("approver", "Rui Duarte"))
        page = client.post(f"/reports/schedules/{made.pk}/stop/").content.decode()
        assert "<bdi>Astrid Lund</bdi> set it up, and is not asked." in page and again(made).end == ""
        client.post(f"/reports/schedules/{made.pk}/stop/", {"sure": "1"})
        assert again(made).end == "stopped"
