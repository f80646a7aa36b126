"""When keys were last used and from where, written out of the way of the answers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from kyc.keys import uses
from kyc.keys.introspection import introspect
from kyc.keys.models import KeyUse
from kyc.keys.uses import Uses
from kyc.parties.models import PaymentMeans
from kyc.risk.models import Fact
from tests.cast import Founded
from tests.kyc.keys.scenes import Issued, issue
from tests.kyc.usage.scenes import another_connection

pytestmark = pytest.mark.django_db


class TestUses:
    def test_a_question_writes_nothing(self, linked: Issued, reads: Any) -> None:
        with reads(0):
            Uses().note(linked.key.pk, ("NO",))
        assert not KeyUse.objects.exists()

    def test_what_came_together_is_one_statement(self, nordlys: Founded, linked: Issued, reads: Any) -> None:
        seen, keys = Uses(), [linked.key.pk, *(issue(nordlys, f"key {n}").key.pk for n in range(5))]
        for key in [*keys, *reversed(keys)]:
            seen.note(key)
        with reads(1):
            assert seen.flush() == 6
        assert set(KeyUse.objects.values_list("key", flat=True)) == set(keys)
        assert seen.flush() == 0

    def test_a_thousand_checks_in_a_second_are_one_row_written_once(self, linked: Issued) -> None:
        seen = Uses()
        for _ in range(1000):
            seen.note(linked.key.pk)
        assert (seen.flush(), seen.flush()) == (1, 0)

    def test_several_processes_write_a_key_once_a_minute(self, linked: Issued) -> None:
        written = []
        for _ in range(4):
            other = Uses()
            other.note(linked.key.pk)
            other.flush()
            written.append(KeyUse.objects.get().last_used_at)
        assert len(set(written)) == 1

    def test_after_a_minute_it_is_written_again(self, linked: Issued, monkeypatch: pytest.MonkeyPatch) -> None:
        seen = Uses()
        seen.note(linked.key.pk)
        seen.flush()
        KeyUse.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
        seen.note(linked.key.pk)
        assert seen.flush() == 0, "this process knows that it wrote it a moment ago"
        monkeypatch.setattr(uses, "MINUTE", 0.0)
        seen.note(linked.key.pk)
        assert seen.flush() == 1
        assert timezone.now() - KeyUse.objects.get().last_used_at < timedelta(minutes=1)

    def test_it_remembers_no_more_than_so_many(self, linked: Issued, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(uses, "MOST", 10)
        seen = Uses()
        for key in range(10**9, 10**9 + 100):
            seen.note(key, ("NO",))
        seen.flush()
        assert len(seen.noted) <= 100 and seen.noted == {}
        assert not KeyUse.objects.exists(), "a key that is gone has no use"

    def test_no_thread_is_begun_in_tests(self, linked: Issued) -> None:
        seen = Uses()
        seen.note(linked.key.pk)
        assert not seen.is_kept


def writes() -> int:
    """How often a row of when keys were used was changed that stood there, by whoever has ended since."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'kyc_keyuse'")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
class TestSeveralProcesses:
    PROCESSES, CHECKS, TURNS = 4, 250, 5

    def served(self, keys: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
        """A thousand checks of each key in all, in processes that remember nothing and write all at once, again and again."""
        monkeypatch.setattr(uses, "MINUTE", 0.0)

        def process(_number: int) -> int:
            seen, flushed = Uses(), 0
            try:
                for check in range(self.CHECKS):
                    for key in keys:
                        seen.note(key)
                    if check % (self.CHECKS // self.TURNS) == 0:
                        flushed += seen.flush()
            finally:
                connection.close()
            return flushed

        with ThreadPoolExecutor(self.PROCESSES) as threads:
            assert sum(threads.map(process, range(self.PROCESSES))) == len(keys) * self.PROCESSES * self.TURNS

    def test_write_a_key_once_a_minute_in_all(self, nordlys: Founded, linked: Issued, monkeypatch: pytest.MonkeyPatch) -> None:
        keys = [linked.key.pk, *(issue(nordlys, f"key {n}").key.pk for n in range(4))]
        before = writes()
        self.served(keys, monkeypatch)
        assert (KeyUse.objects.count(), writes() - before) == (len(keys), 0)
        KeyUse.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
        connection.close()
        before = writes()
        self.served(keys, monkeypatch)
        assert writes() - before == len(keys)

    def test_whoever_waits_to_write_holds_up_no_answer_and_loses_nothing(self, linked: Issued) -> None:
        KeyUse.objects.create(
            key=linked.key, organisation=linked.key.organisation, last_used_at=timezone.now() - timedelta(hours=1)
        )
        seen = Uses()
        seen.note(linked.key.pk)

        def flush() -> int:
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SET lock_timeout = '1s'")
                return seen.flush()
            finally:
                connection.close()

        with another_connection() as other, ThreadPoolExecutor(1) as behind:
            other.execute("SELECT set_config('kh.first', '0', false), set_config('kh.last', %s, false)", [str(2**62)])
            other.execute("BEGIN")
            assert other.execute("SELECT FROM kyc_keyuse FOR UPDATE").rowcount == 1
            writing = behind.submit(flush)
            asked = 0
            while not writing.done():
                assert introspect(linked.secret)["active"]
                seen.note(linked.key.pk)
                asked += 1
            assert asked > 10
            with pytest.raises(OperationalError):
                writing.result()
            other.execute("ROLLBACK")
        assert seen.flush() == 1
        assert timezone.now() - KeyUse.objects.get().last_used_at < timedelta(minutes=1)


class TestAbroad:
    """Nordlys is formed in Norway and led from there."""

    def seen_from(self, linked: Issued, *countries: str) -> list[Any]:
        seen = Uses()
        seen.note(linked.key.pk, countries)
        seen.flush()
        return list(Fact.objects.order_by("pk").values_list("value", flat=True))

    def test_from_its_own_country_is_no_fact(self, linked: Issued) -> None:
        PaymentMeans.objects.update(country="NO")
        assert self.seen_from(linked, "NO") == []

    def test_from_another_is_one_with_all_three(self, linked: Issued) -> None:
        PaymentMeans.objects.update(country="SE")
        assert self.seen_from(linked, "BR") == [{"traffic": "BR", "declared": ["NO"], "payment": ["SE"]}]
        fact = Fact.objects.get()
        assert (fact.subject, fact.name, fact.source) == (f"key:{linked.key.prefix}", "traffic_country", "gateway")
        assert fact.organisation_id == linked.key.organisation_id and fact.on == datetime.now(UTC).date()

    def test_paid_from_another_is_one_too(self, linked: Issued) -> None:
        PaymentMeans.objects.update(country="SE")
        assert self.seen_from(linked, "NO") == [{"traffic": "NO", "declared": ["NO"], "payment": ["SE"]}]

    def test_once_a_day_a_key_and_a_country_whichever_process_sees_it(self, linked: Issued) -> None:
        PaymentMeans.objects.update(country="NO")
        for _ in range(3):
            found = self.seen_from(linked, "BR", "AR")
        assert sorted(one["traffic"] for one in found) == ["AR", "BR"]

    def test_a_process_asks_the_database_once_a_day(self, linked: Issued) -> None:
        seen = Uses()
        for _ in range(5):
            seen.note(linked.key.pk, ("BR",))
            seen.flush()
            assert seen.abroad == {}
        assert seen.countries == {(linked.key.pk, "BR")}
