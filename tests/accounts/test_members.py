"""Owners add members by an address, and give roles; an organisation always keeps an owner."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import DatabaseError, IntegrityError, connection
from django.utils import timezone

from accounts import audit, members, organisations
from accounts.models import AuditEvent, MemberInvitation, Membership, Message, Organisation, User
from accounts.permissions import NotPermitted
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return cast.customer()


@pytest.fixture
def nordlys(alice: User) -> Organisation:
    return organisations.create(name="Nordlys Modelling AS", by=alice)


@pytest.fixture
def bob() -> User:
    return cast.customer("bob@nordlys.example", "Bob Moe")


@pytest.fixture
def invited(nordlys: Organisation, alice: User) -> MemberInvitation:
    return members.invite(nordlys, email=" Bob@Nordlys.example ", role="member", by=alice)


def member(nordlys: Organisation, who: User) -> Membership:
    return Membership.objects.get(organisation=nordlys, user=who)


def verbs() -> list[str]:
    return list(AuditEvent.objects.filter(verb__startswith="member.").order_by("pk").values_list("verb", flat=True))


@pytest.fixture
def audit_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*args: Any, **more: Any) -> None:
        raise DatabaseError("the audit row cannot be written")

    monkeypatch.setattr(audit, "record", fails)


class TestInvite:
    def test_mail_goes_out_in_both_forms_and_it_is_written_down(self, invited: MemberInvitation) -> None:
        assert (invited.email, invited.role, invited.state) == ("bob@nordlys.example", "member", "open")
        mail = Message.objects.get()
        path = f"/verification/join/{invited.pk}/"
        assert mail.to == invited.email and path in mail.text and path in mail.html
        assert "Alice Olsen (alice@nordlys.example) invites you to act at " in mail.text
        assert " for “Nordlys Modelling AS”. " in mail.text and ".." not in mail.text + mail.html
        event = AuditEvent.objects.get(verb="member.invited")
        assert (event.actor, event.organisation_id, event.details) == ("Alice Olsen", invited.organisation_id, {"role": "member"})

    def test_invited_again_the_one_before_ends(self, invited: MemberInvitation, nordlys: Organisation, alice: User) -> None:
        second = members.invite(nordlys, email="bob@nordlys.example", role="owner", by=alice)
        invited.refresh_from_db()
        assert (invited.state, invited.ended_by) == ("ended", alice) and [*members.waiting(nordlys)] == [second]
        with pytest.raises(IntegrityError, match="one_open_member_invitation_an_address"):
            MemberInvitation.objects.create(
                organisation=nordlys, email=second.email, role="member", invited_by=alice, invited_at=second.invited_at,
                expires_at=second.expires_at,
            )  # fmt: skip

    @pytest.mark.parametrize(
        ("told", "refused"),
        [
            ({"email": "bob"}, members.BadAddress),
            ({"email": "bob@x.example", "role": "king"}, members.BadRole),
            ({"email": "ALICE@nordlys.example"}, members.MemberAlready),
            # In small letters it is longer.
            ({"email": f"{'b' * 225}@{'İ' * 20}.example"}, members.BadAddress),
        ],
    )
    def test_bad_input_is_told_and_nothing_happens(
        self, nordlys: Organisation, alice: User, told: dict[str, str], refused: Any
    ) -> None:
        with pytest.raises(refused):
            members.invite(nordlys, **told, by=alice)
        assert not MemberInvitation.objects.exists() and not Message.objects.exists()

    def test_a_member_and_a_stranger_invite_nobody(self, nordlys: Organisation, bob: User) -> None:
        with pytest.raises(NotPermitted):
            members.invite(nordlys, email="eve@x.example", by=bob)
        Membership.objects.create(organisation=nordlys, user=bob)
        with pytest.raises(NotPermitted, match="Only an owner"):
            members.invite(nordlys, email="eve@x.example", by=bob)

    def test_of_a_closed_account_nobody_is_invited(self, nordlys: Organisation, alice: User) -> None:
        Organisation.objects.filter(pk=nordlys.pk).update(closed_at=timezone.now(), closed_by=alice)
        with pytest.raises(organisations.AccountClosed):
            members.invite(nordlys, email="bob@nordlys.example", by=alice)

    def test_nothing_is_sent_that_cannot_be_written_down(self, nordlys: Organisation, alice: User, audit_fails: None) -> None:
        with pytest.raises(DatabaseError):
            members.invite(nordlys, email="bob@nordlys.example", by=alice)

    def test_the_database_lets_none_last_longer(self, invited: MemberInvitation) -> None:
        with pytest.raises(IntegrityError, match="member_invitation_lasts_two_weeks_at_most"):
            MemberInvitation.objects.update(expires_at=invited.invited_at + timedelta(days=14, seconds=1))


class TestAccept:
    def test_who_reads_that_mail_acts_for_it_from_then_on(
        self, invited: MemberInvitation, nordlys: Organisation, bob: User
    ) -> None:
        joined = members.accept(invited.pk, by=bob)
        assert (joined.organisation, joined.role) == (nordlys, "member")
        invited.refresh_from_db()
        assert (invited.state, invited.accepted_by) == ("accepted", bob) and not members.waiting(nordlys)
        assert verbs() == ["member.invited", "member.joined"]
        with pytest.raises(members.NotOpen):
            members.accept(invited.pk, by=bob)
        owners = Message.objects.latest("pk")
        assert (owners.to, owners.organisation) == ("alice@nordlys.example", nordlys)
        assert "Bob Moe (bob@nordlys.example) has accepted an invitation" in owners.text and "Bob Moe" in owners.html

    def test_with_another_address_or_one_not_proved_there_is_nothing(self, invited: MemberInvitation, bob: User) -> None:
        with pytest.raises(members.NotOpen):
            members.accept(invited.pk, by=cast.customer("eve@x.example", "Eve"))
        EmailAddress.objects.filter(user=bob).update(verified=False)
        with pytest.raises(members.NotOpen):
            members.accept(invited.pk, by=bob)
        assert Membership.objects.count() == 1

    def test_nor_after_it_was_withdrawn_or_has_expired(
        self, invited: MemberInvitation, nordlys: Organisation, alice: User, bob: User
    ) -> None:
        long_ago = timezone.now() - timedelta(days=15)
        MemberInvitation.objects.update(invited_at=long_ago, expires_at=long_ago + timedelta(days=14))
        with pytest.raises(members.NotOpen):
            members.accept(invited.pk, by=bob)
        again = members.invite(nordlys, email=bob.email, by=alice)
        members.withdraw(again, by=alice)
        members.withdraw(again, by=alice)
        with pytest.raises(members.NotOpen):
            members.accept(again.pk, by=bob)
        assert verbs() == ["member.invited", "member.invited", "member.invitation_withdrawn"]

    def test_nor_for_who_acts_for_another_or_is_staff(
        self, invited: MemberInvitation, nordlys: Organisation, alice: User
    ) -> None:
        bob = cast.customer("bob@nordlys.example", "Bob Moe")
        organisations.create(name="Bob's own", by=bob)
        with pytest.raises(organisations.ActsForAnother):
            members.accept(invited.pk, by=bob)
        rui = cast.staff("approver", "Rui Duarte")
        theirs = members.invite(nordlys, email=rui.email, by=alice)
        with pytest.raises(NotPermitted):
            members.accept(theirs.pk, by=rui)
        assert Membership.objects.filter(organisation=nordlys).count() == 1


class TestRoles:
    @pytest.fixture
    def joined(self, invited: MemberInvitation, bob: User) -> Membership:
        return members.accept(invited.pk, by=bob)

    def test_an_owner_gives_another_role_once(self, joined: Membership, alice: User) -> None:
        members.change_role(joined, role="owner", by=alice)
        members.change_role(joined, role="owner", by=alice)
        assert AuditEvent.objects.get(verb="member.role_changed").details == {"before": "member", "role": "owner"}

    def test_a_member_gives_none_and_removes_nobody_but_himself(
        self, joined: Membership, nordlys: Organisation, alice: User, bob: User
    ) -> None:
        for act in (
            lambda: members.change_role(joined, role="owner", by=bob),
            lambda: members.remove(member(nordlys, alice), by=bob),
        ):
            with pytest.raises(NotPermitted):
                act()
        members.remove(joined, by=bob)
        assert not organisations.is_member(bob) and verbs()[-1] == "member.removed"

    def test_the_last_owner_neither_leaves_nor_becomes_a_member(
        self, joined: Membership, nordlys: Organisation, alice: User
    ) -> None:
        own = member(nordlys, alice)
        for act in (lambda: members.remove(own, by=alice), lambda: members.change_role(own, role="member", by=alice)):
            with pytest.raises(members.LastOwner, match="needs an owner"):
                act()
        members.change_role(joined, role="owner", by=alice)
        members.remove(own, by=alice)
        assert [row.user.name for row in members.of(nordlys)] == ["Bob Moe"]

    def test_an_owner_removes_a_member_who_sees_nothing_from_then_on(self, joined: Membership, alice: User, bob: User) -> None:
        members.remove(joined, by=alice)
        members.remove(joined, by=alice)
        assert AuditEvent.objects.filter(verb="member.removed").count() == 1 and not organisations.is_member(bob)

    def test_each_other_owner_reads_of_it_and_the_one_who_is_removed(
        self, joined: Membership, nordlys: Organisation, alice: User, bob: User
    ) -> None:
        members.change_role(joined, role="owner", by=alice)
        Message.objects.all().delete()
        members.remove(member(nordlys, alice), by=bob)
        assert [mail.to for mail in Message.objects.all()] == ["alice@nordlys.example"]
        assert "Bob Moe has removed Alice Olsen" in Message.objects.get().text

    def test_of_who_leaves_the_owners_read(self, joined: Membership, bob: User) -> None:
        Message.objects.all().delete()
        members.remove(joined, by=bob)
        assert Message.objects.get().to == "alice@nordlys.example" and "has left" in Message.objects.get().text

    def test_whoever_was_removed_meanwhile_has_no_role(self, joined: Membership, alice: User) -> None:
        members.remove(joined, by=alice)
        with pytest.raises(members.NotAMember, match="any more"):
            members.change_role(joined, role="owner", by=alice)

    @pytest.mark.parametrize("how", ["removed", "demoted"])
    def test_nobody_joins_by_the_invitation_of_who_is_no_owner_any_more(
        self, joined: Membership, nordlys: Organisation, alice: User, bob: User, how: str
    ) -> None:
        members.change_role(joined, role="owner", by=alice)
        theirs = members.invite(nordlys, email="bob@second.example", role="owner", by=bob)
        others = members.invite(nordlys, email="eve@x.example", by=alice)
        members.remove(joined, by=alice) if how == "removed" else members.change_role(joined, role="member", by=alice)
        with pytest.raises(members.NotOpen):
            members.accept(theirs.pk, by=cast.customer("bob@second.example", "Bob Moe"))
        assert [*members.waiting(nordlys)] == [others]

    def test_a_closed_account_holds_no_member_and_keeps_its_last_owner(
        self, joined: Membership, nordlys: Organisation, alice: User, bob: User
    ) -> None:
        Organisation.objects.filter(pk=nordlys.pk).update(closed_at=timezone.now(), closed_by=alice)
        with pytest.raises(organisations.AccountClosed):
            members.remove(joined, by=alice)
        members.remove(joined, by=bob)
        assert organisations.create(name="Bob's own", by=bob)
        with pytest.raises(members.LastOwner, match="keeps its last owner"):
            members.remove(member(nordlys, alice), by=alice)

    @pytest.mark.parametrize("how", ["delete", "update"])
    def test_the_database_keeps_an_owner_too(self, joined: Membership, nordlys: Organisation, alice: User, how: str) -> None:
        rows = Membership.objects.filter(organisation=nordlys, user=alice)
        with pytest.raises(IntegrityError, match="organisation_keeps_an_owner"):
            rows.delete() if how == "delete" else rows.update(role="member")

    def test_nothing_changes_that_cannot_be_written_down(
        self, joined: Membership, nordlys: Organisation, alice: User, audit_fails: None
    ) -> None:
        for act in (lambda: members.change_role(joined, role="owner", by=alice), lambda: members.remove(joined, by=alice)):
            with pytest.raises(DatabaseError):
                act()


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_of_two_owners_who_leave_at_once_one_stays(self, nordlys: Organisation, alice: User, bob: User) -> None:
        Membership.objects.create(organisation=nordlys, user=bob, role="owner")

        def leaves(who: User) -> bool:
            try:
                members.remove(member(nordlys, who), by=who)
            except members.LastOwner:
                return False
            finally:
                connection.close()
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(leaves, (alice, bob))) == [False, True]
        assert Membership.objects.filter(organisation=nordlys, role="owner").count() == 1
