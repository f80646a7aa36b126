"""What is asked of a key: when it is issued, when it is rolled, and when somebody else is to answer for it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.alphabet import by_name
from accounts.models import Organisation, Project
from kyc.keys import actions, answering, terms
from kyc.keys.models import Key
from kyc.onboarding.changing import Changing, Page, Standing
from kyc.onboarding.fields import CHOOSE, Text
from kyc.parties.models import Party
from kyc.rules import packs


class Responsible(forms.ModelChoiceField):  # type: ignore[type-arg]  # Django's is generic for its stubs alone
    """Among those who may answer for a key."""

    def __init__(self) -> None:
        wrong = {"required": _("Choose who answers for the key."), "invalid_choice": _("Choose one from the list.")}
        super().__init__(
            Party.objects.none(),
            label=_("Responsible person"),
            empty_label=CHOOSE,
            help_text=_("Who answers for what is done with the key: somebody you have named and we have checked."),
            error_messages=wrong,
        )

    def ask(self, organisation: Organisation) -> None:
        self.queryset = answering.may_answer().filter(organisation=organisation).order_by(*by_name(), "pk")


class Codes(forms.MultipleChoiceField):
    """Of the provider's catalogue, at least one."""

    def __init__(self, kind: str, **kwargs: Any) -> None:
        pack = packs.current()
        super().__init__(
            choices=[(code, gettext_lazy(title)) for code, title in pack.key_catalogue(kind).items()],
            initial=pack.key_offered(kind),
            widget=forms.CheckboxSelectMultiple,
            error_messages={"required": _("Choose at least one."), "invalid_choice": _("Choose from the list.")},
            **kwargs,
        )


class Networks(forms.CharField):
    """One a line; none is from anywhere."""

    def __init__(self) -> None:
        super().__init__(
            label=_("From where it may be used"),
            required=False,
            max_length=5000,
            help_text=_("IP networks such as 203.0.113.0/24 or 2001:db8::/32, one a line. Empty is from anywhere."),
            widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false", "class": "mono"}),
            error_messages={"max_length": _("That is too long for a list of networks.")},
        )

    def clean(self, value: Any) -> Any:
        try:
            return terms.networks(super().clean(value).splitlines())
        except terms.BadTerms as bad:
            raise forms.ValidationError(bad.sentences) from None

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


class KeyForm(Page):
    name = Text(label=_("Name of the key"), max_length=100, help_text=_("What it is for, so that you can tell it from others."))
    project = forms.ModelChoiceField(
        Project.objects.none(),
        label=_("Project"),
        empty_label=None,
        error_messages={"invalid_choice": _("Choose one from the list.")},
    )
    responsible = Responsible()
    holder = forms.ChoiceField(
        label=_("Who uses it"),
        choices=[
            ("service", _("A program: the key is of a service account, and the responsible person answers for it")),
            ("person", _("The responsible person")),
        ],
        widget=forms.RadioSelect,
        initial="service",
        error_messages={"required": _("Say who uses it."), "invalid_choice": _("Choose one from the list.")},
    )
    scopes = Codes("scopes", label=_("What it may do"))
    tiers = Codes("tiers", label=_("Which models it may use"))
    expires = Text(
        label=_("Until when it works"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "short"}),
    )
    networks = Networks()
    proof = forms.ChoiceField(
        label=_("What the program proves that the key is its own by"),
        required=False,
        choices=[
            ("", _("Nothing: whoever has the key can use it")),
            (terms.CERTIFICATE, _("A client certificate (mutual TLS)")),
            (terms.DPOP, _("A key of its own (DPoP)")),
        ],
        error_messages={"invalid_choice": _("Choose one from the list.")},
    )
    thumbprint = Text(
        label=_("Thumbprint of that certificate or key"),
        max_length=120,
        required=False,
        help_text=_("Its SHA-256, in base64url or hexadecimal."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"}),
    )
    # What stands unfolded; the rest has an answer already.
    FIRST = ("name", "project", "responsible")

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        projects = Project.objects.filter(organisation=organisation).order_by("pk")
        self.fields["project"].queryset = projects  # type: ignore[attr-defined]  # ModelChoiceField's
        self.fields["responsible"].ask(organisation)  # type: ignore[attr-defined]  # of Responsible
        pack = packs.current()
        days = {"n": pack.key_days("longest")}
        self.fields["expires"].help_text = _("A number of days, or a day such as 2027-03-31; at most %(n)s days ahead.") % days
        self.fields["expires"].initial = str(pack.key_days("offered"))

    def first(self) -> list[forms.BoundField]:
        return [self[name] for name in self.FIRST]

    def more(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in self.FIRST]

    def is_more_open(self) -> bool:
        """Whether something there is wrong."""
        return any(field.errors for field in self.more())

    def checked(self, name: str, check: Callable[[], Any]) -> Any:
        try:
            return check()
        except terms.BadTerms as bad:
            raise forms.ValidationError(str(bad)) from None

    def clean_expires(self) -> Any:
        return self.checked("expires", lambda: terms.until(self.cleaned_data["expires"]))

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        if {"proof", "thumbprint"} <= typed.keys():
            try:
                typed["confirmation"] = terms.confirmation(typed["proof"], typed["thumbprint"])
            except terms.BadTerms as bad:
                self.add_error(bad.field, str(bad))
        return typed

    @property
    def told(self) -> dict[str, Any]:
        typed = self.cleaned_data
        asked = terms.Terms(
            scopes=typed["scopes"],
            tiers=typed["tiers"],
            networks=typed["networks"],
            expires_at=typed["expires"],
            confirmation=typed["confirmation"],
            is_service=typed["holder"] == "service",
        )
        return {**{name: typed[name] for name in self.FIRST}, "terms": asked}


class RollForm(Page):
    overlap = forms.TypedChoiceField(
        label=_("How long the old key goes on"),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say how long the old key goes on."), "invalid_choice": _("Choose one from the list.")},
    )

    expires = Text(
        label=_("Until when the new key works"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "short"}),
    )
    networks = Networks()

    def __init__(self, *args: Any, key: Key, hours: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most, days = packs.current().key_days("longest"), max(1, round(actions.life(key) / timedelta(days=1)))
        self.fields["expires"].initial = str(days)
        asked = _("A number of days, or a day such as 2027-03-31; at most %(n)s days ahead.") % {"n": most}
        given = ngettext("The old key was given %(n)s day in all.", "The old key was given %(n)s days in all.", days) % {
            "n": days
        }
        self.fields["expires"].help_text = f"{asked} {given}"
        self.fields["networks"].initial = key.allowed_networks
        self.fields["overlap"].choices = [(n, overlap(n)) for n in hours]  # type: ignore[attr-defined]  # ChoiceField's
        self.fields["overlap"].initial = hours[min(2, len(hours) - 1)]

    def clean_expires(self) -> datetime | None:
        return end(self.cleaned_data["expires"])

    @property
    def told(self) -> dict[str, Any]:
        """A form without the field, as older pages sent it, leaves the networks as they are."""
        told = dict(super().told)
        told["expires_at"] = told.pop("expires")
        return told if self.add_prefix("networks") in self.data else {**told, "networks": None}


class ChangeForm(Changing):
    name = Text(label=_("Name of the key"), max_length=100, help_text=_("What it is for, so that you can tell it from others."))
    networks = Networks()
    expires = Text(
        label=_("End it sooner"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "short"}),
    )

    def __init__(self, *args: Any, key: Key, **kwargs: Any) -> None:
        super().__init__(*args, stands=stands(key), **kwargs)
        told = {"at": date_format(key.expires_at, "j F Y, H:i")} if key.expires_at else {}
        help_text = _("A number of days, or a day such as 2027-03-31. Empty leaves it as it is")
        self.fields["expires"].help_text = (
            format_lazy("{}: {}", help_text, _("until %(at)s UTC.") % told) if told else format_lazy("{}.", help_text)
        )

    def clean_expires(self) -> datetime | None:
        return end(self.cleaned_data["expires"])

    @property
    def told(self) -> dict[str, Any]:
        typed = self.cleaned_data
        return {"name": typed["name"], "networks": typed["networks"], "expires_at": typed["expires"]}


def end(text: str) -> datetime | None:
    """When a key is to end; None where nothing was written. Raises ValidationError."""
    try:
        return terms.until(text) if text else None
    except terms.BadTerms as bad:
        raise forms.ValidationError(str(bad)) from None


def stands(key: Key) -> Standing:
    return {"name": key.name, "networks": key.allowed_networks}


class AnswerForm(Page):
    responsible = Responsible()

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["responsible"].ask(organisation)  # type: ignore[attr-defined]  # of Responsible


def overlap(hours: int) -> Promise | str:
    """For how long the old key goes on, in words."""
    if not hours:
        return _("Not at all: it stops at once")
    if hours % 24:
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    return ngettext("%(n)s day", "%(n)s days", hours // 24) % {"n": hours // 24}
