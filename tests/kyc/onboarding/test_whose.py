"""Whose entry and whose owners may be changed once something is asked for, item by item."""

import pytest
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import User
from kyc.cases import actions as cases
from kyc.cases import examining
from kyc.cases.models import Case, Requirement
from kyc.evidence import actions as evidence
from kyc.onboarding import steps, whose
from kyc.ownership import actions as ownership
from kyc.ownership.models import Interest
from kyc.parties import actions as parties
from kyc.parties.models import Party
from kyc.screening.models import ListVersion
from tests.cast import Founded, founded, pdf, shown, signed_in, staff, written
from tests.kyc.cases.conftest import the_list  # noqa: F401  # a fixture
from tests.stage import scene

OWNER = {"name": "Someone Else", "country": "NO", "birth_date": "1970-01-02", "us_basis": "none", "share": "10"}
REACH = {**written("NO"), "email": "k@moe.example", "phone": "+4777000001"}
PERSON = {"name": "Someone Else", "country": "NO", "birth_date": "1970-01-02", "us_basis": "none", "roles": ["director"]}


def url(name: str, *args: object) -> str:
    return reverse(f"onboarding:{name}", args=args)


@scene
def asked(alice: User, the_list: ListVersion) -> Founded:  # noqa: F811
    """Nordlys is Alice's for 55 % and Lipa's for 45, Lipa is Kari's; asked for are the owners of Lipa and the director Siri."""
    found = founded(alice)
    organisation = found.organisation
    parties.declare_person(
        organisation, name="Siri Sand", country="NO", birth_date="1980-01-01", roles=["director"], us_basis="none", by=alice
    )
    ownership.declare_owner(organisation, owned=found.party, owner=found.controller, share="55", by=alice)
    lipa = ownership.declare_owner(
        organisation, owned=found.party, kind="company", name="Lipa Invest", share="45", country="RS", hq_country="RS", by=alice
    ).owner
    ownership.declare_owner(
        organisation, owned=lipa, kind="person", name="Kari Moe", share="90", country="NO", birth_date="1970-02-01",
        us_basis="none", by=alice,
    )  # fmt: skip
    evidence.upload(organisation, kind="register_extract", file=pdf(), by=alice)
    shown(organisation, alice)
    cases.submit(organisation.case_set.get(), declared_true=True, by=alice)
    examining.run()
    items = [
        {"what": "owners", "party": lipa.pk, "why": "unclear"},
        {"what": "people", "party": named("Siri Sand").pk, "why": "unclear"},
    ]
    decision = cases.propose(
        Case.objects.get(), choice="ask", reason="document_missing", note="See.", items=items, by=staff("analyst", "Ana")
    )
    cases.take(decision, by=staff("approver", "Rui"))
    return found


@pytest.fixture
def client(asked: Founded) -> Client:
    return signed_in(asked.by)


def named(name: str) -> Party:
    return Party.objects.get(name=name)


def changed(client: Client, page: str, told: dict[str, object]) -> HttpResponse:
    """Sent as the page showed it."""
    return client.post(page, {**told, "shown": client.get(page).context["form"]["shown"].value()})


def interest(owner: str) -> Interest:
    return Interest.objects.get(owner__name=owner)


class TestOwners:
    def test_those_of_whom_was_asked_are_changed(self, asked: Founded, client: Client) -> None:
        kari = interest("Kari Moe")
        told = {**OWNER, "name": "Kari Moen", "share": "80", **REACH}
        assert changed(client, url("owner", kari.pk), told)["Location"] == url("owners")
        kari = interest("Kari Moen")
        assert kari.share == "80"
        new = {**told, "name": "Ola Moe", "share": "10"}
        assert client.post(url("owner_add", named("Lipa Invest").pk, "person"), new)["Location"] == url("owners")
        assert interest("Ola Moe").share == "10"

    def test_those_of_another_are_closed_to_a_look_and_to_a_post(self, asked: Founded, client: Client) -> None:
        alices = interest("Alice Olsen")
        before = Party.objects.get(pk=asked.controller.pk)
        for name, args in (("owner", [alices.pk]), ("owner_remove", [alices.pk]), ("owner_add", [asked.party.pk, "person"])):
            for answer in (client.get(url(name, *args)), client.post(url(name, *args), OWNER)):
                assert answer["Location"] == url("owners")
                assert [str(message) for message in get_messages(answer.wsgi_request)][-1] == str(whose.SAID[whose.OWNERS])
        alices.refresh_from_db()
        assert (alices.share, alices.valid_to, Interest.objects.live().count()) == ("55", None, 3)
        after = Party.objects.get(pk=asked.controller.pk)
        assert (after.name, after.birth_date) == (before.name, before.birth_date)

    def test_the_page_offers_what_is_open_alone(self, asked: Founded, client: Client) -> None:
        page = client.get(url("owners")).content.decode()
        assert f'href="{url("owner", interest("Kari Moe").pk)}"' in page
        assert f'href="{url("owner", interest("Alice Olsen").pk)}"' not in page
        assert url("owner_add", asked.party.pk, "person") not in page

    def test_the_owners_of_whom_is_named_anew_are_open_until_they_are_all_told(self, asked: Founded, client: Client) -> None:
        told = {"name": "Nova Invest", "country": "RS", "hq_country": "RS", "share": "5"}
        client.post(url("owner_add", named("Lipa Invest").pk, "company"), told)
        for name in ("Ola Moe", "Siv Moe"):
            more = {**OWNER, "name": name, **REACH}
            assert client.post(url("owner_add", named("Nova Invest").pk, "person"), more)["Location"] == url("owners")
        assert Interest.objects.live().filter(owned=named("Nova Invest")).count() == 2

    def test_under_the_lock_too(self, asked: Founded) -> None:
        with steps.editing(asked.organisation, "owners") as case:
            whose.refuse_unasked(asked.organisation, case, whose.OWNERS, named("Lipa Invest"))
            with pytest.raises(whose.NotAskedOf):
                whose.refuse_unasked(asked.organisation, case, whose.OWNERS, asked.party)


class TestPeople:
    def test_who_was_asked_about_is_changed(self, asked: Founded, client: Client) -> None:
        siri = named("Siri Sand")
        assert changed(client, url("person", siri.pk), {**PERSON, "name": "Siri Sande"})["Location"] == url("people")
        siri.refresh_from_db()
        assert siri.name == "Siri Sande"

    def test_nobody_else_is_changed_removed_or_added(self, asked: Founded, client: Client) -> None:
        alice = asked.controller.pk
        for name, args in (("person", [alice]), ("person_remove", [alice]), ("person_add", [])):
            answer = client.post(url(name, *args), PERSON)
            assert answer["Location"] == url("people")
            assert [str(message) for message in get_messages(answer.wsgi_request)][-1] == str(whose.SAID[whose.PEOPLE])
        assert not Party.objects.filter(name="Someone Else").exists()
        assert Party.objects.get(pk=alice).removed_on is None
        page = client.get(url("people")).content.decode()
        assert url("person_add") not in page
        assert f'href="{url("person", alice)}"' not in page

    def test_nor_loses_another_the_part_of_the_controlling_person(self, asked: Founded, client: Client) -> None:
        told = {**PERSON, "name": "Siri Sand", "roles": ["director", "controller"], "title": "CEO", "replace": "on"}
        answer = changed(client, url("person", named("Siri Sand").pk), told)
        assert answer.status_code == 422
        assert str(whose.SAID[whose.PEOPLE]) in answer.content.decode()

    def test_another_comes_in_the_place_of_who_has_left(self, asked: Founded, client: Client) -> None:
        client.post(url("person_remove", named("Siri Sand").pk))
        assert client.post(url("person_add"), PERSON)["Location"] == url("people")
        assert named("Someone Else")

    @pytest.mark.parametrize("what", [{"party": None}, {"what": "", "party": None}])
    def test_an_item_about_nobody_in_particular_or_a_sentence_opens_all(
        self, asked: Founded, client: Client, what: dict[str, str | None]
    ) -> None:
        Requirement.objects.update(**what)
        told = {**PERSON, "roles": ["controller", "director", "signatory"], "title": "CEO"}
        assert changed(client, url("person", asked.controller.pk), told)["Location"] == url("people")
        assert named("Someone Else").pk == asked.controller.pk
