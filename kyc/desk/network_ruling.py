"""What an investigator sends from the pages of a network: a word on an edge or by a value, a second person's on that, and an
answer to a proposal."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.guards import staff
from accounts.models import Proposal
from accounts.permissions import Permission
from kyc.desk import network_forms as forms
from kyc.desk import network_ledger as pages
from kyc.desk.acting import act
from kyc.desk.network import UNPROCESSABLE, fetched, shown
from kyc.networks import joining, ruling
from kyc.networks.network_models import Attachment, Network
from kyc.networks.ruling_models import ProposedRuling, Ruling
from kyc.networks.rulings import About
from kyc.networks.touching import having

P = Permission


def rule_form(request: HttpRequest, about: About, touched: int) -> forms.RuleForm:
    stands = Ruling.objects.newest().filter(about.rows).first()
    return forms.RuleForm(
        request.POST, of_value=about.value is not None, touched=touched, everywhere=len(having(about)), stands=stands
    )


def said(request: HttpRequest, network: Network, made: Any) -> HttpResponse:
    if isinstance(made, ProposedRuling):
        messages.success(request, _("Proposed. It is in force once a second person has taken it."))
    else:
        messages.success(request, _("Ruled. The next building of networks goes by it."))
    return redirect("desk:network", network.pk)


@staff(P.INCIDENT_WORK)
@require_POST
def rule_edge(request: HttpRequest, pk: int, edge: int) -> HttpResponse:
    network = fetched(request, pk)
    found = pages.edge_of(network, edge)
    about = About(pair=(found.a_id, found.b_id))
    form = rule_form(request, about, 2)
    if made := act(form, partial(ruling.rule_on, found, by=request.user)):
        return said(request, network, made)
    if (network.ended_at or found.until) and not pages.stands(about):
        return refused(request, network, form)
    return pages.edge_page(request, network, found, form)


@staff(P.INCIDENT_WORK)
@require_POST
def rule_value(request: HttpRequest, pk: int, kind: str, handle: str) -> HttpResponse:
    network = fetched(request, pk)
    found = pages.value_of(network, kind, handle)
    about = pages.about_value(found)
    if about is None:
        raise Http404
    form = rule_form(request, about, len(found.organisations))
    if made := act(form, partial(ruling.rule, network, about, by=request.user)):
        return said(request, network, made)
    if network.ended_at:
        return refused(request, network, form)
    return pages.value_page(request, network, found, form)


def refused(request: HttpRequest, network: Network, form: forms.DeskForm, **returned: Any) -> HttpResponse:
    """The network again. What is wrong beyond the words is told at its head: the form itself may not be shown any more."""
    for error in form.non_field_errors():
        messages.error(request, error)
    return shown(request, network, status=UNPROCESSABLE, **returned)


def of_proposal(
    request: HttpRequest, pk: int, proposal: int, verb: Callable[..., Any], done: str, *, noted: bool
) -> HttpResponse:
    """`noted` where it needs a reason, which its form has."""
    network = fetched(request, pk)
    found = get_object_or_404(Proposal, pk=proposal, network_ruling__network=network)
    form = forms.AnswerForm(request.POST if noted else {}, of=f"ruling_{proposal}")
    if not noted:
        del form.fields["reason"]

    def acted(reason: str = "") -> Any:
        return verb(found, note=reason, by=request.user) if noted else verb(found, by=request.user)

    if act(form, acted):
        messages.success(request, done)
        return redirect("desk:network", network.pk)
    return refused(request, network, form, ruling_form=(proposal, form))


@staff(P.INCIDENT_WORK)
@require_POST
def take(request: HttpRequest, pk: int, proposal: int) -> HttpResponse:
    return of_proposal(request, pk, proposal, ruling.take, _("Taken. The next building of networks goes by it."), noted=False)


@staff(P.INCIDENT_WORK)
@require_POST
def decline(request: HttpRequest, pk: int, proposal: int) -> HttpResponse:
    return of_proposal(request, pk, proposal, ruling.decline, _("Declined; nothing is ruled."), noted=True)


@staff(P.INCIDENT_WORK)
@require_POST
def withdraw(request: HttpRequest, pk: int, proposal: int) -> HttpResponse:
    return of_proposal(request, pk, proposal, ruling.withdraw, _("Withdrawn; nothing is ruled."), noted=False)


@staff(P.INCIDENT_WORK)
@require_POST
def take_back(request: HttpRequest, pk: int, ruling_number: int) -> HttpResponse:
    """A word that stands, of a network that has ended."""
    network = fetched(request, pk)
    found = get_object_or_404(Ruling.objects.in_force().filter(network=network), pk=ruling_number)
    form = forms.AnswerForm(request.POST, of=f"said_{ruling_number}")
    if made := act(form, partial(ruling.take_back, found, by=request.user)):
        return said(request, network, made)
    return refused(request, network, form, said_form=(ruling_number, form))


def of_attachment(request: HttpRequest, pk: int, attachment: int, verb: Callable[..., Any], done: str) -> HttpResponse:
    network = fetched(request, pk)
    found = get_object_or_404(Attachment, pk=attachment, network=network)
    form = forms.AnswerForm(request.POST, of=f"attachment_{attachment}")
    if act(form, partial(verb, found, by=request.user)):
        messages.success(request, done)
        return redirect("desk:network", network.pk)
    return refused(request, network, form, attachment_form=(attachment, form))


@staff(P.INCIDENT_WORK)
@require_POST
def attach(request: HttpRequest, pk: int, attachment: int) -> HttpResponse:
    return of_attachment(request, pk, attachment, joining.attach, _("Attached, and kept there by every later building."))


@staff(P.INCIDENT_WORK)
@require_POST
def leave_out(request: HttpRequest, pk: int, attachment: int) -> HttpResponse:
    return of_attachment(request, pk, attachment, joining.decline, _("Left out, and kept apart by every later building."))
