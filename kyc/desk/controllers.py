"""The investigators' desk (FIN-17): controllers, who is of them, what was done to them. To everybody else these addresses lead
nowhere, as those do that do not exist."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import staff
from accounts.models import Organisation
from accounts.permissions import Permission
from kyc.cases.models import Case
from kyc.desk import acting, controller_waiting, timeline
from kyc.desk import controller_forms as forms
from kyc.desk import network_words as words
from kyc.desk.acting import act
from kyc.desk.incident_forms import NoteForm
from kyc.desk.queue import Part, Tab, known_or, page_number
from kyc.networks import controlling, freeing, overlapping, touched
from kyc.networks.controller_models import Controller, ControllerMember
from kyc.networks.measure_models import MeasureMember, RuleMiss
from kyc.networks.network_models import Network

P, S = Permission, Controller.State
PAGE = 50
UNPROCESSABLE = 422
TABS: dict[str, Promise] = {state.value: state.label for state in S}
TONES = {S.PROPOSED: "warn", S.RULED: "bad", S.DECLINED: "neutral", S.ENDED: "neutral"}
COLUMNS = (
    gettext_lazy("Controller"), gettext_lazy("Accounts"), gettext_lazy("Measures in force"), gettext_lazy("Proposed"),
    gettext_lazy("Proposed by"),
)  # fmt: skip


@staff(P.NETWORK_VIEW)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    number, rows = page_number(request.GET.get("page", "")), Controller.objects.visible_to(request.user)
    counts = rows.aggregate(**{state: Count("pk", filter=Q(state=state)) for state in TABS})
    here = known_or(request.GET.get("tab", ""), TABS, next((state for state in TABS if counts[state]), "proposed"))
    ruled = Q(members__proposal__isnull=True) | Q(members__proposal__outcome="taken")
    live = Count("members", filter=ruled & Q(members__ended_at=None), distinct=True)
    measures = Count("measures", filter=Q(measures__state="taken"), distinct=True)
    start = (number - 1) * PAGE
    found = rows.filter(state=here).select_related("opened_by", "network").annotate(size=live, in_force=measures).order_by("-pk")
    shown = list(found[start : start + PAGE + 1])
    facts = {
        "tabs": [Tab(label, f"?tab={state}", state == here, counts[state]) for state, label in TABS.items()],
        "rows": shown[:PAGE],
        "columns": [{"label": label} for label in COLUMNS],
        "newer": f"?tab={here}&page={number - 1}" if number > 1 else "",
        "older": f"?tab={here}&page={number + 1}" if len(shown) > PAGE else "",
        "first": start + 1,
        "last": start + min(len(shown), PAGE),
    }
    return render(request, "desk/controllers.html", facts)


@staff(P.INCIDENT_WORK)
def new(request: HttpRequest, network: int) -> HttpResponse:
    """From a network, whose accounts are offered."""
    found = get_object_or_404(Network.objects.visible_to(request.user), pk=network)
    # The least sure first: of thousands only the first have boxes.
    live = found.memberships.live().select_related("organisation").order_by("confidence", "organisation__name", "organisation")
    organisations = [row.organisation for row in live]
    is_sent = request.method == "POST"
    form = forms.ControllerForm(
        request.POST if is_sent else None, organisations=organisations, actions=() if is_sent else (request.path,)
    )
    verb = partial(controlling.propose, network=found, by=request.user)
    if is_sent and (made := act(form, verb)):
        messages.success(request, _("%(number)s is proposed. Another investigator takes it.") % {"number": made})
        return redirect("desk:controller", made.pk)
    facts = {"form": form, "network": found, "overlaps": overlapping.of([one.pk for one in organisations])}
    return render(request, "desk/controller_form.html", facts, status=UNPROCESSABLE if is_sent else 200)


def fetched(request: HttpRequest, pk: int) -> Controller:
    rows = Controller.objects.visible_to(request.user).select_related("opened_by", "network", "proposal__outcome_by")
    return get_object_or_404(rows, pk=pk)


@staff(P.NETWORK_VIEW)
@require_safe
def controller(request: HttpRequest, pk: int) -> HttpResponse:
    return shown(request, fetched(request, pk))


def shown(request: HttpRequest, found: Controller, *, status: int = 200, **filled: Any) -> HttpResponse:
    named = found.members.ruled().select_related("organisation", "added_by", "ended_by", "proposal")
    every = named.order_by("ended_at", "organisation__name", "pk")
    page = Part.of(request.GET, every)
    # Whoever is asked about again stands there too, on whatever page he was.
    members = page.rows + list(every.filter(pk=filled.get("ended_pk", 0)).exclude(pk__in=[row.pk for row in page.rows]))
    rows, radius = touched.of(list(Organisation.objects.filter(pk__in=found.members.live().values("organisation"))))
    shown_here = {row.organisation_id for row in members}
    facts = {
        "controller": found,
        "tone": TONES[S(found.state)],
        "may_work": request.user.can(P.INCIDENT_WORK),
        "is_own": found.opened_by_id == request.user.pk,
        "members": with_cases(members, {row.account: row for row in rows if row.account in shown_here}, radius.hanging),
        "page": page,
        "radius": radius,
        "notes": found.notes.select_related("written_by").order_by("-pk"),
        "kept": found.kept.select_related("incident", "kept_by").order_by("-pk"),
        "measures": found.measures.select_related("proposed_by").order_by("-pk"),
        "events": timeline.about(request.user, found, found.members, found.notes),
        "note_form": NoteForm(actions=(reverse("desk:controller_note", args=[found.pk]),)),
        "decline_form": forms.ReasonForm(of="decline", actions=(reverse("desk:controller_decline", args=[found.pk]),)),
        "over_form": forms.ReasonForm(of="over", actions=(reverse("desk:controller_end", args=[found.pk]),)),
        "incident_form": forms.FromControllerForm(actions=(reverse("desk:controller_incident", args=[found.pk]),)),
        "reason": controlling.REASONS.get(found.proposal.reason, found.proposal.reason),
        "overlaps": overlapping.of([row.account for row in rows], without=found),
        "ended_pk": 0,
        "waiting": controller_waiting.of(found, request.user, filled.pop("members_form", None)),
    }
    return render(request, "desk/controller.html", facts | filled, status=status)


def with_cases(members: list[ControllerMember], rows: dict[int, Any], hanging: Any) -> list[dict[str, Any]]:
    """Each with the newest case of its organisation that was sent, what it is, and the edge on which alone it hangs."""
    sent = Case.objects.exclude(state=Case.State.DRAFT).filter(organisation__in={row.organisation_id for row in members})
    newest = {case.organisation_id: case for case in sent.order_by("pk")}
    return [
        {
            "member": row,
            "case": newest.get(row.organisation_id),
            "touched": rows.get(row.organisation_id),
            "hangs": row.ended_at is None and row.organisation_id in hanging,
            "tie": hanging.get(row.organisation_id),
        }
        for row in members
    ]


def tried(
    request: HttpRequest, found: Controller, form: django_forms.Form, verb: Callable[..., Any], done: str, **filled: Any
) -> HttpResponse:
    def again() -> HttpResponse:
        return shown(request, fetched(request, found.pk), status=UNPROCESSABLE, **filled)

    return acting.tried(request, form, verb, done, to=reverse("desk:controller", args=[found.pk]), again=again)


@staff(P.INCIDENT_WORK)
@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = fetched(request, pk), django_forms.Form(request.POST)
    done = _("Ruled. What speaks for it is kept as it stands now.")
    return tried(request, found, form, partial(controlling.take, found, by=request.user), done, take_form=form)


@staff(P.INCIDENT_WORK)
@require_POST
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = fetched(request, pk), forms.ReasonForm(request.POST, of="decline")
    return tried(request, found, form, partial(controlling.decline, found, by=request.user), _("Not ruled."), decline_form=form)


@staff(P.INCIDENT_WORK)
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = fetched(request, pk), forms.ReasonForm(request.POST, of="over")
    done = _("It has ended, and limits that its accounts shared are undone.")
    return tried(request, found, form, partial(freeing.end, found, by=request.user), done, over_form=form)


@staff(P.INCIDENT_WORK)
@require_POST
def note(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = fetched(request, pk), NoteForm(request.POST)
    return tried(request, found, form, partial(controlling.note, found, by=request.user), _("Noted."), note_form=form)


@staff(P.INCIDENT_WORK)
@require_POST
def incident(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = fetched(request, pk), forms.FromControllerForm(request.POST)
    if made := act(form, partial(controlling.open_incident, found, by=request.user)):
        messages.success(request, _("%(number)s is open, and what speaks for it is kept.") % {"number": made})
        return redirect("desk:incident", made.pk)
    return shown(request, fetched(request, pk), status=UNPROCESSABLE, incident_form=form)


@staff(P.INCIDENT_WORK)
@require_POST
def end_member(request: HttpRequest, pk: int, member: int) -> HttpResponse:
    found = fetched(request, pk)
    row = get_object_or_404(ControllerMember.objects.select_related("controller"), pk=member, controller=found)
    form = forms.ReasonForm(request.POST, of=f"end_{row.pk}")
    verb = partial(controlling.end_member, row, by=request.user)
    return tried(request, found, form, verb, _("Not of it any more."), end_form=form, ended_pk=row.pk)


@staff(P.NETWORK_VIEW)
@require_safe
def misses(request: HttpRequest) -> HttpResponse:
    """How often appeals found wrong what each family and type of signal had brought in, beside how often it brought any in."""
    acted, missed = MeasureMember.objects.exclude(placed_at=None), RuleMiss.objects.all()
    of_kind = (
        (_("By family"), _("Family"), "families", words.family),
        (_("By type of signal"), _("Type"), "types", words.titled),
    )
    brought, wrong = (partial(rows.values_list, of) for rows, of in ((acted, "organisation"), (missed, "member__organisation")))
    facts = {
        "kinds": [(title, head, counted(brought(name), wrong(name), called)) for title, head, name, called in of_kind],
        "misses": [
            (row, words.families(row.families))
            for row in missed.select_related("appeal__organisation", "member__measure").order_by("-pk")[:PAGE]
        ],
    }
    return render(request, "desk/rule_misses.html", facts)


def counted(acted: Any, missed: Any, called: Callable[[str], str]) -> list[tuple[str, int, int]]:
    """Of each code, in words, how many accounts it brought in, and how many of them wrongly; the most wrong first. An account
    counts once, however many measures were over it."""
    pairs = ({(account, code) for account, codes in rows for code in codes} for rows in (acted, missed))
    brought, wrong = (Counter(code for _account, code in those) for those in pairs)
    rows = [(called(code), brought[code], wrong[code]) for code in brought | wrong]
    return sorted(rows, key=lambda row: (-row[2], -row[1], row[0]))
