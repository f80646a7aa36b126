"""The clocks of reports and of what people ask about their own data, for the list of all of them (kyc/desk/deadlines.py)."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from kyc.desk import deadlines
from kyc.desk.deadlines import Kind
from reports.models import ReportSchedule, SubjectRequest

deadlines.add(
    Kind(
        "data_requests", _("What people asked about their own data"), Permission.SUBJECT_ANSWER,
        lambda user: SubjectRequest.objects.open(), "due_on", lambda row: row.get_kind_display(),
        lambda row: reverse("subject_request", args=[row.pk]),
    )
)  # fmt: skip
deadlines.add(
    Kind(
        "schedules", _("Scheduled reports"), Permission.REPORT_REQUEST,
        lambda user: ReportSchedule.objects.live(), "next_on", lambda row: row.kind,
        lambda row: reverse("reports:schedules"), about=lambda row: str(row.organisation or _("every customer")),
        owner="set_up_by",
    )
)  # fmt: skip
