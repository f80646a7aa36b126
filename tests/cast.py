"""The named people of the tests: alice owns, charlie has no business here, and the staff."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pikepdf
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts import organisations, shared
from accounts.middleware import seen_at
from accounts.models import Organisation, User
from demo.seed import user
from kyc.cases import actions as cases
from kyc.evidence import actions as evidence
from kyc.ownership import actions as ownership
from kyc.parties import actions as parties
from kyc.parties import payments, profiles, questionnaires
from kyc.parties.models import Party
from kyc.screening import lists


def customer(email: str = "alice@nordlys.example", name: str = "Alice Olsen") -> User:
    return user(email, name)


def staff(role: str, name: str = "") -> User:
    return user(f"{(name or role).lower().replace(' ', '')}@keyholder.example", name or role.title(), role)


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    if person.is_staff:
        session["account_authentication_methods"] = [{"method": "mfa", "at": 0, "type": "totp"}]
        session["account_authentication_methods_user"] = str(person.pk)
    session.save()
    # So that counting queries does not count the minute's note of when the session was last used.
    shared.note_first(seen_at(session.session_key), seconds=60)
    return client


def pdf(*, width: int = 595) -> SimpleUploadedFile:
    """One blank page; of another width it is another file."""
    document = pikepdf.new()
    document.add_blank_page(page_size=(width, 842))
    out = BytesIO()
    document.save(out)
    return SimpleUploadedFile("extract.pdf", out.getvalue(), content_type="application/pdf")


def load_list() -> None:
    primary, aliases = lists.SHIPPED_FILES
    lists.load("ofac-sdn", primary=primary, aliases=aliases, published=lists.SHIPPED_DATE)


@dataclass
class Founded:
    organisation: Organisation
    party: Party
    controller: Party
    by: User


# What somebody with nothing unusual to say answers about the intended use.
ANSWERS: dict[str, Any] = {
    "end_use": "Answers about weather for shipping companies.",
    "end_users": ["business"],
    "user_locations": "Norway, Denmark",
    "military": "no",
    "weapons": "no",
    "training": "no",
    "resale": "no",
    "government_ownership": "no",
    "ultimate_parent": "We are it",
    "ultimate_parent_country": "NO",
}


def founded(by: User, *, name: str = "Nordlys Modelling AS", person: str = "Alice Olsen", told: bool = True) -> Founded:
    """A company with its one person; `told` how it comes, what it will do and how it pays."""
    organisation = organisations.create(name=name, by=by)
    cases.open_case(organisation, notice_version="2026-11", locale="en", by=by)
    if told:
        declared(organisation, by)
    party = parties.declare_company(
        organisation,
        name=name,
        legal_form="AS",
        registration_number="918334207",
        country="NO",
        hq_country="NO",
        address="Strandgata 12, Tromsø",
        phone="+47 77 00 00 00",
        by=by,
    )
    controller = parties.declare_person(
        organisation,
        name=person,
        country="NO",
        birth_date="1984-03-17",
        roles=["controller", "director", "signatory"],
        title="CEO",
        us_basis="none",
        by=by,
    )
    return Founded(organisation, party, controller, by)


def declared(organisation: Organisation, by: User) -> None:
    """What it is, and how it will use and pay for what it gets."""
    profiles.choose(organisation, customer_class="company", programme="none", by=by)
    questionnaires.sign(organisation, answers=ANSWERS, signed_name=str(by), by=by)
    payments.declare(
        organisation, kind="card", holder=str(by), institution="DNB", country="NO", last_four="4242", source="revenue", by=by
    )


def submitted(by: User, **names: str) -> Founded:
    found = founded(by, **names)
    ownership.declare_owner(found.organisation, owned=found.party, owner=found.controller, share="100", by=by)
    evidence.upload(found.organisation, kind="register_extract", file=pdf(), by=by)
    cases.submit(found.organisation.case_set.get(), declared_true=True, by=by)
    return found
