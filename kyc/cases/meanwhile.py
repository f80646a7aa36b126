"""What has happened to a case while somebody was reading it, in words for who comes too late."""

from django.utils.translation import gettext as _

from accounts.refused import Refused
from kyc.cases.models import Case


class NotNow(Refused):
    """The case is in a state in which this is not done."""


class NotSent(NotNow):
    """The customer is changing what would be judged; it is told once he has sent it."""


def refuse_unsent(case: Case) -> None:
    """Nobody judges what the customer may still take back unseen."""
    if case.is_editable:
        raise NotSent(_("The customer is changing this now, and what you see is not sent. It can be judged once it is sent."))
