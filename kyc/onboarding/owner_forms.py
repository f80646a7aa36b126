"""What customers fill in about owners. The rules stand in the actions; these keep and explain what was typed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kyc.onboarding.changing import Changing, Page
from kyc.onboarding.fields import (
    BirthDate,
    Country,
    Email,
    Home,
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
)
from kyc.ownership.models import Interest
from kyc.parties.models import Party

# Where a person can be reached.
REACH = ("address", "email", "phone")


class OwnerForm(Changing):
    """An owner of `owned`: of a company he holds a share, in a trust he has a role. Whose nominee he is can be anybody named
    before."""

    field_order = (
        "name", "native_name", "country", "registration_number", "register", "lei", "tax_number", "tax_country", "hq_country",
        "hq_since", "birth_date", "us_basis", *REACH,
    )  # fmt: skip
    interest = forms.ChoiceField(
        label=_("What the owner is in the trust"),
        choices=[(kind.value, kind.label) for kind in Interest.Kind if kind != Interest.Kind.SHAREHOLDING],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one."), "invalid_choice": _("Choose one.")},
    )
    share = Share()
    held_for = forms.ChoiceField(
        label=_("Holds this as a nominee for"),
        required=False,
        help_text=_("Choose the one who really owns it. Name that person first, below on the page of the owners."),
        error_messages={"invalid_choice": _("Choose one from the list.")},
    )

    def __init__(self, *args: Any, owned: Party, owner: Party | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fit_to(self, owned, owner)


def fit_to(form: forms.Form, owned: Party, owner: Party | None = None) -> None:
    """Leaves what is asked of an owner of `owned`; the role of one who is `owner` already is what it is."""
    for name in ("share", "held_for") if owned.is_trust else ("interest",):
        del form.fields[name]
    if owned.is_trust and owner:
        del form.fields["interest"]
    if "held_for" in form.fields:
        apart = [owned.pk, *([owner.pk] if owner else [])]
        others = Party.objects.current().filter(organisation=owned.organisation_id).exclude(pk__in=apart)
        choices = [
            ("", _("Nobody: holds it for itself")),
            *((str(party.pk), party.name) for party in others.order_by("name", "pk")),
        ]
        form.fields["held_for"].choices = choices  # type: ignore[attr-defined]  # ChoiceField's


def fit_reach(form: forms.Form, *, is_reached: bool) -> None:
    """Where a person can be reached is asked of foreign owners only (IAAS-10, IAAS-18)."""
    for name in () if is_reached else REACH:
        del form.fields[name]


class PersonOwnerForm(OwnerForm):
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
    address = Home()
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


class PrincipalForm(Page):
    """Who really owns what a nominee holds."""

    name = Text(label=_("Full legal name"), help_text=_("As it stands in the passport."))
    native_name = NativeName()
    country = Country(label=_("Nationality"))
    birth_date = BirthDate(required=False)
    us_basis = UsBasis()
    address = Home()
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
    share = Share()
    held_for = OwnerForm.base_fields["held_for"]

    def __init__(self, *args: Any, owned: Party, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fit_to(self, owned)
        known = Party.objects.current().filter(organisation=owned.organisation_id).exclude(pk=owned.pk)
        # Only offered anew they are left out: sent a second time, one gets the sentence that says so. In a trust one and the
        # same may have several roles.
        if not self.is_bound and not owned.is_trust:
            known = known.exclude(pk__in=owned.holders.filter(valid_to__isnull=True).values("owner"))
        self.fields["owner"].queryset = known.order_by("name", "pk")  # type: ignore[attr-defined]  # ModelChoiceField's
