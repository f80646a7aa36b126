"""What officers do about runs that train a large model: write down what is known and since when, prepare what is told to the
authority of it, which another checks and files, answer it, and correct what has turned out otherwise."""

from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, proposals
from accounts.models import Organisation, Proposal, User
from accounts.permissions import Permission, require
from accounts.proposals import Policy
from accounts.refused import ReasonMissing, Refused, is_said
from kyc.directives.resellers.models import Reseller
from kyc.directives.training.models import TrainingDuty, TrainingFiling, TrainingRun
from kyc.rules import packs

S, K = TrainingDuty.State, TrainingDuty.Kind
FILE, NOTHING = "file", "nothing"
REASONS = {"complete": gettext_lazy("It is complete, and right by the file")}
POLICY = Policy(
    kind="training.filing",
    propose=Permission.TRAINING_WORK,
    take=Permission.REPORT_APPROVE,
    reasons={choice: tuple(REASONS) for choice in (FILE, NOTHING)},
)
TEXTS = ("basis", "deal", "method", "accelerators", "location", "practices", "security", "incidents", "end_customer")
# What a first report has to tell, beside who the customer is (IAAS-42, IAAS-43).
NEEDED = ("operations", "method", "begins_on", "ends_on", "accelerators", "location", "practices", "security")


class NotNow(Refused):
    """It stands otherwise meanwhile."""


class Incomplete(Refused):
    """Something is missing that the report tells."""


class BadRun(Refused):
    """One field is none; `field` says which."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class Said:
    """What an officer says of a run; what is not known is empty."""

    basis: str
    deal: str
    operations: float | None = None
    method: str = ""
    begins_on: date | None = None
    ends_on: date | None = None
    accelerators: str = ""
    location: str = ""
    practices: str = ""
    security: str = ""
    incidents: str = ""
    end_customer: str = ""


NAMES = tuple(field.name for field in fields(Said))


def checked(said: Said) -> dict[str, Any]:
    """As a run keeps it. Raises BadRun."""
    told: dict[str, Any] = {name: getattr(said, name) for name in NAMES}
    told |= {name: str(told[name]).strip() for name in TEXTS}
    if not is_said(told["basis"]):
        raise BadRun("basis", _("Say how it became known: what was seen, said or read."))
    if not is_said(told["deal"]):
        raise BadRun("deal", _("Say by which transaction it is done: the order, the contract, the keys."))
    if said.operations is not None and not 0 < said.operations < float("inf"):
        raise BadRun("operations", _("Write a number of operations above zero, such as 2e25."))
    if said.begins_on and said.ends_on and said.ends_on < said.begins_on:
        raise BadRun("ends_on", _("It can't end before it begins."))
    return told


def is_large(run: TrainingRun) -> bool | None:
    """Whether it reaches the threshold that the rule pack has; None where its operations are not known (IAAS-45)."""
    return None if run.operations is None else run.operations >= packs.current().training_operations


@transaction.atomic
def record(organisation: Organisation, said: Said, *, known_on: date, reseller: Reseller | None = None, by: User) -> TrainingRun:
    """With the clock of its first report. Raises BadRun, NotPermitted."""
    require(by, Permission.TRAINING_WORK)
    told, pack = checked(said), packs.current()
    if known_on > timezone.localdate():
        raise BadRun("known_on", _("It can't have become known in the future."))
    if reseller is not None and reseller.organisation_id != organisation.pk:
        raise BadRun("customer", _("That customer is no reseller."))
    if (reseller is None) != (not told["end_customer"]):
        raise BadRun("end_customer", _("Only of a reseller it is said for which customer of his the run is done."))
    made = TrainingRun.objects.create(
        organisation=organisation, reseller=reseller, known_on=known_on, rule_pack=pack.version, made_by=by, **told
    )
    # What a reseller has reported of a customer of its own is forwarded (IAAS-44).
    due_on = known_on + timedelta(days=pack.training("forward_days" if reseller else "report_days"))
    begun: dict[str, Any] = {"organisation": organisation, "run": made, "made_by": by}
    TrainingDuty.objects.create(**begun, kind=K.INITIAL, since=known_on, due_on=due_on)
    audit.record("training.recorded", target=made, by=by, record=made.number, on=known_on.isoformat(), due_on=due_on.isoformat())
    return made


def locked(run: TrainingRun, *, by: User) -> TrainingRun:
    require(by, Permission.TRAINING_WORK)
    return TrainingRun.objects.select_for_update(of=("self",)).get(pk=run.pk)


@transaction.atomic
def amend(run: TrainingRun, said: Said, *, by: User) -> TrainingRun:
    """What is known by now. What was filed before and has turned out otherwise is corrected (`ask`). Raises BadRun, NotNow,
    NotPermitted."""
    row, told = locked(run, by=by), checked(said)
    if TrainingFiling.objects.waiting().filter(duty__run=row).exists():
        raise NotNow(_("A second officer has it before him. Send it back first."))
    if (row.reseller_id is None) != (not told["end_customer"]):
        raise BadRun("end_customer", _("Only of a reseller it is said for which customer of his the run is done."))
    changed = [name for name, value in told.items() if getattr(row, name) != value]
    if changed:
        for name in changed:
            setattr(row, name, told[name])
        row.save(update_fields=changed)
        audit.record("training.amended", target=row, by=by, record=row.number, changed=", ".join(sorted(changed)))
    return row


@transaction.atomic
def ask(run: TrainingRun, *, kind: str, what: str, since: date, by: User) -> TrainingDuty:
    """A clock besides the first: the authority asks something, or something has turned out otherwise than it was told, `since`
    that day (IAAS-43). Raises BadRun, NotPermitted."""
    row = locked(run, by=by)
    if kind not in (K.FOLLOW_UP, K.CORRECTION):
        raise BadRun("kind", _("Choose what it is."))
    if not is_said(what):
        raise BadRun("what", _("Say what was asked, or what has turned out otherwise."))
    if not row.known_on <= since <= timezone.localdate():
        raise BadRun("since", _("It began on a day since the run is known, and not in the future."))
    due_on = since + timedelta(days=packs.current().training("follow_up_days"))
    told = {"kind": kind, "what": what.strip(), "since": since, "due_on": due_on}
    made = TrainingDuty.objects.create(organisation_id=row.organisation_id, run=row, made_by=by, **told)
    audit.record("training.asked", target=made, by=by, reason=made.what, record=row.number, kind=kind, due_on=due_on.isoformat())
    return made


def missing(run: TrainingRun) -> list[str]:
    """Names of fields that its report tells and nobody has filled in."""
    return [name for name in NEEDED if not getattr(run, name)]


def as_told(run: TrainingRun) -> dict[str, Any]:
    told = {name: getattr(run, name) for name in NAMES}
    told |= {name: told[name].isoformat() if told[name] else "" for name in ("begins_on", "ends_on")}
    # As text: what is stored as JSON reads a large number otherwise than it was written.
    told["operations"] = "" if run.operations is None else repr(run.operations)
    return told | {
        "known_on": run.known_on.isoformat(),
        "customer": run.organisation.name,
        "reseller": run.reseller_id is not None,
    }


@transaction.atomic
def prepare(duty: TrainingDuty, *, note: str = "", by: User) -> TrainingFiling:
    """What is known of the run now, for another officer to check and file. Raises Incomplete, NotNow, NotPermitted."""
    row = locked(duty.run, by=by)
    if missing(row):
        raise Incomplete(_("Complete what it tells first: a report with gaps is sent back."))
    return proposed(duty, told=as_told(row), note=note.strip(), by=by)


@transaction.atomic
def dismiss(duty: TrainingDuty, *, reason: str, by: User) -> TrainingFiling:
    """That nothing is to be told, such as of a run below the threshold; until another has confirmed it the clock runs. Raises
    ReasonMissing, NotNow, NotPermitted."""
    locked(duty.run, by=by)
    if not is_said(reason):
        raise ReasonMissing(_("Say why there is nothing to report."))
    return proposed(duty, is_nothing=True, note=reason.strip(), by=by)


def proposed(duty: TrainingDuty, *, by: User, **said: Any) -> TrainingFiling:
    if not TrainingDuty.objects.running().filter(pk=duty.pk).exists():
        raise NotNow(_("It is reported already."))
    choice = NOTHING if said.get("is_nothing") else FILE
    proposal = proposals.propose(policy=POLICY, choice=choice, reason="complete", note="", by=by)
    try:
        with transaction.atomic():
            made = TrainingFiling.objects.create(organisation_id=duty.organisation_id, duty=duty, proposal=proposal, **said)
    except IntegrityError:
        raise NotNow(_("It is prepared already.")) from None
    audit.record("training.prepared", target=made, by=by, reason=made.note, kind=duty.kind, record=duty.run.number)
    return made


def locked_filing(filing: TrainingFiling) -> TrainingFiling:
    rows = TrainingFiling.objects.select_for_update(of=("self",)).select_related("proposal", "duty__run")
    found = rows.get(pk=filing.pk)
    if not found.waits:
        raise NotNow(_("It is decided already: %(state)s.") % {"state": found.get_state_display().lower()})
    return found


@transaction.atomic
def take(filing: TrainingFiling, *, filed_on: date | None = None, reference: str = "", by: User) -> TrainingFiling:
    """Another officer has checked it, and filed it on that day under that reference; of nothing to report, confirms that. Raises
    SamePerson, BadRun, NotNow, NotPermitted."""
    found = locked_filing(filing)
    proposals.end(found.proposal, policy=POLICY, outcome=Proposal.Outcome.TAKEN, by=by)
    if not found.is_nothing:
        if not filed_on or not found.duty.since <= filed_on <= timezone.localdate():
            raise BadRun("filed_on", _("Say on which day it was filed, since it is known and not in the future."))
        if not is_said(reference):
            raise BadRun("reference", _("Give the reference under which the authority has it."))
        found.filed_on, found.reference = filed_on, reference.strip()
    found.state = TrainingFiling.State.TAKEN
    found.save(update_fields=["state", "filed_on", "reference"])
    duty = TrainingDuty.objects.select_for_update(of=("self",)).get(pk=found.duty_id)
    duty.state = S.NOTHING if found.is_nothing else S.FILED
    duty.save(update_fields=["state"])
    verb = "training.dismissed" if found.is_nothing else "training.filed"
    said = {"kind": duty.kind, "record": found.duty.run.number, "reference": found.reference}
    audit.record(verb, target=found, by=by, reason=found.note, **said)
    return found


@transaction.atomic
def decline(filing: TrainingFiling, *, reason: str, by: User) -> TrainingFiling:
    """Sent back by another, or withdrawn by whoever prepared it; the clock runs on. Raises ReasonMissing, NotNow."""
    require(by, Permission.TRAINING_WORK)
    if not is_said(reason):
        raise ReasonMissing(_("Say what is wrong with it."))
    found = locked_filing(filing)
    is_own = found.proposal.proposed_by_id == by.pk
    outcome = Proposal.Outcome.WITHDRAWN if is_own else Proposal.Outcome.DECLINED
    proposals.end(found.proposal, policy=POLICY, outcome=outcome, by=by)
    found.state, found.declined_because = TrainingFiling.State.DECLINED, reason.strip()
    found.save(update_fields=["state", "declined_because"])
    said = {"kind": found.duty.kind, "record": found.duty.run.number}
    audit.record("training.sent_back", target=found, by=by, reason=found.declined_because, **said)
    return found
