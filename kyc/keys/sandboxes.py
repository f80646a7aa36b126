"""Sandboxes of integrators: examined like a customer, then decided by two robots as was chosen, with nobody's time spent.

They are customers in all that a gateway sees, and in nothing that is counted, queued for people or reported.
"""

from io import BytesIO

import pikepdf
from django.contrib.auth.hashers import make_password
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import QuerySet

from accounts import audit, organisations
from accounts.models import Membership, Organisation, Project, User
from accounts.permissions import NotPermitted, Permission, StaffRole, require
from accounts.refused import Refused
from kyc.cases import actions as cases
from kyc.cases.models import Case, Decision
from kyc.evidence import actions as evidence
from kyc.evidence.models import Document
from kyc.keys import holds
from kyc.keys.models import Hold
from kyc.ownership import actions as ownership
from kyc.parties import actions as parties
from kyc.parties import payments, profiles, questionnaires
from kyc.parties.models import Profile, Role
from kyc.rules import packs

S = Organisation.Sandbox
# Which outcome is proposed and taken, and for which listed reason.
DECISIONS = {
    S.APPROVED: (Decision.Choice.APPROVE, "identity_established"),
    S.HELD: (Decision.Choice.APPROVE, "identity_established"),
    S.REFUSED: (Decision.Choice.REFUSE, "identity_doubtful"),
    S.WAITING: (Decision.Choice.ASK, "document_missing"),
}
NOTE = "A sandbox: decided as its integrator chose."


class NoSuchOutcome(Refused):
    """A sandbox ends in one of the known ways."""


class ActsElsewhere(Refused):
    """Whoever acts in another organisation never sees the pages of his sandbox."""


class Queue:
    """Sandboxes whose checks are done."""

    name = "keys.sandboxes"

    def is_waiting(self) -> bool:
        return waiting().exists()


QUEUE = Queue()


def waiting() -> QuerySet[Case]:
    return Case.objects.filter(state=Case.State.REVIEW).exclude(organisation__sandbox="").order_by("pk")


@transaction.atomic
def make(*, name: str, outcome: str, owner: User, by: User | None) -> Organisation:
    """A sandbox that belongs to `owner`, who is no officer; `by` an administrator, or nobody on the machine's own console."""
    if by is not None:
        require(by, Permission.GATEWAYS_MANAGE)
    if outcome not in S.values:
        raise NoSuchOutcome(f"Choose one of: {', '.join(S.values)}.")
    if owner.is_staff:
        raise NotPermitted("Staff examine customers and cannot be one.")
    if not (name := organisations.printable(name)[:300]):
        raise organisations.NameMissing("Say what the sandbox is called.")
    User.objects.select_for_update().get(pk=owner.pk)
    if other := Organisation.objects.filter(membership__user=owner).first():
        raise ActsElsewhere(f"{owner.email} acts in “{other}” already. Give the sandbox an owner of its own.")
    organisation = Organisation.objects.create(name=name, sandbox=outcome)
    Membership.objects.create(organisation=organisation, user=owner, role=Membership.Role.OWNER)
    Project.objects.create(organisation=organisation, name="Default")
    audit.record("organisation.sandbox_made", target=organisation, by=by, name=name, outcome=outcome, **audit.operator(by))
    return organisation


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
    """Declares a sample company in the sandbox and sends it, so that nobody has to type before a test."""
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
    return cases.submit(case, declared_true=True, by=by)


def sample_page() -> SimpleUploadedFile:
    page = pikepdf.new()
    page.add_blank_page(page_size=(595, 842))
    out = BytesIO()
    page.save(out)
    return SimpleUploadedFile("sample.pdf", out.getvalue(), content_type="application/pdf")


def robot(role: StaffRole) -> User:
    """The robot of that role; it has no password that could be known."""
    made = {"email": f"sandbox-{role}@robots.invalid", "name": f"Sandbox ({role.label})", "password": make_password(None)}
    found, _is_new = User.objects.get_or_create(is_robot=True, staff_role=role, defaults=made)
    return found


def run() -> None:
    for case in waiting():
        decide(case)


@transaction.atomic
def decide(case: Case) -> None:
    """As was chosen when the sandbox was made. Repeated, or run twice at once, it is silence."""
    case = Case.objects.select_for_update().select_related("organisation").get(pk=case.pk)
    outcome = case.organisation.sandbox
    if case.state != Case.State.REVIEW or not outcome:
        return
    choice, reason = DECISIONS[S(outcome)]
    message = "This sandbox always asks for more." if choice == Decision.Choice.ASK else ""
    proposer, taker = robot(StaffRole.ANALYST), robot(StaffRole.APPROVER)
    cases.take(cases.propose(case, choice=choice, reason=reason, note=NOTE, message=message, by=proposer), by=taker)
    if outcome == S.HELD and not Hold.objects.live().filter(on_organisation=case.organisation).exists():
        holds.place(organisation=case.organisation, source="sandbox", reason=NOTE, by=taker)
