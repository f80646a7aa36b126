"""Four eyes over what leaves the house, and the end of what was issued: approve, decline, withdraw."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, proposals
from accounts.models import Organisation, Proposal, User
from accounts.permissions import Permission, require
from accounts.refused import ReasonMissing, Refused
from config import jobs
from reports.models import Report, require_kind

CHOICE, REASON = "issue", "asked_for"
POLICY = proposals.Policy(
    kind="report", propose=Permission.REPORT_REQUEST, take=Permission.REPORT_APPROVE, reasons={CHOICE: (REASON,)}
)
LONGEST = 1000


class NotAwaiting(Refused):
    """Only a report that is built and waits for a second person is approved or declined."""


class NotIssued(Refused):
    """Only what has been issued is withdrawn, and once."""


def proposed(organisation: Organisation | None, *, by: User) -> Proposal:
    """By who asks for the report: that it be issued. In the transaction that asks."""
    return proposals.propose(policy=POLICY, organisation=organisation, choice=CHOICE, reason=REASON, note="", by=by)


@transaction.atomic
def approve(report: Report, *, by: User) -> Report:
    """A worker draws it anew with both names, and issues it. Raises NotPermitted, SamePerson, NotAwaiting."""
    found = ended(report, Proposal.Outcome.TAKEN, by=by)
    found.state = Report.State.REQUESTED
    found.save(update_fields=["state"])
    audit.record("report.approved", target=found, by=by, sha256=found.sha256)
    jobs.woke("report.requested")
    return found


@transaction.atomic
def decline(report: Report, *, note: str, by: User) -> Report:
    """It is never issued; whoever asked asks anew. Raises NotPermitted, SamePerson, NotAwaiting, ReasonMissing."""
    if not note.strip():
        raise ReasonMissing(_("Say why it is not approved."))
    found = ended(report, Proposal.Outcome.DECLINED, note=note.strip()[:LONGEST], by=by)
    found.state = Report.State.DECLINED
    found.save(update_fields=["state"])
    audit.record("report.declined", target=found, by=by, reason=note.strip()[:LONGEST], sha256=found.sha256)
    return found


def ended(report: Report, outcome: Proposal.Outcome, *, by: User, note: str = "") -> Report:
    require(by, Permission.REPORT_APPROVE)
    require_kind(report.kind, by=by)
    found = Report.objects.select_for_update(of=("self",)).select_related("proposal").get(pk=report.pk)
    if found.state != Report.State.AWAITING or found.proposal is None:
        raise NotAwaiting(_("This report does not wait for an approval."))
    proposals.end(found.proposal, policy=POLICY, outcome=outcome, note=note, by=by)
    return found


@transaction.atomic
def withdraw(report: Report, *, reason: str, by: User) -> Report:
    """It stays registered as withdrawn, with who did it, when and why; its file stays what it was. Raises NotPermitted,
    NotIssued, ReasonMissing."""
    require(by, Permission.REPORT_APPROVE)
    require_kind(report.kind, by=by)
    if not reason.strip():
        raise ReasonMissing(_("Say why it is withdrawn."))
    found = Report.objects.select_for_update(of=("self",)).get(pk=report.pk)
    if found.state not in (Report.State.ISSUED, Report.State.SUPERSEDED) or found.is_for_subject:
        raise NotIssued(_("Only a report that was issued, and answers no person about himself, is withdrawn."))
    found.state, found.withdrawn_at, found.withdrawn_by = Report.State.WITHDRAWN, timezone.now(), by
    found.withdrawn_because = reason.strip()[:LONGEST]
    found.save(update_fields=["state", "withdrawn_at", "withdrawn_by", "withdrawn_because"])
    audit.record("report.withdrawn", target=found, by=by, reason=found.withdrawn_because, sha256=found.sha256)
    return found
