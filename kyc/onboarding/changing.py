"""What every form of these pages does: it acts, explains a refusal, and overwrites nothing that its sender has not seen."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts import resume
from accounts.refused import Refused
from kyc.ownership.fitting import NamedTwice
from kyc.parties.actions import NamedBefore

# What stands, by the name of the field that shows it: a text, or the choices that are ticked.
Standing = Mapping[str, str | list[str]]


def digest(stands: Standing) -> str:
    """A fingerprint of what stands, empty when nothing does. Keyed, so that it gives away no birth date by trying."""
    if not stands:
        return ""
    return salted_hmac("kyc.onboarding.shown", json.dumps(stands, sort_keys=True), algorithm="sha256").hexdigest()


def plain(value: str | list[str] | None) -> list[str]:
    """The value without what makes no difference: white space in a text, the order of choices."""
    return value.split() if isinstance(value, str) else sorted(map(str, value or ()))


class Moved(Refused):
    """What the page showed was changed meanwhile, to `stands`."""

    def __init__(self, stands: Standing) -> None:
        super().__init__(
            _(
                "This was changed while you had it open, in another tab or by another member, so nothing has been saved. "
                "Beside each field you see what stands there now. Save again, and what you typed replaces it."
            )
        )
        self.stands = stands


def explained(refusal: Refused) -> str:
    """The refusal's sentence, with the way to the entry it speaks of."""
    if isinstance(refusal, NamedBefore):
        entry = reverse("onboarding:person", args=[refusal.party.pk])
    elif isinstance(refusal, NamedTwice):
        entry = reverse("onboarding:owner", args=[refusal.interest.pk])
    else:
        return str(refusal)
    return format_html('{} <a href="{}">{}</a>', str(refusal), entry, _("Open that entry"))


class Page(forms.Form):
    """A page's form: `acted` does what it asks for, and sets a refusal beside the field it is about."""

    use_required_attribute = False
    # What came of it, where the page asks about that.
    saved: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        resume.fill(self)

    def acted(self, act: Callable[[], object]) -> bool:
        if not self.is_valid():
            return False
        try:
            act()
        except Refused as refusal:
            field = getattr(refusal, "field", None)
            self.refused(refusal, field if field in self.fields else None)
            return False
        return True

    def refused(self, refusal: Refused, field: str | None) -> None:
        self.add_error(field, explained(refusal))

    @property
    def told(self) -> dict[str, Any]:
        """What was filled in, as the action takes it."""
        return dict(self.cleaned_data)


class Changing(Page):
    """Changes what stands. Sent from two tabs, the second is refused once, with what the first has saved beside it."""

    shown = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, stands: Standing | None = None, initial: Mapping[str, object] | None = None, **kwargs: Any):
        stands = stands or {}
        super().__init__(*args, initial={**(initial or {}), **stands, "shown": digest(stands)}, **kwargs)

    @classmethod
    def asks(cls) -> list[str]:
        """The fields that people fill in."""
        return [name for name in cls.base_fields if name != "shown"]

    def clean(self) -> None:
        self.was_shown = self.cleaned_data.pop("shown", "")

    def differing(self, stands: Standing) -> list[str]:
        shown = ((name, value) for name, value in stands.items() if name in self.fields)
        return [name for name, value in shown if plain(self.cleaned_data.get(name)) != plain(value)]

    def compare(self, stands: Standing) -> None:
        """Raises Moved when what stands is neither what was shown nor what was typed. To be called under the case's lock."""
        if stands and self.was_shown != digest(stands) and self.differing(stands):
            raise Moved(stands)

    def refused(self, refusal: Refused, field: str | None) -> None:
        super().refused(refusal, field)
        if isinstance(refusal, Moved):
            for name in self.differing(refusal.stands):
                self.add_error(name, self.now(name, refusal.stands[name]))
            self.data = self.data.copy()
            self.data["shown"] = digest(refusal.stands)

    def now(self, name: str, value: str | list[str]) -> str:
        if not value:
            return _("This is empty now.")
        return format_html(_("“{}” is what stands here now."), format_html("<bdi>{}</bdi>", self.read(name, value)))

    def read(self, name: str, value: str | list[str]) -> str:
        """The value as the page shows it to a reader."""
        choices = dict(getattr(self.fields[name], "choices", ()))
        values = [value] if isinstance(value, str) else value
        return ", ".join(str(choices.get(each, each)) for each in values)
