"""Reminds officers of what is to be told of training runs before its day, by mail that names no customer."""

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, messages
from accounts.models import User
from accounts.permissions import ROLES, Permission
from kyc.directives.training.models import TrainingDuty
from kyc.rules import packs


class Due:
    """For the sweeper: whether somebody is to be reminded."""

    name = "directives.training"

    def is_waiting(self) -> bool:
        return nearly_due().exists()


QUEUE = Due()


def nearly_due() -> QuerySet[TrainingDuty]:
    until = timezone.localdate() + timedelta(days=packs.current().training("remind_days"))
    return TrainingDuty.objects.running().filter(due_on__lte=until, reminded_at__isnull=True)


def run() -> None:
    for pk in list(nearly_due().values_list("pk", flat=True)):
        remind(pk)


@transaction.atomic
def remind(pk: int) -> None:
    """Once; repeated, it is silence."""
    duty = nearly_due().select_for_update(of=("self",), skip_locked=True).select_related("run").filter(pk=pk).first()
    if duty is None:
        return
    duty.reminded_at = timezone.now()
    duty.save(update_fields=["reminded_at"])
    subject = _("A report of a training run is due on %(day)s") % {"day": duty.due_on.isoformat()}
    roles = [role for role, powers in ROLES.items() if Permission.TRAINING_WORK in powers]
    for officer in User.objects.filter(is_active=True, staff_role__in=roles).order_by("pk"):
        messages.queue_template("training_due", to=officer.email, subject=subject, organisation=None, duty=duty)
    audit.record("training.reminded", target=duty, by=None, record=duty.run.number, on=duty.due_on.isoformat())
