"""Rows, their sums and the batch stand or fall together: sent twice at once, killed in the middle, behind walls."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.models import Sum
from django.utils import timezone

from accounts import partitions, scope
from accounts.models import GatewayCredential, Range
from kyc.keys import lapsing
from kyc.keys.models import Key, KeyUse
from kyc.rules import packs
from kyc.usage import intake
from kyc.usage.models import COUNTERS, UsageBatch, UsageDay, UsageRow
from tests.kyc.keys.scenes import Issued, issue
from tests.kyc.usage.scenes import issued_long_ago, row, sent, this_hour

BASE = Path(__file__).parents[3]


def sums(model: Any) -> dict[str, Any]:
    with scope.everything():
        return model.objects.aggregate(**{name: Sum(name) for name in COUNTERS})


@pytest.mark.django_db
class TestTake:
    def test_sums_are_those_of_the_rows_over_hours_models_and_countries(self, gateway: GatewayCredential, linked: Issued) -> None:
        issued_long_ago()
        for turn in range(4):
            rows = [
                row(
                    linked.key.prefix, this_hour() - timedelta(hours=7 * place), place + turn, model=f"m{place % 3}",
                    country=("", "NO", "DE")[place % 3], tokens_in=place, tokens_out=turn, errors=place // 2, refusals=place // 3,
                )
                for place in range(20)
            ]  # fmt: skip
            intake.take(sent(*rows), credential=gateway)
        assert sums(UsageRow) == sums(UsageDay) != dict.fromkeys(COUNTERS)
        assert UsageDay.objects.count() < UsageRow.objects.count() == 80

    def test_whose_a_networks_addresses_are_is_kept_as_it_was_when_the_row_came(
        self, gateway: GatewayCredential, linked: Issued
    ) -> None:
        issued_long_ago()
        Range.objects.create(source="b", asn=64500, hub="vpn")
        Range.objects.create(source="a", asn=64500, hub="cloud")
        told = [row(linked.key.prefix, this_hour(), 1, asn=asn) for asn in (64500, 64501)] + [row(linked.key.prefix, this_hour())]
        intake.take(sent(*told), credential=gateway)
        Range.objects.all().delete()
        intake.take(sent(row(linked.key.prefix, this_hour(), 1, asn=64500)), credential=gateway)
        assert list(UsageRow.objects.order_by("pk").values_list("access", flat=True)) == ["cloud", "", "", ""]

    def test_no_hour_before_the_key_was_issued(self, gateway: GatewayCredential, linked: Issued) -> None:
        before = row(linked.key.prefix, this_hour() - timedelta(hours=3))
        answer = intake.take(sent(before, row(linked.key.prefix, this_hour())), credential=gateway)
        assert (answer["accepted"], answer["bad"][0]["rows"]) == (1, [0])
        assert answer["bad"][0]["reason"].startswith("hour: The key was not issued yet")

    def test_an_empty_rest_leaves_only_the_batch(self, gateway: GatewayCredential) -> None:
        answer = intake.take(sent("no row"), credential=gateway)
        assert (answer["accepted"], answer["refused"], UsageBatch.objects.count()) == (0, 1, 1)

    def test_nothing_is_left_of_one_that_fails(self, gateway: GatewayCredential, linked: Issued, monkeypatch: Any) -> None:
        monkeypatch.setattr(intake, "add_up", lambda rows: 1 / 0)
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            intake.take(sent(row(linked.key.prefix, this_hour())), credential=gateway)
        assert (UsageBatch.objects.count(), sums(UsageRow)["requests"]) == (0, None)

    def test_it_costs_a_few_statements_however_many_rows(self, gateway: GatewayCredential, linked: Issued, reads: Any) -> None:
        intake.take(sent(row(linked.key.prefix, this_hour())), credential=gateway)
        for count in (1, 500):
            batch = sent(*[row(linked.key.prefix, this_hour())] * count)
            with reads(at_most=10):
                intake.take(batch, credential=gateway)

    def test_what_it_tells_of_is_use_and_goes_only_forward(self, gateway: GatewayCredential, linked: Issued) -> None:
        issued_long_ago()
        hours = [this_hour() - timedelta(hours=back) for back in (5, 2, 9)]
        intake.take(
            sent(*[row(linked.key.prefix, hour) for hour in hours], row(linked.key.prefix, this_hour(), 0)), credential=gateway
        )
        assert KeyUse.objects.get().last_used_at == hours[1]
        intake.take(sent(row(linked.key.prefix, hours[0])), credential=gateway)
        assert KeyUse.objects.get().last_used_at == hours[1]
        intake.take(sent(row(linked.key.prefix, this_hour())), credential=gateway)
        assert KeyUse.objects.get().last_used_at == this_hour()

    def test_a_key_in_daily_use_is_not_idle(self, gateway: GatewayCredential, linked: Issued) -> None:
        Key.objects.update(issued_at=timezone.now() - timedelta(days=packs.current().key_days("idle") + 1))
        assert linked.key in lapsing.idle()
        intake.take(sent(row(linked.key.prefix, this_hour())), credential=gateway)
        assert not lapsing.idle().exists()


@pytest.mark.django_db
class TestWalls:
    def test_one_organisation_is_shown_its_own(self, gateway: GatewayCredential, linked: Issued, sorvik: Any) -> None:
        other = issue(sorvik)
        rows = [row(one.key.prefix, this_hour(), n) for n, one in enumerate((linked, other), start=1)]
        intake.take(sent(*rows), credential=gateway)
        with scope.of(linked.key.organisation_id):
            assert sums_seen() == ([1], [1])
        with scope.of(other.key.organisation_id):
            assert sums_seen() == ([2], [2])
        with scope.opened(scope.NOTHING):
            assert sums_seen() == ([], [])

    @pytest.mark.parametrize("statement", ["SELECT * FROM {}", "DELETE FROM {}", "UPDATE {} SET requests = 0", "DROP TABLE {}"])
    def test_a_month_itself_is_read_and_changed_by_nobody(
        self, gateway: GatewayCredential, linked: Issued, statement: str
    ) -> None:
        intake.take(sent(row(linked.key.prefix, this_hour())), credential=gateway)
        month = f"{partitions.SCHEMA_NAME}.{partitions.name_of(UsageRow, this_hour().date())}"
        with (
            pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement.format(month))

    @pytest.mark.parametrize(
        ("column", "value", "wall"),
        [
            ("requests", "-1", "usage_is_never_negative"),
            ("hour", "date_trunc('hour', now()) + '1 minute'", "usage_is_of_a_whole_hour"),
        ],
    )
    def test_the_database_refuses_what_no_row_can_say(
        self, gateway: GatewayCredential, linked: Issued, column: str, value: str, wall: str
    ) -> None:
        intake.take(sent(row(linked.key.prefix, this_hour())), credential=gateway)
        kept = {name: f"'{told}'" for name, told in UsageRow.objects.values().get().items() if told is not None}
        changed = {**kept, "id": "1", column: value}
        month = f"{partitions.SCHEMA_NAME}.{partitions.name_of(UsageRow, this_hour().date())}"
        with pytest.raises(IntegrityError, match=wall), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {month} ({', '.join(changed)}) VALUES ({', '.join(changed.values())})")


def sums_seen() -> tuple[list[int], list[int]]:
    return (
        list(UsageRow.objects.order_by("pk").values_list("requests", flat=True)),
        list(UsageDay.objects.order_by("pk").values_list("requests", flat=True)),
    )


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_the_same_batch_sent_by_four_counts_once(self, gateway: GatewayCredential, linked: Issued) -> None:
        batch = sent(*[row(linked.key.prefix, this_hour(), place) for place in range(200)])
        barrier = threading.Barrier(intake.AT_ONCE)

        def take(_turn: int) -> Any:
            barrier.wait()
            try:
                return intake.take(batch, credential=gateway)
            finally:
                connection.close()

        with ThreadPoolExecutor(intake.AT_ONCE) as pool:
            answers = list(pool.map(take, range(intake.AT_ONCE)))
        assert all(answer == answers[0] for answer in answers)
        assert (sums(UsageRow)["requests"], sums(UsageDay)["requests"], UsageBatch.objects.count()) == (19900, 19900, 1)

    def test_different_batches_of_the_same_keys_are_all_counted(self, gateway: GatewayCredential, linked: Issued) -> None:
        def take(turn: int) -> None:
            rows = [
                row(linked.key.prefix, this_hour(), 1, model=f"m{(place * (1 if turn % 2 else -1)) % 7}") for place in range(60)
            ]
            try:
                while True:
                    try:
                        return intake.take(sent(*rows), credential=gateway) and None
                    except intake.Busy:
                        continue
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(take, range(12)))
        assert (sums(UsageRow)["requests"], sums(UsageDay)["requests"]) == (720, 720)


KILLED = """
import os, sys, uuid
sys.path.insert(0, {base!r})
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
from django.db import connection
connection.settings_dict.update(NAME={name!r}, USER={user!r})
from accounts.models import GatewayCredential
from kyc.usage import intake
from tests.kyc.usage.scenes import row, sent
from datetime import datetime
def die(*_):
    os.kill(os.getpid(), {signal})
setattr(intake.{where}, {what!r}, die)
batch = sent(*[row({prefix!r}, datetime.fromisoformat({hour!r}), place) for place in range(100)], batch=uuid.UUID({number!r}))
intake.take(batch, credential=GatewayCredential.objects.get())
"""


@pytest.mark.django_db(transaction=True)
class TestKilled:
    """A process dies at once (kill -9) after the rows are copied, and after everything but the commit."""

    @pytest.mark.parametrize(("where", "what"), [("__dict__['pools']", "charge"), ("UsageBatch.objects", "filter")])
    def test_in_the_middle_leaves_nothing_and_the_replay_counts_once(
        self, gateway: GatewayCredential, linked: Issued, where: str, what: str
    ) -> None:
        number, hour = uuid4(), this_hour()
        held = connection.settings_dict
        script = KILLED.format(
            base=str(BASE), name=held["NAME"], user=held["USER"], signal=int(signal.SIGKILL), where=where, what=what,
            prefix=linked.key.prefix, hour=hour.isoformat(), number=str(number),
        )  # fmt: skip
        if what == "filter":
            # The first question for the batch is answered; the second would write the answer.
            script = script.replace("def die(*_):", "asked = []\ntrue = intake.UsageBatch.objects.filter\ndef die(*_, **which):\n"
                                    "    asked.append(1)\n    if len(asked) == 1: return true(**which)")  # fmt: skip
        died = subprocess.run(
            [sys.executable, "-c", script], cwd=BASE, env=os.environ, capture_output=True, timeout=60, check=False
        )
        assert died.returncode == -signal.SIGKILL, died.stderr.decode()
        assert (sums(UsageRow)["requests"], sums(UsageDay)["requests"], UsageBatch.objects.count()) == (None, None, 0)
        batch = sent(*[row(linked.key.prefix, hour, place) for place in range(100)], batch=number)
        first = intake.take(batch, credential=gateway)
        assert first == intake.take(batch, credential=gateway)
        assert (sums(UsageRow)["requests"], sums(UsageDay)["requests"]) == (4950, 4950)
        assert Key.objects.count() == 1
