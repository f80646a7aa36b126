"""Months are made ahead, and dropped when the last row in them is past its period."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from accounts import legal_holds, partitions, retention
from accounts.models import Disposal, GatewayCredential, LegalHold
from kyc.usage import disposal, intake, months
from kyc.usage.models import UsageBatch, UsageRow
from tests.conftest import acting_as
from tests.kyc.keys.scenes import Issued, issue
from tests.kyc.usage.scenes import issued_long_ago, row, sent, this_hour

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2025, 5, 20, 8, tzinfo=UTC)
LAST_YEARS = date(2025, 5, 1)


@pytest.fixture(autouse=True)
def no_months(transactional_db: None) -> Any:
    """What this file makes, it takes away."""
    before = set(partitions.months(UsageRow))
    yield
    with acting_as("eraser"):
        for month in set(partitions.months(UsageRow)) - before:
            if partitions.after(month) <= timezone.now().date():
                partitions.drop(UsageRow, month)


class TestMake:
    def test_this_month_and_the_two_to_come_once(self) -> None:
        made = months.make()
        assert {*months.needed()} <= {*partitions.months(UsageRow)}
        assert (months.make(), months.QUEUE.is_waiting()) == (0, False)
        assert made <= 3

    def test_batches_that_nobody_asks_about_go(self, gateway: GatewayCredential) -> None:
        months.make()
        for days in (0, 69, 71):
            batch = sent(f"{days}")
            intake.take(batch, credential=gateway)
            UsageBatch.objects.filter(batch=batch.batch).update(received_at=timezone.now() - timedelta(days=days))
        assert months.QUEUE.is_waiting()
        months.make()
        assert UsageBatch.objects.count() == 2

    @pytest.mark.parametrize("table", ["kyc_key", "no_such", "pg_class"])
    def test_of_no_other_table(self, table: str) -> None:
        with pytest.raises(IntegrityError, match="not divided by months"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT kh_make_month(%s, current_date)", [table])

    def test_none_that_is_far_away(self) -> None:
        with pytest.raises(IntegrityError, match="too far away"), transaction.atomic():
            partitions.make(UsageRow, date(2031, 1, 1))

    def test_the_app_drops_none(self) -> None:
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            partitions.drop(UsageRow, LAST_YEARS)

    def test_nor_the_eraser_one_that_is_not_over(self) -> None:
        months.make()
        with acting_as("eraser"), pytest.raises(IntegrityError, match="not over"), transaction.atomic():
            partitions.drop(UsageRow, this_hour().date())


class TestDispose:
    def on(self, day: date) -> Disposal | None:
        with acting_as("eraser"):
            return disposal.dispose_of_rows(day)

    def test_a_month_goes_two_years_after_its_last_day(self, gateway: GatewayCredential, linked: Issued) -> None:
        issued_long_ago()
        intake.take(sent(row(linked.key.prefix, NOW), row(linked.key.prefix, NOW)), credential=gateway, now=NOW)
        assert self.on(date(2027, 5, 31)) is None
        assert UsageRow.objects.count() == 2
        made = self.on(date(2027, 6, 2))
        assert made is not None
        assert (made.record_class, made.rows) == ("usage_rows", {"kyc_usagerow": {"count": 2}})
        assert LAST_YEARS not in partitions.months(UsageRow)
        assert self.on(date(2027, 6, 2)) is None

    def test_a_legal_hold_keeps_the_rows_of_who_it_is_on(
        self, gateway: GatewayCredential, linked: Issued, sorvik: Any, rui: Any
    ) -> None:
        rows = [row(one.key.prefix, NOW) for one in (linked, issue(sorvik))]
        issued_long_ago()
        intake.take(sent(*rows), credential=gateway, now=NOW)
        told = {"source": "court", "reference": "7", "asked_by": "A court", "reason": "It asked.", "since": date(2026, 1, 1)}
        legal_holds.place(linked.key.organisation, **told, by=rui)
        made = self.on(date(2027, 6, 2))
        assert made is not None and made.rows["kyc_usagerow"]["count"] == 1
        assert list(UsageRow.objects.values_list("organisation", flat=True)) == [linked.key.organisation_id]
        assert self.on(date(2027, 6, 2)) is None
        legal_holds.lift(LegalHold.objects.get(), reason="Settled.", by=rui)
        assert self.on(date(2027, 6, 2)) is not None
        assert UsageRow.objects.count() == 0

    def test_one_on_everything_keeps_all(self, gateway: GatewayCredential, linked: Issued, rui: Any) -> None:
        issued_long_ago()
        intake.take(sent(row(linked.key.prefix, NOW)), credential=gateway, now=NOW)
        told = {"source": "court", "reference": "7", "asked_by": "A court", "reason": "It asked.", "since": date(2026, 1, 1)}
        legal_holds.place(None, **told, by=rui)
        assert self.on(date(2027, 6, 2)) is None
        assert UsageRow.objects.count() == 1

    def test_the_customer_is_told_that_each_row_goes_by_itself(self, linked: Issued) -> None:
        kept = {one.record_class.code: one for one in retention.of(linked.key.organisation)}
        assert (kept["usage_rows"].until, kept["usage"].record_class.models[0].__name__) == (None, "UsageDay")
