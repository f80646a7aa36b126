"""The named people of the tests: alice owns, charlie has no business here, and the staff."""

import time
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts import organisations, shared
from accounts.models import Organisation, User
from accounts.sessions import SIGNED_IN, seen_at
from demo.seed import user
from kyc.cases import actions as cases
from kyc.cases.models import Case
from kyc.evidence import actions as evidence
from kyc.evidence import authority, proofs
from kyc.evidence.models import Document
from kyc.ownership import actions as ownership
from kyc.parties import actions as parties
from kyc.parties import payments, profiles, questionnaires
from kyc.parties.models import Party, Role
from kyc.screening import actions as screening
from kyc.screening import lists
from kyc.screening.models import Hit, ListVersion


def customer(email: str = "alice@nordlys.example", name: str = "Alice Olsen") -> User:
    return user(email, name)


def staff(role: str, name: str = "") -> User:
    return user(f"{(name or role).lower().replace(' ', '')}@keyholder.example", name or role.title(), role)


def signed_in(person: User) -> Client:
    """With the session that a sign-in leaves behind, in one query; a real one, which some tests make, takes twenty."""
    left = {
        SESSION_KEY: str(person.pk),
        BACKEND_SESSION_KEY: "allauth.account.auth_backends.AuthenticationBackend",
        HASH_SESSION_KEY: person.get_session_auth_hash(),
        SIGNED_IN: time.time(),
    }
    if person.is_staff:
        left["account_authentication_methods"] = [{"method": "mfa", "at": time.time(), "type": "totp"}]
        left["account_authentication_methods_user"] = str(person.pk)
    session = SessionStore().create_model_instance(left)
    session.session_key = get_random_string(32, VALID_KEY_CHARS)
    Session.objects.bulk_create([session])
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    # So that counting queries does not count the minute's note of when the session was last used.
    shared.note(seen_at(session.session_key), "1", seconds=60)
    return client


def pdf(*, width: int = 595) -> SimpleUploadedFile:
    """One blank page; of another width it is another file."""
    document = pikepdf.new()
    document.add_blank_page(page_size=(width, 842))
    out = BytesIO()
    document.save(out)
    return SimpleUploadedFile("extract.pdf", out.getvalue(), content_type="application/pdf")


# OFAC's twelve columns; the third tells a person from a company.
LISTED = """\
9101,"VOLKHOV TRADING LLC",-0- ,"SDGT",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0-\x20
9102,"DRAGUNOV METALS LLC",-0- ,"SDGT",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"Registration Number 7701234567 (Russia)."
9103,"KARPOV, Zorislav","individual","SDGT",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"DOB 04 Feb 1961; nationality Russia."
9104,"BELKIN, Timur","individual","SDGT",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0-\x20
9105,"SEVERNAYA ZVEZDA",-0- ,"SDGT",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0-\x20
"""
PUBLISHED = date(2026, 10, 1)


def load_list(folder: Path, text: str = LISTED, *, published: date = PUBLISHED) -> ListVersion:
    """A list of a few entries, over which an examination takes milliseconds."""
    file = folder / f"sdn-{published}.csv"
    file.write_text(text)
    return ListVersion.objects.get(pk=lists.load("ofac-sdn", primary=file, published=published, may_shrink=True).version)


def written(country: str = "", *, of: str = "address", **parts: str) -> dict[str, str]:
    """An address in Norway as a form takes it, in its fields; without `country` where the form asks for it apart."""
    told = {"street": "Gate 1", "postal_code": "0150", "city": "Oslo", **({"country": country} if country else {}), **parts}
    return {f"{of}_{part}": value for part, value in told.items()}


def matched(party: Party, version: ListVersion, *, entry_id: str = "1", score: str = "0.930", **more: Any) -> Hit:
    """A possible match, as a comparing writes it."""
    said = {"entry_name": party.name, "party_name": party.name, "engine": "tests", "configuration": "tests"} | more
    return Hit.objects.create(
        organisation=party.organisation,
        party=party,
        source=version.source,
        list_version=version,
        entry_id=entry_id,
        score=score,
        **said,
    )


def ruled(hit: Hit, *, ruling: str, reason: str = "", note: str = "", by: User, second: User | None = None) -> Hit:
    """By one officer, and where it takes two by `second`, or by anybody else who may."""
    reason = reason or next(iter(screening.REASONS[ruling]))
    found = screening.rule(hit, ruling=ruling, reason=reason, note=note, by=by)
    if found.waits:
        others = User.objects.filter(staff_role__in=["analyst", "approver"], is_robot=False).exclude(pk=by.pk)
        found = screening.confirm(found.proposal, by=second or others.first() or staff("approver", "Second"))
    return found


def load_shipped_list() -> None:
    """The real one, which takes seconds."""
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
        profiles.choose(organisation, customer_class="company", programme="none", by=by)
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
    if told:
        declared(organisation, by, signed_name=person)
    return Founded(organisation, party, controller, by)


def opened(organisation: Organisation, *, days: int) -> Organisation:
    """As if the account had been opened so many days ago."""
    Organisation.objects.filter(pk=organisation.pk).update(created_at=timezone.now() - timedelta(days=days))
    organisation.refresh_from_db()
    return organisation


def declared(organisation: Organisation, by: User, *, signed_name: str) -> None:
    """How it will use and pay for what it gets."""
    questionnaires.sign(organisation, answers=ANSWERS, signed_name=signed_name, by=by)
    payments.declare(
        organisation, kind="card", holder=str(by), institution="DNB", country="NO", last_four="4242", source="revenue", by=by
    )


def shown(organisation: Organisation, by: User, *, officer: User | None = None) -> None:
    """Of everybody who may sign what shows who he is and that he may (FATF-02), where it was not sent yet; an officer has
    verified the latter by it."""
    officer = officer or User.objects.filter(email="vera@keyholder.example").first()
    officer = officer or User.objects.create_user("vera@keyholder.example", None, name="Vera Lie", staff_role="analyst")
    for one in authority.of(organisation):
        role = Role.objects.select_related("party").get(pk=one.role)
        if not one.identity:
            evidence.upload(organisation, kind="passport", file=pdf(width=420), party=role.party, by=by)
        if one.proof is None:
            proofs.verify_authority(role, document=paper_of(organisation, role, by), by=officer)


def paper_of(organisation: Organisation, role: Role, by: User) -> Document:
    """What shows that he may: the register, where he stands in it."""
    current = Document.objects.current().filter(organisation=organisation)
    if proofs.holds_office(role.party) and (extract := current.filter(party=None, kind__in=authority.REGISTERS).first()):
        return extract
    found = current.filter(party=role.party, kind="authority").first()
    return found or evidence.upload(organisation, kind="authority", file=pdf(width=421), party=role.party, by=by)


def having_sent(organisation: Organisation, *, by: User) -> Organisation:
    """It has sent a case, of which nothing else is told."""
    now = timezone.now()
    Case.objects.create(organisation=organisation, submitted_at=now, submitted_by=by, in_state_since=now)
    return organisation


def submitted(by: User, **names: str) -> Founded:
    found = founded(by, **names)
    ownership.declare_owner(found.organisation, owned=found.party, owner=found.controller, share="100", by=by)
    evidence.upload(found.organisation, kind="register_extract", file=pdf(), by=by)
    shown(found.organisation, by)
    cases.submit(found.organisation.case_set.get(), declared_true=True, by=by)
    return found
