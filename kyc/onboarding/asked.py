"""What an officer has asked for, item by item: where each is done, whether it is, and what stays closed meanwhile."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kyc.cases.items import ITEMS, done, has_left
from kyc.cases.models import Case, Requirement

BUTTONS: dict[str, Promise] = {
    "company": _("Change the details"),
    "people": _("Change people"),
    "owners": _("Change owners"),
    "use": _("Answer the questions"),
    "payment": _("Change the payment"),
    "documents": _("Add the document"),
}


WITH_OFFICERS = (Case.State.SUBMITTED, Case.State.REVIEW, Case.State.PROPOSED)


@dataclass(frozen=True)
class Asked:
    """One requirement; `step` and `url` lead to where it is done, empty when only its sentence says what is meant. `has_left`
    is true where nothing is to be done since the party has left."""

    requirement: Requirement
    step: str
    url: str
    button: str
    is_done: bool
    has_left: bool = False


def unmet(case: Case) -> list[Requirement]:
    """What can be answered now: all of it while the customer has the case, and what is asked for by rule while officers do."""
    rows = case.requirements.open().select_related("party").order_by("pk")
    if case.state in WITH_OFFICERS:
        rows = rows.by_rule()
    return list(rows) if case.state == Case.State.WAITING or case.state in WITH_OFFICERS else []


def asked(requirements: list[Requirement]) -> list[Asked]:
    answered = done(requirements)
    return [one(requirement, is_done=requirement.pk in answered) for requirement in requirements]


def one(requirement: Requirement, *, is_done: bool) -> Asked:
    item = ITEMS.get(requirement.what)
    if item is None:
        return Asked(requirement, "", "", "", is_done=False)
    if has_left(requirement):
        return Asked(requirement, item.step, "", "", is_done=True, has_left=True)
    url = reverse(f"onboarding:{item.step}")
    if item.documents:
        about = {"party": requirement.party_id} if requirement.party_id else {}
        url += "?" + urlencode({"kind": item.documents[0], **about})
    elif item.step == "owners" and requirement.party_id:
        url += f"#of-{requirement.party_id}"
    elif item.step == "people" and requirement.party_id:
        url = reverse("onboarding:person", args=[requirement.party_id])
    return Asked(requirement, item.step, url, str(BUTTONS[item.step]), is_done=is_done)


def named_steps(requirements: list[Requirement]) -> set[str]:
    """The steps that the items name, which alone are open then. None where an officer has asked in a sentence alone, whatever is
    asked for by rule besides."""
    asked = [row for row in requirements if row.why != Requirement.BY_RULE]
    if asked and not any(row.what in ITEMS for row in asked):
        return set()
    return {ITEMS[row.what].step for row in requirements if row.what in ITEMS}
