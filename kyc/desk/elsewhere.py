"""A company that another customer named too: proposed by a number that both gave, ruled by an officer. For the desk alone."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Max
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from kyc.cases.models import Case
from kyc.desk import words
from kyc.desk.forms import DeskForm
from kyc.desk.sources import told as stated
from kyc.ownership import diverging, twice
from kyc.ownership.models import Divergence
from kyc.parties import identifying, sameness
from kyc.parties.models import Party, PersonStatus, Sameness
from kyc.parties.sameness import Pair, Shared

D = Divergence.Resolution
BY: dict[str, Promise] = {
    Shared.LEI: gettext_lazy("the same LEI"),
    Shared.REGISTER: gettext_lazy("the same number in the %(register)s"),
    Shared.TAX: gettext_lazy("the same tax number"),
}


WHAT: dict[str, Promise] = {
    "kind": gettext_lazy("Kind"),
    "legal_form": gettext_lazy("Legal form"),
    "country": gettext_lazy("Formed in"),
    "hq_country": gettext_lazy("Run from"),
    "registration_number": gettext_lazy("Registration number"),
    "lei": gettext_lazy("LEI"),
    "tax_number": gettext_lazy("Tax number"),
    PersonStatus.Axis.IAAS: gettext_lazy("US person"),
    PersonStatus.Axis.EAR: gettext_lazy("Foreign person"),
}
SHOWN: dict[str, Callable[[str], str]] = {
    "kind": lambda code: str(Party.Kind(code).label),
    "country": words.country,
    "hq_country": words.country,
    **dict.fromkeys(PersonStatus.Axis.values, lambda code: str(PersonStatus.Standing(code).label)),
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


class SettleForm(DeskForm):
    """`mine` is the organisation on whose case it stands, which is the first of the two or the second."""

    missing = {
        "resolution": gettext_lazy("Say how it ended."),
        "reason": gettext_lazy("Write what you found, for whoever reads it later."),
    }

    resolution = forms.ChoiceField(label=gettext_lazy("How it ended"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=gettext_lazy("What you found, and why"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("It ends by itself once the two customers say the same."),
    )

    def __init__(self, row: Divergence, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"settle_{row.pk}_%s", **kwargs)
        self.fields["resolution"].choices = [(value, ended(row, value)) for value in diverging.BY_HAND]  # type: ignore[attr-defined]  # of a choice field


def ended(row: Divergence, resolution: str) -> str:
    """How it ended, with the customers' names in place of their order."""
    sides = {D.FIRST.value: row.party.organisation.name, D.SECOND.value: row.other.organisation.name}
    if resolution in sides:
        return _("%(name)s is right") % {"name": sides[resolution]}
    return str(D(resolution).label)


@dataclass(frozen=True)
class InWords:
    """One thing that the two customers told differently, as one of them stands before the other; with the form to settle it."""

    row: Divergence
    mine: str
    theirs: str
    form: SettleForm | None = None

    @property
    def what(self) -> str:
        if self.row.owner is None:
            return str(WHAT[self.row.what])
        return twice.distinct(self.row.owner)

    @property
    def resolution(self) -> str:
        return ended(self.row, self.row.resolution)


def in_words(row: Divergence, *, is_first: bool = True, form: SettleForm | None = None) -> InWords:
    sides = [said(row.what, side) for side in (row.first_says, row.second_says)]
    return InWords(row, *(sides if is_first else reversed(sides)), form)


def said(what: str, text: str | None) -> str:
    if what == twice.OWNER:
        return _("not named") if text is None else stated(text)
    return SHOWN.get(what, str)(text or "")


@dataclass(frozen=True)
class Elsewhere:
    """One proposal; `case` is the newest of the other customer's that an officer sees."""

    pair: Pair
    case: Case
    form: SamenessForm
    points: list[InWords]
    settled: list[InWords]

    @property
    def by(self) -> str:
        """Nothing where they share no number any more, and the ruling alone stands."""
        told = {"register": identifying.register_name(self.pair.other)}
        return ", ".join(str(BY[code]) % told if code == Shared.REGISTER else str(BY[code]) for code in self.pair.shared)


def facts(case: Case, parties: Collection[Party], reader: User, filled: Mapping[str, Any]) -> list[Elsewhere]:
    """What no ruling was made on comes first. Of customers who have sent nothing yet nothing is told."""
    pairs = sameness.alike(parties)
    if not pairs or case.organisation.sandbox:
        return []
    cases, told = newest({pair.other.organisation_id for pair in pairs}, reader), differing(case, filled)
    found = []
    for pair in pairs:
        if pair.other.organisation_id in cases:
            points = told.get(frozenset((pair.party.pk, pair.other.pk)), [])
            open_ones, settled = ([one for one in points if one.row.is_open is is_open] for is_open in (True, False))
            there = cases[pair.other.organisation_id]
            found.append(Elsewhere(pair, there, form(case, pair, filled), open_ones, settled))
    return sorted(found, key=lambda row: row.pair.ruling is not None)


def differing(case: Case, filled: Mapping[str, Any]) -> dict[frozenset[int], list[InWords]]:
    """By the two parties, the longest open first; what has ended by itself is left out, as nobody has to read it again."""
    rows = Divergence.objects.of(case.organisation_id).exclude(resolution__in=Divergence.BY_ITSELF)
    found: dict[frozenset[int], list[InWords]] = defaultdict(list)
    related = ("owner", "party__organisation", "other__organisation", "resolved_by")
    for row in rows.select_related(*related).order_by("pk"):
        is_first = row.party.organisation_id == case.organisation_id
        open_one = settle_form(case, row, filled) if row.is_open or filled.get("settled_pk") == row.pk else None
        found[frozenset((row.party_id, row.other_id))].append(in_words(row, is_first=is_first, form=open_one))
    return found


def settle_form(case: Case, row: Divergence, filled: Mapping[str, Any]) -> SettleForm:
    if filled.get("settled_pk") == row.pk:
        return filled["settle_form"]  # type: ignore[no-any-return]  # as below
    return SettleForm(row, actions=(reverse("desk:divergence_resolve", args=[case.pk, row.pk]),))


def newest(organisations: Collection[int], reader: User) -> dict[int, Case]:
    last = (
        Case.objects.shown_to(reader)
        .filter(organisation__in=organisations)
        .values("organisation")
        .annotate(last=Max("pk"))
        .values("last")
    )
    return {one.organisation_id: one for one in Case.objects.filter(pk__in=last).select_related("organisation", "owner")}


def form(case: Case, pair: Pair, filled: Mapping[str, Any]) -> SamenessForm:
    key = (pair.party.pk, pair.other.pk)
    if filled.get("same_pks") == key:
        return filled["same_form"]  # type: ignore[no-any-return]  # as above
    return SamenessForm(key, actions=(reverse("desk:same", args=[case.pk, *key]),))
