"""The end of what was asked of the lists beside any case, by the nightly disposal (accounts/disposal.py): its keys are destroyed,
its words overwritten, in live rows and in history, and one certificate stands for all of a night."""

from datetime import date

from django.db import transaction
from psycopg import sql

from accounts import disposal, legal_holds
from accounts.disposal import Tally
from accounts.models import AuditEvent, Disposal
from accounts.vault import shredding
from accounts.vault.models import SubjectKey
from kyc.screening import retention
from kyc.screening.models import Inquiry
from kyc.screening.retention import INQUIRIES


@transaction.atomic
def dispose_of_inquiries(on: date) -> Disposal | None:
    """None where nothing is due. Raises ProgrammingError in any role but the eraser's."""
    legal_holds.none_placed_meanwhile()
    numbers = list(retention.due(on).values_list("pk", flat=True))
    if not numbers:
        return None
    made, tally = disposal.begun(None, INQUIRIES, INQUIRIES.rules[0].code, due_on=on), Tally()
    kind = SubjectKey.Kind.INQUIRY
    made.keys_destroyed = shredding.shred_all(None, kind, numbers, reason=made.number, operator=made.operator)
    disposal.overwrite(Inquiry, sql.SQL("id = ANY ({})").format(numbers), made.number, tally)
    events = AuditEvent.objects.filter(target_type=Inquiry._meta.label_lower, target_id__in=[str(number) for number in numbers])
    disposal.forget_events(events, made.number, tally)
    return disposal.certified(made, tally)


disposal.APART.append(dispose_of_inquiries)
