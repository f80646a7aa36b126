"""What is written to the owners of a customer's account about its case."""

from typing import Any

from django.utils import translation
from django.utils.functional import Promise

from accounts import messages
from accounts.models import Membership
from kyc.cases.models import Case


def to_owners(case: Case, template: str, subject: Promise, **facts: Any) -> None:
    """To each, in the language in which the notice was shown."""
    owners = Membership.objects.filter(organisation=case.organisation, role=Membership.Role.OWNER)
    with translation.override(case.notice_locale or None):
        for membership in owners.select_related("user"):
            messages.queue_template(
                template,
                to=membership.user.email,
                subject=str(subject),
                organisation=case.organisation,
                case=case,
                **facts,
            )
