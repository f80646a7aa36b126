"""What must be there before a case can be sent."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import Organisation
from kyc.evidence.models import Document
from kyc.ownership.models import Interest
from kyc.parties.models import Party, Role
from kyc.parties.wording import one_stop


@dataclass(frozen=True)
class Missing:
    """`step` is company, people, owners or documents; `sentence` says what to do."""

    step: str
    sentence: str


def missing(organisation: Organisation) -> list[Missing]:
    """Empty when the case can be sent. One controlling person (FIN-03), owners down to people or a state (IAAS-04), one
    document."""
    roles = set(Role.objects.live().filter(organisation=organisation).values_list("kind", flat=True))
    found = []
    if Role.Kind.CUSTOMER not in roles:
        found.append(Missing("company", _("Tell us about the company.")))
    if Role.Kind.CONTROLLER not in roles:
        found.append(Missing("people", _("Name the one person who controls the company day to day.")))
    if Role.Kind.DIRECTOR not in roles:
        found.append(Missing("people", _("Name at least one director.")))
    found += [Missing("owners", sentence) for sentence in ownerless(organisation)]
    if not Document.objects.current().filter(organisation=organisation).exists():
        found.append(Missing("documents", _("Add one document about the company, such as a register extract.")))
    return found


def ownerless(organisation: Organisation) -> list[str]:
    """A sentence for each company in the chain for which nobody is named as its owner."""
    companies = Party.objects.current().filter(organisation=organisation, kind=Party.Kind.COMPANY)
    owned = Interest.objects.live().filter(organisation=organisation).values("owned")
    sentence = _("Say who owns %(name)s.")
    return [one_stop(sentence % {"name": party.name}) for party in companies.exclude(pk__in=owned).order_by("pk")]
