"""One form open twice: the later tab overwrites nothing that it has not shown."""

import re
import threading
import time
from dataclasses import dataclass
from html import unescape

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts import organisations
from accounts.models import AuditEvent, Membership, User
from kyc.cases import actions as cases
from kyc.onboarding import steps
from kyc.onboarding.changing import Standing, digest, plain
from kyc.ownership import actions as ownership
from kyc.parties import actions as parties
from kyc.parties.models import Party
from tests.cast import Founded, customer, founded, signed_in, written

MEANWHILE = "This was changed while you had it open"
SHOWN = re.compile(r'name="shown"(?: value="(\w*)")?')
values = st.text(max_size=20) | st.lists(st.text(max_size=10), max_size=3)
standings = st.dictionaries(st.text(min_size=1, max_size=10), values, max_size=4)


class TestDigest:
    def test_of_nothing_is_empty(self) -> None:
        assert digest({}) == ""

    @given(standings, standings)
    def test_is_the_same_for_the_same_and_no_other(self, one: Standing, other: Standing) -> None:
        assert (digest(one) == digest(other)) == (one == other)
        assert digest(dict(reversed(one.items()))) == digest(one)

    def test_gives_nothing_away_without_the_key(self, settings: pytest.FixtureRequest) -> None:
        stands = {"birth_date": "1984-03-17"}
        before = digest(stands)
        assert re.fullmatch(r"[0-9a-f]{64}", before)
        settings.SECRET_KEY = "another"  # type: ignore[attr-defined]  # pytest-django's
        assert digest(stands) != before


class TestPlain:
    @pytest.mark.parametrize(
        ("one", "other", "is_alike"),
        [
            ("Gate 1\nOslo", " Gate 1 \r\n Oslo", True),
            ("Gate 1", "Gate 2", False),
            ("Nordlys", "NORDLYS", False),
            ("", None, True),
            (["director", "controller"], ["controller", "director"], True),
            (["director"], ["controller", "director"], False),
            ([], None, True),
        ],
    )
    def test_passes_over_what_makes_no_difference(self, one: object, other: object, is_alike: bool) -> None:
        assert (plain(one) == plain(other)) is is_alike  # type: ignore[arg-type]  # as forms give them


@dataclass
class Door:
    """A page that changes something: what it takes, the field that both tabs change, and who it is about."""

    path: str
    typed: dict[str, object]
    field: str
    party: Party


def owner(found: Founded, kind: str, **more: str) -> Door:
    told = {"name": "Kari", "native_name": "", "country": "NO", "share": "10", "us_basis": "none", **more}
    interest = ownership.declare_owner(found.organisation, owned=found.party, kind=kind, **told, by=found.by)
    return Door(reverse("onboarding:owner", args=[interest.pk]), dict(told), "name", interest.owner)


@pytest.fixture(params=["company", "person", "owner person", "owner company", "owner state"])
def door(request: pytest.FixtureRequest, nordlys: Founded) -> Door:
    if request.param == "company":
        names = ("name", "native_name", "legal_form", "registration_number", "country", "hq_country", "phone")
        typed = {name: getattr(nordlys.party, name) for name in names} | {"address_street": nordlys.party.address}
        return Door(reverse("onboarding:company"), typed, "name", nordlys.party)
    if request.param == "person":
        names = ("name", "native_name", "country", "birth_date", "address")
        typed = {name: getattr(nordlys.controller, name) for name in names}
        typed |= {"roles": ["controller", "director", "signatory"], "title": "CEO", "us_basis": "none"}
        return Door(reverse("onboarding:person", args=[nordlys.controller.pk]), typed, "name", nordlys.controller)
    kind = request.param.removeprefix("owner ")
    more = {"person": {"birth_date": "1980-02-01"}, "company": {"hq_country": "NO", "registration_number": "7"}}
    return owner(nordlys, kind, **more.get(kind, {}))


def shown(page: HttpResponse) -> str:
    found = SHOWN.findall(page.content.decode())
    assert len(found) == 1
    return str(found[0])


def text(page: HttpResponse) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", "", page.content.decode()).split()))


class TestTwoTabs:
    def test_the_later_is_refused_once_and_sees_what_the_earlier_saved(self, alices: Client, door: Door) -> None:
        opened = shown(alices.get(door.path))
        assert opened == shown(alices.get(door.path))
        earlier = alices.post(door.path, {**door.typed, door.field: "Saved First", "shown": opened})
        assert earlier.status_code == 302
        events = AuditEvent.objects.count()

        later = alices.post(door.path, {**door.typed, door.field: "Typed <Later>", "shown": opened})
        assert later.status_code == 422
        assert Party.objects.get(pk=door.party.pk).name == "Saved First"
        assert AuditEvent.objects.count() == events
        assert MEANWHILE in text(later)
        assert 'value="Typed &lt;Later&gt;"' in later.content.decode()
        assert later.context["form"].errors.keys() == {"__all__", door.field}
        assert "“Saved First” is what stands here now." in text(later)
        assert "“<bdi>Saved First</bdi>” is" in later.content.decode()

        again = {**door.typed, door.field: "Typed Later", "shown": shown(later)}
        assert alices.post(door.path, again).status_code == 302
        assert Party.objects.get(pk=door.party.pk).name == "Typed Later"

    def test_a_third_save_in_between_is_seen_as_well(self, alices: Client, door: Door) -> None:
        opened = shown(alices.get(door.path))
        alices.post(door.path, {**door.typed, door.field: "Saved First", "shown": opened})
        refused = alices.post(door.path, {**door.typed, door.field: "Mine", "shown": opened})
        alices.post(door.path, {**door.typed, door.field: "Saved Third", "shown": shown(alices.get(door.path))})
        once_more = alices.post(door.path, {**door.typed, door.field: "Mine", "shown": shown(refused)})
        assert once_more.status_code == 422
        assert "“Saved Third” is what stands here now." in text(once_more)

    def test_the_same_sent_twice_is_silence(self, alices: Client, door: Door) -> None:
        sent = {**door.typed, door.field: "Saved First", "shown": shown(alices.get(door.path))}
        assert alices.post(door.path, sent).status_code == 302
        assert alices.post(door.path, {**sent, door.field: "  Saved  First"}).status_code == 302

    @pytest.mark.parametrize("lost", [{}, {"shown": ""}, {"shown": "made up"}])
    def test_what_shows_no_page_overwrites_nothing(self, alices: Client, door: Door, lost: dict[str, str]) -> None:
        assert alices.post(door.path, {**door.typed, door.field: "Sneaked", **lost}).status_code == 422
        assert not Party.objects.filter(name="Sneaked").exists()
        assert alices.post(door.path, {**door.typed, **lost}).status_code == 302

    def test_another_mistake_keeps_what_the_page_has_shown(self, alices: Client, door: Door) -> None:
        opened = shown(alices.get(door.path))
        wrong = alices.post(door.path, {**door.typed, "country": "XX", "shown": opened})
        assert wrong.status_code == 422
        assert shown(wrong) == opened

    def test_takes_no_harm(self, alices: Client, door: Door) -> None:
        for value in ("\x00", "\u202e", "x" * 100_000):
            assert alices.post(door.path, {**door.typed, door.field: "Sneaked", "shown": value}).status_code == 422
        assert not Party.objects.filter(name="Sneaked").exists()

    def test_another_members_save_counts_as_well(self, alices: Client, nordlys: Founded, door: Door) -> None:
        bob = customer("bob@nordlys.example", "Bob")
        Membership.objects.create(organisation=nordlys.organisation, user=bob)
        opened = shown(alices.get(door.path))
        bobs = signed_in(bob)
        bobs.post(door.path, {**door.typed, door.field: "By Bob", "shown": shown(bobs.get(door.path))})
        assert alices.post(door.path, {**door.typed, door.field: "By Alice", "shown": opened}).status_code == 422
        assert Party.objects.get(pk=door.party.pk).name == "By Bob"


class TestWhatStandsNow:
    def test_is_read_as_the_page_shows_it(self, alices: Client, nordlys: Founded) -> None:
        page = reverse("onboarding:person", args=[nordlys.controller.pk])
        opened = shown(alices.get(page))
        parties.declare_person(
            nordlys.organisation, party=nordlys.controller, name="Alice Olsen", country="SE", birth_date="1984-03-17",
            roles=["director"], us_basis="none", by=nordlys.by,
        )  # fmt: skip
        typed = {"name": "Alice Olsen", "country": "NO", "birth_date": "1984-03-17", "roles": ["controller", "director"],
                 "title": "CEO", "us_basis": "none", "shown": opened}  # fmt: skip
        said = alices.post(page, typed).context["form"].errors
        assert {field: re.sub(r"</?bdi>", "", errors[0]) for field, errors in said.items() if field != "__all__"} == {
            "country": "“Sweden” is what stands here now.",
            "roles": "“Director” is what stands here now.",
            "title": "This is empty now.",
        }

    def test_a_person_removed_meanwhile_is_not_brought_back(self, alices: Client, nordlys: Founded) -> None:
        page = reverse("onboarding:person", args=[nordlys.controller.pk])
        opened = shown(alices.get(page))
        ownership.remove(nordlys.controller, by=nordlys.by)
        assert alices.post(page, {"name": "Alice", "shown": opened}).status_code == 404

    def test_a_share_changed_meanwhile_is_told_too(self, alices: Client, nordlys: Founded) -> None:
        kari = owner(nordlys, "person")
        opened = shown(alices.get(kari.path))
        ownership.change_share(nordlys.party.holders.get(), share="1/3", by=nordlys.by)
        refused = alices.post(kari.path, {**kari.typed, "share": "20", "shown": opened})
        assert "“1/3” is what stands here now." in text(refused)
        assert nordlys.party.holders.get().share == "1/3"


class TestFirstTime:
    TOLD = {"legal_form": "AS", "registration_number": "1", "country": "NO", "hq_country": "NO", **written(),
            "phone": "+4777000000"}  # fmt: skip

    def test_two_tabs_that_showed_nothing_do_not_overwrite_each_other(self, alice: User) -> None:
        organisation = organisations.create(name="Nordlys", by=alice)
        cases.open_case(organisation, notice_version="2026-11", locale="en", by=alice)
        client, page = signed_in(alice), reverse("onboarding:company")
        opened = shown(client.get(page))
        assert opened == ""
        assert client.post(page, {**self.TOLD, "name": "First AS", "shown": opened}).status_code == 302
        later = client.post(page, {**self.TOLD, "name": "Second AS", "shown": opened})
        assert later.status_code == 422
        assert "“First AS” is what stands here now." in text(later)
        assert not Party.objects.filter(name="Second AS").exists()


@pytest.mark.django_db(transaction=True)
def test_two_saves_at_one_moment_are_compared_one_after_the_other() -> None:
    """The second waits for the first and then sees it, rather than comparing with what stood before."""
    nordlys = founded(customer())
    client, page = signed_in(nordlys.by), reverse("onboarding:company")
    names = ("native_name", "legal_form", "registration_number", "country", "hq_country", "address", "phone")
    told = {name: getattr(nordlys.party, name) for name in names}
    sent = {**told, "address_street": told["address"], "name": "Second AS", "shown": shown(client.get(page))}
    answers: list[int] = []

    def send() -> None:
        try:
            answers.append(client.post(page, sent).status_code)
        finally:
            connection.close()

    second = threading.Thread(target=send)
    with steps.editing(nordlys.organisation):
        parties.declare_company(nordlys.organisation, name="First AS", **told, by=nordlys.by)
        second.start()
        deadline = time.monotonic() + 10
        with connection.cursor() as cursor:
            waiting = 0
            while not waiting and time.monotonic() < deadline:
                cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
                waiting = cursor.fetchone()[0]
                time.sleep(0.01)
    second.join(10)
    assert waiting
    assert answers == [422]
    assert Party.objects.get(pk=nordlys.party.pk).name == "First AS"
