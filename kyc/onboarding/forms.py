"""What customers fill in, a page at a time. The rules stand in the actions; these keep and explain what was typed."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, Project
from accounts.refused import Refused
from kyc.evidence.models import Document
from kyc.onboarding.changing import Changing, Page
from kyc.parties import countries
from kyc.parties.actions import SecondController
from kyc.parties.models import Party, Role
from kyc.parties.wording import BadText, checked

NEEDED = {"required": _("This is needed.")}


class Text(forms.CharField):
    """One line that anybody may read as it was typed."""

    def __init__(self, *, max_length: int = 300, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, error_messages=NEEDED, **kwargs)

    def run_validators(self, value: str) -> None:
        try:
            checked("", value, limit=self.max_length or 300, required=self.required, lines=True)
        except BadText as bad:
            raise forms.ValidationError(str(bad)) from None


class Country(forms.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        message = _("Choose a country from the list.")
        super().__init__(
            choices=lambda: countries.choices(get_language() or "en"),
            error_messages={"required": message, "invalid_choice": message},
            **kwargs,
        )


class Share(Text):
    def __init__(self) -> None:
        super().__init__(
            label=_("Share"),
            max_length=40,
            required=False,
            help_text=_("Per cent such as 25 or 33.5, a fraction such as 1/3, or a range such as 25-50. Empty when unknown."),
            widget=forms.TextInput(attrs={"autocomplete": "off", "size": 12, "class": "short"}),
        )


class BirthDate(Text):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date", "class": "short", "autocomplete": "off"})
        super().__init__(label=_("Date of birth"), max_length=10, widget=widget, **kwargs)


class NativeName(Text):
    def __init__(self) -> None:
        super().__init__(label=_("Name in its own script"), required=False, help_text=_("If it is not written in Latin letters."))


class OrganisationForm(Page):
    name = Text(label=_("Name of your organisation"), help_text=_("As you want to see it here. The legal name comes later."))
    your_name = Text(label=_("Your own name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))


class CompanyForm(Changing):
    name = Text(label=_("Full legal name"), help_text=_("As it stands in the register."))
    native_name = NativeName()
    legal_form = Text(label=_("Legal form"), max_length=100, help_text=_("Such as AS, GmbH, Ltd, Inc., 有限公司."))
    registration_number = Text(label=_("Registration number"), max_length=100)
    country = Country(label=_("Country in which it was formed"))
    hq_country = Country(label=_("Country of its headquarters"), help_text=_("From where it is run, also if that is the same."))
    address = Text(
        label=_("Address of the headquarters"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Where people work, not a post box."),
    )


class PersonForm(Changing):
    name = Text(label=_("Full legal name"), help_text=_("As it stands in the passport."))
    native_name = NativeName()
    roles = forms.MultipleChoiceField(
        label=_("What this person is"),
        choices=[
            (Role.Kind.CONTROLLER, _("The controlling person: runs the company day to day. There is exactly one.")),
            (Role.Kind.DIRECTOR, _("A director or a member of the board")),
        ],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Say what this person is: the controlling person, a director, or both.")},
    )
    # Offered only once it is needed.
    replace = forms.BooleanField(
        label=_("Make this one the controlling person instead"), required=False, widget=forms.HiddenInput
    )
    title = Text(label=_("Title"), max_length=150, required=False, help_text=_("Such as Chief executive."))
    country = Country(label=_("Nationality"))
    birth_date = BirthDate()
    address = Text(label=_("Home address"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def refused(self, refusal: Refused, field: str | None) -> None:
        super().refused(refusal, field)
        if isinstance(refusal, SecondController):
            self.fields["replace"].widget = forms.CheckboxInput()

    def read(self, name: str, value: str | list[str]) -> str:
        """Roles by their names, since the choices explain at length what they are."""
        return ", ".join(str(Role.Kind(kind).label) for kind in value) if name == "roles" else super().read(name, value)


class PersonOwnerForm(Changing):
    name = Text(label=_("Full legal name"), help_text=_("As it stands in the passport."))
    native_name = NativeName()
    country = Country(label=_("Nationality"))
    birth_date = BirthDate(
        required=False,
        help_text=_(
            "Not needed, but it saves questions: by it we tell this person from others of the same name on sanctions lists."
        ),
    )
    share = Share()


class CompanyOwnerForm(Changing):
    name = Text(label=_("Full legal name"), help_text=_("As it stands in the register."))
    native_name = NativeName()
    registration_number = Text(label=_("Registration number"), max_length=100, required=False)
    country = Country(label=_("Country in which it was formed"))
    hq_country = Country(label=_("Country of its headquarters"))
    share = Share()


class StateOwnerForm(Changing):
    name = Text(
        label=_("Name of the state or state body"), help_text=_("Such as Kingdom of Norway, or a ministry or public fund.")
    )
    native_name = NativeName()
    country = Country(label=_("Country"))
    share = Share()


class KnownOwnerForm(Page):
    owner = forms.ModelChoiceField(
        Party.objects.none(),
        label=_("Who"),
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who it is."), "invalid_choice": _("Choose one from the list.")},
    )
    share = Share()

    def __init__(self, *args: Any, owned: Party, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = Party.objects.current().filter(organisation=owned.organisation_id).exclude(pk=owned.pk)
        # Only offered anew they are left out: sent a second time, one gets the sentence that says so.
        if not self.is_bound:
            known = known.exclude(pk__in=owned.holders.filter(valid_to__isnull=True).values("owner"))
        self.fields["owner"].queryset = known.order_by("name", "pk")  # type: ignore[attr-defined]  # ModelChoiceField's


class DocumentForm(Page):
    kind = forms.ChoiceField(
        label=_("What it is"),
        choices=[("", ""), *Document.Kind.choices],
        error_messages={"required": _("Say what the document is."), "invalid_choice": _("Choose one from the list.")},
    )
    party = forms.ModelChoiceField(
        Party.objects.none(),
        label=_("Whom it is about"),
        required=False,
        empty_label=_("The company"),
        error_messages={"invalid_choice": _("Choose one from the list.")},
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_("PDF, JPEG or PNG, at most 15 MB."),
        widget=forms.FileInput(attrs={"accept": "application/pdf,image/jpeg,image/png"}),
        allow_empty_file=True,
        error_messages={"required": _("Choose a file."), "invalid": _("Choose a file.")},
    )

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parties = Party.objects.current().filter(organisation=organisation).exclude(roles__kind=Role.Kind.CUSTOMER)
        self.fields["party"].queryset = parties.order_by("name", "pk")  # type: ignore[attr-defined]  # ModelChoiceField's


class SendForm(Page):
    declared_true = forms.BooleanField(
        label=_("What we have told you here is true and complete, and I may say so for the company."),
        error_messages={"required": _("Confirm that what you have told us is true and complete.")},
    )


class KeyForm(Page):
    name = Text(label=_("Name of the key"), max_length=100, help_text=_("What it is for, so that you can tell it from others."))
    project = forms.ModelChoiceField(
        Project.objects.none(),
        label=_("Project"),
        empty_label=None,
        error_messages={"invalid_choice": _("Choose one from the list.")},
    )
    responsible = forms.ModelChoiceField(
        Party.objects.none(),
        label=_("Responsible person"),
        empty_label="",
        help_text=_("Who answers for what is done with the key."),
        error_messages={"required": _("Choose who answers for the key."), "invalid_choice": _("Choose one from the list.")},
    )

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        projects = Project.objects.filter(organisation=organisation).order_by("pk")
        people = Party.objects.people().filter(organisation=organisation).order_by("name", "pk")
        self.fields["project"].queryset = projects  # type: ignore[attr-defined]  # ModelChoiceField's
        self.fields["responsible"].queryset = people  # type: ignore[attr-defined]  # ModelChoiceField's
