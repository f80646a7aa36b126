"""One row of every tracked model, all of one organisation, for tests that walk the models."""

from datetime import date, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID, uuid4

from django.db import models
from django.utils import timezone

from accounts import messages, scope, snapshots
from accounts.models import ErasureOrder, GatewayCredential, LegalHold, MemberInvitation, Membership, Organisation, Proposal, User
from kyc.cases import actions as cases
from kyc.cases.models import Asking, Case, DecidedOwner, Decision, Entity, FlagRuling, Requirement, Review
from kyc.directives.blocked.models import BlockedFiling, BlockedRecord
from kyc.directives.models import (
    Directive,
    DirectiveException,
    DirectiveExtension,
    DirectiveMinute,
    DirectiveNotice,
    DirectivePreview,
)
from kyc.directives.resellers.models import Reseller, ResellerAssessment
from kyc.directives.training.models import TrainingDuty, TrainingFiling, TrainingRun
from kyc.evidence import actions as evidence
from kyc.evidence.agency_models import AgencyRuling
from kyc.evidence.confirmation_models import (
    Confirmation,
    ConfirmationCode,
    DomainChallenge,
    OutsideCheck,
    OutsideMessage,
)
from kyc.evidence.fall_models import Fall
from kyc.evidence.item_models import DocumentReview, EvidenceItem, Mismatch
from kyc.evidence.models import AttributeProof, AuthorityProof, ExclusionRuling, Invitation, StatusProof
from kyc.evidence.read_models import Reading
from kyc.keys.appeal_models import Appeal, Restriction
from kyc.keys.estate_import_models import EstateImport
from kyc.keys.estate_models import ImportedKey, Remediation
from kyc.keys.expiry_models import Expiry
from kyc.keys.models import Hold, Key, KeyRequirement, Leak, Link, Reassessment, Renewal, SandboxOutcome
from kyc.keys.pool_models import LimitPool, PoolMember
from kyc.keys.standing_models import StandingHold, StandingProof, StandingTier
from kyc.networks import actions as networks
from kyc.networks import controlling
from kyc.networks.controller_models import Controller, ControllerMember
from kyc.networks.indication_models import Authorisation, Indication, IndicationRun, ModelRelease
from kyc.networks.measure_models import Measure, MeasureMember, RuleMiss
from kyc.networks.network_models import Attachment, Network, NetworkChange, NetworkMembership, NetworkRun
from kyc.networks.ruling_models import ProposedRuling, Ruling
from kyc.ownership import actions as ownership
from kyc.ownership import observing
from kyc.ownership.models import Discrepancy, Divergence
from kyc.parties.agency_models import Agency, AgencyAccount
from kyc.parties.models import Attribute, Exclusion, Party, PaymentMeans, PersonStatus, Profile, Questionnaire, Role, Sameness
from kyc.screening.asked import Asked, written
from kyc.screening.models import Inquiry, InquiryPart, ListUpdate, ListVersion, Rescreening
from kyc.usage.models import UsageBatch
from reports.models import Report, ReportLink, ReportPack, ReportSchedule, SubjectRequest
from tests import cast

Rows = dict[type[models.Model], Any]


def one_of_each(by: User, *, confined: bool = True, **names: str) -> Rows:
    """Nordlys, unless named otherwise: founded by `by`, approved by two officers, with a linked key and a hold on it."""
    found = cast.founded(by, **names)
    organisation, now = found.organisation, timezone.now()
    analyst, approver = (cast.staff(role, f"{role} {organisation.pk}") for role in ("analyst", "approver"))
    interest = ownership.declare_owner(organisation, owned=found.party, owner=found.controller, share="100", by=by)
    document = evidence.upload(organisation, kind="register_extract", file=cast.pdf(), by=by)
    evidence.upload(organisation, kind="passport", file=cast.pdf(width=420), party=found.controller, by=by)
    case = cases.submit(Case.objects.get(organisation=organisation), declared_true=True, by=by)
    version, _ = ListVersion.objects.get_or_create(
        source="ofac-cons", sha256="0" * 64, defaults={"published": date(2024, 5, 2), "entries_count": 0}
    )
    hit = cast.matched(found.party, version, entry_name="Norlis", score="0.900")
    stretch = Rescreening.objects.create(version=version, first=hit.pk, last=hit.pk, state="done", done_at=now)
    update = ListUpdate.objects.create(source="ofac-cons", state="done", version=version, done_at=now)
    inquiry = Inquiry.objects.create(title="Zorislav Karpov", reason="other", note="A tip.", rows=1, asked_by=analyst)
    part = InquiryPart.objects.create(
        inquiry=inquiry, is_bulk=False, first=1, size=1, subjects=written([Asked(("Zorislav Karpov",))]), state="held"
    )
    requirement = Requirement.objects.create(
        organisation=organisation, case=case, sentence="Send the extract.", consequence="No key.", due_on=date(2030, 1, 1)
    )
    proposal = Proposal.objects.create(
        organisation=organisation, kind="case.decision", choice="approve", reason="identity_established", proposed_by=analyst
    )
    decision = Decision.objects.create(organisation=organisation, case=case, proposal=proposal)
    DecidedOwner.objects.create(
        organisation=organisation, decision=decision, party=found.controller, standing="official", because="Asked Alice."
    )
    proposal.outcome, proposal.outcome_by, proposal.outcome_at = "taken", approver, now
    proposal.save()
    entity = Entity.objects.create(
        organisation=organisation, party=found.party, decision=decision, reference=f"E-{decision.pk}", name=found.party.name,
        valid_from=now, valid_until=now + timedelta(days=365),
    )  # fmt: skip
    project = organisation.project_set.get()
    key = Key.objects.create(
        organisation=organisation, project=project, name="production", prefix=f"kh_live_{organisation.pk:012}", last_four="1234",
        digest="0" * 64, pepper_version="1", responsible=found.controller, issued_by=by,
        allowed_networks=["203.0.113.77/32"],
    )  # fmt: skip
    link = Link.objects.create(
        organisation=organisation, key=key, entity=entity, responsible=found.controller, valid_from=now, because="approved"
    )
    hold = Hold.objects.create(organisation=organisation, key=key, source="officer", reason="a question", placed_by=approver)
    restriction = Restriction.objects.create(organisation=organisation, kind="limit", told="terms", placed_by=approver)
    appeal = Appeal.objects.create(
        organisation=organisation, restriction=restriction, words="We are a school.", document=document, sent_by=by
    )
    limit = LimitPool.objects.create(
        organisation=organisation, key=key, unit="requests", period="day", limit=100, set_at=now, set_by=by
    )
    legal_hold = LegalHold.objects.create(
        organisation=organisation, source="agency", reference="BIS 7", asked_by="BIS", reason="Asked to keep.",
        since=date(2026, 1, 1), placed_by=approver,
    )  # fmt: skip
    snapshot = snapshots.take()
    report = Report.objects.create(
        kind="R-03", organisation=organisation, valid_at=now, known_at=snapshot.taken_at, snapshot=snapshot, rule_pack="1",
        template="1", requested_by=approver,
    )  # fmt: skip
    schedule = ReportSchedule.objects.create(
        kind="R-03", organisation=organisation, rhythm="year", first_on=date(2030, 1, 1), next_on=date(2030, 1, 1),
        set_up_by=approver,
    )  # fmt: skip
    outside = ReportLink.objects.create(
        organisation=organisation, report=report, reader="A ministry", digest=f"link {organisation.pk}", made_at=now,
        made_by=approver, expires_at=now + timedelta(days=1),
    )  # fmt: skip
    asked = SubjectRequest.objects.create(
        organisation=organisation, user=by, party=found.controller, kind="erasure", channel="account", recorded_by=by,
        received_on=now.date(), due_on=now.date() + timedelta(days=30), identity="Signed in, and told his birth date.",
        identified_at=now, identified_by=approver,
    )  # fmt: skip
    ErasureOrder.objects.create(organisation=organisation, addresses=[by.email], ordered_by=approver)
    credential = GatewayCredential.objects.create(name="edge", prefix=f"khgw_{organisation.pk}", digest="0" * 64)
    message = messages.queue(to=by.email, subject="Hello", text="Hello", organisation=organisation)
    release = ModelRelease.objects.create(whose="ours", name=f"model-{organisation.pk}", released_at=now, source="Our notes.")
    # Beside the owner, who stays.
    second = User.objects.create(email=f"second-{organisation.pk}@member.example", name="Second")
    membership = Membership.objects.create(organisation=organisation, user=second)
    bidden = MemberInvitation.objects.create(
        organisation=organisation, email=f"third-{organisation.pk}@member.example", role="member", invited_by=by, invited_at=now,
        expires_at=now + timedelta(days=7),
    )  # fmt: skip
    role = Role.objects.get(organisation=organisation, kind=Role.Kind.DIRECTOR)
    status = PersonStatus.objects.filter(organisation=organisation).first()
    proof = StatusProof.objects.create(
        organisation=organisation, status=status, document=document, proved_by=analyst, valid_until=date(2030, 1, 1)
    )
    shown = AuthorityProof.objects.create(
        organisation=organisation, role=Role.objects.get(organisation=organisation, kind=Role.Kind.SIGNATORY),
        document=document, proved_by=analyst,
    )  # fmt: skip
    attribute = Attribute.objects.filter(organisation=organisation, what="headquarters").first()
    seen = AttributeProof.objects.create(
        organisation=organisation, attribute=attribute, document=document, note="Page 2.", proved_by=analyst
    )
    sameness = Sameness.objects.create(
        organisation=organisation, party=found.party, other=Party.objects.exclude(pk=found.party.pk).first(), shared=["lei"],
        ruling="different", reason="Another address.", ruled_by=analyst,
    )  # fmt: skip
    # Of two parties of one customer, so that no other's case shows it.
    first, second = sorted((found.party, found.controller), key=attrgetter("pk"))
    twice = Divergence.objects.create(
        organisation=organisation, party=first, other=second, what="hq_country", first_says="NO", second_says="SE",
        opened_at=now, due_on=date(2026, 12, 1),
    )  # fmt: skip
    claim = Exclusion.objects.create(
        organisation=organisation, party=found.party, ground="listed_company", reference="NYSE: NORD", rule_pack="2026.11",
        claimed_by=by, valid_from=date(2026, 1, 1),
    )  # fmt: skip
    excluded = ExclusionRuling.objects.create(
        organisation=organisation, exclusion=claim, ruling="verified", document=document, reason="Listed.", ruled_by=analyst,
        valid_until=date(2030, 1, 1),
    )  # fmt: skip
    runs = Agency.objects.create(organisation=organisation, name="Its clients", ground="agency", words="A desk.", declared_by=by)
    client = AgencyAccount.objects.create(
        organisation=organisation, agency=runs, account=organisation.pk + 10**6,
        name="A client", added_by=by,
    )  # fmt: skip
    accepted = AgencyRuling.objects.create(
        organisation=organisation, agency=runs, ruling="confirmed", document=document, reason="A contract.", ruled_by=analyst,
        valid_until=date(2030, 1, 1),
    )  # fmt: skip
    invitation = Invitation.objects.create(
        organisation=organisation, party=found.controller, email=by.email, digest=str(organisation.pk), locale="en",
        invited_by=by, expires_at=now + timedelta(days=7),
    )  # fmt: skip
    confirmed = confirmations(organisation, found.party, found.controller, by=by)
    remediation = Remediation.objects.create(
        organisation=organisation, account=f"acct-{organisation.pk}", email=by.email, begun_at=now, requests_a_day=1000,
        **dict.fromkeys(("reminded_at", "limited_at", "due_at"), now + timedelta(days=60)),
    )  # fmt: skip
    imported = ImportedKey.objects.create(
        organisation=organisation, remediation=remediation, project=organisation.project_set.get(), scheme="sha256",
        prefix=f"old_{organisation.pk}", last_four="1234", digest="0" * 64, issued_on=date(2025, 1, 1),
        responsible_email=by.email,
    )  # fmt: skip
    outcome = SandboxOutcome.objects.create(organisation=organisation, examination=case.examinations.get())
    leak = Leak.objects.create(
        organisation=organisation, key=key, hold=hold, signed_with="a key", token_type="keyholder_api_key", place="commit",
        url=f"https://code.example/{by.pk}/settings.py", finding=f"{by.pk}",
    )  # fmt: skip
    told = [model.objects.get(organisation=organisation) for model in (Profile, Questionnaire, PaymentMeans)]
    queued = [
        Reading.objects.create(organisation=organisation, document=document),
        Review.objects.create(organisation=organisation, signed=told[1]),
        Asking.objects.create(organisation=organisation, state="done"),
        Fall.objects.create(organisation=organisation, document=document, verifications=1, state="done"),
        Renewal.objects.create(organisation=organisation, signed=told[1], what="tell"),
        KeyRequirement.objects.create(organisation=organisation, key=key, what="answer", why="removed"),
        Reassessment.objects.create(organisation=organisation, examination=case.examinations.get(), what="hold"),
    ]
    item = EvidenceItem.objects.create(
        organisation=organisation, party=found.controller, kind="passport", issuer="Norwegian police",
        number=f"N{organisation.pk:07}", fingerprint=f"{organisation.pk}", note="Seen.", guideline="2026.11", recorded_by=analyst,
    )  # fmt: skip
    mismatch = Mismatch.objects.create(
        organisation=organisation, item=item, what="name", declared="Alice Olsen", shown="Alice Ohlsen", opened_by=analyst
    )
    queued.append(Expiry.objects.create(organisation=organisation, item=item, what="tell", days=60))
    judged = DocumentReview.objects.create(
        organisation=organisation,
        document=document,
        ruling="upload",
        reason="unreadable",
        reviewed_by=analyst,
        superseded_at=timezone.now(),
    )
    word = FlagRuling.objects.create(
        organisation=organisation, questionnaire=told[1], question="weapons", ruling="explained", note="A film.", ruled_by=analyst
    )  # fmt: skip
    [observation] = observing.observe(
        organisation, owned=found.party, source="officialRegister", found_in="Brønnøysund register", stated_on=date(2026, 6, 1),
        owner_name="Kari Moe", share="40", by=analyst,
    )  # fmt: skip
    differs = Discrepancy.objects.get(organisation=organisation)
    third = User.objects.create(email=f"fourth-{organisation.pk}@keyholder.example", name="Fourth", staff_role="approver")
    rows = [
        *directed(organisation, key, by=approver, second=third), *blocked(organisation, by=approver),
        *resold(organisation, by=approver),
        *(in_compartment(organisation) if confined else []), status, proof, shown, attribute, seen, claim, excluded, runs,
        client, accepted, sameness,
        twice, invitation, item, mismatch, judged, *confirmed, *told, *queued, word,
        by, organisation, membership, bidden, project, credential, proposal, message, found.party, role, interest, document, case,
        case.examinations.get(), requirement, decision, entity, version, stretch, update, inquiry,
        part, hit, key, remediation, imported, link, hold, leak, limit, outcome, report,
        legal_hold, asked, schedule, outside, observation, differs, restriction, appeal, release,
    ]  # fmt: skip
    return {type(row): row for row in rows}


def confirmations(organisation: Organisation, party: Party, person: Party, *, by: User) -> list[models.Model]:
    """What the customer says was confirmed, a code, a domain, and a check by a service outside, which has said something."""
    now, of = timezone.now(), {"organisation": organisation}
    confirmed = Confirmation.objects.create(
        **of, party=party, what="domain", how="dns", value="nordlys.example", mark="0" * 64, rule_pack="2026.11",
        valid_until=date(2030, 1, 1),
    )  # fmt: skip
    code = ConfirmationCode.objects.create(
        **of, party=party, channel="email", mark="0" * 64, salt="0" * 32, digest="0" * 64, locale="en", most_tries=5,
        state="sent", asked_by=by, sent_at=now, expires_at=now + timedelta(days=1),
    )  # fmt: skip
    challenge = DomainChallenge.objects.create(
        **of, party=party, domain="nordlys.example", token=f"token {organisation.pk}", asked_by=by
    )
    check = OutsideCheck.objects.create(
        **of, party=person, service="stripe", reference=f"vs_{organisation.pk}", started_by=by, descriptors={"type": "passport"}
    )
    OutsideMessage.objects.create(
        **of, check_about=check, service="stripe", event=f"evt_{organisation.pk}", kind="processing", at=now, sha256="0" * 64,
        effect="applied",
    )  # fmt: skip
    return [confirmed, code, challenge, check]


def on_its_way_in(by: User) -> Rows:
    """Jobs that are not tracked: a file of keys issued elsewhere, a pack of reports, what a gateway has sent, and the count of an
    order."""
    row = EstateImport.objects.create(name="estate.csv", content="sealed", state="held", rows=1, new=1, asked_by=by)
    gateway = GatewayCredential.objects.latest("pk")
    pack = ReportPack.objects.create(reports=[Report.objects.latest("pk").pk], is_evidence=False, asked_by=by)
    batch = UsageBatch.objects.create(gateway=gateway, batch=uuid4(), sha256="0" * 64)
    preview = DirectivePreview.objects.create(digest=uuid4().hex * 2, asked={"population": "foreign"})
    return {EstateImport: row, ReportPack: pack, UsageBatch: batch, DirectivePreview: preview}


def directed(organisation: Organisation, key: Key, *, by: User, second: User) -> list[models.Model]:
    """An order over everybody that waits for another officer; and of one that was taken where that key stands to it, when it
    begins, and that its customer is to be told."""
    now = timezone.now()
    waiting, taken = (order(by=by) for _ in range(2))
    exception = DirectiveException.objects.create(
        directive=taken, organisation=organisation, ground="The annex names it.", made_by=by
    )
    Proposal.objects.filter(pk=taken.proposal_id).update(outcome="taken", outcome_by=second, outcome_at=now)
    taken.state = "taken"
    taken.save(update_fields=["state"])
    tier = StandingTier.objects.create(standing=taken.standing, tier="*", begins_at=now + timedelta(days=365))
    proof = StandingProof.objects.create(
        standing=taken.standing, organisation=organisation, key=key, verdict="inside", checked_at=now
    )
    notice = DirectiveNotice.objects.create(directive=taken, organisation=organisation)
    DirectiveMinute.objects.create(
        directive=taken, minute=now, keys=1, outside=0, inside=1, unproven=0, unchecked=0, refused=0, refused_outside=0
    )
    DirectivePreview.objects.create(digest=f"{organisation.pk:064}", asked={"population": "foreign"})
    word = Proposal.objects.create(kind="directive.extension", choice="extension", reason="extended", proposed_by=by)
    extension = DirectiveExtension.objects.create(
        directive=taken, until=now + timedelta(days=400), reason="A letter.", proposal=word, proposed_by=by
    )
    over = order(by=by)
    Directive.objects.filter(pk=over.pk).update(state="declined")
    return [over.standing, waiting, exception, extension, proof, tier, notice]


def blocked(organisation: Organisation, *, by: User) -> list[models.Model]:
    """What was refused to it, complete, and its report that waits for another officer."""
    record = BlockedRecord.objects.create(
        organisation=organisation, kind="rejected", basis="region", holder=organisation.name, asset="service",
        what="The use of the models.", authority="31 CFR 560.204", programme="IRAN", action="Refused.", contact="Sanctions desk",
        happened_on=date(2026, 11, 2), due_on=date(2026, 11, 17), rule_pack="2026.11", made_by=by, kept_from=timezone.now(),
        facts={"holder": {"name": organisation.name}, "owners": [], "entries": [], "arithmetic": {}},
    )  # fmt: skip
    proposal = Proposal.objects.create(kind="blocked.filing", choice="initial", reason="complete", proposed_by=by)
    return [record, BlockedFiling.objects.create(kind="initial", record=record, proposal=proposal)]


def resold(organisation: Organisation, *, by: User) -> list[models.Model]:
    """That it sells access on, and an assessment whose clock runs."""
    reseller = Reseller.objects.create(organisation=organisation, place="foreign", programme="none", made_by=by)
    failed = ResellerAssessment.objects.create(
        organisation=organisation, reseller=reseller, assessed_on=date(2026, 11, 20), findings="No identities are checked.",
        state="open", known_on=date(2026, 11, 20), due_on=date(2100, 1, 1), rule_pack="2026.11", made_by=by,
    )  # fmt: skip
    known = {"organisation": organisation, "made_by": by}
    run = TrainingRun.objects.create(
        **known, known_on=date(2026, 11, 20), basis="It said so.", deal="Its order.", rule_pack="2026.11"
    )
    duty = TrainingDuty.objects.create(**known, run=run, kind="initial", since=run.known_on, due_on=date(2026, 12, 5))
    word = Proposal.objects.create(kind="training.filing", choice="nothing", reason="complete", proposed_by=by)
    of_it = {"organisation": organisation, "duty": duty, "proposal": word}
    return [reseller, failed, run, duty, TrainingFiling.objects.create(**of_it, is_nothing=True, note="Too small.")]


def order(*, by: User) -> Directive:
    now = timezone.now()
    proposal = Proposal.objects.create(kind="directive", choice="directive", reason="received", proposed_by=by)
    return Directive.objects.create(
        kind="order", issuer="A ministry", authority="15 CFR 744.22(b)", reference="IS-2026-7", received_at=now,
        population="foreign", why="A letter.", effective_at=now, standing=StandingHold.objects.create(source="directive"),
        proposal=proposal, proposed_by=by,
    )  # fmt: skip


def in_compartment(organisation: Organisation) -> list[models.Model]:
    """An incident that concerns it: what of the investigators' compartment is tracked. It has a note and a referral too."""
    ines = cast.staff("investigator", f"investigator {organisation.pk}")
    with scope.of_officer(ines):
        incident = networks.open_incident(
            title=f"Copied answers of {organisation}",
            kind="extraction",
            confidence="medium",
            detected_on=date(2026, 11, 2),
            by=ines,
        )
        involvement = networks.involve(incident, organisation=organisation, why="Its keys asked for them.", by=ines)
        networks.note(incident, text="Asked by night.", by=ines)
        networks.refer(incident, recipient="Bureau of Industry and Security", made_on=date(2026, 11, 3), by=ines)
    return [
        incident,
        involvement,
        *of_network(organisation, ines),
        *of_controller(organisation, ines),
        *indicated(organisation, ines),
    ]


def of_controller(organisation: Organisation, ines: User) -> list[models.Model]:
    """One that is proposed, with a measure that is; and a limit that others could share."""
    now = timezone.now()
    with scope.of_officer(ines):
        proposals = [
            Proposal.objects.create(kind=f"network.{kind}", choice=choice, reason="harm", proposed_by=ines)
            for kind, choice in (("controller", "rule"), ("measure", "measure"))
        ]
        controller = Controller.objects.create(name="Mirror", why="One card.", proposal=proposals[0], opened_by=ines)
        member = ControllerMember.objects.create(controller=controller, organisation=organisation, why="One card.", added_by=ines)
        controlling.note(controller, text="Asked the bank.", by=ines)
        controlling.keep(controller, by=ines)
        measure = Measure.objects.create(
            controller=controller, kind="hold", told="account", why="It copies.", proposal=proposals[1], proposed_by=ines,
            starts_at=now,
        )  # fmt: skip
        planned = MeasureMember.objects.create(measure=measure, organisation=organisation, stage=1, families=["payment"])
        pool = LimitPool.objects.create(unit="requests", period="day", limit=100, set_at=now, set_by=ines)
        drawing = PoolMember.objects.create(pool=pool, organisation=organisation, added_at=now, added_by=ines)
        RuleMiss.objects.create(
            appeal=Appeal.objects.get(organisation=organisation), member=planned, families=["payment"], types=["payment"]
        )
    return [controller, member, measure, planned, drawing]


def indicated(organisation: Organisation, ines: User) -> list[models.Model]:
    """What its use indicated on a day, and that it may train with answers."""
    now, key = timezone.now(), Key.objects.get(organisation=organisation)
    with scope.of_officer(ines):
        by_what = {"rules": "2026.11", "rules_sha256": "0" * 64}
        run = IndicationRun.objects.create(state="done", day=now.date(), ended_at=now, keys=1, **by_what)
        told = [{"code": "volume", "figure": 7, "points": 0}]
        Indication.objects.create(
            run=run, day=run.day, organisation=organisation, key=key, points=1, indicators=told, requests=7,
            peer_group=["", "0", ""],
        )  # fmt: skip
        allowed = Authorisation.objects.create(
            organisation=organisation, reference="Contract 7", reason="Agreed.", since=date(2026, 1, 1), declared_by=ines
        )
    return [run, allowed]


def of_network(organisation: Organisation, by: User) -> list[models.Model]:
    """A network as a building found it, with the organisation alone in it and proposed to be in it; and what was ruled there."""
    now = timezone.now()
    hashes = {"input_sha256": "0" * 64, "found_sha256": "0" * 64}
    with scope.whole():
        run = NetworkRun.objects.create(state="done", begun_at=now, ended_at=now, **hashes)
        network = Network.objects.create(found_in=run, found_at=now, confidence=0.9, size=1, is_alert=False)
        NetworkChange.objects.create(
            network=network, kind="found", at=now, reason="One account.", organisations=[organisation.pk], run=run
        )
        made = {"network": network, "organisation": organisation}
        member = NetworkMembership.objects.create(**made, via=["payment"], confidence=0.9, since=now, how="run", run=run)
        proposed = Attachment.objects.create(**made, bits=7.5, families=["payment"], proposed_at=now)
        on = {"network": network, "type": "payment", "value": UUID(int=organisation.pk), "organisations": [organisation.pk]}
        said = on | {"kind": "coincidence", "reason": "A shared bookkeeper.", "alone_up_to": 20}
        waits = Proposal.objects.create(kind="network.ruling", choice="coincidence", reason="many_accounts", proposed_by=by)
        ProposedRuling.objects.create(**said, proposal=waits)
        Ruling.objects.create(**said, ruled_by=by)
    return [run, network, member, proposed]
