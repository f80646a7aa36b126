"""What a customer says it is, what it will do, and how it pays."""

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Organisation
from kyc.desk import words
from kyc.parties import profiles, questionnaires
from kyc.parties.models import PaymentMeans, Profile, Questionnaire


def facts(organisation: Organisation) -> dict[str, Any]:
    signed = Questionnaire.objects.live().filter(organisation=organisation).select_related("signed_by").order_by("-pk").first()
    means = PaymentMeans.objects.filter(organisation=organisation).order_by("valid_to", "-pk")
    return {
        "profile": about(profiles.of(organisation)),
        "signed": signed,
        "is_current": signed is not None and questionnaires.current(organisation) == signed,
        "answers": questionnaires.in_words(signed, get_language() or "en") if signed else [],
        "flags": questionnaires.flags(signed) if signed else [],
        "means": [(row, paid_by(row)) for row in means if row.valid_to is None],
        "earlier_means": [(row, paid_by(row)) for row in means if row.valid_to],
    }


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
