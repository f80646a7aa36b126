"""Appeals against what a directive has closed: who decides one, and what a won one does."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from accounts.permissions import NotPermitted
from kyc.directives import checking, notifying, settling
from kyc.directives.models import DirectiveException, DirectiveNotice
from kyc.keys.appeal_models import Appeal
from kyc.keys.models import Key
from kyc.networks import appealing


def part(appeal: Appeal, *, by: User) -> str:
    """As kyc.networks.appealing.part, also of what a directive has closed."""
    if (found := notice(appeal)) and found.directive.proposed_by_id == by.pk:
        return _("You proposed this; another person decides the appeal.")
    return appealing.part(appeal, by=by)


def notice(appeal: Appeal) -> DirectiveNotice | None:
    return DirectiveNotice.objects.select_related("directive").filter(restriction=appeal.restriction_id).first()


@transaction.atomic
def decide(appeal: Appeal, *, outcome: str, answer: str, by: User) -> Appeal:
    """As kyc.networks.appealing.decide, also of what a directive has closed: whoever proposed it decides on none of its appeals,
    and one that is won leaves the customer out, with that as its ground."""
    found = notice(appeal)
    if said := part(appeal, by=by):
        raise NotPermitted(said)
    decided = appealing.decide(appeal, outcome=outcome, answer=answer, by=by)
    if found and decided.outcome == Appeal.Outcome.OVERTURNED:
        leave_out(found, decided, by=by)
    return decided


def leave_out(notice: DirectiveNotice, appeal: Appeal, *, by: User) -> None:
    """Whoever was left out before stays so, on the ground that was given then."""
    directive = notice.directive
    ground = _("Appeal %(number)s: %(answer)s") % {"number": appeal.number, "answer": appeal.answer}
    made, _is_new = DirectiveException.objects.get_or_create(
        directive=directive, organisation=notice.organisation, defaults={"ground": ground, "appeal": appeal, "made_by": by}
    )
    checking.except_for(made)
    notifying.excepted(made)
    keys = list(Key.objects.filter(organisation=notice.organisation_id).values_list("pk", flat=True))
    settling.settle(keys, directive.tiers)
    audit.record("directive.left_out", target=made, by=by, reason=ground, directive=directive.number)
