"""What has happened to a case while somebody was reading it, in words for who comes too late."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import AuditEvent, User
from accounts.refused import Refused
from kyc.cases.models import Case, Decision

# What moves a case on, and who did it.
MOVES: dict[str, Promise] = {
    "case.submitted": gettext_lazy("Meanwhile %(who)s sent the case."),
    "decision.proposed": gettext_lazy("Meanwhile %(who)s proposed: %(choice)s."),
    "decision.declined": gettext_lazy("Meanwhile %(who)s sent the proposal back."),
    "decision.withdrawn": gettext_lazy("Meanwhile %(who)s withdrew the proposal."),
    "case.waiting": gettext_lazy("Meanwhile %(who)s asked the customer for more."),
    "case.approved": gettext_lazy("Meanwhile %(who)s approved the case."),
    "case.refused": gettext_lazy("Meanwhile %(who)s refused the case."),
    "case.closed": gettext_lazy("Meanwhile the account was closed by %(who)s."),
    "case.taken_back": gettext_lazy("Meanwhile what was asked for was taken back by %(who)s."),
    "case.change_forgotten": gettext_lazy("Meanwhile %(who)s took the change back: it was told by mistake."),
}


class NotNow(Refused):
    """The case is in a state in which this is not done."""


class NotSent(NotNow):
    """The customer is changing what would be judged; it is told once he has sent it."""


def told(case: Case, *, by: User) -> str:
    """How the case came to stand where it does. Which officer did it is for officers to know."""
    state = case.get_state_display()
    moved = AuditEvent.objects.filter(
        organisation_id=case.organisation_id, target_type=case._meta.label_lower, target_id=str(case.pk), verb__in=MOVES
    )
    event = moved.order_by("-pk").first() if by.is_staff else None
    if event is None:
        return _("Meanwhile this case has changed to “%(state)s”.") % {"state": state}
    choice = event.details.get("choice", "")
    named = {"who": event.actor, "choice": Decision.Choice(choice).label if choice in Decision.Choice.values else choice}
    stands = _("The case stands at “%(state)s”, and nothing else was changed.") % {"state": state}
    return f"{MOVES[event.verb] % named} {stands}"


def refuse_unsent(case: Case) -> None:
    """Nobody judges what the customer may still take back unseen."""
    if case.is_editable:
        raise NotSent(_("The customer is changing this now, and what you see is not sent. It can be judged once it is sent."))
