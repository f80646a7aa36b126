"""Keys are issued and mails queued while workers, beat, PostgreSQL and Valkey are killed: nothing is lost, nothing doubled."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests import figures
from tests.chaos.window import Window, introspected, until
from tests.running import BASE, Installation, command_line, descendants, environment

SEED = int(os.environ.get("KEYHOLDER_CHAOS_SEED", "1"))
KEYS = MAILS = 40
KILLS = {"worker": 10, "postgres": 4, "valkey": 4, "beat": 2}
LASTS = 60
SETTLES_WITHIN = 120
PROGRAMS = {"worker": "config.celery worker", "beat": "config.celery beat", "postgres": "/postgres -D", "valkey": "valkey-server"}
# A process of the installation that does what a request does: a row and its wake-up; it comes back after each failure.
QUEUES_MAILS = """
import sys, time
import django
django.setup()
from django.db import Error, connection
from accounts import messages
from accounts.models import Message
count, lasts = int(sys.argv[1]), float(sys.argv[2])
for number in range(count):
    subject = f"chaos {number}"
    while True:
        try:
            if not Message.objects.filter(subject=subject).exists():
                messages.queue(to="ingrid@nordlys.example", subject=subject, text="Still there?")
            break
        except Error:
            connection.close()
            time.sleep(0.2)
    time.sleep(lasts / count)
"""


class Customer(threading.Thread):
    """Issues keys as long as the chaos lasts. Where the answer is lost the key may have been made all the same, so that
    there may be more keys than secrets."""

    def __init__(self, installation: Installation) -> None:
        super().__init__(daemon=True)
        self.window, self.secrets, self.failures = Window(installation), list[str](), 0
        self.window.sign_in_as("ingrid@nordlys.example")

    def run(self) -> None:
        while len(self.secrets) < KEYS:
            try:
                self.secrets.append(self.window.issue_key(f"chaos {len(self.secrets)}"))
            except (OSError, AssertionError):
                self.failures += 1
                time.sleep(0.2)
            time.sleep(LASTS / KEYS)


class Killer:
    """Kills one of the running processes at a time, in an order drawn by the seed; a worker, where there is one, with a
    key in its hands."""

    def __init__(self, installation: Installation) -> None:
        self.root, self.database = installation.process.pid, installation.database_url("app")
        self.draw, self.killed, self.at_work = random.Random(SEED), Counter[str](), 0

    def spree(self) -> None:
        victims = [victim for victim, times in KILLS.items() for _ in range(times)]
        self.draw.shuffle(victims)
        for victim in victims:
            time.sleep(LASTS / len(victims) * self.draw.uniform(0.3, 1.2))
            if victim == "worker" and self.kill_at_work():
                self.at_work += 1
            else:
                self.kill(until(within=30, what=f"a {victim} runs", ask=lambda victim=victim: self.running(victim)))
            self.killed[victim] += 1

    def running(self, victim: str) -> list[int]:
        return sorted(pid for pid in descendants(self.root) if PROGRAMS[victim] in command_line(pid))

    def kill(self, running: list[int]) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.draw.choice(running), signal.SIGKILL)

    def kill_at_work(self) -> bool:
        """Holds what every link waits for until a worker has taken a key."""
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.database, autocommit=True) as app:
            app.execute("SELECT pg_advisory_lock(hashtext('kh_keys'), id::int) FROM accounts_organisation")
            deadline = time.monotonic() + 3
            while time.monotonic() < deadline:
                holding = {int(row[0].rpartition(":")[2]) for row in app.execute(LEASED)} & set(self.running("worker"))
                if holding:
                    self.kill(sorted(holding))
                    return True
                time.sleep(0.02)
        return False


def rows(installation: Installation, query: str) -> list[dict[str, Any]]:
    """Asks until the database answers."""
    while True:
        try:
            with psycopg.connect(installation.database_url("app"), row_factory=dict_row) as app:
                return app.execute(query).fetchall()
        except psycopg.OperationalError:
            time.sleep(0.2)


LEASED = "SELECT claimed_by FROM kyc_key WHERE state = 'unlinked' AND claimed_until > clock_timestamp() AND claimed_by <> ''"
LINKED = """
SELECT k.state, k.errors,
    (SELECT count(*) FROM kyc_link l WHERE l.key_id = k.id) AS links,
    (SELECT count(*) FROM accounts_auditevent a WHERE a.verb = 'key.linked' AND a.details->>'key' = k.prefix) AS audited
FROM kyc_key k WHERE k.name LIKE 'chaos %'
"""
SENT = """
SELECT m.state, (SELECT count(*) FROM demo_mail d WHERE d.subject = m.subject) AS mails
FROM accounts_message m WHERE m.subject LIKE 'chaos %'
"""
WAITING = """
SELECT id FROM kyc_key WHERE name LIKE 'chaos %' AND state IN ('unlinked', 'held')
UNION ALL SELECT id FROM accounts_message WHERE subject LIKE 'chaos %' AND state = 'queued'
"""


@pytest.mark.chaos
def test_what_is_killed_loses_and_doubles_nothing(installation: Installation) -> None:
    customer, killer = Customer(installation), Killer(installation)
    customer.start()
    env = environment(installation.state, DJANGO_SETTINGS_MODULE="config.settings")
    mailing = subprocess.Popen([sys.executable, "-c", QUEUES_MAILS, str(MAILS), str(LASTS)], cwd=BASE, env=env)
    killer.spree()
    last_kill = time.monotonic()
    customer.join(timeout=SETTLES_WITHIN)
    assert mailing.wait(timeout=SETTLES_WITHIN) == 0
    until(within=SETTLES_WITHIN, what="all is done", ask=lambda: not rows(installation, WAITING))
    settled = time.monotonic() - last_kill

    keys, mails = rows(installation, LINKED), rows(installation, SENT)
    inactive = [secret for secret in customer.secrets if introspected(installation, secret)["active"] is not True]
    found = {
        "kills": dict(killer.killed),
        "workers_killed_with_a_key_in_hand": killer.at_work,
        "keys": len(keys),
        "keys_lost": sum(key["links"] == 0 for key in keys) + len(inactive),
        "keys_doubled": sum(key["links"] > 1 or key["audited"] > 1 for key in keys),
        "mails": len(mails),
        "mails_lost": MAILS - sum(mail["mails"] > 0 for mail in mails),
        "mails_sent_twice": sum(mail["mails"] > 1 for mail in mails),
        "requests_failed": customer.failures,
        "settled_after_last_kill_s": round(settled, 1),
    }
    figures.keep("chaos", seeds=[SEED], figures=found)
    assert killer.killed == KILLS and killer.at_work > 0
    assert len(customer.secrets) == KEYS <= len(keys) and inactive == []
    assert [key for key in keys if (key["state"], key["links"], key["audited"]) != ("active", 1, 1)] == []
    assert len(mails) == MAILS
    # A mail leaves before its row is settled, as any outside effect: a kill between the two sends it again, under the same id.
    assert [mail for mail in mails if mail["state"] != "sent" or mail["mails"] < 1] == []
