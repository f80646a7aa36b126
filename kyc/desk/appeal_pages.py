"""Appeals of customers: the queue, and one of them with what was done, answered by an officer who had no part in it."""

from functools import partial
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import staff
from accounts.permissions import Permission
from kyc.cases.models import Case
from kyc.desk.acting import act
from kyc.desk.forms import DeskForm
from kyc.desk.incident_forms import text
from kyc.desk.queue import Tab, known_or, page_number
from kyc.directives import appealing
from kyc.keys.appeal_models import Appeal, Restriction

PAGE = 50
UNPROCESSABLE = 422
TABS: dict[str, Promise] = {"open": gettext_lazy("To answer"), "answered": gettext_lazy("Answered")}
OF_TAB = {"open": Q(outcome=""), "answered": ~Q(outcome="")}
COLUMNS = (
    gettext_lazy("Customer"), gettext_lazy("Against"), gettext_lazy("Told"), gettext_lazy("Sent"), gettext_lazy("Answered by"),
)  # fmt: skip


class AnswerForm(DeskForm):
    missing = {
        "outcome": gettext_lazy("Say whether it stays or ends."),
        "answer": gettext_lazy("Answer in words: the customer reads them."),
    }

    outcome = django_forms.ChoiceField(
        label=gettext_lazy("What becomes of it"), choices=[("", gettext_lazy("Choose…")), *Appeal.Outcome.choices]
    )
    answer = text(
        gettext_lazy("Answer to the customer"),
        help_text=gettext_lazy("The customer reads it. Say nothing of how anything was noticed, and name no other customer."),
    )


@staff(Permission.HOLD_PLACE)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    number, here = page_number(request.GET.get("page", "")), known_or(request.GET.get("tab", ""), TABS, "open")
    counts = Appeal.objects.aggregate(**{tab: Count("pk", filter=which) for tab, which in OF_TAB.items()})
    order = "sent_at" if here == "open" else "-decided_at"
    start = (number - 1) * PAGE
    found = Appeal.objects.filter(OF_TAB[here]).select_related("organisation", "restriction", "decided_by").order_by(order, "pk")
    rows = list(found[start : start + PAGE + 1])
    shown = {
        "tabs": [Tab(label, f"?tab={tab}", tab == here, counts[tab]) for tab, label in TABS.items()],
        "rows": rows[:PAGE],
        "columns": [{"label": label} for label in COLUMNS],
        "newer": f"?tab={here}&page={number - 1}" if number > 1 else "",
        "older": f"?tab={here}&page={number + 1}" if len(rows) > PAGE else "",
        "first": start + 1,
        "last": start + min(len(rows), PAGE),
    }
    return render(request, "desk/appeals.html", shown)


def fetched(pk: int) -> Appeal:
    rows = Appeal.objects.select_related("organisation", "restriction__placed_by", "document", "sent_by", "decided_by")
    return get_object_or_404(rows, pk=pk)


@staff(Permission.HOLD_PLACE)
@require_safe
def appeal(request: HttpRequest, pk: int) -> HttpResponse:
    return shown(request, fetched(pk), AnswerForm(actions=(f"{request.path}decide/",)))


def shown(request: HttpRequest, found: Appeal, form: AnswerForm, *, status: int = 200) -> HttpResponse:
    cases = Case.objects.exclude(state=Case.State.DRAFT).filter(organisation=found.organisation_id)
    facts: dict[str, Any] = {
        "appeal": found,
        "case": cases.order_by("-pk").first(),
        "form": form,
        "is_live": Restriction.objects.live().filter(pk=found.restriction_id).exists(),
        "is_own": found.restriction.placed_by_id == request.user.pk,
        "others": Appeal.objects.filter(organisation=found.organisation_id).exclude(pk=found.pk).order_by("-pk"),
    }
    return render(request, "desk/appeal.html", facts, status=status)


@staff(Permission.HOLD_PLACE)
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = fetched(pk), AnswerForm(request.POST)
    if act(form, partial(appealing.decide, found, by=request.user)):
        messages.success(request, _("Answered. The customer is written to."))
        return redirect("desk:appeal", pk)
    return shown(request, fetched(pk), form, status=UNPROCESSABLE)
