"""Snapshots with their time: what was known at T is what the newest one stored at or before T shows."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, connection, transaction
from django.utils import timezone

from accounts import snapshots
from accounts.history import FutureAsked, as_of
from accounts.models import Organisation, Snapshot
from tests.accounts.test_history import open_elsewhere

pytestmark = pytest.mark.django_db(transaction=True)


def database_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]  # type: ignore[no-any-return]  # a row of one


def rests(before: Callable[[], object] = lambda: None, *, tries: int = 200) -> bool:
    """Whether ticking comes to rest, with `before` done each time. Transaction ids are the server's: its upkeep and its
    other databases may write in between."""
    for _ in range(tries):
        before()
        if not snapshots.tick():
            return True
        time.sleep(0.02)
    return False


class TestTake:
    def test_its_time_is_the_databases_own(self) -> None:
        before = database_time()
        taken = snapshots.take()
        assert before < taken.taken_at < database_time()

    def test_later_ones_show_no_less(self) -> None:
        for name in ("a", "b", "c"):
            Organisation.objects.create(name=name)
            snapshots.take()
        counts = [as_of(Organisation, snapshot).count() for snapshot in Snapshot.objects.order_by("taken_at")]
        assert counts == [1, 2, 3]

    @pytest.mark.parametrize(
        "statement",
        ["UPDATE accounts_snapshot SET taken_at = now()", "DELETE FROM accounts_snapshot", "TRUNCATE accounts_snapshot CASCADE"],
    )
    def test_a_stored_one_stays_as_it_is(self, statement: str) -> None:
        snapshots.take()
        refused = (ProgrammingError, InternalError, IntegrityError)
        with pytest.raises(refused), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        assert Snapshot.objects.count() == 1


class TestTick:
    def test_the_first_is_always_stored(self) -> None:
        assert snapshots.tick()
        assert Snapshot.objects.count() == 1

    def test_it_stores_one_when_something_was_written_and_then_rests(self) -> None:
        snapshots.tick()
        assert rests()
        stored = Snapshot.objects.count()
        Organisation.objects.create(name="Nordlys")
        assert snapshots.tick()
        assert Snapshot.objects.count() == stored + 1
        assert as_of(Organisation, Snapshot.objects.latest("id")).get().name == "Nordlys"
        assert rests()

    def test_reading_is_no_writing(self) -> None:
        snapshots.tick()
        assert rests(before=lambda: list(Organisation.objects.all()))

    def test_writing_is(self) -> None:
        snapshots.tick()
        assert not rests(before=lambda: Organisation.objects.create(name="Nordlys"), tries=5)

    def test_what_was_open_at_the_last_one_is_shown_by_the_next(self) -> None:
        """No later writer has to come along first, or a fact would stay unknown for as long as the house is quiet."""
        snapshots.tick()
        assert rests()
        with open_elsewhere(lambda: Organisation.objects.create(name="Nordlys")):
            snapshots.take()
        assert snapshots.tick()
        assert as_of(Organisation, snapshots.at(timezone.now())).get().name == "Nordlys"
        assert rests()


class TestAt:
    def test_it_is_the_newest_stored_at_or_before_the_instant(self) -> None:
        first, second = snapshots.take(), snapshots.take()
        assert snapshots.at(timezone.now()) == second
        assert snapshots.at(second.taken_at) == second
        assert snapshots.at(second.taken_at - timedelta(microseconds=1)) == first

    def test_a_future_instant_is_refused(self) -> None:
        snapshots.take()
        with pytest.raises(FutureAsked):
            snapshots.at(timezone.now() + timedelta(seconds=2))

    def test_nothing_was_known_before_the_first(self) -> None:
        first = snapshots.take()
        with pytest.raises(snapshots.NothingKnown, match="Nothing was recorded yet"):
            snapshots.at(first.taken_at - timedelta(microseconds=1))
