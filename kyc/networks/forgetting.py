"""The end of signals and of what rests on them, by the nightly disposal (accounts/disposal.py): of those that were not seen for
their period, of edges that ended so long ago, of what was indicated so long ago, and of all three where it was erased who an
account is. In silence, as all of the compartment: no certificate that others read tells of it. A legal hold keeps an account's;
they are hashes and figures, and to keep one keeps nobody else's.
"""

from datetime import date

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts import audit, legal_holds, retention
from accounts.models import Disposal, LegalHold, Organisation, Signal, SignalValue
from kyc.networks.indication_models import Indication
from kyc.networks.models import Involvement
from kyc.networks.network_models import Edge, NetworkMembership
from kyc.networks.retention import INDICATED, SIGNALS, TIES
from kyc.networks.ruling_models import Ruling

# Values that nobody has any more.
NOBODYS = """
DELETE FROM accounts_signalvalue v
WHERE NOT EXISTS (SELECT FROM accounts_signal s WHERE s.value = v.value AND s.type = v.type)
"""


@transaction.atomic
def forget_signals(on: date) -> int:
    """How many. Raises ProgrammingError in any role but the eraser's."""
    legal_holds.none_placed_meanwhile()
    held = set(LegalHold.objects.live().values_list("organisation", flat=True))
    if None in held:
        return 0
    due = Signal.objects.filter(Q(last_seen__lt=retention.first_told(SIGNALS, on)) | Exists(erased("organisation"))).exclude(
        organisation__in=held
    )
    last = due.order_by("-pk").first()
    count = int(due._raw_delete("default"))
    if last is not None:
        with connection.cursor() as cursor:
            cursor.execute(NOBODYS)
        # Of the compartment, and of no account alone.
        audit.record("signals.erased", target=SignalValue(pk=last.pk), by=None, count=count, **audit.operator(None))
    return count


def erased(organisation: str) -> QuerySet[Disposal]:
    """By which it was erased who the account is that this column names."""
    identity = retention.class_of(Organisation)
    return Disposal.objects.filter(organisation=OuterRef(organisation), record_class=identity.code if identity else "")


def kept(organisation: str) -> Exists:
    """Whether an account is involved in an incident that is still there."""
    return Exists(Involvement.objects.filter(organisation=OuterRef(organisation), incident__erased_at=None))


def ended_ties(on: date, held: set[int | None]) -> QuerySet[Edge]:
    """Of accounts that no legal hold and no incident needs, and that no officer has ruled on: a controller keeps its own."""
    ruled = Ruling.objects.in_force().filter(a=OuterRef("a"), b=OuterRef("b"))
    over = Q(until__lt=retention.first_told(TIES, on)) | Exists(erased("a")) | Exists(erased("b"))
    rows = Edge.objects.filter(over, until__isnull=False).exclude(Q(a__in=held) | Q(b__in=held))
    return rows.exclude(kept("a") | kept("b") | Exists(ruled))


def indicated(on: date, held: set[int | None]) -> QuerySet[Indication]:
    """Of keys and of networks; an incident has in its own words what it was opened on."""
    over = Q(day__lt=retention.first_told(INDICATED, on).date()) | Exists(erased("organisation"))
    members = NetworkMembership.objects.filter(network=OuterRef("network"), organisation__in=held)
    needed = Q(organisation__isnull=False, organisation__in=held) | Exists(members)
    return Indication.objects.filter(over).exclude(needed)


@transaction.atomic
def forget_ties(on: date) -> int:
    """How many edges and indications. Raises ProgrammingError in any role but the eraser's."""
    legal_holds.none_placed_meanwhile()
    held = set(LegalHold.objects.live().values_list("organisation", flat=True))
    if None in held:
        return 0
    count = 0
    for verb, rows in (("edges.erased", ended_ties(on, held)), ("indications.erased", indicated(on, held))):
        last = rows.order_by("-pk").first()
        if last is not None:
            gone = int(rows._raw_delete("default"))
            audit.record(verb, target=type(last)(pk=last.pk), by=None, count=gone, **audit.operator(None))
            count += gone
    return count
