"""What an officer fills in to ask the lists about somebody, or about everybody in a file."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.tables import BadTable
from kyc.desk.forms import DeskForm
from kyc.desk.source_forms import UNCHOSEN, country_choices
from kyc.screening import birthdates, filed
from kyc.screening.asked import Asked
from kyc.screening.models import Inquiry

KINDS = [
    ("unknown", _("Not known")),
    ("person", _("Person")),
    ("company", _("Company or other body")),
    ("vessel", _("Vessel or aircraft")),
]
WHY = {"reason": _("Say what you ask for.")}


class Reasoned(DeskForm):
    """Nobody is looked up without a purpose."""

    reason = forms.ChoiceField(label=_("What for"), choices=[UNCHOSEN, *Inquiry.Reason.choices])
    note = forms.CharField(
        label=_("Note"), max_length=2000, required=False, help_text=_("Such as the number of the payment, or where you read it.")
    )


class AskForm(Reasoned):
    missing = WHY | {"names": _("Write the name.")}

    names = forms.CharField(
        label=_("Name"),
        max_length=filed.MOST_NAMES * (filed.LONGEST + 2),
        widget=forms.Textarea(attrs={"rows": 2, "data-key": "n", "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("As exactly as you know it. Other spellings, and the name in its own script, on lines of their own."),
    )
    kind = forms.ChoiceField(label=_("What"), choices=KINDS)
    birth_date = forms.CharField(
        label=_("Born"),
        max_length=10,
        required=False,
        widget=forms.TextInput(attrs={"data-with": "kind=unknown,person"}),
        help_text=_("1952, 1952-10 or 1952-10-07"),
    )
    country = forms.ChoiceField(label=_("Country"), choices=country_choices, required=False)
    identifiers = forms.CharField(
        label=_("Number"),
        max_length=filed.LONGEST,
        required=False,
        help_text=_("Of a passport, a register, a ship or a wallet; several with semicolons between."),
    )

    field_order = ("names", "kind", "birth_date", "country", "identifiers", "reason", "note")

    def clean_names(self) -> tuple[str, ...]:
        lines = [" ".join(line.split()) for line in self.cleaned_data["names"].splitlines()]
        names = tuple(dict.fromkeys(filter(None, lines)))
        if not names or not any(map(str.isalnum, names[0])):
            raise forms.ValidationError(self.missing["names"])
        if len(names) > filed.MOST_NAMES:
            raise forms.ValidationError(
                _("These are more than %(most)s names. Leave the least likely ones out."), params={"most": filed.MOST_NAMES}
            )
        if any(len(name) > filed.LONGEST for name in names):
            raise forms.ValidationError(_("A name has more than %(most)s characters."), params={"most": filed.LONGEST})
        return names

    def clean_birth_date(self) -> str:
        day = filed.born(self.cleaned_data["birth_date"].strip())
        if day and birthdates.ends(day) is None:
            raise forms.ValidationError(_("Write the year, such as 1952, or the day, such as 1952-10-07."))
        return day

    def about(self) -> Asked:
        told: dict[str, Any] = self.cleaned_data
        numbers = tuple(filter(None, map(str.strip, told["identifiers"].split(";"))))
        born = told["birth_date"] if told["kind"] in ("unknown", "person") else ""
        return Asked(told["names"], told["kind"], born, told["country"], numbers)

    def why(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("reason", "note")}

    @staticmethod
    def initial_of(asked: Asked, inquiry: Inquiry) -> dict[str, str]:
        return {
            "names": "\n".join(asked.names),
            "kind": asked.kind,
            "birth_date": asked.birth_date,
            "country": asked.country,
            "identifiers": "; ".join(asked.identifiers),
            "reason": inquiry.reason,
            "note": inquiry.note,
        }


class FileForm(Reasoned):
    missing = WHY | {"file": _("Choose a file.")}

    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv,text/plain"}),
        help_text=_("CSV as a spreadsheet saves it, with commas, semicolons or tabs; at most 50,000 rows and 15 MB."),
    )
    field_order = ("file", "reason", "note")

    def clean_file(self) -> filed.Filed:
        given: UploadedFile = self.cleaned_data["file"]
        self.named = given.name or _now("file")
        if (given.size or 0) > filed.LARGEST:
            raise forms.ValidationError(filed.too_large())
        try:
            return filed.read(given.read())
        except BadTable as bad:
            raise forms.ValidationError(str(bad)) from None
