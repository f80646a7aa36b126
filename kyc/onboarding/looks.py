"""Support sees these pages as the customer does: those that are listed here, to be read, with every identifier masked."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import looking, scope, vault
from accounts.looking import Look
from accounts.permissions import Permission
from kyc.parties import masks

# Whatever is not here is not shown: entries of one person, documents themselves, invitations, and what issues or ends a key.
SHOWN: dict[str, Promise] = {
    "overview": gettext_lazy("overview"),
    "kind": gettext_lazy("what they are"),
    "people": gettext_lazy("people"),
    "owners": gettext_lazy("owners"),
    "use": gettext_lazy("intended use"),
    "payment": gettext_lazy("payment"),
    "documents": gettext_lazy("list of documents"),
    "check": gettext_lazy("check and send"),
    "keys": gettext_lazy("list of keys"),
}


def through(request: HttpRequest, draw: Callable[[], HttpResponse]) -> HttpResponse | None:
    """What staff get of a customer's page: nothing, unless a look was begun; then the page that `draw` makes, masked. None,
    and no error, where it is missing to them, so that what was written down stays."""
    look = looking.of(request.session)
    if look is None:
        return None
    if not request.user.can(Permission.CUSTOMER_LOOK):
        looking.end(request.session, by=request.user)
        return None
    if look.is_over:
        looking.end(request.session, by=request.user)
        messages.info(request, _("The half hour is over. Say once more what for, if you need to look again."))
        return redirect("desk:case", look.case)
    request.look, request.organisation = look, look.organisation
    name = request.resolver_match.url_name
    if request.method not in {"GET", "HEAD"}:
        return not_shown(request, look, _("Nothing can be changed while you look at a customer’s pages. Nothing was."))
    if name not in SHOWN:
        return not_shown(request, look, _("This page is not shown to support: it has what only the customer sees or does."))
    scope.enter(look.organisation.pk)
    with vault.veiled(masks.over):
        answer = draw()
    if request.method == "GET" and answer.status_code == 200:
        looking.saw(look, str(SHOWN[name]), by=request.user)
    return answer


def not_shown(request: HttpRequest, look: Look, sentence: str) -> HttpResponse:
    told = {"look": look, "organisation": look.organisation, "sentence": sentence}
    return render(request, "onboarding/not_shown.html", told, status=403)
