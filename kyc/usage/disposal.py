"""The end of rows of use, by the nightly disposal (accounts/disposal.py): a month whose last row is past its period goes at once.
Where a legal hold keeps somebody's, his rows stay in it and all others go. One certificate stands for all of a night."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from django.db import transaction

from accounts import disposal, legal_holds, partitions
from accounts.models import Disposal, LegalHold
from accounts.periods import first_kept
from kyc.usage.models import UsageRow
from kyc.usage.retention import ROWS


def due(on: date) -> Iterator[date]:
    """Months of which no row is kept any more on that day, the oldest first."""
    kept = first_kept(on, ROWS.own_years)
    return (month for month in partitions.months(UsageRow) if partitions.after(month) <= kept)


@transaction.atomic
def dispose_of_rows(on: date) -> Disposal | None:
    """None where nothing is due. Raises ProgrammingError in any role but the eraser's."""
    legal_holds.none_placed_meanwhile()
    held = set(LegalHold.objects.live().values_list("organisation", flat=True))
    if None in held:
        return None
    count = sum(gone(month, {number for number in held if number is not None}) for month in due(on))
    if not count:
        return None
    made = disposal.begun(None, ROWS, ROWS.rules[0].code, due_on=on)
    made.rows = {UsageRow._meta.db_table: {"count": count}}
    return disposal.counted(made)


def gone(month: date, held: set[int]) -> int:
    first, end = (datetime.combine(day, time.min, UTC) for day in (month, partitions.after(month)))
    rows = UsageRow.objects.filter(hour__gte=first, hour__lt=end)
    if rows.filter(organisation__in=held).exists():
        return int(rows.exclude(organisation__in=held)._raw_delete("default"))
    count = rows.count()
    partitions.drop(UsageRow, month)
    return count


disposal.APART.append(dispose_of_rows)
