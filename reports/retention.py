"""How long issued reports are kept: each for years of its own, and not for less than the file it tells of."""

from django.utils.translation import gettext_lazy as _

from accounts import retention
from accounts.retention import RecordClass
from kyc.rules.retention import rule
from reports.models import Report

retention.register(
    RecordClass(
        code="reports",
        label=_("Issued reports"),
        models=(Report,),
        rules=(rule("issued-reports"), rule("cdd-file")),
        made={Report: "requested_at"},
        each=True,
        told=_("Reports that we made about your organisation and its keys"),
    )
)
