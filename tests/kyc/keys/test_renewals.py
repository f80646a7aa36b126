"""What was signed about the use expires: the customer is told, held, and let go once he has signed."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import audit, work
from accounts.models import AuditEvent, Message, Organisation, User
from kyc.cases.models import Entity
from kyc.keys import holds, renewals
from kyc.keys.introspection import introspect
from kyc.keys.models import Hold, Renewal
from kyc.parties import questionnaires
from kyc.parties.models import Questionnaire
from kyc.rules import packs
from tests.cast import ANSWERS, Founded, signed_in, staff
from tests.kyc.keys.scenes import Issued

pytestmark = pytest.mark.django_db


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes today the day so many days after the last on which what was signed is good; the day itself is 0."""
    last = timezone.localdate() + timedelta(days=packs.current().questionnaire_days)
    return lambda days: monkeypatch.setattr(timezone, "localdate", lambda *at: last + timedelta(days=days))


def run() -> None:
    """Twice, as a second wake-up would."""
    for _ in range(2):
        renewals.run()
    assert not renewals.QUEUE.is_waiting()


def sign(nordlys: Founded) -> Questionnaire:
    return questionnaires.sign(nordlys.organisation, answers=ANSWERS, signed_name="Alice Olsen", by=nordlys.by)


def mails() -> list[tuple[str, str]]:
    return list(Message.objects.filter(subject__contains="anew").order_by("pk").values_list("to", "subject"))


class TestAsk:
    def test_the_owner_is_told_once_so_many_days_before(self, linked: Issued, on: Any) -> None:
        days = packs.current().days("renewal")
        on(-days - 1)
        assert not renewals.QUEUE.is_waiting()
        on(-days)
        assert renewals.QUEUE.is_waiting()
        run()
        assert mails() == [("alice@nordlys.example", "Sign anew how you use your keys")]
        signed = Questionnaire.objects.get()
        assert f"is good until {signed.expires_on:%-d %B %Y}" in Message.objects.latest("pk").text
        assert [event.actor for event in AuditEvent.objects.filter(verb=renewals.TOLD)] == ["Keyholder"]
        assert (linked.state, Hold.objects.count()) == ("active", 0)

    def test_who_is_not_verified_is_not_told(self, linked: Issued, on: Any) -> None:
        Entity.objects.update(ended_at=timezone.now())
        on(0)
        assert not renewals.QUEUE.is_waiting()

    def test_neither_is_a_sandbox(self, linked: Issued, on: Any) -> None:
        Organisation.objects.update(sandbox="approved")
        on(1)
        assert not renewals.QUEUE.is_waiting()


class TestHold:
    def test_from_the_day_after_the_organisation_is_held_and_told(self, linked: Issued, on: Any) -> None:
        on(0)
        run()
        assert linked.state == "active"
        on(1)
        assert renewals.QUEUE.is_waiting()
        run()
        hold = Hold.objects.get()
        last = Questionnaire.objects.get().expires_on
        assert (hold.on_organisation, hold.source, hold.placed_by) == (linked.key.organisation, "policy.use", None)
        assert hold.reason == f"The intended use was signed until {last} and has not been signed anew"
        assert (linked.state, introspect(linked.secret)) == ("held", {"active": False})
        assert mails()[-1] == ("alice@nordlys.example", "Your keys are on hold until you sign anew")
        assert len(mails()) == 2

    def test_it_is_lifted_once_signed_anew_by_who_signed_and_only_it(
        self, nordlys: Founded, linked: Issued, rui: User, on: Any
    ) -> None:
        other = holds.place(organisation=nordlys.organisation, reason="A question.", by=rui)
        on(1)
        run()
        sign(nordlys)
        assert renewals.QUEUE.is_waiting()
        run()
        hold = Hold.objects.get(source="policy.use")
        assert (hold.lifted_by, hold.lift_reason) == (nordlys.by, "The intended use was signed anew by Alice Olsen")
        assert list(Hold.objects.live()) == [other]
        assert linked.state == "held"
        holds.lift(other, reason="Answered.", by=rui)
        assert (linked.state, introspect(linked.secret)["active"]) == ("active", True)

    def test_what_an_officer_lifts_does_not_come_back_of_itself(self, linked: Issued, rui: User, on: Any) -> None:
        on(1)
        run()
        holds.lift(Hold.objects.get(), reason="They sign tomorrow.", by=rui)
        run()
        assert (linked.state, Hold.objects.count()) == ("active", 1)

    def test_signed_in_time_nothing_is_held(self, nordlys: Founded, linked: Issued, on: Any) -> None:
        on(-1)
        sign(nordlys)
        on(1)
        run()
        assert (linked.state, Hold.objects.count()) == ("active", 0)

    def test_nothing_happens_if_it_cannot_be_recorded(self, linked: Issued, on: Any) -> None:
        on(1)
        token = audit.request_id.set("x" * 41)
        renewals.run()
        audit.request_id.reset(token)
        assert (linked.state, Hold.objects.count(), mails()) == ("active", 0, [])
        assert Renewal.objects.get().failure.startswith("DataError: value too long")

    def test_one_that_cannot_be_held_ends_failed_and_stops_nobody_else(
        self, linked: Issued, sorvik: Founded, on: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        on(1)
        place = renewals.holds.place_by_policy

        def broken(organisation: Organisation, **about: str) -> Hold:
            if organisation == linked.key.organisation:
                raise ValueError("Something is wrong with it.")
            return place(organisation, **about)

        monkeypatch.setattr(renewals.holds, "place_by_policy", broken)
        for _ in range(renewals.TRIES):
            renewals.run()
            Renewal.objects.filter(state="waiting").update(claimed_until=None)
        assert [hold.on_organisation for hold in Hold.objects.all()] == [sorvik.organisation]
        ended = Renewal.objects.get(organisation=linked.key.organisation)
        assert (ended.state, ended.errors, ended.failure) == ("failed", 10, "ValueError: Something is wrong with it.")
        assert not renewals.QUEUE.is_waiting()
        assert [row["row"] for row in work.failures("keys.renewals")] == [ended]
        monkeypatch.undo()
        on(1)
        work.retry("keys.renewals", ended.pk, by=staff("administrator"))
        renewals.run()
        assert Hold.objects.filter(on_organisation=linked.key.organisation).exists()


class TestShown:
    def test_the_customer_reads_why_and_what_to_do(self, nordlys: Founded, linked: Issued, on: Any) -> None:
        client = signed_in(nordlys.by)
        on(-3)
        assert "from the day after your keys are on hold" in client.get("/verification/").content.decode()
        on(1)
        run()
        assert "so your keys are on hold" in client.get("/verification/").content.decode()
        page = client.get("/verification/keys/").content.decode()
        assert "because what you signed about their use has expired" in page
        assert 'href="/verification/use/?anew"' in page
        sign(nordlys)
        run()
        assert "on hold" not in client.get("/verification/keys/").content.decode()
