"""What an investigator fills in about an incident."""

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from kyc.desk.forms import Choices, DeskForm
from kyc.keys.models import Key
from kyc.networks.models import BLOCKS, Incident
from kyc.parties.models import Party

# The six questions, and what answers each (rules FIN-15; the heads of a referral).
QUESTIONS: dict[str, tuple[Promise, Promise]] = {
    "who": (_("Who"), _("Accounts, entities, owners and ultimate parents; who may stand behind them.")),
    "what": (_("What"), _("What was done: capabilities aimed at, volumes, instruments and accounts used.")),
    "when": (_("When"), _("In order of time: first and last, how long, and what it goes along with, such as a release.")),
    "where": (_("Where"), _("Networks, countries, places of payment.")),
    "why": (_("Why"), _("Why it is suspicious of this customer: pattern, volume, coordination; and what else may explain it.")),
    "how": (_("How"), _("How accounts were made and the controls passed: proxies, false papers, lent credentials.")),
}  # fmt: skip


def day(label: Promise, *, required: bool = False, help_text: Promise | str = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    wrong = {"invalid": _("Write the day as 2026-11-30.")}
    return forms.DateField(label=label, required=required, widget=widget, help_text=help_text, error_messages=wrong)


def text(label: Promise, *, rows: int = 3, required: bool = True, help_text: Promise | str = "") -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, max_length=10_000, required=required, widget=widget, help_text=help_text)


class IncidentForm(DeskForm):
    missing = {"title": _("Give it a title by which others find it."), "detected_on": _("Say on which day it was noticed.")}

    title = forms.CharField(label=_("Title"), max_length=200)
    kind = forms.ChoiceField(label=_("Kind"), choices=Incident.Kind.choices)
    confidence = forms.ChoiceField(
        label=_("Confidence"),
        choices=Incident.Confidence.choices,
        help_text=_("How sure you are that it is what it seems to be."),
    )
    detected_on = day(_("Noticed on"), required=True)
    first_seen_on = day(_("First seen on"))
    last_seen_on = day(_("Last seen on"))
    who, what, when, where, why, how = (text(label, required=False, help_text=told) for label, told in QUESTIONS.values())

    def of_one(self) -> list[forms.BoundField]:
        """What is said in a word, as the page groups it."""
        return [self[name] for name in self.fields if name not in BLOCKS and name != "shown"]

    def blocks(self) -> list[forms.BoundField]:
        return [self[name] for name in BLOCKS]


class WriteForm(IncidentForm):
    # What stood there when the page was opened: kyc.networks.actions.as_shown.
    shown = forms.CharField(widget=forms.HiddenInput, max_length=16, required=False)


class NoteForm(DeskForm):
    missing = {"text": _("Write the note.")}

    text = text(_("Note"), help_text=_("It stands as it is written, and can't be changed later."))


class ReferralForm(DeskForm):
    missing = {"recipient": _("Say to whom it was referred."), "made_on": _("Say on which day.")}

    recipient = forms.CharField(label=_("Referred to"), max_length=200)
    made_on = day(_("On"), required=True)
    reference = forms.CharField(label=_("Their reference"), max_length=100, required=False)


class CloseForm(DeskForm):
    missing = {"outcome": _("Choose how it ends."), "reason": _("Say why it ends so.")}

    outcome = forms.ChoiceField(label=_("Outcome"), choices=[("", _("Choose…")), *Incident.Outcome.choices])
    reason = text(
        _("Reason"), rows=2, help_text=_("After this nothing that the incident tells can be changed; notes can be added.")
    )


class ReleaseForm(DeskForm):
    missing = {"reason": _("Say why it is not involved any more.")}

    reason = forms.CharField(label=_("Why it is not involved any more"), max_length=1000)

    def __init__(self, number: int, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"release_{number}_%s", **kwargs)


class InvolveForm(DeskForm):
    """Involves an organisation, or one key or party of it, in an incident that is open."""

    missing = {"incident": _("Choose the incident."), "why": _("Say why it is involved.")}

    incident = forms.ChoiceField(label=_("Incident"))
    about = forms.ChoiceField(label=_("What of it"))
    why = text(_("Why"), rows=2)

    def __init__(self, organisation: Organisation, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id="involve_%s", **kwargs)
        self.incidents = {str(row.pk): row for row in Incident.objects.open().order_by("-pk")}
        self.targets: dict[str, dict[str, Any]] = {"organisation": {}}
        names: Choices = [("organisation", _now("The whole organisation"))]
        for key in Key.objects.filter(organisation=organisation).order_by("-pk"):
            self.targets[f"key-{key.pk}"] = {"key": key}
            names.append((f"key-{key.pk}", f"{key.name} {key}"))
        for party in Party.objects.current().filter(organisation=organisation).order_by("pk"):
            self.targets[f"party-{party.pk}"] = {"party": party}
            names.append((f"party-{party.pk}", party.name))
        told: Choices = [(pk, f"{row.number}, {row.title}") for pk, row in self.incidents.items()]
        self.fields["incident"].choices = told if len(told) == 1 else [("", _("Choose…")), *told]  # type: ignore[attr-defined]  # a ChoiceField, which Field does not say
        self.fields["about"].choices = names  # type: ignore[attr-defined]  # as above

    def clean(self) -> dict[str, Any]:
        """As actions.involve takes it, the incident first."""
        data = super().clean() or {}
        about = self.targets.get(data.pop("about", ""), {})
        return data | about | {"incident": self.incidents.get(data.get("incident", ""))}
