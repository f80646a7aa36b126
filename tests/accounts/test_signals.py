"""Signals: who leaves one can read none, the value itself stands nowhere, and what was seen is counted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.conf import LazySettings
from django.db import IntegrityError, ProgrammingError, connection, transaction

from accounts import organisations, ranges, scope, signals
from accounts.models import Organisation, Signal, SignalArrival, SignalValue
from accounts.permissions import ROLES
from accounts.signals import Seen
from config import jobs
from tests import cast

Type = Signal.Type
PHONE = "+47 22 00 00 01"
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def run(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def left() -> list[tuple[str, int]]:
    with scope.whole():
        return list(Signal.objects.order_by("pk").values_list("type", "count"))


def arrivals() -> int:
    with scope.whole():
        return SignalArrival.objects.count()


@pytest.fixture
def nordlys(db: None) -> Organisation:
    return cast.opened(organisations.create(name="Nordlys", by=cast.customer()), days=1000)


@pytest.fixture
def outside(db: None) -> Organisation:
    return organisations.create(name="Outside", by=cast.customer("otto@outside.example", "Otto"))


@pytest.mark.django_db
class TestReading:
    """The outsider first: whoever leaves one, and every officer who does not investigate."""

    def test_is_for_no_customer_of_any_nor_of_his_own(self, nordlys: Organisation) -> None:
        with scope.of(nordlys.pk):
            signals.leave(nordlys.pk, {Type.PHONE: [PHONE]})
            assert (Signal.objects.count(), SignalValue.objects.count(), SignalArrival.objects.count()) == (0, 0, 0)
        assert left()

    @pytest.mark.parametrize("role", sorted({"", *ROLES}))
    def test_is_for_investigators_alone(self, nordlys: Organisation, role: str) -> None:
        signals.leave(nordlys.pk, {Type.LOGIN_IP: ["192.0.2.7"]})
        with scope.whole():
            SignalValue.objects.create(type="login_ip", value="0" * 32, first_seen=NOON, last_seen=NOON)
        with scope.of_officer(cast.staff(role, "somebody")):
            assert Signal.objects.exists() == SignalValue.objects.exists() == (role == "investigator")

    def test_nor_for_who_says_the_word_for_one_organisation(self, nordlys: Organisation, outside: Organisation) -> None:
        signals.leave(outside.pk, {Type.PHONE: [PHONE]})
        with scope.opened(scope.Scope(*[str(nordlys.pk)] * 2, "on")):
            assert not Signal.objects.filter(organisation=outside).exists()
            assert not SignalValue.objects.exists()

    @pytest.mark.parametrize("statement", [
        "INSERT INTO accounts_signal (organisation_id) VALUES (1)",
        "UPDATE accounts_signal SET count = 1",
        "DELETE FROM accounts_signal",
    ])  # fmt: skip
    def test_and_nobody_of_the_app_writes_one_himself(self, statement: str) -> None:
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic(), scope.whole():
            run(statement)


@pytest.mark.django_db
class TestLeaving:
    def test_is_for_whose_business_it_is(self, nordlys: Organisation, outside: Organisation) -> None:
        with pytest.raises(ProgrammingError) as raised, scope.of(nordlys.pk):
            signals.leave(outside.pk, {Type.PHONE: [PHONE]})
        assert isinstance(raised.value.__cause__, psycopg.errors.InsufficientPrivilege)
        with pytest.raises(ProgrammingError, match="whose business"), scope.opened(scope.NOTHING):
            signals.leave(outside.pk, {Type.PHONE: [PHONE]})

    def test_is_one_statement_however_many(self, nordlys: Organisation, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(1):
            signals.leave(nordlys.pk, {Type.PHONE: [PHONE, "+47 22 00 00 02"], Type.USER_AGENT: ["Firefox"]})

    def test_without_anything_is_none(self, nordlys: Organisation, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(0):
            signals.leave(nordlys.pk, {Type.PHONE: ["", "12"], Type.LOGIN_IP: ["nowhere"]})

    def test_again_counts_and_keeps_the_first_and_the_last(self, nordlys: Organisation) -> None:
        for moment in (NOON, NOON + timedelta(days=2), NOON - timedelta(days=1), NOON + timedelta(days=2, hours=1)):
            signals.leave(nordlys.pk, {Type.PHONE: [PHONE]}, at=moment)
        with scope.whole():
            found = Signal.objects.get(type="phone")
        assert (found.first_seen, found.last_seen) == (NOON - timedelta(days=1), NOON + timedelta(days=2, hours=1))
        assert found.count == 4

    def test_before_the_account_was_opened_is_none(self, nordlys: Organisation) -> None:
        opened = nordlys.created_at
        before = left()
        signals.leave(nordlys.pk, {Type.PHONE: [PHONE]}, at=opened - timedelta(seconds=1))
        assert left() == before
        value = signals.value("api_ip", "5f1d7a84db00d2fce00b31a7fc73224f")
        assert value
        hour = opened.replace(minute=0, second=0, microsecond=0)
        signals.leave_all([Seen(nordlys.pk, "api_ip", value, hour, hour + timedelta(minutes=59, seconds=59))])
        with scope.whole():
            assert Signal.objects.get(value=value).first_seen == opened, "use is told by the hour, and he came within it"

    def test_a_value_of_two_types_is_two(self, nordlys: Organisation) -> None:
        assert signals.value("phone", "4722000001") != signals.value("payment", "4722000001")

    def test_of_a_sandbox_is_nothing(self, nordlys: Organisation) -> None:
        Organisation.objects.filter(pk=nordlys.pk).update(sandbox="approved")
        before = left()
        signals.leave(nordlys.pk, {Type.PHONE: [PHONE]})
        assert left() == before

    def test_never_fails_what_it_is_part_of(self, nordlys: Organisation) -> None:
        """The database refuses the row; the transaction goes on."""
        value = signals.value("phone", PHONE)
        assert value
        before = left()
        signals.leave_all([Seen(nordlys.pk, Type.PHONE, value, NOON, NOON, 0)])
        signals.leave_all([Seen(nordlys.pk, "horoscope", value, NOON, NOON)])
        assert left() == before
        assert Organisation.objects.filter(pk=nordlys.pk).exists()

    def test_what_must_be_kept_raises(self, nordlys: Organisation) -> None:
        value = signals.value("phone", PHONE)
        assert value
        with pytest.raises(IntegrityError), transaction.atomic():
            signals.leave_all([Seen(nordlys.pk, "horoscope", value, NOON, NOON)], must=True)

    def test_the_table_itself_refuses_such_a_row(self, nordlys: Organisation, owner: Any) -> None:
        """The negative control of what is passed over above."""
        with pytest.raises(psycopg.errors.CheckViolation):
            owner.execute(
                "INSERT INTO accounts_signal (organisation_id, type, value, first_seen, last_seen, count) "
                "VALUES (%s, 'horoscope', gen_random_uuid(), now(), now(), 1)",
                [nordlys.pk],
            )

    def test_what_a_file_says_of_a_value_stands_with_it(self, nordlys: Organisation) -> None:
        for name in ("one", "two"):
            ranges.replace([ranges.Line("192.0.2.0/24", None, "vpn", name)], "vpns", "0" * 64)
            signals.leave(nordlys.pk, {Type.LOGIN_IP: ["192.0.2.7"]})
        with scope.whole():
            told = SignalValue.objects.get(value=signals.value("login_ip", "192.0.2.7"))
        assert (told.hub, told.why, told.is_told) == ("vpn", "vpns: two", True)

    def test_a_file_says_it_of_addresses_alone(self, nordlys: Organisation) -> None:
        """Or else whoever names an address beside his card would make it everybody's."""
        ranges.replace([ranges.Line("192.0.2.0/24", None, "vpn", "")], "vpns", "0" * 64)
        value = signals.value("payment", "NO93 8601 1117 947")
        assert value
        signals.leave_all([Seen(nordlys.pk, Type.PAYMENT, value, NOON, NOON, network="192.0.2.7")])
        with scope.whole():
            assert Signal.objects.filter(value=value).exists() and not SignalValue.objects.filter(value=value).exists()

    def test_and_nobody_else_says_whose_a_value_is(self) -> None:
        """What the function is told is where an address is, never whose."""
        ((names,),) = run("SELECT proargnames FROM pg_proc WHERE proname = 'kh_leave_signals'")
        assert not {"hubs", "whys"} & set(names)


@pytest.mark.django_db
class TestArrival:
    def test_stands_for_what_is_new_alone(self, nordlys: Organisation, django_capture_on_commit_callbacks: Any) -> None:
        before = arrivals()
        signals.leave(nordlys.pk, {Type.PHONE: [PHONE], Type.DEVICE: ["a" * 32]})
        assert arrivals() == before + 1
        with django_capture_on_commit_callbacks() as again:
            signals.leave(nordlys.pk, {Type.PHONE: [PHONE]})
        assert (arrivals(), again) == (before + 1, [])

    def test_wakes_whoever_waits_for_it(
        self, nordlys: Organisation, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
    ) -> None:
        woken: list[str] = []
        monkeypatch.setattr(jobs, "wake", woken.append)
        with django_capture_on_commit_callbacks(execute=True):
            signals.leave(nordlys.pk, {Type.PHONE: [PHONE]})
        assert woken == ["signal.arrived"]


@pytest.mark.django_db
class TestTheDatabaseRefuses:
    def test_a_hub_without_a_reason(self) -> None:
        with scope.whole(), pytest.raises(IntegrityError, match="hub_needs_why"), transaction.atomic():
            SignalValue.objects.create(type="phone", value="0" * 32, accounts=3, first_seen=NOON, last_seen=NOON, hub="office")


class TestValue:
    @pytest.mark.parametrize(
        ("type", "one", "same"),
        [
            ("phone", "+47 22 00 00 01", "47-22000001"),
            ("email", "Ingrid@Nordlys.example", "ingrid+keys@nordlys.example"),
            ("domain", "Nordlys.Example", "nordlys.example"),
            ("payment", "NO93 8601 1117 947", "no9386011117947"),
            ("document", "C 01X00T47", "c01x00t47"),
            ("owner", "Olsen Kari 1980-01-02", "olsen, kari; 1980-01-02"),
            ("login_ip", "2001:db8:0:1::7", "2001:db8:0:1:ffff::9"),
            ("login_ip", "::ffff:192.0.2.7", "192.0.2.7"),
        ],
    )
    def test_is_one_of_all_spellings(self, type: str, one: str, same: str) -> None:
        assert signals.value(type, one) == signals.value(type, same) is not None

    @pytest.mark.parametrize(
        ("type", "one", "other"),
        [
            ("phone", "+47 22 00 00 01", "+47 22 00 00 02"),
            ("email", "ingrid@nordlys.example", "ingrid@outside.example"),
            ("login_ip", "2001:db8:0:1::7", "2001:db8:0:2::7"),
            ("login_ip", "192.0.2.7", "192.0.2.8"),
            ("template", "aB" * 20, "Ab" * 20),
        ],
    )
    def test_is_another_of_another(self, type: str, one: str, other: str) -> None:
        assert signals.value(type, one) != signals.value(type, other)

    @pytest.mark.parametrize(("type", "text"), [("phone", "12"), ("email", "nobody"), ("login_ip", "x"), ("owner", "- -")])
    def test_is_none_where_too_little_is_left(self, type: str, text: str) -> None:
        assert signals.value(type, text) is None

    def test_is_another_under_another_key(self, settings: LazySettings) -> None:
        before = signals.value("phone", PHONE)
        settings.VAULT_INDEX_KEY = "another"
        assert signals.value("phone", PHONE) not in {before, None}
