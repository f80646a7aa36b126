"""The customer's page of use: by day, by key, what limits leave; limits are set and removed here; the days as CSV."""

import csv
import io
from datetime import UTC
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import organisations
from accounts.models import Organisation
from accounts.tables import safe
from kyc.keys import amounts, limits, pools
from kyc.keys.forms import CHOOSE, LimitFields
from kyc.keys.models import Key
from kyc.keys.pool_models import LimitPool
from kyc.onboarding import restrictions
from kyc.onboarding.access import members_only
from kyc.onboarding.changing import Page
from kyc.onboarding.pages import page, posted
from kyc.usage import daily
from kyc.usage.daily import Stretch
from kyc.usage.picture import drawn

DAYS = {7: gettext_lazy("7 days"), 30: gettext_lazy("30 days"), 90: gettext_lazy("90 days")}
USUAL = 30
COLUMNS = ("day", "key", "name", "model", "country", "requests", "tokens_in", "tokens_out", "errors", "refusals")


def asked(query: QueryDict) -> Stretch:
    written = query.get("days", "")
    days = int(written) if written in {str(days) for days in DAYS} else USUAL
    return Stretch(timezone.now().astimezone(UTC).date(), days)


def one_key(organisation: Organisation, query: QueryDict) -> Key | None:
    written = query.get("key", "")
    if not written:
        return None
    return get_object_or_404(Key, organisation=organisation, pk=int(written) if written.isdecimal() and len(written) < 10 else 0)


@members_only
def usage(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    stretch, key = asked(request.GET), one_key(organisation, request.GET)
    found = daily.rows(organisation, stretch, key)
    days = daily.by_day(found, stretch)
    keys = {one.pk: one for one in Key.objects.filter(organisation=organisation).select_related("project")}
    successors = {one.replaces_id: one for one in keys.values() if one.replaces_id}
    of_key = f"&key={key.pk}" if key else ""
    return page(
        request,
        organisation,
        "usage",
        steps=[],
        stretch=stretch,
        key=key,
        of_key=of_key,
        tabs=[
            {"label": label, "url": f"?days={number}{of_key}", "active": number == stretch.days} for number, label in DAYS.items()
        ],
        days=days,
        total=daily.total(days),
        costs=daily.costs(organisation, stretch, key),
        picture=drawn([(one.what, one.requests, one.bad) for one in days]),
        keys=[(keys[one.what], one, successors.get(one.what)) for one in daily.by("key", daily.rows(organisation, stretch))],
        has_keys=bool(keys),
        limits=pools.standing(organisation, key),
        is_owner=organisations.is_owner(request.user, organisation),
        restricted=restrictions.limiting(organisation),
    )


@members_only
def as_csv(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    stretch, key = asked(request.GET), one_key(organisation, request.GET)
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(COLUMNS)
    rows = daily.rows(organisation, stretch, key).order_by("day", "key__prefix", "model", "country")
    names = ("day", "key__prefix", "key__name", *COLUMNS[3:])
    writer.writerows([safe(value) for value in row] for row in rows.values_list(*names))
    headers = {"Content-Disposition": f'attachment; filename="use-{stretch.first}-{stretch.last}.csv"'}
    return HttpResponse(table.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


class LimitForm(Page, LimitFields):
    field_order = ("of",)
    of = forms.ChoiceField(label=gettext_lazy("What is limited"), error_messages=CHOOSE)
    # Asked of a limit of 0 alone.
    stops = forms.BooleanField(
        label=gettext_lazy("Yes, with 0: every call is turned away from now on"),
        error_messages={"required": gettext_lazy("A limit of 0 stops what it limits at once. Tick this if you mean it.")},
    )

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_zero():
            del self.fields["stops"]
        live = Key.objects.filter(organisation=organisation).exclude(state=Key.State.REVOKED).order_by("pk")
        self.known = {f"key-{key.pk}": {"key": key} for key in live} | {
            f"project-{project.pk}": {"project": project} for project in organisation.project_set.order_by("pk")
        }
        of_key = [(f"key-{key.pk}", f"{key.name} ({key})") for key in live]
        of_project = [(name, str(of["project"])) for name, of in self.known.items() if "project" in of]
        groups = [(_("One key"), of_key), (_("All keys of a project"), of_project)]
        self.fields["limit"].help_text = _("Money in units of its currency. With 0 nothing more may be used.")
        nothing_yet = ("", _("Choose a key or a project"))
        self.fields["of"].choices = [nothing_yet, *(group for group in groups if group[1])]  # type: ignore[attr-defined]  # its own

    def is_zero(self) -> bool:
        try:
            return self.is_bound and self.fields["limit"].clean(self.data.get("limit", "")) == 0
        except forms.ValidationError:
            return False

    @property
    def told(self) -> dict[str, Any]:
        data = {name: value for name, value in self.cleaned_data.items() if name != "stops"}
        return data | self.known[data.pop("of")] if "of" in data else data


@members_only
def limit_set(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    form = LimitForm(posted(request), organisation=organisation, initial={"of": request.GET.get("of", "")})

    def act() -> None:
        told = {name: value for name, value in form.told.items() if name != "of"}
        limits.set_limit(organisation, **told, by=request.user)

    if form.acted(act):
        messages.success(request, _("The limit is set. It holds from now on, and what was used in its time before counts."))
        return redirect("onboarding:usage")
    return page(request, organisation, "limit", steps=[], form=form)


@members_only
def limit_remove(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    own = LimitPool.objects.filter(organisation=organisation).exclude(project=None, key=None)
    pool = get_object_or_404(own.select_related("project", "key"), pk=pk)
    form = Page(posted(request))
    if form.acted(lambda: limits.remove_limit(pool, by=request.user)):
        messages.success(request, _("The limit is removed."))
        return redirect("onboarding:usage")
    return page(
        request,
        organisation,
        "limit_remove",
        steps=[],
        form=form,
        pool=pool,
        most=amounts.measured(pool.limit, pool.unit, pool.currency),
    )
