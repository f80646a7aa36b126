"""How long issued reports are kept: each for years of its own, and not for less than the file it tells of."""

from datetime import date

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import eraser, retention
from accounts.models import ErasureOrder, LegalHold
from accounts.retention import Kept, RecordClass, Started
from accounts.vault import shredding
from accounts.vault.models import SubjectKey
from kyc.rules.retention import rule
from reports.link_models import ReportLink
from reports.models import Report, SubjectRequest

retention.register(
    RecordClass(
        code="reports",
        label=_("Issued reports"),
        models=(Report, ReportLink),
        rules=(rule("issued-reports"), rule("cdd-file")),
        made={Report: "requested_at", ReportLink: "made_at"},
        each=True,
        told=_("Reports that we made about your organisation and its keys"),
    )
)
retention.register(
    RecordClass(
        code="subject_requests",
        label=_("What people asked about their own data"),
        models=(SubjectRequest, ErasureOrder),
        rules=(rule("subject-requests"), rule("cdd-file")),
        made={SubjectRequest: "recorded_at", ErasureOrder: "ordered_at"},
        # People ask for themselves: the account's owner need not learn that one of them did.
    )
)
retention.no_record(
    "reports.ReportSchedule",
    "which reports are asked for when, by which officer; of a customer only that they are, until the account is closed",
)
# Registered nowhere, since they are of no organisation: reports/disposing.py ends them.
HOUSE = RecordClass(
    code="house_reports",
    label=_("Issued reports about several customers"),
    models=(Report,),
    rules=(rule("house-reports"),),
    made={Report: "requested_at"},
    each=True,
)


def of_house(report: Report) -> Kept:
    """As `accounts.retention.of_record`, of a report that is of no organisation."""
    decides = retention.running(HOUSE.rules[0], Started(retention.day_of(report.requested_at)))
    holds = tuple(LegalHold.objects.live().filter(organisation=None).select_related("placed_by").order_by("pk"))
    return Kept(HOUSE, (decides,), decides, decides.until, holds)


def due_of_house(on: date) -> QuerySet[Report]:
    """Reports of the house that may go and are still there. None while a legal hold keeps everything."""
    if LegalHold.objects.live().filter(organisation=None).exists():
        return Report.objects.none()
    is_there = Exists(shredding.live(SubjectKey.Kind.REPORT, ref=OuterRef("pk"))) | eraser.has_words(Report)
    old = Report.objects.filter(is_there, organisation=None, requested_at__lt=retention.first_told(HOUSE, on))
    return old.order_by("pk")
