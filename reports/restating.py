"""A restatement: the report of the same customer, kind, instant and parameters as known later. It names what it restates, lists
every value that changed, and takes its place on issue."""

import json
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.refused import Refused
from reports.changed import changes
from reports.facts.catalogue import CATALOGUE
from reports.facts.reader import exact
from reports.models import Report


class Overtaken(Refused):
    """What it would have restated was restated meanwhile by another."""


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
    """The newest issued report that was known earlier; None where there is none."""
    if CATALOGUE[report.kind].for_subject:
        return None
    first = earlier(report).order_by("-known_at", "-pk").first()
    if first is None:
        return None
    return Restatement(first, [change.as_json() for change in changes(json.loads(str(first.facts)), facts)])


def earlier(report: Report) -> Any:
    """Issued reports of the same customer, kind, instant and parameters that were known before it."""
    return Report.objects.filter(
        organisation=report.organisation_id,
        kind=report.kind,
        valid_at=report.valid_at,
        parameters=report.parameters,
        known_at__lt=report.known_at,
        state=Report.State.ISSUED,
    )


def supersede(report: Report) -> None:
    """In the transaction that issues it: all that were known earlier give way. Raises Overtaken."""
    if report.restates_id is None:
        return
    given_way = list(earlier(report).select_for_update(of=("self",)).defer("facts", "changes"))
    if report.restates_id not in {row.pk for row in given_way}:
        raise Overtaken(_("What this report restates was restated meanwhile."))
    for row in given_way:
        row.state, row.superseded_at = Report.State.SUPERSEDED, timezone.now()
        row.save(update_fields=["state", "superseded_at"])
        audit.record("report.superseded", target=row, by=None, by_report=report.number)


def successor(report: Report) -> Report | None:
    """What took its place."""
    if report.superseded_at is None:
        return None
    rows = Report.objects.filter(
        organisation=report.organisation_id, kind=report.kind, valid_at=report.valid_at, parameters=report.parameters
    )
    later = rows.filter(known_at__gt=report.known_at, state__in=Report.REGISTERED).defer("facts", "changes")
    return later.order_by("known_at", "pk").first()
