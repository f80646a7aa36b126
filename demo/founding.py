"""From a row of the demo to a case that is sent and examined: what a customer does, through the product's actions."""

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts import acting, organisations
from accounts.models import Organisation, User
from accounts.permissions import StaffRole
from config import jobs
from demo import documents, identity
from demo.cast import PASSWORD, TOTP_SECRET
from demo.organisations.rows import Customer, Excluded, Owner, Person
from kyc.cases import actions as cases
from kyc.cases import completeness, examining
from kyc.cases.models import Case, Examination
from kyc.evidence import actions as evidence
from kyc.evidence import authority, intake
from kyc.evidence.models import Document
from kyc.ownership import actions as ownership
from kyc.parties import actions as parties
from kyc.parties import countries, exclusions, payments, profiles, questionnaires
from kyc.parties.models import Party, Profile
from kyc.rules import packs

C, D = Profile.CustomerClass, Document.Kind
ANSWERS: dict[str, Any] = {
    "end_use": "Answers for the customers of our own product.",
    "end_users": ["business"],
    "user_locations": "Where we are, and our neighbours",
    "military": "no",
    "weapons": "no",
    "training": "no",
    "resale": "no",
    "government_ownership": "no",
    "ultimate_parent": "We are it",
}


@cache
def hashed(hasher: str) -> str:
    """By today's hasher once for all, since it is slow by design and everybody's password stands on the demo's page."""
    return make_password(PASSWORD)


def user(email: str, name: str, role: str = "") -> User:
    """Somebody who has signed up, which is what the sign-in library does and no action of ours."""
    email = User.objects.normalize_email(email).lower()
    made = User.objects.create(email=email, password=hashed(settings.PASSWORD_HASHERS[0]), name=name, staff_role=role)
    EmailAddress.objects.create(user=made, email=email, verified=True, primary=True)
    if role:
        TOTP.activate(made, TOTP_SECRET)
    return made


def staff(role: str) -> User:
    """The first of the cast who has it."""
    return User.objects.filter(staff_role=role, is_robot=False).earliest("pk")


def sent_in(organisation: Organisation, *, by: User, **what: Any) -> Document:
    return opened(evidence.upload(organisation, **what, by=by))


def opened(document: Document) -> Document:
    """Where no virus scanner answered: the demo has drawn it itself."""
    if document.is_openable:
        return document
    approver = staff(StaffRole.APPROVER)
    with turn(approver):
        return intake.release(document, reason="A paper that the demo has drawn itself.", by=approver)


def turn(by: User) -> AbstractContextManager[None]:
    """What is done inside is that person's; outside of any turn it is the product's. A story is one transaction, so its
    history can't tell it by the audit's rows alone."""
    return acting.turn(by.pk)


def named(organisation: Organisation, name: str) -> Party | None:
    return Party.objects.current().filter(organisation=organisation, name=name).first()


def begun(row: Customer) -> tuple[Organisation, User]:
    """An account with its draft and what it is."""
    by = User.objects.filter(email=row.email).first() or user(row.email, row.owner.name)
    told = {"customer_class": row.kind, "programme": row.programme, "programme_run_by": row.run_by}
    with turn(by):
        organisation = organisations.create(name=row.name, by=by)
        cases.open_case(organisation, notice_version=packs.current().notice_version, locale="en", by=by)
        profiles.choose(organisation, **told, by=by)
    return organisation, by


def founded(row: Customer) -> tuple[Organisation, User]:
    """Begun, with everybody named who is involved."""
    organisation, by = begun(row)
    with turn(by):
        name_all(organisation, row, by)
    return organisation, by


def name_all(organisation: Organisation, row: Customer, by: User) -> None:
    customer = declared(organisation, row, by)
    if row.kind != C.INDIVIDUAL:
        for one in row.people:
            parties.declare_person(
                organisation,
                name=one.name,
                native_name=one.native,
                country=one.country,
                birth_date=one.born,
                roles=one.roles,
                title=one.title,
                us_basis=one.us,
                by=by,
            )
            reach(organisation, one, by)
    for owner in row.owners:
        own(organisation, customer, owner, by)
    for one in row.claims:
        claim(organisation, one, by)


def reach(organisation: Organisation, row: Person, by: User) -> None:
    """Where somebody can be reached who has told it."""
    person = named(organisation, row.name)
    if person and row.email:
        same = {"name": row.name, "native_name": row.native, "country": row.country, "birth_date": row.born}
        parties.correct(person, **same, email=row.email, address=row.address, by=by)


def claim(organisation: Organisation, row: Excluded, by: User) -> None:
    """What one of its companies claims to be left out of, with the paper that is to show it."""
    party = Party.objects.current().get(organisation=organisation, name=row.of)
    exclusions.claim(party, ground=row.ground, reference=row.reference, by=by)
    if row.paper:
        about = None if party == parties.customer(organisation) else party
        paper = documents.paper("Listing", issuer=row.paper.get("Listed on", row.reference), rows=row.paper)
        sent_in(organisation, kind=D.LICENCE, party=about, file=paper, by=by)


def declared(organisation: Organisation, row: Customer, by: User) -> Party:
    if row.kind == C.INDIVIDUAL:
        one = row.owner
        who = {"name": one.name, "native_name": one.native, "country": one.country, "birth_date": one.born, "us_basis": one.us}
        return parties.declare_individual(organisation, **who, address=row.address, phone=row.phone, by=by)
    return parties.declare_company(
        organisation,
        kind=profiles.KINDS[row.kind],
        name=row.name,
        native_name=row.native,
        legal_form=row.form,
        registration_number=row.number,
        country=row.country,
        hq_country=row.hq or row.country,
        address=row.address,
        phone=row.phone,
        domain=row.domain,
        lei=row.lei,
        by=by,
    )


def own(organisation: Organisation, owned: Party, owner: Owner, by: User) -> None:
    """The owner of that row, and whoever stands above it. A name told before is the same party."""
    known = named(organisation, owner.name)
    who = {
        "kind": owner.kind,
        "name": owner.name,
        "native_name": owner.native,
        "country": owner.country,
        "hq_country": owner.country if owner.kind in (Party.Kind.COMPANY, Party.Kind.TRUST) else "",
        "birth_date": owner.born if owner.kind == Party.Kind.PERSON else "",
        "us_basis": owner.us,
        "registration_number": owner.number,
        "lei": owner.lei,
    }
    interest = ownership.declare_owner(
        organisation,
        owned=owned,
        share=owner.share,
        interest=owner.role,
        held_for=named(organisation, owner.held_for) if owner.held_for else None,
        by=by,
        **({"owner": known} if known else who),
    )
    for above in owner.owners:
        own(organisation, interest.owner, above, by)


def papers(organisation: Organisation, row: Customer) -> list[tuple[str, Party | None, SimpleUploadedFile]]:
    """What the class of customer has to send."""
    customer = parties.customer(organisation)
    if customer is None:
        return []
    if row.kind == C.INDIVIDUAL:
        kind = identity.kind_of(customer)
        return [(kind, customer, identity.sent(customer, kind))]
    if row.kind == C.TRUST:
        by_deed = {"Name": row.name, "Governed by the law of": countries.name(row.country, "en"), "Signed at": row.address}
        signs = named(organisation, row.owner.name)
        authority = {"May sign for the trust": row.owner.name, "Given by": row.name}
        return [
            (D.TRUST_DEED, None, documents.paper("Deed of settlement", issuer=row.name, rows=by_deed)),
            (D.AUTHORITY, signs, documents.paper("Authority to sign", issuer=row.name, rows=authority)),
        ]
    if row.kind == C.STATE_BODY:
        act = {"Body": row.name, "In its own language": row.native, "Seat": row.address, "Headed by": row.owner.name}
        return [(D.FOUNDING_ACT, None, documents.paper("Founding act", issuer=countries.name(row.country, "en"), rows=act))]
    return [(D.REGISTER_EXTRACT, None, extract(row)), *([(D.ARTICLES, None, articles(row))] if row.story.confirmed else [])]


def articles(row: Customer) -> SimpleUploadedFile:
    rows = {"Company": row.name, "Form": row.form, "Seat": row.address, "Signs alone": row.owner.name}
    return documents.paper("Articles of association", issuer=row.name, rows=rows)


def extract(row: Customer) -> SimpleUploadedFile:
    return documents.extract(
        name=row.name,
        native=row.native,
        form=row.form,
        number=row.number,
        country=countries.name(row.country, "en"),
        address=row.address,
        director=row.owner.name,
    )


def told(organisation: Organisation, row: Customer, by: User) -> None:
    """How it will use the API, and how it pays where that is asked."""
    answers = {**ANSWERS, "ultimate_parent_country": row.hq or row.country, **row.answers}
    questionnaires.sign(organisation, answers=answers, signed_name=parties.signing(organisation)[0].name, by=by)
    if row.payment and completeness.is_foreign_data_asked(organisation):
        pays = {"holder": row.name, "country": row.country, "source": "revenue", "last_four": "4242", **row.payment}
        if pays["kind"] == "credit":
            pays = {name: pays[name] for name in ("kind", "source", "source_details") if name in pays}
        payments.declare(organisation, **pays, by=by)


def sent(organisation: Organisation, row: Customer, by: User, *, unreadable: bool = False) -> Case:
    with turn(by):
        told(organisation, row, by)
        for kind, party, file in papers(organisation, row):
            is_blank = unreadable and kind not in authority.IDENTITY
            sent_in(organisation, kind=kind, party=party, file=documents.blank() if is_blank else file, by=by)
        identify(organisation, by)
        case = cases.submit(organisation.case_set.get(), declared_true=True, by=by)
    return examined(case)


def identify(organisation: Organisation, by: User) -> None:
    """A passport or card of everybody who may sign, except of those who have sent it themselves."""
    for one in authority.of(organisation):
        if not one.identity:
            party = Party.objects.get(pk=one.party)
            kind = identity.kind_of(party)
            sent_in(organisation, kind=kind, party=party, file=identity.sent(party, kind), by=by)


def examined(case: Case) -> Case:
    """The rounds that this case asks for, as a worker makes them. Their rows are not yet committed, so no worker can see them
    and no lease is needed; and of those that workers do see, none is taken."""
    examining.ask_again(case)
    for round_ in Examination.objects.filter(case=case, state=Examination.State.REQUESTED):
        examining.examine(jobs.Claim(examining.QUEUE, round_))
    return Case.objects.get(pk=case.pk)
