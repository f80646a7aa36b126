"""Accounts come to a controller that is ruled already: one investigator proposes them, another takes or declines. Measures that
stand reach none of them; over these another measure is proposed.

Whoever calls these has the compartment open, as with incidents (kyc/networks/actions.py)."""

from collections import defaultdict
from collections.abc import Collection

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, proposals
from accounts.models import Organisation, Proposal, User
from accounts.permissions import Permission
from accounts.proposals import Policy
from accounts.refused import ReasonMissing, is_said
from kyc.networks import controlling
from kyc.networks.actions import Impossible, tidy
from kyc.networks.controller_models import Controller, ControllerMember
from kyc.networks.network_models import NetworkMembership

# The words themselves stand in the members' rows, which are confined.
POLICY = Policy(
    kind="network.controller_members",
    propose=Permission.INCIDENT_WORK,
    take=Permission.INCIDENT_WORK,
    reasons={"add": tuple(controlling.REASONS)},
)
RULED = Controller.State.RULED


def candidates(controller: Controller) -> QuerySet[Organisation]:
    """Accounts that are in a network with one of its own now, and neither of it nor proposed to be."""
    of_it = controller.members.live().values("organisation")
    networks = NetworkMembership.objects.live().filter(organisation__in=of_it).values("network")
    others = NetworkMembership.objects.live().filter(network__in=networks).values("organisation")
    known = controller.members.filter(ended_at__isnull=True).values("organisation")
    return Organisation.objects.filter(pk__in=others).exclude(pk__in=known).order_by("name", "pk")


def were(controller: Controller, organisations: Collection[int]) -> dict[int, list[ControllerMember]]:
    """By account how it was of it before, or proposed to be, and why no more; the last first."""
    found: dict[int, list[ControllerMember]] = defaultdict(list)
    ended = controller.members.filter(organisation__in=organisations, ended_at__isnull=False)
    for row in ended.select_related("ended_by", "proposal").order_by("-ended_at"):
        found[row.organisation_id].append(row)
    return found


@transaction.atomic
def propose(controller: Controller, *, members: Collection[Organisation], why: str, reason: str, by: User) -> Proposal:
    """`reason` is one of controlling.REASONS. Nothing is done to anybody. Raises ReasonMissing, Impossible, NotNow."""
    controller = controlling.locked(controller, RULED, by=by)
    if not is_said(why):
        raise ReasonMissing(_("Say why they are of the same hand."))
    named = sorted({one.pk: one for one in members}.values(), key=lambda one: one.pk)
    if not named:
        raise Impossible("members", _("Choose one account or more."))
    standing = controller.members.filter(ended_at__isnull=True, organisation__in=named).select_related("organisation").first()
    if standing is not None:
        raise Impossible("members", _("%(name)s is of it, or proposed to be, already.") % {"name": standing.organisation})
    proposal = proposals.propose(policy=POLICY, choice="add", reason=reason, note="", by=by)
    said = {"controller": controller, "proposal": proposal, "why": tidy(why), "added_by": by}
    ControllerMember.objects.bulk_create(ControllerMember(organisation=one, **said) for one in named)
    told = {"controller": controller.number, "accounts": len(named)}
    audit.record("controller.members_proposed", target=controller, by=by, reason=tidy(why), **told)
    return proposal


def waiting(controller: Controller) -> QuerySet[ControllerMember]:
    return controller.members.proposed().select_related("organisation", "added_by", "proposal").order_by("proposal", "pk")  # type: ignore[no-any-return]  # its queryset's


@transaction.atomic
def take(controller: Controller, proposal: Proposal, *, by: User) -> Controller:
    """Another officer rules so, and what speaks for all of it is kept anew. Raises SamePerson, AlreadyEnded, NotNow."""
    controller = controlling.locked(controller, RULED, by=by)
    count = of(controller, proposal).count()
    proposals.end(proposal, policy=POLICY, outcome=Proposal.Outcome.TAKEN, by=by)
    controlling.keep(controller, by=by)
    audit.record("controller.members_ruled", target=controller, by=by, controller=controller.number, accounts=count)
    return controller


@transaction.atomic
def decline(controller: Controller, proposal: Proposal, *, reason: str, by: User) -> Controller:
    """By another, or withdrawn by whoever proposed it. Raises ReasonMissing, AlreadyEnded, NotNow."""
    if not is_said(reason):
        raise ReasonMissing(_("Say why they are not of it."))
    controller = controlling.locked(controller, by=by)
    outcome = Proposal.Outcome.WITHDRAWN if proposal.proposed_by_id == by.pk else Proposal.Outcome.DECLINED
    rows = of(controller, proposal)
    proposals.end(proposal, policy=POLICY, outcome=outcome, by=by)
    # So that they may be proposed again.
    count = rows.update(ended_at=timezone.now(), ended_by=by, end_reason=tidy(reason))
    told = {"controller": controller.number, "accounts": count}
    audit.record("controller.members_declined", target=controller, by=by, reason=tidy(reason), **told)
    return controller


def of(controller: Controller, proposal: Proposal) -> QuerySet[ControllerMember]:
    return controller.members.filter(proposal=proposal, ended_at__isnull=True)  # type: ignore[no-any-return]  # its queryset's
