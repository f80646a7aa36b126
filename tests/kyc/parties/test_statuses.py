"""Person status on both axes."""

import pytest

from accounts.models import Organisation
from kyc.cases.completeness import Told
from kyc.ownership import actions as ownership
from kyc.parties import statuses
from kyc.parties.models import Party, PersonStatus
from kyc.parties.wording import BadText
from tests.cast import Founded, customer, founded
from tests.stage import scene

pytestmark = pytest.mark.django_db


@scene
def nordlys() -> Founded:
    return founded(customer(), told=False)


def standings(party: Party) -> dict[str, str]:
    return dict(PersonStatus.objects.live().filter(party=party).values_list("axis", "standing"))


class TestDeclare:
    @pytest.mark.parametrize(
        ("basis", "iaas", "ear"),
        [
            ("citizen", "us", "us"),
            ("resident", "us", "us"),
            ("located", "us", "foreign"),
            ("protected", "undetermined", "us"),
            ("none", "foreign", "foreign"),
            ("unknown", "undetermined", "undetermined"),
        ],
    )
    def test_one_ground_puts_a_person_where_each_test_says(self, nordlys: Founded, basis: str, iaas: str, ear: str) -> None:
        statuses.declare(nordlys.controller, basis=basis, by=nordlys.by)
        assert standings(nordlys.controller) == {"iaas": iaas, "ear": ear}

    def test_a_company_is_what_its_country_of_formation_makes_it(self, nordlys: Founded) -> None:
        statuses.declare(nordlys.party, basis="citizen", by=nordlys.by)
        assert standings(nordlys.party) == {"iaas": "foreign", "ear": "foreign"}
        Party.objects.filter(pk=nordlys.party.pk).update(country="US")
        statuses.declare(nordlys.party, by=nordlys.by)
        assert standings(nordlys.party) == {"iaas": "us", "ear": "us"}

    def test_said_anew_it_ends_what_was_said_and_said_again_it_is_silence(self, nordlys: Founded) -> None:
        for basis in ("none", "none", "citizen"):
            statuses.declare(nordlys.controller, basis=basis, by=nordlys.by)
        rows = PersonStatus.objects.filter(party=nordlys.controller, axis="iaas").order_by("pk")
        assert [(row.basis, row.valid_to is None) for row in rows] == [("none", False), ("citizen", True)]

    def test_a_person_can_not_be_formed_under_a_law(self, nordlys: Founded) -> None:
        with pytest.raises(BadText) as bad:
            statuses.declare(nordlys.controller, basis="organised", by=nordlys.by)
        assert bad.value.field == "us_basis"


def are_declared_us(organisation: Organisation) -> bool:
    return not Told(organisation).is_foreign_data_asked


class TestAreDeclaredUs:
    def test_one_foreign_party_is_enough(self, nordlys: Founded) -> None:
        Party.objects.filter(pk=nordlys.party.pk).update(country="US")
        statuses.declare(nordlys.party, by=nordlys.by)
        assert not are_declared_us(nordlys.organisation)
        statuses.declare(nordlys.controller, basis="citizen", by=nordlys.by)
        assert are_declared_us(nordlys.organisation)
        statuses.declare(nordlys.controller, basis="unknown", by=nordlys.by)
        assert not are_declared_us(nordlys.organisation)

    def test_who_has_left_does_not_count(self, nordlys: Founded) -> None:
        Party.objects.filter(pk=nordlys.party.pk).update(country="US")
        statuses.declare(nordlys.party, by=nordlys.by)
        ownership.remove(nordlys.controller, by=nordlys.by)
        assert are_declared_us(nordlys.organisation)
