"""What the customer is, and who: a company, an institution, a trust, a state body, or a person for himself."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.models import Organisation
from kyc.keys import becoming
from kyc.onboarding import questions, steps
from kyc.onboarding.access import while_open
from kyc.onboarding.changing import Standing
from kyc.onboarding.customer_forms import FORMS, CustomerForm, IndividualForm, KindForm
from kyc.onboarding.pages import page, posted
from kyc.onboarding.placing import standing
from kyc.parties import actions as parties
from kyc.parties import attributes, profiles, statuses
from kyc.parties.models import Party, Profile
from kyc.parties.wording import is_latin

C = Profile.CustomerClass


@while_open("kind")
def kind(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    form = KindForm(posted(request), stands=chosen(profiles.of(organisation)))
    if form.acted(lambda: choose(request, organisation, form)):
        messages.success(request, _("Saved."))
        return redirect(steps.way(organisation).after("kind").url)
    return page(request, organisation, "kind", step="kind", form=form, known=parties.customer(organisation))


def chosen(profile: Profile | None) -> Standing:
    names = ("customer_class", "programme", "programme_run_by")
    return {name: getattr(profile, name) for name in names} if profile else {}


def choose(request: HttpRequest, organisation: Organisation, form: KindForm) -> None:
    with steps.editing(organisation, "kind"):
        form.compare(chosen(profiles.of(organisation)))
        becoming.become(organisation, **form.cleaned_data, by=request.user)


@while_open("company")
def company(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """About the customer itself, by its class."""
    customer_class, is_phone_asked = request.way.customer_class, request.way.is_foreign_data_asked
    form_class, found = FORMS[customer_class], parties.customer(organisation)
    known = request.user.name if customer_class == C.INDIVIDUAL else organisation.name
    initial = {"name" if is_latin(known) else "native_name": known}
    form = form_class(posted(request), initial=initial, stands=told(found, form_class), is_phone_asked=is_phone_asked)
    if form.acted(lambda: save(request, organisation, form)):
        messages.success(request, _("Saved."))
        questions.ask(request, organisation, form.saved)
        return redirect(steps.way(organisation).after("company").url)
    return page(request, organisation, "company", step="company", form=form)


def told(party: Party | None, form_class: type[CustomerForm]) -> Standing:
    if party is None:
        return {}
    asked = form_class.asks()
    told = {name: getattr(party, name) for name in asked if hasattr(party, name)}
    told |= {name: since for name, since in attributes.since_told(party).items() if name in asked}
    told |= standing(party, form_class.places)
    return {**told, "us_basis": statuses.basis_of(party)} if form_class is IndividualForm else told


def save(request: HttpRequest, organisation: Organisation, form: CustomerForm) -> None:
    typed = form.told
    with steps.editing(organisation, "company"):
        found = parties.customer(organisation)
        form.compare(told(found, type(form)))
        if found and "phone" not in typed:
            typed["phone"] = found.phone
        customer_class = profiles.customer_class(organisation)
        if customer_class == C.INDIVIDUAL:
            form.saved = parties.declare_individual(organisation, **typed, by=request.user)
        else:
            typed.setdefault("hq_country", typed["country"])
            form.saved = parties.declare_company(organisation, kind=profiles.KINDS[customer_class], **typed, by=request.user)
