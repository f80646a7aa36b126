"""Keys are remembered for a short while, and one query brings all of an organisation."""

from typing import Any

import pytest

from accounts.vault import shredding, subjects
from accounts.vault.models import SubjectKey
from accounts.vault.subjects import Cache, Held
from kyc.parties.models import Party
from tests import cast


class TestCache:
    def test_forgets_after_a_minute_and_when_told(self) -> None:
        now = [0.0]
        cache = Cache(clock=lambda: now[0])
        cache.put(1, held := Held(None))
        assert cache.get(1) is held
        now[0] = Cache.SECONDS + 0.1
        assert cache.get(1) is None
        cache.put(1, held)
        cache.forget(1)
        assert cache.get(1) is None

    def test_never_grows_beyond_its_bound(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Cache, "LARGEST", 3)
        cache = Cache()
        for pk in range(10):
            cache.put(pk, Held(None))
        assert list(cache.held) == [7, 8, 9]


@pytest.mark.django_db
class TestReading:
    def test_takes_one_query_for_all_of_an_organisation(self, django_assert_num_queries: Any) -> None:
        found = cast.founded(cast.customer())
        Party.objects.bulk_create(
            Party(organisation=found.organisation, kind="person", name=f"P{n}", birth_date=f"19{n:02}-01-01") for n in range(30)
        )
        subjects.cache.forget()
        rows = list(Party.objects.filter(organisation=found.organisation))
        with django_assert_num_queries(1):
            assert len({row.birth_date for row in rows}) == 32
        with django_assert_num_queries(0):
            assert all(row.birth_date[:2] in {"19", ""} for row in rows)

    def test_what_another_process_destroyed_is_forgotten_in_a_minute(self, monkeypatch: pytest.MonkeyPatch) -> None:
        alice = cast.founded(cast.customer()).controller
        pk = SubjectKey.objects.get(ref=alice.pk, kind="party").pk
        assert subjects.reading(pk).key
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(shredding, "cache", Cache())
            shredding.shred(alice.sealed_for, reason="Asked for.", by=None)
        assert subjects.reading(pk).key, "this process still holds it"
        monkeypatch.setattr(subjects.cache, "clock", lambda: 10**9)
        assert subjects.reading(pk).key is None
