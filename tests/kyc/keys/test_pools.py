"""Limit pools: drawn on together or not at all, exact however many draw at once, and nothing counted twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from kyc.keys import introspection, limits, pools
from kyc.keys.models import Key
from kyc.keys.pool_models import LimitPool, PoolWindow, Reservation, Reserved, Spending
from kyc.keys.pools import Charge, LimitReached
from tests.kyc.keys.scenes import Issued, issue

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
Limit = Callable[..., LimitPool]


@pytest.fixture
def limit(linked: Issued) -> Limit:
    def made(amount: int, unit: str = "requests", period: str = "day", **of: Any) -> LimitPool:
        key = linked.key
        pool = LimitPool.objects.create(
            organisation=key.organisation,
            unit=unit,
            period=period,
            limit=amount,
            set_at=timezone.now(),
            set_by=key.issued_by,
            **of,
        )
        pools.open_windows([pool.pk], [timezone.now().date()])
        return pool

    return made


def reserve(key: Key, amount: int = 1, *, unit: str = "requests", ttl: timedelta = MINUTE, **more: Any) -> Reservation:
    return pools.reserve(key, {unit: amount}, ttl=ttl, **{"number": uuid4(), **more})


def used(key: Key, amount: int, *, day: date | None = None, unit: str = "requests") -> None:
    with transaction.atomic():
        pools.charge([Charge(key.organisation_id, key.pk, day or timezone.now().date(), unit, "", used=amount)])


def stands(pool: LimitPool) -> tuple[int, int]:
    window = PoolWindow.objects.filter(pool=pool).latest("starts")
    return window.spent, window.reserved


class TestReserve:
    def test_draws_on_all_the_pools_that_the_key_stands_in(self, linked: Issued, limit: Limit) -> None:
        key = linked.key
        all_of = [
            limit(10),
            limit(10, period="month"),
            limit(10, period="total"),
            limit(10, project=key.project),
            limit(10, key=key),
        ]
        reserve(key, 4)
        assert [stands(pool) for pool in all_of] == [(0, 4)] * 5

    def test_or_on_none(self, linked: Issued, limit: Limit) -> None:
        wide, narrow = limit(10), limit(3, key=linked.key)
        with pytest.raises(LimitReached) as raised:
            reserve(linked.key, 4)
        assert raised.value.pool == narrow
        assert [stands(wide), stands(narrow), Reservation.objects.count()] == [(0, 0), (0, 0), 0]

    def test_on_no_other_units_and_no_other_keys_pool(self, linked: Issued, limit: Limit, sorvik: Any) -> None:
        tokens, other = limit(10, "tokens"), issue(sorvik)
        mine = limit(1, key=linked.key)
        reserve(other.key, 5)
        assert [stands(tokens), stands(mine)] == [(0, 0), (0, 0)]
        pools.reserve(linked.key, {"requests": 1, "tokens": 7}, ttl=MINUTE, number=uuid4())
        assert [stands(tokens), stands(mine)] == [(0, 7), (0, 1)]

    def test_the_same_number_is_silence_and_another_thing_under_it_is_refused(self, linked: Issued, limit: Limit) -> None:
        pool, number = limit(10), uuid4()
        assert reserve(linked.key, 4, number=number) == reserve(linked.key, 4, number=number)
        with pytest.raises(pools.AnotherReservation):
            reserve(linked.key, 5, number=number)
        assert stands(pool) == (0, 4)

    @pytest.mark.parametrize("amounts", [{}, {"requests": 0}, {"requests": -1}, {"words": 1}, {"money": 1}, {"requests": 10**13}])
    def test_of_nothing_else(self, linked: Issued, amounts: dict[str, int]) -> None:
        with pytest.raises(pools.BadAmount):
            pools.reserve(linked.key, amounts, ttl=MINUTE, number=uuid4())

    def test_money_in_another_currency_than_the_limits_is_not_drawn_past_them(self, linked: Issued, limit: Limit) -> None:
        euros = limit(5_000_000, "money", currency="EUR")
        with pytest.raises(pools.AnotherCurrency, match="limited in EUR"):
            pools.reserve(linked.key, {"money": 9_000_000}, ttl=MINUTE, currency="USD", number=uuid4())
        with pytest.raises(LimitReached):
            pools.reserve(linked.key, {"money": 9_000_000}, ttl=MINUTE, currency="EUR", number=uuid4())
        assert stands(euros) == (0, 0) and not Reservation.objects.exists()

    def test_without_a_limit_of_money_any_currency_is_reserved(self, linked: Issued, limit: Limit) -> None:
        limit(5)
        assert pools.reserve(linked.key, {"money": 1}, ttl=MINUTE, currency="USD", number=uuid4()).currency == "USD"

    def test_by_sql_no_second_currency_is_limited_either(self, linked: Issued, limit: Limit) -> None:
        limit(5_000_000, "money", currency="EUR")
        with pytest.raises(IntegrityError, match="limited in one currency"), transaction.atomic():
            limit(5_000_000, "money", currency="USD", key=linked.key)

    def test_what_is_over_is_free_again(self, linked: Issued, limit: Limit) -> None:
        pool, now = limit(10), timezone.now()
        reserve(linked.key, 10, now=now)
        with pytest.raises(LimitReached):
            reserve(linked.key, 1, now=now + timedelta(seconds=59))
        later = now + timedelta(seconds=60)
        assert [one.left for one in pools.left_of(linked.key.pk, now=later)] == [10]
        reserve(linked.key, 7, now=later)
        assert stands(pool) == (0, 7)


class TestSettle:
    @pytest.mark.parametrize(("actual", "spent"), [(0, 0), (2, 2), (4, 4), (9, 9)])
    def test_what_was_used_takes_the_place_of_what_was_reserved(
        self, linked: Issued, limit: Limit, actual: int, spent: int
    ) -> None:
        pool = limit(5)
        made = reserve(linked.key, 4)
        pools.settle(made.pk, {"requests": actual})
        pools.settle(made.pk, {"requests": actual})
        assert stands(pool) == (spent, 0)

    def test_also_when_it_is_over(self, linked: Issued, limit: Limit) -> None:
        pool, now = limit(10), timezone.now()
        first = reserve(linked.key, 6, now=now)
        reserve(linked.key, 6, now=now + timedelta(minutes=2))
        pools.settle(first.pk, {"requests": 6}, now=now + timedelta(minutes=3))
        assert stands(pool) == (6, 6)

    def test_what_nobody_reserved_is_refused(self, linked: Issued) -> None:
        with pytest.raises(pools.NoSuchReservation):
            pools.settle(uuid4(), {"requests": 1})
        with pytest.raises(pools.BadAmount):
            pools.settle(reserve(linked.key).pk, {"tokens": 1})


class TestUsage:
    def test_a_call_that_was_settled_and_told_counts_once(self, linked: Issued, limit: Limit) -> None:
        pool = limit(10)
        pools.settle(reserve(linked.key, 4).pk, {"requests": 4})
        used(linked.key, 3)
        assert stands(pool) == (4, 0)
        used(linked.key, 3)
        assert stands(pool) == (6, 0)
        pools.settle(reserve(linked.key, 2).pk, {"requests": 2})
        assert stands(pool) == (6, 0)

    def test_of_each_key_by_itself(self, linked: Issued, limit: Limit, nordlys: Any) -> None:
        pool, other = limit(100), issue(nordlys, "other").key
        pools.settle(reserve(linked.key, 10).pk, {"requests": 10})
        used(other, 50)
        used(linked.key, 10)
        assert stands(pool) == (60, 0)

    def test_may_go_beyond_the_limit_since_it_has_been_used(self, linked: Issued, limit: Limit) -> None:
        pool = limit(10)
        used(linked.key, 15)
        assert stands(pool) == (15, 0)
        assert [one.left for one in pools.left_of(linked.key.pk)] == [0]
        with pytest.raises(LimitReached):
            reserve(linked.key)

    def test_of_another_day_is_drawn_from_its_own_window(self, linked: Issued, limit: Limit) -> None:
        today = timezone.now().date()
        by_day, in_total = limit(10), limit(10, period="total")
        used(linked.key, 3, day=today - timedelta(days=40))
        assert (stands(by_day), stands(in_total)) == ((0, 0), (3, 0))

    def test_that_was_before_the_limit_counts_in_it(self, linked: Issued, limit: Limit) -> None:
        used(linked.key, 3)
        pools.settle(reserve(linked.key, 5).pk, {"requests": 5})
        assert stands(limit(10)) == (5, 0)

    @given(st.lists(st.tuples(st.sampled_from(["settle", "use", "hold"]), st.integers(0, 5), st.integers(0, 1)), max_size=12))
    @settings(suppress_health_check=list(HealthCheck), deadline=None)
    def test_whatever_the_order_the_windows_are_the_sums(self, linked: Issued, nordlys: Any, steps: list[Any]) -> None:
        with transaction.atomic():
            keys = [linked.key, issue(nordlys, "other").key]
            pool = LimitPool.objects.create(
                organisation=linked.key.organisation, unit="requests", period="month", limit=10**6, set_at=timezone.now(),
                set_by=linked.key.issued_by,
            )  # fmt: skip
            held = 0
            for what, amount, which in steps:
                if what == "use":
                    used(keys[which], amount)
                    continue
                made = reserve(keys[which], amount + 1)
                if what == "settle":
                    pools.settle(made.pk, {"requests": amount})
                else:
                    held += amount + 1
            rows = Spending.objects.filter(unit="requests")
            pools.open_windows([pool.pk], [timezone.now().date()])
            assert stands(pool) == (sum(max(row.settled, row.used) for row in rows), held)
            transaction.set_rollback(True)


class TestLeftOf:
    def test_in_one_query_of_every_pool(self, linked: Issued, limit: Limit, reads: Any) -> None:
        limit(10), limit(100, "tokens", "month", project=linked.key.project), limit(7, key=linked.key, period="total")
        pools.reserve(linked.key, {"requests": 4, "tokens": 30}, ttl=MINUTE, number=uuid4())
        used(linked.key, 1)
        with reads(1):
            found = pools.left_of(linked.key.pk, now=timezone.now())
        assert [(one.of, one.unit, one.period, one.left) for one in found] == [
            ("organisation", "requests", "day", 5), ("project", "tokens", "month", 70), ("key", "requests", "total", 2),
        ]  # fmt: skip

    def test_introspection_tells_it_in_its_one_call(self, linked: Issued, limit: Limit) -> None:
        limit(10, key=linked.key)
        limit(50, unit="tokens", period="month")
        used(linked.key, 3)
        reserve(linked.key, 2)
        over = reserve(linked.key, 4)
        Reserved.objects.filter(reservation=over).update(expires_at=timezone.now())
        found = introspection.judged(linked.secret, for_test=False)
        assert [(one["of"], one["unit"], one["period"], one["limit"], one["left"]) for one in found.answer["limits"]] == [
            ("key", "requests", "day", 10, 5), ("organisation", "tokens", "month", 50, 50),
        ]  # fmt: skip

    def test_a_limit_that_is_reached_refuses_the_key_until_it_is_raised(self, linked: Issued, limit: Limit) -> None:
        pool = limit(3)
        used(linked.key, 3)
        found = introspection.judged(linked.secret, for_test=False)
        assert (found.answer, found.reason) == ({"active": False}, "limit_reached")
        LimitPool.objects.filter(pk=pool.pk).update(limit=4)
        reserve(linked.key, 1)
        [told] = introspection.judged(linked.secret, for_test=False).answer["limits"]
        assert (told["left"], told["reserved"]) == (0, 1), "whoever has reserved it may use it"
        used(linked.key, 1)
        assert introspection.judged(linked.secret, for_test=False).reason == "limit_reached", "what is used up is not reserved"
        LimitPool.objects.filter(pk=pool.pk).update(limit=6)
        assert introspection.judged(linked.secret, for_test=False).answer["limits"][0]["left"] == 1

    def test_a_new_day_begins_anew(self, linked: Issued, limit: Limit) -> None:
        limit(10)
        used(linked.key, 8)
        tomorrow = datetime.combine(timezone.now().date() + timedelta(days=1), datetime.min.time(), UTC)
        (today,) = pools.left_of(linked.key.pk)
        (then,) = pools.left_of(linked.key.pk, now=tomorrow)
        assert (today.left, today.resets_at, then.left) == (2, tomorrow, 10)

    def test_without_limits_there_is_nothing_to_say(self, linked: Issued) -> None:
        assert pools.left_of(linked.key.pk) == []


class TestTheDatabaseRefuses:
    def test_less_than_nothing(self, linked: Issued, limit: Limit) -> None:
        pool = limit(10)
        for change in ({"spent": -1}, {"reserved": -1}):
            with pytest.raises(IntegrityError, match="pool_is_never_negative"), transaction.atomic():
                PoolWindow.objects.filter(pool=pool).update(**change)

    def test_to_reserve_beyond_the_limit_but_not_to_spend(self, linked: Issued, limit: Limit) -> None:
        pool = limit(10)
        PoolWindow.objects.filter(pool=pool).update(spent=12)
        with pytest.raises(IntegrityError, match="no more is reserved"), transaction.atomic():
            PoolWindow.objects.filter(pool=pool).update(reserved=1)

    def test_a_limit_of_anothers_key(self, linked: Issued, limit: Limit, sorvik: Any) -> None:
        with pytest.raises(IntegrityError, match="belongs to the organisation named"), transaction.atomic():
            limit(10, key=issue(sorvik).key)

    def test_two_limits_of_a_kind(self, linked: Issued, limit: Limit) -> None:
        limit(10)
        with pytest.raises(IntegrityError, match="one_limit_of_a_kind"), transaction.atomic():
            limit(11)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    WORKERS, EACH, LIMIT = 6, 40, 100

    def hammered(self, work: Callable[[int], Any]) -> list[Any]:
        def turn(number: int) -> list[Any]:
            try:
                return [work(number) for _again in range(self.EACH)]
            finally:
                connection.close()

        with ThreadPoolExecutor(self.WORKERS) as threads:
            return [each for done in threads.map(turn, range(self.WORKERS)) for each in done]

    def test_reservations_are_exact_to_the_last_one(self, linked: Issued, limit: Limit, nordlys: Any) -> None:
        keys = [linked.key, issue(nordlys, "second").key]
        pool, own = limit(self.LIMIT), limit(self.LIMIT, key=linked.key)

        def work(number: int) -> UUID | None:
            try:
                return reserve(keys[number % 2]).pk
            except LimitReached:
                return None

        made = [number for number in self.hammered(work) if number]
        assert (len(made), stands(pool)) == (self.LIMIT, (0, self.LIMIT))
        assert stands(own)[1] == Reservation.objects.filter(key=linked.key).count()
        assert Reserved.objects.filter(window__pool=pool).count() == self.LIMIT

    def test_reserving_settling_and_telling_at_once_loses_nothing(self, linked: Issued, limit: Limit) -> None:
        pool = limit(10**6)

        def work(number: int) -> None:
            if number % 2:
                pools.settle(reserve(linked.key, 2).pk, {"requests": 1})
            else:
                used(linked.key, 1)

        self.hammered(work)
        (row,) = Spending.objects.all()
        assert (row.settled, row.used, stands(pool)) == (120, 120, (120, 0))

    def test_a_limit_that_is_set_meanwhile_misses_nothing(self, linked: Issued, rui: User) -> None:
        def work(number: int) -> None:
            if number == 0:
                limits.set_limit(
                    linked.key.organisation,
                    unit="requests",
                    period="day",
                    limit=10**6 + len(seen),
                    reason="Agreed with them",
                    by=rui,
                )
                seen.append(1)
            else:
                used(linked.key, 1)

        seen: list[int] = []
        self.hammered(work)
        assert stands(LimitPool.objects.get()) == (self.EACH * (self.WORKERS - 1), 0)


class TestForget:
    def test_takes_away_what_is_long_over_with_what_it_held(self, linked: Issued, limit: Limit) -> None:
        pool, now = limit(10), timezone.now()
        reserve(linked.key, 4, now=now - timedelta(days=2)), reserve(linked.key, 3, now=now)
        assert pools.QUEUE.is_waiting()
        assert pools.forget() == 1
        assert (Reservation.objects.count(), pools.QUEUE.is_waiting(), stands(pool)[1]) == (1, False, 3)
