"""What customers fill in about themselves. The rules stand in the actions; these keep and explain what was typed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accounts.refused import Refused
from kyc.keys import becoming
from kyc.onboarding.changing import Changing
from kyc.onboarding.fields import (
    BirthDate,
    Country,
    Lei,
    NativeName,
    Register,
    Since,
    TaxCountry,
    TaxNumber,
    Text,
    UsBasis,
    only_with,
)
from kyc.onboarding.placing import Addressed, asks_address, fields_of
from kyc.parties import wording
from kyc.parties.models import Profile

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


class CustomerForm(Addressed, Changing):
    """What every customer tells of itself; the order is that of the fields' names here."""

    field_order = (
        "name", "native_name", "legal_form", "country", "formed_since", "registration_number", "register", "lei", "birth_date",
        "us_basis", "tax_number", "tax_country", "hq_country", "hq_since", *fields_of("address"),
        *fields_of("registered_address"), "phone", "domain",
    )  # fmt: skip
    name = Text(label=gettext_lazy("Full legal name"), help_text=gettext_lazy("As it stands in the register."))
    native_name = NativeName()
    phone = Text(
        label=gettext_lazy("Telephone"),
        max_length=40,
        rule=wording.phone,
        help_text=PHONE_HELP,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )

    def __init__(self, *args: Any, is_phone_asked: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_phone_asked:
            del self.fields["phone"]


@asks_address(
    "registered_address",
    gettext_lazy("Registered address"),
    help_text=gettext_lazy("As it stands in the register, if that is another address."),
    required=False,
)
class EntityForm(CustomerForm):
    domain = Text(
        label=gettext_lazy("Web domain"),
        max_length=253,
        rule=wording.domain,
        required=False,
        help_text=gettext_lazy("Such as example.com."),
    )
    lei = Lei()
    tax_number = TaxNumber()
    tax_country = TaxCountry()


@asks_address(
    "address",
    gettext_lazy("Address of the headquarters"),
    help_text=gettext_lazy("Where people work, not a post box."),
    of="hq_country",
    is_own=True,
)
class CompanyForm(EntityForm):
    legal_form = Text(
        label=gettext_lazy("Legal form"), max_length=100, help_text=gettext_lazy("Such as AS, GmbH, Ltd, Inc., 有限公司.")
    )
    country = Country(label=gettext_lazy("Country in which it was formed"))
    formed_since = Since(gettext_lazy("Formed there when"))
    registration_number = Text(label=gettext_lazy("Registration number"), max_length=100)
    register = Register()
    hq_country = Country(
        label=gettext_lazy("Country of its headquarters"),
        help_text=gettext_lazy("From where it is run, also if that is the same."),
    )
    hq_since = Since(gettext_lazy("Headquarters there since"))


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


@asks_address("address", gettext_lazy("Address from which it is administered"), of="hq_country", is_own=True)
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


@asks_address("address", gettext_lazy("Address of its seat"), of="country", is_own=True)
class StateBodyForm(EntityForm):
    name = Text(
        label=gettext_lazy("Full name of the body"), help_text=gettext_lazy("Such as a ministry, an agency or a municipality.")
    )
    country = Country(label=gettext_lazy("State to which it belongs"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("lei", "tax_number", "tax_country"):
            del self.fields[name]
        self.leave_out("registered_address")


@asks_address("address", gettext_lazy("Your home address"), is_own=True)
class IndividualForm(CustomerForm):
    name = Text(label=gettext_lazy("Your full legal name"), help_text=gettext_lazy("As it stands in the passport."))
    country = Country(label=gettext_lazy("Your nationality"))
    birth_date = BirthDate()
    us_basis = UsBasis(gettext_lazy("In US law you are"))
    tax_number = TaxNumber()
    tax_country = TaxCountry()


FORMS: dict[str, type[CustomerForm]] = {
    C.COMPANY: CompanyForm,
    C.RESEARCH: InstitutionForm,
    C.INDIVIDUAL: IndividualForm,
    C.TRUST: TrustForm,
    C.STATE_BODY: StateBodyForm,
}
