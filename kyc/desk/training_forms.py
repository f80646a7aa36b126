"""What an officer fills in about runs that train a large model."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kyc.desk.directive_forms import CHOOSE, organisation_of
from kyc.desk.forms import DeskForm
from kyc.desk.incident_forms import day, text
from kyc.directives.resellers.models import Reseller
from kyc.directives.training.actions import NAMES, Said
from kyc.directives.training.models import TrainingDuty

K = TrainingDuty.Kind


class RunForm(DeskForm):
    """What is known of a run; what is not known yet stays empty."""

    missing = {
        "basis": _("Say how it became known: what was seen, said or read."),
        "deal": _("Say by which transaction it is done: the order, the contract, the keys."),
    }

    basis = text(_("How it became known"), rows=2)
    deal = text(_("Transaction"), rows=2, help_text=_("The order, the contract, the keys."))
    end_customer = forms.CharField(
        label=_("For which customer of a reseller"), max_length=300, required=False, help_text=_("Where the customer sells on.")
    )
    operations = forms.FloatField(
        label=_("Operations, estimated"),
        required=False,
        help_text=_("Of the whole run, as a power of ten is written: 2e25."),
        error_messages={"invalid": _("Write a number of operations above zero, such as 2e25.")},
        widget=forms.TextInput(attrs={"inputmode": "text", "autocomplete": "off"}),
    )
    method = text(_("How that was estimated"), rows=2, required=False)
    begins_on = day(_("Begins on"))
    ends_on = day(_("Ends on"))
    accelerators = forms.CharField(
        label=_("Accelerators"), max_length=300, required=False, help_text=_("Which model, and how many.")
    )
    location = forms.CharField(label=_("Where it runs"), max_length=300, required=False)
    practices = text(_("Training practices"), rows=2, required=False)
    security = text(_("Security practices"), rows=2, required=False, help_text=_("Also how the weights are protected."))
    incidents = text(_("Incidents"), rows=2, required=False)

    def clean_operations(self) -> float | None:
        found: float | None = self.cleaned_data["operations"]
        return found

    @property
    def said(self) -> Said:
        return Said(**{name: self.cleaned_data[name] for name in NAMES})


class NewRunForm(RunForm):
    missing = RunForm.missing | {
        "customer": _("Say of which customer."),
        "known_on": _("Say since when it is known: from that day the clock runs."),
    }
    field_order = ("customer", "known_on")

    customer = forms.CharField(label=_("Customer"), max_length=300, help_text=_("Its whole name, or its number, such as O-12."))
    known_on = day(_("Known since"), required=True, help_text=_("From this day the clock runs. It is never changed."))

    def clean_customer(self) -> Any:
        return organisation_of(self.cleaned_data["customer"].strip())

    @property
    def reseller(self) -> Reseller | None:
        """Whose customer's run it is, where one was named."""
        if not self.cleaned_data["end_customer"].strip():
            return None
        return Reseller.objects.filter(organisation=self.cleaned_data["customer"]).first()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("customer") and data.get("end_customer", "").strip() and self.reseller is None:
            self.add_error("end_customer", gettext("That customer is no reseller, so the run is its own."))
        return data


class DutyForm(DeskForm):
    missing = {
        "kind": _("Choose what it is."),
        "what": _("Say what was asked, or what has turned out otherwise."),
        "since": _("Say since which day."),
    }

    kind = forms.ChoiceField(
        label=_("What is to be told"), choices=[CHOOSE, *((k.value, k.label) for k in (K.FOLLOW_UP, K.CORRECTION))]
    )
    what = text(_("What was asked, or has turned out otherwise"), rows=2)
    since = day(_("Since"), required=True, help_text=_("The day on which it was asked or became known."))
