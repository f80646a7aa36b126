"""Who decides an appeal against what a measure has placed: neither who took it nor who proposed it."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import NotPermitted
from kyc.keys import appeals
from kyc.keys.appeal_models import Appeal
from kyc.networks.measure_models import MeasureMember


@transaction.atomic
def decide(appeal: Appeal, *, outcome: str, answer: str, by: User) -> Appeal:
    """As kyc.keys.appeals.decide. Whoever does not investigate has proposed none, and is shown none."""
    if MeasureMember.objects.filter(restriction=appeal.restriction_id, measure__proposed_by=by).exists():
        raise NotPermitted(_("You proposed this; another person decides the appeal."))
    return appeals.decide(appeal, outcome=outcome, answer=answer, by=by)
