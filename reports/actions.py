"""What people do with reports: ask for one, take its file, draw a draft."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, snapshots
from accounts.models import Organisation, User
from accounts.permissions import Permission, require
from accounts.refused import Refused
from config import jobs
from kyc.rules import packs
from reports.facts import dossier
from reports.models import Report


class FutureAsked(Refused):
    """A report tells what was true, not what will be."""


class NotReady(Refused):
    """A report has a file only once it is built."""


def request(
    organisation: Organisation,
    *,
    valid_at: datetime | None = None,
    known_at: datetime | None = None,
    kind: str = Report.Kind.DOSSIER,
    addressee: str = "",
    by: User,
) -> Report:
    """A report to be built by a worker. Without `known_at` it is what is known now, so a snapshot is stored first; without
    `valid_at` it is as of that snapshot. Raises NotPermitted, FutureAsked, NothingKnown."""
    require(by, Permission.REPORT_REQUEST)
    if valid_at and valid_at > timezone.now():
        raise FutureAsked(_("“As of” lies in the future. Choose a day that has begun."))
    # The snapshot stands in its own transaction: it must not count the one that asks.
    snapshot = snapshots.at(known_at) if known_at else snapshots.take()
    with transaction.atomic():
        report = Report.objects.create(
            kind=kind,
            organisation=organisation,
            valid_at=valid_at or snapshot.taken_at,
            known_at=snapshot.taken_at,
            snapshot=snapshot,
            rule_pack=packs.current().version,
            template=dossier.TEMPLATE,
            envelope={"addressee": addressee},
            requested_by=by,
        )
        cut = {"valid_at": report.valid_at.isoformat(), "known_at": report.known_at.isoformat()}
        audit.record("report.requested", target=report, by=by, kind=kind, **cut)
        jobs.woke("report.requested")
    return report


@transaction.atomic
def downloaded(report: Report, *, by: User) -> Report:
    """Writes down that the file of a ready report was handed to `by`, each time. Raises NotPermitted, NotReady."""
    require(by, Permission.REPORT_VIEW)
    if report.state != Report.State.READY:
        raise NotReady(_("This report is not ready yet."))
    audit.record("report.downloaded", target=report, by=by, sha256=report.sha256)
    return report


@transaction.atomic
def drafted(organisation: int, *, kind: str, sha256: str, by: User | None) -> None:
    """Writes down that a report that is not issued was drawn; `by=None` is whoever has the command line."""
    audit.record("report.drafted", target=Organisation(pk=organisation), by=by, kind=kind, sha256=sha256)
