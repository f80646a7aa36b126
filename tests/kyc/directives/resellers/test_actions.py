"""The register, its clock of thirty days, resolving by two, and what the database refuses whatever code runs."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEvent, Message, User
from accounts.permissions import NotPermitted
from accounts.proposals import SamePerson
from accounts.refused import ReasonMissing
from kyc.directives.resellers import actions, ending
from kyc.directives.resellers.actions import BadReseller, NotNow, Terms
from kyc.directives.resellers.models import Reseller, ResellerAssessment
from kyc.keys import holds
from kyc.keys.models import Hold
from tests import cast
from tests.cast import Founded

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


def later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    there = timezone.localdate() + timedelta(days=days)
    monkeypatch.setattr(timezone, "localdate", lambda *_: there)


class TestRegister:
    def test_a_programme_of_its_own_has_a_version_and_a_day(self, nordlys: Founded, ana: User) -> None:
        with pytest.raises(BadReseller):
            actions.enter(nordlys.organisation, Terms(place="foreign", programme="own"), by=ana)

    def test_entered_again_it_is_changed_and_stays_one(self, reseller: Reseller, ana: User) -> None:
        terms = Terms(place="domestic", programme="own", programme_version="3", programme_received_on=TODAY())
        actions.enter(reseller.organisation, terms, by=ana)
        assert [(row.place, row.programme_version) for row in Reseller.objects.all()] == [("domestic", "3")]

    def test_who_sells_on_again_is_entered_again(self, reseller: Reseller, ana: User) -> None:
        actions.end(reseller, ended_on=TODAY(), because="It wrote so.", by=ana)
        terms = Terms(place="domestic", programme="ours")
        with pytest.raises(NotNow):
            actions.change(reseller, terms, by=ana)
        again = actions.enter(reseller.organisation, terms, by=ana)
        assert (again.pk, again.place, again.ended_on, again.ended_because) == (reseller.pk, "domestic", None, "")
        assert AuditEvent.objects.filter(verb="reseller.reentered", actor_id=ana.pk).count() == 1

    def test_an_agreement_ends_after_it_begins(self, nordlys: Founded, ana: User) -> None:
        terms = Terms(place="foreign", programme="ours", agreed_from=TODAY(), agreed_to=TODAY())
        with pytest.raises(BadReseller):
            actions.enter(nordlys.organisation, terms, by=ana)

    @pytest.mark.parametrize("told", [{"XX": (1, 1)}, {"DE": (1, 2)}, {}])
    def test_a_declaration_that_can_not_be_is_refused(self, reseller: Reseller, nordlys: Founded, told: Any) -> None:
        with pytest.raises(BadReseller):
            actions.declare(reseller, told, by=nordlys.by)

    def test_a_member_tells_whom_it_serves_and_no_stranger(self, reseller: Reseller, nordlys: Founded, ana: User) -> None:
        actions.declare(reseller, {"DE": (120, 118), "AT": (3, 1)}, by=nordlys.by)
        reseller.refresh_from_db()
        assert (reseller.customers, reseller.verified, reseller.downstream_on) == (123, 119, TODAY())
        with pytest.raises(NotPermitted):
            actions.declare(reseller, {"DE": (1, 1)}, by=ana)


class TestClock:
    def test_it_runs_thirty_days_from_when_that_was_known(self, failed: ResellerAssessment) -> None:
        assert failed.known_on == TODAY() - timedelta(days=3) and failed.due_on == failed.known_on + timedelta(days=30)
        assert list(ResellerAssessment.objects.running()) == [failed]

    @pytest.mark.parametrize("ago", [24, 30, 400])
    def test_nobody_is_held_by_one_word_about_long_ago(self, reseller: Reseller, ana: User, ago: int) -> None:
        said = {"assessed_on": TODAY() - timedelta(days=ago), "findings": "No identities.", "complies": False, "by": ana}
        with pytest.raises(BadReseller) as refused:
            actions.assess(reseller, **said)
        assert refused.value.field == "known_on" and not ResellerAssessment.objects.exists()
        first = actions.assess(reseller, **said, known_on=TODAY() - timedelta(days=23))
        assert first.due_on == TODAY() + timedelta(days=7)
        ending.run()
        assert not Hold.objects.live().exists()

    def test_on_its_last_day_nothing_is_held(self, failed: ResellerAssessment, monkeypatch: pytest.MonkeyPatch) -> None:
        later(monkeypatch, 27)
        ending.run()
        assert not Hold.objects.live().filter(source=ending.SOURCE).exists()
        assert Message.objects.filter(subject__contains="A reseller loses access").exists()
        before = Message.objects.count()
        ending.run()
        assert Message.objects.count() == before, "officers are reminded once"

    def test_after_it_the_customer_is_held_once(self, failed: ResellerAssessment, monkeypatch: pytest.MonkeyPatch) -> None:
        later(monkeypatch, 28)
        assert ending.QUEUE.is_waiting()
        ending.run()
        ending.run()
        failed.refresh_from_db()
        [hold] = Hold.objects.live().filter(source="policy.reseller", on_organisation=failed.organisation)
        assert failed.state == "held" and failed.hold == hold and hold.placed_by is None
        assert not ending.QUEUE.is_waiting()

    def test_its_owners_are_written_to_from_when_it_is_known_until_it_is_held(
        self, failed: ResellerAssessment, nordlys: Founded, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for days in (27, 1):
            later(monkeypatch, days)
            ending.run()
            ending.run()
        sent = Message.objects.filter(to=nordlys.by.email, text__contains="/resale/").order_by("pk")
        assert failed.due_on and [f"{failed.due_on:%-d %B %Y}" in one.text for one in sent] == [True, True, False]
        assert "on hold until it is" in sent[2].text and sent[2].html and sent[2].organisation == failed.organisation

    def test_the_customer_is_locked_before_its_rows(
        self, failed: ResellerAssessment, ana: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        later(monkeypatch, 28)
        verbs = (
            lambda: ending.hold(failed.pk),
            lambda: actions.propose_resolved(failed, resolution="A sample was checked.", by=ana),
            lambda: actions.end(failed.reseller, ended_on=TODAY(), because="It wrote so.", by=ana),
        )
        for verb in verbs:
            with CaptureQueriesContext(connection) as asked:
                verb()
            locks = [one["sql"] for one in asked.captured_queries if "FOR UPDATE" in one["sql"]]
            assert 'FROM "accounts_organisation"' in locks[0] and len(locks) > 1

    def test_one_that_can_not_be_held_stops_no_other(
        self, failed: ResellerAssessment, ana: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        other = actions.assess(failed.reseller, assessed_on=TODAY(), findings="Nor ages.", complies=False, by=ana)
        later(monkeypatch, 60)
        placed, place = [], holds.place_by_policy

        def once(*args: Any, **said: Any) -> Hold:
            placed.append(said)
            if len(placed) == 1:
                raise RuntimeError
            return place(*args, **said)

        monkeypatch.setattr(holds, "place_by_policy", once)
        ending.run()
        assert list(ResellerAssessment.objects.filter(state="held")) == [other]
        assert f"assessment {failed.pk} could not" in caplog.text


class TestResolving:
    def test_what_was_entered_by_mistake_is_corrected_by_two(self, failed: ResellerAssessment, ana: User, rui: User) -> None:
        actions.propose_resolved(failed, resolution="It was of another customer.", reason="mistake", by=ana)
        mended = actions.take_resolved(failed, by=rui)
        assert (mended.state, mended.proposal and mended.proposal.reason) == ("resolved", "mistake")

    def test_by_two_it_ends_the_clock(self, failed: ResellerAssessment, ana: User, rui: User) -> None:
        actions.propose_resolved(failed, resolution="A sample of ten was checked.", by=rui)
        with pytest.raises(SamePerson):
            actions.take_resolved(failed, by=rui)
        with pytest.raises(NotPermitted):
            actions.take_resolved(failed, by=ana)
        actions.take_resolved(failed, by=cast.staff("approver", "Sónia Teles"))
        assert not ResellerAssessment.objects.standing().exists()

    def test_by_two_it_ends_the_hold_and_no_other(
        self, failed: ResellerAssessment, ana: User, rui: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        later(monkeypatch, 28)
        ending.run()
        other = Hold.objects.create(
            organisation=failed.organisation, on_organisation=failed.organisation, source="policy.use", reason="Another."
        )
        actions.propose_resolved(failed, resolution="A sample of ten was checked.", by=ana)
        actions.take_resolved(failed, by=rui)
        assert list(Hold.objects.live().filter(on_organisation=failed.organisation)) == [other]

    def test_sent_back_the_clock_runs_on(self, failed: ResellerAssessment, ana: User, rui: User) -> None:
        actions.propose_resolved(failed, resolution="It says so.", by=ana)
        with pytest.raises(NotNow):
            actions.propose_resolved(failed, resolution="Again.", by=ana)
        with pytest.raises(ReasonMissing):
            actions.decline_resolved(failed, reason=" ", by=rui)
        actions.decline_resolved(failed, reason="Nothing shows it.", by=rui)
        failed.refresh_from_db()
        assert (failed.state, failed.proposal, failed.resolution) == ("open", None, "")


class TestDatabase:
    @pytest.mark.parametrize(
        "change",
        [
            {"known_on": date(2026, 1, 1)},
            {"due_on": date(2100, 1, 1)},
            {"findings": "Nothing."},
            {"state": "resolved"},
            {"state": "complies", "known_on": None, "due_on": None},
        ],
    )
    def test_what_was_found_and_since_when_does_not_change(self, failed: ResellerAssessment, change: dict[str, Any]) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            ResellerAssessment.objects.filter(pk=failed.pk).update(**change)

    def test_neither_is_deleted(self, failed: ResellerAssessment) -> None:
        for rows in (ResellerAssessment.objects.all(), Reseller.objects.all()):
            with pytest.raises(IntegrityError), transaction.atomic():
                rows._raw_delete(rows.db)
