"""Signals go two years after they were last seen, and with who the account was; in silence."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import ProgrammingError

from accounts import scope, signals
from accounts.models import AuditEvent, Disposal, Organisation, Signal, SignalValue
from accounts.signals import Seen
from kyc.networks import forgetting
from tests.conftest import acting_as
from tests.kyc.networks import hands
from tests.kyc.networks.test_retention import hold

pytestmark = pytest.mark.django_db(transaction=True)
LAST, DAY = datetime(2024, 11, 29, 23, tzinfo=UTC), date(2026, 11, 30)


@pytest.fixture
def two(transactional_db: None) -> list[int]:
    """Each with a signal of its last day, one of the day before, and one of today."""
    made = hands.accounts(2)
    for account in made:
        for number, moment in enumerate((datetime(2024, 11, 28, 1, tzinfo=UTC), LAST, datetime(2026, 11, 30, tzinfo=UTC))):
            value = hands.value("x", account, number)
            signals.leave_all([Seen(account, "phone", value, moment, moment)])
            with scope.whole():
                hands.everybodys("phone", value, at=moment)
    return made


def left() -> list[tuple[int, int]]:
    with scope.whole():
        rows = Signal.objects.order_by("organisation", "last_seen").values_list("organisation", "last_seen__year")
        return [(organisation, year) for organisation, year in rows]


def forget(on: date = DAY) -> int:
    with acting_as("eraser"):
        return forgetting.forget_signals(on)


class TestForgetSignals:
    def test_two_years_after_they_were_last_seen(self, two: list[int]) -> None:
        assert forget(date(2026, 11, 28)) == 0
        assert forget(date(2026, 11, 29)) == 2
        assert forget(date(2026, 11, 30)) == 2
        assert left() == [(account, 2026) for account in two]
        assert forget() == 0
        with scope.whole():
            assert SignalValue.objects.count() == 2

    def test_all_of_an_account_of_which_it_was_erased_who_it_is(self, two: list[int]) -> None:
        with acting_as("eraser"):
            Disposal.objects.create(
                organisation_id=two[0], record_class="identity", rule="cdd-file", due_on=DAY, operator="x", backups_until=DAY
            )
        forget()
        assert left() == [(two[1], 2026)]

    def test_none_that_a_legal_hold_keeps(self, two: list[int]) -> None:
        hold(Organisation.objects.get(pk=two[0]))
        assert forget() == 2
        assert [account for account, _ in left()] == [two[0]] * 3 + [two[1]]
        hold(None)
        assert forget(date(2040, 1, 1)) == 0

    def test_in_silence(self, two: list[int]) -> None:
        """No certificate, and an event of the compartment that names no account."""
        forget()
        assert not Disposal.objects.exists() and not AuditEvent.objects.filter(verb="signals.erased").exists()
        with scope.whole():
            event: Any = AuditEvent.objects.get(verb="signals.erased")
        assert (event.details["count"], event.organisation_id) == (4, None)

    def test_by_nobody_but_the_eraser(self, two: list[int]) -> None:
        with pytest.raises(ProgrammingError, match="permission denied"), scope.whole():
            forgetting.forget_signals(DAY)
