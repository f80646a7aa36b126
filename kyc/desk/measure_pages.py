"""What a measure would touch, before it is proposed; and a measure, with how far it has come, for investigators alone."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import staff
from accounts.models import Organisation
from accounts.permissions import Permission
from kyc.cases import items
from kyc.desk import acting, timeline
from kyc.desk import controller_forms as forms
from kyc.desk import network_words as words
from kyc.desk.acting import act
from kyc.desk.controllers import fetched as fetched_controller
from kyc.desk.queue import Part
from kyc.networks import measures, measuring, overlapping, touched
from kyc.networks.measure_models import Measure, MeasureMember
from kyc.networks.measures import Radius, Touched

P, S, M = Permission, Measure.State, MeasureMember.State
UNPROCESSABLE = 422
TONES = {S.PROPOSED: "warn", S.TAKEN: "bad", S.DECLINED: "neutral", S.UNDONE: "neutral"}
OF_ROW = {
    M.PLACED: "bad", M.WAITING: "info", M.UNDOING: "info", M.FAILED: "bad", M.STUCK: "bad", M.OVERTURNED: "good",
    M.UNDONE: "good", M.LIFTED: "good",
}  # fmt: skip
# Of which something stands.
IN_FORCE = (M.PLACED, M.UNDOING, M.STUCK)
# An account whose row may still be taken out of it alone.
STANDS = (M.PLANNED, M.WAITING, M.PLACED, M.FAILED, M.STUCK)


@staff(P.INCIDENT_WORK)
def new(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetched_controller(request, pk)
    members = found.members.live().select_related("organisation").order_by("organisation__name", "organisation")
    everybody = [row.organisation for row in members]
    rows, ties = touched.rows(everybody), touched.ties(everybody)
    radius = measures.radius(rows, ties)
    organisations = first_look(everybody, rows, radius)
    is_looked_at = "look" in request.POST
    is_sent = request.method == "POST" and not is_looked_at
    form = forms.MeasureForm(
        request.POST if is_sent else None,
        organisations=organisations,
        actions=() if is_sent or is_looked_at else (request.path,),
        initial=typed(request.POST) if is_looked_at else None,
    )
    if is_sent and (made := act(form, partial(measuring.propose, found, by=request.user))):
        messages.success(
            request, _("%(number)s is proposed. Nothing happens until another investigator takes it.") % {"number": made}
        )
        return redirect("desk:measure", made.pk)
    of_account, known = {row.account: row for row in rows}, overlapping.done([one.pk for one in everybody])
    facts = {
        "controller": found,
        "form": form,
        "parts": in_columns(touched.parted(rows, ties, form.stages())),
        "rows": [
            {"touched": of_account[account], "without": without, "later": later, "hangs": account in radius.hanging,
             "tie": radius.hanging.get(account), "done": known.get(account, [])}
            for account, without, later in form.rows()
        ],
        "more": max(0, len(organisations) - forms.BOXES),
    }  # fmt: skip
    return render(request, "desk/measure_form.html", facts, status=UNPROCESSABLE if is_sent else 200)


def typed(data: QueryDict) -> dict[str, Any]:
    """What was filled in by now, to be filled in again without being judged."""
    return {name: values if name in {*forms.OF_ROWS, "items"} else values[-1] for name, values in data.lists()}


def in_columns(parts: dict[str, Radius]) -> dict[str, Any]:
    """Each count with how many of the whole, the first part, the rest and who is left out."""
    heads = {"whole": _("In all"), "first": _("First part"), "rest": _("The rest"), "left_out": _("Left out")}
    lines = {
        "accounts": _("Accounts"), "keys": _("Live keys"), "paying": _("Paying"), "verified": _("Verified"),
        "used": _("Used in 7 days"), "requests": _("Requests in 7 days"), "people": _("People who answer for keys"),
        "hanging": _("Held by one edge or none"),
    }  # fmt: skip
    told = {part: parts[part].told for part in heads}
    return {
        "heads": list(heads.values()),
        "lines": [(label, [(head, told[part][name]) for part, head in heads.items()]) for name, label in lines.items()],
    }


def first_look(organisations: list[Organisation], rows: list[Touched], radius: Radius) -> list[Organisation]:
    """Those first that hang on one edge, then by what they used: of thousands only the first have boxes."""
    order = {row.account: place for place, row in enumerate(rows)}
    return sorted(organisations, key=lambda one: (one.pk not in radius.hanging, order[one.pk]))


def fetched(request: HttpRequest, pk: int) -> Measure:
    """Whoever sees the controller sees it."""
    found = get_object_or_404(
        Measure.objects.select_related("controller", "proposed_by", "proposal__outcome_by", "undone_by"), pk=pk
    )
    fetched_controller(request, found.controller_id)
    return found


@staff(P.NETWORK_VIEW)
@require_safe
def measure(request: HttpRequest, pk: int) -> HttpResponse:
    return shown(request, fetched(request, pk))


def shown(request: HttpRequest, found: Measure, *, status: int = 200, **filled: Any) -> HttpResponse:
    every = found.members.select_related("organisation", "case", "restriction", "spared_by").order_by(
        "stage", "organisation__name", "pk"
    )
    page = Part.of(request.GET, every)
    # Whoever is asked about again stands there too, on whatever page he was.
    members = page.rows + list(every.filter(pk=filled.get("spared_pk", 0)).exclude(pk__in=[row.pk for row in page.rows]))
    counts = dict(found.members.order_by().values_list("state").annotate(n=Count("pk")))
    whole = sum(n for state, n in counts.items() if state != M.LEFT_OUT)
    facts = {
        "measure": found,
        "tone": TONES[S(found.state)],
        "may_work": request.user.can(P.INCIDENT_WORK),
        "is_own": found.proposed_by_id == request.user.pk,
        "reason": measuring.REASONS.get(found.proposal.reason, found.proposal.reason),
        "rows": [
            {
                "member": row,
                "tone": OF_ROW.get(M(row.state), "neutral"),
                "stands": row.state in STANDS,
                "families": words.families(row.families),
            }
            for row in members
        ],
        "items": [items.ITEMS[code].label for code in found.items],
        "page": page,
        "counts": [(M(state).label, n) for state, n in sorted(counts.items())],
        "in_force": sum(counts.get(state, 0) for state in IN_FORCE),
        "whole": whole,
        "is_moving": bool(counts.get(M.WAITING) or counts.get(M.UNDOING)),
        "failed": counts.get(M.FAILED, 0) + counts.get(M.STUCK, 0),
        "has_rest": found.members.filter(stage=2, state=M.PLANNED).exists(),  # the second part
        "events": timeline.about(request.user, found, found.members),
        "decline_form": forms.ReasonForm(of="decline", actions=(reverse("desk:measure_decline", args=[found.pk]),)),
        "undo_form": forms.ReasonForm(of="undo", actions=(reverse("desk:measure_undo", args=[found.pk]),)),
        "spared_pk": 0,
    }
    return render(request, "desk/measure.html", facts | filled, status=status)


def tried(
    request: HttpRequest, found: Measure, form: django_forms.Form, verb: Callable[..., Any], done: str, **filled: Any
) -> HttpResponse:
    def again() -> HttpResponse:
        return shown(request, fetched(request, found.pk), status=UNPROCESSABLE, **filled)

    return acting.tried(request, form, verb, done, to=reverse("desk:measure", args=[found.pk]), again=again)


@staff(P.INCIDENT_WORK)
@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = fetched(request, pk), django_forms.Form(request.POST)
    return tried(
        request, found, form, partial(measuring.take, found, by=request.user), _("Taken. It is carried out."), take_form=form
    )


@staff(P.INCIDENT_WORK)
@require_POST
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = fetched(request, pk), forms.ReasonForm(request.POST, of="decline")
    return tried(request, found, form, partial(measuring.decline, found, by=request.user), _("Declined."), decline_form=form)


@staff(P.INCIDENT_WORK)
@require_POST
def release(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = fetched(request, pk), django_forms.Form(request.POST)
    return tried(request, found, form, partial(measuring.release, found, by=request.user), _("The rest follows."), take_form=form)


@staff(P.INCIDENT_WORK)
@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = fetched(request, pk), django_forms.Form(request.POST)
    return tried(request, found, form, partial(measuring.retry, found, by=request.user), _("It is tried again."), take_form=form)


@staff(P.INCIDENT_WORK)
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = fetched(request, pk), forms.ReasonForm(request.POST, of="undo")
    done = _("It is undone: what it placed is lifted, account by account.")
    return tried(request, found, form, partial(measuring.undo, found, by=request.user), done, undo_form=form)


@staff(P.INCIDENT_WORK)
@require_POST
def spare(request: HttpRequest, pk: int, member: int) -> HttpResponse:
    found = fetched(request, pk)
    row = get_object_or_404(MeasureMember.objects.select_related("measure"), pk=member, measure=found)
    form = forms.ReasonForm(request.POST, of=f"spare_{row.pk}")
    verb = partial(measuring.spare, row, by=request.user)
    return tried(request, found, form, verb, _("It is lifted from this account."), spare_form=form, spared_pk=row.pk)
