"""What a worker is doing with a report, in words; and what becomes of one that nobody seems to work on."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from reports.models import Report

# The stage that follows the facts.
PAGES = "pages"
WORDS = {
    "identity": gettext_lazy("who the customer is"),
    "coming": gettext_lazy("class and programme"),
    "parties": gettext_lazy("people and companies involved"),
    "signatories": gettext_lazy("who may sign"),
    "statuses": gettext_lazy("person statuses"),
    "ownership": gettext_lazy("ownership"),
    "documents": gettext_lazy("documents"),
    "invitations": gettext_lazy("invitations"),
    "intended_use": gettext_lazy("intended use"),
    "payment": gettext_lazy("payment"),
    "screening": gettext_lazy("screening"),
    "risk": gettext_lazy("risk"),
    "findings": gettext_lazy("findings of the last round"),
    "decision": gettext_lazy("case and decision"),
    "access": gettext_lazy("entity, keys and holds"),
    "members": gettext_lazy("members of the account"),
    "changes": gettext_lazy("history of changes"),
    "selection": gettext_lazy("what was asked about"),
    "holder": gettext_lazy("who stands behind the account"),
    "keys": gettext_lazy("each key"),
    "use": gettext_lazy("use"),
    "picture": gettext_lazy("the picture of the ownership"),
    "methodology": gettext_lazy("methodology"),
    "sources": gettext_lazy("data sources"),
    "completeness": gettext_lazy("what is missing or open"),
    "summary": gettext_lazy("the summary"),
    PAGES: gettext_lazy("drawing the pages"),
}
# Longer than any wake-up and the sweep after a lost one take.
PATIENCE = timedelta(seconds=10)


def told(stage: str) -> str:
    """What the progress page says for a stage; empty before the first."""
    return str(WORDS.get(stage, _("the next section"))) if stage else ""


def stuck(report: Report, now: datetime | None = None) -> str:
    """Why nothing moves and what happens next; empty while all goes well."""
    now = now or timezone.now()
    if report.state != Report.State.REQUESTED:
        return ""
    if report.errors:
        return " ".join([tried(report), next_try(report, now)])
    if report.claims == 0 and now - report.requested_at > PATIENCE:
        seconds = int((now - report.requested_at).total_seconds())
        return _(
            "No worker has taken it for %(seconds)d seconds. It is not lost: the first worker that is free builds it. If this "
            "goes on, tell whoever runs Keyholder that no worker is running."
        ) % {"seconds": seconds}
    if report.claims and report.claimed_until and report.claimed_until < now:
        return _("The worker that had it has stopped. Another begins anew within seconds; nothing is issued twice.")
    if report.claims > 1:
        return _("A worker stopped in the middle of it; this is attempt %(number)d.") % {"number": report.claims}
    return ""


def tried(report: Report) -> str:
    count = ngettext("It was tried once and failed:", "It was tried %(count)d times and failed:", report.errors)
    return f"{count % {'count': report.errors} if '%' in count else count} {report.failure}."


def next_try(report: Report, now: datetime) -> str:
    if report.job_token is not None:
        return _("It is being tried again now.")
    left = max(0, int((report.claimed_until - now).total_seconds())) if report.claimed_until else 0
    sentence = _("It is tried again in %(seconds)d seconds; when that fails too often, it ends as “could not be built”.")
    return sentence % {"seconds": left + 1}
