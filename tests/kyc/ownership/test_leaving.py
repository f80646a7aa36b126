"""Who leaves, and who stays."""

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.permissions import NotPermitted
from kyc.ownership import actions as ownership
from kyc.ownership import leaving
from kyc.parties import actions as parties
from kyc.parties.models import Party
from tests.cast import Founded, customer, founded
from tests.kyc.parties.scenes import live_roles, person
from tests.stage import scene

pytestmark = pytest.mark.django_db


@scene
def nordlys() -> Founded:
    return founded(customer())


class TestRemove:
    def test_ends_roles_once(self, nordlys: Founded) -> None:
        lars = person(nordlys)
        leaving.remove(lars, by=nordlys.by)
        leaving.remove(lars, by=nordlys.by)
        assert live_roles(lars) == set()
        assert AuditEvent.objects.filter(verb="party.removed").count() == 1

    def test_who_was_named_only_because_of_him_leaves_with_him(self, nordlys: Founded) -> None:
        behind = ownership.name_principal(nordlys.organisation, name="Per Skjult", country="NO", by=nordlys.by)
        holding = ownership.declare_owner(
            nordlys.organisation, owned=nordlys.party, kind="company", name="Fjord AS", country="NO", hq_country="NO", share="40",
            by=nordlys.by,
        ).owner  # fmt: skip
        above = ownership.declare_owner(
            nordlys.organisation, owned=holding, name="Kari Moe", country="NO", share="100", by=nordlys.by
        ).owner
        nominee = ownership.declare_owner(
            nordlys.organisation, owned=nordlys.party, name="Nina Vik", country="NO", share="10", held_for=behind, by=nordlys.by
        ).owner
        leaving.remove(nominee, by=nordlys.by)
        leaving.remove(holding, by=nordlys.by)
        for party in (behind, above):
            party.refresh_from_db()
            assert (party.removed_on, live_roles(party)) == (timezone.localdate(), set())
        assert Party.objects.get(pk=nordlys.party.pk).removed_on is None

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
