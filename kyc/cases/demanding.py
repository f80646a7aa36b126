"""A customer is asked to be verified again because an officer wants it, whatever the case is that he is in."""

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, organisations
from accounts.models import Organisation, User
from accounts.permissions import Permission, require
from accounts.refused import Refused
from kyc.cases import actions, items, mailing, telling
from kyc.cases.models import Case, Requirement
from kyc.parties import profiles
from kyc.parties.models import Party
from kyc.rules import packs

# What can be asked of every customer alike. An identity document is asked of each person who runs it.
ITEMS = ("details", "owners", "people", "use", "payment", "register_extract", "account_statement", "identity")
SUBJECT = gettext_lazy("We need to verify you again")
WHY = "anew"


class BeingExamined(Refused):
    """Nothing is asked for besides until that is over."""


@transaction.atomic
def demand(organisation: Organisation, *, what: Collection[str], is_taken: bool = False, by: User) -> Case:
    """In the case that is open, or in one of its own, with a mail to the owners; the case in which it stands. What is asked for
    already is not asked again. `is_taken` where another officer has taken it: then it is done whatever `by` may do by now. Raises
    NotVerified, BeingExamined, NotPermitted."""
    if not is_taken:
        require(by, Permission.HOLD_PLACE)
    organisation = organisations.held(organisation.pk)
    if not telling.was_verified(organisation):
        raise telling.NotVerified(_("It is not verified, so there is nothing to verify again."))
    case = Case.objects.select_for_update().open().filter(organisation=organisation).first()
    if case is None:
        case = telling.opened(organisation, Case.State.WAITING, Case.Trigger.ASKED, days="answer")
        audit.record("case.opened", target=case, by=by)
    if not case.is_editable:
        raise BeingExamined(_("It is being examined. It is asked when that is over."))
    asked = [row for row in wanted(case, what) if not is_asked(case, row)]
    with translation.override(case.notice_locale or None):
        made = [Requirement.objects.create(**row) for row in asked]
    for requirement in made:
        audit.record("requirement.placed", target=requirement, by=by, what=requirement.what)
    if made:
        mailing.to_owners(case, "requirement_asked", SUBJECT, requirements=made, due_on=made[0].due_on)
    return case


def wanted(case: Case, what: Collection[str]) -> Iterator[dict[str, Any]]:
    """What a customer of its kind can be asked of that, each as a requirement's columns."""
    customer_class = profiles.customer_class(case.organisation)
    due = timezone.now().date() + timedelta(days=packs.current().days("answer"))
    with translation.override(case.notice_locale or None):
        for code in (one for one in ITEMS if one in what):
            for party in about(case.organisation, code):
                if not items.misplaced(code, party, customer_class):
                    label = items.ITEMS[code].label
                    told = _("%(what)s of %(name)s") % {"what": label, "name": party.name} if party else str(label)
                    yield {
                        "organisation": case.organisation,
                        "case": case,
                        "what": code,
                        "why": WHY,
                        "party": party,
                        "sentence": _("%(what)s. We verify it again.") % {"what": told},
                        "consequence": str(items.CONSEQUENCE),
                        "due_on": due,
                    }


def about(organisation: Organisation, code: str) -> list[Party | None]:
    """Nobody in particular, or each person."""
    if code != "identity":
        return [None]
    return list(Party.objects.current().filter(organisation=organisation, kind=Party.Kind.PERSON).order_by("pk"))


def is_asked(case: Case, row: dict[str, Any]) -> bool:
    return case.requirements.open().filter(what=row["what"], party=row["party"]).exists()


@transaction.atomic
def withdraw(case: Case, *, is_taken: bool = False, by: User) -> None:
    """What was asked for so and is still open is asked for no more. A case of its own in which nothing else was asked and nothing
    is given yet ends with it; what the customer has changed meanwhile he still sends."""
    if not is_taken:
        require(by, Permission.HOLD_PLACE)
    organisations.held(case.organisation_id)
    case = Case.objects.select_for_update().get(pk=case.pk)
    for requirement in case.requirements.open().select_for_update().filter(why=WHY):
        requirement.withdrawn_at = timezone.now()
        requirement.save(update_fields=["withdrawn_at"])
        audit.record("requirement.taken_back", target=requirement, by=by, what=requirement.what)
    if is_untouched(case):
        actions.move(case, Case.State.WITHDRAWN)
        audit.record("case.taken_back", target=case, by=by)


def is_untouched(case: Case) -> bool:
    """Whether nothing is left in it to give, to send or to decide."""
    if (case.trigger, case.state, case.submitted_at) != (Case.Trigger.ASKED, Case.State.WAITING, None):
        return False
    return not case.requirements.filter(withdrawn_at=None).exists() and telling.is_as_before(case)
