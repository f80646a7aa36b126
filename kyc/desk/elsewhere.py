"""A company that another customer named too: proposed by a number that both gave, ruled by an officer. For the desk alone."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Max, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.models import User
from kyc.cases.models import Case
from kyc.desk.forms import DeskForm
from kyc.parties import identifying, sameness
from kyc.parties.models import Party, Sameness
from kyc.parties.sameness import Pair, Shared

BY: dict[str, Promise] = {
    Shared.LEI: gettext_lazy("the same LEI"),
    Shared.REGISTER: gettext_lazy("the same number in the %(register)s"),
    Shared.TAX: gettext_lazy("the same tax number"),
}


class SamenessForm(DeskForm):
    missing = {
        "ruling": gettext_lazy("Say whether it is the same company."),
        "reason": gettext_lazy("Write by what you tell, for whoever reads it later."),
    }

    ruling = forms.ChoiceField(label=gettext_lazy("It is"), choices=Sameness.Ruling.choices, widget=forms.RadioSelect)
    reason = forms.CharField(label=gettext_lazy("By what you tell"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, pair: tuple[int, int], data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"same_{pair[0]}_{pair[1]}_%s", **kwargs)


@dataclass(frozen=True)
class Elsewhere:
    """One proposal; `case` is the newest of the other customer's that an officer sees."""

    pair: Pair
    case: Case
    form: SamenessForm

    @property
    def by(self) -> str:
        told = {"register": identifying.register_name(self.pair.other)}
        return ", ".join(str(BY[code]) % told if code == Shared.REGISTER else str(BY[code]) for code in self.pair.shared)


def facts(case: Case, parties: Collection[Party], reader: User, filled: Mapping[str, Any]) -> list[Elsewhere]:
    """What no ruling was made on comes first. Of customers who have sent nothing yet nothing is told."""
    pairs = sameness.alike(parties)
    if not pairs or case.organisation.sandbox:
        return []
    cases = newest({pair.other.organisation_id for pair in pairs}, reader)
    found = [
        Elsewhere(pair, cases[pair.other.organisation_id], form(case, pair, filled))
        for pair in pairs
        if pair.other.organisation_id in cases
    ]
    return sorted(found, key=lambda row: row.pair.ruling is not None)


def newest(organisations: Collection[int], reader: User) -> dict[int, Case]:
    sent = Case.objects.visible_to(reader).exclude(
        Q(state=Case.State.DRAFT) | Q(submitted_at=None, reviews=None, matched=None, lapses=None)
    )
    last = sent.filter(organisation__in=organisations).values("organisation").annotate(last=Max("pk")).values("last")
    return {one.organisation_id: one for one in Case.objects.filter(pk__in=last).select_related("organisation")}


def form(case: Case, pair: Pair, filled: Mapping[str, Any]) -> SamenessForm:
    key = (pair.party.pk, pair.other.pk)
    if filled.get("same_pks") == key:
        return filled["same_form"]  # type: ignore[no-any-return]  # as above
    return SamenessForm(key, actions=(reverse("desk:same", args=[case.pk, *key]),))
