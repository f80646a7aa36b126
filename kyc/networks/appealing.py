"""Who decides an appeal against what a measure has placed: neither who took it nor who proposed it."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import NotPermitted
from kyc.keys import appeals
from kyc.keys.appeal_models import Appeal
from kyc.networks.measure_models import MeasureMember


def part(appeal: Appeal, *, by: User) -> str:
    """Why somebody who had part in it does not answer; empty for all others. Whoever does not investigate has proposed none, and
    is shown none."""
    if appeal.restriction.placed_by_id == by.pk:
        return _("You placed this; another person decides the appeal.")
    if MeasureMember.objects.filter(restriction=appeal.restriction_id, measure__proposed_by=by).exists():
        return _("You proposed this; another person decides the appeal.")
    return ""


@transaction.atomic
def decide(appeal: Appeal, *, outcome: str, answer: str, by: User) -> Appeal:
    """As kyc.keys.appeals.decide."""
    if sentence := part(appeal, by=by):
        raise NotPermitted(sentence)
    return appeals.decide(appeal, outcome=outcome, answer=answer, by=by)
