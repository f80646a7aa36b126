"""What customers fill in about owners. The rules stand in the actions; these keep and explain what was typed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.alphabet import by_name
from kyc.onboarding.changing import Changing, Page
from kyc.onboarding.fields import (
    FOREIGN,
    BirthDate,
    Country,
    Email,
    Lei,
    NativeName,
    Phone,
    Register,
    Share,
    Since,
    TaxCountry,
    TaxNumber,
    Text,
    UsBasis,
    only_with,
)
from kyc.onboarding.placing import HOME, Addressed, asks_address, fields_of
from kyc.ownership import interests
from kyc.ownership.models import Interest
from kyc.parties.models import Party

# Where a person can be reached besides at home.
REACH = ("email", "phone")


def what_is_held() -> forms.ChoiceField:
    """Of a company: shares, unless something else is chosen."""
    field = forms.TypedChoiceField(
        label=_("What the owner holds"),
        choices=[(kind, Interest.Kind(kind).label) for kind in interests.OF_COMPANIES],
        initial=Interest.Kind.SHAREHOLDING,
        required=False,
        empty_value=Interest.Kind.SHAREHOLDING.value,
        help_text=_("Shares, mostly. Whoever has votes or control besides is added once more, with that."),
        error_messages={"invalid_choice": _("Choose one.")},
    )
    field.is_conditional = True  # type: ignore[attr-defined]  # read by components/field.html
    return field


def what_role() -> forms.ChoiceField:
    """In a trust."""
    return forms.ChoiceField(
        label=_("What the owner is in the trust"),
        choices=[(kind, Interest.Kind(kind).label) for kind in interests.OF_TRUSTS],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one."), "invalid_choice": _("Choose one.")},
    )


class OwnerForm(Changing):
    """An owner of `owned`: of a company he holds shares, mostly, or another right, or controls it; in a trust he has a role.
    Whose nominee he is can be anybody named before."""

    field_order = (
        "name", "native_name", "country", "registration_number", "register", "lei", "tax_number", "tax_country", "hq_country",
        "hq_since", "birth_date", "us_basis", *fields_of("address"), *REACH,
    )  # fmt: skip
    interest = what_is_held()
    share = only_with(Share(), "interest", *interests.SIZED)
    is_indirect = forms.BooleanField(
        label=_("It is held through others whom I can’t name"),
        required=False,
        help_text=_("If you can name them, add them instead, and who stands behind them."),
    )
    held_since = Since(_("Held since"))
    held_for = forms.ChoiceField(
        label=_("Holds this as a nominee for"),
        required=False,
        help_text=_("Choose the one who really owns it. Name that person first, below on the page of the owners."),
        error_messages={"invalid_choice": _("Choose one from the list.")},
    )

    def __init__(self, *args: Any, owned: Party, standing: Interest | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fit_to(self, owned, standing)


# What is asked of what an owner has, besides who he is.
HELD = ("interest", "share", "is_indirect", "held_since", "held_for")


def fit_to(form: forms.Form, owned: Party, standing: Interest | None = None) -> None:
    """Leaves what is asked of an owner of `owned`. What it is that one holds already stays what it is."""
    if owned.is_trust:
        form.fields["interest"] = what_role()
    apart = {"share", "is_indirect", "held_for"} if owned.is_trust else set()
    if standing:
        apart |= {"interest", "is_indirect"} if interests.has_size(standing.kind) else {"interest", "is_indirect", "share"}
    for name in apart:
        form.fields.pop(name)
    if "held_for" in form.fields:
        itself = [owned.pk, *([standing.owner_id] if standing else [])]
        others = Party.objects.current().filter(organisation=owned.organisation_id).exclude(pk__in=itself)
        choices = [
            ("", _("Nobody else")),
            *((str(party.pk), party.name) for party in others.order_by(*by_name(), "pk")),
        ]
        form.fields["held_for"].choices = choices  # type: ignore[attr-defined]  # ChoiceField's


def fit_reach(form: Addressed, *, is_reached: bool) -> None:
    """Where a person can be reached is asked of foreign owners only (IAAS-10, IAAS-18)."""
    if is_reached:
        return
    form.leave_out("address")
    for name in REACH:
        del form.fields[name]


@asks_address("address", HOME, help_text=FOREIGN, required=False)
class PersonOwnerForm(Addressed, OwnerForm):
    name = Text(label=_("Full legal name"), help_text=_("As it stands in the passport."))
    native_name = NativeName()
    country = Country(label=_("Nationality"))
    birth_date = BirthDate(
        required=False,
        help_text=_(
            "Not needed, but it saves questions: by it we tell this person from others of the same name on sanctions lists."
        ),
    )
    us_basis = UsBasis()
    email = Email()
    phone = Phone()

    def __init__(self, *args: Any, is_reached: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fit_reach(self, is_reached=is_reached)


class CompanyOwnerForm(OwnerForm):
    name = Text(label=_("Full legal name"), help_text=_("As it stands in the register."))
    native_name = NativeName()
    country = Country(label=_("Country in which it was formed"))
    registration_number = Text(label=_("Registration number"), max_length=100, required=False)
    register = Register()
    lei = Lei()
    tax_number = TaxNumber()
    tax_country = TaxCountry()
    hq_country = Country(label=_("Country of its headquarters"))
    hq_since = Since(_("Headquarters there since"))


class TrustOwnerForm(OwnerForm):
    name = Text(label=_("Name of the trust"), help_text=_("As it stands in the deed."))
    native_name = NativeName()
    country = Country(label=_("Country under whose law it stands"))
    hq_country = Country(
        label=_("Country from which it is administered"),
        required=False,
        help_text=_("Where its trustees run it, which is its headquarters to our rules. Empty when unknown."),
    )
    hq_since = Since(_("Administered there since"))


class StateOwnerForm(OwnerForm):
    name = Text(
        label=_("Name of the state or state body"), help_text=_("Such as Kingdom of Norway, or a ministry or public fund.")
    )
    native_name = NativeName()
    country = Country(label=_("Country"))


class ClassOwnerForm(OwnerForm):
    """Beneficiaries who are known only as a class of people."""

    name = Text(label=_("Who they are"), help_text=_("As the deed describes them, such as: the grandchildren of Kari Moe."))
    country = Country(label=_("Country in which they live"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("interest", None)


@asks_address("address", HOME, help_text=FOREIGN, required=False)
class PrincipalForm(Addressed, Page):
    """Who really owns what a nominee holds."""

    name = Text(label=_("Full legal name"), help_text=_("As it stands in the passport."))
    native_name = NativeName()
    country = Country(label=_("Nationality"))
    birth_date = BirthDate(required=False)
    us_basis = UsBasis()
    email = Email()
    phone = Phone()

    def __init__(self, *args: Any, is_reached: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fit_reach(self, is_reached=is_reached)


class KnownOwnerForm(Page):
    owner = forms.ModelChoiceField(
        Party.objects.none(),
        label=_("Who"),
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who it is."), "invalid_choice": _("Choose one from the list.")},
    )
    interest = OwnerForm.base_fields["interest"]
    share = OwnerForm.base_fields["share"]
    is_indirect = OwnerForm.base_fields["is_indirect"]
    held_since = OwnerForm.base_fields["held_since"]
    held_for = OwnerForm.base_fields["held_for"]

    def __init__(self, *args: Any, owned: Party, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fit_to(self, owned)
        # Who owns something of it already too: one and the same may hold shares and control it, or have several roles in a trust.
        known = Party.objects.current().filter(organisation=owned.organisation_id).exclude(pk=owned.pk)
        self.fields["owner"].queryset = known.order_by(*by_name(), "pk")  # type: ignore[attr-defined]  # ModelChoiceField's
