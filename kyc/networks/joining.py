"""What officers answer to a proposal that an account is of a network (`Attachment`). That it is, is a ruling too: the next
building holds it together with the network's surest account; that it is not, the next building holds it apart from all of
them."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from accounts.permissions import Permission, require
from accounts.refused import ReasonMissing, Refused, is_said
from kyc.networks import keeping, ruling
from kyc.networks.actions import tidy
from kyc.networks.network_models import ALERT_SIZE, Attachment, Network, NetworkChange, NetworkMembership
from kyc.networks.ruling_models import Ruling
from kyc.networks.rulings import About

Outcome = Attachment.Outcome


class Answered(Refused):
    """Somebody else, or a building, was quicker."""


class Elsewhere(Refused):
    """The account or the network is not what it was when this was proposed."""


@transaction.atomic
def attach(attachment: Attachment, *, reason: str, by: User) -> NetworkMembership:
    """Raises ReasonMissing, Answered, Elsewhere, Contradicts, Waits."""
    keeping.one_at_a_time()
    ruling.one_at_a_time()
    network, found = locked(attachment, reason, by=by)
    organisation = found.organisation
    if network.ended_at is not None:
        raise Elsewhere(_("%(network)s has ended meanwhile. Decline, or wait for the next building.") % {"network": network})
    other = NetworkMembership.objects.live().filter(organisation=organisation).select_related("network").first()
    if other is not None:
        raise Elsewhere(_("The account is in %(network)s already.") % {"network": other.network})
    surest = anchor(network)
    about = About(pair=(min(surest, organisation.pk), max(surest, organisation.pk)))
    ruling.rule(network, about, kind=Ruling.Kind.SAME_CONTROLLER, reason=reason, by=by)
    now = timezone.now()
    made = NetworkMembership.objects.create(
        network=network, organisation=organisation, via=found.families, confidence=1, since=now, how=NetworkMembership.How.RULED
    )
    network.size = NetworkMembership.objects.live().filter(network=network).count()
    network.is_alert = network.size >= ALERT_SIZE
    network.save(update_fields=["size", "is_alert"])
    answer(found, Outcome.ATTACHED, reason, by=by)
    NetworkChange.objects.create(
        network=network,
        kind=NetworkChange.Kind.ATTACHED,
        at=now,
        reason=tidy(reason),
        organisations=[organisation.pk],
        by=by,
    )
    audit.record("network.attached", target=found, by=by, reason=tidy(reason), network=network.number)
    return made


@transaction.atomic
def decline(attachment: Attachment, *, reason: str, by: User) -> Attachment:
    """Raises ReasonMissing, Answered."""
    network, found = locked(attachment, reason, by=by)
    answer(found, Outcome.DECLINED, reason, by=by)
    audit.record("network.attachment_declined", target=found, by=by, reason=tidy(reason), network=network.number)
    return found


def locked(attachment: Attachment, reason: str, *, by: User) -> tuple[Network, Attachment]:
    """The network first, as whoever builds does. Who also changes memberships holds those before it, and who also rules the
    rulings between the two."""
    require(by, Permission.INCIDENT_WORK)
    if not is_said(reason):
        raise ReasonMissing(_("Say why, for whoever reads it later."))
    network = Network.objects.select_for_update().get(pk=attachment.network_id)
    found = Attachment.objects.select_for_update().select_related("organisation").get(pk=attachment.pk)
    if found.outcome:
        raise Answered(_("This was answered already: %(outcome)s.") % {"outcome": found.get_outcome_display()})
    return network, found


def answer(found: Attachment, outcome: str, reason: str, *, by: User) -> None:
    found.outcome, found.outcome_at, found.outcome_by, found.outcome_note = outcome, timezone.now(), by, tidy(reason)
    found.save(update_fields=["outcome", "outcome_at", "outcome_by", "outcome_note"])


def anchor(network: Network) -> int:
    """Of its accounts the one that is surest in it; of several the oldest."""
    live = NetworkMembership.objects.live().filter(network=network).order_by("-confidence", "organisation")
    return int(live.values_list("organisation", flat=True)[0])
