"""An officer rules whether two customers named one company, and settles what they tell differently of it."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.guards import staff
from accounts.permissions import Permission
from kyc.desk.elsewhere import SamenessForm, SettleForm
from kyc.desk.views import fetched, tried
from kyc.ownership import diverging
from kyc.ownership.models import Divergence
from kyc.parties.models import Party, Sameness


@staff(Permission.EVIDENCE_JUDGE)
@require_POST
def rule(request: HttpRequest, pk: int, party: int, other: int) -> HttpResponse:
    found = fetched(request, pk)
    mine = get_object_or_404(Party.objects.current(), pk=party, organisation=found.organisation)
    theirs = get_object_or_404(Party.objects.visible_to(request.user).exclude(organisation=found.organisation), pk=other)
    typed = SamenessForm((party, other), request.POST)
    act = partial(diverging.rule, mine, theirs, by=request.user)
    return tried(request, found, typed, act, done=ruled, tab="people", same_form=typed, same_pks=(party, other))


def ruled(row: Sameness) -> str:
    """What it comes to, whichever way it was ruled."""
    if row.ruling == Sameness.Ruling.SAME:
        return _(
            "Ruled: the same company. Nothing is merged; the ruling stands at both customers, and what they tell differently of "
            "it is to be settled."
        )
    return _("Ruled: not the same company. The two stay apart, and the ruling stands at both customers.")


@staff(Permission.EVIDENCE_JUDGE)
@require_POST
def settle(request: HttpRequest, pk: int, divergence: int) -> HttpResponse:
    found = fetched(request, pk)
    rows = Divergence.objects.visible_to(request.user).of(found.organisation_id)
    target = get_object_or_404(rows.select_related("party__organisation", "other__organisation"), pk=divergence)
    typed = SettleForm(target, request.POST)
    act = partial(diverging.resolve, target, by=request.user)
    done = _("Settled. It stands so at both customers, and neither learns of it.")
    return tried(request, found, typed, act, done=done, tab="people", settle_form=typed, settled_pk=divergence)
