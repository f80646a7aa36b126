"""Tells each customer who was told of a directive that it touches him no more; the row is the job (config/jobs.py)."""

from datetime import timedelta

from django.utils.translation import gettext as _

from config import jobs
from kyc.directives.models import DirectiveNotice
from kyc.directives.notifying import taker
from kyc.keys import appeals

S = DirectiveNotice.State
QUEUE = jobs.Queue(
    name="directives.ending",
    model=DirectiveNotice,
    field="state",
    ready=S.ENDING,
    failed=S.FAILED,
    lease=timedelta(seconds=20),
    since="found_at",
    max_errors=10,
)


def run() -> None:
    for claim in QUEUE.claims():
        with claim:
            tell(claim)


def tell(claim: jobs.Claim) -> None:
    """Of a won appeal whoever decided it has told the customer already."""
    row: DirectiveNotice = claim.row
    with claim.finish(state=S.ENDED):
        if row.restriction is not None and row.restriction.ended_at is None:
            why = _("The order has ended, or you have been shown to be outside of it.")
            appeals.end(row.restriction, reason=why, is_taken=True, by=row.directive.ended_by or taker(row.directive))
