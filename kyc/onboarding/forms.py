"""What customers fill in, a page at a time. The rules stand in the actions; these keep and explain what was typed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.alphabet import by_name
from accounts.models import Organisation
from accounts.refused import Refused
from kyc.evidence import authority
from kyc.onboarding.changing import Changing, Page
from kyc.onboarding.fields import BirthDate, Country, NativeName, SentFile, Text, UsBasis
from kyc.onboarding.placing import HOME, Addressed, asks_address
from kyc.parties.actions import SecondController
from kyc.parties.models import Party, Profile, Role

C = Profile.CustomerClass
# The kinds of documents as a select takes them, grouped.
Kinds = list[tuple[Any, Any]]


class OrganisationForm(Page):
    your_name = Text(label=_("Your own name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    name = Text(
        label=_("Name of your organisation"),
        required=False,
        help_text=_("The legal name takes its place once you have told it. Leave it empty if you come for yourself."),
    )


# What people are in others than companies.
ROLES = {
    C.RESEARCH: [
        (Role.Kind.CONTROLLER, _("The controlling person: runs the institution day to day. There is exactly one.")),
        (Role.Kind.DIRECTOR, _("A director or a member of the board or senate")),
        (Role.Kind.SIGNATORY, _("A signatory: may sign for the institution")),
    ],
    C.TRUST: [(Role.Kind.SIGNATORY, _("A signatory: may sign for the trust"))],
    C.STATE_BODY: [
        (Role.Kind.CONTROLLER, _("The head of the body: leads it day to day. There is exactly one.")),
        (Role.Kind.DIRECTOR, _("A deputy or a member of its board")),
        (Role.Kind.SIGNATORY, _("A signatory: may sign for the body")),
    ],
}


@asks_address("address", HOME, required=False)
class PersonForm(Addressed, Changing):
    name = Text(label=_("Full legal name"), help_text=_("As it stands in the passport."))
    native_name = NativeName()
    roles = forms.MultipleChoiceField(
        label=_("What this person is"),
        choices=[
            (Role.Kind.CONTROLLER, _("The controlling person: runs the company day to day. There is exactly one.")),
            (Role.Kind.DIRECTOR, _("A director or a member of the board")),
            (Role.Kind.SIGNATORY, _("A signatory: may sign for the company")),
        ],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Say what this person is: one of these, or several.")},
    )
    # Offered only once it is needed.
    replace = forms.BooleanField(
        label=_("Make this one the controlling person instead"), required=False, widget=forms.HiddenInput
    )
    title = Text(
        label=_("Title"),
        max_length=150,
        required=False,
        help_text=_("Such as Chief executive. Needed of the controlling person."),
    )
    country = Country(label=_("Nationality"))
    birth_date = BirthDate()
    us_basis = UsBasis()

    def __init__(self, *args: Any, customer_class: str = C.COMPANY, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if customer_class in ROLES:
            self.fields["roles"].choices = ROLES[customer_class]  # type: ignore[attr-defined]  # ChoiceField's

    def refused(self, refusal: Refused, field: str | None) -> None:
        super().refused(refusal, field)
        if isinstance(refusal, SecondController):
            self.fields["replace"].widget = forms.CheckboxInput()

    def read(self, name: str, value: str | list[str]) -> str:
        """Roles by their names, since the choices explain at length what they are."""
        return ", ".join(str(Role.Kind(kind).label) for kind in value) if name == "roles" else super().read(name, value)


class DocumentForm(Page):
    kind = forms.ChoiceField(
        label=_("What it is"),
        error_messages={"required": _("Say what the document is."), "invalid_choice": _("Choose one from the list.")},
    )
    party = forms.ModelChoiceField(
        Party.objects.none(),
        label=_("Whom it is about"),
        required=False,
        error_messages={"invalid_choice": _("Choose one from the list.")},
    )
    file = SentFile(label=_("File"))

    def __init__(self, *args: Any, organisation: Organisation, kinds: Kinds, itself: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]  # ChoiceField's
        parties = Party.objects.current().filter(organisation=organisation).exclude(roles__kind=Role.Kind.CUSTOMER)
        self.fields["party"].queryset = parties.order_by(*by_name(), "pk")  # type: ignore[attr-defined]  # ModelChoiceField's
        self.fields["party"].empty_label = itself  # type: ignore[attr-defined]  # ModelChoiceField's
        # Nobody in particular is the customer itself, but for a person's paper.
        self.fields["party"].is_conditional = True  # type: ignore[attr-defined]  # read by components/field.html
        self.fields["party"].widget.attrs |= {
            "data-whose": f"kind={','.join(authority.OF_PEOPLE)}",
            "data-unchosen": _("Choose whose it is…"),
        }

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        is_whose = typed.get("party") or "party" not in self.fields or "party" in self.errors
        if typed.get("kind") in authority.OF_PEOPLE and not is_whose:
            self.add_error("party", _("This is a person's paper: choose whose it is."))
        return typed


class SendForm(Page):
    declared_true = forms.BooleanField(
        label=_("What we have told you here is true and complete."),
        error_messages={"required": _("Confirm that what you have told us is true and complete.")},
    )

    def __init__(self, *args: Any, statement: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["declared_true"].label = statement
