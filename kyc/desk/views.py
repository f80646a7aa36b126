"""The officer's face: the queue and the case page."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts import audit
from accounts.guards import staff
from accounts.models import AuditEvent
from accounts.permissions import Permission
from accounts.refused import Refused
from kyc.cases import actions
from kyc.cases.models import Case, Decision, Examination
from kyc.cases.obstacles import obstacles
from kyc.desk import forms, queue
from kyc.evidence.models import Document
from kyc.keys import holds
from kyc.keys.models import Hold, Key
from kyc.ownership.models import Determination, Interest
from kyc.parties.models import Party
from kyc.risk.models import Score
from kyc.screening import actions as screening
from kyc.screening.models import Hit, ListEntry

P = Permission
TABS = (
    ("summary", gettext_lazy("Summary")),
    ("people", gettext_lazy("People and ownership")),
    ("documents", gettext_lazy("Documents")),
    ("screening", gettext_lazy("Screening")),
    ("risk", gettext_lazy("Risk")),
    ("keys", gettext_lazy("Keys")),
    ("timeline", gettext_lazy("Timeline")),
)


@staff(P.CASE_VIEW)
def cases(request: HttpRequest) -> HttpResponse:
    return render(request, "desk/queue.html", {"page": queue.page(request.user, request.GET), "q": request.GET.get("q", "")})


@require_POST
@staff(P.CASE_ASSIGN)
def next_case(request: HttpRequest) -> HttpResponse:
    found = queue.next_unassigned(request.user)
    if found is None:
        messages.info(request, _("No case is waiting without an owner."))
        return redirect("desk:queue")
    if request.user.can(P.DECISION_PROPOSE):
        actions.assign(found, to=request.user, by=request.user)
    return redirect("desk:case", found.pk)


def fetched(request: HttpRequest, pk: int) -> Case:
    shown = Case.objects.visible_to(request.user).exclude(state=Case.State.DRAFT)
    return get_object_or_404(shown.select_related("organisation", "owner"), pk=pk)


@staff(P.CASE_VIEW)
def case(request: HttpRequest, pk: int, proposal: forms.ProposalForm | None = None, status: int = 200) -> HttpResponse:
    found = fetched(request, pk)
    tab = request.GET.get("tab", "summary")
    if tab not in dict(TABS):
        raise Http404
    return render(request, "desk/case.html", described(request, found, tab, proposal), status=status)


def described(request: HttpRequest, found: Case, tab: str, proposal: forms.ProposalForm | None) -> dict[str, Any]:
    organisation = found.organisation
    examination = found.examinations.filter(state=Examination.State.DONE).order_by("-pk").first()
    parties = Party.objects.current().filter(organisation=organisation).prefetch_related("roles").order_by("pk")
    decision = found.decisions.select_related("proposal__proposed_by", "proposal__outcome_by").first()
    hits = Hit.objects.filter(organisation=organisation, party__removed_on__isnull=True).select_related(
        "party", "list_version", "ruled_by"
    )
    entries = {(e.version_id, e.entry_id): e for e in ListEntry.objects.filter(entry_id__in=[h.entry_id for h in hits])}
    verdicts = Determination.objects.filter(examination_id=examination.pk if examination else 0).select_related("party")
    return {
        "case": found,
        "organisation": organisation,
        "tab": tab,
        "tabs": TABS,
        "examination": examination,
        "findings": examination.findings.order_by("pk") if examination else [],
        "score": Score.objects.filter(organisation=organisation).prefetch_related("factors").order_by("-pk").first(),
        "parties": parties,
        "customer": next((p for p in parties if any(r.kind == "customer" and r.valid_to is None for r in p.roles.all())), None),
        "interests": Interest.objects.live().filter(organisation=organisation).select_related("owner", "owned").order_by("pk"),
        "verdicts": verdicts.order_by("regime", "pk"),
        "blocked": {v.party_id for v in verdicts if v.regime == "ofac-50" and v.verdict == "yes"},
        "documents": Document.objects.current().filter(organisation=organisation).order_by("pk"),
        "hits": [(hit, entries.get((hit.list_version_id, hit.entry_id))) for hit in hits.order_by("ruling", "-score")],
        "open_hits": sum(1 for hit in hits if not hit.ruling),
        "keys": Key.objects.filter(organisation=organisation).select_related("responsible", "project").order_by("-pk"),
        "holds": Hold.objects.filter(organisation=organisation).select_related("placed_by", "lifted_by", "key").order_by("-pk"),
        "events": AuditEvent.objects.filter(organisation_id=organisation.pk).order_by("-pk")[:200],
        "decision": decision,
        "stops": obstacles(found) if found.state in {Case.State.REVIEW, Case.State.PROPOSED} else [],
        "proposal_form": proposal or forms.ProposalForm(),
        "outcome_form": forms.OutcomeForm(),
        "ruling_form": forms.RulingForm(),
        "owner_form": forms.OwnerForm(initial={"owner": found.owner_id}),
        "may": {permission.value: request.user.can(permission) for permission in P},
        "own_proposal": bool(decision and decision.proposal.proposed_by_id == request.user.pk),
    }


def tried(request: HttpRequest, pk: int, done: str, act: Any, tab: str = "") -> HttpResponse:
    """Does it, or says in a sentence why not."""
    try:
        act()
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, done)
    response = redirect("desk:case", pk)
    if tab:
        response["Location"] += f"?tab={tab}"
    return response


@require_POST
@staff(P.CASE_ASSIGN)
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetched(request, pk)
    form = forms.OwnerForm(request.POST)
    if not form.is_valid():
        raise Http404
    return tried(request, pk, _("Owner changed."), lambda: actions.assign(found, to=form.cleaned_data["owner"], by=request.user))


@require_POST
@staff(P.DECISION_PROPOSE)
def propose(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetched(request, pk)
    form = forms.ProposalForm(request.POST)
    if form.is_valid():
        try:
            actions.propose(found, **form.cleaned_data, by=request.user)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Proposed. Another person decides it."))
            return redirect("desk:case", pk)
    return render(request, "desk/case.html", described(request, found, "summary", form), status=422)


def open_decision(found: Case) -> Decision:
    return get_object_or_404(found.decisions.select_related("proposal"), proposal__outcome="")


@require_POST
@staff(P.DECISION_TAKE)
def take(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetched(request, pk)
    note = request.POST.get("note", "")[:2000]
    return tried(request, pk, _("Decided."), lambda: actions.take(open_decision(found), note=note, by=request.user))


@require_POST
@staff(P.DECISION_TAKE)
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetched(request, pk)
    note = request.POST.get("note", "")[:2000]
    return tried(
        request,
        pk,
        _("Declined; the case is back in review."),
        lambda: actions.decline(open_decision(found), note=note, by=request.user),
    )


@require_POST
@staff(P.DECISION_PROPOSE)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetched(request, pk)
    return tried(request, pk, _("Withdrawn."), lambda: actions.withdraw(open_decision(found), by=request.user))


@require_POST
@staff(P.HIT_RULE)
def rule(request: HttpRequest, pk: int, hit: int) -> HttpResponse:
    found = fetched(request, pk)
    target = get_object_or_404(Hit, pk=hit, organisation=found.organisation)
    form = forms.RulingForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a reason for the ruling."))
        return redirect(f"{request.path.split('/hits/')[0]}/?tab=screening")
    return tried(request, pk, _("Ruled."), lambda: screening.rule(target, **form.cleaned_data, by=request.user), tab="screening")


@require_POST
@staff(P.HOLD_PLACE)
def hold_place(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetched(request, pk)
    key = (
        get_object_or_404(Key, pk=request.POST["key"], organisation=found.organisation)
        if request.POST.get("key", "").isdigit()
        else None
    )
    target: dict[str, Any] = {"key": key} if key else {"organisation": found.organisation}
    reason = request.POST.get("reason", "")[:1000]
    return tried(
        request, pk, _("The hold is in force."), lambda: holds.place(**target, reason=reason, by=request.user), tab="keys"
    )


@require_POST
@staff(P.HOLD_PLACE)
def hold_lift(request: HttpRequest, pk: int, hold: int) -> HttpResponse:
    found = fetched(request, pk)
    target = get_object_or_404(Hold, pk=hold, organisation=found.organisation)
    reason = request.POST.get("reason", "")[:1000]
    return tried(request, pk, _("The hold is lifted."), lambda: holds.lift(target, reason=reason, by=request.user), tab="keys")


@staff(P.CASE_VIEW)
def document(request: HttpRequest, pk: int, document: int) -> HttpResponse:
    """The file itself, shown in a sandbox; every look is audited."""
    found = fetched(request, pk)
    row = get_object_or_404(Document, pk=document, organisation=found.organisation)
    with transaction.atomic():
        audit.record("document.viewed", target=row, by=request.user)
    response = FileResponse(row.file.open(), filename=row.name, content_type=row.content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"
    return response
