"""What the product does by the clock: reminds officers and the reseller before access ends, and holds the customer when nobody
has resolved in time what was wrong."""

import logging
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, messages, organisations
from accounts.models import User
from accounts.permissions import ROLES, Permission
from config import jobs
from kyc.directives.resellers.actions import write
from kyc.directives.resellers.models import ResellerAssessment, ResellerAssessmentQuerySet
from kyc.keys import holds
from kyc.rules import packs

SOURCE = "policy.reseller"
HELD = gettext_lazy("Your keys are on hold")
SOON = gettext_lazy("How you sell access on has to be put right soon")
logger = logging.getLogger(__name__)
S = ResellerAssessment.State


class Due:
    """For the sweeper: whether somebody is to be reminded, or held."""

    name = "directives.resellers"

    def is_waiting(self) -> bool:
        return over().exists() or nearly_due().exists()


QUEUE = Due()


def over() -> ResellerAssessmentQuerySet:
    """Whose last day has passed."""
    return ResellerAssessment.objects.running().filter(due_on__lt=timezone.localdate())


def nearly_due() -> ResellerAssessmentQuerySet:
    until = timezone.localdate() + timedelta(days=packs.current().reselling("remind_days"))
    return ResellerAssessment.objects.running().filter(due_on__lte=until, reminded_at__isnull=True)


def run() -> None:
    """Twice is once, each in a transaction of its own; one that can't be done stops no other."""
    for rows, verb in ((over(), hold), (nearly_due(), remind)):
        for pk in list(rows.values_list("pk", flat=True)):
            try:
                verb(pk)
            except jobs.DATABASE_IS_AWAY:
                raise
            except Exception as error:
                # Without what the error says of the row, which may name people.
                logger.error("a reseller's assessment %s could not be carried on: %s", pk, jobs.told(error))


@transaction.atomic
def hold(pk: int) -> None:
    """The customer's keys, by the named policy; a proposal that waits may still end it."""
    organisation = organisations.held(ResellerAssessment.objects.values_list("organisation", flat=True).get(pk=pk))
    row = over().select_for_update(of=("self",), skip_locked=True).select_related("reseller").filter(pk=pk).first()
    if row is None:
        return
    reason = f"What an assessment found on {row.assessed_on} of a reseller was not put right by {row.due_on}"
    row.hold = holds.place_by_policy(organisation, source=SOURCE, reason=reason)
    row.state = S.HELD
    row.save(update_fields=["hold", "state"])
    write(row, HELD)
    audit.record("reseller.held", target=row, by=None, reason=reason, reseller=row.reseller.number)


@transaction.atomic
def remind(pk: int) -> None:
    """Its owners, and officers by mail that names no customer."""
    rows = nearly_due().select_for_update(of=("self",), skip_locked=True).select_related("organisation", "reseller")
    row = rows.filter(pk=pk).first()
    if row is None or row.due_on is None:
        return
    row.reminded_at = timezone.now()
    row.save(update_fields=["reminded_at"])
    subject = _("A reseller loses access after %(day)s") % {"day": row.due_on.isoformat()}
    roles = [role for role, powers in ROLES.items() if Permission.RESELLER_WORK in powers]
    for officer in User.objects.filter(is_active=True, staff_role__in=roles).order_by("pk"):
        messages.queue_template("reseller_due", to=officer.email, subject=subject, organisation=None, assessment=row)
    write(row, SOON)
    audit.record("reseller.reminded", target=row, by=None, reseller=row.reseller.number, on=row.due_on.isoformat())
