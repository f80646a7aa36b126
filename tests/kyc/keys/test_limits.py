"""Who sets which limit, and what is written of it."""

from typing import Any

import pytest
from django.db import IntegrityError

from accounts import audit
from accounts.models import AuditEvent, Membership, User
from accounts.permissions import NotPermitted
from kyc.keys import actions as keys
from kyc.keys import limits
from kyc.keys.models import Key
from kyc.keys.pool_models import LimitPool
from tests.kyc.keys.scenes import Issued, issue

pytestmark = pytest.mark.django_db
ONE: dict[str, Any] = {"unit": "requests", "period": "day", "limit": 100}


class TestSetLimit:
    def test_a_strangers_is_refused_first(self, linked: Issued, sorvik: Any, ana: User) -> None:
        for by in (sorvik.by, ana):
            with pytest.raises(NotPermitted):
                limits.set_limit(linked.key.organisation, **ONE, key=linked.key, by=by)
        for by in (linked.key.issued_by, ana):
            with pytest.raises(NotPermitted):
                limits.set_limit(linked.key.organisation, **ONE, by=by)
        assert LimitPool.objects.count() == 0

    def test_a_member_his_keys_and_an_officer_the_organisations(self, linked: Issued, rui: User) -> None:
        limits.set_limit(linked.key.organisation, **ONE, reason="Agreed with them", by=rui)
        made = limits.set_limit(linked.key.organisation, **ONE | {"limit": 40}, key=linked.key, by=linked.key.issued_by)
        assert (made.limit, made.set_by) == (40, linked.key.issued_by)
        told = AuditEvent.objects.filter(verb="limit.set").order_by("pk")
        assert [one.details["limit"] for one in told] == [100, 40]

    def test_no_more_than_the_organisations(self, linked: Issued, rui: User) -> None:
        limits.set_limit(linked.key.organisation, **ONE, reason="Agreed with them", by=rui)
        with pytest.raises(limits.AboveTheOrganisations, match="100 requests a day"):
            limits.set_limit(linked.key.organisation, **ONE | {"limit": 101}, project=linked.key.project, by=linked.key.issued_by)
        limits.set_limit(
            linked.key.organisation, **ONE | {"limit": 101, "period": "month"}, key=linked.key, by=linked.key.issued_by
        )

    def test_of_money_in_a_currency_that_is_in_use(self, linked: Issued, rui: User) -> None:
        money = {"unit": "money", "currency": "EUR", "period": "total"}
        limits.set_limit(linked.key.organisation, **money, limit=250_500_000, reason="Agreed with them", by=rui)
        with pytest.raises(limits.AboveTheOrganisations, match=r"may use 250\.50 EUR in total in all"):
            limits.set_limit(linked.key.organisation, **money, limit=250_500_001, key=linked.key, by=linked.key.issued_by)
        other = money | {"currency": "USD"}
        with pytest.raises(limits.BadLimit, match="Money is limited in EUR here already") as refused:
            limits.set_limit(linked.key.organisation, **other, limit=10**9, key=linked.key, by=linked.key.issued_by)
        assert refused.value.field == "currency" and LimitPool.objects.count() == 1
        limits.remove_limit(LimitPool.objects.get(), reason="Another contract", by=rui)
        limits.set_limit(linked.key.organisation, **other, limit=10**9, key=linked.key, by=linked.key.issued_by)

    def test_again_it_is_another_number_and_repeated_silence(self, linked: Issued) -> None:
        for limit in (5, 7, 7):
            limits.set_limit(linked.key.organisation, **ONE | {"limit": limit}, key=linked.key, by=linked.key.issued_by)
        assert LimitPool.objects.get().limit == 7
        assert AuditEvent.objects.filter(verb="limit.set").count() == 2

    @pytest.mark.parametrize(
        "wrong",
        [{"limit": -1}, {"limit": 10**16}, {"unit": "words"}, {"period": "week"}, {"unit": "money"}, {"currency": "EUR"},
         {"unit": "money", "currency": "eur"}, {"unit": "money", "currency": "ABC"}, {"unit": "money", "currency": "DEM"}],
    )  # fmt: skip
    def test_what_is_no_limit_is_refused(self, linked: Issued, wrong: dict[str, Any]) -> None:
        with pytest.raises(limits.BadLimit):
            limits.set_limit(linked.key.organisation, **ONE | wrong, key=linked.key, by=linked.key.issued_by)

    def test_anothers_key_is_none_of_mine(self, linked: Issued, sorvik: Any) -> None:
        with pytest.raises(limits.BadLimit):
            limits.set_limit(linked.key.organisation, **ONE, key=issue(sorvik).key, by=linked.key.issued_by)

    def test_nothing_is_set_that_is_not_recorded(self, linked: Issued, monkeypatch: Any) -> None:
        monkeypatch.setattr(audit, "record", lambda *_args, **_more: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            limits.set_limit(linked.key.organisation, **ONE, key=linked.key, by=linked.key.issued_by)
        assert LimitPool.objects.count() == 0


class TestRemoveLimit:
    def test_by_who_may_set_it_and_once(self, linked: Issued, ana: User) -> None:
        pool = limits.set_limit(linked.key.organisation, **ONE, key=linked.key, by=linked.key.issued_by)
        with pytest.raises(NotPermitted):
            limits.remove_limit(pool, by=ana)
        limits.remove_limit(pool, by=linked.key.issued_by)
        limits.remove_limit(LimitPool(pk=pool.pk, organisation=linked.key.organisation, key=linked.key), by=linked.key.issued_by)
        assert (LimitPool.objects.count(), AuditEvent.objects.filter(verb="limit.removed").count()) == (0, 1)


@pytest.fixture
def bob(linked: Issued) -> User:
    """Helps, and owns nothing."""
    user = User.objects.create(email="bob@nordlys.example", name="Bob")
    Membership.objects.create(organisation=linked.key.organisation, user=user, role=Membership.Role.MEMBER)
    return user


class TestAnOwners:
    """What an owner has set, other members tighten alone."""

    def set(self, key: Key, limit: int, *, by: User) -> LimitPool:
        return limits.set_limit(key.organisation, **ONE | {"limit": limit}, key=key, by=by)

    def test_is_loosened_and_removed_by_nobody_else(self, linked: Issued, bob: User, sorvik: Any) -> None:
        pool = self.set(linked.key, 100, by=linked.key.issued_by)
        with pytest.raises(NotPermitted):
            limits.remove_limit(pool, by=sorvik.by)
        with pytest.raises(limits.SetByAnOwner, match="Only an owner removes it"):
            limits.remove_limit(pool, by=bob)
        with pytest.raises(limits.SetByAnOwner, match="has set 100"):
            self.set(linked.key, 101, by=bob)
        pool.refresh_from_db()
        assert (pool.limit, pool.set_by) == (100, linked.key.issued_by)
        assert AuditEvent.objects.filter(verb__startswith="limit.").count() == 1

    def test_is_tightened_by_a_member_and_loosened_again_as_far_as_the_owner_had_it(self, linked: Issued, bob: User) -> None:
        for limit, by in ((100, linked.key.issued_by), (40, bob), (100, bob)):
            assert self.set(linked.key, limit, by=by).limit == limit
        self.set(linked.key, 40, by=bob)
        with pytest.raises(limits.SetByAnOwner):
            self.set(linked.key, 101, by=bob)
        with pytest.raises(limits.SetByAnOwner):
            limits.remove_limit(LimitPool.objects.get(), by=bob)

    def test_an_owner_loosens_and_removes(self, linked: Issued, bob: User) -> None:
        self.set(linked.key, 100, by=linked.key.issued_by)
        assert self.set(linked.key, 500, by=linked.key.issued_by).owners_most == 500
        assert self.set(linked.key, 400, by=bob).owners_most == 500
        limits.remove_limit(LimitPool.objects.get(), by=linked.key.issued_by)
        assert LimitPool.objects.count() == 0

    def test_a_members_own_is_his_until_an_owner_takes_it_up(self, linked: Issued, bob: User) -> None:
        self.set(linked.key, 10, by=bob)
        assert self.set(linked.key, 20, by=bob).owners_most is None
        self.set(linked.key, 20, by=linked.key.issued_by)
        with pytest.raises(limits.SetByAnOwner):
            self.set(linked.key, 21, by=bob)
        limits.remove_limit(LimitPool.objects.get(), by=linked.key.issued_by)
        limits.remove_limit(self.set(linked.key, 20, by=bob), by=bob)
        assert LimitPool.objects.count() == 0

    def test_stays_an_owners_on_the_key_that_a_member_rolls(self, linked: Issued, bob: User) -> None:
        self.set(linked.key, 100, by=linked.key.issued_by)
        new, _ = keys.roll(linked.key, overlap=24, by=bob)
        with pytest.raises(limits.SetByAnOwner):
            limits.remove_limit(LimitPool.objects.get(key=new), by=bob)
        with pytest.raises(limits.SetByAnOwner):
            self.set(new, 101, by=bob)

    def test_the_database_keeps_a_limit_within_it(self, linked: Issued) -> None:
        self.set(linked.key, 100, by=linked.key.issued_by)
        with pytest.raises(IntegrityError, match="limit_is_within_the_owners"):
            LimitPool.objects.update(limit=101)
