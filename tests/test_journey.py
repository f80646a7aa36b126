"""The product as one story: a company signs up, is examined, decided, holds a key, and an auditor reads why."""

import io
import json

import pikepdf
import pytest
from django.db import IntegrityError, connection, transaction

from accounts import credentials, organisations, proposals
from accounts.models import Proposal, User
from accounts.proposals import SamePerson
from kyc.cases import actions as cases
from kyc.cases import examining, judging
from kyc.cases.models import Case, Entity
from kyc.cases.policy import POLICY
from kyc.evidence import actions as evidence
from kyc.evidence import authority
from kyc.keys import actions as keys
from kyc.keys import holds, linking
from kyc.keys.models import Key
from kyc.ownership import actions as ownership
from kyc.parties import actions as parties
from kyc.parties import payments, profiles, questionnaires
from kyc.parties.addresses import Address
from kyc.rules import packs
from kyc.screening.models import Hit
from reports import actions as reports
from reports import building
from reports.canonical import sha256
from tests import cast, story


def asked(secret: str, token: str) -> dict[str, object]:
    answer = cast.Client().post(
        "/api/v1/introspect",
        json.dumps({"token": token}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert answer.status_code == 200
    return answer.json()


def told(by: User) -> cast.Founded:
    """Freja says who her company is, who runs it and who owns it, down to people."""
    organisation = organisations.create(name=story.COMPANY["name"], by=by)
    cases.open_case(organisation, notice_version=packs.current().notice_version, locale="en", by=by)
    profiles.choose(organisation, **story.KIND, by=by)
    company = parties.declare_company(organisation, **story.COMPANY, address=Address("NO", **story.PLACE), by=by)
    controller = parties.declare_person(organisation, **story.CONTROLLER, roles=story.ROLES, by=by)
    ownership.declare_owner(organisation, owned=company, owner=controller, share=story.CONTROLLERS_SHARE, by=by)
    holding = ownership.declare_owner(organisation, owned=company, kind="company", **story.HOLDING, by=by).owner
    for owner in story.HOLDERS:
        person = {"name": owner.name, "country": owner.country, "share": owner.share}
        ownership.declare_owner(organisation, owned=holding, kind="person", **person, by=by)
    questionnaires.sign(organisation, answers=story.USE, signed_name=story.CONTROLLER["name"], by=by)
    payments.declare(organisation, **story.PAYMENT, by=by)
    return cast.Founded(organisation, company, controller, by)


def sent(case: Case, by: User) -> None:
    evidence.upload(case.organisation, kind="register_extract", file=cast.pdf(), by=by)
    if not case.organisation.document_set.filter(kind="passport").exists():
        signs = case.organisation.party_set.get(name=story.CONTROLLER["name"])
        evidence.upload(case.organisation, kind="passport", file=cast.pdf(width=420), party=signs, by=by)
    cases.submit(case, declared_true=True, by=by)
    examining.run()


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_from_sign_up_to_a_live_key_and_a_report() -> None:
    cast.load_shipped_list()
    freja, ana, rui = (
        cast.customer("freja@tide.example", "Freja Lind"),
        cast.staff("analyst", "Ana"),
        cast.staff("approver", "Rui"),
    )
    astrid, omar = cast.staff("auditor", "Astrid"), cast.staff("administrator", "Omar")

    # Freja fills in and sends; the machine examines against the real list: the listed names and nobody else are met.
    found = told(freja)
    organisation, case = found.organisation, Case.objects.get()
    sent(case, freja)
    case.refresh_from_db()
    assert case.state == Case.State.REVIEW
    assert {(hit.party.name, hit.entry_name) for hit in Hit.objects.open()} == story.LISTED
    for hit in Hit.objects.open():
        cast.ruled(hit, ruling="false", reason="different_country", note="The passport says so.", by=ana)

    # Ana asks for more and Rui takes it: the form is open again, with the officer's sentence.
    asks = cases.propose(case, choice="ask", reason="document_unreadable", note="Blank.", message=story.ASKED, by=ana)
    cases.take(asks, by=rui)
    assert case.requirements.get(met_at__isnull=True).sentence == story.ASKED
    sent(case, freja)
    assert not Hit.objects.open().exists()

    # She sees in the extract that Freja may sign, without which nothing is approved; so the checks are made anew.
    [signs] = authority.of(organisation)
    extract = organisation.document_set.filter(kind="register_extract").latest("pk")
    evidence.look_at(extract, by=ana)
    judging.verify(case, document=extract, authority=found.controller.roles.get(pk=signs.role), by=ana)
    examining.run()

    # Ana proposes; she can't take it, Rui can.
    decision = cases.propose(case, choice="approve", reason="hits_explained", note="The extract agrees.", by=ana)
    with pytest.raises(cases.NotPermitted):
        cases.take(decision, by=ana)
    cases.take(decision, by=rui)
    entity = Entity.objects.get(organisation=organisation)

    # A key is inactive until the task has linked it.
    _, gateway = credentials.issue(name="edge", by=omar)
    project = organisation.project_set.get()
    key, secret = keys.issue(organisation, project=project, name="prod", responsible=found.controller, by=freja)
    assert asked(gateway, secret) == {"active": False}
    linking.run()
    assert asked(gateway, secret)["entity"] == entity.reference
    assert asked(gateway, secret[:-1] + ("0" if secret[-1] != "0" else "1")) == {"active": False}

    # A hold counts on the next call, and lifting it too.
    hold = holds.place(organisation=organisation, reason="an unpaid question", by=rui)
    assert asked(gateway, secret) == {"active": False}
    holds.lift(hold, reason="answered", by=rui)
    assert asked(gateway, secret)["active"] is True

    # The auditor's dossier as of before still shows the old fact.
    before = reports.request(organisation, by=astrid)
    building.run()
    parties.declare_company(organisation, **{**story.COMPANY, "name": "Ebb Robotics AS"}, by=freja)
    again = reports.request(organisation, valid_at=before.valid_at, known_at=before.known_at, by=astrid)
    after = reports.request(organisation, by=astrid)
    building.run()
    for report in (before, again, after):
        report.refresh_from_db()
        assert report.state == "issued", report.failure
    assert again.sha256 == before.sha256
    assert after.sha256 != before.sha256
    assert json.loads(before.facts)["identity"][0]["value"] == "Tide Robotics AS"
    assert json.loads(after.facts)["identity"][0]["value"] == "Ebb Robotics AS"
    with pikepdf.open(io.BytesIO(before.file.read())) as pdf:
        attached = pdf.attachments["report.json"].get_file().read_bytes()
    assert sha256(attached) == before.sha256

    # A stranger's page and a missing page are the same bytes.
    charlie = cast.signed_in(cast.customer("charlie@outside.example", "Charlie"))
    missing = charlie.get("/no/such/page")
    for path in (f"/desk/cases/{case.pk}/", f"/reports/{before.pk}/", f"/reports/{before.pk}/download/"):
        assert (charlie.get(path).status_code, charlie.get(path).content) == (404, missing.content), path

    # Revoked is dead on the next call, for good.
    keys.revoke(key, by=freja)
    assert asked(gateway, secret) == {"active": False}
    with pytest.raises(IntegrityError), transaction.atomic():
        Key.objects.filter(pk=key.pk).update(state="active")


@pytest.mark.django_db
class TestTheDatabaseRefuses:
    def proposal(self) -> Proposal:
        ana = cast.staff("analyst", "Ana")
        return Proposal.objects.create(kind="case.decision", choice="approve", reason="identity_established", proposed_by=ana)

    def test_the_proposer_who_takes_it_by_sql(self) -> None:
        proposal = self.proposal()
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE accounts_proposal SET outcome='taken', outcome_at=now(), outcome_by_id=proposed_by_id WHERE id=%s",
                [proposal.pk],
            )

    def test_the_proposer_who_is_rewritten_in_the_same_statement(self) -> None:
        proposal, rui = self.proposal(), cast.staff("approver", "Rui")
        with pytest.raises(IntegrityError), transaction.atomic():
            Proposal.objects.filter(pk=proposal.pk).update(
                proposed_by=rui, outcome="taken", outcome_at=proposal.proposed_at, outcome_by=proposal.proposed_by
            )

    def test_an_active_key_without_a_link(self) -> None:
        alice = cast.customer()
        found = cast.founded(alice)
        key = Key.objects.create(
            organisation=found.organisation, project=found.organisation.project_set.get(), name="x", prefix="kh_live_x",
            last_four="1234",
            digest="0", pepper_version="1", responsible=found.controller, issued_by=alice,
        )  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            Key.objects.filter(pk=key.pk).update(state="active")

    def test_history_written_or_changed_by_the_app(self) -> None:
        cast.customer()
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == ("app",)
        for statement in (
            "UPDATE accounts_userevent SET name='x'",
            "DELETE FROM accounts_userevent",
            "TRUNCATE accounts_user CASCADE",
        ):
            with pytest.raises(Exception, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


@pytest.mark.django_db
def test_the_same_person_is_told_so() -> None:
    rui = cast.staff("approver", "Rui")
    proposal = proposals.propose(policy=POLICY, choice="approve", reason="identity_established", note="", by=rui)
    with pytest.raises(SamePerson):
        proposals.end(proposal, policy=POLICY, outcome=Proposal.Outcome.TAKEN, by=rui)
