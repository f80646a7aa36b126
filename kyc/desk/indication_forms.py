"""What an investigator fills in about what use indicates."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from config.numbers import rounded
from kyc.desk.forms import DeskForm
from kyc.desk.incident_forms import IncidentForm, day, text
from kyc.networks.assessing import Concerned


class AuthoriseForm(DeskForm):
    """That an account, of several one that is chosen, may train with what models answer."""

    missing = {
        "organisation": _("Choose whose authorisation it is."),
        "reference": _("Say where it is agreed, such as a contract’s number."),
        "reason": _("Say what is authorised, and why."),
        "since": _("Say from which day on."),
    }

    organisation = forms.ChoiceField(label=_("Account"))
    reference = forms.CharField(label=_("Agreed in"), max_length=200)
    since = day(_("From"), required=True)
    until = day(_("Until"), help_text=_("Leave it out where it holds until it is ended."))
    reason = text(_("What is authorised, and why"), rows=2)

    def __init__(self, whose: Sequence[Organisation], data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id="authorise_%s", **kwargs)
        self.whose = {str(one.pk): one for one in whose}
        field = self.fields["organisation"]
        field.choices = [(number, one.name) for number, one in self.whose.items()]  # type: ignore[attr-defined]  # it has
        if len(self.whose) == 1:
            field.widget, field.initial = forms.HiddenInput(), next(iter(self.whose))

    def clean_organisation(self) -> Organisation:
        return self.whose[self.cleaned_data["organisation"]]


class EndForm(DeskForm):
    missing = {"reason": _("Say why it is not authorised any more.")}

    reason = forms.CharField(label=_("Why it is not authorised any more"), max_length=1000)

    def __init__(self, number: int, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"end_{number}_%s", **kwargs)


class AssessForm(IncidentForm):
    missing = {**IncidentForm.missing, "alternative": _("Say what else could explain it, and what speaks against that.")}

    alternative = text(
        _("What else could explain it"),
        help_text=_(
            "Such as a product that grew, a migration, a test of load, an agency, or training that is agreed. It is kept."
        ),
    )

    involved = forms.MultipleChoiceField(
        label=_("Accounts that are involved"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Ticked are those whose keys were used. What an incident says of an account is kept for years."),
    )

    def __init__(self, *args: Any, concerned: Sequence[Concerned], **kwargs: Any) -> None:
        """`concerned` are those of a network; a key's account is involved as it is."""
        ticked = [str(row.organisation.pk) for row in concerned if row.is_likely]
        kwargs["initial"] = {"involved": ticked} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        field = self.fields["involved"]
        field.choices = [(str(row.organisation.pk), described(row)) for row in concerned]  # type: ignore[attr-defined]  # it has
        if not concerned:
            del self.fields["involved"]

    def of_one(self) -> list[forms.BoundField]:
        return [field for field in super().of_one() if field.name not in {"alternative", "involved"}]

    def clean_involved(self) -> set[int]:
        return {int(pk) for pk in self.cleaned_data["involved"]}


def described(row: Concerned) -> str:
    facts = {"name": row.organisation.name, "requests": rounded(row.requests)}
    said = [gettext("%(name)s: %(requests)s requests") % facts if row.requests else gettext("%(name)s: no use") % facts]
    if row.freed_at:
        said.append(gettext("freed by an appeal on %(day)s") % {"day": date_format(row.freed_at, "j F Y")})
    return ", ".join(said)
