"""What an auditor asks for."""

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation


class RequestForm(forms.Form):
    organisation = forms.ModelChoiceField(label=_("Organisation"), queryset=Organisation.objects.order_by("name"))
    as_of = forms.DateField(
        label=_("As of"),
        required=False,
        help_text=_("The end of that day, UTC. Empty means now."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    known_at = forms.DateTimeField(
        label=_("As known at"),
        required=False,
        help_text=_("To see what was known at the end of that second, in UTC. Empty means now."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"),
    )

    def clean_as_of(self) -> datetime | None:
        day = self.cleaned_data["as_of"]
        if day is None:
            return None
        if day > timezone.now().date():
            raise forms.ValidationError(_("“As of” lies in the future. Choose a day that has begun."))
        return min(datetime.combine(day, time.max, tzinfo=UTC), timezone.now())

    def clean_known_at(self) -> datetime | None:
        """The picker knows whole seconds: all of the second counts, so that what a page shows as known is known."""
        moment = self.cleaned_data["known_at"]
        if moment is None:
            return None
        if moment > timezone.now():
            raise forms.ValidationError(_("“As known at” lies in the future. Choose a moment that has passed."))
        return min(moment.replace(microsecond=999_999), timezone.now())

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {"valid_at": data["as_of"], "known_at": data["known_at"]}
