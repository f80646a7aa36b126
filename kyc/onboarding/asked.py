"""What an officer has asked for, item by item: where each is done, whether it is, and what stays closed meanwhile."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kyc.cases.items import ITEMS, is_done
from kyc.cases.models import Case, Requirement

BUTTONS: dict[str, Promise] = {
    "company": _("Change the details"),
    "people": _("Change people"),
    "owners": _("Change owners"),
    "use": _("Answer the questions"),
    "payment": _("Change the payment"),
    "documents": _("Add the document"),
}


@dataclass(frozen=True)
class Asked:
    """One requirement; `step` and `url` lead to where it is done, empty when only its sentence says what is meant."""

    requirement: Requirement
    step: str
    url: str
    button: str
    is_done: bool


def unmet(case: Case) -> list[Requirement]:
    return list(case.requirements.filter(met_at__isnull=True).select_related("party").order_by("pk"))


def asked(requirements: list[Requirement]) -> list[Asked]:
    return [one(requirement) for requirement in requirements]


def one(requirement: Requirement) -> Asked:
    item = ITEMS.get(requirement.what)
    if item is None:
        return Asked(requirement, "", "", "", False)
    url = reverse(f"onboarding:{item.step}")
    if item.documents:
        about = {"party": requirement.party_id} if requirement.party_id else {}
        url += "?" + urlencode({"kind": item.documents[0], **about})
    elif item.step == "owners" and requirement.party_id:
        url += f"#of-{requirement.party_id}"
    return Asked(requirement, item.step, url, str(BUTTONS[item.step]), is_done(requirement))


def named_steps(requirements: list[Requirement]) -> set[str]:
    """The steps that the items name."""
    return {ITEMS[requirement.what].step for requirement in requirements if requirement.what in ITEMS}
