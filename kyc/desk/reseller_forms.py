"""What an officer fills in about a customer who sells access on."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from kyc.desk.directive_forms import CHOOSE, organisation_of
from kyc.desk.forms import DeskForm
from kyc.desk.incident_forms import day, text
from kyc.directives.resellers.actions import REASONS, Terms
from kyc.directives.resellers.models import Reseller
from kyc.evidence.models import Document

MISSING = {"place": _("Say where it is."), "programme": _("Say by which programme it finds out who its customers are.")}


class NewForm(DeskForm):
    missing = MISSING | {"customer": _("Say which customer.")}

    customer = forms.CharField(label=_("Customer"), max_length=300, help_text=_("Its whole name, or its number, such as O-12."))
    place = forms.ChoiceField(label=_("Domestic or foreign"), choices=[CHOOSE, *Reseller.Place.choices])

    def clean_customer(self) -> Organisation:
        return organisation_of(self.cleaned_data["customer"].strip())


class TermsForm(DeskForm):
    """Documents are those that the customer has sent."""

    missing = MISSING

    place = forms.ChoiceField(label=_("Domestic or foreign"), choices=[CHOOSE, *Reseller.Place.choices])
    agreement = forms.ModelChoiceField(
        label=_("Agreement"), queryset=Document.objects.none(), required=False, empty_label=_("none")
    )
    agreed_from = day(_("Agreed from"))
    agreed_to = day(_("Agreed to"), help_text=_("None where it has no end."))
    programme = forms.ChoiceField(label=_("Identification programme"), choices=Reseller.Programme.choices)
    programme_copy = forms.ModelChoiceField(
        label=_("Copy of its programme"), queryset=Document.objects.none(), required=False, empty_label=_("none")
    )
    programme_version = forms.CharField(label=_("Version of its programme"), max_length=100, required=False)
    programme_received_on = day(_("Received on"))

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("agreement", "programme_copy"):
            field = self.fields[name]
            field.queryset = Document.objects.openable().filter(organisation=organisation)  # type: ignore[attr-defined]
            field.label_from_instance = lambda document: document.name  # type: ignore[attr-defined]
            field.error_messages["invalid_choice"] = _("Choose a document that the customer has sent.")

    @property
    def terms(self) -> Terms:
        return Terms(**self.cleaned_data)


class AssessForm(DeskForm):
    missing = {
        "assessed_on": _("Say on which day."),
        "findings": _("Say what you found."),
        "outcome": _("Say whether it complies."),
    }

    assessed_on = day(_("Assessed on"), required=True)
    findings = text(_("What you found"), help_text=_("The reseller reads it, and what is asked of it."))
    outcome = forms.ChoiceField(label=_("Outcome"), choices=[CHOOSE, ("complies", _("Complies")), ("open", _("Does not comply"))])
    known_on = day(_("Known since"), help_text=_("If it does not comply, and we knew that before. It is never changed."))


class ResolveForm(DeskForm):
    missing = {"reason": _("Say why it is over."), "resolution": _("Say how it was put right, or what the mistake was.")}

    reason = forms.ChoiceField(label=_("Why it is over"), choices=[*REASONS.items()])
    resolution = text(_("How it was put right, or what the mistake was"), rows=2)


class EndForm(DeskForm):
    missing = {"ended_on": _("Say on which day."), "because": _("Say how you know.")}

    ended_on = day(_("Sells access on until"), required=True)
    because = text(_("How you know"), rows=2)
