"""States and their bodies own companies and are owned by nobody; they are no people, and are looked for as companies."""

import pytest
from django.test import Client
from django.urls import reverse

from kyc.cases import completeness
from kyc.ownership.actions import declare_owner
from kyc.ownership.fitting import OwnedByNobody
from kyc.ownership.models import Interest
from kyc.parties import actions as parties
from kyc.parties.models import Party
from tests.cast import Founded, customer, founded, signed_in
from tests.stage import scene

STATE = {"kind": Party.Kind.STATE, "name": "Kingdom of Norway", "country": "NO"}


@scene
def nordlys() -> Founded:
    return founded(customer())


@scene
def state(nordlys: Founded) -> Party:
    return declare_owner(nordlys.organisation, owned=nordlys.party, share="100", by=nordlys.by, **STATE).owner


class TestState:
    def test_ends_the_chain(self, nordlys: Founded, state: Party) -> None:
        assert [gap.step for gap in completeness.missing(completeness.Told(nordlys.organisation))] == ["documents", "documents"]
        with pytest.raises(OwnedByNobody):
            declare_owner(nordlys.organisation, owned=state, name="Nobody", country="NO", share="1", by=nordlys.by)

    def test_is_no_person(self, nordlys: Founded, state: Party) -> None:
        assert not state.is_person
        assert state not in Party.objects.people()
        with pytest.raises(parties.NoRole):
            parties.declare_person(
                nordlys.organisation, name="X", country="NO", birth_date="", roles=["director"], party=state, by=nordlys.by
            )

    def test_keeps_neither_a_birth_date_nor_a_number(self, nordlys: Founded) -> None:
        more = {"birth_date": "1975-05-05", "registration_number": "1", "hq_country": "NO"}
        owner = declare_owner(nordlys.organisation, owned=nordlys.party, share="1", by=nordlys.by, **STATE, **more).owner
        assert (owner.birth_date, owner.registration_number, owner.hq_country) == ("", "", "")
        corrected = parties.correct(owner, name="Norway", country="NO", by=nordlys.by, **more)
        assert (corrected.name, corrected.birth_date, corrected.registration_number, corrected.hq_country) == (
            "Norway",
            "",
            "",
            "",
        )

    @pytest.mark.parametrize(("kind", "seen"), [("person", "person"), ("company", "company"), ("state", "state")])
    def test_is_screened_as_what_it_is(self, kind: str, seen: str) -> None:
        assert Party(kind=kind).screened_as == seen


class TestPages:
    def test_a_customer_names_corrects_and_removes_a_state(self, nordlys: Founded) -> None:
        client = signed_in(nordlys.by)
        add = reverse("onboarding:owner_add", args=[nordlys.party.pk, "state"])
        assert add in client.get(reverse("onboarding:owners")).content.decode()
        form = client.get(add).content.decode()
        assert "A state or state body that owns part of <bdi>Nordlys Modelling AS</bdi>" in form
        assert 'name="birth_date"' not in form
        sent = {"name": "Kingdom of Norway", "country": "NO", "share": "34"}
        assert client.post(add, sent)["Location"] == reverse("onboarding:owners")
        interest = Interest.objects.get()
        assert (interest.owner.kind, interest.share) == (Party.Kind.STATE, "34")
        page = client.get(reverse("onboarding:owners")).content.decode()
        assert "State or state body" in page
        assert "Its owners are still missing" not in page
        change = reverse("onboarding:owner", args=[interest.pk])
        page = client.get(change)
        assert 'value="Kingdom of Norway"' in page.content.decode()
        client.post(change, {**sent, "name": "Ministry of Trade", "shown": page.context["form"]["shown"].value()})
        assert Interest.objects.get().owner.name == "Ministry of Trade"
        remove = reverse("onboarding:owner_remove", args=[interest.pk])
        assert "its own owners go with it" not in client.get(remove).content.decode()
        client.post(remove)
        assert not Interest.objects.live().exists()

    def test_a_state_has_no_owners_page(self, nordlys: Founded, state: Party) -> None:
        client: Client = signed_in(nordlys.by)
        assert client.get(reverse("onboarding:owner_add", args=[state.pk, "person"])).status_code == 404
