"""What the customer is, and who: a company, an institution, a trust, a state body, or a person for himself."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organisation
from accounts.refused import Refused
from kyc.cases.completeness import is_foreign_data_asked
from kyc.keys import becoming
from kyc.onboarding import steps
from kyc.onboarding.access import while_open
from kyc.onboarding.changing import Changing, Standing
from kyc.onboarding.fields import BirthDate, Country, NativeName, Text, UsBasis, only_with
from kyc.onboarding.pages import page, posted
from kyc.parties import actions as parties
from kyc.parties import profiles, statuses
from kyc.parties.models import Party, Profile

C = Profile.CustomerClass
P = Profile.Programme
PHONE_HELP = gettext_lazy("With the country code, such as +47 77 00 00 00.")


class KindForm(Changing):
    customer_class = forms.ChoiceField(
        label=gettext_lazy("You are"),
        choices=C.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose what you are."),
            "invalid_choice": gettext_lazy("Choose what you are."),
        },
    )
    # Offered only once it is needed.
    start_over = forms.BooleanField(
        label=gettext_lazy("Yes, whom we have named leaves, and we begin anew"), required=False, widget=forms.HiddenInput
    )
    programme = forms.ChoiceField(
        label=gettext_lazy("You come to us through"),
        choices=[*((kind.value, kind.label) for kind in P if kind != P.NONE), (P.NONE.value, P.NONE.label)],
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose one, or “None of these”."),
            "invalid_choice": gettext_lazy("Choose one, or “None of these”."),
        },
    )
    programme_run_by = only_with(
        Text(
            label=gettext_lazy("Who runs it"),
            help_text=gettext_lazy("Only if it is one of these: the school, the fund, the reseller."),
        ),
        "programme",
        *(kind.value for kind in P if kind != P.NONE),
    )

    def refused(self, refusal: Refused, field: str | None) -> None:
        super().refused(refusal, field)
        if isinstance(refusal, becoming.StartsOver):
            self.fields["start_over"].widget = forms.CheckboxInput()


class CustomerForm(Changing):
    """What every customer tells of itself; the order is that of the fields' names here."""

    field_order = (
        "name", "native_name", "legal_form", "registration_number", "lei", "country", "hq_country", "birth_date", "us_basis",
        "address", "phone", "domain",
    )  # fmt: skip
    name = Text(label=gettext_lazy("Full legal name"), help_text=gettext_lazy("As it stands in the register."))
    native_name = NativeName()
    address = Text(
        label=gettext_lazy("Address of the headquarters"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Where people work, not a post box."),
    )
    phone = Text(
        label=gettext_lazy("Telephone"),
        max_length=40,
        help_text=PHONE_HELP,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )

    def __init__(self, *args: Any, is_phone_asked: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_phone_asked:
            del self.fields["phone"]


class EntityForm(CustomerForm):
    domain = Text(
        label=gettext_lazy("Web domain"), max_length=253, required=False, help_text=gettext_lazy("Such as example.com.")
    )
    lei = Text(
        label=gettext_lazy("LEI"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("The legal entity identifier, if you have one: 20 letters and digits."),
    )


class CompanyForm(EntityForm):
    legal_form = Text(
        label=gettext_lazy("Legal form"), max_length=100, help_text=gettext_lazy("Such as AS, GmbH, Ltd, Inc., 有限公司.")
    )
    registration_number = Text(label=gettext_lazy("Registration number"), max_length=100)
    country = Country(label=gettext_lazy("Country in which it was formed"))
    hq_country = Country(
        label=gettext_lazy("Country of its headquarters"),
        help_text=gettext_lazy("From where it is run, also if that is the same."),
    )


class InstitutionForm(CompanyForm):
    legal_form = Text(
        label=gettext_lazy("Legal form"),
        max_length=100,
        help_text=gettext_lazy("Such as public university, foundation, association."),
    )
    registration_number = Text(
        label=gettext_lazy("Registration number"),
        max_length=100,
        help_text=gettext_lazy("In the register of companies, foundations or universities."),
    )


class TrustForm(EntityForm):
    name = Text(label=gettext_lazy("Name of the trust"), help_text=gettext_lazy("As it stands in the deed."))
    registration_number = Text(
        label=gettext_lazy("Registration number"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Where trusts are registered."),
    )
    country = Country(label=gettext_lazy("Country under whose law it stands"))
    hq_country = Country(label=gettext_lazy("Country from which it is administered"))
    address = Text(
        label=gettext_lazy("Address from which it is administered"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )


class StateBodyForm(EntityForm):
    name = Text(
        label=gettext_lazy("Full name of the body"), help_text=gettext_lazy("Such as a ministry, an agency or a municipality.")
    )
    country = Country(label=gettext_lazy("State to which it belongs"))
    address = Text(label=gettext_lazy("Address of its seat"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["lei"]


class IndividualForm(CustomerForm):
    name = Text(label=gettext_lazy("Your full legal name"), help_text=gettext_lazy("As it stands in the passport."))
    country = Country(label=gettext_lazy("Your nationality"))
    birth_date = BirthDate()
    us_basis = UsBasis(gettext_lazy("In US law you are"))
    address = Text(label=gettext_lazy("Your home address"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))


FORMS: dict[str, type[CustomerForm]] = {
    C.COMPANY: CompanyForm,
    C.RESEARCH: InstitutionForm,
    C.INDIVIDUAL: IndividualForm,
    C.TRUST: TrustForm,
    C.STATE_BODY: StateBodyForm,
}


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
    customer_class, is_phone_asked = profiles.customer_class(organisation), is_foreign_data_asked(organisation)
    form_class, found = FORMS[customer_class], parties.customer(organisation)
    initial = {"name": request.user.name if customer_class == C.INDIVIDUAL else organisation.name}
    form = form_class(posted(request), initial=initial, stands=told(found, form_class), is_phone_asked=is_phone_asked)
    if form.acted(lambda: save(request, organisation, form)):
        messages.success(request, _("Saved."))
        return redirect(steps.way(organisation).after("company").url)
    return page(request, organisation, "company", step="company", form=form)


def told(party: Party | None, form_class: type[CustomerForm]) -> Standing:
    if party is None:
        return {}
    told = {name: getattr(party, name) for name in form_class.asks() if name != "us_basis"}
    return {**told, "us_basis": statuses.basis_of(party)} if form_class is IndividualForm else told


def save(request: HttpRequest, organisation: Organisation, form: CustomerForm) -> None:
    typed = dict(form.cleaned_data)
    with steps.editing(organisation, "company"):
        found = parties.customer(organisation)
        form.compare(told(found, type(form)))
        if found and "phone" not in typed:
            typed["phone"] = found.phone
        customer_class = profiles.customer_class(organisation)
        if customer_class == C.INDIVIDUAL:
            parties.declare_individual(organisation, **typed, by=request.user)
        else:
            typed.setdefault("hq_country", typed["country"])
            parties.declare_company(organisation, kind=profiles.KINDS[customer_class], **typed, by=request.user)
