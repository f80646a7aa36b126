"""The picture of what the customer has declared: who owns whom, and nothing of what anybody found."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Organisation
from kyc.cases.pictures import picture_file
from kyc.cases.structure import Declared, draw
from kyc.onboarding.access import members_only
from kyc.ownership.models import Interest
from kyc.parties import actions as parties
from kyc.parties.models import Party


class Own(Declared):
    """As the customer reads it of itself."""

    def role(self, party: Party) -> str:
        return _("you") if party.pk == self.customer.pk else super().role(party)


def declared(top: Party | None) -> Declared | None:
    """Nothing before an owner is named."""
    if top is None or top.is_person:
        return None
    held = Interest.objects.live().filter(organisation=top.organisation_id).select_related("owner", "owned", "held_for")
    interests = list(held.order_by("owned", "pk"))
    return Own(top, interests) if interests else None


def pictured(top: Party | None) -> dict[str, Any]:
    """What a page needs to show it."""
    found = declared(top)
    if found is None:
        return {}
    return {"drawn": draw(found), "picture_url": reverse("onboarding:picture"), "picture_name": found.customer.name}


@members_only
@require_safe
def download(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    found = declared(parties.customer(organisation))
    if found is None:
        raise Http404
    title = _("Who owns %(name)s, as declared") % {"name": found.customer.name}
    return picture_file(found, title=title, name=f"{found.customer.name}.svg")
