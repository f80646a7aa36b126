"""What taking in usage costs, beside COPY alone of the same rows into the same table.

A batch of ten thousand rows, as a gateway of many customers sends: a hundred keys, three hours, each key two models and three
countries, and for each row hashes of its own. Ratios in one run, on a table that grows meanwhile.
"""

import itertools
import json
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from random import Random
from statistics import median
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test import Client
from psycopg import sql

from accounts import credentials, partitions
from kyc.keys import pools
from kyc.keys.models import Key
from kyc.keys.pool_models import LimitPool, PoolWindow
from kyc.usage import intake, months
from kyc.usage.intake import COPIED, MOST_ROWS, Sent
from kyc.usage.models import UsageRow
from tests import figures
from tests.bench.timing import side_by_side, told
from tests.kyc.cases.conftest import ana, case, nordlys, rui, the_list  # noqa: F401  # fixtures
from tests.kyc.keys.conftest import entity, issued, linked  # noqa: F401  # fixtures
from tests.kyc.keys.scenes import Issued
from tests.kyc.usage.scenes import issued_long_ago, this_hour

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]
SEED, KEYS, ROUNDS = 20261130, 100, 12
ALONE = "COPY alone"


def prefixes(linked: Issued) -> list[str]:  # noqa: F811
    """Of a hundred keys of one customer; half of the pools that there may be limit them."""
    found = [f"kh_live_bench{number:07}" for number in range(KEYS)]
    key = linked.key
    told_of = {
        "organisation": key.organisation,
        "project": key.project,
        "responsible": key.responsible,
        "issued_by": key.issued_by,
    }
    Key.objects.bulk_create(
        Key(**told_of, name=prefix, prefix=prefix, last_four="0000", digest="0" * 64, pepper_version="1") for prefix in found
    )
    issued_long_ago()
    for period in ("day", "month"):
        LimitPool.objects.create(
            organisation=key.organisation,
            unit="requests",
            period=period,
            limit=10**12,
            set_at=key.issued_at,
            set_by=key.issued_by,
        )
    return found


def rows_of(draw: Random, keys: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "key": draw.choice(keys), "hour": (this_hour() - timedelta(hours=draw.randrange(3))).isoformat(),
            "model": f"model-{draw.randrange(2)}", "requests": draw.randrange(1, 100), "tokens_in": draw.randrange(100_000),
            "tokens_out": draw.randrange(10_000), "errors": 0, "refusals": 0, "ip_hash": f"{draw.getrandbits(128):032x}",
            "asn": draw.randrange(2**16), "country": draw.choice(("NO", "DE", "SG")),
            "client": f"{draw.getrandbits(128):032x}", "template": f"{draw.getrandbits(128):032x}",
            "end_user": f"{draw.getrandbits(128):032x}",
        }
        for _number in range(MOST_ROWS)
    ]  # fmt: skip


def copy_alone(lines: Callable[[], str]) -> None:
    table = sql.Identifier(partitions.SCHEMA_NAME, partitions.name_of(UsageRow, this_hour().date()))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(table, sql.SQL(", ").join(map(sql.Identifier, COPIED)))
    with connection.cursor() as cursor, cursor.cursor.copy(statement) as copy:
        copy.write(lines())


class TestUsage:
    def test_beside_copy_alone(self, linked: Issued) -> None:  # noqa: F811
        months.make()
        draw = Random(SEED)
        rows = rows_of(draw, prefixes(linked))
        gateway, credential = credentials.issue(name="edge", by=None)
        read, _elsewhere, bad = intake.read(rows, gateway, this_hour() + timedelta(minutes=30))
        assert not bad
        same = [row._replace(hour=this_hour()) for row in read]
        number = itertools.count(2**40)
        client = Client(headers={"Authorization": f"Bearer {credential}"})

        def lines() -> str:
            first = next(number) << 14
            texts = ("\t".join("\\N" if v is None else str(v) for v in (first + place, *row)) for place, row in enumerate(same))
            return "\n".join(texts) + "\n"

        prepared = [lines() for _turn in range(ROUNDS + 2)]

        def take() -> None:
            number_of = uuid4()
            assert intake.take(Sent(number_of, rows, sha256(number_of.bytes).hexdigest()), credential=gateway)["refused"] == 0

        def post() -> None:
            body = json.dumps({"batch": str(uuid4()), "rows": rows}).encode()
            answer = client.generic("POST", "/api/v1/usage", body, content_type="application/json")
            assert answer.status_code == 200 and answer.json()["accepted"] == MOST_ROWS

        work = {ALONE: lambda: copy_alone(prepared.pop), "taken in, with sums and limits": take, "by HTTP, as JSON": post}
        taken = side_by_side(work, rounds=ROUNDS, warm_up=2)
        rate = {f"{name}, rows a second": f"{MOST_ROWS / median(times) * 1000:,.0f}" for name, times in taken.items()}
        figures.keep("usage", seeds=[SEED], figures={"rows a batch": MOST_ROWS, **told(taken, beside=ALONE), **rate})
        assert UsageRow.objects.count() == 3 * (ROUNDS + 2) * MOST_ROWS


@pytest.mark.django_db(transaction=True)
class TestPools:
    """A reservation and its settling on a key that stands in four pools, beside the least that could count: one UPDATE of one row
    in a transaction of its own."""

    def test_beside_one_update(self, linked: Issued) -> None:  # noqa: F811
        key, at = linked.key, linked.key.issued_at
        for of in ({}, {"key": key}):
            for period in ("day", "month"):
                LimitPool.objects.create(
                    organisation=key.organisation,
                    unit="requests",
                    period=period,
                    limit=10**12,
                    set_at=at,
                    set_by=key.issued_by,
                    **of,
                )

        def reserve() -> None:
            made.append(pools.reserve(key, {"requests": 1}, ttl=timedelta(minutes=1), number=uuid4()).pk)

        def one_update() -> None:
            with transaction.atomic():
                PoolWindow.objects.filter(pk=window).update(spent=F("spent") + 0)

        made: list[Any] = []
        reserve()
        window = PoolWindow.objects.latest("pk").pk
        work = {
            "one UPDATE": one_update,
            "reserve on four pools": reserve,
            "settle them": lambda: pools.settle(made.pop(), {"requests": 1}),
            "what is left, one query": lambda: pools.left_of(key.pk),
        }
        taken = side_by_side(work, rounds=200)
        figures.keep("pools", seeds=[], figures={"rounds": 200, **told(taken, beside="one UPDATE")})
        assert PoolWindow.objects.get(pk=window).spent == 220
