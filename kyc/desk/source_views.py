"""Other sources of who owns a customer, on the case page."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.guards import staff
from accounts.permissions import Permission
from kyc.cases import differing
from kyc.cases.models import Case
from kyc.desk.source_forms import ObserveForm, ResolveForm, WithdrawForm
from kyc.desk.views import fetched, tried
from kyc.ownership import observing
from kyc.ownership.models import Discrepancy, Observation
from kyc.parties.actions import customer
from kyc.parties.models import Party

TAB = "people"


def owned_by_somebody(case: Case) -> Party:
    """The customer; a person has no owners, and so no page to record them on."""
    return get_object_or_404(Party.objects.exclude(kind=Party.Kind.PERSON), pk=getattr(customer(case.organisation), "pk", None))


@staff(Permission.EVIDENCE_JUDGE)
@require_POST
def observe(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetched(request, pk)
    form = ObserveForm(found.organisation, owned_by_somebody(found), request.POST)
    act = partial(observing.observe, found.organisation, by=request.user)
    return tried(request, found, form, act, done=recorded, tab=TAB, observe_form=form)


def recorded(made: list[Observation]) -> str:
    if not made:
        return _("That was recorded already.")
    opened = Discrepancy.objects.open().filter(observation__in=made).exists()
    return _("Recorded. It differs from what was declared.") if opened else _("Recorded. It agrees with what was declared.")


@staff(Permission.EVIDENCE_JUDGE)
@require_POST
def withdraw(request: HttpRequest, pk: int, observation: int) -> HttpResponse:
    found = fetched(request, pk)
    target = get_object_or_404(Observation, pk=observation, organisation=found.organisation)
    form = WithdrawForm(observation, request.POST)
    act = partial(observing.withdraw, target, by=request.user)
    done = _("Withdrawn. It stays to be read, and counts no more.")
    return tried(request, found, form, act, done=done, tab=TAB, withdraw_form=form, withdrawn_pk=observation)


@staff(Permission.EVIDENCE_JUDGE)
@require_POST
def resolve(request: HttpRequest, pk: int, discrepancy: int) -> HttpResponse:
    found = fetched(request, pk)
    rows = Discrepancy.objects.select_related("observation")
    target = get_object_or_404(rows, pk=discrepancy, organisation=found.organisation)
    form = ResolveForm(target, request.POST)
    act = partial(differing.resolve, target, by=request.user)
    return tried(request, found, form, act, done=_("Resolved."), tab=TAB, resolve_form=form, resolved_pk=discrepancy)
