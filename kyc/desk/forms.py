"""What an officer fills in."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from accounts import looking, resume
from accounts.alphabet import by_name
from accounts.models import Organisation, User
from accounts.permissions import ROLES, Permission
from kyc.cases.models import Decision, Entity
from kyc.cases.policy import POLICY, REASONS
from kyc.desk.deciding import EMPTY, departures
from kyc.evidence import actions as evidence
from kyc.keys.models import Key
from kyc.screening.actions import REASONS as RULING_REASONS
from kyc.screening.models import Hit

Choices = list[tuple[str | Promise, Any]]
RULINGS: Choices = [
    ("false", _("Another person or company")),
    ("true", _("The same")),
    ("undecided", _("Not decided yet")),
]

CHOOSE_REASON = _("Choose a reason from the list.")
SENTENCES = {
    "required": _("Write this in a sentence."),
    "max_length": _("This is too long: at most %(limit_value)d characters."),
    "invalid_choice": _("Choose one from the list."),
}


class DeskForm(forms.Form):
    """Says in our own sentences what is wrong with a field; `missing` has them by field where nothing was given.
    `actions` are where an empty one will be sent to: what was typed into it before the session ended is then filled in."""

    missing: ClassVar[dict[str, Promise]] = {}

    def __init__(self, *args: Any, actions: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields |= self.added()
        for name, field in self.fields.items():
            field.error_messages |= SENTENCES
            if name in self.missing:
                field.error_messages["required"] = self.missing[name]
        if actions:
            resume.fill(self, *actions)

    def added(self) -> dict[str, forms.Field]:
        """Fields of this one form alone."""
        return {}


class LookForm(DeskForm):
    """What for somebody who does not work the case opens a document."""

    missing = {"purpose": _("Say what you need it for.")}

    purpose = forms.ChoiceField(label=_("What for"), choices=list(evidence.PURPOSES.items()))


class CustomerLookForm(DeskForm):
    """What for support looks at a customer's pages."""

    missing = {"purpose": _("Say what you look for.")}

    purpose = forms.ChoiceField(label=_("What for"), choices=list(looking.PURPOSES.items()))


class NeededText(forms.CharField):
    """Needed for one choice of its form, of which its help tells; so it isn't called optional."""

    is_conditional = True

    def __init__(self, *, rows: int = 2, shown_with: str = "", **kwargs: Any) -> None:
        # static/js/keyholder.js shows it only while the field named there has the value named there.
        attrs = {"rows": rows} | ({"data-with": shown_with} if shown_with else {})
        super().__init__(max_length=2000, required=False, widget=forms.Textarea(attrs=attrs), **kwargs)


def reason_of(field: str, groups: Choices) -> forms.ChoiceField:
    """Reasons in groups that are called as the choices of `field`; with scripts only the chosen one's are offered."""
    widget = forms.Select(attrs={"data-groups-of": field})
    return forms.ChoiceField(label=_("Reason"), choices=[("", _("Choose…")), *groups], widget=widget)


def grouped_reasons() -> Choices:
    return [
        (Decision.Choice(choice).label, [(code, REASONS[code]) for code in codes]) for choice, codes in POLICY.reasons.items()
    ]


class PassingOver(DeskForm):
    """An approval that would pass something over, as kyc.cases.unseen tells it, is confirmed by name."""

    confirming = _("I approve it all the same.")
    unseen = forms.BooleanField(label=confirming, required=False)

    def __init__(self, data: Any = None, *, unseen: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        if unseen:
            self.fields["unseen"].help_text = format_html_join(" ", "{}", ((sentence,) for sentence in unseen))
        else:
            del self.fields["unseen"]

    def confirm(self, data: dict[str, Any]) -> None:
        if not data.pop("unseen", True):
            self.add_error("unseen", _("Open and verify what is named here, or confirm that you approve without it."))


class ProposalForm(PassingOver):
    confirming = _("I propose it all the same, and my note says why it may stand without that.")
    missing = {
        "choice": _("Choose what you propose."),
        "reason": CHOOSE_REASON,
        "note": _("Write in a sentence or two what decided it."),
    }

    choice = forms.ChoiceField(label=_("Proposal"), choices=[("", _("Choose…")), *Decision.Choice.choices])
    reason = reason_of("choice", grouped_reasons())
    note = forms.CharField(
        label=_("Note for the file"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": _("What decided it, in a sentence or two")}),
    )
    message = NeededText(
        label=_("Sentence for the customer"),
        shown_with=f"choice={Decision.Choice.ASK}",
        help_text=_("Needed to ask for more where you name nothing above: what is missing and what would do."),
    )

    unseen = forms.BooleanField(
        label=confirming,
        required=False,
        widget=forms.CheckboxInput(attrs={"data-with": f"choice={Decision.Choice.APPROVE}"}),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        rows: Any = None,
        unseen: Sequence[str] = (),
        owners: Mapping[str, forms.Field] = EMPTY,
        **kwargs: Any,
    ) -> None:
        """`rows` as kyc.desk.asking makes them: what is asked for, item by item; `unseen` as kyc.cases.unseen tells it: what
        an approval would pass over, which is then confirmed by name; `owners` as kyc.desk.deciding makes them: who is a
        beneficial owner."""
        self.owners = dict(owners)
        super().__init__(data, unseen=unseen, **kwargs)
        self.rows = rows

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        choice, reason = data.get("choice"), data.get("reason")
        if choice and reason and reason not in POLICY.reasons[choice]:
            self.add_error("reason", _("This reason belongs to another proposal."))
        typed = {name: data.pop(name, "") for name in self.owners}
        if choice == Decision.Choice.APPROVE:
            self.confirm(data)
            data["owners"] = departures(typed)
        data.pop("unseen", None)
        return data | {"items": self.asked(data)} if choice == Decision.Choice.ASK else data

    def added(self) -> dict[str, forms.Field]:
        return self.owners

    @property
    def owner_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.owners]

    def asked(self, data: dict[str, Any]) -> list[dict[str, Any]]:
        if self.rows is not None and not self.rows.is_valid():
            self.add_error(None, _("Mend the rows of what you ask for, or empty them."))
            return []
        named: list[dict[str, Any]] = self.rows.named() if self.rows is not None else []
        if not named and not data.get("message", "").strip():
            self.add_error("message", _("Name what you need, or write the sentence that the customer will read."))
        return named


class OutcomeForm(PassingOver):
    """What the second person says; who sends it back passes nothing over."""

    note = NeededText(label=_("Note"), help_text=_("Needed to send it back, so that the proposer can go on."))

    field_order = ("note", "unseen")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.confirm(data)
        return data


class SendBackForm(OutcomeForm):
    missing = {"note": _("Say why, so that the proposer can go on.")}

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["note"].required = True


class RulingForm(DeskForm):
    missing = {"ruling": _("Say whether they are the same."), "reason": CHOOSE_REASON}
    named = "hit"

    ruling = forms.ChoiceField(
        label=_("Who is it?"),
        choices=RULINGS,
        widget=forms.RadioSelect,
    )
    reason = reason_of("ruling", [(label, list(RULING_REASONS[ruling].items())) for ruling, label in RULINGS])
    note = NeededText(label=_("Note"), help_text=_("Needed where other evidence decides, or where you don't decide yet."))

    def __init__(self, hit: Hit, data: Any = None, *, is_gone: bool = False, **kwargs: Any) -> None:
        """`is_gone` is whether the list in use has the entry no more, which is a reason only then."""
        super().__init__(data, auto_id=f"{self.named}_{hit.pk}_%s", **kwargs)
        two = _("A second person confirms it, and until then it is open.")
        if hit.is_strong:
            self.fields["ruling"].help_text = _("So alike that nobody rules on it alone. %(two)s") % {"two": two}
        else:
            self.fields["ruling"].help_text = _("That they are the same nobody says alone. %(two)s") % {"two": two}
        if not is_gone and data is None:
            self.fields["reason"].choices = without("delisted", self.fields["reason"].choices)  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        ruling, reason = data.get("ruling"), data.get("reason")
        if ruling and reason and reason not in RULING_REASONS[ruling]:
            self.add_error("reason", _("This reason belongs to another ruling."))
        return data


class OverturnForm(RulingForm):
    """Says otherwise than the ruling that stands."""

    missing = RulingForm.missing | {"note": _("Say what was wrong with the ruling.")}
    named = "overturn"

    def __init__(self, hit: Hit, data: Any = None, **kwargs: Any) -> None:
        super().__init__(hit, data, **kwargs)
        for name in ("ruling", "reason"):
            field: Any = self.fields[name]
            field.choices = [choice for choice in field.choices if not is_of(hit.ruling, choice)]
        two = _("A second person confirms it, and until then the ruling stands.")
        self.fields["ruling"].help_text = two if hit.is_by_two else _("That they are the same nobody says alone.")
        self.fields["note"].required = True
        self.fields["note"].help_text = _("What was wrong with the ruling, and how it was found out.")


def is_of(ruling: str, choice: tuple[str | Promise, Any]) -> bool:
    """Whether a choice is that ruling, or the group of its reasons."""
    return choice[0] in (ruling, dict(RULINGS).get(ruling))


def without(code: str, groups: Any) -> Choices:
    return [
        (label, [(one, words) for one, words in those if one != code] if isinstance(those, list) else those)
        for label, those in groups
    ]


class SecondForm(DeskForm):
    """What the second person says of a ruling. Its help tells when the note is needed."""

    named = "second"

    note = NeededText(label=_("Note"), help_text=_("Needed to send it back."))

    def __init__(self, hit: Hit, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"{self.named}_{hit.pk}_%s", **kwargs)


class DoubtForm(SecondForm):
    """What the second person says of overturning a ruling."""

    named = "doubt"

    def __init__(self, hit: Hit, data: Any = None, **kwargs: Any) -> None:
        super().__init__(hit, data, **kwargs)
        self.fields["note"].help_text = _("Needed to let the ruling stand.")


def who_work_cases() -> list[str]:
    return [role for role, holds in ROLES.items() if Permission.DECISION_PROPOSE in holds]


class OwnerForm(DeskForm):
    to = forms.ModelChoiceField(
        label=_("Owner"),
        queryset=User.objects.filter(staff_role__in=who_work_cases(), is_active=True, is_robot=False).order_by(*by_name(), "pk"),
        required=False,
        empty_label=_("Unassigned"),
    )


# Of why a hold is placed or lifted.
NO_INCIDENTS = _("Every officer who sees the customer reads it. Name nobody else here, and no number of another matter.")


class HoldForm(DeskForm):
    missing = {"on": _("Choose what the hold is on."), "reason": _("Say why the hold is placed.")}

    on = forms.ChoiceField(label=_("On"))
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=NO_INCIDENTS,
    )

    def __init__(self, organisation: Organisation, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id="hold_%s", **kwargs)
        self.targets: dict[str, dict[str, Any]] = {"organisation": {"organisation": organisation}}
        names: Choices = [("organisation", _("The whole organisation"))]
        for entity in Entity.objects.filter(organisation=organisation, ended_at__isnull=True):
            self.targets[f"entity-{entity.pk}"] = {"entity": entity}
            names.append((f"entity-{entity.pk}", str(entity)))
        for key in Key.objects.filter(organisation=organisation).exclude(state=Key.State.REVOKED).order_by("-pk"):
            self.targets[f"key-{key.pk}"] = {"key": key}
            names.append((f"key-{key.pk}", str(key)))
        self.fields["on"].choices = names  # type: ignore[attr-defined]  # a ChoiceField, which Field does not say
        if not any(name.startswith("key-") for name in self.targets):
            self.fields["on"].help_text = _("There is no key yet. Held now, the organisation can't use one that is issued later.")

    def clean(self) -> dict[str, Any]:
        """As holds.place takes it."""
        data = super().clean() or {}
        return self.targets.get(data.pop("on", ""), {}) | data


class LiftForm(DeskForm):
    missing = {"reason": _("Say why the hold ends.")}

    reason = forms.CharField(label=_("Why it ends"), max_length=1000, help_text=NO_INCIDENTS)

    def __init__(self, number: int, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"lift_{number}_%s", **kwargs)
