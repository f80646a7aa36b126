"""What an organisation says it is."""

import pytest

from accounts.models import AuditEvent
from accounts.permissions import NotPermitted
from kyc.parties import actions as parties
from kyc.parties import profiles
from kyc.parties.models import Party, Profile, Role
from kyc.parties.wording import BadText
from tests.cast import Founded, customer, founded
from tests.stage import scene

pytestmark = pytest.mark.django_db


@scene
def nordlys() -> Founded:
    return founded(customer(), told=False)


def choose(nordlys: Founded, customer_class: str = "company", programme: str = "none", run_by: str = "") -> Profile:
    return profiles.choose(
        nordlys.organisation, customer_class=customer_class, programme=programme, programme_run_by=run_by, by=nordlys.by
    )


class TestChoose:
    def test_it_is_a_company_until_it_says_otherwise(self, nordlys: Founded) -> None:
        assert profiles.customer_class(nordlys.organisation) == "company"
        choose(nordlys, "research", "education", "Open Academy")
        assert profiles.customer_class(nordlys.organisation) == "research"
        assert Profile.objects.get().programme_run_by == "Open Academy"
        assert AuditEvent.objects.filter(verb="party.profile_chosen").count() == 1

    def test_said_again_it_is_silence(self, nordlys: Founded) -> None:
        for _ in range(2):
            choose(nordlys, "research", "education", "Open Academy")
        assert AuditEvent.objects.filter(verb="party.profile_chosen").count() == 1

    def test_the_same_kind_of_party_keeps_who_was_named(self, nordlys: Founded) -> None:
        choose(nordlys, "research")
        assert parties.customer(nordlys.organisation) == nordlys.party

    def test_another_kind_of_party_begins_anew(self, nordlys: Founded) -> None:
        choose(nordlys, "individual")
        assert parties.customer(nordlys.organisation) is None
        assert not Party.objects.current().filter(organisation=nordlys.organisation).exists()
        assert not Role.objects.live().filter(organisation=nordlys.organisation).exists()

    @pytest.mark.parametrize(
        ("customer_class", "programme", "run_by", "field"),
        [
            ("planet", "none", "", "customer_class"),
            ("company", "lottery", "", "programme"),
            ("company", "reseller", " ", "programme_run_by"),
        ],
    )
    def test_bad_input_names_its_field(
        self, nordlys: Founded, customer_class: str, programme: str, run_by: str, field: str
    ) -> None:
        with pytest.raises(BadText) as bad:
            choose(nordlys, customer_class, programme, run_by)
        assert bad.value.field == field
        assert not Profile.objects.exists()

    def test_who_runs_no_programme_is_not_kept(self, nordlys: Founded) -> None:
        assert choose(nordlys, "company", "none", "Somebody").programme_run_by == ""

    def test_only_members_choose(self, nordlys: Founded) -> None:
        nordlys.by = customer("charlie@outside.example", "Charlie")
        with pytest.raises(NotPermitted):
            choose(nordlys)
