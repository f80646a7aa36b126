"""What an organisation's keys were used for, as an officer reads it: by day, model, country and key, and what limits leave. An
officer who places holds sets the organisation's limits."""

from dataclasses import replace
from datetime import UTC
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import staff
from accounts.permissions import Permission
from accounts.refused import Refused
from kyc.cases.models import Case
from kyc.desk.views import fetched
from kyc.keys import limits, pools
from kyc.keys.forms import LimitFields
from kyc.keys.models import Key
from kyc.keys.pool_models import LimitPool
from kyc.usage import daily
from kyc.usage.daily import Stretch
from kyc.usage.picture import drawn

DAYS = {7: gettext_lazy("7 days"), 30: gettext_lazy("30 days"), 90: gettext_lazy("90 days")}
USUAL = 30


class LimitForm(LimitFields):
    """The organisation's limit; without a number there is none."""

    use_required_attribute = False
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=500,
        error_messages={
            "required": gettext_lazy("Say why the limit is set."),
            "max_length": gettext_lazy("That is too long for a reason."),
        },
    )


class RemoveForm(forms.Form):
    """That nothing limits there any more, and why."""

    use_required_attribute = False
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=500,
        error_messages={
            "required": gettext_lazy("Say why the limit is removed."),
            "max_length": gettext_lazy("That is too long for a reason."),
        },
    )


@staff(Permission.CASE_VIEW)
@require_safe
def usage(request: HttpRequest, pk: int) -> HttpResponse:
    return shown(request, fetched(request, pk), LimitForm())


@staff(Permission.HOLD_PLACE)
@require_POST
def limit(request: HttpRequest, pk: int) -> HttpResponse:
    case, form = fetched(request, pk), LimitForm(request.POST)
    if form.is_valid():
        try:
            limits.set_limit(case.organisation, **form.cleaned_data, by=request.user)
        except Refused as refusal:
            field = getattr(refusal, "field", None)
            form.add_error(field if field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("The limit is set."))
            return redirect("desk:usage", pk)
    return shown(request, case, form)


@staff(Permission.HOLD_PLACE)
@require_POST
def limit_remove(request: HttpRequest, pk: int, pool: int) -> HttpResponse:
    case, form = fetched(request, pk), RemoveForm(request.POST, auto_id=f"limit_{pool}_%s")
    found = get_object_or_404(LimitPool, pk=pool, organisation=case.organisation, project=None, key=None, restriction=None)
    if form.is_valid():
        try:
            limits.remove_limit(found, **form.cleaned_data, by=request.user)
        except Refused as refusal:
            form.add_error("reason", str(refusal))
        else:
            messages.success(request, _("The limit is removed."))
            return redirect("desk:usage", pk)
    return shown(request, case, LimitForm(), {pool: form})


def shown(request: HttpRequest, case: Case, form: LimitForm, returned: dict[int, RemoveForm] | None = None) -> HttpResponse:
    """`returned` is the form of a limit that was not removed, by its number."""
    back = returned or {}
    written = request.GET.get("days", "")
    days = int(written) if written in {str(days) for days in DAYS} else USUAL
    stretch = Stretch(timezone.now().astimezone(UTC).date(), days)
    found = daily.rows(case.organisation, stretch)
    each = daily.by_day(found, stretch)
    keys = {key.pk: key for key in Key.objects.filter(organisation=case.organisation)}
    facts: dict[str, Any] = {
        "case": case,
        "stretch": stretch,
        "tabs": [{"label": label, "url": f"?days={number}", "active": number == days} for number, label in DAYS.items()],
        "days": each,
        "total": daily.total(each),
        "costs": daily.costs(case.organisation, stretch),
        "picture": drawn([(one.what, one.requests, one.bad) for one in each]),
        "models": daily.by("model", found),
        "countries": daily.by("country", found),
        "keys": [replace(one, what=keys[one.what]) for one in daily.by("key", found)],
        "limits": [
            (one, back.get(one.pool.pk) or RemoveForm(auto_id=f"limit_{one.pool.pk}_%s"))
            for one in pools.standing(case.organisation)
        ],
        "form": form,
    }
    return render(request, "desk/usage.html", facts, status=422 if form.errors or back else 200)
