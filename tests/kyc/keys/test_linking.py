"""Linking keys to the entity they answer to."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import AuditEvent, User
from kyc.cases.models import Entity
from kyc.keys import actions as keys
from kyc.keys import holds, linking
from kyc.keys.introspection import introspect
from kyc.keys.models import Key, Link
from tests.cast import Founded
from tests.kyc.cases import scenes
from tests.kyc.cases.scenes import audit_breaks
from tests.kyc.keys.scenes import Issued, issue

pytestmark = pytest.mark.django_db


def rested() -> None:
    Key.objects.update(claimed_until=Now() - timedelta(seconds=1))


def end(entity: Entity) -> None:
    Entity.objects.filter(pk=entity.pk).update(ended_at=timezone.now(), end_reason="test")


class TestRun:
    def test_links_once_and_says_because(self, issued: Issued, entity: Entity) -> None:
        linking.run()
        link = Link.objects.get()
        assert (link.key, link.entity, link.responsible_id) == (issued.key, entity, issued.key.responsible_id)
        assert link.because == (
            f"{entity.reference} was verified by the decision of {entity.decision.case.number} on {entity.valid_from:%Y-%m-%d}"
        )
        assert issued.state == "active"
        (event,) = AuditEvent.objects.filter(verb="key.linked")
        assert (event.reason, event.actor) == (link.because, "Keyholder")
        assert event.details == {"key": issued.key.prefix, "entity": entity.reference}

    def test_run_twice_it_is_the_same(self, linked: Issued) -> None:
        before = list(Link.objects.values()), list(AuditEvent.objects.values()), list(Key.objects.values())
        linking.run()
        assert (list(Link.objects.values()), list(AuditEvent.objects.values()), list(Key.objects.values())) == before

    @pytest.mark.parametrize("is_held", [False, True])
    def test_its_history_tells_a_hold_only_where_one_stands(self, issued: Issued, rui: User, is_held: bool) -> None:
        if is_held:
            holds.place(organisation=issued.key.organisation, reason="asked", by=rui)
        linking.run()
        events = Key.pgh_event_model.objects.filter(pgh_obj_id=issued.key.pk)  # type: ignore[attr-defined]  # pghistory adds it
        states = events.order_by("pgh_id").values_list("state", flat=True)
        assert list(states) == ["unlinked", "held" if is_held else "active"]

    def test_every_waiting_key_in_one_go(self, nordlys: Founded, issued: Issued, sorvik: Founded) -> None:
        others = [issue(nordlys, "second"), issue(sorvik)]
        linking.run()
        assert [one.state for one in (issued, *others)] == ["active"] * 3
        assert {link.key_id: link.entity.organisation_id for link in Link.objects.select_related("entity")} == {
            one.key.pk: one.key.organisation_id for one in (issued, *others)
        }

    def test_without_an_entity_it_rests_and_then_fails_with_the_reason(self, issued: Issued, entity: Entity) -> None:
        end(entity)
        for errors in (1, 2):
            linking.run()
            key = Key.objects.get()
            assert (key.state, key.errors, key.failure) == ("unlinked", errors, "NoEntity: The organisation has no live entity.")
            assert key.claimed_until > timezone.now()
            rested()
        linking.run()
        key = Key.objects.get()
        assert (key.state, key.failure) == ("failed", "NoEntity: The organisation has no live entity.")
        assert not Link.objects.exists()
        assert introspect(issued.secret) == {"active": False}
        keys.revoke(key, by=key.issued_by)
        assert issued.state == "revoked"

    @pytest.mark.parametrize("column", ["valid_from", "valid_until"])
    def test_an_entity_before_or_after_its_time_is_none(self, issued: Issued, entity: Entity, column: str) -> None:
        hour = timedelta(hours=1)
        moved = entity.valid_from + hour if column == "valid_from" else timezone.now() - hour
        Entity.objects.filter(pk=entity.pk).update(
            **{"valid_from": entity.valid_from - 2 * hour, "valid_until": entity.valid_until, column: moved}
        )
        linking.run()
        assert Key.objects.get().failure == "NoEntity: The organisation has no live entity."

    def test_one_bad_key_does_not_keep_the_others(
        self, nordlys: Founded, issued: Issued, entity: Entity, sorvik: Founded
    ) -> None:
        theirs = issue(sorvik)
        end(entity)
        linking.run()
        assert (issued.state, theirs.state) == ("unlinked", "active")

    def test_does_nothing_if_the_audit_row_cannot_be_written(self, issued: Issued) -> None:
        with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"), audit_breaks():
            linking.run()
        assert not Link.objects.exists()
        assert issued.state == "unlinked"
        rested()
        linking.run()
        assert issued.state == "active"

    def test_a_revoked_key_is_never_taken(self, nordlys: Founded, issued: Issued) -> None:
        keys.revoke(issued.key, by=nordlys.by)
        linking.run()
        assert not Link.objects.exists()


class TestRelink:
    """A customer examined anew keeps his keys: they answer to the new entity from the moment in which the old one ended."""

    @pytest.fixture
    def again(self, nordlys: Founded, linked: Issued, ana: User, rui: User) -> Entity:
        return scenes.approved(scenes.case_again(nordlys), ana=ana, rui=rui)

    def test_keys_of_a_superseded_entity_rest_until_they_are_linked_anew(self, linked: Issued, again: Entity) -> None:
        assert (linked.state, introspect(linked.secret)) == ("held", {"active": False})
        linking.run()
        assert linked.state == "active"
        assert introspect(linked.secret)["entity"] == again.reference
        old, new = Link.objects.order_by("pk")
        assert (old.valid_to, new.valid_to) == (old.entity.ended_at, None)
        assert new.valid_from >= old.valid_to
        (event,) = AuditEvent.objects.filter(verb="key.unlinked")
        assert (event.target_id, event.reason) == (str(old.pk), old.ended_because)
        assert old.ended_because == f"{old.entity.reference} ended: {old.entity.end_reason}"
        assert new.because.startswith(f"{again.reference} was verified by the decision of")

    def test_run_twice_it_is_the_same(self, linked: Issued, again: Entity) -> None:
        linking.run()
        before = list(Link.objects.values())
        linking.run()
        assert list(Link.objects.values()) == before

    def test_a_lost_wake_up_is_found_by_the_sweep(self, linked: Issued, again: Entity) -> None:
        assert linking.QUEUE.is_waiting()
        linking.run()
        assert not linking.QUEUE.is_waiting()

    def test_a_hold_stays_a_hold(self, linked: Issued, again: Entity, rui: User) -> None:
        hold = holds.place(key=linked.key, reason="why", by=rui)
        linking.run()
        assert (linked.state, Link.objects.count()) == ("held", 2)
        holds.lift(hold, reason="done", by=rui)
        assert introspect(linked.secret)["entity"] == again.reference

    def test_one_revoked_meanwhile_stays_so(self, nordlys: Founded, linked: Issued, again: Entity) -> None:
        keys.revoke(linked.key, by=nordlys.by)
        linking.run()
        assert (linked.state, Link.objects.count()) == ("revoked", 1)

    def test_without_a_successor_it_stays_on_hold(self, linked: Issued, entity: Entity) -> None:
        end(entity)
        linking.run()
        assert (linked.state, Link.objects.count()) == ("held", 1)
        assert not linking.QUEUE.is_waiting()

    def test_does_nothing_if_the_audit_row_cannot_be_written(self, linked: Issued, again: Entity) -> None:
        before = list(Link.objects.values())
        with audit_breaks():
            linking.run()
        assert (list(Link.objects.values()), linked.state) == (before, "held")

    def test_released_twice_it_is_silence(self, linked: Issued, again: Entity) -> None:
        link = linking.superseded().get()
        for _ in range(2):
            linking.release(link)
        assert linked.state == "unlinked"
        assert AuditEvent.objects.filter(verb="key.unlinked").count() == 1


class TestBecause:
    def test_names_entity_case_and_day(self, entity: Entity) -> None:
        number, day = entity.decision.case.number, f"{entity.valid_from:%Y-%m-%d}"
        assert linking.because(entity) == f"{entity.reference} was verified by the decision of {number} on {day}"
