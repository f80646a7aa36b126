"""What an investigator fills in about a controller and its measures."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from kyc.cases import demanding, items
from kyc.desk.forms import DeskForm
from kyc.desk.incident_forms import day, text
from kyc.keys.appeal_models import Restriction
from kyc.keys.pool_models import Period, Unit
from kyc.networks import controlling, measuring
from kyc.networks.models import Incident

CHOOSE = ("", _("Choose…"))
K = Restriction.Kind
# Boxes of accounts: an exception is ticked, so that of thousands of accounts few fields are sent.
OF_ROWS = ("without", "later")


class ControllerForm(DeskForm):
    """The accounts are those of the network, but for those that are ticked: of thousands few fields are sent so."""

    missing = {
        "name": _("Give it a name by which others find it."),
        "why": _("Say why they are one hand."),
        "reason": _("Choose a reason from the list."),
    }

    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("Among investigators alone."))
    reason = forms.ChoiceField(label=_("What decides it"), choices=[CHOOSE, *controlling.REASONS.items()])
    why = text(_("Why they are one hand"), help_text=_("What speaks for it, how surely, and what else could explain it."))
    without = forms.MultipleChoiceField(
        label=_("Accounts that are not of it"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("All others of the network are."),
    )

    def __init__(self, data: Any = None, *, organisations: Sequence[Organisation], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.known = {str(one.pk): one for one in organisations}
        self.fields["without"].choices = [(pk, one.name) for pk, one in self.known.items()]  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        """As controlling.propose takes it."""
        data = super().clean() or {}
        without = set(data.pop("without", ()))
        return data | {"members": [one for pk, one in self.known.items() if pk not in without]}


class MembersForm(DeskForm):
    """Which accounts come to what was ruled: those that are ticked."""

    missing = {
        "members": _("Choose one account or more."),
        "reason": _("Choose a reason from the list."),
        "why": _("Say why they are of the same hand."),
    }

    members = forms.MultipleChoiceField(label=_("Accounts"), widget=forms.CheckboxSelectMultiple)
    reason = forms.ChoiceField(label=_("What decides it"), choices=[CHOOSE, *controlling.REASONS.items()])
    why = text(_("Why they are of the same hand"), help_text=_("What speaks for it, how surely, and what else could explain it."))

    def __init__(self, data: Any = None, *, organisations: Sequence[Organisation], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.known = {str(one.pk): one for one in organisations}
        self.fields["members"].choices = [(pk, one.name) for pk, one in self.known.items()]  # type: ignore[attr-defined]  # a ChoiceField

    def rows(self) -> list[tuple[int, forms.boundfield.BoundWidget]]:
        """Of each account the box by which it is chosen."""
        return [(int(pk), box) for pk, box in zip(self.known, self["members"], strict=True)]

    def asked(self) -> list[forms.BoundField]:
        return [self[name] for name in self.base_fields if name != "members"]

    def clean(self) -> dict[str, Any]:
        """As extending.propose takes it."""
        data = super().clean() or {}
        return data | {"members": [self.known[pk] for pk in data.get("members", ())]}


class ReasonForm(DeskForm):
    """Why something is not done, or done no more; several stand on one page."""

    missing = {"reason": _("Say why.")}

    reason = text(_("Why"), rows=2)

    def __init__(self, data: Any = None, *, of: str, **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"{of}_%s", **kwargs)


class FromControllerForm(DeskForm):
    """An incident in which all its members are involved; the six blocks are filled in there."""

    missing = {"title": _("Give it a title by which others find it."), "detected_on": _("Say on which day it was noticed.")}

    title = forms.CharField(label=_("Title"), max_length=200)
    kind = forms.ChoiceField(label=_("Kind"), choices=Incident.Kind.choices)
    confidence = forms.ChoiceField(label=_("Confidence"), choices=Incident.Confidence.choices)
    detected_on = day(_("Noticed on"), required=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="incident_%s", **kwargs)


def instant(label: Promise, help_text: Promise) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    wrong = {"invalid": _("Write the time as 2026-11-30 17:00.")}
    return forms.DateTimeField(
        label=label, required=False, widget=widget, help_text=help_text, error_messages=wrong,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )  # fmt: skip


class MeasureForm(DeskForm):
    """Each account stands in a row of its own, in the first part unless it is ticked: as one of the rest, or as left out."""

    missing = {
        "kind": _("Choose what is to be done."),
        "told": _("Choose what the customers are told."),
        "reason": _("Choose a reason from the list."),
        "why": _("Say why, for whoever takes it and whoever reads it later."),
    }

    kind = forms.ChoiceField(label=_("What is done"), choices=[CHOOSE, *K.choices])
    told = forms.ChoiceField(
        label=_("What the customers are told"),
        choices=[CHOOSE, *Restriction.Told.choices],
        help_text=_("They and every other officer read this sentence, and nothing of the controller."),
    )
    reason = forms.ChoiceField(label=_("Reason"), choices=[CHOOSE, *measuring.REASONS.items()])
    why = text(_("Why, among investigators"), rows=3)
    unit = forms.ChoiceField(
        label=_("Counted in"),
        choices=[CHOOSE, *Unit.choices],
        required=False,
        help_text=_("Of a limit, over all their keys together."),
    )
    period = forms.ChoiceField(label=_("In which time (UTC)"), choices=[CHOOSE, *Period.choices], required=False)
    limit = forms.IntegerField(label=_("At most"), required=False, min_value=1)
    currency = forms.CharField(label=_("Currency"), required=False, max_length=3, help_text=_("Of money, its code, such as EUR."))
    items = forms.MultipleChoiceField(
        label=_("What is verified again"),
        choices=[(code, items.ITEMS[code].label) for code in demanding.ITEMS],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Of a verification."),
    )
    without = forms.MultipleChoiceField(label=_("Left out"), widget=forms.CheckboxSelectMultiple, required=False)
    later = forms.MultipleChoiceField(label=_("The rest"), widget=forms.CheckboxSelectMultiple, required=False)
    because = text(_("Why those are left out"), rows=2, required=False)
    starts_at = instant(_("Not before (UTC)"), _("Empty is as soon as another officer takes it."))
    rest_at = instant(_("The rest at (UTC)"), _("Empty is when somebody lets it follow."))

    def __init__(self, data: Any = None, *, organisations: Sequence[Organisation], **kwargs: Any) -> None:
        self.organisations = list(organisations)
        super().__init__(data, **kwargs)
        for name in OF_ROWS:
            self.fields[name].choices = [(str(one.pk), one.name) for one in self.organisations]  # type: ignore[attr-defined]  # a ChoiceField
        for names, kind in ((("unit", "period", "limit", "currency"), K.LIMIT), (("items",), K.VERIFICATION)):
            for name in names:
                self.fields[name].widget.attrs["data-with"] = f"kind={kind}"
        for field in self.fields.values():
            field.is_conditional = not field.required  # type: ignore[attr-defined]  # read by the template

    def rows(self) -> list[tuple[int, forms.boundfield.BoundWidget, forms.boundfield.BoundWidget]]:
        """Of each account the box by which it is left out, and that of the second part."""
        boxes = zip(self.organisations, self["without"], self["later"], strict=True)
        return [(one.pk, without, later) for one, without, later in boxes]

    def asked(self) -> list[forms.BoundField]:
        return [self[name] for name in self.base_fields if name not in OF_ROWS]

    def clean(self) -> dict[str, Any]:
        """As measuring.propose takes it."""
        data = super().clean() or {}
        without, later = ({int(pk) for pk in data.pop(name, ())} for name in OF_ROWS)
        because = data.pop("because", "")
        if without and not because.strip():
            self.add_error("because", _("Say why those are left out."))
        first = [one.pk for one in self.organisations if one.pk not in without | later]
        return data | {"left_out": dict.fromkeys(sorted(without), because), "first": first}
