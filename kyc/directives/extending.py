"""Has a directive end later than it said: one officer enters that whoever ordered it has extended it, another takes that.

A special measure applies for so long as the rule pack says unless it is extended (IAAS-31), each time for so long at most."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, proposals
from accounts.models import Proposal, User
from accounts.permissions import Permission
from accounts.proposals import Policy
from accounts.refused import ReasonMissing, is_said
from config import jobs
from kyc.directives.acting import BadDirective, NotNow, locked, refuse_over
from kyc.directives.models import Directive, DirectiveExtension
from kyc.keys.standing_models import StandingHold
from kyc.rules import packs

REASONS = {"extended": gettext_lazy("Whoever ordered it has extended it")}
POLICY = Policy(
    kind="directive.extension",
    propose=Permission.DIRECTIVE_WORK,
    take=Permission.DIRECTIVE_WORK,
    reasons={"extension": tuple(REASONS)},
)
S = DirectiveExtension.State


@transaction.atomic
def propose(directive: Directive, *, until: datetime, reason: str, by: User) -> DirectiveExtension:
    """Nothing changes until another takes it. Raises BadDirective, ReasonMissing, NotNow, NotPermitted."""
    found = running(directive, by=by)
    if not is_said(reason):
        raise ReasonMissing(_("Say who extended it, and where that is found."))
    check(found, until)
    if found.extensions.filter(state=S.PROPOSED).exists():
        raise NotNow(_("An extension waits for another officer already. Decide that one first."))
    proposal = proposals.propose(policy=POLICY, choice="extension", reason="extended", note="", by=by)
    made = DirectiveExtension.objects.create(
        directive=found, until=until, reason=reason.strip(), proposal=proposal, proposed_by=by
    )
    audit.record(
        "directive.extension_proposed", target=found, by=by, reason=made.reason, directive=found.number, until=said(until)
    )
    return made


@transaction.atomic
def take(extension: DirectiveExtension, *, by: User) -> Directive:
    """Another officer makes it so, while it is still in force. Raises SamePerson, NotNow, NotPermitted."""
    directive = running(extension.directive, by=by)
    found = waiting(extension)
    check(directive, found.until)
    proposals.end(found.proposal, policy=POLICY, outcome=Proposal.Outcome.TAKEN, by=by)
    found.state, found.extended_at, found.extended_by = S.TAKEN, timezone.now(), by
    found.save(update_fields=["state", "extended_at", "extended_by"])
    directive.expires_at = found.until
    if directive.not_after is not None:
        directive.not_after = max(directive.not_after, found.until.date())
    directive.work, directive.work_since = Directive.Work.WAITING, timezone.now()
    directive.save(update_fields=["expires_at", "not_after", "work", "work_since"])
    StandingHold.objects.filter(pk=directive.standing_id).update(ends_at=found.until)
    audit.record(
        "directive.extended", target=directive, by=by, reason=found.reason, directive=directive.number, until=said(found.until)
    )
    jobs.woke("directive.taken")
    return directive


@transaction.atomic
def decline(extension: DirectiveExtension, *, reason: str, by: User) -> DirectiveExtension:
    """By another, or withdrawn by whoever proposed it. Raises ReasonMissing, NotNow, NotPermitted."""
    if not is_said(reason):
        raise ReasonMissing(_("Say why it is not extended."))
    directive = locked(extension.directive, *Directive.State.values, by=by)
    found = waiting(extension)
    is_own = found.proposal.proposed_by_id == by.pk
    outcome = Proposal.Outcome.WITHDRAWN if is_own else Proposal.Outcome.DECLINED
    proposals.end(found.proposal, policy=POLICY, outcome=outcome, by=by)
    found.state = S.DECLINED
    found.save(update_fields=["state"])
    audit.record("directive.extension_declined", target=directive, by=by, reason=reason.strip(), directive=directive.number)
    return found


def running(directive: Directive, *, by: User) -> Directive:
    """Locked, in force and with a day on which it ends."""
    found = locked(directive, Directive.State.TAKEN, by=by)
    refuse_over(found)
    if found.expires_at is None:
        raise NotNow(_("It lasts until it is lifted, so there is nothing to extend."))
    return found


def waiting(extension: DirectiveExtension) -> DirectiveExtension:
    found = DirectiveExtension.objects.select_for_update(of=("self",)).select_related("proposal").get(pk=extension.pk)
    if found.state != S.PROPOSED:
        raise NotNow(_("This extension was decided meanwhile."))
    return found


def check(directive: Directive, until: datetime) -> None:
    """Raises BadDirective."""
    assert directive.expires_at is not None  # nosec B101  # running() has seen to it
    if until <= directive.expires_at:
        raise BadDirective("until", _("It ends then or later already. To end it sooner, lift it."))
    if directive.kind == Directive.Kind.MEASURE:
        last = directive.expires_at.date() + timedelta(days=packs.current().directive("measure_days"))
        if until.date() > last:
            day = {"day": date_format(last, "j F Y")}
            raise BadDirective("until", _("A special measure is extended to %(day)s at most.") % day)


def said(until: datetime) -> str:
    return f"{until:%Y-%m-%d %H:%M:%S}"
