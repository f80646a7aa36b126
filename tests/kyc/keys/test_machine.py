"""Every verb over keys in any order: what must never be never is, and lifting one hold lifts no other."""

import time
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from accounts.models import User
from accounts.refused import Refused
from kyc.cases.models import Entity
from kyc.keys import actions as keys
from kyc.keys import closing, holds, lapsing, leaks, linking
from kyc.keys.introspection import introspect
from kyc.keys.models import Hold, Key
from kyc.parties.models import Role
from tests.cast import Founded
from tests.kyc.keys.scenes import Issued, issue
from tests.whole import IS_WHOLE

pytestmark = [pytest.mark.django_db, pytest.mark.soak, pytest.mark.sample]
# 5,000 steps in the long run.
EXAMPLES, STEPS = (100, 50) if IS_WHOLE else (4, 25)
HELD = """
    EXISTS (SELECT 1 FROM kyc_hold h WHERE h.lifted_at IS NULL AND (h.key_id = k.id OR h.on_organisation_id = k.organisation_id
        OR h.entity_id IN (SELECT l.entity_id FROM kyc_link l WHERE l.key_id = k.id AND l.valid_to IS NULL)))
"""
LINKED = """
    EXISTS (SELECT 1 FROM kyc_link l JOIN kyc_entity e ON e.id = l.entity_id
        WHERE l.key_id = k.id AND l.valid_to IS NULL AND e.ended_at IS NULL {and_now})
"""
NOW = "AND e.valid_from <= clock_timestamp() AND e.valid_until > clock_timestamp()"
UNEXPIRED = "(k.expires_at IS NULL OR k.expires_at > clock_timestamp())"
A_MOMENT = 0.02
which = st.integers(0, 5)


def asked(condition: str) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT k.id FROM kyc_key k WHERE {condition}")
        return {pk for (pk,) in cursor.fetchall()}


def live_holds() -> set[int]:
    return set(Hold.objects.live().values_list("pk", flat=True))


class Keys(RuleBasedStateMachine):
    nordlys: Founded
    rui: User
    first: Issued
    entity: Entity

    def __init__(self) -> None:
        super().__init__()
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.issued = [Issued(Key.objects.get(pk=self.first.key.pk), self.first.secret)]
        self.steps, self.is_closed = 0, False

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.outer.__exit__(None, None, None)

    def one(self, n: int) -> Issued:
        found = self.issued[n % len(self.issued)]
        found.key.refresh_from_db()
        return found

    def tried(self, verb: Any, may_lift: str = "") -> Any:
        """What is refused changes nothing; whatever happens, of the holds that stood only those `may_lift` names may end."""
        before = dict(Hold.objects.live().values_list("pk", "source"))
        self.steps += 1
        try:
            with transaction.atomic():
                return verb()
        except Refused:
            assert live_holds() == set(before)
            return None
        finally:
            gone = {before[pk] for pk in set(before) - live_holds()}
            assert gone <= {may_lift}, f"{gone} ended"

    @initialize()
    def begin(self) -> None:
        linking.run()

    @rule()
    def issues(self) -> None:
        if made := self.tried(lambda: issue(self.nordlys, f"key {len(self.issued)}")):
            self.issued.append(made)

    @rule()
    def links(self) -> None:
        self.tried(linking.run)

    @rule(n=which, overlap=st.sampled_from([0, 1, 24]))
    def rolls(self, n: int, overlap: int) -> None:
        old = self.one(n).key
        if made := self.tried(lambda: keys.roll(old, overlap=overlap, by=self.nordlys.by)):
            self.issued.append(Issued(*made))

    @rule(n=which, what=st.sampled_from(["key", "organisation", "entity"]))
    def holds(self, n: int, what: str) -> None:
        on = {"key": self.one(n).key, "organisation": self.nordlys.organisation, "entity": self.entity}[what]
        self.tried(lambda: holds.place(**{what: on}, reason=f"why {self.steps}", by=self.rui))

    @rule(n=st.integers(0, 20))
    def lifts(self, n: int) -> None:
        standing = list(Hold.objects.live().order_by("pk"))
        if standing:
            one = standing[n % len(standing)]
            self.tried(lambda: holds.lift(one, reason="answered", by=self.rui), may_lift=one.source)
            assert {hold.pk for hold in standing} - live_holds() == {one.pk}

    @rule(n=which)
    def is_found_in_public(self, n: int) -> None:
        told = self.tried(lambda: leaks.report([leaks.Found(self.one(n).secret)], signed_with="x"))
        assert told == [True]
        assert introspect(self.one(n).secret) == {"active": False}

    @rule()
    def somebody_leaves(self) -> None:
        Role.objects.filter(party=self.nordlys.controller).update(valid_to=timezone.localdate())

    @rule()
    def comes_back(self) -> None:
        Role.objects.filter(party=self.nordlys.controller).update(valid_to=None)

    @rule(n=which)
    def is_named(self, n: int) -> None:
        key, who = self.one(n).key, self.nordlys.controller
        self.tried(lambda: lapsing.name_responsible(key, responsible=who, by=self.nordlys.by), may_lift="policy.answer")

    @rule(n=which)
    def is_not_used(self, n: int) -> None:
        Key.objects.filter(pk=self.one(n).key.pk, expires_at__gt=timezone.now() + timedelta(hours=1)).exclude(
            state=Key.State.ACTIVE, pk__in=asked(f"NOT {LINKED.format(and_now=NOW)}")
        ).update(issued_at=timezone.now() - timedelta(days=200))

    @rule(n=which)
    def is_woken(self, n: int) -> None:
        self.tried(lambda: lapsing.wake(self.one(n).key, by=self.nordlys.by), may_lift="policy.idle")

    @rule(later=st.sampled_from([0, 30]))
    def policy_looks(self, later: int) -> None:
        with mock.patch.object(timezone, "localdate", return_value=timezone.now().date() + timedelta(days=later)):
            self.tried(lapsing.run)

    @rule(n=which)
    def expires(self, n: int) -> None:
        key = self.one(n).key
        if key.pk in asked(f"{UNEXPIRED} AND {LINKED.format(and_now=NOW)}"):
            Key.objects.filter(pk=key.pk).update(expires_at=timezone.now() + timedelta(seconds=A_MOMENT))
            time.sleep(2 * A_MOMENT)
            assert introspect(self.one(n).secret) == {"active": False}

    @precondition(lambda self: not self.is_closed)
    @rule(lasts=st.booleans())
    def verification_expires_or_is_put_right(self, lasts: bool) -> None:
        now = timezone.now()
        until = now + (timedelta(days=300) if lasts else timedelta(seconds=A_MOMENT))
        Entity.objects.filter(pk=self.entity.pk).update(valid_from=now - timedelta(days=300), valid_until=until)
        time.sleep(0 if lasts else 2 * A_MOMENT)

    @precondition(lambda self: len(self.issued) > 2)
    @rule(n=which)
    def is_revoked(self, n: int) -> None:
        self.tried(lambda: keys.revoke(self.one(n).key, by=self.nordlys.by))
        assert self.one(n).state == "revoked"

    @precondition(lambda self: self.steps > 30)
    @rule()
    def account_is_closed(self) -> None:
        self.tried(lambda: closing.end(self.nordlys.organisation, reason="", by=self.nordlys.by))
        self.is_closed = True

    @invariant()
    def no_key_is_active_without_a_live_link_and_entity_nor_under_a_hold(self) -> None:
        assert asked(f"k.state = 'active' AND (NOT {LINKED.format(and_now='')} OR {HELD})") == set()

    @invariant()
    def what_a_gateway_is_told_is_what_the_rows_say_now(self) -> None:
        good = asked(f"k.state = 'active' AND {LINKED.format(and_now=NOW)} AND {UNEXPIRED} AND NOT {HELD}")
        for issued in self.issued:
            assert introspect(issued.secret)["active"] is (issued.key.pk in good)

    @invariant()
    def what_nothing_stands_against_is_not_left_on_hold(self) -> None:
        assert asked(f"k.state = 'held' AND {LINKED.format(and_now=NOW)} AND {UNEXPIRED} AND NOT {HELD}") == set()

    @invariant()
    def nothing_of_a_closed_account_lives(self) -> None:
        if self.is_closed:
            assert asked("k.state <> 'revoked'") == set()


def test_whatever_is_done_in_whatever_order(nordlys: Founded, linked: Issued, entity: Entity, rui: User) -> None:
    machine = type("Machine", (Keys,), {"nordlys": nordlys, "rui": rui, "first": linked, "entity": entity})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
