"""Events come into the tree once each, in the order of their transactions, and its signed heads leave the database."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts import audit, heads, leaves, merkle, scope, sequencer, verification
from accounts.models import AuditEvent, AuditHead, AuditLeaf, User
from config import jobs
from kyc.networks import actions as networks
from tests import cast
from tests.accounts.tampering import altered, changed
from tests.accounts.test_history import open_elsewhere

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh(heads_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("trouble", "lateness"):
        monkeypatch.setattr(sequencer, name, jobs.Outage(getattr(sequencer, name).what))
    monkeypatch.setattr(sequencer, "exporter", sequencer.Exporter())


@pytest.fixture
def alice() -> User:
    return cast.customer()


def recorded(by: User, *, count: int = 1) -> list[int]:
    """Events, each in a transaction of its own."""
    made = []
    for number in range(count):
        with transaction.atomic():
            made.append(audit.record("test.done", target=by, by=by, reason=f"because of {number}").pk)
    return made


def until(ask: Callable[[], bool]) -> None:
    """The server's other databases may hold the order up for a while."""
    deadline = time.monotonic() + 120
    while not ask():
        assert time.monotonic() < deadline
        time.sleep(0.02)


LOG, FILE, ORDER = "the audit log", "the file of audit heads", "the order of audit events"


def said_of(what: str, caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log tells of that trouble; of another one it may tell too, as when tests beside this one keep events waiting."""
    return [line for record in caplog.records if (line := record.getMessage()).partition(":")[0].endswith(f"trouble with {what}")]


def in_tree(count: int) -> None:
    def ask() -> bool:
        sequencer.tick()
        return AuditLeaf.objects.count() == count

    until(ask)


def order() -> list[int]:
    return list(AuditLeaf.objects.order_by("index").values_list("event_id", flat=True))


def exported() -> list[heads.Head]:
    return list(heads.read(heads.path().read_text().splitlines())) if heads.path().exists() else []


def stored() -> list[heads.Head]:
    return [sequencer.said(row) for row in AuditHead.objects.order_by("size")]


class TestSequence:
    def test_nothing_to_do_writes_nothing(self) -> None:
        assert sequencer.tick() == 0
        assert not AuditHead.objects.exists()
        assert not heads.path().exists()

    def test_takes_every_event_once_in_the_order_in_which_they_were_written(self, alice: User) -> None:
        first = recorded(alice, count=3)
        in_tree(3)
        second = recorded(alice, count=2)
        in_tree(5)
        assert order() == first + second
        assert list(AuditLeaf.objects.order_by("index").values_list("index", flat=True)) == [0, 1, 2, 3, 4]
        assert sequencer.tick() == 0

    def test_the_head_is_the_root_of_their_leaves_and_signed(self, alice: User) -> None:
        recorded(alice, count=3)
        in_tree(3)
        events = AuditEvent.objects.in_bulk()
        hashes = [merkle.leaf_hash(leaves.leaf(events[pk])) for pk in order()]
        assert [bytes(row.hash) for row in AuditLeaf.objects.order_by("index")] == hashes
        last = stored()[-1]
        assert (last.size, last.root) == (3, merkle.root(hashes))
        assert heads.is_signed(last)

    def test_more_than_a_batch_comes_in_several(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sequencer, "BATCH", 2)
        with transaction.atomic():
            together = [audit.record("test.done", target=alice, by=alice).pk for _ in range(5)]
        after = recorded(alice, count=2)
        in_tree(7)
        assert order() == together + after
        assert [head.size for head in stored()] == [2, 4, 6, 7]

    def test_what_was_undone_leaves_no_gap(self, alice: User) -> None:
        first = recorded(alice)
        with transaction.atomic():
            recorded(alice)
            transaction.set_rollback(True)
        second = recorded(alice)
        in_tree(2)
        assert order() == first + second

    def test_an_event_waits_for_whoever_began_before_it(self, alice: User) -> None:
        early: list[int] = []

        def write() -> None:
            early.extend(recorded(alice))

        with open_elsewhere(write):
            late = recorded(alice)
            for _ in range(5):
                assert sequencer.tick() == 0
        in_tree(2)
        assert order() == early + late

    def test_without_that_wait_it_would_be_missed_and_verification_says_so(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The negative control: every event that is there is taken, whatever is still open."""
        early: list[int] = []

        def hasty(last: AuditHead | None) -> sequencer.Window:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
                (xmax,) = cursor.fetchone()
            return sequencer.Window(after=1, since=last.boundary if last else 0, incarnation=1, xmin=xmax)

        monkeypatch.setattr(sequencer, "window", hasty)
        with open_elsewhere(lambda: early.extend(recorded(alice))):
            late = recorded(alice)
            in_tree(1)
        for _ in range(5):
            assert sequencer.tick() == 0
        assert order() == late
        assert verification.verify([]).failed["event outside"]["event"] == early[0]

    def test_only_one_process_acts_at_a_time(self, alice: User) -> None:
        recorded(alice)
        with psycopg.connect(**parameters()) as other:
            other.execute("SELECT pg_advisory_xact_lock(hashtext('keyholder'), hashtext('audit sequencer'))")
            for _ in range(5):
                assert sequencer.sequence() == 0
        in_tree(1)

    def test_goes_back_as_a_whole(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        """As if the process were killed between the leaves and the head."""
        recorded(alice, count=2)
        with monkeypatch.context() as patch:
            patch.setattr(heads, "signed", lambda **_: 1 / 0)
            until(self.fails)
        assert not AuditLeaf.objects.exists()
        in_tree(2)

    def fails(self) -> bool:
        try:
            sequencer.sequence()
        except ZeroDivisionError:
            return True
        return False

    def test_in_a_restored_database_where_numbers_begin_anew_nothing_is_left_out(
        self, alice: User, restored: Callable[[], None]
    ) -> None:
        before = recorded(alice, count=2)
        in_tree(2)
        left = recorded(alice)
        changed(
            "UPDATE accounts_auditevent SET xid = (xid::text::bigint + 9000000000)::text::xid8",
            "UPDATE accounts_audithead SET boundary = boundary + 9000000000",
        )
        restored()
        after = recorded(alice, count=2)
        in_tree(5)
        assert order() == [*before, *left, *after]
        later = recorded(alice)
        in_tree(6)
        assert order()[-1:] == later


def parameters() -> dict[str, object]:
    wanted = ("dbname", "user", "host", "port", "password")
    return {name: value for name, value in connection.get_connection_params().items() if name in wanted and value}


class TestExport:
    def test_every_head_stands_in_the_file_as_in_the_database(self, alice: User) -> None:
        recorded(alice)
        in_tree(1)
        recorded(alice, count=2)
        in_tree(3)
        assert exported() == stored()
        assert exported()[-1].size == 3

    def test_what_a_killed_process_left_unwritten_the_next_one_writes(self, alice: User) -> None:
        recorded(alice)
        until(lambda: sequencer.sequence() == 1)
        recorded(alice)
        until(lambda: sequencer.sequence() == 1)
        assert exported() == []
        sequencer.Exporter().export()
        assert exported() == stored() and len(stored()) == 2
        sequencer.Exporter().export()
        assert exported() == stored()

    def test_a_folder_that_cannot_be_written_to_holds_up_no_event(
        self, alice: User, heads_folder: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        heads_folder.write_text("a file stands in the way")
        recorded(alice)
        in_tree(1)
        for _ in range(3):
            sequencer.tick()
        assert [line.partition(":")[0] for line in said_of(FILE, caplog)] == [f"trouble with {FILE}"]
        heads_folder.unlink()
        sequencer.tick()
        assert exported() == stored()
        assert said_of(FILE, caplog)[1:] == [f"no more trouble with {FILE}"]


ALTERED = (
    "UPDATE accounts_audithead SET root = sha256('x')",
    "UPDATE accounts_audithead SET peaks = sha256('x') || sha256('y')",
    "UPDATE accounts_audithead SET peaks = ''",
    "UPDATE accounts_audithead SET signature = decode(repeat('00', 64), 'hex')",
    "UPDATE accounts_audithead SET at = now()",
    "DELETE FROM accounts_audithead",
)


class TestAltered:
    def test_nothing_is_signed_on_top_of_what_was_changed_in_the_database(
        self, alice: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        recorded(alice, count=3)
        in_tree(3)
        recorded(alice)
        signed, expected = stored(), []

        def found() -> bool:
            sequencer.tick()
            return sequencer.trouble.lasts

        for statement in ALTERED:
            with altered(statement):
                before, sequencer.exporter.done = stored(), None
                until(found)
                for _ in range(2):
                    sequencer.tick()
                assert stored() == before and exported() == signed, statement
            expected += [f"trouble with {LOG}: Altered", f"no more trouble with {LOG}"]
            sequencer.trouble.ends()
        assert [line[: len(wanted)] for line, wanted in zip(said_of(LOG, caplog), expected, strict=True)] == expected
        in_tree(4)
        assert exported() == stored()


class TestWatch:
    def test_a_transaction_that_does_not_end_is_told_of_once_and_so_is_its_end(
        self, alice: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(sequencer, "LATE", timedelta(seconds=2))
        with open_elsewhere(lambda: recorded(alice)):
            recorded(alice)
            sequencer.tick()
            assert not said_of(ORDER, caplog)
            time.sleep(2.1)
            for _ in range(3):
                sequencer.tick()
            (line,) = said_of(ORDER, caplog)
            assert re.match(f"trouble with {ORDER}: Late: the oldest outside the tree waits \\d s; a transaction", line)
        in_tree(2)
        assert said_of(ORDER, caplog)[1:] == [f"no more trouble with {ORDER}"]

    def test_knows_since_when_events_wait(self, alice: User) -> None:
        assert sequencer.oldest_waiting() is None
        (pk,) = recorded(alice)
        assert sequencer.oldest_waiting() == AuditEvent.objects.get(pk=pk).at
        in_tree(1)
        assert sequencer.oldest_waiting() is None
        assert timezone.now() - AuditEvent.objects.get(pk=pk).at < timedelta(seconds=60)


class TestTheCompartment:
    """What investigators did is in the signed log as all else is, though the trail shows it to nobody who may not see it."""

    def test_has_its_places(self, alice: User) -> None:
        ines = cast.staff("investigator")
        before = AuditEvent.objects.count()
        with scope.of_officer(ines):
            incident = networks.open_incident(
                title="Copied answers", kind="extraction", confidence="low", detected_on=timezone.localdate(), by=ines
            )
        recorded(alice)
        assert AuditEvent.objects.count() == before + 1, "this process is no investigator's"
        in_tree(before + 2)
        for processes in (1, 2):
            found = verification.verify(processes=processes)
            assert (found.failed, found.events, found.waiting) == ({}, before + 2, 0)
        changed(f"UPDATE accounts_auditevent SET reason = 'x' WHERE target_id = '{incident.pk}' AND verb = 'incident.opened'")
        assert set(verification.verify().failed) == {"event"}
