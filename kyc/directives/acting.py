"""What officers decide about directives: propose one with what it would touch, take it, lift or undo it. What follows from it
kyc.directives.carrying does; that keys are refused follows from nobody's work (kyc/keys/closed.py)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, proposals
from accounts.models import Organisation, Proposal, User
from accounts.permissions import Permission, require
from accounts.proposals import Policy
from accounts.refused import ReasonMissing, Refused, is_said
from config import jobs
from kyc.directives import checking, counting, tiers
from kyc.directives.models import Directive, DirectiveException, DirectivePreview
from kyc.directives.population import BadPopulation, population
from kyc.keys.standing_models import StandingHold, StandingTier
from kyc.rules import packs

SOURCE = "directive"
REASONS = {"received": gettext_lazy("The order was received, and concerns us")}
POLICY = Policy(
    kind="directive",
    propose=Permission.DIRECTIVE_WORK,
    take=Permission.DIRECTIVE_WORK,
    reasons={"directive": tuple(REASONS)},
)
S, K = Directive.State, Directive.Kind


class BadDirective(Refused):
    """One field is none; `field` says which."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class NotNow(Refused):
    """It stands otherwise meanwhile."""


@dataclass(frozen=True)
class Order:
    """What the letter says, as an officer entered it. Without tiers it is over all; `later` are tiers that follow, by when."""

    issuer: str
    authority: str
    reference: str
    received_at: datetime
    population: str
    why: str
    kind: str = K.ORDER
    parameters: Mapping[str, Any] = field(default_factory=dict)
    tiers: Sequence[str] = ()
    later: Mapping[str, datetime] = field(default_factory=dict)
    effective_at: datetime | None = None
    expires_at: datetime | None = None
    determined_on: date | None = None


@transaction.atomic
def propose(order: Order, *, left_out: Mapping[Organisation, str], by: User) -> Directive:
    """Over everybody but those `left_out`, each with its ground; with its numbers as soon as they are counted. Nothing is done to
    anybody, but every key is looked at, so that it can begin the moment it is taken. Raises BadDirective, ReasonMissing,
    NotPermitted."""
    require(by, Permission.DIRECTIVE_WORK)
    said = checked(order)
    if any(not is_said(ground) for ground in left_out.values()):
        raise ReasonMissing(_("Say of each customer that you leave out on which ground."))
    standing = StandingHold.objects.create(source=SOURCE, ends_at=said["expires_at"])
    proposal = proposals.propose(policy=POLICY, choice="directive", reason="received", note="", by=by)
    shown = preview(order, left_out=left_out)
    made = Directive.objects.create(
        **said, preview=shown.told, standing=standing, proposal=proposal, proposed_by=by, work=Directive.Work.WAITING
    )
    for organisation, ground in left_out.items():
        DirectiveException.objects.create(directive=made, organisation=organisation, ground=ground.strip(), made_by=by)
    audit.record(
        "directive.proposed", target=made, by=by, reason=made.why, directive=made.number, reference=made.reference,
        population=made.population, left_out=len(left_out),
    )  # fmt: skip
    jobs.woke("directive.proposed")
    return made


def preview(order: Order, *, left_out: Collection[Organisation]) -> DirectivePreview:
    """What it would touch, as it is counted by a worker. Raises BadDirective."""
    checked(order)
    whom = [one.pk for one in left_out]
    said = counting.of_order(order.population, dict(order.parameters), tiers=order.tiers, later=order.later, left_out=whom)
    return counting.ask(said)


def checked(order: Order) -> dict[str, Any]:
    """As a directive keeps it. Raises BadDirective."""
    texts = {name: str(getattr(order, name)).strip() for name in ("issuer", "authority", "reference", "why")}
    for name, text in texts.items():
        if not is_said(text):
            raise BadDirective(name, _("Say this too: without it nobody can check the order later."))
    try:
        population(order.population, order.parameters)
    except BadPopulation:
        raise BadDirective("population", _("Say whom it is over: this names nobody.")) from None
    now = timezone.now()
    if order.received_at > now:
        raise BadDirective("received_at", _("It can't have been received in the future."))
    effective = order.effective_at or now
    if order.expires_at and order.expires_at <= max(effective, now):
        raise BadDirective("expires_at", _("It would be over before it begins."))
    return {
        **texts,
        **days_of(order, effective),
        "kind": order.kind,
        "received_at": order.received_at.replace(second=0, microsecond=0),
        "population": order.population,
        "parameters": dict(order.parameters),
        **tiers_of(order, effective),
        "effective_at": effective,
        "expires_at": order.expires_at,
    }


def tiers_of(order: Order, effective: datetime) -> dict[str, Any]:
    known = packs.current().key_catalogue("tiers")
    if unknown := [code for code in (*order.tiers, *order.later) if code not in known]:
        raise BadDirective("tiers", _("“%(code)s” is not offered. Choose from the list.") % {"code": unknown[0][:40]})
    if order.later and not {*order.later} <= {*order.tiers}:
        raise BadDirective("tiers", _("What follows later is closed too: choose it among the models."))
    if any(at < effective for at in order.later.values()):
        raise BadDirective("later", _("What follows can't come before the first."))
    in_order = [code for code in known if code in order.tiers]
    return {"tiers": in_order, "later": {code: at.isoformat() for code, at in order.later.items()}}


def days_of(order: Order, effective: datetime) -> dict[str, Any]:
    """Of a special measure between which days it may apply (IAAS-31)."""
    if order.kind not in K.values:
        raise BadDirective("kind", _("Choose what it is."))
    if order.kind == K.ORDER:
        return {"determined_on": None, "not_before": None, "not_after": None}
    if order.determined_on is None:
        raise BadDirective("determined_on", _("A special measure rests on a determination: say of which day."))
    pack = packs.current()
    earliest = order.determined_on + timedelta(days=pack.directive("measure_wait_days"))
    last = effective.date() + timedelta(days=pack.directive("measure_days"))
    if effective.date() < earliest:
        day = {"day": date_format(earliest, "j F Y")}
        raise BadDirective("effective_at", _("A special measure may not apply before %(day)s.") % day)
    if order.expires_at is None or order.expires_at.date() > last:
        raise BadDirective("expires_at", _("A special measure ends by %(day)s.") % {"day": date_format(last, "j F Y")})
    return {"determined_on": order.determined_on, "not_before": earliest, "not_after": last}


def locked(directive: Directive, *allowed: str, by: User) -> Directive:
    require(by, Permission.DIRECTIVE_WORK)
    found = Directive.objects.select_for_update(of=("self",)).select_related("proposal", "standing").get(pk=directive.pk)
    if found.state not in allowed:
        raise NotNow(
            _("%(number)s stands otherwise meanwhile: %(state)s.")
            % {"number": found.number, "state": found.get_state_display().lower()}
        )
    return found


def take(directive: Directive, *, by: User) -> Directive:
    """Another officer makes it so, by numbers of the last hour; where there are none they are asked for, and he takes it then.
    From its time on its models are closed by the clock alone; where that is now, as soon as every key was looked at, and at the
    latest when the rule pack says. Raises SamePerson, AlreadyEnded, NotNow, NotPermitted."""
    require(by, Permission.DIRECTIVE_WORK)
    refuse_uncounted(directive)
    return begin(directive, by=by)


def refuse_uncounted(directive: Directive) -> None:
    """What is asked for here stays so, and what was counted stands with the order, also where that was done before it was
    proposed. Where it can't be counted an order does not wait for that. Raises NotNow."""
    known = counting.told(Directive.objects.get(pk=directive.pk))
    if known is not None and known.state == known.State.WAITING:
        raise NotNow(_("What it would touch is being counted anew. Read that first, and take it then."))
    if known is not None and known.state == known.State.DONE:
        Directive.objects.filter(pk=directive.pk, state=S.PROPOSED).exclude(preview=known.told).update(preview=known.told)


@transaction.atomic
def begin(directive: Directive, *, by: User) -> Directive:
    found = locked(directive, S.PROPOSED, by=by)
    now = timezone.now()
    if found.expires_at and found.expires_at <= now:
        raise NotNow(_("It is over before it begins. Decline it."))
    proposals.end(found.proposal, policy=POLICY, outcome=Proposal.Outcome.TAKEN, by=by)
    found.state, found.work, found.work_since = S.TAKEN, Directive.Work.WAITING, now
    found.save(update_fields=["state", "work", "work_since"])
    ready = now + timedelta(seconds=packs.current().directive("ready_seconds"))
    for exception in found.exceptions.select_related("organisation", "directive"):
        checking.except_for(exception)
    StandingTier.objects.bulk_create(
        StandingTier(standing=found.standing, tier=tier, begins_at=max(at, ready)) for tier, at in tiers.begins(found).items()
    )
    audit.record("directive.taken", target=found, by=by, directive=found.number, reference=found.reference)
    jobs.woke("directive.taken")
    return found


@transaction.atomic
def decline(directive: Directive, *, reason: str, by: User) -> Directive:
    """By another, or withdrawn by whoever proposed it. Raises ReasonMissing, NotNow."""
    if not is_said(reason):
        raise ReasonMissing(_("Say why it is not done."))
    found = locked(directive, S.PROPOSED, by=by)
    is_own = found.proposal.proposed_by_id == by.pk
    outcome = Proposal.Outcome.WITHDRAWN if is_own else Proposal.Outcome.DECLINED
    proposals.end(found.proposal, policy=POLICY, outcome=outcome, by=by)
    found.state = S.DECLINED
    found.save(update_fields=["state"])
    StandingHold.objects.filter(pk=found.standing_id).update(ended_at=timezone.now())
    audit.record("directive.declined", target=found, by=by, reason=reason.strip(), directive=found.number)
    return found


@transaction.atomic
def lift(directive: Directive, *, reason: str, by: User) -> Directive:
    """Whoever ordered it has lifted it: one officer suffices to let go. Raises ReasonMissing, NotNow."""
    return end(directive, S.LIFTED, reason=reason, by=by, verb="directive.lifted")


@transaction.atomic
def undo(directive: Directive, *, reason: str, by: User) -> Directive:
    """It should not have been taken. As lift."""
    return end(directive, S.UNDONE, reason=reason, by=by, verb="directive.undone")


def end(directive: Directive, state: Directive.State, *, reason: str, by: User, verb: str) -> Directive:
    if not is_said(reason):
        raise ReasonMissing(_("Say why it ends."))
    found = locked(directive, S.TAKEN, by=by)
    refuse_over(found)
    now = timezone.now()
    found.state, found.ended_at, found.ended_by, found.end_reason = state, now, by, reason.strip()
    found.work, found.work_since = Directive.Work.WAITING, now
    found.save(update_fields=["state", "ended_at", "ended_by", "end_reason", "work", "work_since"])
    StandingHold.objects.filter(pk=found.standing_id).update(ended_at=now)
    audit.record(verb, target=found, by=by, reason=found.end_reason, directive=found.number)
    jobs.woke("directive.taken")
    return found


def refuse_over(directive: Directive) -> None:
    """Raises NotNow where it is over by the clock."""
    if directive.is_expired and directive.expires_at is not None:
        told = {"number": directive.number, "day": date_format(directive.expires_at, "j F Y, H:i")}
        raise NotNow(_("%(number)s ended by itself on %(day)s UTC. There is nothing left to change.") % told)
