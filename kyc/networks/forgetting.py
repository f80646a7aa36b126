"""The end of signals, by the nightly disposal (accounts/disposal.py): those that were not seen for their period, and all of an
account of which it was erased who it is. In silence, as all of the compartment: no certificate that others read tells of it. A
legal hold keeps an account's signals; they are hashes, and to keep one keeps nobody else's.
"""

from datetime import date

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from accounts import audit, legal_holds, retention
from accounts.models import Disposal, LegalHold, Organisation, Signal, SignalValue
from kyc.networks.retention import SIGNALS

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
    identity = retention.class_of(Organisation)
    erased = Disposal.objects.filter(organisation=OuterRef("organisation"), record_class=identity.code if identity else "")
    due = Signal.objects.filter(Q(last_seen__lt=retention.first_told(SIGNALS, on)) | Exists(erased)).exclude(
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
