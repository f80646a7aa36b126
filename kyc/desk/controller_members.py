"""Accounts that come to a controller which is ruled already: an investigator proposes them with what they are, another rules."""

from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.guards import staff
from accounts.models import Proposal
from accounts.permissions import Permission
from kyc.desk import controller_forms as forms
from kyc.desk import controllers
from kyc.desk.acting import act
from kyc.networks import extending, overlapping, touched
from kyc.networks.controller_models import Controller, ControllerMember

P = Permission
UNPROCESSABLE = 422


@staff(P.INCIDENT_WORK)
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Of accounts that are in a network with its own, those that are ticked or named; each with what it is and what ties it."""
    found = controllers.fetched(request, pk)
    accounts, is_sent = list(extending.candidates(found)), request.method == "POST"
    told = {row.account: row for row in touched.rows(accounts)}
    # The most used first, which have boxes.
    places = {account: place for place, account in enumerate(told)}
    organisations = sorted(accounts, key=lambda one: places[one.pk])
    form = forms.MembersForm(
        request.POST if is_sent else None, organisations=organisations, actions=() if is_sent else (request.path,)
    )
    if is_sent and act(form, partial(extending.propose, found, by=request.user)):
        messages.success(request, _("Proposed. Another investigator rules on it."))
        return redirect("desk:controller", pk)
    of_it = [row.organisation for row in found.members.live().select_related("organisation")]
    # What holds an account is told of all together, as they would be.
    _rows, radius = touched.of([*of_it, *organisations])
    done, was = overlapping.done(list(told)), extending.were(found, list(told))
    rows = [
        {"touched": told[account], "box": box, "hangs": account in radius.hanging, "tie": radius.hanging.get(account),
         "done": done.get(account, []), "was": was.get(account, [])}
        for account, box in form.rows()
    ]  # fmt: skip
    facts = {
        "controller": found,
        "form": form,
        "rows": rows,
        "more": max(0, len(organisations) - len(rows)),
        "measures": found.measures.filter(state="taken").exists(),
        "overlaps": overlapping.of([one.pk for one in organisations], without=found),
    }
    return render(request, "desk/controller_add.html", facts, status=UNPROCESSABLE if is_sent else 200)


def proposed(controller: Controller, number: int) -> Proposal:
    rows = Proposal.objects.filter(pk__in=ControllerMember.objects.filter(controller=controller).values("proposal"))
    return get_object_or_404(rows, pk=number)


@staff(P.INCIDENT_WORK)
@require_POST
def take(request: HttpRequest, pk: int, proposal: int) -> HttpResponse:
    found = controllers.fetched(request, pk)
    verb = partial(extending.take, found, proposed(found, proposal), by=request.user)
    form = forms.ReasonForm({"reason": "-"}, of=f"members_{proposal}")
    del form.fields["reason"]
    done = _("Ruled: they are of it too. Measures that stand reach none of them.")
    return controllers.tried(request, found, form, verb, done, take_form=form)


@staff(P.INCIDENT_WORK)
@require_POST
def decline(request: HttpRequest, pk: int, proposal: int) -> HttpResponse:
    found = controllers.fetched(request, pk)
    form = forms.ReasonForm(request.POST, of=f"members_{proposal}")
    verb = partial(extending.decline, found, proposed(found, proposal), by=request.user)
    return controllers.tried(request, found, form, verb, _("Not ruled."), members_form=(proposal, form))
