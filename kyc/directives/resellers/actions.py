"""What officers and resellers do about resale: enter a customer in the register, assess it, resolve by two what was wrong, and
say who is served further down."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, messages, organisations, proposals
from accounts.models import Membership, Organisation, Proposal, User
from accounts.permissions import Permission, require
from accounts.proposals import Policy
from accounts.refused import ReasonMissing, Refused, is_said
from kyc.cases.models import Case
from kyc.directives.resellers.models import Reseller, ResellerAssessment
from kyc.evidence.models import Document
from kyc.keys import holds
from kyc.keys.models import Hold
from kyc.parties import countries
from kyc.rules import packs

S = ResellerAssessment.State
REASONS = {
    "mended": gettext_lazy("What was wrong has been put right, as the file shows"),
    "mistake": gettext_lazy("It was entered by mistake"),
}
POLICY = Policy(
    kind="reseller.resolve",
    propose=Permission.RESELLER_WORK,
    take=Permission.DECISION_TAKE,
    reasons={"resolved": tuple(REASONS)},
)
MOST = 10_000_000
FOUND = gettext_lazy("How you sell access on has to be put right")


class BadReseller(Refused):
    """One field is none; `field` says which."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class NotNow(Refused):
    """It stands otherwise meanwhile."""


@dataclass(frozen=True)
class Terms:
    """Under what a customer sells access on."""

    place: str
    programme: str
    agreement: Document | None = None
    agreed_from: date | None = None
    agreed_to: date | None = None
    programme_copy: Document | None = None
    programme_version: str = ""
    programme_received_on: date | None = None


def checked(terms: Terms, organisation: Organisation) -> dict[str, Any]:
    """As the register keeps it. Raises BadReseller."""
    told = {**vars(terms), "programme_version": terms.programme_version.strip()}
    if terms.agreed_to and (not terms.agreed_from or terms.agreed_to <= terms.agreed_from):
        raise BadReseller("agreed_to", _("An agreement ends after it begins."))
    if terms.programme == Reseller.Programme.OWN:
        if not told["programme_version"]:
            raise BadReseller("programme_version", _("Say which version of its programme you have."))
        if not terms.programme_received_on or terms.programme_received_on > timezone.localdate():
            raise BadReseller("programme_received_on", _("Say on which day it came, today or before."))
    else:
        told |= {"programme_version": "", "programme_received_on": None, "programme_copy": None}
    for name in ("agreement", "programme_copy"):
        document = told[name]
        if document is not None and document.organisation_id != organisation.pk:
            raise BadReseller(name, _("That document is of another customer."))
    return told


@transaction.atomic
def enter(organisation: Organisation, terms: Terms, *, by: User) -> Reseller:
    """In the register, or what is kept of it anew; also one that had sold access on no more. Raises BadReseller, NotPermitted."""
    require(by, Permission.RESELLER_WORK)
    organisations.held(organisation.pk)
    told = checked(terms, organisation)
    row = Reseller.objects.select_for_update(of=("self",)).filter(organisation=organisation).first()
    if row is None:
        made = Reseller.objects.create(organisation=organisation, made_by=by, **told)
        audit.record("reseller.entered", target=made, by=by, reseller=made.number, place=made.place, programme=made.programme)
        return made
    if row.ended_on:
        for name, value in {**told, "ended_on": None, "ended_because": ""}.items():
            setattr(row, name, value)
        row.save()
        audit.record("reseller.reentered", target=row, by=by, reseller=row.number, place=row.place, programme=row.programme)
        return row
    changed = sorted(name for name, value in told.items() if getattr(row, name) != value)
    if changed:
        for name in changed:
            setattr(row, name, told[name])
        row.save(update_fields=changed)
        audit.record("reseller.changed", target=row, by=by, reseller=row.number, changed=", ".join(changed))
    return row


@transaction.atomic
def change(found: Reseller, terms: Terms, *, by: User) -> Reseller:
    """What is kept of one that sells access on. Raises BadReseller, NotNow, NotPermitted."""
    require(by, Permission.RESELLER_WORK)
    return enter(locked(found).organisation, terms, by=by)


def locked(found: Reseller) -> Reseller:
    organisations.held(found.organisation_id)
    row = Reseller.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=found.pk)
    if row.ended_on:
        raise NotNow(_("It sells access on no more, by what the register says."))
    return row


@transaction.atomic
def assess(
    found: Reseller, *, assessed_on: date, findings: str, complies: bool, known_on: date | None = None, by: User
) -> ResellerAssessment:
    """What was found on that day. Where it does not comply, its clock runs from when that was known. Raises BadReseller,
    ReasonMissing, NotNow, NotPermitted."""
    require(by, Permission.RESELLER_WORK)
    row, today, pack = locked(found), timezone.localdate(), packs.current()
    if not is_said(findings):
        raise ReasonMissing(_("Say what you found. The reseller reads it too."))
    if assessed_on > today:
        raise BadReseller("assessed_on", _("It can't have been assessed in the future."))
    known = None if complies else known_on or assessed_on
    if known and known > today:
        raise BadReseller("known_on", _("It can't be known from a day in the future."))
    due = known and known + timedelta(days=pack.reselling("termination_days"))
    # Nobody is held by one officer's word before the reseller and others had days to say something.
    least = pack.reselling("remind_days")
    if known and due and due < today + timedelta(days=least):
        sentence = _(
            "Enter the day on which we knew it: by this one, access would end on %(day)s. At the earliest it ends %(days)s days "
            "from today, so enter %(first)s or later, and say in what you found since when it was so."
        )
        first = today + timedelta(days=least) - (due - known)
        told = {"day": date_format(due, "j F Y"), "days": least, "first": date_format(first, "j F Y")}
        raise BadReseller("known_on", sentence % told)
    made = ResellerAssessment.objects.create(
        organisation=row.organisation,
        reseller=row,
        assessed_on=assessed_on,
        findings=findings.strip(),
        state=S.COMPLIES if complies else S.OPEN,
        known_on=known,
        due_on=due,
        rule_pack=pack.version,
        made_by=by,
    )
    if due:
        write(made, FOUND)
    audit.record(
        "reseller.assessed", target=made, by=by, reseller=row.number, complies=complies, due_on=str(made.due_on or ""),
    )  # fmt: skip
    return made


def write(row: ResellerAssessment, subject: Promise) -> None:
    """To the owners, in the language in which they were first addressed."""
    last = Case.objects.filter(organisation=row.organisation).order_by("-pk").first()
    owners = Membership.objects.filter(organisation=row.organisation, role=Membership.Role.OWNER).select_related("user")
    with translation.override((last and last.notice_locale) or None):
        for owner in owners:
            to = owner.user.email
            messages.queue_template("reseller_told", to=to, subject=str(subject), organisation=row.organisation, assessment=row)


def locked_assessment(found: ResellerAssessment) -> ResellerAssessment:
    organisations.held(found.organisation_id)
    rows = ResellerAssessment.objects.select_for_update(of=("self",)).select_related(
        "reseller", "proposal", "hold", "organisation"
    )
    row = rows.get(pk=found.pk)
    if row.state not in (S.OPEN, S.HELD):
        raise NotNow(_("It stands otherwise meanwhile: %(state)s.") % {"state": row.get_state_display().lower()})
    return row


@transaction.atomic
def propose_resolved(found: ResellerAssessment, *, resolution: str, reason: str = "mended", by: User) -> ResellerAssessment:
    """That what was wrong is put right, or never was (`reason`, of REASONS), which another has to confirm: until then the clock
    runs. Raises ReasonMissing, NotNow, NotPermitted."""
    require(by, Permission.RESELLER_WORK)
    row = locked_assessment(found)
    if row.proposal_id:
        raise NotNow(_("Another officer has it before him already."))
    if not is_said(resolution):
        raise ReasonMissing(_("Say how it was put right, or what the mistake was."))
    row.proposal = proposals.propose(
        policy=POLICY, organisation=row.organisation, choice="resolved", reason=reason, note=resolution.strip(), by=by
    )
    row.resolution = resolution.strip()
    row.save(update_fields=["proposal", "resolution"])
    audit.record("reseller.resolution_proposed", target=row, by=by, reason=row.resolution, reseller=row.reseller.number)
    return row


def proposed(row: ResellerAssessment) -> Proposal:
    if row.proposal is None:
        raise NotNow(_("Nobody says that it is resolved."))
    return row.proposal


@transaction.atomic
def take_resolved(found: ResellerAssessment, *, by: User) -> ResellerAssessment:
    """Another officer confirms it: the clock ends, and the hold that came of it, and no other. Raises SamePerson, NotNow,
    NotPermitted."""
    row = locked_assessment(found)
    proposals.end(proposed(row), policy=POLICY, outcome=Proposal.Outcome.TAKEN, by=by)
    if row.hold:
        holds.end(row.hold, reason=row.resolution, by=by)
    row.state = S.RESOLVED
    row.save(update_fields=["state"])
    audit.record("reseller.resolved", target=row, by=by, reason=row.resolution, reseller=row.reseller.number)
    return row


@transaction.atomic
def decline_resolved(found: ResellerAssessment, *, reason: str, by: User) -> ResellerAssessment:
    """Sent back by another, or withdrawn by whoever proposed it; the clock runs on. Raises ReasonMissing, NotNow."""
    if not is_said(reason):
        raise ReasonMissing(_("Say what is wrong with it."))
    row = locked_assessment(found)
    proposal = proposed(row)
    is_own = proposal.proposed_by_id == by.pk
    outcome = Proposal.Outcome.WITHDRAWN if is_own else Proposal.Outcome.DECLINED
    proposals.end(proposal, policy=POLICY, outcome=outcome, note=reason.strip(), by=by)
    row.proposal, row.resolution = None, ""
    row.save(update_fields=["proposal", "resolution"])
    audit.record("reseller.resolution_sent_back", target=row, by=by, reason=reason.strip(), reseller=row.reseller.number)
    return row


def refuse_lifting(hold: Hold) -> None:
    """Of a reseller that two people have not resolved, one alone lifts no hold. Raises NotNow."""
    row = ResellerAssessment.objects.filter(hold=hold, state=S.HELD).select_related("reseller").first()
    if row is not None:
        number = {"number": row.reseller.number}
        raise NotNow(_("Two officers end this hold on the page of %(number)s: one proposes it, another confirms it.") % number)


@transaction.atomic
def end(found: Reseller, *, ended_on: date, because: str, by: User) -> Reseller:
    """It sells access on no more. What of its assessments is not resolved stays so, with its hold. Raises BadReseller,
    ReasonMissing, NotNow, NotPermitted."""
    require(by, Permission.RESELLER_WORK)
    row = locked(found)
    if not is_said(because):
        raise ReasonMissing(_("Say how you know."))
    if ended_on > timezone.localdate():
        raise BadReseller("ended_on", _("It can't have ended in the future."))
    row.ended_on, row.ended_because = ended_on, because.strip()
    row.save(update_fields=["ended_on", "ended_because"])
    audit.record("reseller.ended", target=row, by=by, reason=row.ended_because, reseller=row.number)
    return row


@transaction.atomic
def declare(found: Reseller, downstream: Mapping[str, tuple[int, int]], *, by: User) -> Reseller:
    """How many customers it has of its own in each country, and how many of these it has verified, as a member says. Raises
    BadReseller, NotNow, NotPermitted."""
    organisations.locked(found.organisation, by=by)
    row = locked(found)
    if not downstream:
        raise BadReseller("downstream", _("Write at least one country."))
    known = countries.names("en")
    for code, (count, verified) in downstream.items():
        if code not in known:
            raise BadReseller(
                "downstream", _("“%(code)s” is no country: write its two letters, such as DE.") % {"code": code[:20]}
            )
        if not 0 <= verified <= count <= MOST:
            raise BadReseller("downstream", _("%(code)s: not more are verified than there are.") % {"code": code})
    row.downstream = {code: [*downstream[code]] for code in sorted(downstream)}
    row.downstream_on = timezone.localdate()
    row.save(update_fields=["downstream", "downstream_on"])
    audit.record(
        "reseller.declared", target=row, by=by, reseller=row.number, customers=row.customers, verified=row.verified,
        countries=len(downstream),
    )  # fmt: skip
    return row
