"""Who sells access on: the register by its clocks, one reseller with its agreement, assessments and traffic, and keys that may be
resold by somebody who has not said so."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef, Prefetch
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
from kyc.cases.models import Case
from kyc.desk import timeline
from kyc.desk.acting import act
from kyc.desk.directive_forms import ReasonForm
from kyc.desk.queue import Tab, known_or
from kyc.desk.reseller_forms import AssessForm, EndForm, NewForm, ResolveForm, TermsForm
from kyc.directives.resellers import actions, traffic
from kyc.directives.resellers.actions import Terms
from kyc.directives.resellers.models import Reseller, ResellerAssessment
from kyc.rules import packs

P = Permission
PAGE = 500
UNPROCESSABLE = 422
TABS: dict[str, Promise] = {
    "live": gettext_lazy("Sell access on"), "over": gettext_lazy("No more"), "undeclared": gettext_lazy("To be asked"),
}  # fmt: skip
COLUMNS = (
    gettext_lazy("Reseller"), gettext_lazy("Agreement"), gettext_lazy("Programme"), gettext_lazy("Its customers"),
    gettext_lazy("Last assessed"), gettext_lazy("State"),
)  # fmt: skip
ASKED = (gettext_lazy("Customer"), gettext_lazy("Key"), gettext_lazy("End users"), gettext_lazy("Requests"))
TONES = {"open": "warn", "held": "bad", "complies": "good", "resolved": "good"}
TERMS = tuple(TermsForm.base_fields)


@staff(P.RESELLER_VIEW)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    here = known_or(request.GET.get("tab", ""), TABS, "live")
    standing = ResellerAssessment.objects.standing().filter(reseller=OuterRef("pk"))
    rows = Reseller.objects.filter(ended_on__isnull=here != "over").annotate(is_failing=Exists(standing))
    newest = Prefetch("assessments", ResellerAssessment.objects.order_by("-assessed_on", "-pk"))
    shown = rows.select_related("organisation").prefetch_related(newest).order_by("-is_failing", "organisation__name")
    facts = {
        "tabs": [Tab(label, f"?tab={tab}", tab == here, None) for tab, label in TABS.items()],
        "here": here,
        "rows": [] if here == "undeclared" else [told(row) for row in shown[:PAGE]],
        "undeclared": traffic.undeclared() if here == "undeclared" else [],
        "columns": [{"label": label} for label in (ASKED if here == "undeclared" else COLUMNS)],
        "least": packs.current().reselling("end_users"),
        "days": packs.current().reselling("use_days"),
        "basis": basis(),
        "may_work": request.user.can(P.RESELLER_WORK),
    }
    return render(request, "desk/resellers.html", facts)


def told(row: Reseller) -> dict[str, Any]:
    assessments = list(row.assessments.all())
    standing = sorted((one for one in assessments if one.state in ("open", "held")), key=lambda one: str(one.due_on))
    worst = next((one for one in standing if one.state == "held"), standing[0] if standing else None)
    return {"reseller": row, "last": assessments[0] if assessments else None, "worst": worst} | state(row, worst)


def state(row: Reseller, worst: ResellerAssessment | None) -> dict[str, Any]:
    if worst is not None:
        return {"tone": "bad" if worst.is_late else TONES[worst.state], "words": worst.get_state_display()}
    if row.ended_on:
        return {"tone": "neutral", "words": _("Sells access on no more")}
    if row.lacks_agreement:
        return {"tone": "warn", "words": _("No agreement covers today")}
    if row.programme == Reseller.Programme.NONE:
        return {"tone": "warn", "words": _("No programme shown")}
    return {"tone": "good", "words": _("In order")}


def basis() -> dict[str, str]:
    """What asks for it, with its legal status today."""
    return packs.current().legal_basis("iaas-cip", str(timezone.localdate()))


@staff(P.RESELLER_WORK)
def new(request: HttpRequest) -> HttpResponse:
    is_sent = request.method == "POST"
    form = NewForm(request.POST if is_sent else None, actions=() if is_sent else (request.path,))
    if is_sent and (made := act(form, partial(entered, request))):
        messages.success(request, _("%(number)s is in the register.") % {"number": made})
        return redirect("desk:reseller", made.pk)
    return render(request, "desk/reseller_new.html", {"form": form}, status=UNPROCESSABLE if is_sent else 200)


def entered(request: HttpRequest, *, customer: Any, place: str) -> Reseller:
    if found := Reseller.objects.live().filter(organisation=customer).first():
        raise actions.BadReseller("customer", _("It is in the register already: %(number)s.") % {"number": found})
    return actions.enter(customer, Terms(place=place, programme=Reseller.Programme.NONE), by=request.user)


def fetched(pk: int) -> Reseller:
    rows = Reseller.objects.select_related("organisation", "agreement", "programme_copy", "made_by")
    return get_object_or_404(rows, pk=pk)


@staff(P.RESELLER_VIEW)
@require_safe
def reseller(request: HttpRequest, pk: int) -> HttpResponse:
    return shown(request, fetched(pk))


def shown(request: HttpRequest, found: Reseller, *, status: int = 200, **filled: Any) -> HttpResponse:
    organisation = found.organisation
    people = ("made_by", "proposal__proposed_by")
    assessments = list(found.assessments.select_related(*people).order_by("-assessed_on", "-pk"))
    worst = next((one for one in assessments if one.state == "held"), None)
    worst = worst or next((one for one in assessments if one.state == "open"), None)
    facts: dict[str, Any] = {
        "reseller": found,
        **state(found, worst),
        "assessments": [acted(request, one) for one in assessments],
        "case": Case.objects.sent().filter(organisation=organisation).order_by("-pk").first(),
        "covered": traffic.covered(organisation),
        "keys": traffic.by_key(organisation),
        "days": packs.current().reselling("use_days"),
        "downstream": [{"country": code, "count": count, "verified": ok} for code, (count, ok) in found.downstream.items()],
        "basis": basis(),
        "events": timeline.about(request.user, found, found.assessments.all()),
        "may_work": request.user.can(P.RESELLER_WORK) and not found.ended_on,
        "form": TermsForm(initial={name: getattr(found, name) for name in TERMS}, organisation=organisation),
        "assess_form": AssessForm(auto_id="assess_%s"),
        "end_form": EndForm(auto_id="end_%s"),
    }
    return render(request, "desk/reseller.html", facts | filled, status=status)


def acted(request: HttpRequest, one: ResellerAssessment, **filled: Any) -> dict[str, Any]:
    """An assessment, and what this officer can do with it."""
    is_own = one.proposal is not None and one.proposal.proposed_by_id == request.user.pk
    return {
        "one": one,
        "tone": "bad" if one.is_late else TONES[one.state],
        "is_own": is_own,
        "reason": actions.REASONS[one.proposal.reason] if one.proposal else "",
        "may_take": one.waits and not is_own and request.user.can(P.DECISION_TAKE),
        "may_resolve": one.state in ("open", "held") and not one.waits and request.user.can(P.RESELLER_WORK),
        "resolve_form": ResolveForm(auto_id=f"resolve_{one.pk}_%s"),
        "decline_form": ReasonForm(auto_id=f"decline_{one.pk}_%s"),
    } | filled


def tried(request: HttpRequest, pk: int, sent: Any, verb: Callable[..., Any], sentence: str, **filled: Any) -> HttpResponse:
    if act(sent, verb):
        messages.success(request, sentence)
        return redirect("desk:reseller", pk)
    return shown(request, fetched(pk), status=UNPROCESSABLE, **filled)


@staff(P.RESELLER_WORK)
@require_POST
def change(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetched(pk)
    form = TermsForm(request.POST, organisation=found.organisation)
    verb: Callable[..., Any] = lambda **_data: actions.change(found, form.terms, by=request.user)  # noqa: E731
    return tried(request, pk, form, verb, _("Saved."), form=form)


@staff(P.RESELLER_WORK)
@require_POST
def assess(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = fetched(pk), AssessForm(request.POST, auto_id="assess_%s")

    def verb(*, outcome: str, **data: Any) -> ResellerAssessment:
        return actions.assess(found, complies=outcome == "complies", by=request.user, **data)

    return tried(request, pk, form, verb, _("Recorded."), assess_form=form)


@staff(P.RESELLER_WORK)
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    form = EndForm(request.POST, auto_id="end_%s")
    return tried(request, pk, form, partial(actions.end, fetched(pk), by=request.user), _("Recorded."), end_form=form)


def assessment_of(pk: int) -> ResellerAssessment:
    return get_object_or_404(ResellerAssessment, pk=pk)


def refused_form(request: HttpRequest, found: ResellerAssessment, **filled: Any) -> list[dict[str, Any]]:
    """The assessments of the page, one of them with its form as it was sent."""
    rows = found.reseller.assessments.select_related("made_by", "proposal__proposed_by").order_by("-assessed_on", "-pk")
    return [acted(request, one, **(filled if one.pk == found.pk else {})) for one in rows]


@staff(P.RESELLER_WORK)
@require_POST
def resolve(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = assessment_of(pk), ResolveForm(request.POST, auto_id=f"resolve_{pk}_%s")
    if act(form, partial(actions.propose_resolved, found, by=request.user)):
        return done(request, found, _("Another officer has to confirm it. Until then its clock runs."))
    return again(request, found, assessments=refused_form(request, found, resolve_form=form))


@staff(P.DECISION_TAKE)
@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    found = assessment_of(pk)
    try:
        actions.take_resolved(found, by=request.user)
    except Refused as refused:
        return again(request, found, refused=str(refused))
    return done(request, found, _("Resolved: its clock has ended."))


@staff(P.RESELLER_WORK)
@require_POST
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = assessment_of(pk), ReasonForm(request.POST, auto_id=f"decline_{pk}_%s")
    if act(form, partial(actions.decline_resolved, found, by=request.user)):
        return done(request, found, _("Sent back. Its clock runs on."))
    return again(request, found, assessments=refused_form(request, found, decline_form=form))


def done(request: HttpRequest, found: ResellerAssessment, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return redirect("desk:reseller", found.reseller_id)


def again(request: HttpRequest, found: ResellerAssessment, **filled: Any) -> HttpResponse:
    return shown(request, fetched(found.reseller_id), status=UNPROCESSABLE, **filled)
