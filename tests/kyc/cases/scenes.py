"""Cases made through the product's own actions, over a list of five entries so that an examination takes milliseconds."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import DataError

from accounts import audit
from accounts.models import User
from kyc.cases import actions as cases
from kyc.cases import examining
from kyc.cases.models import Case, Decision, Entity, Examination
from kyc.evidence import actions as evidence
from kyc.ownership import actions as ownership
from kyc.ownership.models import Interest
from kyc.parties.models import Party
from kyc.risk.models import Score
from tests.cast import Founded, founded, pdf, shown

VOLKHOV, DRAGUNOV, KARPOV = "Volkhov Trading LLC", "Dragunov Metals LLC", "Zorislav Karpov"
NAME = "Nordlys Modelling AS"
LIST = "OFAC SDN list of 1 October 2026"


def person(email: str, name: str, role: str = "") -> User:
    """Without a password, which costs a tenth of a second and is asked for nowhere here."""
    return User.objects.create_user(email, None, name=name, staff_role=role)


def sorvik() -> Founded:
    """Another customer, Bob's."""
    return founded(person("bob@sorvik.example", "Bob Berg"), name="Sorvik AS", person="Bob Berg")


def own(found: Founded, name: str, share: str, *, kind: str = "person", owned: Party | None = None, **more: str) -> Interest:
    """A new owner of `owned`, or of the customer."""
    return ownership.declare_owner(
        found.organisation,
        owned=owned or found.party,
        kind=kind,
        name=name,
        share=share,
        country="NO",
        hq_country="NO" if kind == Party.Kind.COMPANY else "",
        by=found.by,
        **more,
    )


def company(found: Founded, name: str, share: str, *, owned: Party | None = None, owner: tuple[str, str] | None = None) -> Party:
    """An owner that is a company; `owner`, name and share, stands above it so that the case is complete."""
    party = own(found, name, share, kind=Party.Kind.COMPANY, owned=owned).owner
    if owner:
        own(found, *owner, owned=party)
    return party


def send(found: Founded) -> Case:
    """Adds the document where none is yet, and what shows who signs; and submits."""
    if not found.organisation.document_set.exists():
        evidence.upload(found.organisation, kind="register_extract", file=pdf(), by=found.by)
    shown(found.organisation, found.by)
    return cases.submit(found.organisation.case_set.latest("pk"), declared_true=True, by=found.by)


def examine(found: Founded) -> Examination:
    """Submits, and lets the machine make its round."""
    case = send(found)
    examining.run()
    return case.examinations.select_related("case").latest("pk")


def examine_anew(case: Case) -> Examination:
    """A further round over the case as it stands."""
    examination = Examination.objects.create(organisation=case.organisation, case=case, rule_pack="2026.11")
    examining.run()
    examination.refresh_from_db()
    assert examination.state == Examination.State.DONE, examination.failure
    return examination


def ready(found: Founded) -> Case:
    """Owned by its controller alone, examined, and nothing stands against it."""
    ownership.declare_owner(found.organisation, owned=found.party, owner=found.controller, share="100", by=found.by)
    return examine(found).case


CODES = {"approve": "identity_established", "refuse": "identity_doubtful", "ask": "document_missing"}


def proposed(case: Case, choice: str, *, by: User, message: str = "") -> Decision:
    return cases.propose(
        case, choice=choice, reason=CODES[choice], note="Read and compared.", message=message or "Send the extract again.", by=by
    )


def approved(case: Case, *, ana: User, rui: User) -> Entity:
    cases.take(proposed(case, "approve", by=ana), by=rui)
    return Entity.objects.get(organisation=case.organisation_id, ended_at__isnull=True)


def case_again(found: Founded) -> Case:
    """A new case of an organisation whose last one is decided, submitted and examined."""
    cases.open_case(found.organisation, notice_version="2026-11", locale="en", by=found.by)
    return examine(found).case


@contextmanager
def audit_breaks() -> Iterator[None]:
    """The database refuses every audit row meanwhile: its request id is longer than its column."""
    token = audit.request_id.set("x" * 41)
    try:
        with pytest.raises(DataError, match="too long"):
            yield
    finally:
        audit.request_id.reset(token)


def finding(examination: Examination, category: str) -> tuple[str, str]:
    found = examination.findings.get(category=category)
    return found.state, found.sentence


def codes(examination: Examination) -> set[str]:
    return set(Score.objects.get(examination_id=examination.pk).factors.values_list("code", flat=True))
