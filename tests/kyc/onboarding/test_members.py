"""The pages of who acts for an organisation: the list for all of them, the rest for owners; and the page by which one joins."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import members, organisations
from accounts.models import MemberInvitation, Membership, Organisation, User
from kyc.onboarding import members as pages
from tests import cast

pytestmark = pytest.mark.django_db
MEMBERS = "/verification/members/"


@pytest.fixture
def nordlys() -> Organisation:
    return organisations.create(name="Nordlys Modelling AS", by=cast.customer())


@pytest.fixture
def alice(nordlys: Organisation) -> Client:
    return cast.signed_in(User.objects.get(email="alice@nordlys.example"))


@pytest.fixture
def bob() -> User:
    return cast.customer("bob@nordlys.example", "Bob Moe")


def told(answer: Any) -> str:
    return str(answer.content.decode())


def bidden(alice: Client, role: str = "member") -> MemberInvitation:
    answer: Any = alice.post(f"{MEMBERS}invite/", {"email": "bob@nordlys.example", "role": role}, follow=True)
    assert "An invitation is on its way to bob@nordlys.example." in told(answer)
    return MemberInvitation.objects.latest("pk")


class TestMembers:
    def test_a_stranger_learns_nothing_of_them(self, alice: Client, bob: User) -> None:
        organisations.create(name="Bob's own", by=bob)
        page = told(cast.signed_in(bob).get(MEMBERS))
        assert "alice@nordlys.example" not in page and "Bob Moe" in page

    def test_an_owner_invites_and_the_list_shows_it_until_it_is_withdrawn(self, alice: Client) -> None:
        invitation = bidden(alice)
        assert "bob@nordlys.example" in told(alice.get(MEMBERS)) and "good until" in told(alice.get(MEMBERS))
        alice.post(f"{MEMBERS}invitations/{invitation.pk}/withdraw/")
        assert "bob@nordlys.example" not in told(alice.get(MEMBERS))

    def test_what_was_typed_stays_where_it_is_refused(self, alice: Client) -> None:
        answer = alice.post(f"{MEMBERS}invite/", {"email": "bob@", "role": "owner"})
        assert answer.status_code == 422 and "Write a full e-mail address." in told(answer) and 'value="bob@"' in told(answer)
        answer = alice.post(f"{MEMBERS}invite/", {"email": "bob@x.example", "role": "king"})
        assert answer.status_code == 422 and "Choose a role." in told(answer)

    def test_a_member_finds_only_the_list_and_the_way_out(self, nordlys: Organisation, alice: Client, bob: User) -> None:
        own = Membership.objects.create(organisation=nordlys, user=bob)
        others = Membership.objects.get(user__email="alice@nordlys.example")
        client = cast.signed_in(bob)
        page = told(client.get(MEMBERS))
        assert "Alice Olsen" in page and "Invite a member" not in page and f"{MEMBERS}{others.pk}/" not in page
        for path in (f"{MEMBERS}invite/", f"{MEMBERS}{others.pk}/", f"{MEMBERS}{own.pk}/", f"{MEMBERS}{others.pk}/remove/"):
            assert client.get(path).status_code == client.post(path, {"role": "owner"}).status_code == 404, path
        answer: Any = client.post(f"{MEMBERS}{own.pk}/remove/", follow=True)
        assert "You do not act for Nordlys Modelling AS any more." in told(answer)
        assert client.get(MEMBERS)["Location"] == "/verification/begin/"

    def test_the_last_owner_is_told_why_he_stays(self, alice: Client) -> None:
        own = Membership.objects.get()
        for path, data in ((f"{MEMBERS}{own.pk}/", {"role": "member"}), (f"{MEMBERS}{own.pk}/remove/", {})):
            answer = alice.post(path, data)
            assert answer.status_code == 422 and "The account needs an owner." in told(answer)
        assert Membership.objects.get().role == "owner"

    def test_of_a_closed_account_only_ones_own_leaving_is_offered(self, nordlys: Organisation, alice: Client, bob: User) -> None:
        own = Membership.objects.create(organisation=nordlys, user=bob)
        owner = User.objects.get(email="alice@nordlys.example")
        Organisation.objects.filter(pk=nordlys.pk).update(closed_at=timezone.now(), closed_by=owner)
        assert f"{MEMBERS}{own.pk}/" not in told(alice.get(MEMBERS))
        client = cast.signed_in(bob)
        assert f"{MEMBERS}{own.pk}/remove/" in told(client.get(MEMBERS))
        client.post(f"{MEMBERS}{own.pk}/remove/")
        assert not organisations.is_member(bob)

    def test_so_many_invitations_a_day_and_no_more(self, alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pages, "INVITATIONS", "1/d/key")
        bidden(alice)
        answer = alice.post(f"{MEMBERS}invite/", {"email": "eve@x.example", "role": "member"})
        assert answer.status_code == 422 and "many invitations today" in told(answer)


class TestJoin:
    def test_who_is_invited_is_led_there_and_joins(self, alice: Client, bob: User, nordlys: Organisation) -> None:
        path = f"/verification/join/{bidden(alice, 'owner').pk}/"
        assert Client().get(path)["Location"] == f"/account/login/?next={path}"
        client = cast.signed_in(bob)
        assert path in told(client.get("/verification/begin/"))
        page = told(client.get(path))
        assert "Alice Olsen" in page and "You would be an owner" in page
        answer: Any = client.post(path, follow=True)
        assert "You act for Nordlys Modelling AS now." in told(answer)
        assert organisations.is_owner(bob, nordlys)
        assert client.get(path).status_code == 404

    def test_with_another_address_there_is_nothing(self, alice: Client) -> None:
        path = f"/verification/join/{bidden(alice).pk}/"
        client = cast.signed_in(cast.customer("eve@x.example", "Eve"))
        for answer in (client.get(path), client.post(path)):
            assert answer.status_code == 404 and "Nordlys" not in told(answer)

    def test_who_acts_for_another_is_told_to_take_another_address(self, alice: Client, bob: User) -> None:
        path = f"/verification/join/{bidden(alice).pk}/"
        organisations.create(name="Bob's own", by=bob)
        client = cast.signed_in(bob)
        page = told(client.get(path))
        assert "Ask <bdi>Alice Olsen</bdi>" in page and "you act for <bdi>Bob&#x27;s own</bdi> already" in page
        assert "Join</button>" not in page, "said before he presses"
        answer = client.post(path)
        assert answer.status_code == 422 and "with one sign-in for one only" in told(answer)

    def test_a_script_in_a_name_is_text(self, bob: User) -> None:
        eve = cast.customer("eve@x.example", "<script>alert(1)</script>")
        evil = organisations.create(name="<b>Evil</b>", by=eve)
        invitation = members.invite(evil, email=bob.email, by=eve)
        page = told(cast.signed_in(bob).get(f"/verification/join/{invitation.pk}/"))
        assert "<script>alert" not in page and "<b>Evil" not in page and "&lt;b&gt;Evil" in page
