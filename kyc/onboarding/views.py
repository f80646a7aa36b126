"""The customer's way from an account to what was decided."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import looking, members, organisations, scope, signals_left
from accounts.models import Organisation
from accounts.permissions import Permission
from kyc.cases import actions as cases
from kyc.cases import telling
from kyc.cases.models import Case, Entity
from kyc.keys import closing, feeding, pools, reassessing, renewals, sharing
from kyc.onboarding import doubted, left_out, questions, resale, restrictions, shown_keys, steps
from kyc.onboarding.access import customers_only, members_only, while_editable
from kyc.onboarding.changing import Page
from kyc.onboarding.closing import in_short as kept_in_short
from kyc.onboarding.documents import by_kind, sent_by
from kyc.onboarding.forms import OrganisationForm, SendForm
from kyc.onboarding.holdings import holdings
from kyc.onboarding.pages import page, posted
from kyc.onboarding.people import people_of
from kyc.onboarding.pictured import pictured
from kyc.onboarding.use import renewal
from kyc.onboarding.words import WORDS
from kyc.parties import actions as parties
from kyc.parties import agencies, profiles, questionnaires, statuses
from kyc.parties.models import PaymentMeans
from kyc.rules import packs


@require_safe
@login_required
def start(request: HttpRequest) -> HttpResponse:
    """Sends everyone to where their work is."""
    user = request.user
    if user.can(Permission.DECISION_PROPOSE):
        return redirect("desk:queue")
    if user.is_staff:
        pages = (
            (Permission.NETWORK_VIEW, "desk:networks"),
            (Permission.REPORT_VIEW, "reports:list"),
            (Permission.AUDIT_VIEW, "audit"),
            (Permission.CASE_VIEW, "desk:queue"),
        )
        return redirect(next((page for permission, page in pages if user.can(permission)), "mfa_index"))
    with scope.everything():
        is_member = organisations.organisation_of(user) is not None
    return redirect("onboarding:overview" if is_member else "onboarding:create")


@customers_only
def create(request: HttpRequest) -> HttpResponse:
    """The identification notice (FIN-13) before anything is asked; going on opens the case under the version shown."""
    organisation = request.organisation
    if organisation and not is_begun_anew(organisation):
        return redirect("onboarding:overview")
    version = packs.current().notice_version
    form_class = Page if organisation else OrganisationForm
    form = form_class(posted(request), initial={"your_name": request.user.name})
    is_read = request.method == "POST" and request.POST.get("notice") == version
    if is_read and form.acted(lambda: begin(request, organisation, form, version)):
        return redirect("onboarding:kind")
    context = {"form": form, "version": version, "notice": f"onboarding/notices/{version}.html"}
    if organisation is None:
        with scope.everything():
            context["invitations"] = list(members.for_whom(request.user))
    return render(request, "onboarding/create.html", context, status=422 if form.is_bound and form.errors else 200)


def is_begun_anew(organisation: Organisation) -> bool:
    """Nothing was begun yet, or the account was closed, and begins from here as if it were new."""
    case = steps.current_case(organisation)
    return case is None or (organisation.is_closed and closing.may_begin_anew(organisation)) or closing.waits_anew(organisation)


@transaction.atomic
def begin(request: HttpRequest, organisation: Organisation | None, form: Page, version: str) -> None:
    if organisation is None:
        own_name = organisations.named(form.cleaned_data["your_name"], limit=200, field="your_name")
        # Who comes for himself is an organisation of one.
        organisation = organisations.create(name=form.cleaned_data["name"] or own_name, by=request.user)
        scope.enter(organisation.pk)
        signals_left.at_founding(request, organisation, by=request.user)
        organisations.rename_member(request.user, name=own_name, by=request.user)
    elif organisation.is_closed:
        closing.reopen(organisation, by=request.user)
    cases.open_case(organisation, notice_version=version, locale=get_language() or "en", by=request.user)


@members_only
def overview(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """What is missing, why, until when, and what happens otherwise; or how it stands."""
    case = steps.current_case(organisation)
    if case is None or closing.waits_anew(organisation):
        return redirect("onboarding:create")
    entity = Entity.objects.live().filter(organisation=organisation).first()
    signed_at = case.reviews.signed_at if case.reviews else None
    restricted = [] if organisation.is_closed else restrictions.told(organisation)
    begun_at = case.submitted_at or signed_at or (case.opened_at if case.matched_id or case.lapses_id else None)
    return page(
        request,
        organisation,
        "overview",
        entity=entity,
        signed_at=signed_at,
        renewal=renewal(organisation) if entity and case.state == Case.State.APPROVED else None,
        answer_by=begun_at + timedelta(days=packs.current().days("decide")) if begun_at else None,
        refusal=refusal_of(case),
        use_hold=renewals.hold_of(organisation),
        change_hold=feeding.hold_of(organisation.pk),
        held=[] if organisation.is_closed else shown_keys.held(organisation),
        restricted=restricted,
        resale=[] if organisation.is_closed else resale.standing(organisation),
        stops=any(one["restriction"].hold_id for one in restricted),
        restrained=any(one["restriction"].is_of_keys for one in restricted),
        reached=[] if organisation.is_closed else [one for one in pools.standing(organisation) if one.is_reached],
        is_limited=not organisation.is_closed and sharing.stops(organisation),
        has_expired=entity is None and telling.was_verified(organisation),
        ends_soon=bool(entity and reassessing.ends_soon(entity)),
        looked=looking.told(organisation),
        asking=[] if organisation.is_closed else [row for row in agencies.asked_of(organisation) if not row.is_confirmed],
        may_begin_anew=closing.may_begin_anew(organisation),
        kept=kept_in_short(organisation),
        **({"steps": []} if organisation.is_closed else {}),
        **everything(organisation),
    )


def everything(organisation: Organisation) -> dict[str, object]:
    """What the customer has told and sent so far."""
    company = parties.customer(organisation)
    sent = by_kind(sent_by(organisation))
    documents = doubted.of(sent, company, doubted.words(sent))
    signed = questionnaires.current(organisation)
    return {
        "profile": profiles.of(organisation),
        "company": company,
        "people": people_of(organisation),
        "holdings": holdings(company),
        "left_out": left_out.claimed(organisation),
        **pictured(company),
        "us_grounds": statuses.grounds(organisation),
        "signed": signed,
        "answers": questionnaires.in_words(signed, get_language() or "en") if signed else [],
        "means": PaymentMeans.objects.live().filter(organisation=organisation).order_by("pk"),
        "documents": documents,
        "doubts": sum(1 for _document, doubt in documents if doubt),
    }


def refusal_of(case: Case) -> str:
    """What the officer wrote to the customer, never the note among officers."""
    decision = case.decisions.filter(proposal__outcome="taken").first() if case.state == Case.State.REFUSED else None
    return decision.message if decision else ""


@while_editable
def check(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """Everything that was told, with the way back to each, and the sending."""
    form = SendForm(posted(request), statement=WORDS[profiles.customer_class(organisation)]["true"])
    if form.acted(lambda: send(request, organisation, form)):
        messages.success(request, _("Sent. We write to you as soon as there is an answer."))
        return redirect("onboarding:overview")
    return page(
        request,
        organisation,
        "check",
        step="check",
        form=form,
        questions=questions.of(organisation),
        **everything(organisation),
    )


def send(request: HttpRequest, organisation: Organisation, form: SendForm) -> None:
    with steps.editing(organisation) as case:
        cases.submit(case, declared_true=form.cleaned_data["declared_true"], by=request.user)
