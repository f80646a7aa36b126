"""What investigators do with a controller: propose it, take or decline it, note, keep what speaks for it, let members go, end it.

Whoever calls these has the compartment open (`scope.of_officer`), as with incidents (kyc/networks/actions.py)."""

from collections.abc import Collection
from hashlib import sha256
from typing import Any

import rfc8785
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, proposals
from accounts.models import Organisation, Proposal, User
from accounts.permissions import Permission, require
from accounts.proposals import Policy
from accounts.refused import ReasonMissing, Refused, is_said
from kyc.networks import actions
from kyc.networks.actions import Impossible, tidy
from kyc.networks.controller_models import Controller, ControllerMember, ControllerNote, KeptEvidence
from kyc.networks.models import Incident
from kyc.networks.network_models import Edge, Network, NetworkMembership

REASONS = {
    "identity": gettext_lazy("The same person or papers stand behind them"),
    "payment": gettext_lazy("The same money pays for them"),
    "conduct": gettext_lazy("They act as one"),
}
# The words themselves stand in the controller, which is confined; a proposal is not.
POLICY = Policy(
    kind="network.controller",
    propose=Permission.INCIDENT_WORK,
    take=Permission.INCIDENT_WORK,
    reasons={"rule": tuple(REASONS)},
)
S = Controller.State


class NotNow(Refused):
    """It stands otherwise meanwhile."""


def locked(controller: Controller, *allowed: str, by: User) -> Controller:
    require(by, Permission.INCIDENT_WORK)
    found = Controller.objects.select_for_update(of=("self",)).select_related("proposal").get(pk=controller.pk)
    if allowed and found.state not in allowed:
        raise NotNow(
            _("%(number)s stands otherwise meanwhile: %(state)s.")
            % {"number": found.number, "state": found.get_state_display().lower()}
        )
    return found


def checked(name: str, why: str, members: Collection[Organisation]) -> None:
    if not name.strip():
        raise Impossible("name", _("Give it a name by which others find it."))
    if not is_said(why):
        raise ReasonMissing(_("Say why they are one hand."))
    if len({one.pk for one in members}) < 2:  # one account is its own hand
        raise Impossible("members", _("Choose two accounts or more: one alone is its own hand."))


@transaction.atomic
def propose(
    *,
    name: str,
    why: str,
    reason: str,
    members: Collection[Organisation],
    network: Network | None = None,
    by: User,
) -> Controller:
    """`reason` is one of REASONS. Nothing is done to anybody. Raises ReasonMissing, Impossible, NotPermitted."""
    checked(name, why, members)
    proposal = proposals.propose(policy=POLICY, choice="rule", reason=reason, note="", by=by)
    controller = Controller.objects.create(
        name=name.strip()[:200], why=tidy(why), network=network, proposal=proposal, opened_by=by
    )
    named = sorted({one.pk: one for one in members}.values(), key=lambda one: one.pk)
    ControllerMember.objects.bulk_create(
        ControllerMember(controller=controller, organisation=one, why=controller.why, added_by=by) for one in named
    )
    audit.record(
        "controller.proposed", target=controller, by=by, reason=controller.why, controller=controller.number, accounts=len(named)
    )
    return controller


@transaction.atomic
def take(controller: Controller, *, by: User) -> Controller:
    """Another officer rules so; what speaks for it at this moment is kept. Raises SamePerson, AlreadyEnded, NotNow."""
    controller = locked(controller, S.PROPOSED, by=by)
    proposals.end(controller.proposal, policy=POLICY, outcome=Proposal.Outcome.TAKEN, by=by)
    controller.state = S.RULED
    controller.save(update_fields=["state"])
    keep(controller, by=by)
    audit.record("controller.ruled", target=controller, by=by, controller=controller.number)
    return controller


@transaction.atomic
def decline(controller: Controller, *, reason: str, by: User) -> Controller:
    """By another, or withdrawn by whoever proposed it. Raises ReasonMissing, NotNow."""
    if not is_said(reason):
        raise ReasonMissing(_("Say why they are not one hand."))
    controller = locked(controller, S.PROPOSED, by=by)
    is_own = controller.proposal.proposed_by_id == by.pk
    outcome = Proposal.Outcome.WITHDRAWN if is_own else Proposal.Outcome.DECLINED
    proposals.end(controller.proposal, policy=POLICY, outcome=outcome, by=by)
    controller.state = S.DECLINED
    controller.save(update_fields=["state"])
    audit.record("controller.declined", target=controller, by=by, reason=tidy(reason), controller=controller.number)
    return controller


@transaction.atomic
def end_member(member: ControllerMember, *, reason: str, by: User) -> ControllerMember:
    """It is of it no more; what measures have placed on it stays until they are undone for it. Repeated, it is silence."""
    if not is_said(reason):
        raise ReasonMissing(_("Say why it is not of it any more."))
    controller = locked(member.controller, S.RULED, by=by)
    row = ControllerMember.objects.select_for_update(of=("self",)).select_related("proposal").get(pk=member.pk)
    if not row.is_ruled:
        raise NotNow(_("Nobody has ruled that it is of it: decline the proposal instead."))
    if row.ended_at is None:
        row.ended_at, row.ended_by, row.end_reason = timezone.now(), by, tidy(reason)
        row.save(update_fields=["ended_at", "ended_by", "end_reason"])
        audit.record("controller.member_left", target=row, by=by, reason=row.end_reason, controller=controller.number)
    return row


@transaction.atomic
def note(controller: Controller, *, text: str, by: User) -> ControllerNote:
    """Repeated in the same words while no other note came between, it is silence."""
    controller = locked(controller, by=by)
    if not is_said(text):
        raise ReasonMissing(_("Write the note."))
    said = {"text": tidy(text), "written_by": by}
    if (newest := controller.notes.order_by("-pk").first()) and actions.is_again(newest, **said):
        return newest
    made = ControllerNote.objects.create(controller=controller, **said)
    audit.record("controller.noted", target=made, by=by, controller=controller.number)
    return made


def keep(controller: Controller, *, incident: Incident | None = None, by: User) -> KeptEvidence:
    """What speaks for it now, sealed by its digest; within a transaction."""
    content = rfc8785.dumps(told(controller)).decode()
    digest = sha256(content.encode()).hexdigest()
    return KeptEvidence.objects.create(controller=controller, incident=incident, content=content, sha256=digest, kept_by=by)


def told(controller: Controller) -> dict[str, Any]:
    """Who is of it and what they share, also what was not counted, as it stands."""
    live = controller.members.live().select_related("organisation").order_by("organisation")
    numbers = [member.organisation_id for member in live]
    in_networks = {row.organisation_id: row for row in NetworkMembership.objects.live().filter(organisation__in=numbers)}
    return {
        "controller": controller.number,
        "name": controller.name,
        "why": controller.why,
        "network": controller.network.number if controller.network else None,
        "at": timezone.now().isoformat(timespec="seconds"),
        "members": [
            {"account": member.organisation_id, "name": member.organisation.name, "why": member.why}
            | as_member(in_networks.get(member.organisation_id))
            for member in live
        ],
        "edges": [
            {"a": edge.a_id, "b": edge.b_id, "bits": edge.bits, "families": edge.families, "evidence": edge.evidence}
            | {"since": edge.since.isoformat(timespec="seconds"), "found_in": edge.run_id}
            for edge in edges_of(numbers)
        ],
    }


def as_member(row: NetworkMembership | None) -> dict[str, Any]:
    return {"via": row.via, "confidence": row.confidence} if row else {"via": [], "confidence": None}


def edges_of(numbers: Collection[int]) -> list[Edge]:
    """The live ones between any two of these accounts."""
    return list(Edge.objects.live().filter(Q(a__in=numbers) & Q(b__in=numbers)).order_by("a", "b"))


@transaction.atomic
def open_incident(controller: Controller, *, by: User, **of_it: Any) -> Incident:
    """With every member involved, and what speaks for it kept as it is now. `of_it` as kyc.networks.actions.open_incident."""
    controller = locked(controller, S.RULED, by=by)
    incident = actions.open_incident(**of_it, by=by)
    for member in controller.members.live().select_related("organisation").order_by("organisation"):
        actions.involve(incident, organisation=member.organisation, why=member.why, by=by)
    keep(controller, incident=incident, by=by)
    audit.record("controller.incident_opened", target=controller, by=by, controller=controller.number, incident=incident.number)
    return incident
