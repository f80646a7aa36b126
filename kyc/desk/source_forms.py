"""What an officer fills in about other sources of who owns a customer."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from kyc.cases.round import told_apart
from kyc.desk.forms import Choices, DeskForm
from kyc.ownership import observing
from kyc.ownership.interests import SIZED
from kyc.ownership.models import Discrepancy, Interest, Observation
from kyc.parties import countries
from kyc.parties.models import Party

R, S = Discrepancy.Resolution, Observation.Source
# Among the owners of a source: one whom the customer has not named, and that nobody else is named.
ANOTHER, NOBODY = "another", "nobody"
UNCHOSEN = ("", _("Choose…"))
# Who has owners, or roles in it.
OWNED = (Party.Kind.COMPANY, Party.Kind.TRUST)


class Conditional:
    """Needed for one choice of its form, so that it isn't called optional."""

    is_conditional = True

    def __init__(self, *, shown_with: str, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.widget.attrs["data-with"] = shown_with  # type: ignore[attr-defined]  # of the field that this is mixed into


class Line(Conditional, forms.CharField): ...


class Choice(Conditional, forms.ChoiceField): ...


class Day(Conditional, forms.DateField): ...


def country_choices() -> Choices:
    return [("", _("not stated")), *countries.names(get_language() or "en").items()]


class ObserveForm(DeskForm):
    missing = {
        "source": _("Say what kind of source it is."),
        "found_in": _("Say which register or document it is, so that another finds it again."),
        "stated_on": _("Say as of which day it says so."),
        "owned": _("Choose whom it is about."),
        "owner": _("Say whom the source names, or that it names nobody else."),
    }

    source = forms.ChoiceField(label=_("Source"), choices=[UNCHOSEN, *S.choices])
    found_in = forms.CharField(
        label=_("Which one"),
        max_length=200,
        help_text=_("Such as “Brønnøysund register, extract 918 334 207”, or what was searched."),
    )
    stated_on = forms.DateField(
        label=_("As of"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The day of the extract or document."),
        error_messages={"invalid": _("Write the day as 2026-11-30.")},
    )
    owned = forms.ChoiceField(label=_("Of"))
    owner = forms.ChoiceField(label=_("It names as owner"))
    owner_name = Line(label=_("Name as the source writes it"), max_length=300, shown_with=f"owner={ANOTHER}")
    owner_kind = Choice(label=_("Kind of owner"), choices=Party.Kind.choices, shown_with=f"owner={ANOTHER}")
    owner_country = Choice(label=_("Country of the owner"), choices=country_choices, shown_with=f"owner={ANOTHER}")
    kind = forms.ChoiceField(label=_("As"), choices=Interest.Kind.choices, initial=Interest.Kind.SHAREHOLDING, required=False)
    share = Line(
        label=_("Share"),
        max_length=40,
        shown_with=f"kind={','.join(SIZED)}",
        help_text=_(
            "Per cent such as 25 or 33.5, a fraction such as 1/3, or a range such as 25-50. Empty where it does not say."
        ),
    )
    is_all = forms.BooleanField(
        label=_("It names nobody besides those recorded of it"),
        required=False,
        help_text=_("Tick it with the last owner. Not for a register that names owners from a share such as 25 % on only."),
    )

    def __init__(self, organisation: Organisation, customer: Party, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id="observe_%s", **kwargs)
        current = Party.objects.current().filter(organisation=organisation).order_by("pk")
        self.parties = {str(party.pk): party for party in current}
        names = told_apart(self.parties.values())
        # The customer comes first, since most that is read is about it.
        owned = sorted((party for party in self.parties.values() if party.kind in OWNED), key=lambda party: party != customer)
        self.offer("owned", ((str(party.pk), names[party.pk]) for party in owned))
        others = [(pk, names[party.pk]) for pk, party in self.parties.items() if party != customer]
        more = [(ANOTHER, _("Somebody whom the customer has not named")), (NOBODY, _("Nobody, or nobody else"))]
        self.offer("owner", [UNCHOSEN, *more, *([(_("Named by the customer"), others)] if others else [])])
        self.fields["kind"].is_conditional = True  # type: ignore[attr-defined]  # read by components/field.html
        self.fields["is_all"].is_conditional = True  # type: ignore[attr-defined]  # as above

    def offer(self, name: str, choices: Iterable[tuple[Any, Any]]) -> None:
        self.fields[name].choices = list(choices)  # type: ignore[attr-defined]  # a ChoiceField, which Field does not say

    def clean(self) -> dict[str, Any]:
        """As `observing.observe` takes it."""
        data = super().clean() or {}
        owner = data.pop("owner", "")
        if owner == ANOTHER and not data.get("owner_name", "").strip():
            self.add_error("owner_name", _("Write the name that the source gives."))
        if owner != ANOTHER:
            data |= {"owner_name": "", "owner_kind": Party.Kind.PERSON, "owner_country": ""}
        return data | {
            "owned": self.parties.get(data.get("owned", "")),
            "owner": self.parties.get(owner),
            "kind": data.get("kind") or Interest.Kind.SHAREHOLDING,
            "is_all": data.get("is_all", False) or owner == NOBODY,
        }


class WithdrawForm(DeskForm):
    missing = {"reason": _("Say why it was recorded by mistake.")}

    reason = forms.CharField(label=_("Why it is withdrawn"), max_length=1000)

    def __init__(self, number: int, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"withdraw_{number}_%s", **kwargs)


class ResolveForm(DeskForm):
    missing = {"resolution": _("Say how it ends."), "reason": _("Write in a sentence or two why.")}

    resolution = forms.ChoiceField(label=_("How it ends"))
    reported_on = Day(
        label=_("Reported on"),
        shown_with=f"resolution={R.REPORTED}",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write the day as 2026-11-30.")},
    )
    reference = Line(label=_("The register's reference"), max_length=200, shown_with=f"resolution={R.REPORTED}")
    reason = forms.CharField(
        label=_("What you found, and why"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("It ends by itself once the customer has corrected what was declared."),
    )

    def __init__(self, row: Discrepancy, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"resolve_{row.pk}_%s", **kwargs)
        self.fields["resolution"].choices = [UNCHOSEN, *((value, value.label) for value in observing.by_hand(row))]  # type: ignore[attr-defined]  # as above

    def clean(self) -> dict[str, Any]:
        """As `differing.resolve` takes it."""
        data = super().clean() or {}
        if data.get("resolution") != R.REPORTED:
            return data | {"reported_on": None, "reference": ""}
        if not data.get("reported_on") and "reported_on" not in self.errors:
            self.add_error("reported_on", _("Say on which day it was reported."))
        if not data.get("reference", "").strip():
            self.add_error("reference", _("Write the reference under which the register has it."))
        return data
