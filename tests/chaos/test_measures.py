"""A measure over many accounts: workers that carry it out are killed again and again, and nobody is restricted twice or
forgotten; and a limit that several customers share is in force on every server within a second."""

import dataclasses
import http.client
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from django.db.backends.signals import connection_created
from django.db.models import Count

from accounts import credentials, scope
from accounts.models import AuditEvent, Organisation
from kyc.keys.appeal_models import Restriction
from kyc.keys.models import Hold
from kyc.networks import carrying, controlling, lifting, measuring
from kyc.networks.measure_models import MeasureMember
from tests import cast, figures
from tests.bench import many, serving
from tests.chaos import workers
from tests.chaos.test_leaks import GATEWAY, Asking, all_told
from tests.chaos.window import until
from tests.figures import Measures
from tests.running import open_folder

pytestmark = pytest.mark.chaos
SEED, ACCOUNTS = 20261130, 150
MEMBERS, LIMIT, ROUNDS, WITHIN = 12, 40, 6, 1.0


def see_everything(*, connection: Any, **_more: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('kh.first', '0', false), set_config('kh.last', %s, false)", [str(scope.LAST)])
        cursor.execute("SELECT set_config('kh.compartment', 'on', false)")


@contextmanager
def as_workers_see() -> Iterator[None]:
    """Also those that are forked, each with a connection of its own."""
    connection.close()
    connection_created.connect(see_everything)
    try:
        yield
    finally:
        connection_created.disconnect(see_everything)
        connection.close()


def carried() -> None:
    lifting.run()
    carrying.run(timedelta())


@pytest.mark.django_db(transaction=True)
def test_every_account_is_restricted_once_however_often_a_worker_is_killed(
    monkeypatch: pytest.MonkeyPatch, measures: Measures
) -> None:
    for module in (carrying, lifting):
        monkeypatch.setattr(module, "QUEUE", dataclasses.replace(module.QUEUE, lease=timedelta(seconds=0.4)))
    first, second = (cast.staff("investigator", name) for name in ("Ines Caldeira", "Vasco Reis"))
    accounts = Organisation.objects.bulk_create(Organisation(name=f"Account {number}") for number in range(ACCOUNTS))
    with as_workers_see():
        with scope.of_officer(first):
            told = {"name": "Mirror", "why": "One card.", "reason": "payment"}
            controller = controlling.take(controlling.propose(**told, members=accounts, by=first), by=second)
            asked = {"kind": "hold", "told": "account", "why": "It copies.", "reason": "harm", "left_out": {}}
            measure = measuring.take(measuring.propose(controller, **asked, by=first), by=second)
        undone = MeasureMember.objects.filter(measure=measure).exclude(state="placed")
        killed, left = workers.killed_and_done(carried, undone, seed=SEED)
        assert set(MeasureMember.objects.values_list("state", flat=True)) == {"placed"}
        assert Hold.objects.live().count() == Restriction.objects.count() == ACCOUNTS
        assert not Restriction.objects.values("organisation").annotate(n=Count("pk")).filter(n__gt=1).exists()
        assert AuditEvent.objects.filter(verb="measure.placed").count() == ACCOUNTS
        with scope.of_officer(first):
            measuring.undo(measure, reason="A school.", by=first)
        held = MeasureMember.objects.filter(state="undoing")
        freed, rest = workers.killed_and_done(carried, held, seed=SEED + 1)
        assert not Hold.objects.live().exists()
        assert AuditEvent.objects.filter(verb="measure.lifted").count() == ACCOUNTS
    measures("workers killed while a measure was placed", f"{killed}; {left} accounts of {ACCOUNTS} were left then")
    measures("workers killed while it was lifted", f"{freed}; {rest} accounts were left then")


def shared(database: psycopg.Connection[Any], number: int) -> None:
    """The customers of that round draw on one limit from now on."""
    database.execute(
        "INSERT INTO kyc_limitpool (id, unit, currency, period, \"limit\", set_at, set_by_id) "
        "VALUES (%s, 'requests', '', 'day', %s, now(), 1)", [number, LIMIT],
    )  # fmt: skip
    database.execute(
        """INSERT INTO kyc_poolmember (pool_id, organisation_id, added_at, added_by_id)
        SELECT %s, n, now(), 1 FROM generate_series(%s::int, %s::int) AS n""",
        [number, (number - 1) * MEMBERS + 1, number * MEMBERS],
    )


def posted(address: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
    headers = {"Authorization": f"Bearer {GATEWAY}", "Content-Type": "application/json"}
    connection.request("POST", path, json.dumps(body), headers)
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    return answer.status, told


def drawn(address: str, token: str, amount: int) -> int:
    """Reserved and settled: the status of the first that was refused, or 200."""
    number = str(uuid4())
    amounts = {"requests": amount}
    wish = {"token": token, "number": number, "amounts": amounts, "ttl": 60}
    status, _told = posted(address, "/api/v1/limits/reserve", wish)
    if status == http.client.OK:
        status, _told = posted(address, "/api/v1/limits/settle", {"number": number, "amounts": amounts})
    return status


def test_a_shared_limit_is_in_force_on_every_server_within_a_second() -> None:
    refused, stale = [], 0
    with ExitStack() as around:
        folder = around.enter_context(open_folder())
        database = around.enter_context(serving.database(folder / "state"))
        tokens = many.make(database, MEMBERS * ROUNDS * many.KEYS_A_CUSTOMER)[:: many.KEYS_A_CUSTOMER]
        gateway = {"prefix": f"'{GATEWAY[:13]}'", "digest": f"'{credentials.digest(GATEWAY)}'"}
        many.fill(database, "accounts_gatewaycredential", 1, id="1", name="'test'", **gateway)
        servers = [
            around.enter_context(serving.running(folder / "state", "config.settings", is_bench=False))[0] for _ in range(2)
        ]
        for number in range(1, ROUNDS + 1):
            own = tokens[(number - 1) * MEMBERS : number * MEMBERS]
            spender, watched = own[0], own[-1]
            shared(database, number)
            asking = [Asking(address, watched) for address in servers]
            for one in asking:
                one.start()
            until(within=30, what="both servers say that it is good", ask=partial(all_told, asking, "good"))
            # Two draw beside the one that is watched, and the second takes the last of it.
            assert drawn(servers[0], own[1], LIMIT - 1) == http.client.OK
            assert drawn(servers[1], spender, 2) == http.client.FORBIDDEN
            assert drawn(servers[number % 2], spender, 1) == http.client.OK
            ended = time.monotonic()
            until(within=30, what="both servers refuse it", ask=partial(all_told, asking, "refused"))
            for one in asking:
                one.ends.set()
                one.join()
            refused.append(max(max(one.good) for one in asking) - ended)
            stale += sum(asked > ended for one in asking for asked in one.good)
    figures.keep(
        "shared limits",
        seeds=[],
        figures={
            "rounds": f"{ROUNDS} of {MEMBERS} customers each",
            "last good answer after the limit was used up, s": f"most {max(0.0, *refused):.3f}",
            "good answers asked for after that": stale,
        },
    )
    assert max(refused) < WITHIN and not stale
