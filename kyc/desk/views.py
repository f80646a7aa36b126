"""The officer's face: the queue and the case page."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms as django_forms
from django.conf import settings
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import looking
from accounts.guards import staff
from accounts.models import Proposal
from accounts.permissions import Permission
from accounts.private_files import SHOWN, private_file
from accounts.refused import ReasonMissing, Refused
from accounts.vault import FileErased
from kyc.cases import actions, flags, judging, unseen
from kyc.cases.models import Case, Decision
from kyc.cases.outdated import Overtaken
from kyc.cases.pictures import picture_file
from kyc.desk import asking, forms, masking, owning, queue, standing, summary, using
from kyc.directives.resellers import actions as resellers
from kyc.evidence import actions as evidence
from kyc.evidence.intake import NotChecked
from kyc.evidence.models import Document
from kyc.keys import appeals, holds, leaks
from kyc.keys.models import Hold, Leak
from kyc.keys.secret import shortened
from kyc.parties import questionnaires, revealing
from kyc.parties.models import Party, Questionnaire
from kyc.screening import actions as screening
from kyc.screening.models import Hit

P = Permission


@staff(P.CASE_VIEW)
@require_safe
def cases(request: HttpRequest) -> HttpResponse:
    sought = request.GET.get("q", "")
    if shortened(sought) != sought:
        # A key that was pasted whole goes out of the address, too.
        asked = request.GET.copy()
        asked["q"] = shortened(sought)
        return redirect(f"{request.path}?{asked.urlencode()}")
    return render(request, "desk/queue.html", {"page": queue.page(request.user, request.GET), "estate": settings.ESTATE_FORMS})


@staff(P.DECISION_PROPOSE)
@require_POST
def next_case(request: HttpRequest) -> HttpResponse:
    found = queue.take_next(request.user)
    if found is None:
        messages.info(request, _("No case is waiting without an owner."))
        return redirect("desk:queue")
    messages.success(request, _("%(case)s is yours now.") % {"case": found})
    return redirect("desk:case", found.pk)


def fetched(request: HttpRequest, pk: int) -> Case:
    shown = Case.objects.shown_to(request.user).select_related("organisation", "owner")
    return get_object_or_404(shown, pk=pk)


@staff(P.CASE_VIEW)
@require_safe
def case(request: HttpRequest, pk: int) -> HttpResponse:
    return page(request, fetched(request, pk), tab_of(request))


def tab_of(request: HttpRequest) -> str:
    tab = request.GET.get("tab", "summary")
    if tab not in summary.TABS:
        raise Http404
    return tab


@staff(P.CASE_VIEW)
@require_safe
def live(request: HttpRequest, pk: int) -> HttpResponse:
    """What a page that shows the machine at work asks every two seconds: no answer while it shows all there is, another
    sentence, and in the end the parts that have changed."""
    found, tab = fetched(request, pk), tab_of(request)
    overtaken = Overtaken(found)
    told = summary.progress(found, tab, overtaken=overtaken)
    if told and told.is_running and told.mark == request.GET.get("seen"):
        return HttpResponse(status=204)
    if told and told.is_running:
        return render(request, "desk/live.html", {"case": found, "tab": tab, "progress": told})
    facts = summary.page(found, request.user, tab=tab, query={}, filled={}, overtaken=overtaken)
    return render(request, "desk/refreshed.html", facts)


@staff(P.CASE_VIEW)
@require_safe
def picture(request: HttpRequest, pk: int) -> HttpResponse:
    """Who owns the customer, as a file that can be laid beside others."""
    found = fetched(request, pk)
    structure = owning.of_case(found)
    if structure is None:
        raise Http404
    shown = structure.of(request.GET.get("regime", owning.ALL))
    return picture_file(shown, title=f"{shown.customer.name}, {found.number}", name=f"{found.number} owners.svg")


@staff(P.CUSTOMER_LOOK)
@require_POST
def look(request: HttpRequest, pk: int) -> HttpResponse:
    """To the customer's own pages, which are then shown to be read."""
    found, form = fetched(request, pk), forms.CustomerLookForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.missing["purpose"]))
        return page(request, found, "summary", status=422)
    looking.begin(request.session, found.organisation, case=found.pk, **form.cleaned_data, by=request.user)
    return redirect("onboarding:overview")


@staff(P.CUSTOMER_LOOK)
@require_POST
def look_stop(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetched(request, pk)
    looking.end(request.session, by=request.user)
    messages.success(request, _("You look no more."))
    return back(found.pk, "summary")


@staff(P.DECISION_PROPOSE)
@require_POST
def examine(request: HttpRequest, pk: int) -> HttpResponse:
    """Once more, after the machine has given up."""
    found, form = fetched(request, pk), django_forms.Form(request.POST)
    act = partial(actions.examine_again, found, by=request.user)
    return tried(request, found, form, act, done=_("The checks are asked for again."), tab="summary", examine_form=form)


def page(request: HttpRequest, found: Case, tab: str, *, status: int = 200, **filled: Any) -> HttpResponse:
    facts = summary.page(found, request.user, tab=tab, query=request.GET.dict(), filled=filled)
    return render(request, "desk/case.html", facts, status=status)


def back(pk: int, tab: str, place: str = "") -> HttpResponse:
    asked, fragment = (f"?tab={tab}" if tab != "summary" else ""), (f"#{place}" if place else "")
    return redirect(f"{reverse('desk:case', args=[pk])}{asked}{fragment}")


def tried(
    request: HttpRequest,
    found: Case,
    form: django_forms.Form,
    act: Callable[..., Any],
    *,
    done: str | Callable[[Any], str],
    tab: str,
    place: Callable[[], str] = str,
    **filled: Any,
) -> HttpResponse:
    """Does it with what the form says, tells `done`, words or what makes them of what came of it, and goes to the `place` on the
    tab where the work goes on; or shows the page again: why not in a sentence, and all that was typed."""
    if form.is_valid():
        try:
            came = act(**form.cleaned_data)
        except Refused as refused:
            field = getattr(refused, "field", None)
            form.add_error(field if field in form.fields else None, str(refused))
            if isinstance(refused, actions.NotNow):
                # The form belongs to the state that has passed, so the page does not show it any more.
                messages.info(request, str(refused))
        else:
            messages.success(request, done(came) if callable(done) else done)
            return back(found.pk, tab, place())
    found.refresh_from_db()
    return page(request, found, tab, status=422, **filled)


@staff(P.CASE_ASSIGN)
@require_POST
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = fetched(request, pk), forms.OwnerForm(request.POST)
    act = partial(actions.assign, found, by=request.user)
    return tried(request, found, form, act, done=_("Owner changed."), tab="summary", owner_form=form)


@staff(P.DECISION_PROPOSE)
@require_POST
def propose(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetched(request, pk)
    passed_over = unseen.of(found, by=request.user).sentences
    if "more" in request.POST:
        form = asking.form(found, request.POST, more=True, unseen=passed_over)
        return page(request, found, "summary", proposal_form=form)
    form = asking.form(found, request.POST, unseen=passed_over)
    act = partial(actions.propose, found, by=request.user)
    return tried(request, found, form, act, done=_("Proposed. Another person decides it."), tab="summary", proposal_form=form)


def read_decision(found: Case, number: str) -> Decision:
    """The proposal that was read, so that nobody takes one put in its place meanwhile."""
    decisions = found.decisions.select_related("proposal", "case")
    shown = decisions.filter(pk=int(number)).first() if number.isascii() and number.isdigit() and len(number) < 19 else None
    if shown is None:
        raise Http404
    return shown


def ended(request: HttpRequest, pk: int, act: Callable[..., object], done: str, form: django_forms.Form) -> HttpResponse:
    found = fetched(request, pk)
    act = partial(act, read_decision(found, request.POST.get("decision", "")), by=request.user)
    return tried(request, found, form, act, done=done, tab="summary", outcome_form=form)


@staff(P.DECISION_TAKE)
@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetched(request, pk)
    read = read_decision(found, request.POST.get("decision", ""))
    is_approval = read.proposal.choice == Decision.Choice.APPROVE
    passed_over = unseen.of(found, by=request.user).sentences if is_approval else []
    return ended(request, pk, actions.take, _("Decided."), forms.OutcomeForm(request.POST, unseen=passed_over))


@staff(P.DECISION_TAKE)
@require_POST
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    done = _("Sent back; the case is in review again.")
    return ended(request, pk, actions.decline, done, forms.SendBackForm(request.POST))


@staff(P.DECISION_PROPOSE)
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    done = _("Withdrawn; the case is in review again.")
    return ended(request, pk, actions.withdraw, done, django_forms.Form(request.POST))


@staff(P.HIT_RULE)
@require_POST
def rule(request: HttpRequest, pk: int, hit: int) -> HttpResponse:
    found = fetched(request, pk)
    target = get_object_or_404(Hit, pk=hit, organisation=found.organisation)
    form = forms.RulingForm(target, request.POST)
    act = partial(screening.rule, target, by=request.user)
    place = partial(next_match, found)
    return tried(request, found, form, act, done=said_of_ruling, tab="screening", place=place, ruling_form=form, ruled_pk=hit)


def next_match(case: Case) -> str:
    """The first that still waits for an officer's word, so that neither eye nor keyboard has to look for it."""
    waiting = Q(proposal__isnull=False, proposal__outcome="")
    left = Hit.objects.current().open().filter(organisation=case.organisation_id).exclude(waiting)
    first = left.order_by("-score", "pk").first()
    return f"hit-{first.pk}" if first else ""


def said_of_ruling(hit: Hit) -> str:
    return _("Ruled. A second person confirms it, and until then it is open.") if hit.waits else _("Ruled.")


def read_proposal(request: HttpRequest, **of: Hit) -> Proposal:
    """The ruling that was read, so that nobody confirms one put in its place meanwhile."""
    number = request.POST.get("proposal", "")
    is_number = number.isascii() and number.isdigit() and len(number) < 19
    found = Proposal.objects.filter(pk=int(number), **of).first() if is_number else None
    if found is None:
        raise Http404
    return found


def of_ruling(
    request: HttpRequest, pk: int, hit: int, act: Callable[..., object], done: str, *, noted: bool = True
) -> HttpResponse:
    found = fetched(request, pk)
    target = get_object_or_404(Hit, pk=hit, organisation=found.organisation)
    proposal = read_proposal(request, hit=target)
    form = forms.SecondForm(target, request.POST if noted else {})
    act = partial(act, proposal, by=request.user)

    def acted(note: str = "") -> object:
        return act(note=note) if noted else act()

    return tried(request, found, form, acted, done=done, tab="screening", second_form=form, ruled_pk=hit)


@staff(P.HIT_RULE)
@require_POST
def ruling_confirm(request: HttpRequest, pk: int, hit: int) -> HttpResponse:
    return of_ruling(request, pk, hit, screening.confirm, _("Confirmed."))


@staff(P.HIT_RULE)
@require_POST
def ruling_send_back(request: HttpRequest, pk: int, hit: int) -> HttpResponse:
    return of_ruling(request, pk, hit, screening.send_back, _("Sent back; the match is to be ruled on again."))


@staff(P.HIT_RULE)
@require_POST
def ruling_withdraw(request: HttpRequest, pk: int, hit: int) -> HttpResponse:
    return of_ruling(request, pk, hit, screening.withdraw, _("Withdrawn; the match is to be ruled on again."), noted=False)


@staff(P.EVIDENCE_JUDGE)
@require_POST
def rule_flag(request: HttpRequest, pk: int, signed: int, question: str) -> HttpResponse:
    """An officer's word on a red flag of what was signed."""
    found = fetched(request, pk)
    target = get_object_or_404(Questionnaire, pk=signed, organisation=found.organisation)
    if question not in dict(questionnaires.raised(target)):
        raise Http404
    form = using.FlagForm(question, request.POST)
    act = partial(flags.rule, target, question, by=request.user)
    return tried(request, found, form, act, done=_("Ruled."), tab="use", flag_form=form)


@staff(P.EVIDENCE_JUDGE)
@require_POST
def verify(request: HttpRequest, pk: int, party: int) -> HttpResponse:
    """What a document proves of the status of a party."""
    found = fetched(request, pk)
    target = get_object_or_404(Party.objects.current(), pk=party, organisation=found.organisation)
    form = standing.form(found, target, request.POST)
    act = partial(judging.verify, found, by=request.user)
    done = partial(standing.verified_by, target, by=request.user)
    return tried(request, found, form, act, done=done, tab="people", verify_form=form, verified_pk=party)


@staff(P.FIELD_REVEAL)
@require_POST
def reveal(request: HttpRequest, pk: int, party: int) -> HttpResponse:
    """The page again, with one identifier of one person in it, this once."""
    found, tab = fetched(request, pk), tab_of(request)
    target = get_object_or_404(Party, pk=party, organisation=found.organisation)
    form = masking.RevealForm(request.POST)
    if not form.is_valid():
        for sentence in dict.fromkeys(sentence for errors in form.errors.values() for sentence in errors):
            messages.error(request, sentence)
        return page(request, found, tab, status=422, reveal_form=form)
    revealing.reveal(target, **form.cleaned_data, by=request.user)
    return page(request, found, tab, revealed=(target.pk, form.cleaned_data["field"]))


@staff(P.FIELD_REVEAL)
@require_POST
def leak_reveal(request: HttpRequest, pk: int, leak: int) -> HttpResponse:
    """The keys again, with the place where one was found, this once."""
    found = fetched(request, pk)
    target = get_object_or_404(Leak.objects.select_related("key"), pk=leak, organisation=found.organisation)
    try:
        leaks.reveal(target, purpose=request.POST.get("purpose", ""), by=request.user)
    except ReasonMissing as refusal:
        messages.error(request, str(refusal))
        return page(request, found, "keys", status=422)
    return page(request, found, "keys", revealed_leak=target.pk)


@staff(P.HOLD_PLACE)
@require_POST
def hold_place(request: HttpRequest, pk: int) -> HttpResponse:
    found = fetched(request, pk)
    form = forms.HoldForm(found.organisation, request.POST)
    done = _("The hold is in force.")
    act = partial(holds.place, by=request.user)
    return tried(request, found, form, act, done=done, tab="keys", hold_form=form)


@staff(P.HOLD_PLACE)
@require_POST
def hold_lift(request: HttpRequest, pk: int, hold: int) -> HttpResponse:
    found = fetched(request, pk)
    target = get_object_or_404(Hold, pk=hold, organisation=found.organisation)
    form = forms.LiftForm(hold, request.POST)

    def act(*, reason: str) -> Hold:
        resellers.refuse_lifting(target)
        return appeals.lift(target, reason=reason, by=request.user)

    return tried(request, found, form, act, done=_("The hold is lifted."), tab="keys", lift_form=form, lift_pk=hold)


@staff(P.EVIDENCE_JUDGE)
@require_safe
def document(request: HttpRequest, pk: int, document: int) -> HttpResponse:
    """The file itself, to who works the case, shown in a sandbox or downloaded; every look is recorded."""
    return opened(request, fetched(request, pk), document, evidence.WORK, is_download="download" in request.GET)


@staff(P.DOCUMENT_VIEW)
@require_POST
def document_for(request: HttpRequest, pk: int, document: int) -> HttpResponse:
    """The same to who only reads the case, and says what for."""
    found, form = fetched(request, pk), forms.LookForm(request.POST)
    if not form.is_valid():
        get_object_or_404(Document, pk=document, organisation=found.organisation)
        messages.error(request, str(forms.LookForm.missing["purpose"]))
        return page(request, found, "documents", status=422)
    return opened(request, found, document, form.cleaned_data["purpose"], is_download="download" in request.POST)


def opened(request: HttpRequest, found: Case, document: int, purpose: str, *, is_download: bool) -> HttpResponse:
    row = get_object_or_404(Document, pk=document, organisation=found.organisation)
    shown = not is_download and row.content_type in SHOWN
    try:
        answer = private_file(row.file, name=row.name, content_type=row.content_type, shown=shown)
        evidence.look_at(row, purpose=purpose, downloaded=not shown, by=request.user)
    except (FileErased, NotChecked) as refused:
        messages.error(request, str(refused))
        return back(found.pk, "documents")
    return answer
