"""The people who run the company, as one list."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.vault import subjects
from kyc.evidence import invitations
from kyc.ownership import actions as ownership
from kyc.parties import actions as parties
from kyc.parties.models import Party
from tests import cast
from tests.cast import Founded
from tests.test_doors import HIDDEN

# A page that has grown by so many people asks no more often than before.
MORE = 4


def director(to: Founded, name: str) -> None:
    person = parties.declare_person(
        to.organisation, name=name, country="NO", birth_date="1980-01-01", roles=["director"], us_basis="none", by=to.by
    )
    invitations.invite(person, email=f"{name.lower()}@nordlys.example", by=to.by)


def owner(to: Founded, name: str) -> None:
    interest = ownership.declare_owner(
        to.organisation, owned=to.party, name=name, share="1", country="NO", birth_date="1980-01-01", by=to.by
    )
    invitations.invite(interest.owner, email=f"{name.lower()}@nordlys.example", by=to.by)


def nominee(to: Founded, name: str) -> None:
    behind = ownership.name_principal(to.organisation, name=f"Behind {name}", country="NO", by=to.by)
    invitations.invite(behind, email=f"{name.lower()}@nordlys.example", by=to.by)
    ownership.declare_owner(
        to.organisation, owned=to.party, name=f"Holding {name}", share="1", country="NO", held_for=behind, by=to.by
    )


@pytest.mark.parametrize(
    ("path", "named", "shown"),
    [
        ("/verification/people/", director, "Ida4"),
        ("/verification/owners/", owner, "Ida4"),
        ("/verification/owners/", nominee, "Behind Ida4"),
        ("/verification/check/", director, "Ida4"),
        ("/verification/", owner, "Ida4"),
    ],
)
def test_a_longer_list_asks_the_database_no_more_often(
    alices: Client,
    nordlys: Founded,
    django_assert_num_queries: Any,
    path: str,
    named: Callable[[Founded, str], None],
    shown: str,
) -> None:
    named(nordlys, "Ida0")
    subjects.cache.forget()
    with CaptureQueriesContext(connection) as before:
        alices.get(path)
    for number in range(1, MORE + 1):
        named(nordlys, f"Ida{number}")
    subjects.cache.forget()
    with django_assert_num_queries(len(before)):
        page = alices.get(path)
    assert shown in page.content.decode()


def test_what_the_form_does_not_ask_for_is_not_read(alices: Client, nordlys: Founded) -> None:
    """Whatever a request names beside: whose the person is, what it is, who the writer is, and how the case stands."""
    other = cast.founded(cast.customer("charlie@outside.example", "Charlie"), name="Outside GmbH", person="Charlie")
    boss, path = nordlys.controller, f"/verification/people/{nordlys.controller.pk}/"
    forged = {
        "id": other.controller.pk, "pk": other.controller.pk, "organisation": other.organisation.pk,
        "organisation_id": other.organisation.pk, "kind": "company", "created_at": "2000-01-01", "staff_role": "approver",
        "is_staff": "1", "state": "approved", "case-state": "approved", "__proto__": "x",
    }  # fmt: skip
    sent = {"name": "Alice Olsen", "country": "NO", "birth_date": "1984-03-17", "title": "Chair", **cast.written("NO"),
            "us_basis": "none", "roles": "controller"}  # fmt: skip
    unseen = {name.decode(): value.decode() for name, value in HIDDEN.findall(alices.get(path).content)}
    before = Party.objects.filter(organisation=other.organisation).values_list("pk", "name", "kind")
    known = [*before]
    assert alices.post(path, forged | unseen | sent).status_code == 302
    boss.refresh_from_db()
    assert boss.roles.filter(title="Chair").exists() or boss.title == "Chair", "what it asks for is read"
    assert (boss.organisation, boss.kind) == (nordlys.organisation, "person")
    assert [*before.all()] == known
    nordlys.by.refresh_from_db()
    assert nordlys.by.staff_role == "" and not nordlys.by.is_staff
    assert nordlys.organisation.case_set.get().state == "draft"


@pytest.mark.parametrize("step", ["people", "owners"])
def test_the_menu_of_the_account_is_folded(alices: Client, step: str) -> None:
    page = alices.get(f"/verification/{step}/").content.decode()
    assert '<details class="menu">' in page and '<details class="menu" open>' not in page
