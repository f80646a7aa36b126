"""What an investigator says of what ties accounts, and of a proposal."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kyc.desk.forms import DeskForm
from kyc.desk.source_forms import Choice
from kyc.evidence import agencies
from kyc.networks.ruling_models import Ruling
from kyc.rules import packs

K = Ruling.Kind
# What each means from the next building on, of a pair and of a value.
MEANS: dict[str, tuple[Promise, Promise]] = {
    K.SAME_CONTROLLER: (
        gettext_lazy("One hand runs both. They stay in one network."),
        gettext_lazy("One hand runs all of them. They stay in one network."),
    ),
    K.SHARED_INFRASTRUCTURE: (
        gettext_lazy("They use what many use. They are kept apart."),
        gettext_lazy("It is something many use. It counts for nothing, for anybody."),
    ),
    K.COINCIDENCE: (
        gettext_lazy("Nothing but chance. They are kept apart."),
        gettext_lazy("Nothing but chance. It counts for nothing, for anybody."),
    ),
    K.DECLARED_AGENCY: (
        gettext_lazy("An agency that has said so acts for both. They are kept apart."),
        gettext_lazy("It is an agency’s that has said so. It counts for nothing, for anybody."),
    ),
    K.WITHDRAWN: (
        gettext_lazy("What the signals say decides again."),
        gettext_lazy("What the signals say decides again."),
    ),
}


def reason(label: Promise) -> forms.CharField:
    return forms.CharField(label=label, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class RuleForm(DeskForm):
    """On a pair, or by a value that `touched` accounts of the network share, and so many `everywhere`; `stands` is what is ruled
    of it now."""

    missing = {
        "kind": gettext_lazy("Choose what it is."),
        "reason": gettext_lazy("Say why it is so, for whoever reads it later."),
    }

    kind = forms.ChoiceField(label=gettext_lazy("What it is"), widget=forms.RadioSelect)
    agency = Choice(
        label=gettext_lazy("Which agency"),
        shown_with=f"kind={K.DECLARED_AGENCY}",
        help_text=gettext_lazy("One that an officer has confirmed."),
    )
    reason = reason(gettext_lazy("Why"))

    def __init__(
        self, data: Any = None, *, of_value: bool, touched: int, everywhere: int = 0, stands: Ruling | None, **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        left_out = {stands.kind if stands else "", K.WITHDRAWN if not stands or stands.kind == K.WITHDRAWN else ""}
        self.fields["kind"].choices = [  # type: ignore[attr-defined]  # a ChoiceField, which Field does not say
            (kind, format_html('<span>{}<br><span class="small soft">{}</span></span>', K(kind).label, means[of_value]))
            for kind, means in MEANS.items()
            if kind not in left_out
        ]
        self.agencies = {
            str(one.pk): one for one in agencies.held().select_related("organisation").order_by("organisation__name")
        }
        named = [(pk, f"{one.organisation}: {one.name} ({one})") for pk, one in self.agencies.items()]
        self.fields["agency"].choices = [("", _("Choose one") if named else _("None is confirmed")), *named]  # type: ignore[attr-defined]  # as above
        alone = packs.current().ruled_alone_up_to
        if touched > alone:
            self.fields["reason"].help_text = _("It touches %(n)s accounts, so a second person takes it.") % {"n": touched}
        elif everywhere > alone:
            self.fields["reason"].help_text = _(
                "%(n)s accounts have it in all, so a second person takes it unless it is the same controller."
            ) % {"n": everywhere}

    def to_take_back(self) -> None:
        """Of what is no more nothing else is ruled."""
        field = self.fields["kind"]
        field.choices = [one for one in field.choices if one[0] == K.WITHDRAWN]  # type: ignore[attr-defined]  # as above
        del self.fields["agency"]

    def clean(self) -> dict[str, Any]:
        """As kyc.networks.ruling.rule takes it."""
        data = super().clean() or {}
        return data | {"agency": self.agencies.get(data.get("agency", ""))}


class AnswerForm(DeskForm):
    """To a proposal, by a second person or by the first who comes."""

    missing = {"reason": gettext_lazy("Say why, for whoever reads it later.")}

    reason = reason(gettext_lazy("Why"))

    def __init__(self, data: Any = None, *, of: str, **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"{of}_%s", **kwargs)


class OnForm(forms.Form):
    """As it stood at the end of a day, UTC."""

    use_required_attribute = False
    on = forms.DateField(
        label=gettext_lazy("As it stood on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": gettext_lazy("Write the day as 2026-11-30.")},
    )

    def clean_on(self) -> Any:
        day = self.cleaned_data["on"]
        if day and day > timezone.localdate():
            raise forms.ValidationError(_("This day has not come yet."))
        return day

    @property
    def at(self) -> datetime | None:
        """Nothing where no past day is asked for."""
        day = self.cleaned_data.get("on") if self.is_valid() else None
        if day is None or day == timezone.localdate():
            return None
        return datetime.combine(day + timedelta(days=1), time.min, timezone.get_current_timezone())


def touches(count: int) -> str:
    return ngettext("%(n)s account", "%(n)s accounts", count) % {"n": number_format(count, force_grouping=True)}
