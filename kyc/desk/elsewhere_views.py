"""An officer rules whether two customers named one company."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.guards import staff
from accounts.permissions import Permission
from kyc.desk.elsewhere import SamenessForm
from kyc.desk.views import fetched, tried
from kyc.parties import sameness
from kyc.parties.models import Party


@staff(Permission.EVIDENCE_JUDGE)
@require_POST
def rule(request: HttpRequest, pk: int, party: int, other: int) -> HttpResponse:
    found = fetched(request, pk)
    mine = get_object_or_404(Party.objects.current(), pk=party, organisation=found.organisation)
    theirs = get_object_or_404(Party.objects.visible_to(request.user).exclude(organisation=found.organisation), pk=other)
    typed = SamenessForm((party, other), request.POST)
    act = partial(sameness.rule, mine, theirs, by=request.user)
    done = _("Ruled. The two stay apart, and the ruling stands at both.")
    return tried(request, found, typed, act, done=done, tab="people", same_form=typed, same_pks=(party, other))
