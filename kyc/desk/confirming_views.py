"""What an officer confirms of a party, and takes back."""

from functools import partial

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.guards import staff
from accounts.permissions import Permission
from kyc.cases import evidencing
from kyc.cases.models import Case
from kyc.desk.confirming import PaperForm, PaymentForm, ReasonForm
from kyc.desk.views import fetched, tried
from kyc.evidence import proofs
from kyc.evidence.confirmation_models import Confirmation
from kyc.evidence.models import Document
from kyc.parties.actions import customer
from kyc.parties.models import Party, PaymentMeans

TAB = "people"
for_judges = staff(Permission.EVIDENCE_JUDGE)


def party_of(found: Case, pk: int) -> Party:
    return get_object_or_404(Party.objects.current(), pk=pk, organisation=found.organisation)


@for_judges
@require_POST
def paper(request: HttpRequest, pk: int, party: int) -> HttpResponse:
    found = fetched(request, pk)
    target = party_of(found, party)
    documents = Document.objects.openable().filter(organisation=found.organisation).order_by("pk")
    form = PaperForm(target, proofs.papers_of(target, customer(found.organisation), documents), request.POST)
    act = partial(evidencing.confirm_by_paper, found, target, by=request.user)
    return tried(request, found, form, act, done=_("Confirmed."), tab=TAB, confirm_form=form, confirm_pk=party)


@for_judges
@require_POST
def lei(request: HttpRequest, pk: int, party: int) -> HttpResponse:
    found = fetched(request, pk)
    form = forms.Form(request.POST)
    act = partial(evidencing.confirm_lei, found, party_of(found, party), by=request.user)
    return tried(request, found, form, act, done=_("Confirmed."), tab=TAB, lei_form=form)


@for_judges
@require_POST
def payment(request: HttpRequest, pk: int, means: int) -> HttpResponse:
    found = fetched(request, pk)
    target = get_object_or_404(PaymentMeans.objects.live(), pk=means, organisation=found.organisation)
    form = PaymentForm(request.POST, auto_id=f"holder_{means}_%s")
    act = partial(evidencing.confirm_payment, found, target, by=request.user)
    return tried(request, found, form, act, done=_("Confirmed."), tab=TAB, holder_form=form, confirm_pk=means)


@for_judges
@require_POST
def end(request: HttpRequest, pk: int, confirmation: int) -> HttpResponse:
    found = fetched(request, pk)
    target = get_object_or_404(Confirmation, pk=confirmation, organisation=found.organisation)
    form = ReasonForm(request.POST, auto_id=f"end_{confirmation}_%s")
    act = partial(evidencing.end_confirmation, found, target, by=request.user)
    return tried(request, found, form, act, done=_("Taken back."), tab=TAB, end_form=form, confirm_pk=confirmation)
