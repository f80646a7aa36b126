"""What a worker is doing with a report, in words; and what becomes of one that nobody seems to work on."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import progress
from reports.models import Report

# The stage that follows the facts.
PAGES = "pages"
WORDS = {
    "identity": gettext_lazy("who the customer is"),
    "coming": gettext_lazy("class and programme"),
    "parties": gettext_lazy("people and companies involved"),
    "origins": gettext_lazy("formation, headquarters and ultimate parent"),
    "signatories": gettext_lazy("who may sign"),
    "statuses": gettext_lazy("person statuses"),
    "exclusions": gettext_lazy("whom a rule on owners leaves out"),
    "ownership": gettext_lazy("ownership"),
    "documents": gettext_lazy("documents"),
    "assurance": gettext_lazy("how sure the evidence is"),
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
    "beneficial": gettext_lazy("who its beneficial owners are"),
    "offices": gettext_lazy("who controls it by office"),
    "on_behalf": gettext_lazy("nominees and trusts"),
    "entities": gettext_lazy("companies and trusts between"),
    "persons": gettext_lazy("people in the structure"),
    "parents": gettext_lazy("the ultimate parent"),
    "bods": gettext_lazy("the statements of bods.json"),
    "selection": gettext_lazy("what was asked about"),
    "holder": gettext_lazy("who stands behind the account"),
    "owners": gettext_lazy("who its beneficial owners are, as decided"),
    "keys": gettext_lazy("each key"),
    "use": gettext_lazy("use"),
    "directive": gettext_lazy("what was ordered"),
    "stages": gettext_lazy("which models it closes, and when"),
    "exempted": gettext_lazy("whom it leaves out"),
    "series": gettext_lazy("the minutes of its effect"),
    "errors": gettext_lazy("what was put right"),
    "notices": gettext_lazy("whom we told"),
    "appeals": gettext_lazy("appeals"),
    "ending": gettext_lazy("how it ended"),
    "totals": gettext_lazy("the totals"),
    "request": gettext_lazy("what was asked"),
    "data": gettext_lazy("the person’s data"),
    "purposes": gettext_lazy("purposes"),
    "recipients": gettext_lazy("recipients"),
    "rights": gettext_lazy("rights"),
    "remedies": gettext_lazy("remedies"),
    "withheld": gettext_lazy("what is left out"),
    "runs": gettext_lazy("training runs"),
    "records": gettext_lazy("what was blocked or rejected"),
    "picture": gettext_lazy("the picture of the ownership"),
    "methodology": gettext_lazy("methodology"),
    "sources": gettext_lazy("data sources"),
    "completeness": gettext_lazy("what is missing or open"),
    "summary": gettext_lazy("the summary"),
    PAGES: gettext_lazy("drawing the pages"),
}
REPORT = gettext_lazy("The report")


def told(stage: str) -> str:
    """What the progress page says for a stage; empty before the first."""
    return str(WORDS.get(stage, _("the next section"))) if stage else ""


def stuck(report: Report, now: datetime | None = None) -> str:
    """Why nothing moves and what happens next; empty while all goes well."""
    if report.state != Report.State.REQUESTED:
        return ""
    standing = progress.of_job(REPORT, report, report.requested_at, now)
    goes_well = standing.tone == "info" and not standing.error and report.claims - report.errors < 2
    return "" if goes_well else f"{standing.sentence} {standing.error}".strip()
