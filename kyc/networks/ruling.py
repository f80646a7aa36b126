"""What officers say of what ties accounts. Every event is about a confined row, and so stays in the compartment.

Whoever calls these has the compartment open, as every page of the desk has.
"""

from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, proposals
from accounts.models import Organisation, Proposal, User
from accounts.permissions import Permission, require
from accounts.proposals import Policy
from accounts.refused import NoteMissing, ReasonMissing, Refused, is_said
from kyc.evidence import agencies
from kyc.networks.actions import tidy
from kyc.networks.network_models import Edge, Network, NetworkChange
from kyc.networks.ruling_models import ProposedRuling, Ruling, Said
from kyc.networks.rulings import About, contradicted
from kyc.networks.touching import Unknown, touched
from kyc.parties.agency_models import Agency
from kyc.rules import packs

K = Ruling.Kind
MANY = "many_accounts"
POLICY = Policy(
    kind="network.ruling",
    propose=Permission.INCIDENT_WORK,
    take=Permission.INCIDENT_WORK,
    reasons={kind: (MANY,) for kind in K.values},
)


class NothingRuled(Refused):
    """Nobody has ruled on it, so there is nothing to take back."""


class Contradicts(Refused):
    """With what is ruled already it can't be so."""

    field = "kind"


class Over(Refused):
    """The network or the edge on whose page it is said has ended."""


class NotConfirmed(Refused):
    """No agency is named, no officer's word on it holds, or it runs not both accounts."""

    field = "agency"


class Waits(Refused):
    """A ruling on the same waits for a second person."""


@transaction.atomic
def rule(
    network: Network, about: About, *, kind: str, reason: str, agency: Agency | None = None, by: User
) -> Ruling | ProposedRuling:
    """On the pair or the value as it stands in that network now. Where it touches more accounts than one person rules on it is
    proposed, and in force once a second person takes it. The same said again is silence; of a network that has ended a word is
    taken back and none is said anew. `agency` is the declared one that it is. Raises ReasonMissing, Unknown, NothingRuled,
    Contradicts, NotConfirmed, Waits, Over."""
    require(by, Permission.INCIDENT_WORK)
    if kind not in K.values:
        raise Unknown(_("Choose what it is."))
    if not is_said(reason):
        raise ReasonMissing(_("Say why it is so, for whoever reads it later."))
    one_at_a_time()
    newest = Ruling.objects.newest().filter(about.rows).first()
    agency = confirmed(agency, about) if kind == K.DECLARED_AGENCY else None
    if newest is not None and (newest.kind, newest.agency) == (kind, agency):
        return newest
    if newest is None and kind == K.WITHDRAWN:
        raise NothingRuled(_("Nobody has ruled on this, so there is nothing to take back."))
    if waiting(about) is not None:
        raise Waits(_("A ruling on this waits for a second person already. Take, decline or withdraw it first."))
    if kind != K.WITHDRAWN and not Network.objects.live().filter(pk=network.pk).exists():
        raise Over(_("%(network)s has ended meanwhile. Rule on the page of the network that stands now.") % {"network": network})
    organisations = touched(network, about, kind, newest)
    agrees(about, kind, organisations)
    said = {"network": network, "kind": kind, "organisations": organisations, "reason": tidy(reason)} | about.columns
    said["agency"] = agency
    said["alone_up_to"] = packs.current().ruled_alone_up_to
    if len(organisations) > said["alone_up_to"]:
        return propose(said, by=by)
    return made(said, newest, by=by)


@transaction.atomic
def rule_on(edge: Edge, *, kind: str, reason: str, agency: Agency | None = None, by: User) -> Ruling | ProposedRuling:
    """On the two accounts of an edge that stands; of one that has ended a word is taken back. Raises as `rule` does."""
    require(by, Permission.INCIDENT_WORK)
    if kind != K.WITHDRAWN and not Edge.objects.live().filter(pk=edge.pk).exists():
        raise Over(_("This edge has ended meanwhile, and its network is not what it was. Look at the network again."))
    return rule(edge.network, About(pair=(edge.a_id, edge.b_id)), kind=kind, reason=reason, agency=agency, by=by)


@transaction.atomic
def take_back(said: Ruling, *, reason: str, by: User) -> Ruling | ProposedRuling:
    """What stands of a pair or a value, also where the network that it was said in has ended. Raises as `rule` does."""
    return rule(said.network, About.of(said), kind=K.WITHDRAWN, reason=reason, by=by)


def confirmed(agency: Agency | None, about: About) -> Agency:
    """As it stands; of a pair it runs both. Raises NotConfirmed."""
    if agency is None:
        raise NotConfirmed(_("Name the agency: one that an officer has confirmed."))
    found = agencies.held().filter(pk=agency.pk).first()
    if found is None:
        raise NotConfirmed(_("This agency is not confirmed, or not any more. Choose another."))
    if about.pair and not agencies.run_by(found).issuperset(about.pair):
        raise NotConfirmed(_("This agency does not run both accounts. Choose another."))
    return found


def one_at_a_time() -> None:
    """Whether rulings agree is a matter of all of them, so none comes in between."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('kh_network_rulings'))")


def waiting(about: About) -> ProposedRuling | None:
    return ProposedRuling.objects.filter(about.rows, proposal__outcome="").select_related("proposal").first()


def agrees(about: About, kind: str, organisations: list[int]) -> None:
    pair = contradicted(about, kind, organisations, Ruling.objects.in_force())
    if pair is not None:
        names = dict(Organisation.objects.filter(pk__in=pair).values_list("pk", "name"))
        told = {"a": names.get(pair[0], pair[0]), "b": names.get(pair[1], pair[1])}
        raise Contradicts(
            _("%(a)s and %(b)s would then be held together and apart at once. Take the other ruling back first.") % told
        )


def propose(said: dict[str, Any], *, by: User) -> ProposedRuling:
    # What is said of it stands in the row of the compartment alone.
    proposal = proposals.propose(policy=POLICY, choice=said["kind"], reason=MANY, note="", by=by)
    found = ProposedRuling.objects.create(**said, proposal=proposal)
    audit.record("network.ruling_proposed", target=found, by=by, reason=found.reason, **told(found))
    return found


def made(said: dict[str, Any], newest: Ruling | None, *, by: User, proposed: ProposedRuling | None = None) -> Ruling:
    ruling = Ruling.objects.create(**said, replaces=newest, ruled_by=by, proposed=proposed)
    NetworkChange.objects.create(
        network=ruling.network,
        kind=NetworkChange.Kind.RULED,
        at=timezone.now(),
        reason=ruling.reason,
        organisations=[ruling.a_id, ruling.b_id] if ruling.is_of_pair else [],
        by=by,
    )
    audit.record("network.ruled", target=ruling, by=by, reason=ruling.reason, **told(ruling))
    return ruling


def told(said: Said) -> dict[str, Any]:
    """For the audit log: no value, and nobody's name."""
    return {"network": said.network.number, "kind": said.kind, "type": said.type, "accounts": len(said.organisations)}


@transaction.atomic
def take(proposal: Proposal, *, by: User) -> Ruling:
    """A second person makes it so. Raises AlreadyEnded, SamePerson, Contradicts, NotConfirmed."""
    one_at_a_time()
    found = ended(proposal, Proposal.Outcome.TAKEN, by=by)
    about = About(value=(found.type, found.value)) if found.value else About(pair=(found.a_id, found.b_id))  # type: ignore[arg-type]
    agrees(about, found.kind, found.organisations)
    if found.kind == K.DECLARED_AGENCY:
        confirmed(found.agency, about)
    said = {name: getattr(found, name) for name in COPIED}
    newest = Ruling.objects.newest().filter(about.rows).first()
    return made(said, newest, by=found.proposal.proposed_by, proposed=found)


COPIED = ("network", "kind", "a", "b", "type", "value", "organisations", "agency", "reason", "alone_up_to")


@transaction.atomic
def decline(proposal: Proposal, *, note: str, by: User) -> ProposedRuling:
    if not is_said(note):
        raise NoteMissing(_("Say why it is not ruled so."))
    found = ended(proposal, Proposal.Outcome.DECLINED, by=by)
    audit.record("network.ruling_declined", target=found, by=by, reason=note, **told(found))
    return found


@transaction.atomic
def withdraw(proposal: Proposal, *, by: User) -> ProposedRuling:
    found = ended(proposal, Proposal.Outcome.WITHDRAWN, by=by)
    audit.record("network.ruling_withdrawn", target=found, by=by, **told(found))
    return found


def ended(proposal: Proposal, outcome: Proposal.Outcome, *, by: User) -> ProposedRuling:
    found = ProposedRuling.objects.select_related("network").get(proposal=proposal)
    # What is said of it stands in the compartment's own rows and events.
    found.proposal = proposals.end(proposal, policy=POLICY, outcome=outcome, by=by)
    return found
