"""What it takes to say whose an account is that has just shown something new, while others are asked for and signals come in.

A world of `ATTACHING_ACCOUNTS` accounts (100,000 unless said otherwise; a million has 14 million signals), copied in. Half of
each hand stands in a network, drawn by chance; asked for are the other half and as many strangers. How far what is answered
agrees with the next building tells test_network_run.py.
"""

import multiprocessing
import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Any

import duckdb
import numpy as np
import pytest
from django.db import connection, connections

from accounts import counting, scope, signals
from accounts.models import Organisation
from accounts.signals import Seen
from kyc.networks import arising
from kyc.networks.network_models import ALERT_SIZE, Network
from tests import figures
from tests.bench import worlds
from tests.conftest import owner
from tests.networked import network_of

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]
SEED = 20261130
ACCOUNTS = int(os.environ.get("ATTACHING_ACCOUNTS", "100000"))
ASKERS, WRITERS, QUESTIONS = 2, 2, 3000
# Of each asker and each writer, as far as the machine keeps up; what it did is told.
QUESTIONS_A_SECOND, BATCHES_A_SECOND = 20, 30
MOST_MILLISECONDS, LEAST_RIGHT = 20, 0.99
FOUNDED = """
INSERT INTO accounts_organisation (id, name, created_at, sandbox, closing_reason)
SELECT number, 'x', now(), '', '' FROM generate_series(1, %s) AS number
"""
MEMBERS = """
INSERT INTO kyc_networkmembership (network_id, organisation_id, via, confidence, since, how, run_id)
SELECT %s, unnest(%s::bigint[]), ARRAY['payment'], 0.95, now(), 'run', %s
"""


@pytest.fixture
def world(tmp_path: Path, transactional_db: None) -> worlds.World:
    made = worlds.make(ACCOUNTS, seed=SEED)
    file = tmp_path / "signals.csv"
    with duckdb.connect() as db:
        db.execute("SET threads = 2")
        made.write(tmp_path / "signals.parquet")
        # The rows as the table has them.
        db.execute(
            f"""COPY (SELECT account + 1, type, md5(type || value)::UUID, first_seen, last_seen, count
                FROM '{tmp_path / "signals.parquet"}') TO '{file}' (FORMAT csv, HEADER false)"""
        )
    with owner(), connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(FOUNDED, [ACCOUNTS])
        columns = "(organisation_id, type, value, first_seen, last_seen, count)"
        with cursor.cursor.copy(f"COPY accounts_signal {columns} FROM STDIN (FORMAT csv)") as copy, file.open("rb") as rows:
            while part := rows.read(1 << 20):
                copy.write(part)
        cursor.execute("VACUUM (ANALYZE) accounts_signal")
    return made


def hands(world: worlds.World) -> tuple[dict[int, int], list[int]]:
    """Makes a network of half of each; the other halves with the network of each, and as many who are in none."""
    random, asked = Random(SEED), dict[int, int]()
    members: dict[int, list[int]] = {int(number): [] for number in np.unique(world.network[world.network >= 0])}
    for account in np.flatnonzero(world.network >= 0):
        members[int(world.network[account])].append(int(account) + 1)
    large = [those for those in members.values() if len(those) >= 20]
    for those in large:
        random.shuffle(those)
        half = len(those) // 2
        network = network_of(list(Organisation.objects.filter(pk__in=those[:1])), {})
        with scope.whole(), connection.cursor() as cursor:
            cursor.execute(MEMBERS, [network.pk, those[1:half], network.found_in_id])
            Network.objects.filter(pk=network.pk).update(size=half, is_alert=half >= ALERT_SIZE)
        asked |= dict.fromkeys(those[half:], network.pk)
    in_hands = {account for those in members.values() for account in those}
    return asked, [number for number in range(1, ACCOUNTS + 1) if number not in in_hands]


class Load:
    """Others at work until it is stopped, each a process of his own, as workers and web servers are."""

    def __init__(self, accounts: list[int]) -> None:
        self.accounts, fork = accounts, multiprocessing.get_context("fork")
        self.stopped = fork.Event()
        self.done = {"asked": fork.Value("q", 0), "left": fork.Value("q", 0)}
        self.processes = [fork.Process(target=self.ask, args=(number,)) for number in range(ASKERS)]
        self.processes += [fork.Process(target=self.leave, args=(number,)) for number in range(WRITERS)]

    def ask(self, number: int) -> None:
        random = Random(number)
        while not self.stopped.is_set():
            with scope.whole():
                arising.ties(random.choice(self.accounts))
            self.count("asked", 1)
            time.sleep(random.expovariate(QUESTIONS_A_SECOND))

    def leave(self, number: int) -> None:
        random, now = Random(number), datetime.now(UTC)
        while not self.stopped.is_set():
            texts = [f"203.0.{random.randrange(256)}.{random.randrange(256)}" for _ in range(3)]
            values = [value for text in texts if (value := signals.value("login_ip", text))]
            signals.leave_all([Seen(random.choice(self.accounts), "login_ip", value, now, now) for value in values])
            self.count("left", len(values))
            time.sleep(random.expovariate(BATCHES_A_SECOND))

    def count(self, what: str, many: int) -> None:
        with self.done[what].get_lock():
            self.done[what].value += many

    def __enter__(self) -> "Load":
        # Each opens a connection of its own.
        connections.close_all()
        for process in self.processes:
            process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        for process in self.processes:
            process.join(timeout=30)


@dataclass
class Timed:
    """Milliseconds of each question, by the clock and of processor time; and of whom a network was found for which, and whether
    it would be attached."""

    taken: list[float] = field(default_factory=list)
    spent: list[float] = field(default_factory=list)
    found: dict[int, tuple[int, bool]] = field(default_factory=dict)


def timed(accounts: list[int]) -> Timed:
    all = Timed()
    for account in accounts:
        spent, started = processor(), time.perf_counter()
        with scope.whole():
            ties = arising.ties(account)
        all.taken.append((time.perf_counter() - started) * 1000)
        all.spent.append(processor() - spent)
        if ties:
            all.found[account] = ties[0].network, ties[0].is_certain and len(ties) == 1
    return all


def processor() -> float:
    """Milliseconds that this process and the database's for it have had, however many others want the processor."""
    connection.ensure_connection()
    of_database = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text().split()[0]
    return time.process_time() * 1000 + int(of_database) / 1_000_000


def shares(found: dict[int, tuple[int, bool]], ours: list[int], hidden: dict[int, int], world: worlds.World) -> dict[str, str]:
    """Of accounts of hands how many were attached to their network or proposed to it, and how many of all that were attached are
    there rightly."""
    attached = {account: network for account, (network, is_certain) in found.items() if is_certain}
    right = [account for account in ours if attached.get(account) == hidden[account]]
    proposed = [a for a in ours if a in found and a not in attached and found[a][0] == hidden[a]]
    told = {
        "of a hand, attached to its network": f"{len(right) / len(ours):.1%} of {len(ours)}",
        "of a hand, proposed to it": f"{len(proposed) / len(ours):.1%}",
        "attached, and rightly": f"{len(right)} of {len(attached)}, {len(right) / max(1, len(attached)):.1%}",
    }
    for number, level in enumerate(worlds.LEVELS):
        mine = [account for account in ours if world.level[account - 1] == number]
        told[f"{level}, attached"] = f"{len({*right} & {*mine}) / max(1, len(mine)):.1%} of {len(mine)}"
    return told


def nothing(times: int) -> list[float]:
    """Milliseconds of the least that can be asked, at the same moment: what the machine itself takes."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        with scope.whole(), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def told(taken: list[float]) -> str:
    cuts = quantiles(taken, n=100)
    return f"median {median(taken):.1f} ms, 95 % within {cuts[94]:.1f} ms, 99 % within {cuts[98]:.1f} ms"


def test_whose_an_account_is(world: worlds.World) -> None:
    hidden, strangers = hands(world)
    started = time.perf_counter()
    counting.count()
    counted = time.perf_counter() - started
    with owner(), connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) accounts_signalvalue")
        cursor.execute("ANALYZE kyc_networkmembership")
    random = Random(SEED)
    ours = random.sample([*hidden], min(len(hidden), QUESTIONS // 2))
    others = random.sample(strangers, QUESTIONS - len(ours))
    timed(others[:200])
    alone = timed(ours[:500] + others[:500])
    with Load([*hidden, *strangers[:20_000]]) as load:
        began = time.perf_counter()
        of_ours, of_others = timed(ours), timed(others)
        lasted = time.perf_counter() - began
        least = nothing(500)
    busy, found = of_ours.taken + of_others.taken, of_ours.found | of_others.found
    asked, left = (load.done[what].value for what in ("asked", "left"))
    result: dict[str, Any] = {
        "accounts": ACCOUNTS,
        "signals": len(world.signals["account"]),
        "alone": told(alone.taken),
        "alone, processor time": told(alone.spent),
        "under load": told(busy),
        "SELECT 1 under load": told(least),
        "load beside": f"{asked / lasted:.0f} questions and {left / lasted:.0f} signals a second",
        **shares(found, ours, hidden, world),
        "of no hand, attached or proposed": f"{len(of_others.found) / len(others):.2%} of {len(others)}",
        "counting all values": f"{counted:.1f} s",
        "load average": os.getloadavg()[0],
    }
    figures.keep("attaching", seeds=[SEED], figures=result)
    assert quantiles(busy, n=100)[94] < MOST_MILLISECONDS
    attached = {account: network for account, (network, is_certain) in found.items() if is_certain}
    right = [account for account, network in attached.items() if hidden.get(account) == network]
    assert len(right) >= LEAST_RIGHT * len(attached)
