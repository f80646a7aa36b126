"""A key found in public: dead within a second wherever it is asked about, and its owner written to within a minute.

Two servers of two processes each, a worker and the beat, as they run; the finder tells one of the servers, and both are asked all
the while."""

import base64
import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import psycopg
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from accounts import credentials
from tests import figures
from tests.bench import many, serving
from tests.chaos.window import until
from tests.running import BASE, ENDS_WITHIN, environment, open_folder

pytestmark = pytest.mark.chaos
WARMING, NO_KEY = 8, "kh_live_no"
LEAKS, DEAD_WITHIN, TOLD_WITHIN = 12, 1.0, 60.0
GATEWAY = f"khgw_abcdef12_{'x' * 43}"
CELERY = [str(Path(sys.executable).with_name("celery")), "--quiet", "-A", "config.celery"]
WORKER = ["worker", "--loglevel", "ERROR", "--concurrency", "2", "--without-gossip", "--without-mingle", "--without-heartbeat"]
BEAT = ["beat", "--loglevel", "ERROR", "--scheduler", "config.sweep:Sweeper", "--pidfile=", "--schedule="]
SENT = "SELECT 1 FROM accounts_message WHERE \"to\" = %s AND state = 'sent'"


@contextmanager
def working(state: Path) -> Iterator[None]:
    """A worker and the beat of that installation."""
    around = environment(state, C_FORCE_ROOT="1")
    processes = [subprocess.Popen([*CELERY, *what], cwd=BASE, env=around) for what in (WORKER, BEAT)]
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=ENDS_WITHIN)


@dataclass
class Asking(threading.Thread):
    """Asks one server about one key, over and over; when each good answer was asked for."""

    address: str
    key: str
    good: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    ends: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        connection = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=30)
        headers = {"Authorization": f"Bearer {GATEWAY}", "Content-Type": "application/x-www-form-urlencoded"}
        while not self.ends.wait(0.005):
            asked = time.monotonic()
            connection.request("POST", "/api/v1/introspect", urlencode({"token": self.key}), headers)
            is_good = json.loads(connection.getresponse().read())["active"]
            (self.good if is_good else self.refused).append(asked)
        connection.close()


def filled(database: psycopg.Connection) -> list[str]:  # type: ignore[type-arg]  # of any rows
    """Keys of so many customers, one each, and each has an owner with an address."""
    tokens = many.make(database, LEAKS * many.KEYS_A_CUSTOMER)[:: many.KEYS_A_CUSTOMER]
    many.fill(database, "accounts_user", LEAKS, id="n", email="'owner' || n || '@customer.example'", is_active="true")
    many.fill(database, "accounts_membership", LEAKS, organisation_id="n", user_id="n", role="'owner'")
    shown = {"prefix": f"'{GATEWAY[:13]}'", "digest": f"'{credentials.digest(GATEWAY)}'"}
    many.fill(database, "accounts_gatewaycredential", 1, id="1", name="'test'", **shown)
    return tokens


def finder(folder: Path) -> tuple[Path, Callable[[str, str, str], None]]:
    """The file of its key, and how it tells a server of a key."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    file = folder / "finders.json"
    file.write_text(json.dumps({"public_keys": [{"key_identifier": "ours", "key": pem, "is_current": True}]}))
    file.chmod(0o644)

    def tell(address: str, token: str, label: str) -> None:
        body = json.dumps([{"token": token, "type": "keyholder_api_key", "url": "https://code.example/a", "source": "commit"}])
        signature = base64.b64encode(key.sign(body.encode(), ec.ECDSA(hashes.SHA256()))).decode()
        headers = {"Github-Public-Key-Identifier": "ours", "Github-Public-Key-Signature": signature}
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
        connection.request("POST", "/api/v1/leaks", body, {**headers, "Content-Type": "application/json"})
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())[0]["label"]) == (200, label)
        connection.close()

    return file, tell


def all_told(asking: list[Asking], what: str) -> bool:
    return all(getattr(one, what) for one in asking)


def test_it_is_dead_within_a_second_and_its_owner_told_within_a_minute() -> None:
    dead, answered, told, stale = [], [], [], 0
    with ExitStack() as around:
        folder = around.enter_context(open_folder())
        database = around.enter_context(serving.database(folder / "state"))
        tokens = filled(database)
        file, tell = finder(folder)
        servers = [
            around.enter_context(serving.running(folder / "state", "config.settings", is_bench=False, LEAK_FINDERS=str(file)))[0]
            for _ in range(2)
        ]
        around.enter_context(working(folder / "state"))
        # Each process has answered before, as on every installation that has run for a moment.
        for address in servers * WARMING:
            tell(address, NO_KEY, "false_positive")
        for number, token in enumerate(tokens, start=1):
            asking = [Asking(address, token) for address in servers]
            for one in asking:
                one.start()
            until(within=30, what="both servers say that it is good", ask=partial(all_told, asking, "good"))
            began = time.monotonic()
            tell(servers[number % 2], token, "true_positive")
            ended = time.monotonic()
            until(within=30, what="both servers refuse it", ask=partial(all_told, asking, "refused"))
            mail = partial(database.execute, SENT, [f"owner{number}@customer.example"])
            until(within=TOLD_WITHIN, what=f"owner {number} is written to", ask=lambda: mail().fetchone())  # noqa: B023  # now
            told.append(time.monotonic() - began)
            for one in asking:
                one.ends.set()
                one.join()
            # The last question that was still answered with yes; one that was on its way then came before the report.
            dead.append(max(max(one.good) for one in asking) - began)
            answered.append(ended - began)
            stale += sum(asked > ended for one in asking for asked in one.good)
    figures.keep(
        "leaks",
        seeds=[],
        figures={
            "leaks": LEAKS,
            "last good answer after the report, s": f"median {max(0, median(dead)):.3f}, most {max(0, *dead):.3f}",
            "the report answered, s": f"median {median(answered):.3f}, most {max(answered):.3f}",
            "good answers asked for after that": stale,
            "owner's mail sent, s": f"median {median(told):.2f}, most {max(told):.2f}",
        },
    )
    assert len(told) == LEAKS and not stale
    assert max(dead) < DEAD_WITHIN and max(answered) < DEAD_WITHIN and max(told) < TOLD_WITHIN
