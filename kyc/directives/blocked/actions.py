"""What officers do about what was blocked or rejected: complete the record, prepare its report, which another checks and files,
correct it, and write down that the property was released."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, proposals
from accounts.models import Organisation, Proposal, User
from accounts.permissions import Permission, require
from accounts.proposals import Policy
from accounts.refused import NoteMissing, ReasonMissing, Refused, is_said
from kyc.directives.blocked import facts, finding
from kyc.directives.blocked.models import BlockedFiling, BlockedRecord
from kyc.rules import packs

S, K, F = BlockedRecord.State, BlockedRecord.Kind, BlockedFiling.Kind
REASONS = {"complete": gettext_lazy("It is complete, and right by the file")}
POLICY = Policy(
    kind="blocked.filing",
    propose=Permission.BLOCKED_WORK,
    take=Permission.REPORT_APPROVE,
    reasons={kind: tuple(REASONS) for kind in F.values},
)
# What is asked of a record before it is reported.
NEEDED = ("asset", "what", "authority", "programme", "action", "contact")
GROUND = ("basis", "hit", "determination", "facts")
TEXTS = ("what", "authority", "programme", "action", "contact")
MOVES = {F.INITIAL: S.FILED, F.CORRECTED: S.CORRECTED, F.NONE: S.DISMISSED}


class NotNow(Refused):
    """It stands otherwise meanwhile."""


class Incomplete(Refused):
    """Something is missing that the report tells."""


class BadRecord(Refused):
    """One field is none; `field` says which."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class Said:
    """What an officer says of what was blocked or rejected."""

    asset: str
    what: str
    authority: str
    programme: str
    action: str
    contact: str
    value: Decimal | None = None
    currency: str = ""


def checked(said: Said) -> dict[str, Any]:
    """As a record keeps it. Raises BadRecord."""
    told = {name: str(getattr(said, name)).strip() for name in TEXTS}
    if said.asset not in BlockedRecord.Asset.values:
        raise BadRecord("asset", _("Choose what it is."))
    if (said.value is None) != (not said.currency):
        raise BadRecord("value", _("A value has its currency, and a currency its value."))
    if said.value is not None and said.value < 0:
        raise BadRecord("value", _("A value is not below zero."))
    return told | {"asset": said.asset, "value": said.value, "currency": said.currency}


def happened(on: date) -> date:
    if on > timezone.localdate():
        raise BadRecord("happened_on", _("It can't have happened in the future."))
    return on


@transaction.atomic
def record(
    organisation: Organisation, said: Said, *, kind: str, happened_on: date, ground: BlockedRecord | None = None, by: User
) -> BlockedRecord:
    """By hand: of another property or transaction on the `ground` of a record that stands, or refused to a region under embargo.
    Raises BadRecord, NotPermitted."""
    require(by, Permission.BLOCKED_WORK)
    if ground and ground.organisation_id != organisation.pk:
        raise BadRecord("ground", _("That record is of another customer."))
    told = checked(said)
    rests = {name: getattr(ground, name) for name in GROUND} if ground else region(organisation)
    made = finding.put(organisation, kind=kind, happened_on=happened(happened_on), made_by=by, **told, **rests)
    audit.record("blocked.recorded", target=made, by=by, record=made.number, basis=made.basis, kind=kind)
    return made


def region(organisation: Organisation) -> dict[str, Any]:
    return {"basis": BlockedRecord.Basis.REGION, "facts": facts.gathered(organisation, hits=[], determination=None)}


def locked(found: BlockedRecord, *allowed: str, by: User) -> BlockedRecord:
    require(by, Permission.BLOCKED_WORK)
    row = BlockedRecord.objects.select_for_update(of=("self",)).get(pk=found.pk)
    if row.state not in allowed:
        raise NotNow(
            _("%(number)s stands otherwise meanwhile: %(state)s.")
            % {"number": row.number, "state": row.get_state_display().lower()}
        )
    return row


def refuse_waiting(row: BlockedRecord) -> None:
    if row.filings.waiting().exists():
        raise NotNow(_("A second officer has it before him. Send it back first."))


@transaction.atomic
def amend(found: BlockedRecord, said: Said, *, kind: str, happened_on: date, by: User) -> BlockedRecord:
    """What it tells; of which kind and of which day only until it is filed, for by them its clock runs. Changed after that, it is
    to be corrected where it was filed. Raises BadRecord, NotNow, NotPermitted."""
    row = locked(found, S.OPEN, S.FILED, S.CORRECTED, by=by)
    refuse_waiting(row)
    told: dict[str, Any] = checked(said)
    if row.is_open:
        on = happened(happened_on)
        if row.made_by_id is None and on > row.happened_on:
            raise BadRecord("happened_on", _("Its clock began by a ruling or a round of checks. It can only have begun earlier."))
        told |= {"kind": kind, "happened_on": on, "due_on": packs.current().blocked_due(on)}
        told["kept_from"] = (row.kept_from or timezone.now()) if kind == K.REJECTED else None
    changed = [name for name, value in told.items() if getattr(row, name) != value]
    if not changed:
        return row
    days = {"before": row.happened_on.isoformat(), "now": told["happened_on"].isoformat()} if "happened_on" in changed else {}
    for name in changed:
        setattr(row, name, told[name])
    row.is_changed = not row.is_open
    row.save(update_fields=[*changed, "is_changed"])
    audit.record("blocked.amended", target=row, by=by, record=row.number, changed=", ".join(sorted(changed)), **days)
    return row


def missing(row: BlockedRecord) -> list[str]:
    """Names of fields that its report tells and nobody has filled in."""
    return [name for name in NEEDED if not getattr(row, name)]


@transaction.atomic
def prepare(found: BlockedRecord, *, note: str = "", by: User) -> BlockedFiling:
    """Its report, for another officer to check and file: the first, or after that a corrected one, of which the note says what
    was wrong. Raises Incomplete, NoteMissing, NotNow, NotPermitted."""
    row = locked(found, S.OPEN, S.FILED, S.CORRECTED, by=by)
    if missing(row):
        raise Incomplete(_("Complete what it tells first: a report with gaps is sent back."))
    if not row.is_open and not is_said(note):
        raise NoteMissing(_("Say what was wrong in what was filed."))
    return proposed(F.INITIAL if row.is_open else F.CORRECTED, record=row, note=note.strip(), by=by)


@transaction.atomic
def dismiss(found: BlockedRecord, *, reason: str, by: User) -> BlockedFiling:
    """That there is nothing to report of it, which another has to confirm: until then its clock runs."""
    row = locked(found, S.OPEN, by=by)
    if not is_said(reason):
        raise ReasonMissing(_("Say why there is nothing to report."))
    return proposed(F.NONE, record=row, note=reason.strip(), by=by)


@transaction.atomic
def prepare_annual(year: int, *, by: User) -> BlockedFiling:
    """The annual report of all that was held on its day. Raises NotNow, NotPermitted."""
    require(by, Permission.BLOCKED_WORK)
    stock_on, _due = packs.current().blocked_annual(year)
    if stock_on >= timezone.localdate():
        raise NotNow(_("Its day is not over yet."))
    return proposed(F.ANNUAL, year=year, stock=[row.pk for row in stock(stock_on)], by=by)


def stock(on: date) -> list[BlockedRecord]:
    """Property that was blocked on that day, by the days that stand on record; what came to be nothing is left out."""
    rows = BlockedRecord.objects.filter(kind=K.BLOCKED, happened_on__lte=on).exclude(state=S.DISMISSED).order_by("pk")
    return [row for row in rows if row.released_on is None or row.released_on > on]


def proposed(kind: str, *, by: User, **said: Any) -> BlockedFiling:
    proposal = proposals.propose(policy=POLICY, choice=kind, reason="complete", note="", by=by)
    try:
        with transaction.atomic():
            made = BlockedFiling.objects.create(kind=kind, proposal=proposal, **said)
    except IntegrityError:
        raise NotNow(_("It is prepared already.")) from None
    audit.record("blocked.prepared", target=made, by=by, reason=made.note, kind=kind, about=about(made))
    return made


def about(filing: BlockedFiling) -> str:
    return filing.record.number if filing.record else str(filing.year)


def locked_filing(filing: BlockedFiling) -> BlockedFiling:
    found = BlockedFiling.objects.select_for_update(of=("self",)).select_related("proposal", "record").get(pk=filing.pk)
    if not found.waits:
        raise NotNow(_("It is decided already: %(state)s.") % {"state": found.get_state_display().lower()})
    return found


@transaction.atomic
def take(filing: BlockedFiling, *, filed_on: date | None = None, reference: str = "", by: User) -> BlockedFiling:
    """Another officer has checked it, and filed it on that day under that reference of the authority's; of nothing to report,
    confirms that. Raises SamePerson, BadRecord, NotNow, NotPermitted."""
    found = locked_filing(filing)
    proposals.end(found.proposal, policy=POLICY, outcome=Proposal.Outcome.TAKEN, by=by)
    if found.kind != F.NONE:
        if not filed_on or filed_on > timezone.localdate():
            raise BadRecord("filed_on", _("Say on which day it was filed, today or before."))
        if found.record and filed_on < found.record.happened_on:
            raise BadRecord("filed_on", _("It was filed on a day since it happened, not before."))
        if not is_said(reference):
            raise BadRecord("reference", _("Give the reference under which the authority has it."))
        found.filed_on, found.reference = filed_on, reference.strip()
    found.state = BlockedFiling.State.TAKEN
    found.save(update_fields=["state", "filed_on", "reference"])
    if found.record_id:
        moved(found)
    verb = "blocked.dismissed" if found.kind == F.NONE else "blocked.filed"
    audit.record(verb, target=found, by=by, reason=found.note, kind=found.kind, about=about(found), reference=found.reference)
    return found


def moved(filing: BlockedFiling) -> None:
    """The record, by what was filed of it."""
    row = BlockedRecord.objects.select_for_update(of=("self",)).get(pk=filing.record_id)
    row.state, row.is_changed = MOVES[F(filing.kind)], False
    if row.state == S.DISMISSED:
        row.kept_from = row.kept_from or timezone.now()
    row.save(update_fields=["state", "is_changed", "kept_from"])


@transaction.atomic
def decline(filing: BlockedFiling, *, reason: str, by: User) -> BlockedFiling:
    """Sent back by another, or withdrawn by whoever prepared it; the clock runs on. Raises ReasonMissing, NotNow."""
    if not is_said(reason):
        raise ReasonMissing(_("Say what is wrong with it."))
    found = locked_filing(filing)
    is_own = found.proposal.proposed_by_id == by.pk
    outcome = Proposal.Outcome.WITHDRAWN if is_own else Proposal.Outcome.DECLINED
    proposals.end(found.proposal, policy=POLICY, outcome=outcome, by=by)
    found.state, found.declined_because = BlockedFiling.State.DECLINED, reason.strip()
    found.save(update_fields=["state", "declined_because"])
    audit.record("blocked.sent_back", target=found, by=by, reason=found.declined_because, kind=found.kind, about=about(found))
    return found


@transaction.atomic
def release(found: BlockedRecord, *, released_on: date, ground: str, by: User) -> BlockedRecord:
    """The property was unblocked on that day, on which ground: a licence, a delisting, an order. What was blocked is reported all
    the same, so only what is filed is released. Raises BadRecord, ReasonMissing, NotNow, NotPermitted."""
    row = locked(found, S.FILED, S.CORRECTED, by=by)
    refuse_waiting(row)
    if row.kind != K.BLOCKED:
        raise NotNow(_("What was refused is not held, so there is nothing to release."))
    if row.is_changed:
        raise NotNow(_("It was changed since it was filed. File the corrected report first."))
    if not is_said(ground):
        raise ReasonMissing(_("Say on which ground it was released, such as the number of a licence."))
    if not row.happened_on <= released_on <= timezone.localdate():
        raise BadRecord("released_on", _("It was released on a day since it was blocked, and not in the future."))
    row.state, row.released_on, row.release_ground = S.RELEASED, released_on, ground.strip()
    row.released_at, row.released_by, row.kept_from = timezone.now(), by, timezone.now()
    row.save(update_fields=["state", "released_on", "release_ground", "released_at", "released_by", "kept_from"])
    audit.record("blocked.released", target=row, by=by, reason=row.release_ground, record=row.number, on=released_on.isoformat())
    return row


def annual_open(today: date) -> list[tuple[int, date]]:
    """Years of which there was a stock and no annual report is filed, oldest first, each with its due day."""
    first = BlockedRecord.objects.filter(kind=K.BLOCKED).order_by("happened_on").values_list("happened_on", flat=True).first()
    if first is None:
        return []
    filed = set(BlockedFiling.objects.filter(kind=F.ANNUAL, state="taken").values_list("year", flat=True))
    found = []
    for year in range(first.year, today.year + 1):
        stock_on, due_on = packs.current().blocked_annual(year)
        if stock_on < today and year not in filed and stock(stock_on):
            found.append((year, due_on))
    return found
