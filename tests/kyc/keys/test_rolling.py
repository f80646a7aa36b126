"""A key is rolled: a new secret for the same purpose, and the old one dies on the second."""

import threading
import time
from datetime import UTC, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import AuditEvent, User
from accounts.permissions import NotPermitted
from kyc.keys import actions as keys
from kyc.keys import holds, limits, linking, pools
from kyc.keys.actions import NoSuchOverlap, NotResponsible, NotRolled
from kyc.keys.introspection import introspect
from kyc.keys.models import Hold, Key
from kyc.keys.terms import Terms
from kyc.parties.models import Role
from tests.cast import Founded
from tests.kyc.cases.scenes import audit_breaks
from tests.kyc.keys.scenes import Issued

pytestmark = pytest.mark.django_db
PRINT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


def roll(issued: Issued, nordlys: Founded, *, overlap: int = 24, once: str = "") -> Issued:
    return Issued(*keys.roll(issued.key, overlap=overlap, once=once, by=nordlys.by))


class TestRoll:
    def test_the_new_key_is_for_the_same_purpose(self, nordlys: Founded, entity: object) -> None:
        terms = Terms(
            scopes=["usage"], tiers=["frontier"], networks=["203.0.113.0/24"], confirmation={"jkt": PRINT},
            is_service=True, expires_at=timezone.now() + timedelta(days=30),
        )  # fmt: skip
        project = nordlys.organisation.project_set.get()
        told = {"project": project, "name": "prod", "responsible": nordlys.controller, "terms": terms}
        old = Issued(*keys.issue(nordlys.organisation, **told, by=nordlys.by))
        linking.run()
        new = roll(old, nordlys).key
        same = ("project_id", "name", "responsible_id", "scopes", "tiers", "allowed_networks", "confirmation", "is_service")
        assert [getattr(new, name) for name in same] == [getattr(old.key, name) for name in same]
        assert (new.replaces, new.state, new.issued_by) == (old.key, "unlinked", nordlys.by)
        assert new.prefix != old.key.prefix and new.digest != old.key.digest
        assert abs(new.expires_at - timezone.now() - timedelta(days=30)) < timedelta(seconds=5), "for as long as the old one"

    @pytest.mark.parametrize("overlap", [0, 1, 24, 168])
    def test_both_are_good_until_the_overlap_ends(self, nordlys: Founded, linked: Issued, overlap: int) -> None:
        before = timezone.now()
        new = roll(linked, nordlys, overlap=overlap)
        linking.run()
        assert introspect(new.secret)["active"] is True
        assert introspect(linked.secret)["active"] is bool(overlap)
        ends = Key.objects.get(pk=linked.key.pk).expires_at - timedelta(hours=overlap)
        assert before <= ends <= timezone.now()

    def test_the_old_one_dies_on_the_second_and_no_job_is_needed(self, nordlys: Founded, linked: Issued) -> None:
        roll(linked, nordlys)
        Key.objects.filter(pk=linked.key.pk).update(expires_at=timezone.now() + timedelta(seconds=1))
        assert introspect(linked.secret)["active"] is True
        time.sleep(1.05)
        assert introspect(linked.secret) == {"active": False}

    def test_what_ends_sooner_is_not_prolonged(self, nordlys: Founded, linked: Issued) -> None:
        soon = timezone.now() + timedelta(minutes=5)
        Key.objects.filter(pk=linked.key.pk).update(expires_at=soon)
        roll(linked, nordlys, overlap=168)
        assert Key.objects.get(pk=linked.key.pk).expires_at == soon

    def test_is_audited_or_does_not_happen(self, nordlys: Founded, linked: Issued) -> None:
        with audit_breaks():
            roll(linked, nordlys)
        assert Key.objects.count() == 1
        new = roll(linked, nordlys, overlap=1)
        event = AuditEvent.objects.get(verb="key.rolled")
        assert (event.target_id, event.actor) == (str(new.key.pk), "Alice Olsen")
        assert event.details["replaces"] == linked.key.prefix and event.details["overlap_hours"] == 1

    def test_one_form_makes_one_key(self, nordlys: Founded, linked: Issued) -> None:
        roll(linked, nordlys, once="a form")
        with pytest.raises(keys.IssuedAlready):
            roll(linked, nordlys, once="a form")
        assert Key.objects.count() == 2


class TestNotRolled:
    @pytest.mark.parametrize("role", ["", "analyst", "approver", "administrator"])
    def test_by_anybody_but_members(self, linked: Issued, role: str) -> None:
        stranger = User.objects.create_user("x@x.example", None, name="X", staff_role=role)
        with pytest.raises(NotPermitted):
            keys.roll(linked.key, overlap=24, by=stranger)

    def test_before_it_is_linked(self, nordlys: Founded, issued: Issued) -> None:
        with pytest.raises(NotRolled, match="does not work yet"):
            roll(issued, nordlys)

    def test_once_revoked(self, nordlys: Founded, linked: Issued) -> None:
        keys.revoke(linked.key, by=nordlys.by)
        with pytest.raises(NotRolled, match="is revoked"):
            roll(linked, nordlys)

    def test_while_held(self, nordlys: Founded, linked: Issued, rui: User) -> None:
        holds.place(organisation=nordlys.organisation, reason="why", by=rui)
        with pytest.raises(NotRolled, match="is on hold"):
            roll(linked, nordlys)

    def test_once_expired(self, nordlys: Founded, linked: Issued) -> None:
        Key.objects.update(state="held", expires_at=timezone.now())
        with pytest.raises(NotRolled, match="has expired"):
            roll(linked, nordlys)

    def test_twice_but_the_new_one_is(self, nordlys: Founded, linked: Issued) -> None:
        new = roll(linked, nordlys)
        linking.run()
        with pytest.raises(NotRolled, match="was rolled already"):
            roll(linked, nordlys)
        assert roll(new, nordlys).key.replaces == new.key

    @pytest.mark.parametrize("overlap", [-1, 2, 169])
    def test_for_a_time_that_policy_does_not_know(self, nordlys: Founded, linked: Issued, overlap: int) -> None:
        with pytest.raises(NoSuchOverlap):
            roll(linked, nordlys, overlap=overlap)

    def test_while_nobody_may_answer_for_it(self, nordlys: Founded, linked: Issued) -> None:
        Role.objects.filter(party=nordlys.controller).update(valid_to=timezone.localdate())
        with pytest.raises(NotResponsible, match="Name a new responsible person first"):
            roll(linked, nordlys)


class TestFoundInPublic:
    def test_it_is_rolled_though_held_and_the_new_one_is_free_of_that_hold(
        self, nordlys: Founded, linked: Issued, rui: User
    ) -> None:
        leak = Hold.objects.create(organisation=nordlys.organisation, key=linked.key, source="leak", reason="Found in public.")
        with pytest.raises(NoSuchOverlap):
            roll(linked, nordlys, overlap=24)
        new = roll(linked, nordlys, overlap=0)
        linking.run()
        assert introspect(new.secret)["active"] is True
        assert (linked.state, introspect(linked.secret), list(Hold.objects.live())) == ("held", {"active": False}, [leak])

    def test_but_not_while_something_else_holds_it_too(self, nordlys: Founded, linked: Issued, rui: User) -> None:
        Hold.objects.create(organisation=nordlys.organisation, key=linked.key, source="leak", reason="Found in public.")
        holds.place(key=linked.key, reason="why", by=rui)
        with pytest.raises(NotRolled, match="is on hold"):
            roll(linked, nordlys, overlap=0)


@pytest.mark.django_db(transaction=True)
def test_of_two_that_roll_at_once_one_does(nordlys: Founded, linked: Issued) -> None:
    outcomes: list[str] = []
    barrier = threading.Barrier(2)

    def work() -> None:
        barrier.wait()
        try:
            roll(linked, nordlys)
            outcomes.append("rolled")
        except NotRolled as refused:
            outcomes.append(str(refused))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["prod was rolled already. Roll the key that replaces it.", "rolled"]
    assert Key.objects.filter(replaces=linked.key).count() == 1


class TestLimits:
    """A roll drops no limit and begins none anew."""

    def limited(self, linked: Issued, *periods: str) -> None:
        for period in periods:
            limits.set_limit(
                linked.key.organisation, unit="requests", period=period, limit=100, key=linked.key, by=linked.key.issued_by
            )

    def used(self, key: Key, amount: int) -> None:
        today = timezone.now().astimezone(UTC).date()
        pools.charge([pools.Charge(key.organisation_id, key.pk, today, "requests", "", used=amount)])

    def test_the_new_key_has_them_with_what_was_spent(self, nordlys: Founded, linked: Issued) -> None:
        self.limited(linked, "day", "month", "total")
        self.used(linked.key, 60)
        new = roll(linked, nordlys)
        assert {(one.period, one.limit, one.spent) for one in pools.left_of(new.key.pk)} == {
            ("day", 100, 60), ("month", 100, 60), ("total", 100, 60),
        }  # fmt: skip
        newest = roll_again(new, nordlys)
        assert {one.spent for one in pools.left_of(newest.key.pk)} == {60}
        self.used(newest.key, 40)
        assert {one.left for one in pools.left_of(newest.key.pk)} == {0}

    def test_both_together_use_no_more_than_one_might(self, nordlys: Founded, linked: Issued) -> None:
        self.limited(linked, "month")
        self.used(linked.key, 10)
        new = roll(linked, nordlys)
        self.used(linked.key, 20)
        self.used(new.key, 30)
        assert [one.left for one in pools.left_of(new.key.pk)] == [40]
        assert min(one.left for one in pools.left_of(linked.key.pk)) == 40
        with pytest.raises(pools.LimitReached):
            pools.reserve(linked.key, {"requests": 41}, ttl=timedelta(minutes=1), number=uuid4())
        assert len(pools.standing(nordlys.organisation, linked.key)) == 2
        assert len(pools.standing(nordlys.organisation, new.key)) == 1


def roll_again(new: Issued, nordlys: Founded) -> Issued:
    linking.run()
    return roll(new, nordlys)
