"""Runs that train a large model: those of which something is to be told, and one with what is known, its clocks and what was
filed."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Min, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import staff
from accounts.permissions import Permission
from accounts.refused import Refused
from kyc.desk import timeline
from kyc.desk.acting import act
from kyc.desk.blocked_forms import FiledForm, NoteForm
from kyc.desk.directive_forms import ReasonForm
from kyc.desk.queue import Tab, known_or, page_number
from kyc.desk.training_forms import DutyForm, NewRunForm, RunForm
from kyc.directives.training import actions
from kyc.directives.training.models import TrainingDuty, TrainingFiling, TrainingRun, written
from kyc.rules import packs

P = Permission
PAGE = 50
UNPROCESSABLE = 422
TABS: dict[str, Promise] = {"open": gettext_lazy("To be reported"), "over": gettext_lazy("Reported")}
COLUMNS = (
    gettext_lazy("Customer"), gettext_lazy("Operations"), gettext_lazy("Known since"), gettext_lazy("Report due"),
    gettext_lazy("State"),
)  # fmt: skip


@staff(P.TRAINING_VIEW)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    number, here = page_number(request.GET.get("page", "")), known_or(request.GET.get("tab", ""), TABS, "open")
    rows = TrainingRun.objects.annotate(due_on=Min("duties__due_on", filter=Q(duties__state="open")))
    of_tab = {"open": rows.filter(due_on__isnull=False), "over": rows.filter(due_on__isnull=True)}
    start = (number - 1) * PAGE
    found = list(of_tab[here].select_related("organisation").order_by("due_on", "-pk")[start : start + PAGE + 1])
    today = timezone.localdate()
    shown = {
        "tabs": [Tab(label, f"?tab={tab}", tab == here, of_tab[tab].count()) for tab, label in TABS.items()],
        "rows": [{"run": row, "is_late": row.due_on is not None and row.due_on < today} for row in found[:PAGE]],
        "columns": [{"label": label} for label in COLUMNS],
        "newer": f"?tab={here}&page={number - 1}" if number > 1 else "",
        "older": f"?tab={here}&page={number + 1}" if len(found) > PAGE else "",
        "first": start + 1,
        "last": start + min(len(found), PAGE),
        "threshold": written(packs.current().training_operations),
        "may_work": request.user.can(P.TRAINING_WORK),
    }
    return render(request, "desk/training_runs.html", shown)


@staff(P.TRAINING_WORK)
def new(request: HttpRequest) -> HttpResponse:
    is_sent = request.method == "POST"
    form = NewRunForm(request.POST if is_sent else None, actions=() if is_sent else (request.path,))
    if is_sent and (made := act(form, lambda **_data: recorded(request, form))):
        messages.success(request, _("%(number)s is recorded, and its clock runs.") % {"number": made})
        return redirect("desk:training_run", made.pk)
    return render(request, "desk/training_new.html", {"form": form}, status=UNPROCESSABLE if is_sent else 200)


def recorded(request: HttpRequest, form: NewRunForm) -> TrainingRun:
    data = form.cleaned_data
    return actions.record(data["customer"], form.said, known_on=data["known_on"], reseller=form.reseller, by=request.user)


def fetched(pk: int) -> TrainingRun:
    return get_object_or_404(TrainingRun.objects.select_related("organisation", "reseller", "made_by"), pk=pk)


@staff(P.TRAINING_VIEW)
@require_safe
def run(request: HttpRequest, pk: int) -> HttpResponse:
    return shown(request, fetched(pk))


def shown(request: HttpRequest, found: TrainingRun, *, status: int = 200, **filled: Any) -> HttpResponse:
    filings = list(
        TrainingFiling.objects.filter(duty__run=found)
        .select_related("duty", "proposal__proposed_by", "proposal__outcome_by")
        .order_by("-pk")
    )
    waiting = {one.duty_id: one for one in filings if one.waits}
    duties = list(found.duties.order_by("due_on", "pk"))
    may_work = request.user.can(P.TRAINING_WORK)
    lacking = actions.missing(found)
    large = actions.is_large(found)
    facts: dict[str, Any] = {
        "run": found,
        "large": {True: _("at or above the threshold"), False: _("below the threshold"), None: ""}[large],
        "duties": [
            {
                "duty": duty,
                "is_late": duty.is_late(),
                "may_prepare": may_work and duty.is_open and not lacking,
                **waits(request, waiting.get(duty.pk)),
            }
            for duty in duties
        ],
        "filings": [one for one in filings if not one.waits],
        "lacking": [RunForm.base_fields[name].label for name in lacking],
        "events": timeline.about(request.user, found, found.duties.all(), TrainingFiling.objects.filter(duty__run=found)),
        "may_work": may_work,
        "may_amend": may_work and not waiting,
        "form": RunForm(initial={name: getattr(found, name) for name in actions.NAMES}),
        "duty_form": DutyForm(auto_id="duty_%s"),
        "note_form": NoteForm(auto_id="note_%s"),
        "dismiss_form": ReasonForm(auto_id="dismiss_%s"),
    }
    return render(request, "desk/training_run.html", facts | filled, status=status)


def waits(request: HttpRequest, filing: TrainingFiling | None) -> dict[str, Any]:
    """What is before a second officer, and what this one can do with it."""
    if filing is None:
        return {"filing": None}
    is_own = filing.proposal.proposed_by_id == request.user.pk
    return {
        "filing": filing,
        "is_own": is_own,
        "may_take": not is_own and request.user.can(P.REPORT_APPROVE),
        "filed_form": FiledForm(auto_id=f"filed_{filing.pk}_%s"),
        "decline_form": ReasonForm(auto_id=f"back_{filing.pk}_%s"),
    }


def tried(request: HttpRequest, pk: int, form: Any, verb: Callable[..., Any], sentence: str, *, name: str = "") -> HttpResponse:
    """The page again, with why not: at the form where it stands once on the page, and else above all of it."""
    if act(form, verb):
        messages.success(request, sentence)
        return redirect("desk:training_run", pk)
    said = " ".join(str(sentence) for errors in form.errors.values() for sentence in errors)
    filled = {name: form} if name else {"refused": said}
    return shown(request, fetched(pk), status=UNPROCESSABLE, **filled)


@staff(P.TRAINING_WORK)
@require_POST
def amend(request: HttpRequest, pk: int) -> HttpResponse:
    form = RunForm(request.POST)
    return tried(
        request, pk, form, lambda **_data: actions.amend(fetched(pk), form.said, by=request.user), _("Saved."), name="form"
    )


@staff(P.TRAINING_WORK)
@require_POST
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    form = DutyForm(request.POST, auto_id="duty_%s")
    verb = partial(actions.ask, fetched(pk), by=request.user)
    return tried(request, pk, form, verb, _("Its clock runs."), name="duty_form")


def duty_of(pk: int) -> TrainingDuty:
    return get_object_or_404(TrainingDuty.objects.select_related("run"), pk=pk)


@staff(P.TRAINING_WORK)
@require_POST
def prepare(request: HttpRequest, duty: int) -> HttpResponse:
    found, form = duty_of(duty), NoteForm(request.POST, auto_id="note_%s")
    verb = partial(actions.prepare, found, by=request.user)
    return tried(request, found.run_id, form, verb, _("Prepared. Another officer checks and files it."))


@staff(P.TRAINING_WORK)
@require_POST
def dismiss(request: HttpRequest, duty: int) -> HttpResponse:
    found, form = duty_of(duty), ReasonForm(request.POST, auto_id="dismiss_%s")
    verb = partial(actions.dismiss, found, by=request.user)
    return tried(request, found.run_id, form, verb, _("Another officer has to confirm it. Until then its clock runs."))


def filing_of(pk: int) -> TrainingFiling:
    return get_object_or_404(TrainingFiling.objects.select_related("duty__run", "proposal"), pk=pk)


@staff(P.REPORT_APPROVE)
@require_POST
def take(request: HttpRequest, filing: int) -> HttpResponse:
    found = filing_of(filing)
    if not found.is_nothing:
        form = FiledForm(request.POST, auto_id=f"filed_{found.pk}_%s")
        return tried(request, found.duty.run_id, form, partial(actions.take, found, by=request.user), _("Filed."))
    try:
        actions.take(found, by=request.user)
    except Refused as refused:
        return shown(request, fetched(found.duty.run_id), status=UNPROCESSABLE, refused=str(refused))
    messages.success(request, _("Confirmed: there is nothing to report."))
    return redirect("desk:training_run", found.duty.run_id)


@staff(P.TRAINING_WORK)
@require_POST
def decline(request: HttpRequest, filing: int) -> HttpResponse:
    found = filing_of(filing)
    form = ReasonForm(request.POST, auto_id=f"back_{found.pk}_%s")
    verb = partial(actions.decline, found, by=request.user)
    return tried(request, found.duty.run_id, form, verb, _("Sent back. Its clock runs on."))
