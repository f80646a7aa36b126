"""What officers and customers are asked for alike: a limit's number and unit, and what is pasted for the access doctor."""

from typing import Any, Self

from django import forms
from django.utils.translation import gettext_lazy as _

from kyc.keys import limits
from kyc.keys.doctor import LONGEST
from kyc.keys.limits import BadLimit
from kyc.keys.pool_models import Period, Unit

CHOOSE = dict.fromkeys(("required", "invalid_choice"), _("Choose one from the list."))


class CurrencyField(forms.CharField):
    """Needed where money is limited, of which its help tells; so it isn't called optional."""

    is_conditional = True

    def clean(self, value: Any) -> str:
        return str(super().clean(value)).upper()


class LimitFields(forms.Form):
    """How much of what, in which time."""

    unit = forms.ChoiceField(label=_("Counted in"), choices=Unit.choices, error_messages=CHOOSE)
    currency = CurrencyField(
        label=_("Currency"),
        required=False,
        max_length=3,
        help_text=_("Of money, its code, such as EUR. All limits of money of one customer are in one currency."),
        widget=forms.TextInput(attrs={"class": "short", "autocomplete": "off", "autocapitalize": "characters"}),
        error_messages={"max_length": _("A currency's code has three letters, such as EUR.")},
    )
    period = forms.ChoiceField(label=_("In which time (UTC)"), choices=Period.choices, error_messages=CHOOSE)
    limit = forms.DecimalField(
        label=_("At most"),
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"}),
        help_text=_("Money in units of its currency."),
        error_messages={
            "required": _("Write how much may be used."),
            "invalid": _("Write a number, such as 500, or 250.50 of money."),
        },
    )

    def clean(self) -> dict[str, Any]:
        """What was written, as limits count it."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if {"unit", "limit"} <= data.keys():
            try:
                data["limit"] = limits.counted(data["limit"], data["unit"])
            except BadLimit as refusal:
                self.add_error("limit", str(refusal))
        return data


class PastedForm(forms.Form):
    """What the access doctor is asked by. A whole key may stand in it, so it is never drawn again."""

    pasted = forms.CharField(
        label=_("Request number or key prefix"),
        max_length=LONGEST,
        error_messages={
            "required": _("Paste one of both."),
            "max_length": _("That is too long. Paste the number or the prefix alone."),
        },
        help_text=_("The answer's X-Request-Id, 16 characters; or the beginning of a key, such as kh_live_4fT9u2Kx0aBc."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )

    def emptied(self) -> Self:
        """The form as it is drawn: with its errors, and without what was pasted."""
        if not self.errors:
            return type(self)()
        drawn = type(self)({"pasted": ""})
        drawn._errors = self.errors
        return drawn
