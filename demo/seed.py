"""Five believable organisations in different states, made through the product's own actions only."""

from dataclasses import dataclass

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts import credentials, organisations
from accounts.models import Organisation, User
from demo import documents
from demo.cast import CAST, PASSWORD, TOTP_SECRET
from kyc.cases import actions as cases
from kyc.cases import examining
from kyc.evidence import actions as evidence
from kyc.keys import actions as keys
from kyc.keys import linking
from kyc.ownership import actions as ownership
from kyc.parties import actions as parties
from kyc.parties import countries, payments, profiles, questionnaires
from kyc.parties.models import Party
from kyc.rules import packs
from kyc.screening import actions as screening
from kyc.screening.models import Hit

ANSWERS = {
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


@dataclass(frozen=True)
class Company:
    owner: str
    name: str
    form: str
    number: str
    country: str
    hq: str
    address: str
    controller: tuple[str, str, str]
    native: str = ""
    phone: str = "+47 77 00 12 00"


NORDLYS = Company(
    "ingrid@nordlys.example",
    "Nordlys Modelling AS",
    "AS",
    "918 334 207",
    "NO",
    "NO",
    "Strandgata 12, 9008 Tromsø",
    ("Ingrid Hansen", "NO", "1984-03-17"),
)
LOTUS = Company(
    "mei@lotus.example",
    "Lotus Inference Ltd",
    "Ltd",
    "202418822K",
    "SG",
    "HK",
    "8 Marina View, Singapore",
    ("Lin Meifang", "SG", "1979-11-02"),
    "莲花推理有限公司",
)
HELIOS = Company(
    "daria@helios.example",
    "Helios Compute FZE",
    "FZE",
    "RAKEZ 401022",
    "AE",
    "AE",
    "Al Nakheel 4, Ras Al Khaimah",
    ("Daria Petrova", "CY", "1981-06-30"),
)
UFUQ = Company(
    "layla@ufuq.example",
    "Al Ufuq Computing LLC",
    "LLC",
    "JO-55231",
    "JO",
    "JO",
    "12 Rainbow Street, Amman",
    ("Layla Haddad", "JO", "1990-01-25"),
    "شركة الأفق للحوسبة",
)
OUTSIDE = Company(
    "charlie@outside.example",
    "Outside Analytics GmbH",
    "GmbH",
    "HRB 90211",
    "DE",
    "DE",
    "Lindenallee 3, 04109 Leipzig",
    ("Charlie Outside", "DE", "1988-09-09"),
)


def user(email: str, name: str, role: str = "") -> User:
    made = User.objects.create_user(email, PASSWORD, name=name, staff_role=role)
    EmailAddress.objects.create(user=made, email=email, verified=True, primary=True)
    if role:
        TOTP.activate(made, TOTP_SECRET)
    return made


def staff(role: str) -> User:
    return User.objects.get(staff_role=role)


def founded(company: Company) -> tuple[Organisation, Party, User]:
    by = User.objects.filter(email=company.owner).first() or user(company.owner, company.controller[0])
    organisation = organisations.create(name=company.name, by=by)
    cases.open_case(organisation, notice_version=packs.current().notice_version, locale="en", by=by)
    profiles.choose(organisation, customer_class="company", programme="none", by=by)
    customer = parties.declare_company(
        organisation,
        name=company.name,
        native_name=company.native,
        legal_form=company.form,
        registration_number=company.number,
        country=company.country,
        hq_country=company.hq,
        address=company.address,
        phone=company.phone,
        by=by,
    )
    name, country, born = company.controller
    roles = ["controller", "director", "signatory"]
    more = {"title": "Chief executive", "us_basis": "none"}
    parties.declare_person(organisation, name=name, country=country, birth_date=born, roles=roles, **more, by=by)
    return organisation, customer, by


def extract(company: Company) -> SimpleUploadedFile:
    return documents.extract(
        name=company.name,
        native=company.native,
        form=company.form,
        number=company.number,
        country=countries.name(company.country, "en"),
        address=company.address,
        director=company.controller[0],
    )


def declared(organisation: Organisation, by: User) -> None:
    """How it will use the API, and how it pays."""
    customer = parties.customer(organisation)
    answers = {**ANSWERS, "ultimate_parent_country": customer.hq_country if customer else ""}
    questionnaires.sign(organisation, answers=answers, signed_name=str(by), by=by)
    country = customer.hq_country if customer else ""
    payments.declare(
        organisation,
        kind="card",
        holder=str(by),
        institution="First Bank",
        country=country,
        last_four="4242",
        source="revenue",
        by=by,
    )


def sent(organisation: Organisation, by: User, paper: SimpleUploadedFile) -> None:
    declared(organisation, by)
    evidence.upload(organisation, kind="register_extract", file=paper, by=by)
    cases.submit(organisation.case_set.get(), declared_true=True, by=by)
    examining.run()


def own(
    organisation: Organisation, owned: Party, name: str, share: str, by: User, *, country: str, kind: str = Party.Kind.PERSON
) -> Party:
    more = {Party.Kind.COMPANY: {"hq_country": country}, Party.Kind.PERSON: {"birth_date": "1975-05-05"}}.get(kind, {})
    interest = ownership.declare_owner(
        organisation, owned=owned, kind=kind, name=name, share=share, country=country, by=by, **more
    )
    return interest.owner


def verified() -> None:
    """Nordlys: approved by two officers, holds a linked key."""
    organisation, customer, by = founded(NORDLYS)
    controller = Party.objects.people().get(organisation=organisation)
    ownership.declare_owner(organisation, owned=customer, owner=controller, share="60", by=by)
    fund = own(organisation, customer, "Fjordkraft Invest AS", "40", by, country="NO", kind=Party.Kind.COMPANY)
    own(organisation, fund, "Solveig Nyquist", "100", by, country="NO")
    sent(organisation, by, extract(NORDLYS))
    case = organisation.case_set.get()
    for hit in Hit.objects.open().filter(organisation=organisation):
        screening.rule(hit, ruling="false", reason="different_birth_date", note="Born in another year.", by=staff("analyst"))
    note = "Register extract agrees with what was declared."
    decision = cases.propose(case, choice="approve", reason="identity_established", note=note, by=staff("analyst"))
    cases.take(decision, by=staff("approver"))
    project = organisation.project_set.get()
    keys.issue(organisation, project=project, name="production gateway", responsible=controller, by=by)
    linking.run()


def half_listed() -> None:
    """Helios: half of its holding belongs to a company that is on the list."""
    organisation, customer, by = founded(HELIOS)
    holding = own(organisation, customer, "Meridian Holding Ltd", "50", by, country="CY", kind=Party.Kind.COMPANY)
    own(organisation, customer, "Eleni Christou", "50", by, country="CY")
    own(organisation, holding, "ROSOBORONEXPORT OAO", "50", by, country="RU", kind=Party.Kind.COMPANY)
    own(organisation, holding, "Nikos Andreou", "50", by, country="CY")
    rosoboron = Party.objects.get(organisation=organisation, name="ROSOBORONEXPORT OAO")
    own(organisation, rosoboron, "Russian Federation", "100", by, country="RU", kind=Party.Kind.STATE)
    sent(organisation, by, extract(HELIOS))


def to_review() -> None:
    """Lotus: a chain of owners whose end is not fully known."""
    organisation, customer, by = founded(LOTUS)
    parent = own(organisation, customer, "Lotus Holdings (HK) Limited", "70", by, country="HK", kind=Party.Kind.COMPANY)
    own(organisation, parent, "Chen Weiguang", "51", by, country="HK")
    sent(organisation, by, extract(LOTUS))


def waiting() -> None:
    """Al Ufuq: asked for more."""
    organisation, customer, by = founded(UFUQ)
    own(organisation, customer, "Layla Haddad", "100", by, country="JO")
    sent(organisation, by, documents.blank())
    case = organisation.case_set.get()
    for hit in Hit.objects.open().filter(organisation=organisation):
        screening.rule(hit, ruling="false", reason="different_birth_date", note="Another year of birth.", by=staff("analyst"))
    message = "The register extract you sent is an empty page. Please send the extract of the Companies Control Department again."
    decision = cases.propose(
        case, choice="ask", reason="document_unreadable", note="The page is blank.", message=message, by=staff("analyst")
    )
    cases.take(decision, by=staff("approver"))


def begun() -> None:
    """Outside Analytics: still being filled in."""
    founded(OUTSIDE)


def run() -> str:
    """Seeds once; returns the demo gateway's credential, or '' when the demo was there already."""
    if User.objects.filter(email=CAST[0].email).exists():
        return ""
    for person in CAST:
        user(person.email, person.name, person.role)
    for scene in (verified, half_listed, to_review, waiting, begun):
        scene()
    return credentials.issue(name="Demo gateway", by=staff("administrator"))[1]
