"""Appeals of customers: the queue, and one of them with what was done, answered by an officer who had no part in it."""

from datetime import UTC
from functools import partial
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import staff
from accounts.models import Organisation
from accounts.permissions import Permission
from kyc.cases.models import Case, Entity
from kyc.desk import naming
from kyc.desk.acting import act
from kyc.desk.forms import DeskForm
from kyc.desk.incident_forms import text
from kyc.desk.queue import Tab, known_or, page_number
from kyc.directives import appealing
from kyc.evidence.models import Document
from kyc.keys import pools
from kyc.keys.appeal_models import Appeal, Restriction
from kyc.keys.models import Key
from kyc.parties.models import Questionnaire
from kyc.usage import daily
from kyc.usage.daily import Stretch

PAGE = 50
# Of use, and documents, that stand beside an appeal.
DAYS, PAPERS = 30, 5
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
    named = django_forms.BooleanField(label=gettext_lazy("The customer may read these names."), required=False)

    def __init__(self, data: Any = None, *, own: Organisation, **more: Any) -> None:
        super().__init__(data, **more)
        names = naming.others(str(self.data.get("answer", "")), own)
        self.names = ", ".join(names)
        if not names:
            del self.fields["named"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not data.pop("named", True):
            sentence = _("Your answer names other customers of ours: %(names)s. Take that out, or confirm it.")
            self.add_error("named", sentence % {"names": self.names})
        return data


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
    found = fetched(pk)
    return shown(request, found, AnswerForm(own=found.organisation, actions=(f"{request.path}decide/",)))


def shown(request: HttpRequest, found: Appeal, form: AnswerForm, *, status: int = 200) -> HttpResponse:
    cases = Case.objects.exclude(state=Case.State.DRAFT).filter(organisation=found.organisation_id)
    facts: dict[str, Any] = {
        "appeal": found,
        "case": cases.order_by("-pk").first(),
        "form": form,
        "is_live": Restriction.objects.live().filter(pk=found.restriction_id).exists(),
        "part": appealing.part(found, by=request.user),
        "others": Appeal.objects.filter(organisation=found.organisation_id).exclude(pk=found.pk).order_by("-pk"),
        **known(found.organisation),
    }
    return render(request, "desk/appeal.html", facts, status=status)


def known(organisation: Organisation) -> dict[str, Any]:
    """What stands of the customer outside the compartment: who it is, what its keys are for, what they used and may use, and
    what it has sent."""
    stretch = Stretch(timezone.now().astimezone(UTC).date(), DAYS)
    signed = Questionnaire.objects.filter(organisation=organisation).order_by("-pk").first()
    live = Key.objects.unexpired().filter(organisation=organisation).exclude(state=Key.State.REVOKED)
    papers = Document.objects.current().filter(organisation=organisation).order_by("-pk")
    return {
        "entity": Entity.objects.live().filter(organisation=organisation).first(),
        "keys": live.count(),
        "use": str(signed.answers.get("end_use", "")) if signed else "",
        "stretch": stretch,
        "used": daily.total(daily.by_day(daily.rows(organisation, stretch), stretch)),
        "limits": [one for one in pools.standing(organisation) if not one.of],
        "papers": papers[:PAPERS],
        "paper_count": papers.count(),
    }


@staff(Permission.HOLD_PLACE)
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetched(pk)
    form = AnswerForm(request.POST, own=found.organisation)
    if act(form, partial(appealing.decide, found, by=request.user)):
        messages.success(request, _("Answered. The customer is written to."))
        return redirect("desk:appeal", pk)
    return shown(request, fetched(pk), form, status=UNPROCESSABLE)
