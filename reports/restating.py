"""A restatement: the report of the same customer, kind, instant and parameters as known later. It names what it restates, lists
every value that changed, and takes its place on issue."""

import json
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.refused import Refused
from accounts.vault.models import SubjectKey
from reports.changed import changes
from reports.facts.catalogue import CATALOGUE
from reports.facts.reader import exact
from reports.models import Report

# One report of a customer, or of the house, is issued after the other; the trigger one_knowledge_stands takes the same.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('kh_reports'), %s::int)"

# That a restatement is known at another instant is what it is; the envelope names both.
KNOWN = "/known_at"


class Overtaken(Refused):
    """What it restates is not what stands any more: another was issued meanwhile."""


class NothingToRestate(Refused):
    """Only a report that stands is restated."""


@dataclass(frozen=True)
class Restatement:
    """`changed` are the rows of changes.json."""

    of: Report
    changed: list[dict[str, Any]]

    def told(self) -> dict[str, Any]:
        """For the envelope: which report, as known when, with which digest, and how many values changed."""
        first = self.of
        return {
            "number": first.number,
            "known_at": exact(first.known_at),
            "sha256": first.sha256,
            "changed": len(self.changed),
        }


def restated(report: Report, facts: dict[str, Any]) -> Restatement | None:
    """The newest issued report that was known earlier and can be read; None where there is none."""
    if CATALOGUE[report.kind].for_subject:
        return None
    first = readable(earlier(report)).order_by("-known_at", "-pk").first()
    if first is None:
        return None
    found = changes(json.loads(str(first.facts)), facts)
    return Restatement(first, [change.as_json() for change in found if change.after_at != KNOWN])


def as_read(report: Report) -> Restatement | None:
    """As it was built for whoever approved it."""
    if report.restates is None:
        return None
    return Restatement(report.restates, json.loads(str(report.changes or "[]")))


def beside(report: Report) -> QuerySet[Report]:
    """The other reports of the same customer, kind, instant and parameters."""
    return Report.objects.filter(
        organisation=report.organisation_id, kind=report.kind, valid_at=report.valid_at, parameters=report.parameters
    ).exclude(pk=report.pk)


def earlier(report: Report) -> QuerySet[Report]:
    """Those beside it that stand and were known before it."""
    return beside(report).filter(known_at__lt=report.known_at, state=Report.State.ISSUED)


def standing_instead(report: Report) -> Report | None:
    """The one of the same customer, kind, instant and parameters that stands, where this one does not."""
    rows = beside(report).filter(state=Report.State.ISSUED).defer("facts", "changes")
    return rows.order_by("-known_at", "-pk").first()


def must_stand(report: Report) -> None:
    """Raises NothingToRestate, with the number of the one to restate where there is one."""
    if report.state == Report.State.ISSUED:
        return
    if other := standing_instead(report):
        told = {"number": report.number, "other": other.number}
        raise NothingToRestate(_("%(number)s does not stand. What stands of that instant is %(other)s: restate that one.") % told)
    raise NothingToRestate(_("No report of that instant stands, so there is nothing to restate. Ask for a new one."))


def readable(rows: QuerySet[Report]) -> QuerySet[Report]:
    """Without those that were erased: nothing can be compared with them."""
    gone = SubjectKey.objects.filter(kind=SubjectKey.Kind.REPORT, destroyed_at__isnull=False)
    return rows.exclude(pk__in=gone.values("ref"))


def supersede(report: Report) -> Report | None:
    """In the transaction that issues it: all that were known earlier give way. Where what is known later stands already, that
    is what it gives way to itself, and what is answered. Raises Overtaken."""
    if CATALOGUE[report.kind].for_subject:
        return None
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [report.organisation_id or 0])
    given_way = list(earlier(report).select_for_update(of=("self",)).defer("facts", "changes"))
    first = readable(earlier(report)).order_by("-known_at", "-pk").first()
    if report.restates_id not in ({row.pk for row in given_way} if first else {None}):
        raise Overtaken(
            _(
                "Another report of the same instant was issued meanwhile, so this one restates something else. One that was "
                "approved already has to be built again, since what it restates is approved with it."
            )
        )
    for row in given_way:
        row.state, row.superseded_at, row.superseded_by = Report.State.SUPERSEDED, timezone.now(), report
        row.save(update_fields=["state", "superseded_at", "superseded_by"])
        told(row, report)
    later = beside(report).filter(known_at__gt=report.known_at, state=Report.State.ISSUED).defer("facts", "changes")
    return later.order_by("-known_at", "-pk").first()


def told(report: Report, by: Report) -> None:
    audit.record("report.superseded", target=report, by=None, by_report=by.number)


def successor(report: Report) -> Report | None:
    """What stands in its place: the last that took it."""
    found = report.superseded_by
    while found and found.superseded_by:
        found = found.superseded_by
    return found
