"""Who is a beneficial owner, where an approval is proposed: preset from what the regimes make of what was declared; and as it was
decided."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from kyc.cases import beneficial
from kyc.cases.beneficial import Departures, Determined
from kyc.cases.models import Case, DecidedOwner, Decision
from kyc.desk.words import WHOSE
from kyc.ownership import shares
from kyc.ownership.models import Determination
from kyc.ownership.shares import Interval

AGAINST, ALSO, BECAUSE = "owner_", "also", "owners_because"
EMPTY: Mapping[str, forms.Field] = {}


class Optional(forms.ChoiceField):
    """Left as it is, it says what was determined; so it isn't called optional."""

    is_conditional = True


class Because(forms.CharField):
    is_conditional = True


def fields(case: Case) -> dict[str, forms.Field]:
    """None where the customer is owned by nobody."""
    if case.state != Case.State.REVIEW or not beneficial.is_asked(case):
        return {}
    found = beneficial.determined(case)
    asked: dict[str, forms.Field] = {f"{AGAINST}{one.party.pk}": of_one(one) for one in found}
    if people := [(str(party.pk), party.name) for party in beneficial.others(case, found)]:
        label = _("Another person who is one") if found else _("Somebody who is one all the same")
        asked[ALSO] = Optional(label=label, choices=[("", _("Nobody")), *people], required=False)
    return asked | {BECAUSE: because(found)}


def of_one(one: Determined) -> forms.Field:
    sure = _("Beneficial owner") if one.is_sure else _("May be a beneficial owner, and is taken for one")
    return Optional(
        label=one.party.name,
        choices=[("", f"{sure}: {told(one.words)}"), ("no", _("No beneficial owner, against what was determined"))],
        required=False,
    )


def because(found: list[Determined]) -> forms.Field:
    area = forms.Textarea(attrs={"rows": 2})
    if found:
        label, help_text = _("Why you depart from it"), _("Needed where you do. It is kept with the decision.")
    else:
        label = _("What was done to find an owner")
        help_text = _("No regime takes anybody for one, so who leads the customer stands in. Empty, your note says it.")
    return Because(label=label, help_text=help_text, max_length=2000, required=False, widget=area)


def departures(typed: Mapping[str, Any]) -> Departures:
    against = [int(name.removeprefix(AGAINST)) for name, value in typed.items() if value == "no" and name.startswith(AGAINST)]
    also = [int(typed[ALSO])] if typed.get(ALSO) else []
    return Departures(against, also, typed.get(BECAUSE, ""))


def told(found: Iterable[Determination]) -> str:
    """Under which regimes, each with the share it rests on; where it rests on none, such as for an office, without."""
    said = [f"{WHOSE.get(word.regime, word.regime)} {share_of(word)}".rstrip() for word in found]
    return ", ".join(said)


def share_of(word: Determination) -> str:
    return "" if word.share_max == "0" else shares.short(Interval(Fraction(word.share_min), Fraction(word.share_max)))


def decided(decision: Decision | None) -> list[tuple[DecidedOwner, str]]:
    """Each person's place in the decision, with what it rests on in words."""
    if decision is None:
        return []
    rows = list(decision.owners.select_related("party"))
    rested = Determination.objects.in_bulk([pk for row in rows for pk in row.rests_on])
    return [(row, told(rested[pk] for pk in row.rests_on)) for row in rows]
