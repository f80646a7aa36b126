"""Whoever answers for a key leaves, or nobody uses it: its customer is told, the key held, and let go once he has acted."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEvent, Message, User
from accounts.permissions import NotPermitted
from kyc.keys import actions as keys
from kyc.keys import holds, lapsing, linking
from kyc.keys.actions import NotResponsible
from kyc.keys.introspection import introspect
from kyc.keys.models import Hold, Key, KeyRequirement, KeyUse, Link
from kyc.parties import statuses
from kyc.parties.models import Party, Role
from kyc.rules import packs
from tests.cast import Founded
from tests.kyc.cases.scenes import audit_breaks, sorvik
from tests.kyc.keys.scenes import Issued, issue

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda days: monkeypatch.setattr(timezone, "localdate", lambda *at: TODAY + timedelta(days=days))


@pytest.fixture
def bo(nordlys: Founded, entity: Any) -> Party:
    """Another person who was examined with Nordlys."""
    found = Party.objects.create(organisation=nordlys.organisation, kind="person", name="Bo Lund", country="NO")
    Role.objects.create(organisation=nordlys.organisation, party=found, kind="director", valid_from=TODAY)
    statuses.record(found, "none", by=nordlys.by)
    Party.objects.filter(pk=found.pk).update(declared_at=entity.valid_from - timedelta(days=1))
    return found


def run() -> None:
    """Twice, as a second wake-up would."""
    for _ in range(2):
        lapsing.run()
    assert not lapsing.QUEUE.is_waiting()


def leaves(nordlys: Founded) -> None:
    Role.objects.filter(party=nordlys.controller).update(valid_to=TODAY)


def mails() -> list[tuple[str, str]]:
    return list(Message.objects.filter(text__contains="The key: ").order_by("pk").values_list("to", "subject"))


def unused(days: int) -> None:
    """As if it had been issued, and not used, so many days ago."""
    Key.objects.update(issued_at=timezone.now() - timedelta(days=days, hours=1))


class TestResponsibleLeaves:
    def test_the_owner_is_told_once_with_a_day(self, nordlys: Founded, linked: Issued) -> None:
        run()
        assert not KeyRequirement.objects.exists()
        leaves(nordlys)
        assert lapsing.QUEUE.is_waiting()
        run()
        row = KeyRequirement.objects.get()
        days = packs.current().key_days("answer")
        assert (row.what, row.why, row.state, row.due_on) == ("answer", "no_role", "open", TODAY + timedelta(days=days))
        assert mails() == [("alice@nordlys.example", "Who answers for a key now?")]
        assert f"by {row.due_on:%-d %B %Y}" in Message.objects.latest("pk").text
        assert AuditEvent.objects.filter(verb="key.answer_asked").count() == 1
        assert (linked.state, Hold.objects.count()) == ("active", 0)

    def test_from_the_day_after_it_is_held_by_a_hold_of_its_own(self, nordlys: Founded, linked: Issued, on: Any) -> None:
        leaves(nordlys)
        run()
        days = packs.current().key_days("answer")
        on(days)
        run()
        assert linked.state == "active"
        on(days + 1)
        run()
        hold = Hold.objects.get()
        assert (hold.key, hold.source, hold.placed_by) == (linked.key, "policy.answer", None)
        assert (linked.state, introspect(linked.secret)) == ("held", {"active": False})
        assert [subject for _, subject in mails()][1:] == ["A key is on hold until somebody answers for it"]

    def test_naming_another_lifts_that_hold_and_no_other(
        self, nordlys: Founded, linked: Issued, bo: Party, rui: User, on: Any
    ) -> None:
        other = holds.place(key=linked.key, reason="A question.", by=rui)
        leaves(nordlys)
        run()
        on(99)
        run()
        lapsing.name_responsible(linked.key, responsible=bo, by=nordlys.by)
        assert list(Hold.objects.live()) == [other] and linked.state == "held"
        lifted = Hold.objects.get(source="policy.answer")
        assert (lifted.lifted_by, lifted.lift_reason) == (nordlys.by, "Bo Lund answers for it")
        holds.lift(other, reason="Answered.", by=rui)
        assert introspect(linked.secret)["responsible"] == f"party:{bo.pk}"
        run()
        assert KeyRequirement.objects.get().state == "ended"

    def test_the_link_is_ended_and_a_new_one_written_with_its_reason(self, nordlys: Founded, linked: Issued, bo: Party) -> None:
        former = Link.objects.get()
        events = Key.pgh_event_model.objects.filter(pgh_obj_id=linked.key.pk)
        before = set(events.values_list("pgh_id", flat=True))
        lapsing.name_responsible(linked.key, responsible=bo, by=nordlys.by)
        former.refresh_from_db()
        now = Link.objects.get(valid_to=None)
        assert (former.valid_to, former.ended_because) == (now.valid_from, "Bo Lund answers for it from now on")
        assert (now.responsible, now.entity) == (bo, former.entity)
        assert now.because == "Bo Lund was named by Alice Olsen to answer for it instead of Alice Olsen"
        assert set(events.exclude(pgh_id__in=before).values_list("state", flat=True)) == {"active"}, "it was never held"
        event = AuditEvent.objects.get(verb="key.answered")
        assert (event.details["responsible"], event.details["former"]) == ("Bo Lund", "Alice Olsen")

    def test_whoever_comes_back_in_time_is_asked_no_more(self, nordlys: Founded, linked: Issued, on: Any) -> None:
        leaves(nordlys)
        run()
        Role.objects.filter(party=nordlys.controller).update(valid_to=None)
        on(99)
        run()
        assert (linked.state, KeyRequirement.objects.get().state) == ("active", "ended")

    def test_the_same_person_who_may_again_is_named_again(self, nordlys: Founded, linked: Issued, on: Any) -> None:
        leaves(nordlys)
        run()
        on(99)
        run()
        Role.objects.filter(party=nordlys.controller).update(valid_to=None)
        run()
        assert linked.state == "held"
        lapsing.name_responsible(linked.key, responsible=nordlys.controller, by=nordlys.by)
        assert linked.state == "active" and not Hold.objects.live().exists()

    def test_what_an_officer_lifts_does_not_come_back_of_itself(
        self, nordlys: Founded, linked: Issued, rui: User, on: Any
    ) -> None:
        leaves(nordlys)
        run()
        on(99)
        run()
        holds.lift(Hold.objects.get(), reason="They name one tomorrow.", by=rui)
        run()
        assert (linked.state, Hold.objects.count()) == ("active", 1)

    def test_once_more_is_another_episode(self, nordlys: Founded, linked: Issued, bo: Party) -> None:
        leaves(nordlys)
        run()
        lapsing.name_responsible(linked.key, responsible=bo, by=nordlys.by)
        Role.objects.filter(party=bo).update(valid_to=TODAY)
        run()
        assert list(KeyRequirement.objects.order_by("pk").values_list("state", flat=True)) == ["ended", "open"]

    @pytest.mark.parametrize("which", ["stranger", "unexamined", "officer"])
    def test_only_a_member_names_and_only_who_may_answer(
        self, nordlys: Founded, linked: Issued, bo: Party, rui: User, which: str
    ) -> None:
        other = sorvik()
        by, refused = {"stranger": (other.by, NotPermitted), "officer": (rui, NotPermitted)}.get(
            which, (nordlys.by, NotResponsible)
        )
        who = other.controller if which == "unexamined" else bo
        with pytest.raises(refused):
            lapsing.name_responsible(linked.key, responsible=who, by=by)
        assert Link.objects.get().responsible == nordlys.controller

    def test_of_a_revoked_key_nothing_is_asked(self, nordlys: Founded, linked: Issued, bo: Party) -> None:
        leaves(nordlys)
        run()
        keys.revoke(linked.key, by=nordlys.by)
        run()
        assert KeyRequirement.objects.get().state == "ended"
        with pytest.raises(lapsing.Over):
            lapsing.name_responsible(linked.key, responsible=bo, by=nordlys.by)

    def test_nothing_happens_if_it_cannot_be_recorded(self, nordlys: Founded, linked: Issued, bo: Party) -> None:
        with audit_breaks():
            lapsing.name_responsible(linked.key, responsible=bo, by=nordlys.by)
        assert Link.objects.get().responsible == nordlys.controller


class TestIdle:
    def test_after_the_days_of_policy_it_is_told_and_then_held(self, linked: Issued, on: Any) -> None:
        days = packs.current().key_days("idle")
        unused(days - 1)
        run()
        assert not KeyRequirement.objects.exists()
        unused(days)
        run()
        row = KeyRequirement.objects.get()
        told = packs.current().key_days("idle_told")
        assert (row.what, row.state, row.due_on) == ("use", "open", TODAY + timedelta(days=told))
        assert [subject for _, subject in mails()] == ["Nobody uses one of your keys"]
        on(told + 1)
        run()
        assert (linked.state, Hold.objects.get().source) == ("held", "policy.idle")
        assert [subject for _, subject in mails()][1:] == ["A key that nobody uses is on hold"]

    def test_one_that_was_used_is_not_idle(self, linked: Issued) -> None:
        unused(99)
        KeyUse.objects.create(
            key=linked.key, organisation=linked.key.organisation, last_used_at=timezone.now() - timedelta(days=89)
        )
        run()
        assert not KeyRequirement.objects.exists()
        KeyUse.objects.update(last_used_at=timezone.now() - timedelta(days=91))
        run()
        assert KeyRequirement.objects.get().state == "open"

    def test_used_in_time_it_is_not_held(self, linked: Issued, on: Any) -> None:
        unused(99)
        run()
        KeyUse.objects.create(key=linked.key, organisation=linked.key.organisation, last_used_at=timezone.now())
        on(99)
        run()
        assert (linked.state, KeyRequirement.objects.get().state) == ("active", "ended")

    def test_waking_lifts_that_hold_alone_and_counts_as_use(self, nordlys: Founded, linked: Issued, rui: User, on: Any) -> None:
        unused(99)
        run()
        on(99)
        run()
        other = holds.place(organisation=nordlys.organisation, reason="A question.", by=rui)
        lapsing.wake(linked.key, by=nordlys.by)
        lapsing.wake(linked.key, by=nordlys.by)
        assert list(Hold.objects.live()) == [other]
        holds.lift(other, reason="Answered.", by=rui)
        run()
        assert linked.state == "active" and KeyRequirement.objects.count() == 1
        assert AuditEvent.objects.filter(verb="key.woken").count() == 1

    def test_before_it_is_held_it_can_be_woken_too(self, nordlys: Founded, linked: Issued) -> None:
        unused(99)
        run()
        lapsing.wake(linked.key, by=nordlys.by)
        run()
        assert KeyRequirement.objects.get().state == "ended"

    def test_an_officers_lift_is_as_good_as_a_click(self, linked: Issued, rui: User, on: Any) -> None:
        unused(99)
        run()
        on(99)
        run()
        holds.lift(Hold.objects.get(), reason="It is for emergencies.", by=rui)
        run()
        assert (linked.state, KeyRequirement.objects.get().state) == ("active", "ended")

    def test_a_stranger_wakes_nothing(self, linked: Issued) -> None:
        with pytest.raises(NotPermitted):
            lapsing.wake(linked.key, by=sorvik().by)

    def test_one_key_waits_for_nothing_that_another_asks(self, nordlys: Founded, linked: Issued) -> None:
        unused(99)
        fresh = issue(nordlys, "fresh")
        linking.run()
        run()
        assert [row.key for row in KeyRequirement.objects.all()] == [linked.key]
        assert fresh.state == "active"
