"""Who leaves, and who stays."""

import pytest

from accounts.models import AuditEvent
from accounts.permissions import NotPermitted
from kyc.ownership import actions as ownership
from kyc.ownership import leaving
from kyc.parties import actions as parties
from kyc.parties.models import Party
from tests.cast import Founded, customer, founded
from tests.kyc.parties.scenes import live_roles, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def nordlys() -> Founded:
    return founded(customer())


class TestRemove:
    def test_ends_roles_once(self, nordlys: Founded) -> None:
        lars = person(nordlys)
        leaving.remove(lars, by=nordlys.by)
        leaving.remove(lars, by=nordlys.by)
        assert live_roles(lars) == set()
        assert AuditEvent.objects.filter(verb="party.removed").count() == 1

    def test_the_customer_stays(self, nordlys: Founded) -> None:
        with pytest.raises(leaving.IsCustomer):
            leaving.remove(nordlys.party, by=nordlys.by)
        assert live_roles(nordlys.party) == {"customer"}

    def test_a_stranger_cannot(self, nordlys: Founded) -> None:
        with pytest.raises(NotPermitted):
            leaving.remove(nordlys.controller, by=customer("charlie@other.example", "Charlie"))


class TestWhoIsReplaced:
    """As the controlling person, by another."""

    def test_stays_while_a_nominee_holds_something_for_him(self, nordlys: Founded) -> None:
        ownership.declare_owner(
            nordlys.organisation, owned=nordlys.party, name="Nina Vik", country="NO", birth_date="1970-01-01", share="10",
            held_for=nordlys.controller, by=nordlys.by,
        )  # fmt: skip
        parties.declare_person(
            nordlys.organisation, name="Alice Olsen", country="NO", birth_date="1984-03-17", roles=["controller"], title="CEO",
            party=nordlys.controller, by=nordlys.by,
        )  # fmt: skip
        person(nordlys, roles=("controller",), replace=True)
        assert live_roles(nordlys.controller) == {"owner"}
        assert Party.objects.get(pk=nordlys.controller.pk).removed_on is None
