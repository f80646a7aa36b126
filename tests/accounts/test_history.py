"""Known time on real PostgreSQL: at every mark the live state is copied, and `as_of` must give it back for ever."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, models, transaction
from django.utils import timezone

from accounts import snapshots
from accounts.history import FutureAsked, as_of, changes, checked_instant, written_since
from accounts.models import Organisation, Project, Snapshot
from tests.conftest import owner

pytestmark = pytest.mark.django_db(transaction=True)
TRACKED = (Organisation, Project)
State = dict[str, set[tuple[Any, ...]]]


def columns(model: type[models.Model]) -> list[str]:
    return [field.attname for field in model._meta.fields if not field.primary_key]


def live() -> State:
    return {model.__name__: set(model._default_manager.values_list("pk", *columns(model))) for model in TRACKED}


def then(snapshot: Snapshot) -> State:
    return {model.__name__: set(as_of(model, snapshot).values_list("pgh_obj_id", *columns(model))) for model in TRACKED}


class Marks:
    """Copies of the live state, each with the snapshot stored at that moment."""

    def __init__(self) -> None:
        self.made: list[tuple[str, Snapshot, State]] = []

    def mark(self, name: str) -> None:
        self.made.append((name, snapshots.take(), live()))

    def wrong(self) -> list[str]:
        return [name for name, snapshot, state in self.made if then(snapshot) != state]


def organisation(name: str = "Nordlys") -> Organisation:
    return Organisation.objects.create(name=name)


def executed(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def bulk_create() -> None:
    Project.objects.bulk_create(Project(organisation=Organisation.objects.get(name="Nordlys"), name=f"p{n}") for n in range(20))


def move_between_organisations() -> None:
    Project.objects.filter(name__lte="p15").update(organisation=Organisation.objects.get(name="Sudlys"))


def raw_update() -> None:
    executed("UPDATE accounts_project SET name = 'raw ' || name WHERE name LIKE %s", "p1%")


def raw_delete() -> None:
    executed("DELETE FROM accounts_project WHERE name = %s", "raw p11")


def delete() -> None:
    assert Project.objects.filter(name__startswith="raw").delete()[0]


def insert_again_under_the_same_key() -> None:
    gone = Project.pgh_event_model.objects.filter(pgh_label="delete").latest("pgh_id")
    Project.objects.create(pk=gone.pgh_obj_id, organisation_id=gone.organisation_id, name="back")


def upsert() -> None:
    rows = [Project(organisation=project.organisation, name=project.name) for project in Project.objects.all()[:3]]
    rows.append(Project(organisation=Organisation.objects.get(name="Nordlys"), name="upserted"))
    later = timezone.now() + timedelta(days=1)
    for row in rows:
        row.created_at = later
    Project.objects.bulk_create(rows, update_conflicts=True, unique_fields=["organisation", "name"], update_fields=["created_at"])


def savepoint_rolled_back() -> None:
    with transaction.atomic():
        Project.objects.filter(name="p2").update(name="kept")
        point = transaction.savepoint()
        Project.objects.update(name=models.functions.Concat(models.F("name"), models.Value(" undone")))
        transaction.savepoint_rollback(point)


def transaction_rolled_back() -> None:
    with transaction.atomic():
        Project.objects.all().delete()
        transaction.set_rollback(True)


def one_row_written_twice_in_a_transaction() -> None:
    with transaction.atomic():
        Project.objects.filter(name="p3").update(name="first")
        Project.objects.filter(name="first").update(name="second")


@contextmanager
def cascading() -> Iterator[None]:
    """The database itself deletes projects with their organisation, which no foreign key of the product asks for."""
    with owner():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT conname FROM pg_constraint WHERE conrelid = 'accounts_project'::regclass AND contype = 'f' "
                "AND confrelid = 'accounts_organisation'::regclass"
            )
            (name,) = cursor.fetchone()
        change = (
            f'ALTER TABLE accounts_project DROP CONSTRAINT "{name}", ADD CONSTRAINT "{name}" FOREIGN KEY (organisation_id) '
            "REFERENCES accounts_organisation (id) {} DEFERRABLE INITIALLY DEFERRED"
        )
        executed(change.format("ON DELETE CASCADE"))
    try:
        yield
    finally:
        with owner():
            executed(change.format(""))


def cascade() -> None:
    with cascading():
        executed("DELETE FROM accounts_organisation WHERE name = %s", "Sudlys")


STEPS: tuple[Callable[[], object], ...] = (
    lambda: organisation("Nordlys"),
    lambda: organisation("Sudlys"),
    bulk_create,
    move_between_organisations,
    raw_update,
    raw_delete,
    delete,
    insert_again_under_the_same_key,
    upsert,
    savepoint_rolled_back,
    transaction_rolled_back,
    one_row_written_twice_in_a_transaction,
    cascade,
)


@contextmanager
def open_elsewhere(work: Callable[[], object], then_do: Callable[[], object] | None = None) -> Iterator[None]:
    """A second connection does `work` and commits only when the block has ended, after `then_do`."""
    written, go_on = threading.Event(), threading.Event()
    raised: list[BaseException] = []

    def run() -> None:
        try:
            with transaction.atomic():
                work()
                written.set()
                assert go_on.wait(10)
                if then_do:
                    then_do()
        except BaseException as error:
            raised.append(error)
        finally:
            written.set()
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert written.wait(10)
        yield
    finally:
        go_on.set()
        thread.join(10)
    assert not raised and not thread.is_alive()


class TestAsOf:
    def test_it_equals_the_live_state_copied_at_every_mark(self) -> None:
        marks = Marks()
        marks.mark("nothing yet")
        for step in STEPS:
            step()
            marks.mark(getattr(step, "__name__", ""))
        assert marks.wrong() == []
        distinct = {repr(sorted(state["Project"])) for _, _, state in marks.made}
        assert len(distinct) == 1 + len(STEPS) - 3, "all but the two organisations and the rolled back one change projects"

    def test_the_newest_by_commit_time_would_be_wrong(self) -> None:
        """The negative control: what was recorded by T is not what was committed by T."""
        nordlys = organisation()
        with open_elsewhere(lambda: Organisation.objects.filter(pk=nordlys.pk).update(name="Sudlys")):
            snapshot = snapshots.take()
        events = Organisation.pgh_event_model.objects
        assert as_of(Organisation, snapshot).get().name == "Nordlys"
        assert events.filter(pgh_created_at__lte=snapshot.taken_at).latest("pgh_id").name == "Sudlys"

    def test_a_transaction_open_at_the_snapshot_never_shows_in_it_and_does_later(self) -> None:
        nordlys = organisation()

        def work() -> None:
            organisation("Made in the open one")
            Organisation.objects.filter(pk=nordlys.pk).update(name="Sudlys")

        with open_elsewhere(work):
            before, seen = snapshots.take(), live()
            assert then(before) == seen
        after = snapshots.take()
        assert then(before) == seen
        assert {row.name for row in as_of(Organisation, before)} == {"Nordlys"}
        assert {row.name for row in as_of(Organisation, after)} == {"Sudlys", "Made in the open one"}
        assert then(after) == live()

    def test_an_old_transaction_that_writes_last_wins_because_order_is_by_event(self) -> None:
        nordlys = organisation()
        with open_elsewhere(
            lambda: organisation("Takes the old number"),
            lambda: Organisation.objects.filter(pk=nordlys.pk).update(name="written last"),
        ):
            Organisation.objects.filter(pk=nordlys.pk).update(name="written first")
            between = snapshots.take()
        after = snapshots.take()
        assert as_of(Organisation, between).get(pgh_obj_id=nordlys.pk).name == "written first"
        assert as_of(Organisation, after).get(pgh_obj_id=nordlys.pk).name == "written last" == live_name(nordlys)
        by_transaction = max(Organisation.pgh_event_model.objects.filter(pgh_obj_id=nordlys.pk), key=lambda row: row.pgh_xid)
        assert by_transaction.name == "written first", "ordered by transaction this would be wrong"

    def test_a_filter_on_a_column_that_changed_over_time_stays_right(self) -> None:
        nordlys = organisation()
        early = snapshots.take()
        Organisation.objects.filter(pk=nordlys.pk).update(name="Sudlys")
        late = snapshots.take()
        assert not as_of(Organisation, late).filter(name="Nordlys").exists()
        assert as_of(Organisation, early).filter(name="Nordlys").exists()

    def test_what_an_own_transaction_wrote_is_shown_by_a_snapshot_taken_after_it_and_none_is_taken_inside(self) -> None:
        with transaction.atomic():
            organisation()
            with pytest.raises(RuntimeError, match="durable"):
                snapshots.take()
        assert not Snapshot.objects.exists()
        assert as_of(Organisation, snapshots.take()).exists()

    def test_what_was_recorded_after_an_instant_can_be_left_out(self) -> None:
        nordlys = organisation()
        moment = snapshots.take().taken_at
        Organisation.objects.filter(pk=nordlys.pk).update(name="Sudlys")
        snapshot = snapshots.take()
        assert as_of(Organisation, snapshot, recorded_by=moment).get().name == "Nordlys"
        assert as_of(Organisation, snapshot).get().name == "Sudlys"


def live_name(found: Organisation) -> str:
    return Organisation.objects.get(pk=found.pk).name


class TestChanges:
    def test_it_gives_every_event_known_then_oldest_first(self) -> None:
        nordlys = organisation()
        Organisation.objects.filter(pk=nordlys.pk).update(name="Sudlys")
        known = snapshots.take()
        Organisation.objects.filter(pk=nordlys.pk).update(name="Westlys")
        assert [row.name for row in changes(Organisation, known)] == ["Nordlys", "Sudlys"]
        assert [row.name for row in changes(Organisation, snapshots.take())] == ["Nordlys", "Sudlys", "Westlys"]


class TestWrittenSince:
    def settled(self) -> Snapshot:
        """A snapshot after which nothing was written; the database's own upkeep may come between now and then."""
        for _ in range(200):
            snapshot = snapshots.take()
            if not written_since(snapshot):
                return snapshot
            time.sleep(0.02)
        raise AssertionError("it never rests")

    def test_only_the_snapshot_itself_is_no_writing(self) -> None:
        """Once at least: the server's other databases write in between."""
        assert any(not written_since(self.settled()) for _ in range(20))

    def test_a_write_is(self) -> None:
        snapshot = self.settled()
        organisation()
        assert written_since(snapshot)

    def test_a_transaction_that_was_open_then_and_has_ended_since_is(self) -> None:
        self.settled()
        with open_elsewhere(organisation):
            snapshot = snapshots.take()
            assert written_since(snapshot)
        assert not as_of(Organisation, snapshot).exists()
        assert written_since(snapshot)


class TestCheckedInstant:
    def test_the_future_is_refused_with_a_sentence(self) -> None:
        with pytest.raises(FutureAsked, match="lies in the future"):
            checked_instant(timezone.now() + timedelta(seconds=2))

    def test_the_past_is_given_back(self) -> None:
        moment = timezone.now() - timedelta(seconds=1)
        assert checked_instant(moment) == moment
