"""The end of reports about several customers, by the nightly disposal (accounts/disposal.py): their keys are destroyed, their
words overwritten, in live rows and in history, and one certificate stands for all of a night."""

from datetime import date

from django.db import transaction
from psycopg import sql

from accounts import disposal, legal_holds
from accounts.disposal import Tally
from accounts.models import Disposal
from accounts.vault import shredding
from accounts.vault.models import SubjectKey
from reports.models import Report
from reports.retention import HOUSE, due_of_house


@transaction.atomic
def dispose_of_house_reports(on: date) -> Disposal | None:
    """None where nothing is due. Raises ProgrammingError in any role but the eraser's."""
    legal_holds.none_placed_meanwhile()
    numbers = list(due_of_house(on).values_list("pk", flat=True))
    if not numbers:
        return None
    made, tally = disposal.begun(None, HOUSE, HOUSE.rules[0].code, due_on=on), Tally()
    made.keys_destroyed = shredding.shred_all(None, SubjectKey.Kind.REPORT, numbers, reason=made.number, operator=made.operator)
    disposal.overwrite(Report, sql.SQL("id = ANY ({})").format(numbers), made.number, tally)
    return disposal.certified(made, tally)


disposal.APART.append(dispose_of_house_reports)
