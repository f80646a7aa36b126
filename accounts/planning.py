"""What the next night's disposal erases, worked out once a day and stored for the page that shows it: among many customers that
takes a minute. Nothing rests on it: the disposal itself makes a plan of its own, and asks anew before it erases anything.
"""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby, islice
from operator import attrgetter

from django.db import transaction
from django.utils import timezone

from accounts import disposal, shared
from accounts.models import DisposalPlan, Organisation, PlannedDisposal

# When the fewest people work, in UTC; and when that night's work is over at the latest, as a rule.
AT, LASTS = time(2, 10), timedelta(hours=2)
# One plan at a time; after one that did not come to its end, the next begins so much later.
PATIENCE = timedelta(hours=1)
A_PART = 1000


def next_night(now: datetime) -> datetime:
    tonight = datetime.combine(now.date(), AT, UTC)
    return tonight if now < tonight else tonight + timedelta(days=1)


class Unplanned:
    """For the sweeper: whether there is no plan for the next night yet."""

    name = "disposal.plan"

    def is_waiting(self) -> bool:
        return is_due()


QUEUE = Unplanned()


def is_due() -> bool:
    last = last_plan()
    return last.on < night() if last else Organisation.objects.exists()


def night() -> date:
    """The one a plan is for; while a night's disposal is at work, still that one."""
    return next_night(timezone.now() - LASTS).date()


def last_plan() -> DisposalPlan | None:
    return DisposalPlan.objects.filter(made_at__isnull=False).order_by("-pk").first()


def plan() -> DisposalPlan | None:
    """Stored part by part, and shown once it is whole. None where none is due, or another is at it."""
    if not is_due() or not shared.note_first("disposal.plan.asked", seconds=int(PATIENCE.total_seconds())):
        return None
    made = DisposalPlan.objects.create(on=night())
    counts = Counter[str]()
    by_organisation = (list(found) for _organisation, found in groupby(disposal.planned(made.on), attrgetter("organisation")))
    while part := list(islice(by_organisation, A_PART)):
        counts.update(due.record_class.code for classes in part for due in classes)
        made.organisations += len(part)
        PlannedDisposal.objects.bulk_create(
            PlannedDisposal(
                plan=made,
                organisation_id=classes[0].organisation,
                classes=[{"code": due.record_class.code, "until": due.until.isoformat(), "rule": due.rule} for due in classes],
            )
            for classes in part
        )
    made.counts, made.made_at = dict(counts), timezone.now()
    with transaction.atomic():
        made.save(update_fields=["counts", "organisations", "made_at"])
        DisposalPlan.objects.filter(pk__lt=made.pk).delete()
    return made
