"""What an officer fills in about what was blocked or rejected."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kyc.desk.directive_forms import CHOOSE, organisation_of
from kyc.desk.forms import DeskForm
from kyc.desk.incident_forms import day, text
from kyc.directives.blocked.actions import NEEDED, Said
from kyc.directives.blocked.models import BlockedRecord
from kyc.parties import currencies

SAID = (*NEEDED, "value", "currency")
CLOCK = ("kind", "happened_on")


class RecordForm(DeskForm):
    """What a record tells; once it is filed neither its kind nor its day, by which its clock ran."""

    missing = {
        "kind": _("Say whether something is held, or was refused."),
        "happened_on": _("Say on which day."),
        "asset": _("Choose what it is."),
        "what": _("Say what exactly, as the authority will read it."),
        "authority": _("Say on which authority."),
        "programme": _("Say by which programme."),
        "action": _("Say what was done."),
        "contact": _("Say whom the authority can ask."),
    }

    kind = forms.ChoiceField(label=_("Blocked or rejected"), choices=[CHOOSE, *BlockedRecord.Kind.choices])
    happened_on = day(_("On"), required=True, help_text=_("The day on which it was blocked or refused: from it the clock runs."))
    asset = forms.ChoiceField(label=_("Property or transaction"), choices=[CHOOSE, *BlockedRecord.Asset.choices])
    what = text(_("What exactly"), rows=2, help_text=_("The property or the transaction, or the service that is withheld."))
    value = forms.DecimalField(
        label=_("Value"), max_digits=18, decimal_places=2, required=False, help_text=_("None of a service that is withheld.")
    )
    currency = forms.ChoiceField(label=_("Currency"), required=False)
    authority = forms.CharField(label=_("Authority"), max_length=200, help_text=_("Such as 31 CFR part 594."))
    programme = forms.CharField(label=_("Programme"), max_length=200, help_text=_("As the list writes it, such as SDGT."))
    action = text(_("What was done"), rows=2)
    contact = forms.CharField(label=_("Whom the authority can ask"), max_length=300, help_text=_("Name, and how to reach."))

    def __init__(self, *args: Any, is_open: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_open:
            del self.fields["kind"], self.fields["happened_on"]

    def added(self) -> dict[str, forms.Field]:
        offered = [("", _("none")), *((code, code) for code in sorted(currencies.codes()))]
        self.fields["currency"].choices = offered  # type: ignore[attr-defined]  # a ChoiceField
        return {}

    @property
    def said(self) -> Said:
        return Said(**{name: self.cleaned_data[name] for name in SAID})

    @property
    def clock(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in CLOCK if name in self.fields}

    def halves(self) -> list[forms.BoundField]:
        """What is said in a word, as the page sets it side by side."""
        return [self[name] for name in self.fields if name not in ("what", "action", "customer", "ground")]


class NewRecordForm(RecordForm):
    missing = RecordForm.missing | {"customer": _("Say of which customer.")}

    customer = forms.CharField(label=_("Customer"), max_length=300, help_text=_("Its whole name, or its number, such as O-12."))
    ground = forms.CharField(
        label=_("On the ground of"),
        max_length=20,
        required=False,
        help_text=_("The number of a record of the same customer, such as B-2026-0001. None: refused to a region under embargo."),
    )

    def clean_customer(self) -> Any:
        return organisation_of(self.cleaned_data["customer"].strip())

    def clean_ground(self) -> BlockedRecord | None:
        written = self.cleaned_data["ground"].strip()
        if not written:
            return None
        digits = written.rpartition("-")[2]
        number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0
        found = BlockedRecord.objects.filter(pk=number).first()
        if found is None or found.number != written.upper():
            raise forms.ValidationError(gettext("“%(written)s” is no record.") % {"written": written})
        return found


class NoteForm(DeskForm):
    missing = {"note": _("Say what was wrong in what was filed.")}

    note = text(_("For whoever checks it"), rows=2, required=False)


class FiledForm(DeskForm):
    missing = {"filed_on": _("Say on which day it was filed."), "reference": _("Give the reference of the authority.")}

    filed_on = day(_("Filed on"), required=True)
    reference = forms.CharField(
        label=_("Reference"), max_length=100, help_text=_("Under which the authority has it, as its system gave it out.")
    )


class ReleaseForm(DeskForm):
    missing = {"released_on": _("Say on which day."), "ground": _("Say on which ground.")}

    released_on = day(_("Released on"), required=True)
    ground = text(_("Ground"), rows=2, help_text=_("A licence with its number, a delisting, an order."))
