"""What declarations leave as signals: that two accounts have something in common is seen, and what it is stands nowhere."""

from typing import Any

import pytest

from accounts import scope, signals
from accounts.models import Organisation, Signal
from kyc.parties import actions as parties
from kyc.parties import payments, signalled
from kyc.parties.models import Party
from tests import cast

BORN = "1980-01-02"


def left(organisation: Organisation, type: str) -> set[Any]:
    with scope.whole():
        return set(Signal.objects.filter(organisation=organisation, type=type).values_list("value", flat=True))


@pytest.fixture
def two(db: None) -> tuple[cast.Founded, cast.Founded]:
    return tuple(  # type: ignore[return-value]  # two
        cast.founded(cast.customer(f"{name}@x.example", name), name=f"{name} AS", told=False) for name in ("Alice", "Otto")
    )


def person(found: cast.Founded, name: str, **told: Any) -> Party:
    return parties.declare_person(
        found.organisation, name=name, country="NO", birth_date=BORN, roles=["director"], by=found.by, **told
    )


class TestOwner:
    def test_is_one_in_two_accounts_by_name_and_day_of_birth(self, two: tuple[cast.Founded, cast.Founded]) -> None:
        alice, otto = two
        before = left(alice.organisation, "owner") & left(otto.organisation, "owner")
        person(alice, "Kari Bråten")
        person(otto, "BRATEN, Kari")
        found = left(alice.organisation, "owner") & left(otto.organisation, "owner")
        assert found - before == {signals.value("owner", f"braten kari {BORN}")}

    def test_stays_where_he_is_said_to_be_another_and_where_he_is_removed(self, two: tuple[cast.Founded, cast.Founded]) -> None:
        alice, _ = two
        kari = person(alice, "Kari Bråten")
        parties.correct(kari, name="Kari Berg", country="NO", birth_date=BORN, by=alice.by)
        parties.end_role(kari, "director")
        parties.leave_if_idle(kari)
        assert {signals.value("owner", f"{name} kari {BORN}") for name in ("braten", "berg")} <= left(alice.organisation, "owner")

    def test_without_a_day_of_birth_is_none(self) -> None:
        assert [*signalled.identities(Party(kind="person", name="Kari Bråten"))] == []

    def test_of_a_company_goes_by_its_numbers(self) -> None:
        company = Party(kind="company", name="X", country="NO", registration_number="914 778 271", lei="5493001KJTIIGC8Y1R12")
        assert [*signalled.identities(company)] == ["NO  914 778 271", "lei 5493001KJTIIGC8Y1R12"]


class TestAddress:
    def test_is_one_however_it_is_laid_out(self, two: tuple[cast.Founded, cast.Founded]) -> None:
        alice, otto = two
        person(alice, "Kari", address="Karl Johans gate 1, 0154 Oslo")
        person(otto, "Ola", address="OSLO 0154\nkarl johans GATE 1")
        assert left(alice.organisation, "address") & left(otto.organisation, "address")


class TestPayment:
    def test_is_one_in_two_accounts(self, two: tuple[cast.Founded, cast.Founded]) -> None:
        alice, otto = two
        for found, iban in ((alice, "NO93 8601 1117 947"), (otto, "NO9386011117947")):
            payments.declare(
                found.organisation, kind="bank", holder="X", institution="Bank", country="NO", reference=iban, source="revenue",
                by=found.by,
            )  # fmt: skip
        assert len(left(alice.organisation, "payment") & left(otto.organisation, "payment")) == 1


class TestCost:
    def test_is_one_statement(self, two: tuple[cast.Founded, cast.Founded], django_assert_num_queries: Any) -> None:
        alice, _ = two
        party = Party.objects.filter(organisation=alice.organisation).first()
        assert party
        party.phone, party.address = "+4722000001", "Karl Johans gate 1"
        with django_assert_num_queries(1):
            signalled.of_party(party)
