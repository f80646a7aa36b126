"""Reports by the calendar: on its day a schedule asks for them as the officer who set it up, and reminds that officer before.
Where the officer may ask for reports no more it ends, and says so."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, messages, snapshots
from accounts.models import Organisation, Snapshot, User
from accounts.permissions import Permission, require
from accounts.refused import Refused
from reports import actions
from reports.calendar import after, before
from reports.facts.catalogue import CATALOGUE
from reports.models import ReportSchedule

# So long before its day whoever set it up is reminded.
NOTICE = timedelta(days=7)


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
    return ReportSchedule.objects.live().filter(next_on__lte=today())


def nearly_due() -> QuerySet[ReportSchedule]:
    rows = ReportSchedule.objects.live().filter(next_on__gt=today(), next_on__lte=today() + NOTICE)
    return rows.filter(Q(reminded_for__isnull=True) | ~Q(reminded_for=F("next_on")))


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
    """Each in a transaction of its own; twice is once."""
    for pk in list(due().values_list("pk", flat=True)):
        # The snapshot stands in its own transaction: it must not count the one that asks.
        ask(pk, snapshots.take())
    for pk in list(nearly_due().values_list("pk", flat=True)):
        remind(pk)


@transaction.atomic
def ask(pk: int, now: Snapshot) -> None:
    """Asks for all reports of the day and moves on, or ends; a day that was missed is made up for once."""
    found = due().select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
    if found is None:
        return
    if not found.set_up_by.can(Permission.REPORT_REQUEST) or not found.set_up_by.is_active:
        end(found, ReportSchedule.End.LEFT, by=None)
        return
    on = found.next_on
    until = datetime.combine(on, time.min, UTC)
    frame = CATALOGUE[found.kind]
    since = datetime.combine(before(found.first_on, found.rhythm, on), time.min, UTC) if frame.is_period else None
    for organisation in asked_of(found):
        parameters = actions.narrowed(frame, organisation, until=until, since=since, key=None, profile=found.profile)
        told: dict[str, Any] = {"kind": found.kind, "valid_at": until, "snapshot": now, "parameters": parameters, "addressee": ""}
        actions.recorded(organisation, **told, paper=found.paper, by=found.set_up_by)
    found.next_on = after(found.first_on, found.rhythm, today())
    found.save(update_fields=["next_on"])
    audit.record("report.schedule_kept", target=found, by=None, on=on.isoformat(), next_on=found.next_on.isoformat())


def asked_of(found: ReportSchedule) -> Iterable[Organisation]:
    rows = actions.reported().order_by("pk")
    return rows.filter(pk=found.organisation_id) if found.organisation_id else rows


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
