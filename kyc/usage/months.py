"""The months that rows of use go into, made before they are needed."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from accounts import partitions
from kyc.usage.models import UsageBatch, UsageRow
from kyc.usage.rows import OLDEST

AHEAD = 2
# Of a batch that is so old every row would be refused, were it sent again.
FORGOTTEN = OLDEST + timedelta(days=8)
A_PART = 5000


def needed() -> Iterator[date]:
    """This month and those to come."""
    month = partitions.first_of(timezone.now().date())
    for _number in range(AHEAD + 1):
        yield month
        month = partitions.after(month)


class Unmade:
    """For the sweeper: whether a month is not made yet, or batches stand there that nobody asks about any more."""

    name = "usage.months"

    def is_waiting(self) -> bool:
        return not {*needed()} <= {*partitions.months(UsageRow)} or forgotten().exists()


QUEUE = Unmade()


def forgotten() -> QuerySet[UsageBatch]:
    return UsageBatch.objects.filter(received_at__lt=timezone.now() - FORGOTTEN)


def make() -> int:
    """How many were made. Twice is once."""
    while part := list(forgotten().values_list("pk", flat=True)[:A_PART]):
        UsageBatch.objects.filter(pk__in=part).delete()
    return sum(partitions.make(UsageRow, month) for month in needed())
