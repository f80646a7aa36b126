"""The fields of these pages: what may be typed in each, and what is said of the rest."""

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kyc.evidence import intake
from kyc.evidence.taking.kinds import ACCEPTED
from kyc.evidence.taking.refusals import NotAccepted
from kyc.parties import countries, registers, statuses, wording
from kyc.parties.models import PersonStatus
from kyc.parties.wording import BadText, checked

NEEDED = {"required": _("This is needed.")}
CHOOSE = _("Choose…")
# The first option of every list of which one is to be chosen.
UNCHOSEN = ("", CHOOSE)


class Text(forms.CharField):
    """One line that anybody may read as it was typed. `rule` is what the action asks of it (kyc.parties.wording), asked here as
    well, so that a page says all that is wrong at once."""

    def __init__(self, *, max_length: int = 300, rule: Callable[[str, str], str] | None = None, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, error_messages=NEEDED, **kwargs)
        self.rule = rule

    def run_validators(self, value: str) -> None:
        try:
            checked("", value, limit=self.max_length or 300, required=self.required, lines=True)
            if self.rule and value:
                self.rule("", value)
        except BadText as bad:
            raise forms.ValidationError(str(bad)) from None


class SentFile(forms.FileField):
    """A document, made anew here (kyc/evidence/intake.py), before any transaction begins: that may take seconds."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("PDF, JPEG, PNG, WebP or HEIC, at most 15 MB and 50 pages."))
        widget = forms.FileInput(attrs={"accept": ",".join(ACCEPTED)})
        told = {"required": _("Choose a file."), "invalid": _("Choose a file.")}
        super().__init__(widget=widget, allow_empty_file=True, error_messages=told, **kwargs)

    def clean(self, data: UploadedFile | None, initial: Any = None) -> intake.Taken | None:
        found = super().clean(data, initial)
        try:
            return intake.take(found) if found else None
        except NotAccepted as refusal:
            raise forms.ValidationError(str(refusal)) from None


class Country(forms.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        message = _("Choose a country from the list.")
        super().__init__(
            choices=lambda: [UNCHOSEN, *countries.names(get_language() or "en").items()],
            error_messages={"required": message, "invalid_choice": message},
            **kwargs,
        )


class Register(forms.ChoiceField):
    """Where it is not the one register of the country."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Register in which that number stands"),
            required=False,
            choices=other_registers,
            help_text=_("Choose one where the country has several, such as a state of the US."),
            error_messages={"invalid_choice": _("Choose a register from the list.")},
        )


def other_registers() -> list[tuple[Any, Any]]:
    """By country, as a select takes them."""
    by_country: dict[str, list[tuple[str, str]]] = {}
    language = get_language() or "en"
    for one in registers.known().values():
        if not one.main:
            by_country.setdefault(countries.name(one.country, language), []).append((one.code, one.name))
    return [("", _("The register of companies of the country in which it was formed")), *by_country.items()]


class Lei(Text):
    def __init__(self) -> None:
        super().__init__(
            label=_("LEI"),
            max_length=40,
            rule=wording.lei,
            required=False,
            help_text=_("The legal entity identifier, if you have one: 20 letters and digits."),
        )


class TaxNumber(Text):
    def __init__(self) -> None:
        super().__init__(
            label=_("Tax number"),
            max_length=40,
            required=False,
            help_text=_("Such as the EIN in the US or the VAT number in the EU. It is kept sealed."),
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
        )


class TaxCountry(Country):
    def __init__(self) -> None:
        super().__init__(label=_("Country that gave the tax number"), required=False, help_text=_("If it is another country."))


class Since(Text):
    def __init__(self, label: Any) -> None:
        super().__init__(
            label=label,
            max_length=10,
            rule=wording.since,
            required=False,
            help_text=_("A year, a month or a day: 2024, 2024-03 or 2024-03-15."),
            widget=forms.TextInput(attrs={"autocomplete": "off", "size": 12, "class": "short"}),
        )


# As most of Europe writes it; what has a point as well may mean thousands, and is left for the rules to refuse.
DECIMAL_COMMA = re.compile(r"(?<![\d.,])(\d{1,3}),(\d{1,30})(?![\d.,])", re.ASCII)


class Share(Text):
    """60,5 is 60.5, and kept so."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Share"),
            max_length=40,
            required=False,
            help_text=_("Per cent such as 25 or 33.5, a fraction such as 1/3, or a range such as 25-50. Empty when unknown."),
            widget=forms.TextInput(attrs={"autocomplete": "off", "size": 12, "class": "short"}),
        )

    def to_python(self, value: Any) -> str:
        return DECIMAL_COMMA.sub(r"\1.\2", super().to_python(value) or "")


class BirthDate(Text):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date", "class": "short", "autocomplete": "off"})
        super().__init__(label=_("Date of birth"), max_length=10, rule=wording.past_day, widget=widget, **kwargs)


class NativeName(Text):
    def __init__(self) -> None:
        super().__init__(label=_("Name in its own script"), required=False, help_text=_("If it is not written in Latin letters."))


FOREIGN = _("Asked of an owner who is no US person.")


class Email(Text):
    def __init__(self) -> None:
        widget = forms.TextInput(attrs={"type": "email", "autocomplete": "off"})
        super().__init__(label=_("E-mail"), max_length=254, rule=wording.email, required=False, help_text=FOREIGN, widget=widget)


class Phone(Text):
    def __init__(self) -> None:
        help_text = _("With the country code. Asked of an owner who is no US person.")
        widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "off"})
        more: dict[str, Any] = {"required": False, "help_text": help_text, "widget": widget}
        super().__init__(label=_("Telephone"), max_length=40, rule=wording.phone, **more)


class UsBasis(forms.ChoiceField):
    """The ground of a person status, in plain words (IAAS-01, IAAS-02)."""

    def __init__(self, label: Any = None) -> None:
        super().__init__(
            label=label or _("In US law this person is"),
            choices=[UNCHOSEN, *((basis, PersonStatus.Basis(basis).label) for basis in statuses.OF_PEOPLE)],
            help_text=_(
                "US rules on who may use computing and export-controlled technology ask it of everyone. It decides what else "
                "we ask, and is no reason to refuse anybody."
            ),
            error_messages={
                "required": _("Choose what applies, or “Not known”."),
                "invalid_choice": _("Choose what applies, or “Not known”."),
            },
        )


def only_with(field: forms.Field, name: str, *values: str) -> forms.Field:
    """A field that is asked only with one of those choices in the field `name`. Without script it is always there, so its
    help says when it is; what is missing is for the action to say."""
    field.required, field.is_conditional = False, True  # type: ignore[attr-defined]  # read by components/field.html
    field.widget.is_required = False
    field.widget.attrs["data-with"] = f"{name}={','.join(values)}"
    return field
