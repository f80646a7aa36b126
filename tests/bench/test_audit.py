"""What the audit costs whoever writes, beside the same work without it, how soon an event has its place, and how fast the whole
log is verified.

The work is a customer's own: a company founded, declared and described, a dozen rows in seven transactions. It is done with
the audit and with the audit silenced, in turns, and then with the history triggers on and off, all in one run.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import mean

import pytest
from django.db import connection, transaction

from accounts import audit, proofs, sequencer, verification
from accounts.models import AuditEvent, AuditLeaf
from config import sweep
from tests import cast, figures
from tests.conftest import become

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heads_folder")]
ROUNDS, BLOCKS = 64, 4
# So often one busy writer does the work in the second between two ticks of the sweeper.
A_SECOND = 8
EVENTS = 1_000_000 if os.environ.get("KEYHOLDER_WHOLE") else 100_000
# No work of the house writes as many events in one.
A_TRANSACTION = 10_000
WITHIN_SECONDS, OF = 60, 1_000_000
MOST = 1.15
# As audit.record writes them: two values in the clear, three behind commitments.
FILL = """
INSERT INTO accounts_auditevent (at, verb, actor_id, actor, on_behalf_of, target_type, target_id, organisation_id, reason,
    details, request_id, salts)
SELECT now() - interval '1 day' + n * interval '1 ms', 'decision.taken', n %% 40, 'Rui Duarte', '', 'kyc.case', (n %% 9000)::text,
    n %% 9000, 'Everything was sent, number ' || n,
    jsonb_build_object('choice', 'approve', 'name', 'Nordlys Modelling ' || n, 'size', n), md5(n::text),
    jsonb_build_object('actor', md5(n::text), 'reason', md5('r' || n), 'details.name', md5('n' || n))
FROM generate_series(%s, %s) AS n
"""


def tracked_tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'pgtrigger\\_insert\\_insert%%'"
        )
        return [table for (table,) in cursor.fetchall()]


@contextmanager
def without_history() -> Iterator[None]:
    tables = tracked_tables()
    for switch in ("DISABLE", "ENABLE"):
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} {switch} TRIGGER USER")
        if switch == "DISABLE":
            yield


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def spent(work: Callable[[], object]) -> float:
    """Milliseconds of processor time, of this process and of the database's that serves it: others on the machine don't count."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        served = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")

    def now() -> float:
        return time.process_time() * 1000 + int(served.read_text().split()[0]) / 1e6

    started = now()
    work()
    return now() - started


def test_the_database_waits_for_its_disk() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)


class TestCost:
    def test_beside_the_same_work_without_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        numbers = count()

        def work() -> None:
            number = next(numbers)
            cast.founded(cast.customer(f"{number}@bench.example", f"Person {number}"), name=f"Company {number}")

        def silent() -> None:
            with monkeypatch.context() as patch:
                patch.setattr(audit, "record", lambda *_, **__: None)
                work()

        without, rows, ticks = list[float](), list[float](), list[float]()
        untracked, tracked = list[float](), list[float]()
        become("owner")
        try:
            work()
            for turn in range(ROUNDS):
                without.append(spent(silent))
                rows.append(spent(work))
                if turn % A_SECOND == A_SECOND - 1:
                    ticks.append(spent(sequencer.tick) / A_SECOND)
            for _ in range(BLOCKS):
                with without_history():
                    silent()
                    untracked += [spent(silent) for _ in range(ROUNDS // BLOCKS)]
                silent()
                tracked += [spent(silent) for _ in range(ROUNDS // BLOCKS)]
        finally:
            become("app")
        base = mean(without)
        whole = (mean(rows) + mean(ticks)) / base
        told = {
            "rounds": ROUNDS,
            "without audit": f"{base:.2f} ms",
            "audit rows": f"{mean(rows):.2f} ms, {mean(rows) / base:.3f} times",
            "tree and heads": f"{mean(ticks):.2f} ms, where a second brings {A_SECOND} of them",
            "audit rows, tree and heads": f"{whole:.3f} times, at most {MOST}",
            "without audit and history": f"{mean(untracked):.2f} ms, with history {mean(tracked):.2f} ms",
            "history triggers": f"{mean(tracked) / mean(untracked):.3f} times the work without them",
            "placed": AuditLeaf.objects.count(),
        }
        figures.keep("audit-cost", seeds=[], figures=told)
        assert AuditLeaf.objects.count() >= ROUNDS
        assert whole <= MOST


# In these seconds so many write, each as fast as it can with a breath between.
WRITING_SECONDS, WRITERS, BREATH = 60, 8, 0.05
PLACE_WITHIN = 2.0
DELAYS = """
SELECT percentile_cont(ARRAY[0.5, 0.99, 1.0]) WITHIN GROUP (ORDER BY extract(epoch FROM h.at - e.at))
FROM accounts_auditleaf l JOIN accounts_auditevent e ON e.id = l.event_id
CROSS JOIN LATERAL (SELECT at FROM accounts_audithead WHERE size > l.index ORDER BY size LIMIT 1) h
"""


class TestDelay:
    def test_an_event_has_its_place_within_two_seconds(self) -> None:
        """The tick of the sweeper, once a second, beside eight who write."""
        alice = cast.customer()
        until = time.monotonic() + WRITING_SECONDS

        def write() -> None:
            while time.monotonic() < until:
                with transaction.atomic():
                    audit.record("test.done", target=alice, by=alice, reason="It was due.")
                time.sleep(BREATH)
            connection.close()

        writers = [threading.Thread(target=write) for _ in range(WRITERS)]
        for writer in writers:
            writer.start()
        while any(writer.is_alive() for writer in writers) or sequencer.oldest_waiting():
            started = time.monotonic()
            sequencer.tick()
            time.sleep(max(0.0, sweep.EVERY - (time.monotonic() - started)))
        with connection.cursor() as cursor:
            cursor.execute(DELAYS)
            middle, late, last = map(float, cursor.fetchone()[0])
        told = {
            "events": AuditLeaf.objects.count(),
            "a second": round(AuditLeaf.objects.count() / WRITING_SECONDS),
            "median": f"{middle:.2f} s",
            "p99": f"{late:.2f} s, at most {PLACE_WITHIN:.0f} s",
            "longest": f"{last:.2f} s",
        }
        figures.keep("audit-delay", seeds=[], figures=told)
        assert AuditLeaf.objects.count() > WRITING_SECONDS
        assert late <= PLACE_WITHIN


class TestVerification:
    def test_of_a_million_takes_a_minute_at_most(self, heads_folder: Path) -> None:
        with connection.cursor() as cursor:
            for first in range(1, EVENTS + 1, A_TRANSACTION):
                cursor.execute(FILL, [first, min(first + A_TRANSACTION - 1, EVENTS)])
        sequencing = timed(self.sequenced) / 1000
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM accounts_audithead")
            (heads,) = cursor.fetchone()
        started = time.perf_counter()
        findings = verification.verify(processes=os.cpu_count() or 1)
        took = time.perf_counter() - started
        proving = timed(lambda: proofs.proof(AuditEvent.objects.earliest("pk"))) / 1000
        told = {
            "events": EVENTS,
            "heads": heads,
            "sequenced": f"{EVENTS / sequencing:,.0f} a second",
            "verified": f"{EVENTS / took:,.0f} a second, {took:.1f} s",
            "a million": f"{OF / EVENTS * took:.0f} s, at most {WITHIN_SECONDS} s",
            "proof of one": f"{proving:.2f} s, {OF / EVENTS * proving:.1f} s of a million",
        }
        figures.keep("audit-verification", seeds=[], figures=told)
        assert (findings.failed, findings.events) == ({}, EVENTS)
        assert OF / EVENTS * took <= WITHIN_SECONDS

    def sequenced(self) -> None:
        while sequencer.oldest_waiting():
            sequencer.tick()
        assert AuditEvent.objects.count() == EVENTS
