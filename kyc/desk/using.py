"""What a customer says it is, what it will do, and how it pays."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.models import Organisation
from kyc.cases import flags
from kyc.cases.models import FlagRuling
from kyc.desk import words
from kyc.desk.forms import DeskForm
from kyc.parties import profiles, questionnaires
from kyc.parties.models import PaymentMeans, Profile, Questionnaire


class FlagForm(DeskForm):
    missing = {
        "ruling": gettext_lazy("Say whether it is explained."),
        "note": gettext_lazy("Write what you asked and what was answered."),
    }

    ruling = forms.ChoiceField(label=gettext_lazy("It is"), choices=FlagRuling.Ruling.choices, widget=forms.RadioSelect)
    note = forms.CharField(
        label=gettext_lazy("What you asked, and what was answered"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, question: str, data: Any = None) -> None:
        super().__init__(data, auto_id=f"flag_{question}_%s")
        self.question = question


def facts(organisation: Organisation, returned: FlagForm | None = None) -> dict[str, Any]:
    """`returned` is the form of a red flag that came back with errors."""
    signed = Questionnaire.objects.live().filter(organisation=organisation).select_related("signed_by").order_by("-pk").first()
    means = PaymentMeans.objects.filter(organisation=organisation).order_by("valid_to", "-pk")
    return {
        "profile": about(profiles.of(organisation)),
        "signed": signed,
        "is_current": signed is not None and questionnaires.current(organisation) == signed,
        "answers": questionnaires.in_words(signed, get_language() or "en") if signed else [],
        "flags": flagged(signed, returned) if signed else [],
        "means": [(row, paid_by(row)) for row in means if row.valid_to is None],
        "earlier_means": [(row, paid_by(row)) for row in means if row.valid_to],
    }


def flagged(signed: Questionnaire, returned: FlagForm | None) -> list[tuple[flags.Ruled, FlagForm]]:
    """Each red flag with the newest word on it, and the form for another."""
    given = {returned.question: returned} if returned else {}
    return [(flag, given.get(flag.question) or FlagForm(flag.question)) for flag in flags.of(signed)]


def term(organisation: Organisation) -> str:
    """Until when what was signed is good, in a few words."""
    signed = questionnaires.newest(organisation)
    if signed is None:
        return _("not signed")
    if questionnaires.is_good(signed):
        sentence = _("expires on %(day)s") if questionnaires.is_due(signed) else _("signed, good until %(day)s")
    else:
        sentence = (
            _("expired on %(day)s")
            if signed.expires_on < timezone.localdate()
            else _("of earlier questions, signed until %(day)s")
        )
    return sentence % {"day": date_format(signed.expires_on, "j F Y")}


def about(profile: Profile | None) -> list[tuple[str, Any]]:
    if profile is None:
        return []
    facts = [(_("Class"), profile.get_customer_class_display()), (_("Programme"), profile.get_programme_display())]
    return [*facts, (_("Run by"), profile.programme_run_by)] if profile.programme_run_by else facts


def paid_by(means: PaymentMeans) -> list[str]:
    """What tells the means from others; never more of a number than its end."""
    ending = _("ending in %(end)s") % {"end": means.last_four} if means.last_four else ""
    source = means.source_details or means.get_source_display()
    return [
        text for text in (ending, means.network, means.holder, means.institution, words.country(means.country), source) if text
    ]
