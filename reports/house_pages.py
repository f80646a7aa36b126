"""Where a report about several customers is asked for: of an order, and of all property that was held on a day."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import resume, scope, snapshots
from accounts.guards import staff
from accounts.models import Snapshot
from accounts.permissions import Permission
from accounts.refused import Refused
from accounts.snapshots import NothingKnown
from kyc.directives.models import Directive
from kyc.rules import packs
from reports import actions
from reports.facts.blocked import ANNUAL
from reports.facts.compliance import COMPLIANCE
from reports.facts.reader import FULL, MINIMISED
from reports.forms import PICKER, end_of, paper_field, tables_field, whole_second
from reports.models import BESIDES, Report

UNPROCESSABLE = 422
# Of which years the stock of blocked property can be asked for.
FIRST_YEAR = 2000


class YearForm(forms.Form):
    """Of a day that the rules name: only for whom, on what, and as known when."""

    addressee = forms.CharField(
        label=_("Addressee"),
        required=False,
        max_length=200,
        help_text=_("For whom the report is, as its cover says it. It changes no fact in it."),
    )
    paper = paper_field()
    known_at = forms.DateTimeField(
        label=_("As known at, UTC"),
        required=False,
        help_text=_("What we knew then. Empty means now."),
        widget=forms.DateTimeInput(attrs=PICKER, format="%Y-%m-%dT%H:%M:%S"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        resume.fill(self)

    def clean_known_at(self) -> datetime | None:
        return whole_second(self.cleaned_data["known_at"])


class OrderForm(YearForm):
    field_order = ("addressee", "profile", "as_of", "known_at", "tables", "paper")
    profile = forms.ChoiceField(
        label=_("People are told"),
        choices=[
            (MINIMISED, _("Minimised: keys by how they begin and end, with the facts gone by, and no customer")),
            (FULL, _("In full, for an authority that may read them")),
        ],
        initial=MINIMISED,
        widget=forms.RadioSelect,
    )
    as_of = forms.DateField(
        label=_("As of"),
        required=False,
        help_text=_("The end of that day, UTC. Empty means now."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    tables = tables_field(_("report.json, which is attached, is whole either way."))

    def clean_as_of(self) -> datetime | None:
        return end_of(self.cleaned_data["as_of"])


@staff(Permission.REPORT_REQUEST, in_parts=True)
def of_order(request: HttpRequest, pk: int) -> HttpResponse:
    def ask(form: forms.Form, now: Snapshot | None) -> Report:
        directive = get_object_or_404(Directive, pk=pk)
        data = form.cleaned_data
        cut = {name: data[name] for name in ("addressee", "profile", "known_at", "paper", "tables")}
        return actions.request_of_order(directive, valid_at=data["as_of"], **cut, now=now, by=request.user)

    def about() -> str:
        directive = get_object_or_404(Directive, pk=pk)
        return f"{directive.number} {directive.reference}"

    return asking(request, kind=COMPLIANCE.kind, form=OrderForm, about=about, ask=ask)


@staff(Permission.REPORT_REQUEST, in_parts=True)
def of_year(request: HttpRequest, year: int) -> HttpResponse:
    """The stock of a day that has passed."""
    if not FIRST_YEAR <= year <= date.max.year or stock_on(year) >= timezone.now().date():
        raise Http404

    def ask(form: forms.Form, now: Snapshot | None) -> Report:
        return actions.request_of_year(year, **form.cleaned_data, now=now, by=request.user)

    return asking(request, kind=ANNUAL.kind, form=YearForm, about=lambda: str(year), ask=ask)


def stock_on(year: int) -> date:
    return packs.current().blocked_annual(year)[0]


TITLES: dict[str, Promise] = {
    COMPLIANCE.kind: _("Report on how the order was carried out"),
    ANNUAL.kind: _("Annual report of blocked property"),
}


def asking(
    request: HttpRequest,
    *,
    kind: str,
    form: type[forms.Form],
    about: Callable[[], str],
    ask: Callable[[forms.Form, Snapshot | None], Report],
) -> HttpResponse:
    if not request.user.can(BESIDES[kind]):
        raise Http404
    # What is known now is stored in a transaction of its own, since it must not count the one that asks.
    now = snapshots.take() if request.method == "POST" else None
    with scope.of_officer(request.user):
        filled = form(request.POST or None)
        if request.method == "POST" and filled.is_valid():
            try:
                return redirect("reports:report", ask(filled, now).pk)
            except Refused as refused:
                field = "known_at" if isinstance(refused, NothingKnown) else getattr(refused, "field", None)
                filled.add_error(field if field in filled.fields else None, str(refused))
        shown = {"form": filled, "title": TITLES[kind], "about": about(), "kind": kind}
        status = UNPROCESSABLE if filled.errors else 200
        return render(request, "reports/house_request.html", shown, status=status)
