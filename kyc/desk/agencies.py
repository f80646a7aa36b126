"""Agencies that customers have declared: all of them by how they stand, and one with its accounts and an officer's word on it."""

from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import staff
from accounts.models import Organisation
from accounts.permissions import Permission
from kyc.cases import evidencing
from kyc.cases.models import Case
from kyc.desk.acting import act
from kyc.desk.forms import Choices, DeskForm
from kyc.desk.queue import Tab, known_or, page_number
from kyc.desk.source_forms import UNCHOSEN, Choice, Day
from kyc.evidence import agencies as judged
from kyc.evidence.agency_models import AgencyRuling
from kyc.evidence.models import Document
from kyc.parties import agencies
from kyc.parties.agency_models import Agency, AgencyAccount

PAGE = 50
UNPROCESSABLE = 422
TABS: dict[str, Promise] = {
    "waiting": gettext_lazy("To look at"),
    "confirmed": gettext_lazy("Confirmed"),
    "others": gettext_lazy("Not accepted, or over"),
}
COLUMNS = (
    gettext_lazy("Agency"), gettext_lazy("Ground"), gettext_lazy("Accounts"), gettext_lazy("Stands"), gettext_lazy("Declared"),
)  # fmt: skip
R = AgencyRuling.Ruling


class RuleForm(DeskForm):
    missing = {
        "ruling": gettext_lazy("Say whether it is so."),
        "reason": gettext_lazy("Write what you found, for whoever reads it later."),
    }

    ruling = forms.ChoiceField(label=gettext_lazy("The declaration"), choices=R.choices, widget=forms.RadioSelect)
    document = Choice(label=gettext_lazy("Shown by"), shown_with=f"ruling={R.CONFIRMED}")
    valid_until = Day(
        label=gettext_lazy("To be relied on until"),
        shown_with=f"ruling={R.CONFIRMED}",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("A year at most; the day on which the contract ends, if that is sooner."),
        error_messages={"invalid": gettext_lazy("Write the day as 2026-11-30.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("What you found, and why"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, papers: Iterable[Document], data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, initial={"valid_until": timezone.localdate() + timedelta(days=365)}, **kwargs)
        self.papers = {str(paper.pk): paper for paper in papers}
        named: Choices = [(pk, f"{paper.get_kind_display()}, {paper.name}") for pk, paper in self.papers.items()]
        self.fields["document"].choices = [UNCHOSEN, *named]  # type: ignore[attr-defined]  # a ChoiceField, which Field does not say

    def clean(self) -> dict[str, Any]:
        """As kyc.evidence.agencies.rule takes it."""
        data = super().clean() or {}
        if data.get("ruling") != R.CONFIRMED:
            return data | {"document": None, "valid_until": None}
        return data | {"document": self.papers.get(data.get("document", ""))}


def of_tab(tab: str) -> QuerySet[Agency]:
    held = judged.held().filter(has_new=False)
    if tab == "confirmed":
        return held
    waits = judged.to_look_at()
    if tab == "waiting":
        return waits
    return Agency.objects.exclude(pk__in=waits.values("pk")).exclude(pk__in=held.values("pk"))


@staff(Permission.CASE_VIEW)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    number, here = page_number(request.GET.get("page", "")), known_or(request.GET.get("tab", ""), TABS, "waiting")
    start = (number - 1) * PAGE
    order = "pk" if here == "waiting" else "-pk"
    rows = judged.told(of_tab(here).order_by(order)[start : start + PAGE + 1])
    shown = {
        "tabs": [Tab(label, f"?tab={tab}", tab == here, of_tab(tab).count()) for tab, label in TABS.items()],
        "rows": rows[:PAGE],
        "columns": [{"label": label} for label in COLUMNS],
        "newer": f"?tab={here}&page={number - 1}" if number > 1 else "",
        "older": f"?tab={here}&page={number + 1}" if len(rows) > PAGE else "",
        "first": start + 1,
        "last": start + min(len(rows), PAGE),
    }
    return render(request, "desk/agencies.html", shown)


def fetched(pk: int) -> Agency:
    return get_object_or_404(Agency.objects.select_related("organisation", "declared_by"), pk=pk)


def papers(agency: Agency) -> list[Document]:
    """All that the customer has sent, the newest first: what shows it came with the declaration or later."""
    return list(Document.objects.openable().filter(organisation=agency.organisation_id).order_by("-pk"))


@staff(Permission.CASE_VIEW)
@require_safe
def agency(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetched(pk)
    form = RuleForm(papers(found), actions=(reverse("desk:agency_rule", args=[pk]),))
    return shown(request, found, form)


def shown(request: HttpRequest, found: Agency, form: RuleForm, *, status: int = 200) -> HttpResponse:
    cases = Case.objects.exclude(state=Case.State.DRAFT).filter(organisation=found.organisation_id)
    accounts = list(AgencyAccount.objects.live().filter(agency=found).order_by("pk"))
    names = dict(Organisation.objects.filter(pk__in=[row.account for row in accounts]).values_list("pk", "name"))
    standing = judged.standing(found)
    # What is named after the word that confirms it waits for another.
    since = standing.ruling.ruled_at if standing.ruling and standing.code in ("confirmed", "alone") else None
    rulings = AgencyRuling.objects.filter(agency=found).select_related("document", "ruled_by").order_by("-pk")
    facts: dict[str, Any] = {
        "agency": found,
        "standing": standing,
        "accounts": [
            {
                "row": row,
                "number": agencies.number_of(row.account),
                "called": names.get(row.account, ""),
                "is_new": since is not None and row.added_at > since,
            }
            for row in accounts
        ],
        "rulings": rulings,
        "before": [(Agency.Ground(one.ground).label, one) for one in agencies.before(found)],
        # Of what is confirmed still; otherwise its state says so.
        "is_renewed": since is not None and found.asked_at > since,
        "case": cases.order_by("-pk").first(),
        "form": form,
        # Not of the form: where that is refused, what stands on the page is what is shown.
        "said_at": found.said_at.isoformat(),
    }
    return render(request, "desk/agency.html", facts, status=status)


@staff(Permission.EVIDENCE_JUDGE)
@require_POST
def rule(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetched(pk)
    form = RuleForm(papers(found), request.POST)
    if made := act(form, partial(evidencing.rule_on_agency, found, shown=request.POST.get("said_at", ""), by=request.user)):
        done = _("Confirmed: what these accounts share is the agency’s.") if made.ruling == R.CONFIRMED else _("Not accepted.")
        messages.success(request, done)
        return redirect("desk:agency", pk)
    # As it stands by now, should that be why.
    return shown(request, fetched(pk), form, status=UNPROCESSABLE)
