"""A sample company for a sandbox, so that nobody has to type before a test."""

from io import BytesIO

import pikepdf
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from accounts.models import Organisation, User
from kyc.cases import actions as cases
from kyc.cases.models import Case
from kyc.evidence import actions as evidence
from kyc.evidence.models import Document
from kyc.ownership import actions as ownership
from kyc.parties import actions as parties
from kyc.parties import payments, profiles, questionnaires
from kyc.parties.models import Profile, Role
from kyc.rules import packs

# What a sample company answers; whatever it says, its outcome is chosen.
SAMPLE_ANSWERS = {
    "end_use": "Tests of an integration.",
    "end_users": ["own_staff"],
    "user_locations": "Nowhere",
    "military": "no",
    "weapons": "no",
    "training": "no",
    "resale": "no",
    "government_ownership": "no",
    "ultimate_parent": "We are it",
    "ultimate_parent_country": "NO",
}


@transaction.atomic
def fill(organisation: Organisation, *, by: User) -> Case:
    """Declares a sample company in the sandbox and sends it."""
    case = cases.open_case(organisation, notice_version=packs.current().notice_version, locale="en", by=by)
    profiles.choose(organisation, customer_class=Profile.CustomerClass.COMPANY, programme=Profile.Programme.NONE, by=by)
    company = parties.declare_company(
        organisation,
        name=organisation.name,
        legal_form="AS",
        registration_number="000 000 000",
        country="NO",
        hq_country="NO",
        address="1 Sample Street, Sampletown",
        phone="+47 00 00 00 00",
        by=by,
    )
    roles = [Role.Kind.CONTROLLER, Role.Kind.DIRECTOR, Role.Kind.SIGNATORY]
    who = {"name": "Sample Person", "country": "NO", "birth_date": "1990-01-01", "title": "Director", "us_basis": "none"}
    person = parties.declare_person(organisation, **who, roles=roles, by=by)
    ownership.declare_owner(organisation, owned=company, owner=person, share="100", by=by)
    questionnaires.sign(organisation, answers=SAMPLE_ANSWERS, signed_name="Sample Person", by=by)
    pays = {"kind": "card", "holder": "Sample Person", "institution": "Sample Bank", "country": "NO", "last_four": "0000"}
    payments.declare(organisation, **pays, source="revenue", by=by)
    evidence.upload(organisation, kind=Document.Kind.REGISTER_EXTRACT, file=sample_page(), by=by)
    evidence.upload(organisation, kind=Document.Kind.PASSPORT, file=sample_page(), party=person, by=by)
    return cases.submit(case, declared_true=True, by=by)


def sample_page() -> SimpleUploadedFile:
    page = pikepdf.new()
    page.add_blank_page(page_size=(595, 842))
    out = BytesIO()
    page.save(out)
    return SimpleUploadedFile("sample.pdf", out.getvalue(), content_type="application/pdf")
