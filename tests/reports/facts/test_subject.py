"""What a person is told of himself, model by model: nothing that we hold about him is forgotten, nor anything of others told."""

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from pghistory.core import event_models

from accounts import members, messages, snapshots
from accounts.compartment import is_confined
from accounts.models import Message, Organisation, Proposal, User
from accounts.vault import SealedField
from kyc.cases.models import DecidedOwner, Decision, Entity, FlagRuling, Requirement
from kyc.evidence import actions as evidence
from kyc.evidence.confirmation_models import Confirmation, OutsideCheck
from kyc.evidence.item_models import EvidenceItem, Mismatch
from kyc.evidence.models import AuthorityProof, Document, Invitation, StatusProof
from kyc.keys.models import Key, Link
from kyc.ownership.models import Determination, Interest
from kyc.parties import actions as parties
from kyc.parties.models import Party, PaymentMeans, PersonStatus, Profile, Questionnaire, Role
from kyc.risk.models import Score
from kyc.rules import packs
from kyc.screening.models import ListVersion
from reports import subjects
from reports.facts.frame import LANGUAGE
from reports.facts.individual import OF_ANOTHER
from reports.facts.reader import Reader
from reports.facts.subject import GROUPS, SUBJECT, Asked
from reports.models import SubjectRequest
from tests import cast
from tests.kyc.cases import scenes
from tests.kyc.cases.test_declared import founded_as
from tests.rows import one_of_each

pytestmark = pytest.mark.django_db(transaction=True)
# Its nationals' score has a reason at least.
ELEVATED = min(packs.current().countries("elevated"))
MOMENT = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"

# Read by the decision, which keeps what is not tracked (reports/subjects.py), and what it has ordered.
BY_DECISION = {"account.EmailAddress", "mfa.Authenticator", "usersessions.UserSession", "accounts.ErasureOrder"}
# Of each other model why nothing of it is told.
COMPARTMENT = "of the investigators' compartment, of which nobody is told (FIN-17)"
LIBRARY = "of the frameworks: holds nothing of a person"
QUEUE = "a queue: what it is about is told where that stands"
HOUSE = "of the house; names no customer and nobody of one"
NOT_TOLD = {
    "auth.Permission": LIBRARY,
    "auth.Group": LIBRARY,
    "contenttypes.ContentType": LIBRARY,
    "pghistory.Context": LIBRARY,
    "pghistory.Events": "a view of the histories, which are told with their models",
    "pghistory.MiddlewareEvents": "a view of the histories, which are told with their models",
    "sessions.Session": "secrets of a sign-in; told as what is signed in, on the page of it",
    "account.EmailConfirmation": "not used: addresses are confirmed by a code",
    "socialaccount.SocialApp": LIBRARY,
    "socialaccount.SocialAccount": "of officers, who sign in at the house's own provider; no customer has one",
    "socialaccount.SocialToken": LIBRARY,
    "accounts.SubjectKey": "keys, which tell nobody anything",
    "accounts.SearchDigest": "hashes of what is told where it stands",
    "accounts.Organisation": "the account and not the person; its name is the customer's, which is told as the party's",
    "accounts.Project": "what keys are grouped by",
    "accounts.GatewayCredential": HOUSE,
    "accounts.AuditLeaf": "hashes of the log",
    "accounts.AuditHead": "hashes of the log",
    "accounts.AuditTimestamp": "hashes of the log",
    "kyc.LimitPool": "numbers that a customer or an officer has set for keys",
    "kyc.PoolWindow": "counters of an organisation's keys",
    "kyc.Spending": "counters of an organisation's keys",
    "kyc.StagedDay": "counters of an organisation's keys",
    "kyc.Reservation": "counters of an organisation's keys",
    "kyc.Reserved": "counters of an organisation's keys",
    "kyc.UsageBatch": HOUSE,
    "kyc.ConfirmationCode": "that a code was sent; what it showed is told as what was confirmed",
    "kyc.DomainChallenge": "of companies",
    "kyc.OutsideMessage": "hashes of what is told with the check",
    **dict.fromkeys(("kyc.LeiCopy", "kyc.LegalEntity", "kyc.LegalEntityParent"), "published, and of companies"),
    "kyc.UsageDay": "counters of an organisation's keys",
    "kyc.UsageRow": "counters of an organisation's keys; whose hash stands in one, nobody here can tell",
    "accounts.MemberInvitation": "where an invitation went; whoever accepted it is told as a member, removed or not",
    "accounts.Disposal": "that a class of records was erased, of which nothing is left to tell",
    "accounts.DisposalPlan": "days and counts",
    "accounts.PlannedDisposal": "days and counts; until when each class is kept stands in every answer",
    "accounts.LegalHold": "told to nobody: whoever is watched would learn of it",
    "accounts.Incarnation": HOUSE,
    "accounts.Snapshot": HOUSE,
    "kyc.Review": QUEUE,
    "kyc.Remediation": "what an account was asked for, and the address that the provider knew; told by the mails sent to it",
    "kyc.EstateImport": "a file that is gone when its job is over; what came of it stands in the accounts",
    "kyc.ImportedKey": "what an organisation's keys were elsewhere; each that was taken over is told as a key",
    "kyc.Asking": QUEUE,
    "kyc.Fall": QUEUE,
    "kyc.Reassessment": QUEUE,
    "kyc.Renewal": QUEUE,
    "kyc.Expiry": QUEUE,
    "kyc.Observation": "what others say of a company's owners: what came of it stands in what he holds",
    "kyc.Discrepancy": "that two sources differ about a company; what came of it stands in what he holds",
    "kyc.SandboxOutcome": "of what integrators try out: made-up people",
    "kyc.KeyRequirement": "what is asked of an organisation about a key of its own",
    "kyc.Leak": "where a key of the organisation stood in public, which its members are told",
    "kyc.KeyUse": "when a gateway last asked about a key; of no person",
    "kyc.KeyRefusal": "that a gateway was told no about a key; of no person, and gone after days",
    "kyc.KeyChange": "that gateways are to read a key again",
    "kyc.PlaceList": HOUSE,
    "kyc.ModelRelease": "that a model was released; of nobody",
    "kyc.Place": "where networks are; of nobody",
    "accounts.RangeList": HOUSE,
    "accounts.Range": "whose networks are, as published; of nobody",
    "kyc.Fact": "codes of countries that a key was used from; of an account and no person",
    "kyc.Hold": "why a key may not act may be what a law forbids to tell; that it may not, its page says",
    "kyc.StandingHold": "that some keys may not act; of nobody",
    "kyc.StandingTier": "which models are closed to them; of nobody",
    "kyc.StandingProof": "numbers of facts and proofs, which are told where they stand; of a key and no person",
    "kyc.Directive": "what an authority ordered, as an officer entered it; of nobody in particular",
    "kyc.Reseller": "that a customer sells access on, and of nobody in particular",
    "kyc.ResellerAssessment": "how a customer sells access on, and of nobody in particular",
    "kyc.TrainingRun": "what a customer trains, and of nobody in particular",
    "kyc.TrainingDuty": "what is told to an authority of a run, and of nobody in particular",
    "kyc.TrainingFiling": "what is told to an authority of a run, and of nobody in particular",
    "kyc.BlockedRecord": "told to nobody: whoever is blocked would learn of what is reported of him",
    "kyc.BlockedFiling": "told to nobody: whoever is blocked would learn of what is reported of him",
    "kyc.DirectiveException": "that an account was left out of an order, and on which ground; of an account and no person",
    "kyc.DirectiveNotice": "that an account was to be told of an order; the mail is told",
    "kyc.DirectiveExtension": "that an order ends later, as officers entered it; of nobody in particular",
    "kyc.DirectiveMinute": "counts",
    "kyc.DirectivePreview": "counts",
    "kyc.Restriction": "as a hold; what the customer is told of it, its page says",
    "kyc.Appeal": "what a customer wrote to us and we answered, for his account and of nobody in particular",
    "kyc.ListUpdate": "tries to load a list; of nobody",
    "kyc.Rescreening": "that parties are compared with a list; of nobody",
    "reports.ReportPack": "a file that is gone after a day, of reports each of which is told",
    "reports.ReportLink": "to whom outside a report was given, as an officer wrote; he is no party",
    "reports.ReportSchedule": "which reports are asked for when; of an organisation only that they are",
    "kyc.Inquiry": "about who is no customer; that one of them is he, nothing but his name says",
    "kyc.InquiryPart": "about who is no customer; that one of them is he, nothing but his name says",
    "kyc.ListEntry": "published to everybody, and about whoever its publisher says; a possible match is told",
    "kyc.DocumentReview": "what was asked for anew stands among what was asked for",
    "kyc.Attribute": "of companies, trusts and states",
    "kyc.AttributeProof": "of companies, trusts and states",
    "kyc.Exclusion": "of companies and state bodies",
    "kyc.ExclusionRuling": "of companies and state bodies",
    "kyc.Agency": "that a customer runs accounts for others, and of nobody in particular",
    "kyc.AgencyAccount": "as an agency",
    "kyc.AgencyRuling": "as an agency",
    "kyc.Sameness": "of companies, and of another customer too",
    "kyc.Divergence": "of companies, and of another customer too",
    "kyc.Reading": "what a machine has read from a document, which is told and may be asked for as it is",
    "accounts.Signal": COMPARTMENT,
    "accounts.SignalValue": COMPARTMENT,
    "accounts.SignalArrival": COMPARTMENT,
    "kyc.Incident": COMPARTMENT,
    "kyc.Involvement": COMPARTMENT,
    "kyc.IncidentNote": COMPARTMENT,
    "kyc.Referral": COMPARTMENT,
    "kyc.NetworkRun": COMPARTMENT,
    "kyc.Network": COMPARTMENT,
    "kyc.NetworkMembership": COMPARTMENT,
    "kyc.NetworkChange": COMPARTMENT,
    "kyc.Edge": COMPARTMENT,
    "kyc.Attachment": COMPARTMENT,
    "kyc.Controller": COMPARTMENT,
    "kyc.ControllerMember": COMPARTMENT,
    "kyc.ControllerNote": COMPARTMENT,
    "kyc.KeptEvidence": COMPARTMENT,
    "kyc.Measure": COMPARTMENT,
    "kyc.MeasureMember": COMPARTMENT,
    "kyc.RuleMiss": COMPARTMENT,
    "kyc.PoolMember": COMPARTMENT,
    "kyc.IndicationRun": COMPARTMENT,
    "kyc.Indication": COMPARTMENT,
    "kyc.Authorisation": COMPARTMENT,
    "kyc.ProposedRuling": COMPARTMENT,
    "kyc.Ruling": COMPARTMENT,
    "reports.Report": "made of what is told here, for somebody else, who is told it in his own name",
    "demo.Mail": "the demo's mailbox; in no installation that serves anybody",
}
# Of models that are told: columns that are not printed, and why.
NOT_PRINTED = {
    "kyc.Document": {"origin": "which program wrote the file, as the file that he sent says itself"},
    "accounts.Proposal": {"note": "a note of staff", "outcome_note": "a note of staff"},
    "accounts.Message": {"text": "named, and not copied", "html": "named, and not copied"},
    "kyc.Party": {
        "hq_country": "of companies", "legal_form": "of companies", "lei": "of companies", "domain": "of companies",
        "registered_address": "of companies", "address_parts": "the same address, as it was typed into its fields",
        "registered_address_parts": "of companies", "registration_number": "of a document, by its last three characters",
        "register": "of companies", "tax_number": "by its last three characters",
    },
    "kyc.Profile": {"use_draft": "answers that nobody has signed, on the page where they are filled in"},
    "kyc.PaymentMeans": {"reference": "by its last three characters, as everywhere"},
    "accounts.AuditEvent": {},
    "kyc.FlagRuling": {"note": "a note of staff"},
    "kyc.StatusProof": {"note": "a note of staff"},
    "kyc.Confirmation": {"note": "a note of staff", "details": "of the paper or the list that was looked at"},
    "kyc.AuthorityProof": {"note": "a note of staff"},
    "kyc.EvidenceItem": {
        "note": "a note of staff", "validation_note": "a note of staff", "verification_note": "a note of staff",
        "withdrawn_because": "words of staff", "fingerprint": "a keyed hash of the number",
        "number": "by its last three characters",
    },
    "kyc.Mismatch": {"reason": "words of staff"},
    "kyc.Requirement": {"note": "a note of staff"},
    "kyc.Decision": {"items": "stands among what was asked for"},
    "kyc.Entity": {"end_reason": "words of staff"},
    "kyc.Key": {
        "revoke_reason": "words of whoever revoked it",
        "allowed_networks": "from where the organisation lets it be used, as it typed them itself",
    },
    "kyc.Link": {"because": "that it was approved", "ended_because": "why it may not act any more, as of holds"},
    "kyc.Hit": {
        "reasons": "which letters are alike; the score sums it up",
        "ruling_note": "a note of staff",
        "compared": "what is told of the party itself, of sealed facts their ends only",
        "party_digest": "a keyed hash of the same",
    },
    "kyc.Determination": {"why": "names others", "questions": "names others"},
    "kyc.DecidedOwner": {"because": "a note of staff"},
    "reports.SubjectRequest": {
        "outcome_note": "of requests that ended without an answer; he read it then",
        "decision": "told part by part",
    },
}  # fmt: skip


def answer(asked: SubjectRequest) -> dict[str, Any]:
    """The facts of its report, as known now."""
    now = snapshots.take()
    with translation.override(LANGUAGE):
        *_, (_, facts) = SUBJECT.build(
            organisation=asked.organisation_id, valid_at=now.taken_at, snapshot=now, pack=packs.current(),
            parameters={"request": asked.pk},
        )  # fmt: skip
    return facts


def reading(asked: SubjectRequest) -> Asked:
    now = snapshots.take()
    return Asked(
        Reader(
            organisation=asked.organisation_id, valid_at=now.taken_at, snapshot=now, pack=packs.current(),
            parameters={"request": asked.pk},
        )
    )  # fmt: skip


def rows(facts: dict[str, Any], title: str) -> list[tuple[str, str]]:
    return [(row["what"], row["value"]) for group in facts["data"] if group["title"] == title for row in group["rows"]]


def decided(organisation: Organisation, by: User, *, party: Party | None, kind: str = "access") -> SubjectRequest:
    rui = User.objects.filter(name="Rui Lopes").first() or cast.staff("approver", "Rui Lopes")
    asked = subjects.ask(organisation, kind=kind, by=by)
    subjects.identify(asked, how="Called back.", party=party, by=rui)
    subjects.decide(asked, grounds="To answer who held which key.", by=rui)
    return asked


@pytest.fixture
def siri(tmp_path: Any) -> Any:
    """An individual customer, examined and approved, who is not to be told of Bo Moe."""
    cast.load_list(tmp_path)
    found = founded_as(scenes.person("siri@moe.example", "Siri Moe"), "individual", Party.Kind.PERSON, "passport")
    parties.declare_individual(
        found.organisation, name="Siri Moe", country=ELEVATED, birth_date="1980-01-02", address="Strandgata 1",
        phone="+4777000000", us_basis="none", by=found.by,
    )  # fmt: skip
    case = scenes.examine(found).case
    scenes.approved(case, ana=cast.staff("analyst", "Ana Reis"), rui=cast.staff("approver", "Rui Lopes"))
    return found


# Personal columns that are printed as they stand.
PRINTED = {
    "accounts.User": {"name", "email"},
    "accounts.Message": {"to", "subject"},
    "kyc.Party": {"name", "native_name", "birth_date", "country", "address", "phone", "email", "tax_country"},
    "kyc.Role": {"title"},
    "kyc.Document": {"name"},
    "kyc.Invitation": {"email"},
    "kyc.Confirmation": {"value"},
    "kyc.OutsideCheck": {"descriptors"},
    "kyc.EvidenceItem": {"issuer"},
    "kyc.Mismatch": {"declared", "shown"},
    "kyc.Hit": {"party_name"},
    "kyc.Key": {"name"},
    "kyc.Questionnaire": {"answers", "signed_name"},
    "kyc.Profile": {"programme_run_by"},
    "kyc.PaymentMeans": {"holder", "institution", "country", "last_four", "network", "source_details"},
    "kyc.Requirement": {"sentence"},
    "kyc.Factor": {"sentence"},
    "kyc.Finding": {"sentence"},
    "kyc.Decision": {"message"},
    "kyc.Entity": {"name"},
    "reports.SubjectRequest": {"identity", "extended_because"},
}


# An individual is owned by nobody, and is himself the customer.
OF_COMPANIES = ((Interest,), (Determination,), (DecidedOwner, Decision, Proposal))


@pytest.fixture
def told(siri: Any) -> Any:
    """Siri, of whom every told model has a row, and every printed column a value."""
    by, organisation, party = siri.by, siri.organisation, siri.party
    ana, now = User.objects.get(name="Ana Reis"), timezone.now()
    party.native_name, party.email, party.registration_number = "Сири Му", "siri@post.example", "N7654321"
    party.tax_number, party.tax_country = "15057512345", "NO"
    party.save()
    signed = Questionnaire.objects.get(organisation=organisation)
    Profile.objects.filter(organisation=organisation).update(programme="education", programme_run_by="Fjord school")
    means = PaymentMeans.objects.get(organisation=organisation)
    means.last_four, means.network, means.source_details = "7702", "SEPA", "Wages of a diver"
    means.save()
    signs = Role.objects.create(
        organisation=organisation, party=party, kind="signatory", title="Head of Moe", valid_from=date(2026, 1, 1)
    )
    document = evidence.upload(organisation, kind="passport", file=cast.pdf(width=321), party=party, by=by)
    status = PersonStatus.objects.filter(party=party).first()
    StatusProof.objects.create(
        organisation=organisation, status=status, document=document, proved_by=ana, valid_until=date(2030, 1, 1)
    )
    item = EvidenceItem.objects.create(
        organisation=organisation, party=party, kind="passport", issuer="Police of Oslo", issuing_country="NO", number="N1234567",
        guideline="2026.11", recorded_by=ana,
    )  # fmt: skip
    Mismatch.objects.create(
        organisation=organisation, item=item, what="name", declared="Siri Moe", shown="Siri Mo", opened_by=ana
    )
    AuthorityProof.objects.create(organisation=organisation, role=signs, document=document, proved_by=ana)
    Invitation.objects.create(
        organisation=organisation, party=party, email="siri@invited.example", digest="1" * 64, locale="en", invited_by=by,
        expires_at=now + timedelta(days=7),
    )  # fmt: skip
    Confirmation.objects.create(
        organisation=organisation, party=party, what="email", how="email_code", value="siri@confirmed.example", mark="0" * 64,
        rule_pack="2026.11", valid_until=date(2030, 1, 1),
    )  # fmt: skip
    OutsideCheck.objects.create(
        organisation=organisation,
        party=party,
        service="stripe",
        reference="vs_1",
        started_by=by,
        descriptors={"type": "pass card"},
    )
    told = {"entry_name": "KARPOV, Zorislav", "party_name": "Siri Moe the diver"}
    cast.matched(party, ListVersion.objects.get(), entry_id="9103", score="0.910", **told)
    entity = Entity.objects.get(organisation=organisation)
    key = Key.objects.create(
        organisation=organisation, project=organisation.project_set.get(), name="nightly", prefix="kh_live_siri",
        last_four="1234", digest="0" * 64, pepper_version="1", responsible=party, issued_by=by,
    )  # fmt: skip
    Link.objects.create(organisation=organisation, key=key, entity=entity, responsible=party, valid_from=now, because="approved")
    Requirement.objects.create(
        organisation=organisation, case=organisation.case_set.get(), sentence="Send your passport anew.",
        consequence="No key.", due_on=date(2030, 1, 1),
    )  # fmt: skip
    FlagRuling.objects.create(
        organisation=organisation, questionnaire=signed, question="weapons", ruling="explained", note="A film, says Bo.",
        ruled_by=ana,
    )  # fmt: skip
    messages.queue(to=by.email, subject="Welcome, diver", text="Hello")
    return siri


def values(model: type[models.Model], name: str, found: Any) -> list[str]:
    """What stands in the column, of his rows."""
    whose = {User: {"pk": found.by.pk}, Message: {"to": found.by.email}}.get(model, {"organisation": found.organisation})
    texts = model._default_manager.filter(**whose).values_list(name, flat=True)
    if isinstance(model._meta.get_field(name), SealedField):
        texts = [getattr(row, name) for row in model._default_manager.filter(**whose)]
    return [value.get("end_use") or value["type"] if isinstance(value, dict) else value for value in texts if value]


class TestEveryModel:
    def test_is_told_or_it_is_said_why_not(self) -> None:
        events = set(event_models())
        every = {model._meta.label for model in apps.get_models() if model not in events}
        told = {model._meta.label for group in GROUPS for model in group.models}
        assert every - told - BY_DECISION - NOT_TOLD.keys() == set(), "is it about a person? Tell it in R-17, or say why not"
        assert NOT_TOLD.keys() - every == set()
        assert told & NOT_TOLD.keys() == BY_DECISION & (told | NOT_TOLD.keys()) == set()

    def test_nothing_of_the_compartment_is(self) -> None:
        confined = {model._meta.label for model in apps.get_models() if is_confined(model) and model not in set(event_models())}
        assert confined == {label for label, why in NOT_TOLD.items() if why == COMPARTMENT}

    def test_each_heading_reads_what_it_says_it_tells(self, told: Any) -> None:
        """So that a heading that lost one of its models is seen."""
        asked = decided(told.organisation, told.by, party=told.party)
        for group in GROUPS:
            with translation.override(LANGUAGE), CaptureQueriesContext(connection) as queries:
                found = list(group.told(reading(asked)))
            assert found or group.models in OF_COMPANIES, group.title
            read = " ".join(query["sql"] for query in queries.captured_queries)
            for model in group.models:
                history = getattr(model, "pgh_event_model", model)
                assert f'"{history._meta.db_table}"' in read, (group.title, model._meta.label)

    def test_each_personal_column_of_it_is_printed_or_it_is_said_why_not(self) -> None:
        for model in {model for group in GROUPS for model in group.models}:
            sealed = {field.name for field in model._meta.concrete_fields if isinstance(field, SealedField)}
            printed, not_printed = PRINTED.get(model._meta.label, set()), NOT_PRINTED.get(model._meta.label, {}).keys()
            assert {*vars(model).get("personal", ())} | sealed == printed | not_printed, model._meta.label
            assert printed & not_printed == set(), model._meta.label

    def test_and_what_is_said_to_be_printed_is(self, told: Any) -> None:
        asked = subjects.ask(told.organisation, kind="access", by=told.by)
        subjects.extend(asked, because="Many have asked.", by=User.objects.get(name="Rui Lopes"))
        text = json.dumps(answer(decided(told.organisation, told.by, party=told.party)), ensure_ascii=False)
        for label, names in PRINTED.items():
            for name in names:
                found = values(apps.get_model(label), name, told)
                assert found, f"{label}.{name} has a value in the scene"
                assert [value for value in found if value not in text] == [], f"{label}.{name}"
        assert "says Bo" not in text and "Ana Reis" not in text and "Rui Lopes" not in text


class TestAnIndividual:
    def test_reads_his_score_with_every_reason_and_what_was_decided_in_words(self, siri: Any) -> None:
        facts = answer(decided(siri.organisation, siri.by, party=siri.party))
        scored = rows(facts, "How we scored the risk, and why")
        score = Score.objects.get(organisation=siri.organisation)
        assert scored[0][1].startswith(f"{score.value} of 100, {score.band}")
        assert sorted(scored[1:]) == sorted((f"{one.points:+d}", one.sentence) for one in score.factors.all()) != []
        (case, decision, entity) = rows(facts, "What was decided about you")
        assert "Approved" in case[1] and decision[0].startswith("Approve, case C-")
        assert "Identity" in decision[1] and "Send the extract again." in decision[1]
        assert entity[0].startswith("Verified as ") and "Siri Moe" in entity[1]
        assert "Read and compared" not in json.dumps(facts), "a note of staff"

    def test_and_his_answers_and_how_he_pays(self, siri: Any) -> None:
        facts = answer(decided(siri.organisation, siri.by, party=siri.party))
        assert cast.ANSWERS["end_use"] in dict(rows(facts, "What you answered")).values()
        ((kind, means),) = rows(facts, "How you pay")
        assert kind == "Bank account" and "DNB" in means and "from Salary or savings" in means
        assert "947" in means and "NO93860111" not in json.dumps(facts), "of an account's number the last three"

    def test_and_the_checks_that_a_service_has_begun(self, siri: Any) -> None:
        for state in ("beginning", "started"):
            OutsideCheck.objects.create(
                organisation=siri.organisation, party=siri.party, service="stripe", state=state, reference=f"vs_{state}",
                started_by=siri.by,
            )  # fmt: skip
        text = json.dumps(answer(decided(siri.organisation, siri.by, party=siri.party)))
        assert "vs_started" in text and "vs_beginning" not in text

    def test_and_the_documents_that_are_of_no_other(self, siri: Any) -> None:
        other = Party.objects.create(organisation=siri.organisation, kind="person", name="Bo Moe")
        theirs = evidence.upload(siri.organisation, kind="passport", file=cast.pdf(width=333), party=other, by=siri.by)
        (own,) = Document.objects.filter(organisation=siri.organisation, party=None)
        text = str(rows(answer(decided(siri.organisation, siri.by, party=siri.party)), "Documents about you"))
        assert own.sha256 in text and theirs.sha256 not in text

    def test_a_finding_that_speaks_of_another_person_is_left_out(self, siri: Any) -> None:
        asked = decided(siri.organisation, siri.by, party=siri.party)
        before = rows(answer(asked), "What the checks found")
        word = next(text for _, text in before if "Left out" not in text).split(": ", 1)[1]
        Party.objects.create(organisation=siri.organisation, kind="person", name=word)
        after = rows(answer(asked), "What the checks found")
        assert word in str(before) and word not in str(after) and OF_ANOTHER in str(after)

    def test_who_is_only_of_a_company_is_told_nothing_of_the_company(self) -> None:
        alice = cast.customer()
        nordlys = one_of_each(alice)[Organisation]
        SubjectRequest.objects.update(outcome="withdrawn", ended_at=timezone.now(), ended_by=alice)
        party = Party.objects.get(organisation=nordlys, kind="person")
        facts = answer(decided(nordlys, alice, party=party))
        for title in ("How you pay", "What you answered", "How we scored the risk, and why", "What was decided about you"):
            assert rows(facts, title) == [], title
        assert rows(facts, "What you signed") and "ending in" not in json.dumps(facts)


class TestWhatWasCorrected:
    def test_is_told_with_from_when_and_until_when(self, siri: Any) -> None:
        before = Party.objects.get(pk=siri.party.pk)
        for name, born in (("Siri Mo", "1980-01-02"), ("Siri Mo", "1981-01-02")):
            parties.declare_individual(
                siri.organisation, name=name, country=ELEVATED, birth_date=born, address="Strandgata 1", phone="+4777000000",
                us_basis="none", by=siri.by,
            )  # fmt: skip
        User.objects.filter(pk=siri.by.pk).update(name="Siri M.")
        told = rows(answer(decided(siri.organisation, siri.by, party=siri.party)), "What stood here before it was corrected")
        assert [what for what, _ in told] == ["Full legal name", "Date of birth", "Nationality", "Name of the account"]
        assert re.fullmatch(rf"{before.name}, from {MOMENT} to {MOMENT}", told[0][1])
        assert told[1][1].startswith("1980-01-02, from ") and told[3][1].startswith("Siri Moe, from ")
        assert told[2][1].startswith("Norway (NO), from ")

    def test_of_another_nothing(self, siri: Any) -> None:
        other = Party.objects.create(organisation=siri.organisation, kind="person", name="Bo Moe")
        Party.objects.filter(pk=other.pk).update(name="Bo Berg")
        assert "Bo Moe" not in json.dumps(answer(decided(siri.organisation, siri.by, party=siri.party)))


class TestWhoWasRemoved:
    def test_is_told_from_when_until_when_he_was_a_member(self, siri: Any) -> None:
        bo = cast.customer("bo@moe.example", "Bo Moe")
        joined = members.accept(members.invite(siri.organisation, email=bo.email, by=siri.by).pk, by=bo)
        asked = decided(siri.organisation, bo, party=None)
        members.remove(joined, by=siri.by)
        told = dict(rows(answer(asked), "Your account"))
        assert re.fullmatch(rf"{MOMENT} until {MOMENT}, as member", told["Member before"]) and "Member since" not in told


class TestWhatHeHolds:
    def test_and_what_others_hold_for_him_of_whom_people_are_not_named(self) -> None:
        alice = cast.customer()
        found = cast.founded(alice)
        organisation, company, her = found.organisation, found.party, found.controller
        own = {"organisation": organisation, "owned": company, "valid_from": date(2026, 1, 1), "share": "10"}
        nominee = Party.objects.create(organisation=organisation, kind="person", name="Torvald Tredje")
        fund = Party.objects.create(organisation=organisation, kind="company", name="Fjord Invest AS")
        Interest.objects.create(owner=her, **own)
        Interest.objects.create(owner=nominee, held_for=her, **own)
        Interest.objects.create(owner=fund, held_for=her, **own)
        Interest.objects.create(owner=her, held_for=nominee, **own | {"share": "20"})
        facts = answer(decided(organisation, alice, party=her))
        held = [value for what, value in rows(facts, "What you hold") if what == company.name]
        assert [value.split(", from")[0] for value in held] == [
            "10 %, held by you", "10 %, held for you by another person", "10 %, held for you by Fjord Invest AS",
            "20 %, held by you, for another person",
        ]  # fmt: skip
        assert "Torvald" not in json.dumps(facts)
        # Of who holds for another, who has that other's part is not told to a third.
        facts = answer(decided(organisation, alice, party=nominee, kind="erasure"))
        theirs = [value for _, value in rows(facts, "What you hold")]
        assert len(theirs) == 2 and "Alice" not in str(theirs)


class TestForms:
    def test_days_and_moments_have_one_form_each(self, told: Any) -> None:
        """But where a machine reads it: the cut, and the columns of the request, which paper writes out."""
        facts = answer(decided(told.organisation, told.by, party=told.party))
        # A finding is quoted as it read when it was found.
        quoted = [text for what, text in rows(facts, "What the checks found")]
        words = [text for part in ("data", "decision", "summary") for text in texts(facts[part]) if text not in quoted]
        assert [text for text in words if re.search(r"\dT\d\d:|\d+:\d\d:\d\d(?! UTC)|\d\+00", text)] == []
        months = r"\d (January|February|March|April|May|June|July|August|September|October|November|December) \d"
        assert [text for text in words if re.search(months, text)] == []
        assert any(re.search(MOMENT, text) for text in words)

    def test_what_he_did_stands_in_words(self, told: Any) -> None:
        did = [what for _, what in rows(answer(decided(told.organisation, told.by, party=told.party)), "What you did here")]
        assert "signed the intended use" in did and "sent the case" in did
        assert [what for what in did if ": " in what or "_" in what] == []


def texts(found: Any) -> list[str]:
    if isinstance(found, dict):
        return [text for value in found.values() for text in texts(value)]
    if isinstance(found, list):
        return [text for value in found for text in texts(value)]
    return [str(found)]
