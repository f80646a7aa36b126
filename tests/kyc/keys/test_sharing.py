"""Limits that several customers' keys draw on together: exact, in force with the next question, and told to nobody."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts import audit, scope
from accounts.models import AuditEvent, User
from accounts.permissions import NotPermitted
from kyc.keys import introspection, limits, linking, pools, sharing
from kyc.keys.models import Key
from kyc.keys.pool_models import LimitPool, PoolMember, PoolWindow, Reserved
from kyc.keys.pools import Charge, LimitReached
from tests import cast
from tests.cast import Founded
from tests.kyc.keys.scenes import Issued, issue
from tests.stage import scene

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@scene
def ines() -> User:
    return cast.staff("investigator", "Ines Caldeira")


@scene
def other(linked: Issued, sorvik: Founded) -> Issued:
    """A linked key of another customer."""
    made = issue(sorvik)
    linking.run()
    made.key.refresh_from_db()
    return made


@pytest.fixture
def opened(ines: User) -> Iterator[None]:
    """The compartment is open."""
    with scope.of_officer(ines):
        yield


def set_up(ines: User, limit: int = 10, *members: Issued, **more: Any) -> LimitPool:
    pool = sharing.set_up(**{"unit": "requests", "period": "day", "limit": limit} | more, by=ines)
    for one in members:
        sharing.join(pool, one.key.organisation, by=ines)
    return pool


def reserve(key: Key, amount: int = 1) -> UUID:
    return UUID(str(pools.reserve(key, {"requests": amount}, ttl=MINUTE, number=uuid4()).pk))


def used(key: Key, amount: int) -> None:
    with transaction.atomic():
        pools.charge([Charge(key.organisation_id, key.pk, timezone.now().date(), "requests", "", used=amount)])


def stands(pool: LimitPool) -> tuple[int, int]:
    window = PoolWindow.objects.get(pool=pool)
    return window.spent, window.reserved


def reason(one: Issued) -> str:
    return introspection.judged(one.secret, for_test=False).reason


@pytest.mark.usefixtures("opened")
class TestDrawing:
    def test_what_one_has_reserved_is_not_there_for_another(self, linked: Issued, other: Issued, ines: User) -> None:
        pool = set_up(ines, 10, linked, other)
        reserve(linked.key, 6)
        with pytest.raises(LimitReached):
            reserve(other.key, 5)
        reserve(other.key, 4)
        assert stands(pool) == (0, 10)

    def test_what_is_settled_and_what_usage_tells_counts_once(self, linked: Issued, other: Issued, ines: User) -> None:
        pool = set_up(ines, 10, linked, other)
        pools.settle(reserve(linked.key, 3), {"requests": 2})
        used(linked.key, 2), used(other.key, 5)
        assert stands(pool) == (7, 0)

    def test_the_next_question_about_any_key_is_refused(self, linked: Issued, other: Issued, ines: User) -> None:
        set_up(ines, 10, linked, other)
        assert (reason(linked), reason(other)) == ("", "")
        used(other.key, 10)
        assert (reason(linked), reason(other)) == ("limit_reached", "limit_reached")

    def test_a_key_of_nobody_in_it_goes_on(self, linked: Issued, other: Issued, ines: User) -> None:
        set_up(ines, 10, other)
        used(other.key, 10)
        assert reason(linked) == ""

    def test_what_is_only_reserved_refuses_no_key(self, linked: Issued, other: Issued, ines: User) -> None:
        set_up(ines, 10, linked, other)
        reserve(other.key, 10)
        assert reason(linked) == ""

    def test_another_unit_is_not_drawn_on(self, linked: Issued, ines: User) -> None:
        pool = set_up(ines, 10, linked, unit="tokens")
        reserve(linked.key, 40)
        assert not PoolWindow.objects.filter(pool=pool).exists()

    def test_nobody_is_told_its_numbers(self, linked: Issued, other: Issued, ines: User) -> None:
        set_up(ines, 10, linked, other)
        reserve(other.key, 4)
        answer = introspection.introspect(linked.secret)
        assert "limits" not in answer and "shared" not in json.dumps(answer)
        assert pools.left_of(linked.key.pk) == [] and pools.standing(linked.key.organisation) == []


@pytest.mark.usefixtures("opened")
class TestAnotherCurrency:
    """A limit that several share refuses nobody for his currency, which would tell of it."""

    MONEY = {"unit": "money", "currency": "USD"}

    def money(self, key: Key, currency: str, amount: int = 5) -> Any:
        return pools.reserve(key, {"money": amount}, currency=currency, ttl=MINUTE, number=uuid4())

    def test_is_reserved_as_without_it(self, linked: Issued, other: Issued, ines: User) -> None:
        pool = set_up(ines, 10, linked, other, **self.MONEY)
        self.money(linked.key, "EUR", 99)
        assert not Reserved.objects.exists() and not PoolWindow.objects.exists()
        self.money(linked.key, "USD")
        assert stands(pool) == (0, 5)

    def test_and_with_an_own_limit_in_it(self, linked: Issued, ines: User) -> None:
        pool = set_up(ines, 10, linked, **self.MONEY)
        of_own = {"unit": "money", "period": "day", "limit": 20, "currency": "EUR"}
        limits.set_limit(linked.key.organisation, **of_own, reason="Agreed.", by=ines)
        self.money(linked.key, "EUR")
        assert Reserved.objects.exclude(window__pool=pool).count() == 1
        with pytest.raises(pools.AnotherCurrency, match="EUR"):
            self.money(linked.key, "USD")

    def test_whoever_is_limited_or_spends_in_it_joins_none(self, linked: Issued, other: Issued, ines: User) -> None:
        pool = set_up(ines, 10, **self.MONEY)
        of_own = {"unit": "money", "period": "day", "limit": 20, "currency": "EUR"}
        limits.set_limit(linked.key.organisation, **of_own, reason="Agreed.", by=ines)
        with transaction.atomic():
            pools.charge([Charge(other.key.organisation_id, other.key.pk, timezone.now().date(), "money", "EUR", used=3)])
        for one in (linked, other):
            with pytest.raises(limits.BadLimit, match=one.key.organisation.name):
                sharing.join(pool, one.key.organisation, by=ines)
        with pytest.raises(IntegrityError, match="another currency"), transaction.atomic():
            PoolMember.objects.create(pool=pool, organisation=linked.key.organisation, added_at=timezone.now(), added_by=ines)


@pytest.mark.usefixtures("opened")
class TestJoin:
    def test_what_was_used_before_counts(self, linked: Issued, other: Issued, ines: User) -> None:
        pool = set_up(ines, 10, linked)
        used(linked.key, 1), used(other.key, 9)
        sharing.join(pool, other.key.organisation, by=ines)
        assert stands(pool) == (10, 0) and reason(linked) == "limit_reached"

    def test_a_window_that_begins_later_begins_with_what_all_have_used(self, linked: Issued, other: Issued, ines: User) -> None:
        used(linked.key, 3), used(other.key, 4)
        pool = set_up(ines, 10, linked, other)
        assert not PoolWindow.objects.filter(pool=pool).exists()
        used(other.key, 1)
        assert stands(pool) == (3 + 4 + 1, 0)

    def test_said_twice_it_is_said_once(self, linked: Issued, ines: User) -> None:
        pool = set_up(ines, 10, linked, linked)
        assert PoolMember.objects.count() == 1
        assert AuditEvent.objects.filter(verb="limit.joined").count() == 1
        assert PoolMember.objects.get().pool == pool

    def test_takes_the_permission(self, linked: Issued, ana: User, ines: User) -> None:
        pool = set_up(ines)
        with pytest.raises(NotPermitted):
            sharing.join(pool, linked.key.organisation, by=ana)
        with pytest.raises(NotPermitted):
            set_up(ana)
        assert PoolMember.objects.count() == 0

    def test_nothing_happens_if_the_audit_fails(self, linked: Issued, ines: User, monkeypatch: pytest.MonkeyPatch) -> None:
        pool = set_up(ines)

        def fail(*_args: Any, **_more: Any) -> None:
            raise RuntimeError

        monkeypatch.setattr(audit, "record", fail)
        with pytest.raises(RuntimeError):
            sharing.join(pool, linked.key.organisation, by=ines)
        assert PoolMember.objects.count() == 0

    def test_a_limit_of_nothing_is_none(self, ines: User) -> None:
        with pytest.raises(limits.BadLimit, match="Place holds instead"):
            set_up(ines, 0)


@pytest.mark.usefixtures("opened")
class TestLeave:
    def test_counts_and_holds_no_more_of_it(self, linked: Issued, other: Issued, ines: User) -> None:
        pool = set_up(ines, 10, linked, other)
        used(linked.key, 1), used(other.key, 9), reserve_late(other.key, pool)
        member = PoolMember.objects.get(organisation=other.key.organisation)
        sharing.leave(member, reason="Another's", by=ines)
        sharing.leave(member, reason="Another's", by=ines)
        assert stands(pool) == (1, 0) and (reason(linked), reason(other)) == ("", "")
        assert AuditEvent.objects.filter(verb="limit.left").count() == 1

    def test_what_it_had_reserved_can_still_be_settled(self, linked: Issued, other: Issued, ines: User) -> None:
        pool = set_up(ines, 10, linked, other)
        number = reserve(other.key, 4)
        sharing.leave(PoolMember.objects.get(organisation=other.key.organisation), reason="Another's", by=ines)
        pools.settle(number, {"requests": 4})
        assert stands(pool) == (0, 0) and not Reserved.objects.exists()


def reserve_late(key: Key, pool: LimitPool) -> None:
    LimitPool.objects.filter(pk=pool.pk).update(limit=20)
    reserve(key, 4)


@pytest.mark.usefixtures("opened")
class TestTheDatabase:
    def test_refuses_members_of_one_organisations_pool(self, linked: Issued, rui: User, ines: User) -> None:
        own = limits.set_limit(
            linked.key.organisation, unit="requests", period="day", limit=10, reason="Agreed with them", by=rui
        )
        with pytest.raises(IntegrityError, match="has no members"), transaction.atomic():
            sharing.join(own, linked.key.organisation, by=ines)

    def test_refuses_that_one_who_has_left_comes_back_by_a_change(self, linked: Issued, ines: User) -> None:
        set_up(ines, 10, linked)
        member = PoolMember.objects.get()
        sharing.leave(member, reason="Another's", by=ines)
        with pytest.raises(IntegrityError, match="ended it stays ended"), transaction.atomic():
            PoolMember.objects.update(ended_at=None, ended_by=None)
        with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
            PoolMember.objects.all().delete()

    def test_shows_no_member_to_who_does_not_investigate(self, linked: Issued, ines: User) -> None:
        set_up(ines, 10, linked)
        with scope.everything():
            assert PoolMember.objects.count() == 0
        with scope.of(linked.key.organisation_id):
            assert (PoolMember.objects.count(), LimitPool.objects.count()) == (0, 0)
        with scope.of_officer(ines):
            assert PoolMember.objects.count() == 1

    def test_tells_a_customers_transaction_nothing_of_whose_keys_share_it(
        self, linked: Issued, other: Issued, ines: User
    ) -> None:
        pool = set_up(ines, 10, linked, other)
        with scope.of(linked.key.organisation_id), connection.cursor() as cursor:
            cursor.execute("SELECT key FROM kh_shared_pools(%s)", [[linked.key.pk, other.key.pk]])
            assert cursor.fetchall() == [(linked.key.pk,)]
        with scope.opened(scope.NOTHING), connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*), kh_shared_spent(%s, '1970-01-01') FROM kh_shared_pools(%s)", [pool.pk, [other.key.pk]]
            )
            assert cursor.fetchall() == [(0, 0)]

    def test_and_it_is_drawn_on_all_the_same(self, linked: Issued, other: Issued, ines: User) -> None:
        pool = set_up(ines, 10, linked, other)
        with scope.everything():
            pools.settle(reserve(linked.key, 3), {"requests": 2})
            used(other.key, 5)
            reserve(other.key, 3)
            with pytest.raises(LimitReached):
                reserve(linked.key)
        assert stands(pool) == (7, 3)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    WORKERS, EACH, LIMIT = 6, 40, 100

    def hammered(self, work: Any) -> list[Any]:
        def turn(number: int) -> list[Any]:
            try:
                return [work(number) for _again in range(self.EACH)]
            finally:
                connection.close()

        with ThreadPoolExecutor(self.WORKERS) as threads:
            return [each for done in threads.map(turn, range(self.WORKERS)) for each in done]

    def test_reservations_of_several_are_exact_to_the_last_one(self, linked: Issued, other: Issued, ines: User) -> None:
        with scope.of_officer(ines):
            pool = set_up(ines, self.LIMIT, linked, other)
        own = limits.set_limit(
            linked.key.organisation, unit="requests", period="day", limit=10**6, key=linked.key, by=linked.key.issued_by
        )

        def work(number: int) -> bool:
            try:
                reserve([linked, other][number % 2].key)
            except LimitReached:
                return False
            return True

        assert sum(self.hammered(work)) == self.LIMIT and stands(pool) == (0, self.LIMIT)
        assert stands(own)[1] == Reserved.objects.filter(window__pool=own).count()

    def test_one_who_joins_and_leaves_meanwhile_is_counted_rightly(self, linked: Issued, other: Issued, ines: User) -> None:
        with scope.of_officer(ines):
            pool = set_up(ines, 10**6, linked)

        def work(number: int) -> None:
            if number == 0:
                with scope.of_officer(ines):
                    member = sharing.join(pool, other.key.organisation, by=ines)
                with scope.of_officer(ines):
                    sharing.leave(member, reason="Another's", by=ines)
            elif number % 2:
                used(other.key, 1)
            else:
                pools.settle(reserve(linked.key, 2), {"requests": 1})

        self.hammered(work)
        assert stands(pool) == (self.EACH * 2, 0)
        with scope.of_officer(ines):
            sharing.join(pool, other.key.organisation, by=ines)
        assert stands(pool) == (self.EACH * 5, 0)
