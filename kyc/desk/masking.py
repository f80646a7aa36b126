"""What an officer sees of a person's identifiers: enough to tell them apart, the whole only when asked for."""

from dataclasses import dataclass

from django import forms
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.vault import Erased
from kyc.desk.forms import DeskForm
from kyc.parties import revealing
from kyc.parties.masks import MASKS
from kyc.parties.models import Party

LABELS: dict[str, Promise] = {
    "birth_date": _("date of birth"),
    "address": _("address"),
    "registered_address": _("registered address"),
    "phone": _("telephone"),
    "tax_number": _("tax number"),
}
# By what of the date alone: the month, the day.
UNLIKE: tuple[Promise, Promise] = (_("differs in the month"), _("differs in the day"))


def unlike(field: str, one: str, other: str) -> str:
    """How two dates of birth differ that look alike once they are masked, in words; empty of all others."""
    if field != "birth_date" or not one or not other or one == other or MASKS[field](one) != MASKS[field](other):
        return ""
    parts = [mine != theirs for mine, theirs in zip(one.split("-")[1:], other.split("-")[1:], strict=True)]
    return gettext("differs in day and month") if all(parts) and len(parts) > 1 else str(UNLIKE[parts.index(True)])


class RevealForm(DeskForm):
    missing = {"purpose": _("Say what you need it for.")}

    field = forms.ChoiceField(choices=list(LABELS.items()), widget=forms.HiddenInput)
    purpose = forms.ChoiceField(label=_("What for"), choices=[("", _("What for?")), *revealing.PURPOSES.items()])


@dataclass(frozen=True)
class Private:
    """As desk/private.html draws it. `url` is where the whole is asked for; none where it is shown, or may not be."""

    party: Party
    field: str
    shown: str
    url: str = ""

    @property
    def label(self) -> Promise:
        return LABELS[self.field]

    @property
    def purposes(self) -> list[tuple[str, Promise]]:
        return list(revealing.PURPOSES.items())


@dataclass(frozen=True)
class Veil:
    """What stands between one page and its reader. `revealed` is the party and field that were just asked for."""

    case: int
    tab: str
    may_reveal: bool
    revealed: tuple[int, str] | None = None

    def over(self, party: Party, field: str) -> "Private | str":
        """A company's addresses stand in public registers, and are shown."""
        value = getattr(party, field)
        is_public = field.endswith("address") and not party.is_person
        if not value or is_public or isinstance(value, Erased):
            return str(value)
        if self.revealed == (party.pk, field):
            return Private(party, field, value)
        url = reverse("desk:reveal", args=[self.case, party.pk]) + f"?tab={self.tab}" if self.may_reveal else ""
        return Private(party, field, MASKS[field](value), url)
