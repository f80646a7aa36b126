"""What people do with their organisation."""

import threading

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from accounts import organisations
from accounts.models import AuditEvent, Membership, Organisation, Project, User
from accounts.organisations import NameLeadsElsewhere, NameMissing, printable
from accounts.permissions import NotPermitted
from tests import cast


@pytest.mark.django_db
class TestCreate:
    def test_makes_an_owner_a_first_project_and_one_record(self) -> None:
        alice = cast.customer()
        found = organisations.create(name="  Nordlys \n Modelling\tAS ", by=alice)
        assert found.name == "Nordlys Modelling AS"
        assert list(Membership.objects.values_list("organisation", "user", "role")) == [(found.pk, alice.pk, "owner")]
        assert list(Project.objects.values_list("organisation", "name")) == [(found.pk, "Default")]
        assert list(AuditEvent.objects.values_list("verb", "actor_id", "organisation_id")) == [
            ("organisation.created", alice.pk, found.pk)
        ]

    def test_the_same_name_sent_twice_is_one(self) -> None:
        alice = cast.customer()
        assert organisations.create(name="Nordlys", by=alice) == organisations.create(name=" Nordlys ", by=alice)
        assert Organisation.objects.count() == Membership.objects.count() == AuditEvent.objects.count() == 1

    def test_the_same_name_of_two_people_is_two_and_neither_learns_of_the_other(self) -> None:
        first = organisations.create(name="Nordlys", by=cast.customer())
        second = organisations.create(name="Nordlys", by=cast.customer("charlie@x.example", "Charlie"))
        assert first != second

    @pytest.mark.parametrize("name", ["", "   ", "\n\t", "\x00\x07", "\u202e"])
    def test_needs_a_name_that_can_be_read(self, name: str) -> None:
        with pytest.raises(NameMissing) as raised:
            organisations.create(name=name, by=cast.customer())
        assert raised.value.field == "name"
        assert not Organisation.objects.exists()

    def test_is_not_for_staff(self) -> None:
        with pytest.raises(NotPermitted):
            organisations.create(name="Nordlys", by=cast.staff("administrator"))
        assert not Organisation.objects.exists()

    def test_a_name_longer_than_its_column_is_cut(self) -> None:
        assert len(organisations.create(name="x" * 1000, by=cast.customer()).name) == 300


@pytest.mark.django_db(transaction=True)
def test_the_same_form_sent_twice_at_once_makes_one() -> None:
    alice = cast.customer()
    together = threading.Barrier(4, timeout=10)
    made: list[int] = []

    def send() -> None:
        together.wait()
        made.append(organisations.create(name="Nordlys", by=alice).pk)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert len(made) == 4
    assert len(set(made)) == Organisation.objects.count() == 1


class TestPrintable:
    @given(st.text())
    def test_leaves_one_readable_line(self, text: str) -> None:
        found = printable(text)
        assert found.isprintable()
        assert found == found.strip()
        assert "  " not in found
        assert printable(found) == found

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Nordlys AS", "Nordlys AS"),
            (" a  b ", "a b"),
            ("a\u202eb", "ab"),
            ("a\x00b", "ab"),
            ("莲花 推理", "莲花 推理"),
            ("شركة الأفق", "شركة الأفق"),
            ("Two\nlines", "Two lines"),
            ("tab\there", "tab here"),
        ],
    )
    def test_of(self, text: str, expected: str) -> None:
        assert printable(text) == expected


@pytest.mark.django_db
class TestMembershipRequired:
    def test_a_member_passes_and_nobody_else(self) -> None:
        alice = cast.customer()
        found = cast.founded(alice).organisation
        organisations.membership_required(alice, found)
        others: list[User] = [cast.customer("charlie@x.example", "Charlie"), cast.staff("approver"), cast.staff("administrator")]
        cast.founded(others[0], name="Other AS")
        for person in others:
            with pytest.raises(NotPermitted):
                organisations.membership_required(person, found)


@pytest.mark.django_db
class TestRenameMember:
    def test_people_name_themselves(self) -> None:
        alice = cast.customer()
        organisations.rename_member(alice, name=" Alice\nB. Olsen ", by=alice)
        alice.refresh_from_db()
        assert alice.name == "Alice B. Olsen"
        assert AuditEvent.objects.get().verb == "user.renamed"

    def test_and_nobody_else(self) -> None:
        alice = cast.customer()
        with pytest.raises(NotPermitted):
            organisations.rename_member(alice, name="X", by=cast.staff("administrator"))
        alice.refresh_from_db()
        assert alice.name == "Alice Olsen"


@pytest.mark.django_db
class TestNames:
    @pytest.mark.parametrize("name", ["http://evil.example", "Nordlys HTTPS://evil", "www.evil.example", "ＷＷＷ．evil.example"])
    def test_are_no_links(self, name: str) -> None:
        alice = cast.customer()
        with pytest.raises(NameLeadsElsewhere):
            organisations.create(name=name, by=alice)
        with pytest.raises(NameLeadsElsewhere) as refused:
            organisations.rename_member(alice, name=name, by=alice)
        assert refused.value.field == "your_name"

    def test_may_be_odd(self) -> None:
        name = "ww.dot Com & Co: a/b, c@d e.V. 北京"
        assert organisations.create(name=name, by=cast.customer()).name == name
