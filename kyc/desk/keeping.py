"""How long what is kept of a customer, what stands in the way, and the forms for that."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import keeping, retention
from accounts.models import LegalHold, Organisation
from kyc.cases.models import Case
from kyc.desk.forms import NO_INCIDENTS, DeskForm


class LegalHoldForm(DeskForm):
    missing = {
        "source": _("Choose who needs the records."),
        "asked_by": _("Say who asked for it."),
        "reference": _("Say under which reference."),
        "reason": _("Say in a sentence what must be kept, and why."),
        "since": _("Give the day on which it was asked for."),
    }

    source = forms.ChoiceField(label=_("Who needs the records"), choices=[("", _("Choose…")), *LegalHold.Source.choices])
    asked_by = forms.CharField(label=_("Asked by"), max_length=200, help_text=_("The court, office or person, by name."))
    reference = forms.CharField(label=_("Reference"), max_length=200, help_text=_("A file number, or the date of a letter."))
    since = forms.DateField(label=_("Asked on"), widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(
        label=_("What must be kept, and why"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}), help_text=NO_INCIDENTS
    )

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id="legal_%s", initial={"since": timezone.now().date()}, **kwargs)


class LegalHoldOfForm(LegalHoldForm):
    """From where no case is open before the officer: of one organisation, by its number, or of everybody."""

    number = forms.IntegerField(
        label=_("Number of the organisation"),
        required=False,
        min_value=1,
        help_text=_("As it stands behind its name in lists. Leave it empty where those of all are kept."),
    )
    everybody = forms.BooleanField(label=_("Keep the records of all organisations"), required=False)

    def clean(self) -> dict[str, Any]:
        """As legal_holds.place takes it, with `organisation`."""
        data = super().clean() or {}
        number, everybody = data.pop("number", None), data.pop("everybody", False)
        if bool(number) == everybody and "number" not in self.errors:
            self.add_error("number", _("Give the number of an organisation, or tick that all records are kept."))
        found = Organisation.objects.filter(pk=number).first() if number else None
        if number and found is None:
            self.add_error("number", _("There is no organisation of this number."))
        return data | {"organisation": found}


class LegalLiftForm(DeskForm):
    missing = {"reason": _("Say why the hold is lifted: who let go, and how we know.")}

    reason = forms.CharField(label=_("Why it is lifted"), max_length=1000, help_text=NO_INCIDENTS)

    def __init__(self, number: int, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"legal_lift_{number}_%s", **kwargs)


class CloseAccountForm(DeskForm):
    missing = {"reason": _("Say why the account is closed.")}

    reason = forms.CharField(
        label=_("Why it is closed"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For the file. The customer reads that we closed it, and not why."),
    )

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id="close_%s", **kwargs)


def facts(case: Case, filled: dict[str, Any]) -> dict[str, Any]:
    kept = retention.of(case.organisation)
    number = filled.get("legal_lift_pk")

    def lift_form(hold: LegalHold) -> LegalLiftForm:
        if hold.pk == number:
            returned: LegalLiftForm = filled["legal_lift_form"]
            return returned
        return LegalLiftForm(hold.pk, actions=(reverse("desk:legal_hold_lift", args=[case.pk, hold.pk]),))

    lifted = LegalHold.objects.filter(organisation=case.organisation, lifted_at__isnull=False)
    return {
        "kept_rows": keeping.rows(kept),
        "legal_holds": [(hold, lift_form(hold)) for hold in (kept[0].holds if kept else ())],
        "lifted_holds": lifted.select_related("placed_by", "lifted_by").order_by("-pk"),
        "legal_form": LegalHoldForm(actions=(reverse("desk:legal_hold_place", args=[case.pk]),)),
        "close_form": CloseAccountForm(actions=(reverse("desk:account_close", args=[case.pk]),)),
    }
