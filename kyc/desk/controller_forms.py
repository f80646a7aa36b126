"""What an investigator fills in about a controller and its measures."""

from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext
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
# Accounts that have boxes; who of thousands has none is named by its number.
BOXES = 100


class Boxes(forms.MultipleChoiceField):
    """A box for each of the first accounts; ticked may be any that is `known`, as its order may have changed meanwhile."""

    known: Mapping[str, str] = {}

    def valid_value(self, value: Any) -> bool:
        return str(value) in self.known

    def of(self, known: Mapping[str, str], ticked: Collection[str]) -> None:
        first = dict(islice(known.items(), BOXES))
        self.known, self.choices = known, [*first.items(), *((pk, known[pk]) for pk in ticked if pk in known and pk not in first)]


class Numbers(forms.CharField):
    """Of accounts that have no box."""

    known: Mapping[str, str] = {}

    def __init__(self, label: Promise) -> None:
        super().__init__(
            label=label,
            required=False,
            max_length=100_000,
            widget=forms.Textarea(attrs={"rows": 2}),
            help_text=_("Of accounts without a box here the numbers, as 1204 1377."),
        )

    def clean(self, value: Any) -> set[int]:  # type: ignore[override]  # what is asked with it
        said = super().clean(value).replace(",", " ").split()
        if strange := [word for word in said if word not in self.known]:
            raise forms.ValidationError(gettext("%(word)s is the number of no account of it.") % {"word": strange[0][:20]})
        return set(map(int, said))


class OfAccounts(DeskForm):
    """About many accounts, of which some are excepted: the first by boxes, the others by their numbers. `numbers_of` has by the
    boxes' name what the field of numbers is called."""

    numbers_of: ClassVar[Mapping[str, Promise]] = {}

    def __init__(self, data: Any = None, *, organisations: Sequence[Organisation], **kwargs: Any) -> None:
        self.known = {str(one.pk): one for one in organisations}
        super().__init__(data, **kwargs)
        names = {pk: one.name for pk, one in self.known.items()}
        for name in self.numbers_of:
            self.fields[name].of(names, data.getlist(name) if data else self.initial.get(name, ()))  # type: ignore[attr-defined]  # Boxes

    def added(self) -> dict[str, forms.Field]:
        if len(self.known) <= BOXES:
            return {}
        found: dict[str, forms.Field] = {}
        for name, label in self.numbers_of.items():
            found[f"{name}_numbers"] = field = Numbers(label)
            field.known = {pk: one.name for pk, one in self.known.items()}
        return found

    def excepted(self, name: str, data: dict[str, Any]) -> set[int]:
        """Their numbers; taken out of `data`."""
        return {int(pk) for pk in data.pop(name, ())} | (data.pop(f"{name}_numbers", None) or set())


class ControllerForm(OfAccounts):
    """The accounts are those of the network, but for those that are excepted: of thousands few fields are sent so."""

    numbers_of: ClassVar[Mapping[str, Promise]] = {"without": _("Others that are not of it")}

    missing = {
        "name": _("Give it a name by which others find it."),
        "why": _("Say why they are one hand."),
        "reason": _("Choose a reason from the list."),
    }

    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("Among investigators alone."))
    reason = forms.ChoiceField(label=_("What decides it"), choices=[CHOOSE, *controlling.REASONS.items()])
    why = text(_("Why they are one hand"), help_text=_("What speaks for it, how surely, and what else could explain it."))
    without = Boxes(
        label=_("Accounts that are not of it"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("All others of the network are."),
    )

    def clean(self) -> dict[str, Any]:
        """As controlling.propose takes it."""
        data = super().clean() or {}
        without = self.excepted("without", data)
        return data | {"members": [one for one in self.known.values() if one.pk not in without]}


class MembersForm(OfAccounts):
    """Which accounts come to what was ruled: those that are ticked, or named by their numbers."""

    numbers_of: ClassVar[Mapping[str, Promise]] = {"members": _("Others that are of it too")}

    missing = {
        "members": _("Choose one account or more."),
        "reason": _("Choose a reason from the list."),
        "why": _("Say why they are of the same hand."),
    }

    members = Boxes(label=_("Accounts"), widget=forms.CheckboxSelectMultiple, required=False)
    reason = forms.ChoiceField(label=_("What decides it"), choices=[CHOOSE, *controlling.REASONS.items()])
    why = text(_("Why they are of the same hand"), help_text=_("What speaks for it, how surely, and what else could explain it."))

    def rows(self) -> list[tuple[int, forms.boundfield.BoundWidget]]:
        """Of each account that has one the box by which it is chosen."""
        return [(int(box.data["value"]), box) for box in self["members"]]

    def asked(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name != "members"]

    def clean(self) -> dict[str, Any]:
        """As extending.propose takes it."""
        data = super().clean() or {}
        chosen = self.excepted("members", data)
        if not chosen and not self.errors:
            self.add_error("members", self.missing["members"])
        return data | {"members": [one for one in self.known.values() if one.pk in chosen]}


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


class MeasureForm(OfAccounts):
    """Each account that has boxes stands in a row of its own, in the first part unless it is ticked: as one of the rest, or as
    left out."""

    numbers_of: ClassVar[Mapping[str, Promise]] = {"without": _("Others left out"), "later": _("Others among the rest")}

    missing = {
        "kind": _("Choose what is to be done."),
        "told": _("Choose what the customers are told."),
        "reason": _("Choose a reason from the list."),
        "why": _("Say why, for whoever takes it and whoever reads it later."),
    }

    kind = forms.ChoiceField(label=_("What is done"), choices=[CHOOSE, *measuring.KINDS])
    told = forms.ChoiceField(
        label=_("What the customers are told"),
        choices=[CHOOSE, *measuring.TOLD],
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
    share = forms.IntegerField(
        label=_("Each account at most"),
        required=False,
        min_value=1,
        help_text=_(
            "All that a customer is told of it. Empty is an equal part. Together they are no more than the limit, so that nobody "
            "is refused for what another was given."
        ),
    )
    currency = forms.CharField(label=_("Currency"), required=False, max_length=3, help_text=_("Of money, its code, such as EUR."))
    items = forms.MultipleChoiceField(
        label=_("What is verified again"),
        choices=[(code, items.ITEMS[code].label) for code in demanding.ITEMS],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Of a verification."),
    )
    without = Boxes(label=_("Left out"), widget=forms.CheckboxSelectMultiple, required=False)
    later = Boxes(label=_("The rest"), widget=forms.CheckboxSelectMultiple, required=False)
    because = text(_("Why those are left out"), rows=2, required=False)
    starts_at = instant(_("Not before (UTC)"), _("Empty is as soon as another officer takes it."))
    rest_at = instant(_("The rest at (UTC)"), _("Empty is when somebody lets it follow."))

    def __init__(self, data: Any = None, *, organisations: Sequence[Organisation], **kwargs: Any) -> None:
        super().__init__(data, organisations=organisations, **kwargs)
        for names, kind in ((("unit", "period", "limit", "share", "currency"), K.LIMIT), (("items",), K.VERIFICATION)):
            for name in names:
                self.fields[name].widget.attrs["data-with"] = f"kind={kind}"
        for field in self.fields.values():
            field.is_conditional = not field.required  # type: ignore[attr-defined]  # read by the template

    def rows(self) -> list[tuple[int, forms.boundfield.BoundWidget, forms.boundfield.BoundWidget]]:
        """Of each account the box by which it is left out, and that of the second part."""
        first = zip(islice(self.known.values(), BOXES), self["without"], self["later"], strict=False)
        return [(one.pk, without, later) for one, without, later in first]

    def asked(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in OF_ROWS]

    def stages(self) -> dict[int, int]:
        """As measuring.staged, of what is ticked or written by now."""
        without, later = (self.ticked(name) for name in OF_ROWS)
        first = self.known.keys() - without - later
        return {int(pk): 0 if pk in without else 2 if pk in later and first else 1 for pk in self.known}

    def ticked(self, name: str) -> set[str]:
        written = str(self[f"{name}_numbers"].value() or "") if f"{name}_numbers" in self.fields else ""
        return {str(pk) for pk in self[name].value() or ()} | set(written.replace(",", " ").split())

    def clean(self) -> dict[str, Any]:
        """As measuring.propose takes it."""
        data = super().clean() or {}
        without, later = (self.excepted(name, data) for name in OF_ROWS)
        if both := sorted(without & later):
            sentence = gettext("%(name)s is left out and among the rest: choose one of both.")
            self.add_error(None, sentence % {"name": self.known[str(both[0])].name})
        because = data.pop("because", "")
        if without and not because.strip():
            self.add_error("because", _("Say why those are left out."))
        first = [one.pk for one in self.known.values() if one.pk not in without | later]
        return data | {"left_out": dict.fromkeys(sorted(without), because), "first": first}
