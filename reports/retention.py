"""How long issued reports are kept: each for years of its own, and not for less than the file it tells of."""

from django.utils.translation import gettext_lazy as _

from accounts import retention
from accounts.models import ErasureOrder
from accounts.retention import RecordClass
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
retention.no_record("reports.ReportSchedule", "what is asked for and when, and by which officer; of no customer anything")
