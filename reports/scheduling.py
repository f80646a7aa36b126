"""Reports by the calendar: on its day a schedule asks for them as the officer who set it up, and reminds that officer before.
Where the officer may ask for reports no more, or the customer's account is closed, it ends, and says so; so does one that failed
too often."""

import logging
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, messages, snapshots
from accounts.models import Organisation, Snapshot, User
from accounts.permissions import Permission, require
from accounts.refused import Refused
from config import jobs
from reports import actions
from reports.calendar import after, before
from reports.facts.catalogue import CATALOGUE
from reports.models import BESIDES, Report, ReportSchedule, require_kind

logger = logging.getLogger(__name__)

# So long before its day whoever set it up is reminded.
NOTICE = timedelta(days=7)
# So many organisations are asked of in one transaction.
A_BATCH = 50
# It rests 4, 16, 64... minutes after an error.
MAX_ERRORS = 5
# What does not stand for a report that was asked for.
CAME_TO_NOTHING = (Report.State.FAILED, Report.State.DECLINED, Report.State.WITHDRAWN)


class NotDue(Refused):
    """A schedule begins today or later."""

    field = "first_on"


class AlreadyScheduled(Refused):
    """One of the same kind, customer and rhythm stands."""

    field = "kind"


class Ended(Refused):
    """What has ended is not stopped again."""


class Due:
    """For the sweeper: whether a report is to be asked for, or somebody to be reminded."""

    name = "reports.schedules"

    def is_waiting(self) -> bool:
        return due().exists() or nearly_due().exists()


QUEUE = Due()


def today() -> date:
    return timezone.now().astimezone(UTC).date()


def due() -> QuerySet[ReportSchedule]:
    rows = ReportSchedule.objects.live().filter(next_on__lte=today())
    return rows.filter(Q(rests_until__isnull=True) | Q(rests_until__lte=timezone.now()))


def nearly_due() -> QuerySet[ReportSchedule]:
    rows = ReportSchedule.objects.live().filter(next_on__gt=today(), next_on__lte=today() + NOTICE)
    return rows.filter(Q(reminded_for__isnull=True) | ~Q(reminded_for=F("next_on")))


def every() -> QuerySet[Organisation]:
    """All that a schedule of every customer asks about."""
    return actions.reported().filter(closed_at__isnull=True)


def first_days(first_on: date, rhythm: str) -> list[date]:
    """The day, and the two after it."""
    second = after(first_on, rhythm, first_on)
    return [first_on, second, after(first_on, rhythm, second)]


@transaction.atomic
def set_up(
    *,
    kind: str,
    organisation: Organisation | None,
    rhythm: str,
    first_on: date,
    profile: str = "",
    paper: str = "",
    by: User,
) -> ReportSchedule:
    """From `first_on` on, as `by`. Raises NotPermitted, NotDue, AlreadyScheduled, and as a request does."""
    require(by, Permission.REPORT_REQUEST)
    require_kind(kind, by=by)
    if first_on < today():
        raise NotDue(_("It begins today or later."))
    if organisation:
        actions.is_reported(organisation)
    if profile and not CATALOGUE[kind].has_profiles:
        raise actions.NoProfile(_("This report is made in one way only; it is neither minimised nor told in full."))
    actions.is_drawn_so(CATALOGUE[kind], paper=paper, tables="")
    try:
        with transaction.atomic():
            made = ReportSchedule.objects.create(
                kind=kind, organisation=organisation, profile=profile, paper=paper, rhythm=rhythm, first_on=first_on,
                next_on=first_on, set_up_by=by,
            )  # fmt: skip
    except IntegrityError:
        raise AlreadyScheduled(_("This is scheduled already.")) from None
    audit.record("report.schedule_set_up", target=made, by=by, kind=kind, rhythm=rhythm, first_on=first_on.isoformat())
    return made


@transaction.atomic
def stop(schedule: ReportSchedule, *, by: User) -> None:
    """Whoever may ask for reports may stop any. Raises NotPermitted, Ended."""
    require(by, Permission.REPORT_REQUEST)
    found = ReportSchedule.objects.select_for_update(of=("self",)).get(pk=schedule.pk)
    if found.ended_at:
        raise Ended(_("This schedule has ended."))
    end(found, ReportSchedule.End.STOPPED, by=by)


def end(found: ReportSchedule, how: str, *, by: User | None) -> None:
    found.end, found.ended_at, found.ended_by = how, timezone.now(), by
    found.save(update_fields=["end", "ended_at", "ended_by"])
    audit.record("report.schedule_ended", target=found, by=by, how=how)


def run() -> None:
    """Twice is once, and an error of one keeps no other from being kept."""
    for pk in list(due().values_list("pk", flat=True)):
        try:
            keep(pk)
        except jobs.DATABASE_IS_AWAY:
            raise
        except Exception as error:
            # The one place that catches whatever a schedule may raise.
            logger.exception("schedule %s of reports", pk)
            count_error(pk, jobs.told(error))
    for pk in list(nearly_due().values_list("pk", flat=True)):
        remind(pk)


def keep(pk: int) -> None:
    """Asks for all reports of its day, so many in a transaction."""
    # The snapshot stands in its own transaction: it must not count the one that asks.
    now, last = snapshots.take(), 0
    while last := ask(pk, now, last):
        pass


@transaction.atomic
def ask(pk: int, now: Snapshot, last: int = 0) -> int:
    """Of the organisations behind `last`, by number; answers how far it came. When none is left, 0: it moves on, or ends. A day
    that was missed is made up for once."""
    found = due().select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
    if found is None:
        return 0
    if how := over(found):
        end(found, how, by=None)
        return 0
    on = found.next_on
    until, parameters = cut(found, on)
    batch = list(asked_of(found, until, parameters).filter(pk__gt=last)[:A_BATCH])
    for organisation in batch:
        told: dict[str, Any] = {"kind": found.kind, "valid_at": until, "snapshot": now, "parameters": parameters, "addressee": ""}
        actions.recorded(organisation, **told, paper=found.paper, by=found.set_up_by)
    if len(batch) == A_BATCH:
        return batch[-1].pk
    found.next_on = after(found.first_on, found.rhythm, today())
    found.errors, found.failure, found.rests_until = 0, "", None
    found.save(update_fields=["next_on", "errors", "failure", "rests_until"])
    audit.record("report.schedule_kept", target=found, by=None, on=on.isoformat(), next_on=found.next_on.isoformat())
    return 0


def over(found: ReportSchedule) -> str:
    """Why nothing is asked for by it any more; empty where it goes on."""
    asked = (Permission.REPORT_REQUEST, BESIDES.get(found.kind, Permission.REPORT_REQUEST))
    if not all(found.set_up_by.can(one) for one in asked) or not found.set_up_by.is_active:
        return ReportSchedule.End.LEFT
    return ReportSchedule.End.CLOSED if found.organisation and found.organisation.is_closed else ""


def cut(found: ReportSchedule, on: date) -> tuple[datetime, dict[str, Any]]:
    """As of when, and narrowed by what: no key is asked about, so it is the same of each organisation."""
    until, frame = datetime.combine(on, time.min, UTC), CATALOGUE[found.kind]
    since = datetime.combine(before(found.first_on, found.rhythm, on), time.min, UTC) if frame.is_period else None
    return until, actions.narrowed(frame, Organisation(), until=until, since=since, key=None, profile=found.profile)


def asked_of(found: ReportSchedule, until: datetime, parameters: dict[str, Any]) -> QuerySet[Organisation]:
    """Open ones, of which that report was not asked for yet: by another rhythm, by hand, or before an error. One that came
    after the instant that a report shows waits for the next."""
    rows = every().order_by("pk")
    rows = rows if CATALOGUE[found.kind].is_period else rows.filter(created_at__lte=until)
    same = Report.objects.filter(organisation=OuterRef("pk"), kind=found.kind, valid_at=until, parameters=parameters)
    rows = rows.exclude(Exists(same.exclude(state__in=CAME_TO_NOTHING)))
    return rows.filter(pk=found.organisation_id) if found.organisation_id else rows


@transaction.atomic
def count_error(pk: int, failure: str) -> None:
    """It rests, each time longer, and ends when there were too many."""
    found = due().select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
    if found is None:
        return
    found.errors, found.failure = found.errors + 1, failure
    found.rests_until = timezone.now() + timedelta(minutes=4**found.errors)
    found.save(update_fields=["errors", "failure", "rests_until"])
    if found.errors >= MAX_ERRORS:
        end(found, ReportSchedule.End.FAILED, by=None)


@transaction.atomic
def remind(pk: int) -> None:
    found = nearly_due().select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
    if found is None:
        return
    found.reminded_for = found.next_on
    found.save(update_fields=["reminded_for"])
    subject = _("A report is due on %(day)s") % {"day": found.next_on.isoformat()}
    told = {"schedule": found, "title": CATALOGUE[found.kind].title}
    messages.queue_template("report_due", to=found.set_up_by.email, subject=subject, organisation=None, **told)
    audit.record("report.schedule_reminded", target=found, by=None, on=found.next_on.isoformat())
