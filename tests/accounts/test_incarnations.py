"""A restored database counts its transactions anew. What was known at every earlier moment must stay as it was."""

import threading
from collections.abc import Callable

import pytest
from django.db import ProgrammingError, connection, transaction

from accounts import snapshots
from accounts.incarnations import RESTORED
from accounts.models import AuditEvent, Incarnation, Organisation, Snapshot, User
from tests.accounts.test_history import STEPS, TRACKED, Marks, executed, organisation
from tests.conftest import owner

pytestmark = pytest.mark.django_db(transaction=True)
FAR = 9_000_000_000


def moved(snapshot: str) -> str:
    xmin, xmax, running = snapshot.split(":")
    listed = ",".join(str(int(xid) + FAR) for xid in running.split(",") if xid)
    return f"{int(xmin) + FAR}:{int(xmax) + FAR}:{listed}"


def made_elsewhere() -> None:
    """All numbers of transactions that stand anywhere, as another cluster gave them that had counted further than this one."""
    stored = list(Snapshot.objects.values_list("pk", "snapshot"))
    with owner():
        executed("ALTER TABLE accounts_snapshot DISABLE TRIGGER USER")
        for pk, snapshot in stored:
            executed("UPDATE accounts_snapshot SET snapshot = %s WHERE id = %s", moved(snapshot), pk)
        executed("UPDATE accounts_snapshot SET xid = (xid::text::bigint + %s)::text::xid8", FAR)
        executed("ALTER TABLE accounts_snapshot ENABLE TRIGGER USER")
        for model in TRACKED:
            table = model.pgh_event_model._meta.db_table
            executed(f"UPDATE {table} SET pgh_xid = (pgh_xid::text::bigint + %s)::text::xid8", FAR)


def marked() -> Marks:
    """The live state at every step, then moved."""
    marks = Marks()
    for step in STEPS:
        step()
        marks.mark(getattr(step, "__name__", "organisation"))
    made_elsewhere()
    for mark in marks.made:
        mark[1].refresh_from_db()
    return marks


def goes_on(marks: Marks) -> None:
    """What is written in the restored database."""
    for name in ("Vestlys", "Austlys"):
        organisation(name)
        marks.mark(name)


class TestAsOf:
    def test_tells_of_every_moment_before_a_restore_and_after_it_what_was_known_then(self, restored: Callable[[], None]) -> None:
        marks = marked()
        assert marks.wrong() == []
        restored()
        goes_on(marks)
        assert len(marks.made) == len(STEPS) + 2
        assert marks.wrong() == []

    def test_without_another_incarnation_old_moments_would_change_and_new_ones_forget(self) -> None:
        """The negative control."""
        marks = marked()
        goes_on(marks)
        wrong = marks.wrong()
        assert {"Vestlys", "Austlys"} < set(wrong)
        assert len(wrong) > 3

    def test_a_snapshot_is_taken_at_once_where_nothing_was_written_since(self, restored: Callable[[], None]) -> None:
        snapshots.take()
        restored()
        assert snapshots.tick()
        assert Snapshot.objects.latest("pk").incarnation == 2


class TestBegin:
    @pytest.fixture
    def elsewhere(self, restored: object) -> None:
        """As a dump finds itself that was loaded into another cluster."""
        with owner():
            Incarnation.objects.update(system_identifier=1)

    def test_who_connects_to_a_restored_database_raises_the_number_before_anything_is_written(self, elsewhere: None) -> None:
        connection.close()
        assert organisation().pk
        assert [row.number for row in Incarnation.objects.order_by("number")] == [1, 2]
        assert Organisation.pgh_event_model.objects.latest("pgh_id").pgh_incarnation == 2

    def test_and_the_trail_tells(self, elsewhere: None) -> None:
        connection.close()
        event = AuditEvent.objects.get(verb=RESTORED)
        assert (event.target_id, event.incarnation, event.actor, event.organisation_id) == ("2", 2, "Keyholder", None)

    def test_once_whoever_connects_meanwhile(self, elsewhere: None) -> None:
        go, raised = threading.Barrier(5), []

        def connect() -> None:
            try:
                go.wait(10)
                User.objects.exists()
            except BaseException as error:
                raised.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=connect) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert not raised
        assert Incarnation.objects.count() == 2
        assert AuditEvent.objects.filter(verb=RESTORED).count() == 1

    def test_in_the_same_cluster_numbers_go_on(self) -> None:
        for _ in range(2):
            connection.close()
            assert Incarnation.objects.count() == 1
        assert not AuditEvent.objects.exists()

    def test_before_the_first_migration_there_is_nothing_to_ask(self) -> None:
        with owner():
            executed("ALTER FUNCTION kh_begin_incarnation() RENAME TO kh_gone")
        try:
            connection.close()
            assert not User.objects.exists()
        finally:
            with owner():
                executed("ALTER FUNCTION kh_gone() RENAME TO kh_begin_incarnation")

    @pytest.mark.parametrize(
        "statement",
        [
            "INSERT INTO accounts_incarnation (number, system_identifier) VALUES (9, 1)",
            "UPDATE accounts_incarnation SET system_identifier = 1",
            "DELETE FROM accounts_incarnation",
        ],
    )
    def test_the_app_gives_itself_no_other(self, statement: str) -> None:
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            executed(statement)
