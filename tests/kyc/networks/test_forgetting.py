"""Signals go two years after they were last seen, and with who the account was, and so does what rests on them; in silence."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from accounts import scope, signals
from accounts.models import AuditEvent, Disposal, Organisation, Signal, SignalValue
from accounts.signals import Seen
from kyc.networks import actions, forgetting, ruling
from kyc.networks.indication_models import Indication, IndicationRun
from kyc.networks.network_models import Edge, Network
from kyc.networks.rulings import About
from tests import cast, networked
from tests.conftest import acting_as, owner
from tests.kyc.networks import hands
from tests.kyc.networks.conftest import TOLD
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


def forget_ties(on: date) -> int:
    with acting_as("eraser"):
        return forgetting.forget_ties(on)


@pytest.fixture
def tied(transactional_db: None) -> Network:
    """Of six accounts, whose edges all ended in November 2024 but for one; and what their use indicated then."""
    network = networked.six()
    begun_long_ago()
    with scope.whole():
        last = Edge.objects.latest("pk")
        Edge.objects.exclude(pk=last.pk).update(until=LAST)
        run = IndicationRun.objects.create(state="done", day=LAST.date(), ended_at=LAST, rules="2026.11", rules_sha256="0" * 64)
        Indication.objects.create(run=run, day=LAST.date(), network=network, points=3, requests=9)
    return network


def begun_long_ago() -> None:
    """Past the triggers, as no action does it."""
    with owner(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE kyc_edge DISABLE TRIGGER USER")
        cursor.execute("UPDATE kyc_edge SET since = '2024-01-01'")
        cursor.execute("ALTER TABLE kyc_edge ENABLE TRIGGER USER")


def standing() -> tuple[int, int]:
    with scope.whole():
        return Edge.objects.count(), Indication.objects.count()


class TestForgetTies:
    def test_two_years_after_they_ended_and_never_one_that_is_live(self, tied: Network) -> None:
        assert forget_ties(date(2026, 11, 29)) == 0 and standing() == (15, 1)
        assert forget_ties(DAY) == 15 and standing() == (1, 0)
        assert forget_ties(date(2040, 1, 1)) == 0

    def test_at_once_of_an_account_of_which_it_was_erased_who_it_is(self, tied: Network) -> None:
        first = Organisation.objects.order_by("pk")[0]
        with acting_as("eraser"):
            Disposal.objects.create(
                organisation=first, record_class="identity", rule="cdd-file", due_on=DAY, operator="x", backups_until=DAY
            )
        assert forget_ties(date(2025, 1, 1)) == 5
        with scope.whole():
            assert not Edge.objects.filter(a=first).exists()

    def test_none_that_a_legal_hold_an_incident_or_a_ruling_needs(self, tied: Network) -> None:
        one, two, three, four, *_ = Organisation.objects.order_by("pk")
        hold(one)
        ines = cast.staff("investigator", "Ines Caldeira")
        with scope.of_officer(ines):
            incident = actions.open_incident(**TOLD, by=ines)
            actions.involve(incident, organisation=two, why="Its key was used.", by=ines)
            pair = About(pair=(three.pk, four.pk))
            ruling.rule(tied, pair, kind="coincidence", reason="Two brothers.", by=ines)
        assert forget_ties(DAY) == 4, "of ten that name neither of the first two, but for the ruled one and the live one"
        with scope.whole():
            assert Edge.objects.filter(a=three, b=four).exists() and Indication.objects.exists()
        hold(None)
        assert forget_ties(date(2040, 1, 1)) == 0

    def test_in_silence_and_by_nobody_but_the_eraser(self, tied: Network) -> None:
        with pytest.raises(IntegrityError, match="never deleted"), scope.whole():
            forgetting.forget_ties(DAY)
        forget_ties(DAY)
        assert not AuditEvent.objects.filter(verb__in=["edges.erased", "indications.erased"]).exists()
        with scope.whole():
            told = AuditEvent.objects.filter(verb__in=["edges.erased", "indications.erased"]).order_by("pk")
            assert [event.details["count"] for event in told] == [14, 1]
