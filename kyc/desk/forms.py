"""What an officer fills in."""

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from accounts.permissions import ROLES, Permission
from kyc.cases.models import Decision, Entity
from kyc.cases.policy import POLICY, REASONS
from kyc.keys.models import Key
from kyc.screening.actions import REASONS as RULING_REASONS
from kyc.screening.models import Hit

Choices = list[tuple[str | Promise, Any]]


def grouped_reasons() -> Choices:
    return [
        (Decision.Choice(choice).label, [(code, REASONS[code]) for code in codes]) for choice, codes in POLICY.reasons.items()
    ]


class ProposalForm(forms.Form):
    choice = forms.ChoiceField(label=_("Proposal"), choices=[("", _("Choose…")), *Decision.Choice.choices])
    reason = forms.ChoiceField(label=_("Reason"), choices=[("", _("Choose…")), *grouped_reasons()])
    note = forms.CharField(
        label=_("Note for the file"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": _("What decided it, in a sentence or two")}),
    )
    message = forms.CharField(
        label=_("Sentence for the customer"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Needed to ask for more: what is missing and what would do."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        choice, reason = data.get("choice"), data.get("reason")
        if choice and reason and reason not in POLICY.reasons[choice]:
            self.add_error("reason", _("This reason belongs to another proposal."))
        if choice == Decision.Choice.ASK and not data.get("message", "").strip():
            self.add_error("message", _("Write the sentence that the customer will read."))
        return data


class OutcomeForm(forms.Form):
    note = forms.CharField(
        label=_("Note"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Needed to decline, so that the proposer can go on."),
    )


class RulingForm(forms.Form):
    ruling = forms.ChoiceField(
        label=_("Who is it?"),
        choices=[("false", _("Another person or company")), ("true", _("The same"))],
        widget=forms.RadioSelect,
    )
    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[
            ("", _("Choose…")),
            (_("Another person or company"), list(RULING_REASONS["false"].items())),
            (_("The same"), list(RULING_REASONS["true"].items())),
        ],
    )
    note = forms.CharField(label=_("Note"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, hit: Hit, data: Any = None) -> None:
        super().__init__(data, auto_id=f"hit_{hit.pk}_%s")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        ruling, reason = data.get("ruling"), data.get("reason")
        if ruling and reason and reason not in RULING_REASONS[ruling]:
            self.add_error("reason", _("This reason belongs to the other ruling."))
        return data


def who_work_cases() -> list[str]:
    return [role for role, holds in ROLES.items() if Permission.DECISION_PROPOSE in holds]


class OwnerForm(forms.Form):
    to = forms.ModelChoiceField(
        label=_("Owner"),
        queryset=User.objects.filter(staff_role__in=who_work_cases(), is_active=True).order_by("name", "pk"),
        required=False,
        empty_label=_("Unassigned"),
    )


class HoldForm(forms.Form):
    on = forms.ChoiceField(label=_("On"))
    reason = forms.CharField(label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, organisation: Organisation, data: Any = None) -> None:
        super().__init__(data, auto_id="hold_%s")
        self.targets: dict[str, dict[str, Any]] = {"organisation": {"organisation": organisation}}
        names: Choices = [("organisation", _("The whole organisation"))]
        for entity in Entity.objects.filter(organisation=organisation, ended_at__isnull=True):
            self.targets[f"entity-{entity.pk}"] = {"entity": entity}
            names.append((f"entity-{entity.pk}", str(entity)))
        for key in Key.objects.filter(organisation=organisation).exclude(state=Key.State.REVOKED).order_by("-pk"):
            self.targets[f"key-{key.pk}"] = {"key": key}
            names.append((f"key-{key.pk}", str(key)))
        self.fields["on"].choices = names  # type: ignore[attr-defined]  # a ChoiceField, which Field does not say

    def clean(self) -> dict[str, Any]:
        """As holds.place takes it."""
        data = super().clean() or {}
        return self.targets.get(data.pop("on", ""), {}) | data


class LiftForm(forms.Form):
    reason = forms.CharField(label=_("Why it ends"), max_length=1000)

    def __init__(self, number: int, data: Any = None) -> None:
        super().__init__(data, auto_id=f"lift_{number}_%s")
