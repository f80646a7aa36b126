"""The investigators' desk (FIN-17): incidents, and whom they concern. To everybody else these addresses lead nowhere, as those do
that do not exist."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts import keeping
from accounts.guards import staff
from accounts.models import User
from accounts.permissions import Permission
from kyc.cases.models import Case
from kyc.desk import acting, numbers, timeline
from kyc.desk import incident_forms as forms
from kyc.desk.acting import act
from kyc.desk.queue import Tab, known_or, page_number, typed
from kyc.desk.views import fetched as fetched_case
from kyc.desk.views import tried as tried_on_case
from kyc.networks import actions, retention
from kyc.networks.models import Incident, Involvement

P = Permission
PAGE = 50
UNPROCESSABLE = 422
TABS: dict[str, Promise] = {state.value: state.label for state in Incident.State}
NUMBER = re.compile(r"I-\d{4}-(\d{1,9})", re.ASCII | re.IGNORECASE)
COLUMNS = (
    gettext_lazy("Incident"), gettext_lazy("Kind"), gettext_lazy("Confidence"), gettext_lazy("Involved"), gettext_lazy("Noticed"),
    gettext_lazy("Opened by"),
)  # fmt: skip
TONES = {"open": "warn", "closed": "neutral"}


@dataclass(frozen=True)
class Page:
    text: str
    tabs: list[Tab]
    rows: list[Incident]
    newer: str
    older: str
    first: int
    cleared: str

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


def page(user: User, query: QueryDict) -> Page:
    """One aggregate for the counts, one select for the rows. A search that names no state shows the first that has any."""
    text = typed(query, "q")
    number, rows = page_number(query.get("page", "")), searched(Incident.objects.visible_to(user), text)
    counts = rows.aggregate(**{state: Count("pk", filter=Q(state=state)) for state in TABS})
    here = known_or(query.get("tab", ""), TABS, next((state for state in TABS if text and counts[state]), "open"))

    def address(**words: str) -> str:
        asked = QueryDict(mutable=True)
        asked.update({name: value for name, value in ({"tab": here, "q": text} | words).items() if value})
        return f"?{asked.urlencode()}"

    names = Involvement.objects.live().filter(incident=OuterRef("pk")).order_by("organisation__name")
    shown = rows.filter(state=here).select_related("opened_by")
    shown = shown.annotate(names=ArraySubquery(names.values("organisation__name").distinct())).order_by("-pk")
    start = (number - 1) * PAGE
    found = list(shown[start : start + PAGE + 1])
    tabs = [Tab(label, address(tab=state), state == here, counts[state]) for state, label in TABS.items()]
    newer = address(page=str(number - 1)) if number > 1 else ""
    older = address(page=str(number + 1)) if len(found) > PAGE else ""
    return Page(text, tabs, found[:PAGE], newer, older, start + 1, address(q=""))


def searched(incidents: QuerySet[Incident], text: str) -> QuerySet[Incident]:
    """By its number, a word of its title, or the name of an organisation that it ever involved."""
    if not text:
        return incidents
    if number := NUMBER.fullmatch(text):
        return incidents.filter(pk=int(number[1]))
    involved = Involvement.objects.filter(incident=OuterRef("pk"), organisation__name__icontains=text)
    return incidents.filter(Q(title__icontains=text) | Exists(involved))


@staff(P.NETWORK_VIEW)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    if there := numbers.address_of(request.GET.get("q", ""), to=request.user, but=Incident):
        return redirect(there)
    shown = {"page": page(request.user, request.GET), "columns": [{"label": label} for label in COLUMNS]}
    return render(request, "desk/incidents.html", shown)


def fetched(request: HttpRequest, pk: int) -> Incident:
    return get_object_or_404(Incident.objects.visible_to(request.user).select_related("opened_by", "closed_by"), pk=pk)


@staff(P.INCIDENT_WORK)
def new(request: HttpRequest) -> HttpResponse:
    form = forms.IncidentForm(request.POST) if request.method == "POST" else forms.IncidentForm(actions=(request.path,))
    if form.is_bound and (incident := act(form, partial(actions.open_incident, by=request.user))):
        messages.success(request, _("%(number)s is open. Involve organisations from their cases.") % {"number": incident})
        return redirect("desk:incident", incident.pk)
    return render(request, "desk/incident_form.html", {"form": form}, status=UNPROCESSABLE if form.is_bound else 200)


@staff(P.INCIDENT_WORK)
def write(request: HttpRequest, pk: int) -> HttpResponse:
    """Its six blocks and what stands above them; what somebody else has written meanwhile is shown before it is written over."""
    incident = fetched(request, pk)
    if request.method != "POST":
        told = {name: getattr(incident, name) for name in actions.TOLD} | {"shown": actions.as_shown(incident)}
        form = forms.WriteForm(initial=told, actions=(request.path,))
        return render(request, "desk/incident_form.html", {"form": form, "incident": incident})
    form = forms.WriteForm(request.POST)
    if act(form, partial(actions.write, incident, by=request.user)):
        messages.success(request, _("Saved."))
        return redirect("desk:incident", pk)
    incident.refresh_from_db()
    meanwhile = []
    if request.POST.get("shown") != actions.as_shown(incident):
        sent = request.POST.copy()
        sent["shown"] = actions.as_shown(incident)
        form.data = sent
        meanwhile = [(field.label, getattr(incident, field.name)) for field in form.blocks() if differs(field, incident)]
    facts = {"form": form, "incident": incident, "meanwhile": meanwhile}
    return render(request, "desk/incident_form.html", facts, status=UNPROCESSABLE)


def differs(field: django_forms.BoundField, incident: Incident) -> bool:
    return (field.value() or "").replace("\r\n", "\n").strip() != getattr(incident, field.name)


@staff(P.NETWORK_VIEW)
@require_safe
def incident(request: HttpRequest, pk: int) -> HttpResponse:
    return shown(request, fetched(request, pk))


def shown(request: HttpRequest, found: Incident, *, status: int = 200, **filled: Any) -> HttpResponse:
    involved = list(
        found.involvements.select_related("organisation", "key", "party", "added_by", "ended_by").order_by("ended_at", "pk")
    )
    notes = list(found.notes.select_related("written_by").order_by("-pk"))
    referrals = list(found.referrals.select_related("recorded_by").order_by("-pk"))
    returned = filled.get("release_form")

    def address(name: str) -> tuple[str]:
        return (reverse(f"desk:{name}", args=[found.pk]),)

    def release_form(row: Involvement) -> forms.ReleaseForm:
        if returned is not None and filled.get("released_pk") == row.pk:
            return returned
        return forms.ReleaseForm(row.pk, actions=(reverse("desk:incident_release", args=[found.pk, row.pk]),))

    facts = {
        "incident": found,
        "tone": TONES[found.state],
        "may_work": request.user.can(P.INCIDENT_WORK) and not found.erased_at,
        "blocks": [(label, getattr(found, name)) for name, (label, _told) in forms.QUESTIONS.items()],
        "glance": glance(found),
        "involved": [(row, case, release_form(row)) for row, case in with_cases(involved)],
        "notes": notes,
        "referrals": referrals,
        "events": timeline.about(request.user, found, found.involvements, found.notes, found.referrals),
        "note_form": forms.NoteForm(actions=address("incident_note")),
        "referral_form": forms.ReferralForm(actions=address("incident_refer")),
        "close_form": forms.CloseForm(actions=address("incident_close")),
        "kept": keeping.row(retention.of(found, on=timezone.now().date())),
    }
    return render(request, "desk/incident.html", facts | filled, status=status)


def glance(found: Incident) -> list[tuple[str, Any]]:
    facts = [
        (_("Kind"), found.get_kind_display()),
        (_("Confidence"), found.get_confidence_display()),
        (_("Noticed"), found.detected_on),
        (_("First seen"), found.first_seen_on),
        (_("Last seen"), found.last_seen_on),
        (_("Opened by"), found.opened_by),
        (_("Outcome"), found.get_outcome_display()),
    ]
    return [(name, date_format(value, "j F Y") if isinstance(value, date) else value) for name, value in facts if value]


def with_cases(involved: list[Involvement]) -> list[tuple[Involvement, Case | None]]:
    """Each with the newest case of its organisation that was sent."""
    sent = Case.objects.exclude(state=Case.State.DRAFT).filter(organisation__in={row.organisation_id for row in involved})
    newest = {case.organisation_id: case for case in sent.order_by("pk")}
    return [(row, newest.get(row.organisation_id)) for row in involved]


def tried(
    request: HttpRequest, found: Incident, form: django_forms.Form, verb: Callable[..., Any], done: str, **filled: Any
) -> HttpResponse:
    def again() -> HttpResponse:
        return shown(request, fetched(request, found.pk), status=UNPROCESSABLE, **filled)

    return acting.tried(request, form, verb, done, to=reverse("desk:incident", args=[found.pk]), again=again)


@staff(P.INCIDENT_WORK)
@require_POST
def note(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = fetched(request, pk), forms.NoteForm(request.POST)
    return tried(request, found, form, partial(actions.note, found, by=request.user), _("Noted."), note_form=form)


@staff(P.INCIDENT_WORK)
@require_POST
def refer(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = fetched(request, pk), forms.ReferralForm(request.POST)
    verb = partial(actions.refer, found, by=request.user)
    return tried(request, found, form, verb, _("The referral is recorded."), referral_form=form)


@staff(P.INCIDENT_WORK)
@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = fetched(request, pk), forms.CloseForm(request.POST)
    return tried(request, found, form, partial(actions.close, found, by=request.user), _("Closed."), close_form=form)


@staff(P.INCIDENT_WORK)
@require_POST
def release(request: HttpRequest, pk: int, involvement: int) -> HttpResponse:
    found = fetched(request, pk)
    row = get_object_or_404(Involvement.objects.select_related("incident"), pk=involvement, incident=found)
    form = forms.ReleaseForm(row.pk, request.POST)
    verb = partial(actions.end_involvement, row, by=request.user)
    return tried(request, found, form, verb, _("Not involved any more."), release_form=form, released_pk=row.pk)


@staff(P.INCIDENT_WORK)
@require_POST
def involve(request: HttpRequest, pk: int) -> HttpResponse:
    """From the page of a case: its organisation, or one key or party of it."""
    case = fetched_case(request, pk)
    form = forms.InvolveForm(case.organisation, request.POST)

    def verb(*, incident: Incident, **more: Any) -> Involvement:
        return actions.involve(incident, organisation=case.organisation, by=request.user, **more)

    def done(made: Involvement) -> str:
        return _("Involved in %(number)s.") % {"number": made.incident}

    return tried_on_case(request, case, form, verb, done=done, tab="summary", involve_form=form)
