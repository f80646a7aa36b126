"""The named people of the tests: alice owns, charlie has no business here, and the staff."""

from dataclasses import dataclass
from io import BytesIO

import pikepdf
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts import organisations
from accounts.models import Organisation, User
from demo.seed import user
from kyc.cases import actions as cases
from kyc.evidence import actions as evidence
from kyc.ownership import actions as ownership
from kyc.parties import actions as parties
from kyc.parties.models import Party
from kyc.screening import lists


def customer(email: str = "alice@nordlys.example", name: str = "Alice Olsen") -> User:
    return user(email, name)


def staff(role: str, name: str = "") -> User:
    return user(f"{(name or role).lower().replace(' ', '')}@keyholder.example", name or role.title(), role)


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    if person.is_staff:
        session = client.session
        session["account_authentication_methods"] = [{"method": "mfa", "at": 0, "type": "totp"}]
        session["account_authentication_methods_user"] = str(person.pk)
        session.save()
    return client


def pdf() -> SimpleUploadedFile:
    document = pikepdf.new()
    document.add_blank_page(page_size=(595, 842))
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


def founded(by: User, *, name: str = "Nordlys Modelling AS", person: str = "Alice Olsen") -> Founded:
    organisation = organisations.create(name=name, by=by)
    cases.open_case(organisation, notice_version="2026-11", locale="en", by=by)
    party = parties.declare_company(
        organisation,
        name=name,
        legal_form="AS",
        registration_number="918334207",
        country="NO",
        hq_country="NO",
        address="Strandgata 12, Tromsø",
        by=by,
    )
    controller = parties.declare_person(
        organisation, name=person, country="NO", birth_date="1984-03-17", roles=["controller", "director"], title="CEO", by=by
    )
    return Founded(organisation, party, controller, by)


def submitted(by: User, **names: str) -> Founded:
    found = founded(by, **names)
    ownership.declare_owner(found.organisation, owned=found.party, owner=found.controller, share="100", by=by)
    evidence.upload(found.organisation, kind="register_extract", file=pdf(), by=by)
    cases.submit(found.organisation.case_set.get(), declared_true=True, by=by)
    return found
