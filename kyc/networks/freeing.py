"""A controller ends: its accounts are one hand no more. One person suffices, as to undo a measure: it frees and stops nobody.

Whoever calls this has the compartment open, as with incidents (kyc/networks/actions.py)."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, proposals
from accounts.models import User
from accounts.refused import ReasonMissing, is_said
from kyc.keys.appeal_models import Restriction
from kyc.networks import controlling, extending, measuring
from kyc.networks.actions import tidy
from kyc.networks.controller_models import Controller
from kyc.networks.measure_models import Measure


@transaction.atomic
def end(controller: Controller, *, reason: str, by: User) -> Controller:
    """Limits that its accounts share are undone, what measures have not placed yet never is, and nobody comes to it any more.
    Holds and verifications stay until somebody undoes them. Raises ReasonMissing, NotNow."""
    if not is_said(reason):
        raise ReasonMissing(_("Say why they are one hand no more."))
    controller = controlling.locked(controller, Controller.State.RULED, by=by)
    for measure in controller.measures.filter(state=Measure.State.TAKEN, kind=Restriction.Kind.LIMIT).order_by("pk"):
        measuring.undo(measure, reason=reason, by=by)
    for waiting in extending.waiting(controller):
        proposals.lapse(waiting.proposal)  # type: ignore[arg-type]  # those have one
    controller.state, controller.ended_at, controller.ended_by = Controller.State.ENDED, timezone.now(), by
    controller.end_reason = tidy(reason)
    controller.save(update_fields=["state", "ended_at", "ended_by", "end_reason"])
    audit.record("controller.ended", target=controller, by=by, reason=controller.end_reason, controller=controller.number)
    return controller
