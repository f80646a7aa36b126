"""Online: where an account has shown something new, or is issued a key, it is looked whose it is: it is attached to a network,
proposed to one, or left alone. Networks are neither made nor merged here: that is a building's (kyc/networks/keeping.py).

The row of accounts.SignalArrival is the job, so that no request waits. An account is attached where it has as much in common
with a network as a whole as what a building attaches to one, and is likely of no other; where it is likely only, by an edge
however sure or by the network, or of several, it is proposed to the surest. What an officer declined or ruled apart is not
brought up again.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import scope
from accounts.models import SignalArrival
from config import jobs
from kyc.networks import arising, keeping
from kyc.networks.arising import Tie
from kyc.networks.network_models import ALERT_SIZE, Attachment, Edge, Network, NetworkChange, NetworkMembership
from kyc.networks.ruling_models import Ruling

State = SignalArrival.State
QUEUE = jobs.Queue(
    name="signals.attach",
    model=SignalArrival,
    field="state",
    ready=State.QUEUED,
    failed=State.FAILED,
    lease=timedelta(seconds=40),
    since="arrived_at",
    sight=scope.whole,
)


def run() -> None:
    for claim in QUEUE.claims():
        with claim:
            look(claim)


def look(claim: jobs.Claim) -> None:
    """Whatever else arrived of the account before it was looked is looked at with it. One that comes meanwhile is another row."""
    organisation = claim.row.organisation_id
    with scope.whole():
        arrived = list(SignalArrival.objects.filter(organisation=organisation).values_list("pk", flat=True))
        ties = [] if is_member(organisation) else open_to(organisation, arising.ties(organisation))
    with claim.finish(state=State.DONE):
        if ties:
            answer(organisation, ties)
        SignalArrival.objects.filter(pk__in=arrived).exclude(state=State.FAILED).delete()


def is_member(organisation: int) -> bool:
    return NetworkMembership.objects.live().filter(organisation=organisation).exists()


def open_to(organisation: int, ties: Sequence[Tie]) -> list[Tie]:
    """Without those to networks that an officer has kept it out of."""
    if not ties:
        return []
    networks = [tie.network for tie in ties]
    closed = Attachment.objects.filter(network__in=networks, organisation=organisation, outcome=Attachment.Outcome.DECLINED)
    shut = set(closed.values_list("network", flat=True))
    apart = Ruling.objects.in_force().filter(Q(a=organisation) | Q(b=organisation)).exclude(kind=Ruling.Kind.SAME_CONTROLLER)
    others = {b if a == organisation else a for a, b in apart.values_list("a", "b")}
    members = NetworkMembership.objects.live().filter(network__in=networks, organisation__in=others)
    shut |= set(members.values_list("network", flat=True))
    return [tie for tie in ties if tie.network not in shut]


def answer(organisation: int, ties: Sequence[Tie]) -> None:
    """In a transaction. Whatever has changed since it was looked wins."""
    keeping.one_at_a_time()
    live = Network.objects.live().select_for_update().in_bulk([tie.network for tie in ties])
    ties = [tie for tie in ties if tie.network in live]
    if not ties or is_member(organisation):
        return
    tie = ties[0]
    if tie.is_certain and len(ties) == 1:
        attach(live[tie.network], organisation, tie)
    else:
        propose(live[tie.network], organisation, tie)


def attach(network: Network, organisation: int, tie: Tie) -> None:
    now = timezone.now()
    NetworkMembership.objects.create(
        network=network, organisation_id=organisation, via=tie.via, confidence=tie.sure, since=now,
        how=NetworkMembership.How.ATTACHED,
    )  # fmt: skip
    if tie.is_edge:
        a, b = sorted((organisation, tie.partner))
        Edge.objects.create(
            network=network, a_id=a, b_id=b, bits=tie.bits, families=tie.families, evidence=tie.evidence, since=now
        )  # fmt: skip
    network.size += 1
    network.is_alert = network.size >= ALERT_SIZE
    network.save(update_fields=["size", "is_alert"])
    proposed = Attachment.objects.open().filter(network=network, organisation=organisation)
    proposed.update(outcome=Attachment.Outcome.OVERTAKEN, outcome_at=now)
    change(network, NetworkChange.Kind.ATTACHED, organisation, tie)


def propose(network: Network, organisation: int, tie: Tie) -> None:
    """Proposed already, it is silence."""
    made = Attachment(
        network=network, organisation_id=organisation, bits=tie.bits, families=tie.via, evidence=tie.evidence,
        proposed_at=timezone.now(),
    )  # fmt: skip
    if not Attachment.objects.open().filter(network=network, organisation=organisation).exists():
        made.save()
        change(network, NetworkChange.Kind.PROPOSED, organisation, tie)


def change(network: Network, kind: str, organisation: int, tie: Tie) -> None:
    said = {"what": arising.named(tie.counted), "account": tie.partner}
    NetworkChange.objects.create(
        network=network,
        kind=kind,
        at=timezone.now(),
        reason=_("It has in common with account %(account)s, which is in it: %(what)s.") % said,
        organisations=[organisation],
    )
