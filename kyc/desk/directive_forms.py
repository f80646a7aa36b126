"""What an officer fills in about a directive: the letter, whom it is over, and who is left out."""

from collections.abc import Callable
from datetime import UTC
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from kyc.desk.controller_forms import instant
from kyc.desk.forms import DeskForm
from kyc.desk.incident_forms import day, text
from kyc.desk.queue import OF_ORGANISATION
from kyc.directives.acting import Order
from kyc.directives.models import Directive
from kyc.directives.population import FACTS, WORDS, is_value
from kyc.parties import countries
from kyc.rules import packs

P = Directive.Population
CHOOSE = ("", _("Choose…"))
BY = {
    "headquarters": _("Headquarters"),
    "parent": _("Headquarters of the ultimate parent"),
    "location": _("Location: headquarters, and from where keys are used"),
}
FACT_WORDS: dict[str, Promise] = {
    "customer.status": _("whether the customer is a foreign person"),
    "responsible.status": _("whether who answers for the key is a foreign person"),
    "customer.headquarters": _("where the customer has its headquarters"),
    "customer.parent": _("where its ultimate parent has its headquarters"),
    "customer.formed": _("where the customer was formed"),
    "key.used_from": _("from where the key is used"),
    "customer.concern": _("whether the customer is an entity of concern"),
    "customer.owners": _("whether listed parties own the customer"),
    "customer.who": _("who the customer is: it was never verified"),
    "exception": _("left out"),
}


# Which choice of another field calls for which (static/js/keyholder.js).
SHOWN_WITH = {
    "determined_on": "kind=measure",
    **dict.fromkeys(("country_set", "country_codes", "by"), f"population={P.COUNTRIES}"),
    "named": f"population={P.NAMED}",
    "rule": f"population={P.RULE}",
}


def lines(value: str) -> list[str]:
    return [line.strip() for line in value.splitlines() if line.strip()]


def organisation_of(written: str) -> Organisation:
    """By its number (O-12) or its whole name. Raises ValidationError."""
    number = OF_ORGANISATION.fullmatch(written)
    rows = Organisation.objects.real()
    digits = next(filter(None, number.groups()), "") if number else ""
    found = list(rows.filter(pk=int(digits)) if digits else rows.filter(name__iexact=written)[:2])
    if len(found) == 1:
        return found[0]
    sentence = gettext("“%(written)s”: several customers are called so. Write its number, such as O-12.")
    raise forms.ValidationError(
        (sentence if found else gettext("“%(written)s” is no customer of ours.")) % {"written": written[:80]}
    )


def tests_of(written: str) -> list[dict[str, Any]]:
    """`fact: value, value` a line. Raises ValidationError."""
    found = []
    for line in lines(written):
        fact, colon, values = line.partition(":")
        told = [value.strip() for value in values.split(",") if value.strip()]
        if not colon or fact.strip() not in FACTS or not told:
            raise forms.ValidationError(gettext("“%(line)s” is no fact with its values.") % {"line": line[:80]})
        if wrong := [value for value in told if not is_value(fact.strip(), value)]:
            sentence = gettext("“%(value)s” is no value of %(fact)s: countries are codes of two capital letters, such as CN.")
            if fact.strip() in WORDS:
                sentence = gettext("“%(value)s” is no value of %(fact)s: it is one of %(words)s.")
            words = ", ".join(sorted(WORDS.get(fact.strip(), ())))
            raise forms.ValidationError(sentence % {"value": wrong[0][:40], "fact": fact.strip(), "words": words})
        found.append({"fact": fact.strip(), "values": told})
    return found


def collected(written: str, of_line: Callable[[str], Any]) -> list[Any]:
    return [of_line(line) for line in lines(written)]


class DirectiveForm(DeskForm):
    missing = {
        "issuer": _("Say who ordered it."),
        "authority": _("Say on which authority."),
        "reference": _("Give the reference by which it is found."),
        "received_at": _("Say when it was received, to the minute."),
        "population": _("Say whom it is over."),
        "why": _("Say what it says, for whoever takes it and whoever reads it later."),
    }

    kind = forms.ChoiceField(label=_("What it is"), choices=Directive.Kind.choices)
    issuer = forms.CharField(label=_("Issued by"), max_length=200)
    authority = forms.CharField(label=_("Authority"), max_length=200, help_text=_("As it cites it, such as 15 CFR 744.22(b)."))
    reference = forms.CharField(label=_("Reference"), max_length=100)
    received_at = instant(_("Received at (UTC)"), _("To the minute."))
    determined_on = day(_("Determined on"), help_text=_("Of a special measure alone: the day of its determination."))
    why = text(_("What it says"), rows=3)
    population = forms.ChoiceField(label=_("Whom it is over"), choices=[CHOOSE, *P.choices])
    country_set = forms.ChoiceField(label=_("Countries"), required=False)
    country_codes = forms.CharField(
        label=_("And these countries"), max_length=600, required=False, help_text=_("Codes of two letters, with commas.")
    )
    by = forms.MultipleChoiceField(
        label=_("By what a country counts"), choices=list(BY.items()), required=False, widget=forms.CheckboxSelectMultiple
    )
    named = text(_("Customers named in it"), rows=2, required=False, help_text=_("One a line: its whole name, or its number."))
    rule = text(
        _("Rule"), rows=2, required=False,
        help_text=_("One fact a line with its values, all of which must hold: customer.headquarters: CN, MO"),
    )  # fmt: skip
    tiers = forms.MultipleChoiceField(
        label=_("Models that are closed"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: all of them."),
    )  # fmt: skip
    later_tiers = forms.MultipleChoiceField(
        label=_("Of these, closed later"), required=False, widget=forms.CheckboxSelectMultiple
    )
    later_at = instant(_("When those follow (UTC)"), _("Needed where some are closed later."))
    effective_at = instant(_("In force from (UTC)"), _("Empty: as soon as another officer takes it."))
    expires_at = instant(_("Until (UTC)"), _("Empty: until it is lifted."))
    left_out = text(
        _("Left out"), rows=3, required=False,
        help_text=_("One a line: the customer's whole name or number, a semicolon, and on which ground."),
    )  # fmt: skip

    def added(self) -> dict[str, forms.Field]:
        """What the rule pack offers today."""
        pack = packs.current()
        titles = list(pack.key_catalogue("tiers").items())
        for name in ("tiers", "later_tiers"):
            self.fields[name].choices = titles  # type: ignore[attr-defined]  # a choice field
        self.fields["country_set"].choices = [  # type: ignore[attr-defined]  # a choice field
            ("", _("None of the sets")),
            *((name, name) for name in pack.data["country_sets"]),
        ]
        self.fields["received_at"].required = True
        for name, choice in SHOWN_WITH.items():
            self.fields[name].widget.attrs["data-with"] = choice
        return {}

    def clean_country_codes(self) -> list[str]:
        codes = [code.strip().upper() for code in self.cleaned_data["country_codes"].split(",") if code.strip()]
        if wrong := [code for code in codes if not countries.is_country(code)]:
            raise forms.ValidationError(gettext("“%(code)s” is no country of ISO 3166-1.") % {"code": wrong[0][:10]})
        return codes

    def clean_named(self) -> list[Organisation]:
        return collected(self.cleaned_data["named"], organisation_of)

    def clean_rule(self) -> list[dict[str, Any]]:
        return tests_of(self.cleaned_data["rule"])

    def clean_left_out(self) -> dict[Organisation, str]:
        return dict(collected(self.cleaned_data["left_out"], self.of_left_out))

    def of_left_out(self, line: str) -> tuple[Organisation, str]:
        name, semicolon, ground = line.partition(";")
        if not semicolon or not ground.strip():
            raise forms.ValidationError(gettext("“%(line)s” has no ground behind a semicolon.") % {"line": line[:80]})
        return organisation_of(name.strip()), ground.strip()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("later_tiers") and not data.get("later_at"):
            self.add_error("later_at", gettext("Say when those follow."))
        return data

    def parameters(self) -> dict[str, Any]:
        data = self.cleaned_data
        named = packs.current().countries(data["country_set"]) if data["country_set"] else frozenset()
        return {
            P.COUNTRIES: {"countries": sorted(named | set(data["country_codes"])), "by": data["by"], "set": data["country_set"]},
            P.NAMED: {"organisations": sorted(one.pk for one in data["named"])},
            P.RULE: {"tests": data["rule"]},
        }.get(P(data["population"]), {})

    def order(self) -> Order:
        """Of a valid form."""
        data = self.cleaned_data
        told = {name: data[name] for name in ("kind", "issuer", "authority", "reference", "why", "population")}
        return Order(
            **told,
            received_at=data["received_at"].astimezone(UTC),
            determined_on=data["determined_on"],
            parameters=self.parameters(),
            tiers=data["tiers"],
            later=dict.fromkeys(data["later_tiers"], data["later_at"]) if data["later_tiers"] else {},
            effective_at=data["effective_at"],
            expires_at=data["expires_at"],
        )


class ExtensionForm(DeskForm):
    missing = {"until": _("Say until when."), "reason": _("Say who extended it, and where that is found.")}

    until = instant(_("Until (UTC)"), _("To the minute."))
    reason = text(_("Who extended it, and where that is found"), rows=2)

    def added(self) -> dict[str, forms.Field]:
        self.fields["until"].required = True
        return {}


class ReasonForm(DeskForm):
    missing = {"reason": _("Say why.")}

    reason = text(_("Why"), rows=2)
