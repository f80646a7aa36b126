"""What the demo's customers and officers confirm beside passports: addresses by codes, a company by its register, its articles,
its LEI and its means of payment; and the list by which LEIs are checked, three entries that are drawn here."""

import re
from datetime import timedelta
from pathlib import Path

from django.apps import apps
from django.utils import timezone

from accounts.models import Message, User
from demo.founding import named, staff, turn
from demo.organisations.rows import Customer
from kyc.cases import evidencing
from kyc.cases.models import Case
from kyc.evidence import actions as evidence
from kyc.evidence import code_sending, lei_checks
from kyc.evidence.confirmation_models import Confirmation, ConfirmationCode
from kyc.evidence.lei_models import LeiCopy
from kyc.evidence.models import Document
from kyc.parties import actions as parties
from kyc.parties.models import Party, PaymentMeans
from kyc.screening import lei_copies

Channel, What, How = ConfirmationCode.Channel, Confirmation.What, Confirmation.How
ENTITIES = Path(__file__).parent / "legal_entities.csv"
CODE = re.compile(r"\b(\d{6})\b")
KEEPER = "postmaster"


def load() -> None:
    """Once, and never in place of a golden copy that somebody has loaded."""
    if lei_checks.newest(LeiCopy.Level.ENTITIES) is None:
        lei_copies.load(ENTITIES, day=timezone.localdate() - timedelta(days=25))


def confirm(case: Case, row: Customer, by: User) -> None:
    """The customer types the codes that it was sent; an officer reads the papers and compares."""
    company, person = parties.customer(case.organisation), named(case.organisation, row.owner.name)
    if company is None or person is None:
        raise LookupError(f"{case.organisation} names no company, or not {row.owner.name}.")
    with turn(by):
        type_codes(company, person, by)
    with turn(analyst := staff("analyst")):
        compare(case, company, row, by=analyst)
        match(case, person, by=analyst)


def type_codes(company: Party, person: Party, by: User) -> None:
    code_sending.ask(person, channel=Channel.EMAIL, by=by)
    code_sending.enter(person, channel=Channel.EMAIL, code=mailed(str(person.email)), by=by)
    code_sending.ask(company, channel=Channel.DOMAIN, mailbox=KEEPER, by=by)
    code_sending.enter(company, channel=Channel.DOMAIN, code=mailed(f"{KEEPER}@{company.domain}"), by=by)
    code_sending.ask(company, channel=Channel.PHONE, by=by)
    # As a worker does, which can't see it yet.
    code_sending.run()
    # Of the app that a machine without a demo has not.
    texted = apps.get_model("demo", "Mail")._default_manager.filter(to=company.phone).latest("pk").text
    code_sending.enter(company, channel=Channel.PHONE, code=code_in(texted), by=by)


def mailed(to: str) -> str:
    return code_in(Message.objects.filter(to=to).latest("pk").text)


def code_in(text: str) -> str:
    found = CODE.search(text)
    if found is None:
        raise LookupError("No code stands in the message.")
    return found[1]


def compare(case: Case, company: Party, row: Customer, *, by: User) -> None:
    """The register's extract, the articles, the list of legal entities, and the name on the means of payment."""
    current = Document.objects.current().filter(organisation=case.organisation, party=None)
    extract, articles = (current.get(kind=kind) for kind in (Document.Kind.REGISTER_EXTRACT, Document.Kind.ARTICLES))
    evidence.look_at(extract, by=by)
    told = {"issuer": "Register of companies", "number": row.number, "dated": timezone.localdate() - timedelta(days=12)}
    evidencing.confirm_by_paper(case, company, what=What.REGISTRATION, how=How.EXTRACT, document=extract, by=by, **told)
    evidence.look_at(articles, by=by)
    item = evidencing.record(case, company, document=articles, kind="articles", issuer=row.name, shown={"name": row.name}, by=by)
    evidencing.validate(case, item, method="inspected", result="passed", by=by)
    evidencing.confirm_lei(case, company, by=by)
    means = PaymentMeans.objects.live().filter(organisation=case.organisation).latest("pk")
    evidencing.confirm_payment(case, means, by=by)


def match(case: Case, person: Party, *, by: User) -> None:
    """His name and birth date in a register of the state."""
    note = "Name and date of birth stand in the national population register as he gives them."
    item = evidencing.record(case, person, kind="source_check", issuer="National population register", note=note, by=by)
    evidencing.validate(case, item, method="source", result="passed", by=by)
