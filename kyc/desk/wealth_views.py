"""An officer's word on what shows the source of somebody's wealth."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.guards import staff
from accounts.permissions import Permission
from kyc.cases import exposed, judging
from kyc.cases.models import Requirement
from kyc.desk.views import fetched, tried
from kyc.desk.wealth import AcceptForm, asked_in


@staff(Permission.EVIDENCE_JUDGE)
@require_POST
def accept(request: HttpRequest, pk: int, requirement: int) -> HttpResponse:
    found = fetched(request, pk)
    target = get_object_or_404(asked_in(found), pk=requirement)
    given = AcceptForm(target, exposed.papers([target]), request.POST)
    act = partial(judging.accept, found, target, by=request.user)
    return tried(request, found, given, act, done=accepted, tab="documents", wealth_form=given, wealth_pk=requirement)


def accepted(made: Requirement) -> str:
    return _("Accepted: %(name)s.") % {"name": made.party}
